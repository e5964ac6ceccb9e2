"""docs/providers.md and docs/videos.md say what the catalogue and the studio do."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import httpx

from callsheet.features import FEATURES
from callsheet.provider.catalogue import catalogue, catalogue_entry
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.studio.videos_bodies import LENGTHS, SIZES
from callsheet.testing import serving
from tests.markdown import codes, examples, table
from tests.studio.films import one_film
from tests.studio.test_curl import sent

PAGE = "docs/providers.md"
LIMIT = 30.0


def test_all_providers_are_listed() -> None:
    rows = {codes(row[0])[0]: row for row in table(PAGE, "Name", "Dialect")}
    assert list(rows) == list(catalogue())
    for name, (_, dialect, address, prices, lost) in rows.items():
        entry = catalogue_entry(name)
        assert (codes(dialect), codes(prices)) == ([entry.dialect], [entry.price_list]), name
        assert tuple(codes(lost)) == entry.lost_replies, name
        assert ("retired" in address) == (entry.retired_on is not None), name
        assert ("none" in address) == (not entry.base_url), name


def test_what_is_sold_is_listed() -> None:
    providers = (["openai"], ["studio-videos"], ["vllm-omni", "sglang", "litellm", "new-api"])
    rows = table(PAGE, "Feature", "Order")
    for feature, _, *sold in rows:
        for names, said in zip(providers, sold, strict=True):
            for name in names:
                assert (codes(feature)[0] in catalogue_entry(name).features) == (said == "yes"), (name, feature)
    listed = {codes(row[0])[0] for row in rows}
    assert listed <= set(FEATURES)
    for name in catalogue():
        if catalogue_entry(name).dialect == "openai_videos":
            assert set(catalogue_entry(name).features) <= listed
            for model in catalogue_entry(name).models:
                assert set(model.features) == set(catalogue_entry(name).features)


def test_models_are_listed() -> None:
    rows = {codes(name)[0]: (tuple(codes(sizes)), seconds) for name, sizes, seconds in table(PAGE, "Model", "Sizes")}
    for name in ("openai", "studio-videos"):
        assert {model.name: model.sizes for model in catalogue_entry(name).models} == {
            n: s for n, (s, _) in rows.items()
        }
        for model in catalogue_entry(name).models:
            assert ", ".join(map(str, model.seconds or ())) == rows[str(model.name)][1]
            assert model.seconds == LENGTHS
            assert set(model.sizes or ()) <= set(SIZES)


def test_the_requests_of_the_videos_page(tmp_path: Path) -> None:
    page = "docs/videos.md"
    lines = [line for one in examples("sh", page) for line in one.text.splitlines() if line.startswith("curl ")]
    create, look, content, thumbnail, remix, listed, delete = lines
    refusal = json.loads(examples("json", page)[0].text)
    with serving(studio_app(Studio(tmp_path, renderer=one_film()), serve=True)) as address:
        values = {"STUDIO": f"{address}/v1", "KEY": "anything", "VIDEO": ""}
        made = sent(create, values).json()
        values["VIDEO"] = made["id"]
        deadline = time.monotonic() + LIMIT
        while sent(look, values).json()["status"] in ("queued", "in_progress"):
            assert time.monotonic() < deadline
        assert sent(content, values).content[4:8] == b"ftyp"
        assert sent(thumbnail, values).content[8:12] == b"WEBP"
        assert sent(remix, values).json()["remixed_from_video_id"] == made["id"]
        assert [video["prompt"] for video in sent(listed, values).json()["data"]] == [
            "the lighthouse in fog",
            made["prompt"],
        ]
        assert sent(delete, values).json() == {"id": made["id"], "object": "video.deleted", "deleted": True}
        wrong = httpx.post(
            f"{address}/v1/videos", json={"prompt": "x", "seconds": "7"}, headers={"Authorization": "Bearer x"}
        )
        assert (wrong.status_code, wrong.json()) == (400, refusal)


def test_every_code_of_a_refusal_is_listed() -> None:
    root = Path(__file__).parents[2] / "callsheet" / "studio"
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(root.glob("videos_*.py")))
    shown = {code for row in table("docs/videos.md", "Status", "`code`") for code in codes(row[1])}
    assert {code for code in shown if f'"{code}"' not in source} == set()
    said = re.findall(r'(?:Refusal\(\d+, |bad\([^()]*?, f?"[^"]*", )"([a-z_]+)"', source)
    assert set(said) - {"method_not_allowed"} <= shown
