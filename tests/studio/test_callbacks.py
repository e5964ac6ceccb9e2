"""What the studio tells when a job has ended: to whom, how often, signed how, and what it survives."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.responses import RedirectResponse

from callsheet.cli import cli
from callsheet.errors import SettingsError
from callsheet.provider.callbacks import CallbackEvent
from callsheet.studio import books, jobs
from callsheet.studio.app import CALLBACKS
from callsheet.studio.callbacks import CallbackPolicy, kept_secret
from callsheet.webhooks import sending
from callsheet.webhooks.addresses import checked_secret, host_and_port
from tests.studio.served import ASYNC, LIMIT, Bench, Receiver, Served, error, serve
from tests.studio.test_wire import PNG

SECRET = SecretStr("whsec_" + base64.b64encode(b"s" * 32).decode())
AT_ONCE = CallbackPolicy(secret=SECRET, backoff=(0.0,) * 5)
ORDER = {"prompt": "a lamp", "duration": 2, "resolution": "480p"}


def settled(site: Served, job_id: str, state: str) -> Any:
    """The callback of a job when it is in a state."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        letter = next(one for one in site.studio.books.outbox.all() if one.job_id == job_id)
        if letter.state == state:
            return letter
    raise TimeoutError(letter)


def read(got: tuple[dict[str, str], bytes]) -> Any:
    """What was told, when its signature is right."""
    headers, body = got
    assert headers["content-type"] == "application/json"
    return Webhook(SECRET.get_secret_value()).verify(body, headers)


def test_each_end_of_a_job_is_told_once_with_no_more_than_its_status(tmp_path: Path) -> None:
    receiver, bench = Receiver(), Bench()
    with receiver.served() as there, serve(tmp_path, bench, callbacks=AT_ONCE) as site:
        expected = {}
        for prompt, status in (("a lamp", "succeeded"), ("a broken lamp", "failed"), ("a slow lamp", "cancelled")):
            job = site.order("/generate", {**ORDER, "prompt": prompt, "callback_url": f"{there}/hooks?to=me"})
            expected[job["job_id"]] = status
        bench.wait_for_slow()
        site.job(job["job_id"], "DELETE")
        site.job(job["job_id"], "DELETE")
        site.order("/generate", ORDER)  # one that nobody asked to be told of
        for job_id in expected:
            assert settled(site, job_id, "delivered").attempts == 1
        told = [read(got) for got in receiver.wait(3)]
        assert {one["job_id"]: one["status"] for one in told} == expected
        assert all(set(one) == {"job_id", "status"} for one in told)
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 3
        assert {site.job(job_id)["status"] for job_id in expected} == set(expected.values())
    assert len(receiver.got) == 3


def test_a_receiver_that_fails_twice_is_told_again_by_the_same_id(tmp_path: Path) -> None:
    receiver = Receiver(500, 404, 204)
    with receiver.served() as there, serve(tmp_path, callbacks=AT_ONCE) as site:
        job = site.order("/generate", {**ORDER, "callback_url": there})
        letter = settled(site, job["job_id"], "delivered")
        assert (letter.attempts, letter.fault) == (3, None)
        attempts = receiver.wait(3)
        assert {read(got)["job_id"] for got in attempts} == {job["job_id"]}
        assert {headers["webhook-id"] for headers, _ in attempts} == {letter.webhook_id}
        assert len({body for _, body in attempts}) == 1
    assert len(receiver.got) == 3


def test_a_receiver_that_never_takes_it_is_given_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    receiver = Receiver(*[503] * 20)
    with receiver.served() as there, serve(tmp_path, callbacks=AT_ONCE) as site:
        job = site.order("/generate", {**ORDER, "callback_url": there})
        letter = settled(site, job["job_id"], "given_up")
        assert (letter.attempts, letter.fault) == (1 + len(AT_ONCE.backoff), "HTTP 503")
        assert site.job(job["job_id"])["status"] == "succeeded"
    assert job["job_id"] in caplog.text
    assert SECRET.get_secret_value() not in caplog.text


def test_a_receiver_that_wants_no_more_is_not_asked_again(tmp_path: Path) -> None:
    receiver = Receiver(410)
    with receiver.served() as there, serve(tmp_path, callbacks=AT_ONCE) as site:
        job = site.order("/generate", {**ORDER, "callback_url": there})
        assert settled(site, job["job_id"], "given_up").attempts == 1


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    elsewhere = Receiver()
    with elsewhere.served() as other:
        receiver = Receiver(RedirectResponse(f"{other}/stolen", 307), RedirectResponse(f"{other}/stolen", 302))
        policy = CallbackPolicy(secret=SECRET, backoff=(0.0,))
        with receiver.served() as there, serve(tmp_path, callbacks=policy) as site:
            job = site.order("/generate", {**ORDER, "callback_url": there})
            assert settled(site, job["job_id"], "given_up").fault == "HTTP 302"
    assert elsewhere.got == []


