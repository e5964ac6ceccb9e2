"""A course from brief to manifest: chapters, slides, transcripts, another voice, captions in step with the voice."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import Any, cast

import numpy as np
import pysubs2
import pytest
import yaml

from callsheet.briefs import parse_brief
from callsheet.briefs.files import Files
from callsheet.errors import BriefError
from callsheet.manifest import Manifest
from callsheet.media.probe import probe
from callsheet.media.provenance.reading import verify
from callsheet.media.speech import kokoro
from callsheet.media.speech.voices import Voice
from callsheet.media.wave import read_sound
from callsheet.money import price_list
from callsheet.plan.files import PlanFile, placed, plan_text
from callsheet.products import plan_of
from callsheet.studio import jobs
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer

RATE = 48_000
BRIEF: dict[str, Any] = {
    "kind": "course",
    "name": "Rain",
    "language": "en-US",
    "tier": "prototype",
    "duration": 60,
    "key_concepts": [{"name": "rain", "description": "Rain falls on a lake"}],
    "chapters": [
        {
            "title": "Where it comes from",
            "script": "The sun warms the sea. Water rises into the air. Clouds form there.",
        },
        {"title": "How it falls", "script": "Small drops become large ones. They fall as rain. The rain feeds rivers."},
        {"title": "Where it goes", "script": "Rivers run to the sea. There it begins again. Thank you for watching."},
    ],
    "translations": {
        "zh-CN": "太阳把海水晒暖。水升到空中。那里长出云。小水滴变成大水滴。它们成为雨落下。"
        "雨喂饱河流。河流进大海。一切重新开始。谢谢观看。"
    },
    "dubbed": ["zh-CN"],
}


def synthesise(tokens: list[int], voice: Voice, each: float = 0.065, more: float = 0.0) -> Any:
    """A tone instead of the network: as long as speech, `each` phoneme so many seconds and some `more`, at once."""
    time = np.arange(int((len(tokens) * each + more) * kokoro.MODEL_RATE)) / kokoro.MODEL_RATE
    return (0.3 * np.sin(2 * np.pi * (180 + 40 * np.sin(2 * np.pi * 3 * time)) * time)).astype(np.float32)


def _edited(folder: Path) -> dict[str, Any]:
    """The plan file of the brief, with other words for the demonstration."""
    brief = parse_brief(BRIEF)
    text = plan_text(
        plan_of(brief, {}, price_list("sora")), brief, Files({}, {}), folder, provider="studio", model=None
    )
    return placed(yaml.safe_load(text.replace("Rain falls on a lake, ", "Heavy rain on a lake, ")), folder)


def run(home: Path, monkeypatch: pytest.MonkeyPatch, plan: dict[str, Any] | None = None) -> Manifest:
    from flows.course_video import course_video

    monkeypatch.setenv("CALLSHEET_HOME", str(home))
    monkeypatch.setattr(kokoro, "synthesise", synthesise)
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(2)))
    asked = parse_brief(BRIEF) if plan is None else PlanFile(data=plan)
    return Manifest.model_validate(asyncio.run(course_video(brief=cast(Any, asked))))


def test_a_course_is_made_whole(prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import av

    edit = _edited(tmp_path)
    made = run(tmp_path, monkeypatch, plan=edit)
    folder = tmp_path / "bucket" / made.production_id
    assert made.measures.seconds == pytest.approx(60, abs=1 / 30)
    assert made.cost.charged == made.cost.quoted == Books(tmp_path / "studio" / "books.sqlite").charged()
    assert [(one.id, len(one.clips)) for one in made.purchases] == [("instructor", 2), ("concept-1", 1)]
    orders = Books(tmp_path / "studio" / "books.sqlite").since(0)
    assert any("Heavy rain on a lake" in str(job.request) for job in orders)

    titles = [chapter["title"] for chapter in BRIEF["chapters"]]
    spans = made.timeline.chapter_spans()
    with av.open(str(folder / "master.mp4")) as master:
        found: list[Any] = list(master.chapters())
        marks = [(mark["metadata"]["title"], float(mark["start"] * mark["time_base"])) for mark in found]
    assert [title for title, _ in marks] == titles
    assert [start for _, start in marks] == pytest.approx([first / 30 for _, first, _ in spans], abs=0.001)
    listed = (folder / "chapters.txt").read_text().splitlines()
    assert listed[0] == f"0:00 {titles[0]}" and [line.split(" ", 1)[1] for line in listed] == titles

    of = {
        kind: [item for item in made.deliverables if item.kind == kind] for kind in {i.kind for i in made.deliverables}
    }
    assert of["chapter"][0].path == "chapters/01-where-it-comes-from.mp4"
    for item, (_, first, last) in zip(of["chapter"], spans, strict=True):
        chapter = probe(folder / item.path)
        assert (chapter.frames, chapter.timecode) == (last - first, made.timeline.timecode(first))
        assert chapter.audio_seconds == pytest.approx((last - first) / 30, abs=0.05)
        assert verify(folder / item.path).holds
    assert len(of["slide"]) >= 7 and (folder / "slides/01.png").read_bytes().startswith(b"\x89PNG")
    text = (folder / "transcript.zh-CN.txt").read_text()
    assert "太阳把海水晒暖。" in text and text.count("[") == 3

    _in_step(made, folder / "stems/voice.wav", folder / "captions/en-US.srt", 9)
    _in_step(made, folder / "voices/zh-CN.wav", folder / "captions/zh-CN.srt", 9)
    dubbed = probe(folder / "voices/zh-CN.mp4")
    assert dubbed.frames == 1800
    assert dubbed.audio_seconds == pytest.approx(60, abs=0.05)

    def no_more(*_: Any) -> Any:
        raise AssertionError("it is spoken or rendered again")

    monkeypatch.setattr("tests.flows.test_course_video.synthesise", no_more)
    assert run(tmp_path, monkeypatch, plan=edit) == made


def _in_step(made: Manifest, voice: Path, captions: Path, count: int) -> None:
    """At every sentence the voice begins within 100 ms of its caption."""
    loud = np.abs(read_sound(voice)).max(axis=1) > 0.01
    cues = pysubs2.load(str(captions))
    assert len(made.measures.lines) == count
    for line in made.measures.lines:
        begin = int((line.start - 0.2) * RATE)
        onset = (begin + int(np.flatnonzero(loud[begin : begin + RATE])[0])) / RATE
        cue = line.start + min((event.start / 1000 - line.start for event in cues), key=abs)
        assert onset == pytest.approx(cue, abs=0.1), line.text


def test_a_script_that_turns_out_too_long_costs_nothing(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.flows.test_course_video.synthesise",
        lambda tokens, voice: np.tile(np.sin(np.arange(2400) / 9).astype(np.float32), 90),
    )
    with pytest.raises(BriefError, match="shorten the script or change the duration"):
        run(tmp_path, monkeypatch)
    assert not Books(tmp_path / "studio" / "books.sqlite").charges()
