"""Whatever a provider's server answers, the client gives a job or one of its own errors. It never breaks."""

from __future__ import annotations

import asyncio
import json
import math
import pickle
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from callsheet.errors import ProviderError
from callsheet.features import ConsistencyCheck, TextToVideo, VariantsBatch
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.dialects import make_provider
from callsheet.provider.http import LARGEST_REPLY, HttpClient
from callsheet.provider.protocol import Delivery, Job, Provider

KEY = "canary-of-the-key"
ORDER = TextToVideo(prompt="x", duration=4, resolution="1280x720")
BATCH = VariantsBatch.model_validate({"base_config": {"prompt": "x"}, "variations": [{}]})
CHECK = ConsistencyCheck.model_validate(
    {"video_urls": ["http://a/1", "http://a/2"], "check_items": ["color_consistency"]}
)
NAMES = ("studio", "sora", "openai", "vllm-omni", "sglang", "litellm", "new-api", "openrouter")

WORDS = st.sampled_from(
    [
        "",
        "x",
        "\x00",
        "\ud800",
        "succeeded",
        "completed",
        "failed",
        "queued",
        "NaN",
        "1e999",
        "http://[",
        "//x",
        "file:///etc/x",
        "-1",
    ]
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 2**63, 1e308])
PLAIN = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=8)
ANY = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))
CLIPS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "index": PLAIN,
            "shot_number": PLAIN,
            "video_url": ANY,
            "duration": PLAIN,
            "status": WORDS,
            "cost": PLAIN,
            "error": ANY,
        },
    )
    | ANY,
    max_size=3,
)
RESULT = ANY | st.fixed_dictionaries(
    {},
    optional={
        "video_url": WORDS,
        "duration": PLAIN,
        "cost": PLAIN,
        "shots": CLIPS,
        "results": CLIPS,
        "consistency_score": PLAIN,
        "inconsistent_shots": ANY,
        "scores": ANY,
    },
)
JOB = st.fixed_dictionaries(
    {},
    optional={
        "job_id": ANY,
        "id": ANY,
        "status": WORDS | ANY,
        "progress": PLAIN,
        "result": RESULT,
        "error": ANY,
        "cost": PLAIN,
        "client_reference": st.just("ref") | ANY,
        "created_at": PLAIN,
        "seconds": PLAIN,
        "prompt": st.just("x"),
        "url": ANY,
        "metadata": ANY,
        "usage": st.fixed_dictionaries({"cost": PLAIN}) | ANY,
        "model": ANY,
        "size": ANY,
        "code": ANY,
        "message": ANY,
        "order_digest": ANY,
        "fail_reason": ANY,
    },
)
BODY = (
    JOB
    | RESULT
    | ANY
    | st.fixed_dictionaries({"data": st.lists(JOB | ANY, max_size=3) | ANY}, optional={"has_more": PLAIN, "error": ANY})
)
RAW = st.sampled_from(
    [
        b"",
        b"[" * 100_000,
        b"{" * 9,
        b'{"job_id": "a", "cost": 1e99999999999999999999}',
        b"\xff",
        b'"x"',
        b'{"cost": ' + b"9" * 5000 + b"}",
    ]
)
AFTER = st.sampled_from(
    [
        None,
        "nan",
        "inf",
        "-5",
        "x",
        "1e999",
        "Mon, 01 Jan 0001 00:00:00 -2359",
        "²",
        "9" * 400,
        "Fri, 31 Dec 9999 23:59:59 -2300",
        "Mon, 32 Foo 2020",
    ]
)
STATUS = st.sampled_from([200, 202, 200, 204, 302, 304, 400, 404, 409, 422, 429, 500, 503, 599])


