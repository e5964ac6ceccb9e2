from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callsheet.briefs import Brief, MarketingBrief, load_brief, parse_brief
from callsheet.briefs.files import read_files
from callsheet.errors import BriefError

GOOD: dict[str, Any] = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light, kept simple."}
ENGLISH = {**GOOD, "language": "en-US"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


def faults(data: Any) -> dict[str, str]:
    with pytest.raises(BriefError) as caught:
        parse_brief(data)
    assert caught.value.exit_code == 2
    assert str(caught.value).count("\n") == len(caught.value.faults) - 1
    return {fault.field: fault.allowed for fault in caught.value.faults}


def test_what_is_left_out_has_the_articles_defaults() -> None:
    brief = parse_brief(GOOD)
    assert isinstance(brief, MarketingBrief)
    assert (brief.language, brief.music_mood, brief.tier) == ("zh-CN", "uplifting", "professional")
    assert (brief.duration, brief.aspect) == (20, "16:9")


@pytest.mark.parametrize(
    ("change", "field", "allowed"),
    [
        ({"name": ""}, "name", "not be empty"),
        ({"name": None}, "name", "text"),
        ({"slogan": "x" * 201}, "slogan", "at most 200"),
        ({"duration": 4}, "duration", "at least 5"),
        ({"duration": 61}, "duration", "at most 60"),
        ({"tier": "gold"}, "tier", "'prototype', 'social', 'professional' or 'broadcast'"),
        ({"aspect": "21:9"}, "aspect", "'16:9'"),
        ({"language": "fr-FR"}, "language", "'zh-CN' or 'en-US'"),
        ({"voice": "robot"}, "voice", "female"),
        ({"music_mood": "angry"}, "music_mood", "uplifting"),
        ({"style": "baroque"}, "style", "cinematic"),
        ({"budget": "-1"}, "budget", "more than 0"),
        ({"budget": "much"}, "budget", "decimal"),
        ({"product_images": ["a"] * 9}, "product_images", "at most 8"),
        ({"scenarios": [""]}, "scenarios[0]", "not be empty"),
        ({"duraton": 20}, "duraton", "spelling"),
        ({"kind": "opera"}, "kind", "marketing"),
    ],
)
def test_a_bad_field_is_named_with_what_is_allowed(change: dict[str, Any], field: str, allowed: str) -> None:
    found = faults({**GOOD, **change})
    assert list(found) == [field]
    assert allowed in found[field]


def test_all_faults_come_at_once() -> None:
    assert set(faults({**GOOD, "duration": 1, "tier": "x", "aspect": "y"})) == {"duration", "tier", "aspect"}


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused(data: Any) -> None:
    assert faults(data) == {"(the whole)": "a brief is a mapping of field names to values"}


def test_a_budget_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "brief.yaml"
    path.write_text(json.dumps({**GOOD, "budget": 12.1}))
    assert str(load_brief(path).budget) == "12.1"


def test_image_paths_are_of_the_briefs_folder(tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_text(json.dumps({**GOOD, "product_images": ["img/a.png"]}))
    assert load_brief(path).files() == (("product_images[0]", str((tmp_path / "img" / "a.png").resolve())),)


@pytest.mark.parametrize("text", ["a: [", "\x00", "!!python/object/apply:os.system ['true']", "a: 2020-13-45"])
def test_what_is_no_yaml_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "brief.yaml"
    path.write_text(text)
    with pytest.raises(BriefError, match="YAML or JSON") as caught:
        load_brief(path)
    assert "\n" not in str(caught.value)


def test_a_missing_brief_and_a_huge_one(tmp_path: Path) -> None:
    with pytest.raises(BriefError, match="can't be read"):
        load_brief(tmp_path / "none.yaml")
    (tmp_path / "huge.yaml").write_text("a" * 2_000_000)
    with pytest.raises(BriefError, match="at most"):
        load_brief(tmp_path / "huge.yaml")


def naming(*paths: str) -> Brief:
    return parse_brief({**GOOD, "product_images": paths})


def test_each_bad_image_is_a_fault_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(PNG)
    (tmp_path / "text.jpg").write_text("no image")
    paths = [str(tmp_path / name) for name in ("good.png", "text.jpg", "missing.jpg")]
    with pytest.raises(BriefError) as caught:
        read_files(naming(*paths))
    assert [fault.field for fault in caught.value.faults] == ["product_images[1]", "product_images[2]"]
    assert "JPEG, PNG or WebP" in caught.value.faults[0].allowed
    ((media, data),) = read_files(naming(paths[0])).staged()
    assert (media.media_type, media.bytes, data) == ("image/png", len(PNG), PNG)


def test_the_slug_is_made_of_letters() -> None:
    assert parse_brief({**GOOD, "name": "智能音箱"}).slug == "zhi-neng-yin-xiang"
    assert parse_brief({**ENGLISH, "name": "Trail Bottle 2!"}).slug == "trail-bottle-2"
    assert parse_brief({**ENGLISH, "name": "!!!"}).slug == "marketing"
