"""Styles and shots of a library that a brief names: their words are ordered, and a wrong name is one clear line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from callsheet.brand import parse_brand
from callsheet.briefs import load_brief, parse_brief
from callsheet.briefs.dressing import dress
from callsheet.cli import cli
from callsheet.errors import BriefError
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.plan.files import edited
from callsheet.products import PLANNERS, plan_of

LIBRARY = """
styles:
  brass: {zh: 黄铜与暖光, en: brass and warm light, group: vintage}
  plain: {zh: 平实, en: plainly lit, group: ours}
shots:
  reveal: {zh: 灯光亮起, en: a slow push-in while the light comes up, seconds: 3}
"""
WARM = "It is warm, and it stays there on the old and heavy wood for as long as the sun does."
KINDS: dict[str, dict[str, Any]] = {
    "marketing": {"description": "a brass lamp", "slogan": "Light.", "duration": 5},
    "storyboard": {"characters": "a lamp", "shots": [{"description": "It stands on a desk."}, {"shot": "reveal"}]},
    "course": {
        "script": "\n".join(f"# Part {n}\nLight falls on a desk. {WARM} Then it goes." for n in "123"),
        "duration": 60,
        "key_concepts": [{"name": "light", "description": "rays"}],
    },
    "matrix": {"message": "Light."},
    "variants": {"description": "a brass lamp", "slogan": "Light.", "variations": [{"hook": "A"}, {"hook": "B"}]},
}


def written(folder: Path, kind: str, **fields: Any) -> Path:
    (folder / "ours.yaml").write_text(LIBRARY, encoding="utf-8")
    path = folder / "brief.yaml"
    data = {"kind": kind, "name": "Lamp", "language": "en-US", "tier": "prototype", "library": "ours.yaml"}
    path.write_text(yaml.safe_dump({**data, **KINDS[kind], **fields}), encoding="utf-8")
    return path


def plan(path: Path) -> Plan:
    return plan_of(load_brief(path), {}, price_list("sora"))


@pytest.mark.parametrize("kind", PLANNERS)
def test_the_words_of_a_named_style_are_ordered_and_count_in_the_digest(kind: str, tmp_path: Path) -> None:
    without, named = plan(written(tmp_path, kind)), plan(written(tmp_path, kind, named_style="brass"))
    assert "brass and warm light" in named.model_dump_json()
    assert "brass and warm light" not in without.model_dump_json()
    assert named.digest != without.digest
    assert named.total == without.total
    path = tmp_path / "ours.yaml"
    written(tmp_path, kind, named_style="brass")
    path.write_text(LIBRARY.replace("warm light", "cold light"), encoding="utf-8")
    assert plan(tmp_path / "brief.yaml").digest != named.digest


def test_the_preset_is_what_the_style_is_akin_to(tmp_path: Path) -> None:
    def style(**fields: Any) -> str:
        return str(load_brief(written(tmp_path, "marketing", **fields)).model_dump()["style"])

    assert style(named_style="brass") == "vintage"
    assert style(named_style="plain") == "commercial"
    assert style(named_style="watercolor") == "watercolor"
    assert style(named_style="brass", style="tech") == "tech"
    brief = load_brief(written(tmp_path, "marketing", named_style="brass"))
    assert dress(brief, parse_brand({"name": "A", "style": "luxury"})).model_dump()["style"] == "vintage"


def test_a_named_shot_has_its_words_and_length(tmp_path: Path) -> None:
    shots = [{"description": "A desk.", "shot": "reveal"}, {"shot": "reveal", "seconds": 2}]
    request = plan(written(tmp_path, "storyboard", shots=shots)).purchases[0].request.model_dump()
    assert [shot["duration"] for shot in request["shots"]] == [3, 2]
    assert "A desk, a slow push-in while the light comes up, " in request["shots"][0]["prompt"]
    (tmp_path / "shots.csv").write_text("shot,seconds\nreveal,\nreveal,4\n")
    table = load_brief(written(tmp_path, "storyboard", shots=[], shots_file="shots.csv")).model_dump()["shots"]
    assert [(shot["description"][:11], shot["seconds"]) for shot in table] == [("a slow push", 3), ("a slow push", 4)]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"named_style": "bras"}, "named_style: bras is not allowed; the library has none of this name; near it are"),
        ({"named_style": "bras"}, "brass"),
        (
            {"shots": [{"shot": "zz"}]},
            "shots[0].shot: zz is not allowed; the library has none of this name, but reveal",
        ),
        ({"shots": [{"seconds": 3}]}, "what is seen must be said, or a shot of the library named"),
        ({"library": "none.yaml"}, "none.yaml: this path is not allowed; it can't be read: No such"),
    ],
)
def test_what_is_wrong_is_one_line(fields: dict[str, Any], line: str, tmp_path: Path) -> None:
    with pytest.raises(BriefError) as caught:
        load_brief(written(tmp_path, "storyboard", **fields))
    assert line in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_what_nobody_has_read_is_not_planned() -> None:
    brief = parse_brief({"kind": "matrix", "name": "Lamp", "message": "Light.", "named_style": "brass"})
    with pytest.raises(BriefError, match="named_style: brass is not allowed; its library has not been read"):
        plan_of(brief, {}, price_list("sora"))


def test_a_plan_file_shows_the_words_and_needs_no_library(tmp_path: Path) -> None:
    path, file = written(tmp_path, "storyboard", named_style="brass"), tmp_path / "lamp.plan.yaml"
    expected = plan(path)
    done = CliRunner().invoke(cli, ["plan", str(path), "--out", str(file), "--no-drafts"])
    assert done.exit_code == 0, done.output
    (tmp_path / "ours.yaml").unlink()
    text = file.read_text(encoding="utf-8")
    assert "brass and warm light" in text
    assert "a slow push-in while the light comes up" in text
    assert edited(yaml.safe_load(text), tmp_path).plan.digest == expected.digest
