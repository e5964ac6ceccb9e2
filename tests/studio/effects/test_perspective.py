"""Perspective changes: names, geometry, contents kept, the real camera of our own rooms."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from callsheet.studio.effects.reading import open_clip, read
from callsheet.studio.effects.view import Stage, View, view_named
from tests.studio.effects.clips import apart, edges_alike, edited, kept


def test_names_and_degrees() -> None:
    assert view_named("aerial_view_60deg") == View(up=60)
    assert view_named("aerial_view_30deg") == View(up=30)
    assert view_named("low_angle") == View(up=-30, nearer=0.08)
    assert view_named("side_view_45deg") == View(right=45)
    left = view_named("left_view_30deg")
    assert left is not None
    assert left.right == -30
    both = view_named("high_left_view")
    assert both is not None
    assert both.up > 0 > both.right
    assert view_named("birds_eye_view") == View(up=80)
    assert view_named("under_water") is None


def test_the_proxy_moves_as_a_camera_does() -> None:
    stage = Stage(320, 180)
    board = np.zeros((180, 320, 3), np.uint8)
    for y in range(0, 180, 12):
        for x in range(0, 320, 16):
            board[y : y + 6, x : x + 8] = 255
    assert stage.seen(board, View()).tobytes() == board.tobytes()
    seen = {}
    for name, view in {
        "aerial": View(up=60),
        "low": View(up=-30),
        "side": View(right=45),
        "left": View(right=-45),
    }.items():
        seen[name] = stage.map(view)
        assert apart(stage.seen(board, view), board) > 20

    # From above the ground is stretched and the wall comes together; from below the other way round.
    def stretch(name: str, part: slice) -> float:
        return 1 / float(np.gradient(seen[name][1][part, 40]).mean())

    floor, wall = slice(34, 44), slice(2, 16)
    assert stretch("aerial", floor) > stretch("low", floor)
    assert stretch("aerial", floor) / stretch("aerial", wall) > 1.03

    # From the right what is on the right is nearer, so larger.
    def wide(name: str, part: slice) -> float:
        return 1 / float(np.gradient(seen[name][0][12, part]).mean())

    assert wide("side", slice(64, 78)) > 1.2 * wide("side", slice(2, 16)) or wide("side", slice(2, 16)) > 1.2 * wide(
        "side", slice(64, 78)
    )
    assert np.allclose(seen["side"][0], 320 - seen["left"][0][:, ::-1], atol=0.6)


@pytest.mark.parametrize("name", ["aerial_view_60deg", "low_angle", "side_view_45deg", "dutch_angle"])
def test_a_foreign_clip_is_seen_from_elsewhere(tmp_path: Path, name: str) -> None:
    clip = kept(tmp_path / "inputs", "forest", own=False)
    made = edited(tmp_path, "perspective_change", clip, new_perspective=name)
    frames, old = list(read(open_clip(made))), list(read(open_clip(clip)))
    assert len(frames) == len(old)
    assert apart(frames[0], old[0]) < 3
    assert apart(frames[-1], old[-1]) > 12
    assert abs(float(frames[-1].mean()) - float(old[-1].mean())) < 30
    steps = [apart(a, b) for a, b in pairwise(frames[5:56])]
    assert max(steps) < 5 * float(np.median(steps))


def test_our_own_studio_is_filmed_from_the_new_place(tmp_path: Path) -> None:
    clip = kept(tmp_path / "inputs", "bottle", own=True)
    made = edited(tmp_path, "perspective_change", clip, new_perspective="aerial_view_40deg")
    frames, old = list(read(open_clip(made))), list(read(open_clip(clip)))
    assert apart(frames[0], old[0]) < 3
    assert edges_alike(frames[-1], old[-1]) < 0.6
    again = edited(tmp_path, "perspective_change", clip, new_perspective="aerial_view_40deg", transition_style="cut")
    cut = list(read(open_clip(again)))
    assert apart(cut[-1], frames[-1]) < 3
    assert apart(cut[19], old[19]) < 3
    assert apart(cut[19], cut[20]) > 10