def test_a_receiver_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "ATTEMPT", 0.2)
    let_go = threading.Event()

    async def silence() -> int:
        await asyncio.to_thread(let_go.wait, LIMIT)
        return 204

    receiver = Receiver(silence, 204)
    with receiver.served() as there, serve(tmp_path, callbacks=AT_ONCE) as site:
        job = site.order("/generate", {**ORDER, "callback_url": there})
        assert settled(site, job["job_id"], "delivered").attempts == 2
        let_go.set()


def test_a_closed_port_and_a_stranger_at_it_are_failures(tmp_path: Path) -> None:
    with socket.socket() as closed, serve(tmp_path, callbacks=CallbackPolicy(secret=SECRET, backoff=())) as site:
        closed.bind(("127.0.0.1", 0))
        job = site.order("/generate", {**ORDER, "callback_url": f"http://127.0.0.1:{closed.getsockname()[1]}/"})
        assert "ConnectionRefusedError" in str(settled(site, job["job_id"], "given_up").fault)
        closed.listen()

        def stranger() -> None:
            caller, _ = closed.accept()
            with caller:
                caller.recv(65536)
                caller.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=stranger)
        thread.start()
        job = site.order("/generate", {**ORDER, "callback_url": f"http://127.0.0.1:{closed.getsockname()[1]}/"})
        assert "RemoteProtocolError" in str(settled(site, job["job_id"], "given_up").fault)
        thread.join(LIMIT)


def test_callbacks_go_on_after_a_restart(tmp_path: Path) -> None:
    let_go = threading.Event()

    async def silence() -> int:
        await asyncio.to_thread(let_go.wait, LIMIT)
        return 204

    receiver, bench = Receiver(500, silence), Bench()
    with receiver.served() as there:
        with serve(tmp_path, bench, callbacks=AT_ONCE) as site:
            ended = site.order("/generate", {**ORDER, "callback_url": there})
            unfinished = site.order("/generate", {**ORDER, "prompt": "a slow lamp", "callback_url": there})
            bench.wait_for_slow()
            receiver.wait(2)  # one failed, one is under way when the studio is stopped
        bench.go.set()
        with serve(tmp_path, bench, callbacks=AT_ONCE) as site:
            first, second = (settled(site, job["job_id"], "delivered") for job in (ended, unfinished))
            let_go.set()
        told = [(read(got), got[0]["webhook-id"]) for got in receiver.wait(4)]
        assert [name for one, name in told if one["job_id"] == ended["job_id"]] == [first.webhook_id] * 3
        assert [name for one, name in told if one["job_id"] == unfinished["job_id"]] == [second.webhook_id]


def test_a_killed_studios_jobs_end_and_are_told_though_nobody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, bench = Receiver(), Bench()
    with receiver.served() as there:
        with serve(tmp_path, bench, callbacks=AT_ONCE) as site:
            alone = site.order("/generate", {**ORDER, "prompt": "a slow lamp", "callback_url": there})
            batch = site.order("/batch", {"requests": [{**ORDER, "prompt": "a slow desk"}], "callback_url": there})
            bench.wait_for_slow()
            bench.wait_for_slow()
            monkeypatch.setattr(site.studio.books, "put_back", lambda runner: None)
            litter = tmp_path / "media" / f"{batch['job_id']}.a-dead-one.0"
            litter.mkdir()
        bench.go.set()
        with sqlite3.connect(tmp_path / "books.sqlite") as db:
            db.execute("UPDATE jobs SET beat = ?", (time.time() + 0.5,))  # so the next start does not find them dead
        monkeypatch.setattr(books, "STALE", 0.5)
        monkeypatch.setattr(jobs, "STALE", 0.5)
        with serve(tmp_path, bench, callbacks=AT_ONCE):
            told = {one["job_id"]: one["status"] for one in map(read, receiver.wait(2))}
        assert told == {alone["job_id"]: "succeeded", batch["job_id"]: "succeeded"}
        assert not litter.exists()


