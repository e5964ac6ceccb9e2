"""What the detectors print, read without a file; and the statistics of samples that are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from callsheet.media.check.levels import Samples, levels
from callsheet.media.check.watching import heard

AT = "@ 0x55a1"


def test_what_lasts_to_the_end_is_ended_there() -> None:
    text = f"[Parsed_silencedetect_0 {AT}] [info] silence_start: 3.5\n"
    text += f"[Parsed_freezedetect_1 {AT}] [info] lavfi.freezedetect.freeze_start: 4\n"
    found = heard(text, 6.0)
    assert found.silent == ((3.5, 6.0),)
    assert found.frozen == ((4.0, 6.0),)
    assert (found.lufs, found.peak, found.frames) == (None, None, 0)


def freeze(detector: int, start: float, end: float) -> str:
    said = f"[Parsed_freezedetect_{detector} {AT}] [info] lavfi.freezedetect.freeze"
    return f"{said}_start: {start}\n{said}_end: {end}\n"


def test_a_keyframe_does_not_end_a_still_and_a_cut_does() -> None:
    two = freeze(1, 0, 2) + freeze(1, 2, 4)
    assert heard(two + freeze(2, 0, 4), 9).frozen == ((0.0, 4.0),)
    assert heard(two + freeze(2, 0, 2) + freeze(2, 2, 4), 9).frozen == ((0.0, 2.0), (2.0, 4.0))


def test_errors_are_counted_by_their_level_alone() -> None:
    text = f"[h264 {AT}] [error] left block unavailable\n[info]   title : [error] no\n[fatal] end\n[warning] [error]\n"
    text += (
        f"[dec:aac {AT}] [error] {'x' * 500}\n[info]    : [Parsed_blackdetect_0 {AT}] [info] black_start:0 black_end:9"
    )
    found = heard(text, 1)
    assert (found.errors, found.first_error, found.black) == (3, "left block unavailable", ())


def test_silence_has_numbers() -> None:
    text = f"[Parsed_ebur128_1 {AT}] [info] Summary:\n\n  Integrated loudness:\n    I:         -70.0 LUFS\n"
    text += "\n  Loudness range:\n    LRA:         0.0 LU\n\n  True peak:\n    Peak:        -inf dBFS\n"
    found = heard(text, 1)
    assert (found.lufs, found.peak, found.range_lu) == (-70.0, -120.0, 0.0)


def pieces(*channels: np.ndarray) -> Iterator[Samples]:
    """In pieces of a thousand samples."""
    sound = np.stack(channels).astype(np.float32)
    for at in range(0, sound.shape[1], 1000):
        yield sound[:, at : at + 1000]


TIME = np.arange(48_000) / 48_000
SINE = np.sin(2 * np.pi * 440 * TIME)
SAW = 2 * (TIME * 50 % 1) - 1
NOISE = np.random.Generator(np.random.Philox(7)).normal(0, 0.1, 48_000)


def test_levels_of_known_sounds() -> None:
    found = levels(pieces(0.5 * SINE + 0.1, 0.05 * SINE))
    assert found.offset == pytest.approx(0.1, abs=1e-3)
    assert found.balance == pytest.approx(20.3, abs=0.1)
    assert found.correlation == pytest.approx(1.0)
    assert levels(pieces(SINE, -SINE)).correlation == pytest.approx(-1.0)
    assert levels(pieces(SINE)).correlation is None
    assert levels(pieces(0 * SINE, 0 * SINE)).balance == 0.0
    assert levels(iter(())).flat_tops == 0.0


@pytest.mark.parametrize("sound", [SINE, 0.3 * SINE, SAW, NOISE, 0 * SINE])
def test_whole_tops_are_not_flat(sound: np.ndarray) -> None:
    assert levels(pieces(sound, sound)).flat_tops < 0.001


@pytest.mark.parametrize("gain", [1.4, 2.0, 8.0])
def test_cut_tops_are_flat_after_turning_down_and_after_a_codecs_ripple(gain: float) -> None:
    cut = np.clip(gain * SINE, -1, 1) * 0.2
    assert levels(pieces(cut)).flat_tops > 0.1
    assert levels(pieces(cut * (1 + 0.1 * NOISE))).flat_tops > 0.1
    assert levels(pieces(np.clip(gain * 5 * NOISE, -1, 1))).flat_tops > 0.001
