"""The one place that starts processes: it ends them as well, and the same frames give the same bytes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.probe import probe
from tests.media.conftest import Picture, luma, plain, tone, y_of


def endless(mark: str) -> list[str]:
    return ["-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-metadata", mark, "-f", "null", "-"]


def running(mark: str) -> list[int]:
    """The processes that have `mark` in their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


async def test_a_process_that_is_too_slow_is_killed() -> None:
    began = time.monotonic()
    with pytest.raises(MediaError, match=r"longer than 0\.5 s"):
        await ffmpeg.run(endless("mark=too-slow"), timeout=0.5)
    assert time.monotonic() - began < 5
    assert running("mark=too-slow") == []


async def test_a_cancelled_task_takes_its_process_with_it() -> None:
    started = asyncio.Event()
    args = endless("mark=cancelled")
    task = asyncio.create_task(ffmpeg.run(args, timeout=30, on_progress=lambda _: started.set()))
    await asyncio.wait_for(started.wait(), 20)
    assert running("mark=cancelled")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running("mark=cancelled") == []


async def test_a_failure_says_what_ffmpeg_said(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"absent\.mp4") as caught:
        await ffmpeg.run(["-i", str(tmp_path / "absent.mp4"), "-f", "null", "-"], timeout=20)
    assert "No such file" in caught.value.message
    with pytest.raises(MediaError, match="No such file"):
        ffmpeg.run_sync(["-i", str(tmp_path / "absent.mp4"), "-f", "null", "-"], timeout=20)


async def test_progress_is_told_in_seconds_of_output(tmp_path: Path) -> None:
    told: list[float] = []
    args = ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=3", str(tmp_path / "a.mp4")]
    await ffmpeg.run(args, timeout=60, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(3.0, abs=0.1)


def test_another_ffmpeg_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_FFMPEG", "/opt/own/ffmpeg")
    assert ffmpeg.ffmpeg_path() == "/opt/own/ffmpeg"


def moving() -> Iterator[Picture]:
    for number in range(40):
        picture = plain(90)
        picture[:, number * 4 : number * 4 + 30] = (10, 200, 240)
        yield picture


def test_the_same_frames_and_sound_give_the_same_bytes(tmp_path: Path) -> None:
    sound = tone(tmp_path / "a.wav", 300, 1.0)
    digests = set()
    for name in ("one.mp4", "two.mp4"):
        out = tmp_path / name
        ffmpeg.encode_frames(
            moving(), width=320, height=180, fps=30, out=out, audio=sound, crf=18, preset="veryfast", timeout=60
        )
        digests.add(sha256(out.read_bytes()).hexdigest())
    assert len(digests) == 1
    found = probe(tmp_path / "one.mp4")
    assert found.frames == 40
    assert found.seconds == pytest.approx(40 / 30)
    # The sound was shorter than the picture: it goes on as silence, to the sample.
    assert found.audio_seconds == pytest.approx(40 / 30, abs=1 / 48_000)
    assert found.faststart
    tags = {found.color_primaries, found.color_transfer, found.color_matrix}
    assert (tags, found.color_range) == ({"bt709"}, "tv")


def test_colours_are_converted_by_the_numbers_that_the_tags_name(tmp_path: Path) -> None:
    green = np.zeros((64, 64, 3), np.uint8)
    green[:] = (0, 255, 0)
    out = tmp_path / "green.mp4"
    ffmpeg.encode_frames(
        iter([green]), width=64, height=64, fps=30, out=out, audio=None, crf=5, preset="veryfast", timeout=60
    )
    # BT.709 gives green a luma weight of 0.7152; BT.601 would give 0.587.
    assert luma(out, 64, 64).mean() == pytest.approx(16 + 219 * 0.7152, abs=2)
    assert y_of(255 * 0.587) == pytest.approx(144.6, abs=1)


def test_nothing_is_left_when_the_frames_end_in_an_error(tmp_path: Path) -> None:
    def broken() -> Iterator[Picture]:
        yield plain(10)
        raise RuntimeError("the drawing failed")

    options = {"width": 320, "height": 180, "fps": 30, "audio": None, "crf": 20, "preset": "veryfast", "timeout": 20}
    out = tmp_path / "a.mp4"
    with pytest.raises(RuntimeError, match="the drawing failed"):
        ffmpeg.encode_frames(broken(), out=out, **options)  # type: ignore[arg-type]
    with pytest.raises(MediaError, match="expected"):
        ffmpeg.encode_frames(iter([plain(1, 64, 64)]), out=out, **options)  # type: ignore[arg-type]
    with pytest.raises(MediaError, match="no picture"):
        ffmpeg.encode_frames(iter([]), out=out, **options)  # type: ignore[arg-type]
    with pytest.raises(MediaError, match="even"):
        ffmpeg.encode_frames(iter([]), out=out, **{**options, "width": 321})  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_is_too_slow_is_killed(tmp_path: Path) -> None:
    def ceaseless() -> Iterator[Picture]:
        while True:
            yield plain(10)

    with pytest.raises(MediaError, match="longer than"):
        ffmpeg.encode_frames(
            ceaseless(),
            width=320,
            height=180,
            fps=30,
            out=tmp_path / "mark-endless.mp4",
            audio=None,
            crf=20,
            preset="veryfast",
            timeout=0.7,
        )
    assert list(tmp_path.iterdir()) == []
    assert running(str(tmp_path / ".mark-endless.mp4.part")) == []