def test_a_callback_is_sent_anew_when_its_sender_was_killed(tmp_path: Path) -> None:
    receiver = Receiver()
    with receiver.served() as there:
        with serve(tmp_path, callbacks=AT_ONCE) as site:
            site.studio.callbacks._outbox._take = lambda sender: None  # type: ignore[attr-defined]
            job = site.order("/generate", {**ORDER, "callback_url": there})
            site.ended(job["job_id"])
            box = type(site.studio.books.outbox)(site.studio.books._open)
            assert box._take("a sender that dies") is not None
            assert box._take("another") is None  # while the lease holds
        with box._transaction() as db:
            db.execute("UPDATE callbacks SET lease = lease - ?", (61,))
        with serve(tmp_path, callbacks=AT_ONCE) as site:
            assert settled(site, job["job_id"], "delivered").attempts == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1/#part",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX-Evil: 1",
        "http://127.0.0.1/ä",
        "http://127.0.0.1/" + "x" * 2000,
        "",
        7,
        ["http://127.0.0.1/"],
    ],
)
def test_a_callback_url_that_is_no_plain_address_is_refused(open_site: Served, url: Any) -> None:
    response = open_site.post("/generate", {**ORDER, "callback_url": url})
    assert error(response) == (400, "invalid_field", "callback_url")
    assert open_site.lines == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks",
        "https://127.0.0.1.example.com/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://hooks.internal:8081/",
    ],
)
def test_an_order_is_taken_and_a_strange_host_told_nothing(
    open_site: Served, url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> int:
        raise AssertionError("something was sent")

    monkeypatch.setattr(sending, "post", never)
    job = open_site.order("/generate", {**ORDER, "callback_url": url})
    ended = open_site.ended(job["job_id"])
    assert ended["status"] == "succeeded"
    assert ended["callback"]["state"] == "not_allowed"
    assert "callbacks go to this machine" in ended["callback"]["reason"]
    assert [line for line in caplog.messages if job["job_id"] in line] == [
        f"job {job['job_id']}: its end is told to nobody: {ended['callback']['reason']}"
    ]


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    policy = CallbackPolicy(hosts=(host_and_port("Hooks.Internal:8080", "x"), host_and_port("[FD00::1]:443", "x")))
    with serve(tmp_path_factory.mktemp("open"), callbacks=policy) as site:
        yield site


def test_this_machine_and_the_given_hosts_are_allowed() -> None:
    policy = CallbackPolicy(hosts=(host_and_port("Hooks.Internal:8080", "x"), host_and_port("[FD00::1]:443", "x")))
    for url in (
        "http://127.0.0.1/", "http://127.9.9.9:1234/a?b=c", "http://localhost:80", "http://LOCALHOST/",
        "https://[::1]/", "http://hooks.internal:8080/x", "https://hooks.INTERNAL:8080/", "https://[fd00::1]/",
    ):  # fmt: skip
        assert policy.objection(url) is None, url
    assert policy.objection("http://[fd00::1]/") is not None  # that is port 80


def test_a_host_that_is_no_longer_allowed_is_told_nothing(tmp_path: Path) -> None:
    allowed = CallbackPolicy(hosts=("hooks.invalid:80",), secret=SECRET, backoff=(3600.0,))
    bench = Bench()
    with serve(tmp_path, bench, callbacks=allowed) as site:
        order = {**ORDER, "prompt": "a slow lamp", "callback_url": "http://hooks.invalid/"}
        job = site.order("/generate", order)
        bench.wait_for_slow()
    bench.go.set()
    with serve(tmp_path, bench, callbacks=AT_ONCE) as site:
        assert "hooks.invalid:80" in str(settled(site, job["job_id"], "given_up").fault)


def test_an_address_is_no_part_of_the_order(tmp_path: Path) -> None:
    receiver = Receiver()
    with receiver.served() as there, serve(tmp_path, callbacks=AT_ONCE) as site:
        headers = {**ASYNC, "Idempotency-Key": "k"}
        first = site.order("/generate", {**ORDER, "callback_url": f"{there}/first"}, headers)
        others: list[dict[str, Any]] = [{"callback_url": f"{there}/second"}, {"callback_url": "http://hooks.invalid/"}]
        for url in ({}, {"callback_url": None}, *others):
            assert site.order("/generate", {**ORDER, **url}, headers)["job_id"] == first["job_id"]
        settled(site, first["job_id"], "delivered")
        row = site.studio.books.get(first["job_id"])
        assert row is not None
        assert "callback_url" not in row.request
        assert [letter.url for letter in site.studio.books.outbox.all()] == [f"{there}/first"]


def test_orders_with_files_and_batches_are_told_of_too(tmp_path: Path) -> None:
    receiver = Receiver()
    with receiver.served() as there, serve(tmp_path, callbacks=AT_ONCE) as site:
        fields = {"animation_prompt": "turns", "duration": "3", "resolution": "480p", "callback_url": there}
        files = {"image": ("a.png", PNG, "image/png")}
        image = site.post("/image-to-video", data=fields, files=files, headers=ASYNC).json()
        batch = {"requests": [ORDER, {**ORDER, "prompt": "a broken lamp"}], "callback_url": there}
        two = site.order("/batch", batch)
        variants = {"base_config": ORDER, "variations": [{}, {"style": "tech"}], "callback_url": there}
        three = site.order("/batch-variants", variants)
        told = {one["job_id"]: one["status"] for one in map(read, receiver.wait(3))}
        assert told == {job["job_id"]: "succeeded" for job in (image, two, three)}
    assert len(receiver.got) == 3  # one for a batch, not one for each item


def test_the_job_is_there_when_its_end_is_told(tmp_path: Path) -> None:
    found: list[str] = []
    with serve(tmp_path / "b") as other:
        site: Served

        async def ask(event: CallbackEvent) -> None:
            found.append((await asyncio.to_thread(site.job, event.job_id))["status"])

        secret = other.studio.callbacks.secret
        with (
            serve(tmp_path / "listener", callbacks=CallbackPolicy(secret=secret), on_callback=ask) as listener,
            serve(tmp_path / "a", callbacks=CallbackPolicy(secret=secret, backoff=())) as site,
        ):
            for address, state in ((listener.address, "delivered"), (other.address, "delivered")):
                job = site.order("/generate", {**ORDER, "callback_url": address + CALLBACKS})
                settled(site, job["job_id"], state)
    assert found == ["succeeded"]


def test_another_studios_callbacks_are_not_believed(tmp_path: Path) -> None:
    events: list[CallbackEvent] = []

    async def note(event: CallbackEvent) -> None:
        events.append(event)

    with serve(tmp_path / "b", on_callback=note) as other:
        with serve(tmp_path / "a", callbacks=CallbackPolicy(backoff=())) as site:
            job = site.order("/generate", {**ORDER, "callback_url": other.address + CALLBACKS})
            assert settled(site, job["job_id"], "given_up").fault == "HTTP 401"
        assert json.loads(other.client.get("/v1/sora/jobs?client_reference=x", headers=ASYNC).text) == {"data": []}
    assert events == []


def test_the_secret_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path)
    assert kept_secret(tmp_path).get_secret_value() == secret.get_secret_value()
    assert stat.S_IMODE((tmp_path / "callback-secret").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["callback-secret"]
    assert kept_secret(tmp_path / "other").get_secret_value() != secret.get_secret_value()
    assert len(base64.b64decode(secret.get_secret_value().removeprefix("whsec_"))) == 32
    assert "whsec_" not in repr(AT_ONCE)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "c" * 44, "whsec_" + "A" * 100])
