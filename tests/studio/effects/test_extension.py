"""Extensions: the seam in picture and sound, measured; both directions; own scenes and any clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from callsheet.media.probe import probe
from callsheet.studio.editing import own_scene, sound_of
from callsheet.studio.effects.reading import open_clip, read
from callsheet.studio.effects.seam import picture_seam, sound_seam
from callsheet.studio.effects.sounds import level_of
from tests.studio.effects.clips import apart, edited, kept

TEXT = "the camera goes on"


@pytest.mark.parametrize("direction", ["after", "before"])
@pytest.mark.parametrize(("scene", "own"), [("sea", True), ("forest", False)])
def test_the_seam_can_not_be_told_from_its_neighbours(tmp_path: Path, scene: str, own: bool, direction: str) -> None:
    clip = kept(tmp_path / "inputs", scene, own=own)
    assert (own_scene(clip, open_clip(clip)) is not None) is own
    made = edited(tmp_path, "extension", clip, extension_prompt=TEXT, direction=direction, extension_duration=1)
    joined = open_clip(made)
    assert (joined.frames, joined.fps) == (90, 30)
    at = 60 if direction == "after" else 30
    frames = list(read(joined))
    seam = picture_seam(frames, at)
    # The encoder begins a new group every 60 frames: what changes there is its doing, in any clip.
    assert 0.25 < seam.jump < (3.5 if at == 60 else 2.0)
    assert seam.frozen == 0
    assert seam.light < 1.5
    gap, click = sound_seam(sound_of(joined), at / 30)
    assert gap > 0.35
    assert click < 1.6
    # What was delivered is in it.
    old = list(read(open_clip(clip)))
    shift = 0 if direction == "after" else 30
    assert max(apart(old[n], frames[n + shift]) for n in (5, 30, 54)) < 3
    new = frames[60:] if direction == "after" else frames[:30]
    assert apart(new[0], new[-1]) > 1


def test_a_cut_would_be_found() -> None:
    """The measure itself: a jump, a still picture and a gap are seen by it."""
    dice = np.random.Generator(np.random.Philox(5))
    wide = np.repeat(np.repeat(dice.integers(0, 255, (45, 160, 3)).astype(np.uint8), 4, 0), 4, 1)
    moving = [wide[:, 2 * n : 2 * n + 320].copy() for n in range(60)]
    assert 0.8 < picture_seam(moving, 30).jump < 1.2
    assert picture_seam([*moving[:30], *(255 - f for f in moving[30:])], 30).jump > 2
    held = [*moving[:30], moving[29], *moving[30:]]
    assert (picture_seam(held, 30).frozen, round(picture_seam(held, 30).jump, 2)) == (1, 0)
    noise = (dice.standard_normal((96000, 2)) * 0.1).astype(np.float32)
    assert sound_seam(noise, 1.0)[0] > 0.8
    noise[46000:50000] = 0
    assert sound_seam(noise, 1.0)[0] < 0.05


def test_the_same_order_gives_the_same_bytes_and_a_prompt_changes_the_light(tmp_path: Path) -> None:
    clip = kept(tmp_path / "inputs", "sea", own=False)
    first = edited(tmp_path, "extension", clip, extension_prompt=TEXT, extension_duration=1).read_bytes()
    assert edited(tmp_path, "extension", clip, extension_prompt=TEXT, extension_duration=1).read_bytes() == first
    dark = edited(tmp_path, "extension", clip, extension_prompt="night falls", extension_duration=1)
    frames = list(read(open_clip(dark)))
    assert frames[89].mean() < 0.5 * frames[55].mean()
    assert picture_seam(frames, 60).light < 1.5


def test_any_clip_can_be_continued(tmp_path: Path) -> None:
    """Upright, of another rate, without sound, of one frame: what comes from a customer."""
    from callsheet.media.ffmpeg import encode_frames

    ramp = np.tile(np.arange(180, dtype=np.uint8)[:, None, None], (1, 100, 3))
    for frames, fps in ((1, 25), (24, 24)):
        path = tmp_path / f"{fps}.mp4"
        pictures = [np.roll(ramp, 2 * n, 0) for n in range(frames)]
        encode_frames(
            iter(pictures), width=100, height=180, fps=fps, out=path, audio=None, crf=18, preset="ultrafast", timeout=60
        )
        made = probe(edited(tmp_path, "extension", path, extension_prompt=TEXT, extension_duration=1))
        assert (made.width, made.height, made.frames, made.fps) == (100, 180, frames + fps, f"{fps}/1")
        assert made.audio_codec is None


def test_the_sound_of_an_extension_has_the_level_of_the_clip(tmp_path: Path) -> None:
    clip = kept(tmp_path / "inputs", "sea", own=True)
    sound = sound_of(open_clip(edited(tmp_path, "extension", clip, extension_prompt=TEXT, extension_duration=2)))
    old, new = level_of(sound[60000:90000]), level_of(sound[110000:160000])
    assert 0.3 < new / old < 3
