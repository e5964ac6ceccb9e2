"""`callsheet check` as its users run it, and its page held against the code."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from callsheet.cli import main
from callsheet.media.check import Point, Report, check
from callsheet.media.check.limits import limits
from callsheet.platforms import platform
from tests.markdown import codes, examples, table
from tests.media.check.films import Film

LABEL = "1\n00:00:00,000 --> 00:00:02,000\nAI-generated\n"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in this process, as its console script runs it: a folder to stand in, and words."""

    def go(folder: Path, *words: str) -> Done:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["callsheet", "check", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        return Done(code, *capsys.readouterr())

    return go


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``film.mp4``, which is what most platforms take but for its size; captions; a thumbnail."""
    folder = tmp_path_factory.mktemp("check")
    Film().make(folder)
    (folder / "film.srt").write_text(LABEL)
    Image.new("RGB", (1280, 720)).save(folder / "film.jpg")
    return folder


def test_the_pages_example_is_what_is_printed(run: Run, folder: Path) -> None:
    command, *shown = examples("console", "docs/check.md")[0].text.splitlines()
    done = run(folder, *command.removeprefix("$ callsheet check ").split())
    assert done.returncode == 5
    printed = iter([*done.stdout.splitlines(), *done.stderr.splitlines()])
    for line in shown:
        assert any(line == one for one in printed), line


def test_one_object_and_nothing_else_with_json(run: Run, folder: Path) -> None:
    done = run(folder, "film.mp4", "--platform", "linkedin", "--json")
    assert done.returncode == 5
    found = json.loads(done.stdout)
    assert [point["name"] for point in found["points"] if point["passed"] is False] == ["duration", "short_side"]
    assert (found["passed"], found["file"], found["platform"]) == (False, "film.mp4", "linkedin")
    assert list(found) == [codes(row[0])[0] for row in table("docs/check.md", "Field of a report")]
    assert list(found["points"][0]) == [codes(row[0])[0] for row in table("docs/check.md", "Field of a point")]
    parsed = Report.model_validate(found)
    assert parsed.model_dump(mode="json") == found


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("film.mp4", "--platform", "myspace"), "platform: 'myspace' is not allowed; it must be one of bilibili, "),
        (("no.mp4", "--platform", "x"), "no.mp4: there is no such file"),
        (("film.srt", "--platform", "x"), "film.srt: not a video that can be read"),
        (("film.mp4", "--platform", "x", "--captions", "film.jpg"), "film.jpg: captions are read from "),
        (("film.mp4", "--platform", "x", "--thumbnail", "film.srt"), "film.srt: not a picture that can be read"),
    ],
)
def test_what_can_t_be_checked_is_one_line_and_2(run: Run, folder: Path, words: tuple[str, ...], why: str) -> None:
    done = run(folder, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(why)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_passes_ends_with_0(run: Run, tmp_path: Path) -> None:
    film = Film(picture="testsrc2=s=640x360:r=30:d={seconds}", seconds=1.0)
    film.make(tmp_path)
    done = run(tmp_path, "film.mp4", "--platform", "x")
    assert (done.returncode, done.stderr) == (0, "")


async def everything(folder: Path) -> tuple[Point, ...]:
    report = await check(
        folder / "film.mp4", platform("youtube"), captions=folder / "film.srt", thumbnail=folder / "film.jpg"
    )
    return report.points


def test_the_table_of_points_is_the_codes(folder: Path) -> None:
    rows = table("docs/check.md", "Point", "Unit")
    points = asyncio.run(everything(folder))
    assert [codes(row[0])[0] for row in rows] == [point.name for point in points]
    for (_, unit, _, allowed), point in zip(rows, points, strict=True):
        if point.unit:
            assert unit == point.unit, point.name
        if not allowed:
            assert point.limit is None, point.name
    named = {code for row in rows for code in codes(row[3])}
    assert named == set(limits().limits)


def test_captions_thumbnail_and_label_are_taken(run: Run, folder: Path) -> None:
    words = ("film.mp4", "--platform", "bilibili", "--captions", "film.srt", "--thumbnail", "film.jpg", "--json")
    points = {one["name"]: one for one in json.loads(run(folder, *words).stdout)["points"]}
    assert points["aigc_label"]["passed"] is True
    assert points["aigc_metadata"]["passed"] is False
    assert points["thumbnail_kind"]["passed"] is True
    without = {one["name"]: one for one in json.loads(run(folder, *words, "--no-aigc").stdout)["points"]}
    assert without["aigc_metadata"]["passed"] is None


def test_a_label_that_nobody_can_know_of_does_not_fail(run: Run, folder: Path) -> None:
    done = run(folder, "film.mp4", "--platform", "bilibili", "--json")
    points = {one["name"]: one for one in json.loads(done.stdout)["points"]}
    assert (points["aigc_label"]["value"], points["aigc_label"]["passed"]) == (None, None)
    assert points["aigc_label"]["note"] == "known only from the script that was burnt in"