def test_a_secret_that_is_none_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checked_secret(SecretStr(text), "--callback-secret-env")
    assert caught.value.message.startswith("--callback-secret-env: it must be whsec_")
    assert len(text) < 10 or text not in caught.value.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--link-seconds", "inf"], "--link-seconds: inf is not allowed"),
        (["--link-seconds", "nan"], "--link-seconds: nan is not allowed"),
        (["--link-seconds", "0"], "--link-seconds: 0.0 is not allowed"),
        (["--link-seconds", "1e9"], "--link-seconds: 1000000000.0 is not allowed"),
        (["--callback-host", "hooks"], "--callback-host: hooks is not allowed"),
        (["--callback-host", "http://hooks:80"], "--callback-host: http://hooks:80 is not allowed"),
        (["--callback-host", "hooks:80/x"], "--callback-host: hooks:80/x is not allowed"),
        (["--callback-secret-env", "NO_SUCH"], "the environment variable NO_SUCH is not set"),
        (["--callback-secret-env", "SHORT"], "--callback-secret-env: it must be whsec_"),
    ],
)
def test_wrong_options_of_the_served_studio(tmp_path: Path, options: list[str], words: str) -> None:
    done = CliRunner().invoke(cli, ["studio", "--home", str(tmp_path), *options], env={"SHORT": "whsec_c2hvcnQ="})
    assert isinstance(done.exception, SettingsError)
    assert words in done.exception.message
    assert list(tmp_path.iterdir()) == []