class Street:
    """A server in this process that answers everything in one way."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"", dict[str, str]()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw = [(name.encode(), text.encode("latin-1")) for name, text in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


def questions(provider: Provider, folder: Path) -> list[Callable[[], Awaitable[Any]]]:
    return [
        lambda: provider.submit(ORDER, "ref", {}),
        lambda: provider.submit(BATCH, "ref", {}),
        lambda: provider.submit(CHECK, "ref", {}),
        lambda: provider.poll("a/b"),
        lambda: provider.find("ref"),
        lambda: provider.listed(ORDER, 0.0),
        lambda: provider.cancel("a"),
        lambda: provider.upload(folder / "file", "image/png"),
        lambda: provider.fetch("media/x", folder / "out"),
    ]


def sound(found: Any) -> None:
    """What came back can be kept: it is text that is text, and numbers that are numbers."""
    for job in found if isinstance(found, list) else [found]:
        assert job is None or isinstance(job, Job | Delivery | str), job
        if job is None or isinstance(job, str):
            continue
        text = job.model_dump_json()
        assert "\\u0000" not in text
        again = type(job).model_validate_json(text)
        assert again.model_dump_json() == text
        if isinstance(job, Job):
            assert job.job_id
            assert math.isfinite(job.progress)
            assert job.retry_after is None or 0 <= job.retry_after <= 300


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck])
@given(body=BODY.map(lambda body: json.dumps(body).encode()) | RAW, status=STATUS, after=AFTER)
def test_any_reply_is_a_job_or_an_error_of_ours(
    name: str, body: bytes, status: int, after: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "file").write_bytes(b"x")
    street = Street()
    street.status, street.body = status, body
    street.headers = {} if after is None else {"retry-after": after}

    async def ask_all() -> None:
        entry = catalogue_entry(name)
        base = "http://provider.local/v1"
        provider = make_provider(entry, f"{name}@{base}", HttpClient(base, SecretStr(KEY), app=street), model="m")
        try:
            for question in questions(provider, folder):
                try:
                    sound(await question())
                except ProviderError as error:
                    assert KEY not in repr(error) + repr(vars(error))
                    error.message.encode()  # it is text, and goes to a log
                    assert pickle.loads(pickle.dumps(error)).message == error.message  # noqa: S301 (just pickled)
        finally:
            await provider.close()

    asyncio.run(ask_all())


class Site:
    """A client of `http://provider.local/v1`, and all that it asked for, with what it showed of its key."""

    def __init__(self, **options: Any) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.answer: tuple[int, dict[str, str], list[bytes]] = (200, {}, [b"clip"])
        self.client = HttpClient("http://provider.local/v1", SecretStr(KEY), app=self, **options)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): text.decode() for name, text in scope["headers"]}
        self.asked.append((f"{scope['scheme']}://{headers['host']}{scope['path']}", headers.get("authorization")))
        status, given, pieces = self.answer
        raw = [(name.encode(), text.encode()) for name, text in given.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.0.0.1/x",
        "http://provider.local:8080/x",
        "https://provider.local/x",
        "http://provider.local.evil.example/",
        "http://provider.local@evil.example/",
        "//evil.example/x",
        "file:///etc/passwd",
        "ftp://provider.local/x",
        "http://other.example/x",
        "gopher://x",
        "http://[",
        "http://0x7f000001/",
        "http://2130706433/",
    ],
)
async def test_results_elsewhere_are_not_fetched(address: str, tmp_path: Path) -> None:
    site = Site(allowed_hosts=("cdn.example:8443",))
    with pytest.raises(ProviderError):
        await site.client.download(address, tmp_path / "clip")
    assert site.asked == []
    assert not (tmp_path / "clip").exists()


@pytest.mark.parametrize(
    ("address", "asked", "shown"),
    [
        ("media/x", "http://provider.local/v1/media/x", True),
        ("http://provider.local/elsewhere", "http://provider.local/elsewhere", True),
        ("http://cdn.example:8443/x", "http://cdn.example:8443/x", False),
        ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000/x", False),
    ],
)
async def test_the_key_goes_to_its_provider_alone(address: str, asked: str, shown: bool, tmp_path: Path) -> None:
    site = Site(allowed_hosts=("cdn.example:8443", "127.0.0.1:9000"))
    await site.client.download(address, tmp_path / "clip")
    assert site.asked == [(asked, f"Bearer {KEY}" if shown else None)]
    assert (tmp_path / "clip").read_bytes() == b"clip"


@pytest.mark.parametrize(
    "target", ["http://evil.example/", "http://provider.local/v1/jobs/other", "http://127.0.0.1:9/"]
)
async def test_no_redirect_is_followed(target: str, tmp_path: Path) -> None:
    for status in (301, 302, 303, 307, 308):
        site = Site(allowed_hosts=("127.0.0.1:9",))
        site.answer = (status, {"location": target}, [b"{}"])
        with pytest.raises(ProviderError):
            await site.client.read("jobs/a")
        with pytest.raises(ProviderError):
            await site.client.purchase("generate", {}, json={})
        with pytest.raises(ProviderError):
            await site.client.download("media/x", tmp_path / "clip")
        assert len(site.asked) == 3
    assert not (tmp_path / "clip").exists()


async def test_what_is_too_large_is_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()
    monkeypatch.setattr("callsheet.provider.http.LARGEST_CLIP", 3000)
    site.answer = (200, {}, [b"x" * 1000] * 4)
    with pytest.raises(ProviderError, match="larger than 3000 bytes"):
        await site.client.download("media/x", tmp_path / "clip")
    site.answer = (200, {}, [b'{"a": "', b"x" * LARGEST_REPLY, b'"}'])
    with pytest.raises(ProviderError, match="not JSON"):
        await site.client.read("jobs/a")


async def test_a_reply_of_another_type_is_no_job() -> None:
    site = Site()
    site.answer = (200, {"content-type": "text/html"}, [b"<html>welcome</html>"])
    with pytest.raises(ProviderError, match="not JSON"):
        await site.client.read("jobs/a")
    with pytest.raises(ProviderError, match="not JSON"):
        await site.client.purchase("generate", {}, json={})
