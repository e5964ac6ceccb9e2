"""A brand's file: what it may say, what it forbids, how its words are spoken."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from blocks import BrandKit
from callsheet.brand import Brand, load_brand, parse_brand
from callsheet.briefs import MarketingBrief
from callsheet.briefs.dressing import dress
from callsheet.cli import cli
from callsheet.errors import BriefError, SettingsError
from callsheet.library import load_library
from callsheet.prompts import style_names
from callsheet.timeline import Look

AURUM = """
name: Aurum
logo: logo.png
look: {accent: "#C8A24A", ground: "#0B0B0B"}
pronunciation: {Aurum: 奥勒姆, LED: L E D, Aurum One: 奥勒姆一号}
prompt: [brass and warm light]
forbidden: [cheap, 最便宜, No. 1]
style: luxury
voice: female
"""


def written(folder: Path, text: str, name: str = "brand.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_brand_is_read_from_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, AURUM)
    with pytest.raises(BriefError, match=r"logo: .*logo\.png is not allowed; there must be a file of this name"):
        load_brand(path)
    (tmp_path / "logo.png").write_bytes(b"png")
    brand = load_brand(path)
    assert brand.logo == str(tmp_path / "logo.png")
    assert brand.look == Look(accent="#C8A24A", ground="#0B0B0B")
    assert brand.files() == (("logo", brand.logo),)
    assert brand.styled("luxury") == "luxury, brass and warm light"
    assert brand.styled("奢华", "zh-CN") == "奢华，brass and warm light"


def test_every_wrong_field_is_named(tmp_path: Path) -> None:
    text = "look: {accent: gold}\nstyle: shiny\nvoice: nobody\nmusic_mood: angry\ncolour: red\n"
    text += "pronunciation: {A: b, a: c}\n"
    with pytest.raises(BriefError) as raised:
        load_brand(written(tmp_path, text))
    fields = {fault.field for fault in raised.value.faults}
    assert fields == {"name", "look.accent", "style", "voice", "music_mood", "colour", "pronunciation"}
    for wrong in ("- a list", "name: [", "name: x\n" * 40_000):
        with pytest.raises(BriefError):
            load_brand(written(tmp_path, wrong))
    with pytest.raises(BriefError, match="can't be read"):
        load_brand(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The CHEAP one", ("cheap",)),
        ("ｃｈｅａｐ lamp", ("cheap",)),
        ("a cheaper one", ()),
        ("全城最便宜的灯", ("最便宜",)),
        ("cheap灯", ("cheap",)),
        ("the no. 1 lamp, cheap", ("cheap", "No. 1")),
        ("no\n cheapskates, No. 12", ()),
    ],
)
def test_forbidden_words_are_found_and_refused(text: str, found: tuple[str, ...]) -> None:
    brand = Brand(name="Aurum", forbidden=("cheap", "最便宜", "No. 1"))
    assert brand.found(text) == found
    if not found:
        brand.check_words("slogan", text)
        return
    with pytest.raises(BriefError) as raised:
        brand.check_words("slogan", text)
    assert str(raised.value).splitlines() == [
        f"slogan: the word {word!r} is not allowed; Aurum forbids it" for word in found
    ]


def test_words_are_spoken_as_the_brand_says() -> None:
    brand = parse_brand({"name": "A", "pronunciation": {"Aurum": "奥勒姆", "LED": "L E D", "Aurum One": "奥勒姆一号"}})
    assert brand.spoken("aurum one 的LED灯，Aurum出品") == "奥勒姆一号 的L E D灯，奥勒姆出品"
    assert brand.spoken("LEDs, AURUMS and called") == "LEDs, AURUMS and called"
    assert parse_brand({"name": "A", "pronunciation": {"a": "b", "b": "a"}}).spoken("a b") == "b a"


@given(st.text(), st.text())
def test_a_brand_that_says_nothing_changes_nothing(field: str, text: str) -> None:
    brand = Brand(name="A")
    assert brand.spoken(text) == text
    brand.check_words(field, text)


def test_the_block_has_the_fields_of_the_file() -> None:
    assert set(Brand.model_fields) <= set(BrandKit.model_fields)
    kit = BrandKit(name="Aurum", forbidden=["cheap"], look={"accent": "#C8A24A"}, style="luxury")
    assert kit.brand() == Brand(name="Aurum", forbidden=("cheap",), look=Look(accent="#C8A24A"), style="luxury")
    brief = MarketingBrief(name="Lamp", description="a brass lamp", slogan="Light.", language="en-US")
    assert dress(brief, kit.brand()).style == "luxury"
    cheap = brief.model_copy(update={"scenarios": ("at home", "a cheap room")})
    with pytest.raises(BriefError, match=r"scenarios\[1\]: the word 'cheap' is not allowed; Aurum forbids it"):
        dress(cheap, kit.brand())


def test_a_library_has_the_presets_and_ones_own(tmp_path: Path) -> None:
    own = written(
        tmp_path,
        "styles: {tech: {zh: 我们的科技感, en: our tech look}}\n"
        "shots: {reveal: {zh: 灯光亮起, en: the light comes up, seconds: 3}}\n",
    )
    library = load_library(own)
    assert set(library.styles) == set(style_names())
    assert library.styles["tech"].words("en-US") == "our tech look"
    assert [one.name for one in library.search("LIGHT up")] == ["reveal"]
    assert library.search("tech")[0].name == "tech"
    assert len(library.search("")) == len(style_names()) + 1
    found = CliRunner().invoke(cli, ["library", "search", "reveal", "--library", str(own), "--language", "zh-CN"])
    assert found.output.split() == ["shot", "reveal", "灯光亮起"]
    nothing = CliRunner().invoke(cli, ["library", "search", "zzz"])
    assert isinstance(nothing.exception, SettingsError)
    for wrong, message in (
        ("shots: {Big: {zh: 大, en: big}}", "'?\"?Big"),
        ("styles: {a: {zh: 一}}", r"styles\.a\.en"),
    ):
        with pytest.raises(BriefError, match=rf"brand\.yaml: .*{message}"):
            load_library(written(tmp_path, wrong))
