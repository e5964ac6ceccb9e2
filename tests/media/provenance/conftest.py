"""A work of two clips, one of them signed by its provider, and certificates with what makes them wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from callsheet.media.ffmpeg import run_sync
from callsheet.media.provenance import Certificate, Origin, ProvenanceRecord, prompt_digest, sign
from callsheet.media.provenance.self_made import self_made

PROMPT = "a brass lamp on a desk, evening"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="session")
def record() -> ProvenanceRecord:
    shared = {"purchase_key": "f" * 64, "prompt_sha256": prompt_digest(PROMPT)}
    bought = Origin(clip="close-up", sha256="1" * 64, provider="sora", model="sora-2", rehearsal=False, **shared)
    drawn = Origin(clip="usage", sha256="2" * 64, provider="studio", rehearsal=True, **shared)
    return ProvenanceRecord(
        production_id="p1", work="video", title="灯 Lamp", producer="示例 & Co", spoken=True, origins=(bought, drawn)
    )


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_made(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, record: ProvenanceRecord, own: Certificate) -> Path:
    """``plain.mp4`` (with sound and timecode), ``.png``, ``.jpg``, ``.wav`` without anything; ``clip.mp4`` signed."""
    folder = tmp_path_factory.mktemp("files")
    picture, sound = ["-f", "lavfi", "-i", "testsrc=s=160x90:d=1"], ["-f", "lavfi", "-i", "sine=d=1"]
    film = ["-pix_fmt", "yuv420p", "-timecode", "01:00:00:00", "-metadata", "title=Lamp", "-movflags", "+faststart"]
    run_sync([*picture, *sound, *film, str(folder / "plain.mp4")], timeout=60)
    for suffix in ("png", "jpg"):
        run_sync([*picture, "-frames:v", "1", str(folder / f"plain.{suffix}")], timeout=60)
    run_sync([*sound, str(folder / "plain.wav")], timeout=60)
    (folder / "clip.mp4").write_bytes((folder / "plain.mp4").read_bytes())
    sign(folder / "clip.mp4", record.model_copy(update={"origins": ()}), own)
    return folder
