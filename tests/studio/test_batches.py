"""Batches over HTTP: what is rendered, what is kept when a part fails, and what it costs to the last fen."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet.features import DiscountedBatch, TextToVideo
from callsheet.money import price_list
from callsheet.plan.quote import price_of
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.http import HttpClient
from callsheet.provider.protocol import Job, JobStatus
from callsheet.provider.sora import SoraProvider, _delivery
from callsheet.studio import jobs
from callsheet.studio.app import PREFIX
from callsheet.studio.books import STALE
from callsheet.studio.jobs import Studio
from callsheet.studio.origins import keep_origin, origin_of
from callsheet.testing import flat_renderer
from tests.markdown import examples
from tests.studio.served import ASYNC, KEY, LIMIT, Bench, Served, error, serve
from tests.studio.test_curl import sent
from tests.studio.test_wire import PNG

BASE = {"prompt": "a car in a city", "duration": 2, "resolution": "480p"}
"""0.20 CNY."""


def request(prompt: str, duration: int = 2, resolution: str = "480p") -> dict[str, Any]:
    return {"prompt": prompt, "duration": duration, "resolution": resolution}


def batch(*prompts: str, **more: Any) -> dict[str, Any]:
    return {"requests": [request(prompt) for prompt in prompts], **more}


def balanced(site: Served, job: Any) -> None:
    """What a job says it costs is what the books say, and what its items say."""
    assert site.studio.books.charged() == Decimal(str(job["cost"]))
    if job["result"]:
        assert sum(Decimal(str(item["cost"])) for item in job["result"]["results"]) == Decimal(str(job["cost"]))


def test_each_variation_is_laid_over_the_base(tmp_path: Path) -> None:
    bench = Bench()
    variations = [
        {"style": "modern", "color_tone": "cool"},
        {"style": "vintage", "duration": 3},
        {"prompt": "a tram", "resolution": "720p"},
    ]
    with serve(tmp_path, bench) as site:
        response = site.post("/batch-variants", {"base_config": BASE, "variations": variations})
        assert response.status_code == 202  # `async` is true where it is left out
        job = site.ended(response.json()["job_id"])
        results = job["result"]["results"]
        assert [item["index"] for item in results] == [0, 1, 2]
        assert [(item["status"], item["duration"], item["cost"], item["error"]) for item in results] == [
            ("succeeded", 2, 0.2, None),
            ("succeeded", 3, 0.3, None),
            ("succeeded", 2, 0.48, None),
        ]
        assert site.lines == [(Decimal("0.98"), "accepted")]
        balanced(site, job)
        wanted = [
            TextToVideo(prompt="a car in a city, cool color tone", duration=2, resolution="480p", style="modern"),
            TextToVideo(prompt="a car in a city", duration=3, resolution="480p", style="vintage"),
            TextToVideo(prompt="a tram", duration=2, resolution="720p"),
        ]
        assert sorted(bench.begun, key=str) == sorted(wanted, key=str)
        for item, one in zip(results, wanted, strict=True):
            assert site.client.get(item["video_url"]).text == f"a clip of {one.model_dump_json()}"


def test_an_item_is_the_clip_that_it_would_be_alone(tmp_path: Path) -> None:
    with serve(tmp_path, flat_renderer(16)) as site:
        alone = site.post("/generate", request("a boat", 1)).json()
        body = {"base_config": request("a boat", 1), "variations": [{}, {"style": "luxury"}], "async": False}
        held = site.post("/batch-variants", body)
        assert held.status_code == 200  # held open until all are there
        clips = [site.client.get(item["video_url"]).content for item in held.json()["results"]]
        assert clips[0] == site.client.get(alone["video_url"]).content
        assert clips[0][4:8] == b"ftyp"
        assert clips[0] != clips[1]


def test_a_clip_of_a_batch_is_known_by_its_own_order(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        job = site.ended(site.order("/batch", batch("a lamp", "a desk"))["job_id"])
        clip = tmp_path / "clip.mp4"
        clip.write_bytes(site.client.get(job["result"]["results"][1]["video_url"]).content)
        kept = clip.rename(tmp_path / f"{hashlib.sha256(clip.read_bytes()).hexdigest()}.mp4")
        keep_origin(site.studio.books, kept)
        origin = origin_of(kept)
        assert origin is not None
        assert origin.request == TextToVideo(**request("a desk"))


@pytest.mark.parametrize(
    ("base", "variations", "param"),
    [
        (BASE, [{}, {}, {"duration": 21}], "variations[2].duration"),
        ({**BASE, "duration": 21}, [{}, {"duration": 3}], "base_config.duration"),
        ({"prompt": "x", "resolution": "480p"}, [{"duration": 2}, {}], "variations[1].duration"),
        (BASE, [{}, {"frames": 7}], "variations[1].frames"),
        (BASE, [{"emphasis": ["a", ""]}], "variations[0].emphasis[1]"),
        (BASE, [{"color_tone": ["cool"]}], "variations[0].color_tone"),
        ({f"field{n}": 1 for n in range(51)}, [{}], "base_config"),
        (BASE, [], "variations"),
        (BASE, [3], "variations[0]"),
        ("a car", [{}], "base_config"),
    ],
)
def test_a_wrong_field_of_a_variation_is_named(tmp_path: Path, base: Any, variations: Any, param: str) -> None:
    with serve(tmp_path) as site:
        response = site.post("/batch-variants", {"base_config": base, "variations": variations})
        assert error(response) == (400, "invalid_field", param)
        assert param in response.json()["error"]["message"]
        assert site.lines == []


@pytest.mark.parametrize(
    ("more", "original", "discounted", "saved"),
    [
        ({}, 1.46, 1.168, 0.292),
        ({"priority": "high"}, 1.46, 1.314, 0.146),
        ({"apply_discount": False}, 1.46, 1.46, 0),
    ],
)
def test_a_batch_has_the_discount_of_its_priority(
    tmp_path: Path, more: Any, original: float, discounted: float, saved: float
) -> None:
    requests = [request("one", 3), request("two", 4, "720p"), request("three", 1), request("four", 1, "480x854")]
    with serve(tmp_path) as site:
        response = site.post("/batch", {"requests": requests, **more})
        assert response.status_code == 202  # a batch is never held
        amounts = {"original_cost": original, "discounted_cost": discounted, "saved_amount": saved}
        assert {name: response.json()[name] for name in amounts} == pytest.approx(amounts, abs=1e-9)
        job = site.ended(response.json()["job_id"])
        assert {name: job["result"][name] for name in amounts} == {name: response.json()[name] for name in amounts}
        balanced(site, job)
        quoted = price_of(DiscountedBatch.model_validate({"requests": requests, **more}), price_list("sora"))
        assert site.lines == [(quoted.amount, "accepted")]
        assert float(quoted.amount) == pytest.approx(discounted, abs=1e-9)


def test_what_succeeded_is_kept_when_an_item_fails(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        order = site.order("/batch", batch("a lamp", "a broken lamp", "a desk"))
        job = site.ended(order["job_id"])
        assert (job["status"], job["error"], job["cost"]) == ("succeeded", None, 0.32)
        first, second, third = job["result"]["results"]
        assert (first["status"], third["status"]) == ("succeeded", "succeeded")
        assert second == {
            "index": 1,
            "status": "failed",
            "video_url": None,
            "duration": None,
            "cost": 0.0,
            "error": {"code": "render_failed", "message": "ZeroDivisionError: the lamp is broken"},
        }
        assert site.client.get(third["video_url"]).status_code == 200
        assert site.lines == [(Decimal("0.480"), "accepted"), (Decimal("-0.160"), "item 1 failed")]
        balanced(site, job)
        assert (job["original_cost"], job["discounted_cost"]) == (0.6, 0.48)  # what was ordered


def test_a_batch_of_which_nothing_succeeds_has_failed(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        body = {"base_config": request("a broken lamp"), "variations": [{}, {"duration": 4}]}
        job = site.ended(site.order("/batch-variants", body)["job_id"])
        assert (job["status"], job["result"], job["cost"]) == ("failed", None, 0)
        assert job["error"]["message"].startswith("all 2 items failed")
        assert site.studio.books.charged() == 0
        assert sum(amount for amount, _ in site.lines) == 0
        assert len(site.lines) == 3


def test_a_refused_prompt_fails_its_item_and_a_refused_base_the_order(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        job = site.ended(site.order("/batch", batch("a lamp", "much gore"))["job_id"])
        assert [item["status"] for item in job["result"]["results"]] == ["succeeded", "failed"]
        assert job["result"]["results"][1]["error"]["code"] == "moderation_blocked"
        balanced(site, job)
        before = site.lines
        refused = site.post("/batch-variants", {"base_config": request("gore"), "variations": [{}, {"duration": 3}]})
        assert error(refused)[:2] == (422, "moderation_blocked")
        assert site.lines == before


@pytest.mark.parametrize("killed", [False, True])
def test_finished_items_survive_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool) -> None:
    first = Bench()
    with serve(tmp_path, first) as site:
        job_id = site.order("/batch", batch("one", "a slow two", "three", "a slow four", "five"))["job_id"]
        first.wait_for_slow()
        first.wait_for_slow()  # both renderers are held up now
        items = site.studio.books.items.of(job_id)
        assert [item.status for item in items] == ["succeeded", "waiting", "succeeded", "waiting", "waiting"]
        assert site.job(job_id)["status"] == "running"
        if killed:  # then it puts nothing back
            monkeypatch.setattr(site.studio.books, "put_back", lambda runner: None)
    if killed:
        with sqlite3.connect(tmp_path / "books.sqlite") as db:
            db.execute("UPDATE jobs SET beat = beat - ?", (STALE,))
    second = Bench()
    second.go.set()
    with serve(tmp_path, second) as site:
        job = site.ended(job_id)
        assert [item["status"] for item in job["result"]["results"]] == ["succeeded"] * 5
        assert sorted(second.prompts) == ["a slow four", "a slow two", "five"]
        assert len({site.client.get(item["video_url"]).text for item in job["result"]["results"]}) == 5
        assert site.lines == [(Decimal("0.800"), "accepted")]
        balanced(site, job)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [job_id]


def test_cancelling_gives_back_what_was_not_rendered(tmp_path: Path) -> None:
    bench = Bench()
    with serve(tmp_path, bench) as site:
        body = {"requests": [request("one", 4), request("a slow two", 3), request("a slow three", 3), request("four")]}
        job_id = site.order("/batch", {**body, "apply_discount": False})["job_id"]
        bench.wait_for_slow()
        bench.wait_for_slow()
        job = site.job(job_id, "DELETE")
        bench.go.set()
        assert (job["status"], job["cost"]) == ("cancelled", 0.4)
        assert site.lines == [(Decimal("1.20"), "accepted"), (Decimal("-0.80"), "cancelled")]
        results = job["result"]["results"]
        assert [item["status"] for item in results] == ["succeeded", "failed", "failed", "failed"]
        assert {item["error"]["code"] for item in results[1:]} == {"cancelled"}
        assert site.client.get(results[0]["video_url"]).status_code == 200
    with serve(tmp_path) as site:  # nor does it go on
        assert site.job(job_id)["cost"] == 0.4
        balanced(site, site.job(job_id))


def test_high_priority_is_rendered_before_normal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "RUNNERS", 1)
    bench = Bench()
    with serve(tmp_path, bench) as site:
        site.order("/generate", request("a slow order"))
        bench.wait_for_slow()
        normal = site.order("/batch", {"requests": [request("normal 1", 20), request("normal 2", 20)]})
        high = site.order("/batch", batch("high 1", "high 2", priority="high"))
        bench.go.set()
        assert {site.ended(order["job_id"])["status"] for order in (normal, high)} == {"succeeded"}
    assert bench.prompts == ["a slow order", "high 1", "high 2", "normal 1", "normal 2"]


def test_a_batch_is_charged_once_for_its_key(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        headers = {**ASYNC, "Idempotency-Key": "b1"}
        body = {"base_config": BASE, "variations": [{"style": "modern"}]}
        jobs = {site.order("/batch-variants", one, headers)["job_id"] for one in (
            body, body, {**body, "callback_url": "http://127.0.0.1:1/"})}  # fmt: skip
        assert len(jobs) == 1
        assert site.lines == [(Decimal("0.20"), "accepted")]
        other = {**body, "variations": [{"style": "vintage"}]}
        assert error(site.post("/batch-variants", other, headers))[:2] == (409, "idempotency_conflict")


async def test_the_client_says_which_items_failed(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        http = HttpClient(site.address + PREFIX, SecretStr("anything"))
        provider = SoraProvider(catalogue_entry("studio"), "studio", http)
        order = DiscountedBatch.model_validate(batch("a lamp", "a broken lamp", "a desk"))
        accepted = await provider.submit(order, "b2", {})
        assert isinstance(accepted, Job)
        site.ended(accepted.job_id)
        job = await provider.poll(accepted.job_id)
        assert job.status is JobStatus.SUCCEEDED
        delivery = job.delivery
        assert delivery is not None
        assert (delivery.indices, len(delivery.clips), delivery.cost) == ((0, 2), 2, Decimal("0.32"))
        assert [(item.index, item.cost) for item in delivery.failed] == [(1, Decimal(0))]
        assert delivery.failed[0].reason == "render_failed: ZeroDivisionError: the lamp is broken"
        await provider.fetch(delivery.clips[1].url, tmp_path / "desk")
        assert "a desk" in (tmp_path / "desk").read_text()
        await provider.close()


@pytest.mark.parametrize(
    "results",
    [
        [{"index": 0, "status": "succeeded", "video_url": "http://x/1"}, {"index": 1, "status": "odd"}],
        [{"index": 0, "status": "succeeded"}],
        [{"index": 0, "status": "failed"}, {"index": 0, "status": "failed"}],
        [{"index": -1, "status": "failed"}],
        [{"status": "failed"}],
        [],
    ],
)
def test_results_that_can_not_be_read_are_no_delivery(results: Any) -> None:
    assert _delivery({"results": results}) is None


def test_two_orders_of_one_moment_do_not_pass_the_balance_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"animation_prompt": "turns", "duration": "3", "resolution": "480p"}  # 0.30
    with serve(tmp_path, balance=Decimal("0.50")) as site:
        both = threading.Barrier(2, timeout=LIMIT)
        keep = site.studio.keep_input

        def keep_together(*given: Any) -> None:
            both.wait()
            keep(*given)

        monkeypatch.setattr(site.studio, "keep_input", keep_together)
        answers: list[int] = []

        def send() -> None:
            files = {"image": ("a.png", PNG, "image/png")}
            answers.append(site.post("/image-to-video", data=fields, files=files, headers=ASYNC).status_code)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        assert sorted(answers) == [202, 402]
        assert site.studio.books.charged() == Decimal("0.30")


@pytest.mark.parametrize("scenes", ["[", "[{", "[" * 200_000])
def test_scenes_that_are_not_json_are_a_wrong_field(tmp_path: Path, scenes: str) -> None:
    with serve(tmp_path) as site:
        files = {"character_reference": ("a.png", PNG, "image/png")}
        assert error(site.post("/character-sequence", data={"scenes": scenes}, files=files))[::2] == (400, "scenes")


def test_a_body_that_is_nested_too_deeply_is_not_read(tmp_path: Path) -> None:
    with serve(tmp_path) as site:
        deep = b'{"prompt": ' + b"[" * 200_000
        headers = {**KEY, "Content-Type": "application/json"}
        assert error(site.post("/generate", content=deep, headers=headers))[:2] == (400, "invalid_json")


def test_old_books_get_the_tables_of_batches(tmp_path: Path) -> None:
    Studio(tmp_path)
    with sqlite3.connect(tmp_path / "books.sqlite") as db:
        db.execute("DROP TABLE items")
        db.execute("DROP TABLE callbacks")
    with serve(tmp_path) as site:
        assert site.ended(site.order("/batch", batch("a lamp"))["job_id"])["status"] == "succeeded"


def test_the_pages_requests_do_what_it_says(tmp_path: Path) -> None:
    page = "docs/batches.md"
    variants, listed, look = (line for one in examples("sh", page) for line in one.text.splitlines())
    (shown,) = (json.loads(example.text) for example in examples("json", page))
    with serve(tmp_path) as site:
        values = {"STUDIO": site.address + PREFIX, "KEY": "anything"}
        job = site.ended(sent(variants, values).json()["job_id"])
        assert [item["cost"] for item in job["result"]["results"]] == [0.2, 0.2, 0.3]
        values["JOB"] = sent(listed, values).json()["job_id"]
        site.ended(values["JOB"])
        job = sent(look, values).json()

    def plain(value: Any) -> Any:
        """Without what is of one run."""
        if isinstance(value, dict):
            mine = ("job_id", "created_at", "expires_at", "video_url")
            return {name: bool(one) if name in mine else plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    assert plain(job) == plain(shown)
