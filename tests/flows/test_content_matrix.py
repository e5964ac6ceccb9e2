"""A content matrix from brief to manifests: shared shots, a cell that fails alone, a rerun that does what is left."""

from __future__ import annotations

import asyncio
import functools
import json
from pathlib import Path
from typing import Any, cast

import pytest

from callsheet.briefs import parse_brief
from callsheet.media.probe import probe
from callsheet.media.provenance.reading import verify
from callsheet.production import Outcome, outcome_of
from callsheet.studio import jobs
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer

BRIEF: dict[str, Any] = {
    "kind": "matrix",
    "name": "Lamp",
    "message": "Light, kept simple.",
    "language": "en-US",
    "tier": "prototype",
    "cells": [
        {"platform": "tiktok", "seconds": 5, "manner": "fast", "publish_at": "2026-12-01T18:00:00+08:00"},
        # Whole shots of one flat colour: frozen for longer than the platform's contract allows.
        {"platform": "wechat_channels", "seconds": 8, "manner": "plain"},
    ],
}


def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    from flows.content_matrix import content_matrix

    monkeypatch.setenv("CALLSHEET_HOME", str(home))
    return outcome_of(asyncio.run(content_matrix(brief=cast(Any, parse_brief(BRIEF)))))


def test_a_failing_cell_does_not_stop_the_others_and_nothing_is_bought_again(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(2)))
    made = run(tmp_path, monkeypatch)
    assert [manifest.work for manifest in made.manifests] == ["tiktok"]
    assert [(failed.work, failed.exit_code) for failed in made.failed] == [("wechat-channels", 5)]
    assert "wechat_channels: " in made.failed[0].error
    assert "frozen" in made.failed[0].error or "freeze" in made.failed[0].error
    charges = Books(tmp_path / "studio" / "books.sqlite").charges()
    assert len(charges) == 2  # a key shot of 6 s and a transition of 2 s, which both cells show

    folder = tmp_path / "bucket" / made.production_id
    manifest = made.manifests[0]
    assert {report.platform: report.passed for report in manifest.checks} == {"tiktok": True}
    assert [one.id for one in manifest.purchases] == ["shared-key-1", "shared-transition-1"]
    video = folder / "tiktok" / "renditions" / "tiktok.mp4"
    assert (probe(video).width, probe(video).height, round(probe(video).seconds)) == (480, 852, 5)
    for path in ("renditions/tiktok.mp4", "renditions/tiktok.jpg", "master.mp4", "poster.jpg"):
        found = verify(folder / "tiktok" / path)
        assert found.holds, (path, found.problems)
        assert found.aigc is not None, path
    index = json.loads((folder / "production.json").read_text())
    assert [(work["work"], work["published"]) for work in index["works"]] == [
        ("tiktok", True),
        ("wechat-channels", False),
    ]
    assert b"DTSTART:20261201T100000Z" in (folder / "calendar.ics").read_bytes()
    assert not (folder / "wechat-channels" / "manifest.json").exists()

    before = {path: path.stat().st_mtime_ns for path in (folder / "tiktok").rglob("*")}
    again = run(tmp_path, monkeypatch)
    assert again.manifests == made.manifests
    assert {path: path.stat().st_mtime_ns for path in (folder / "tiktok").rglob("*")} == before
    assert Books(tmp_path / "studio" / "books.sqlite").charges() == charges
