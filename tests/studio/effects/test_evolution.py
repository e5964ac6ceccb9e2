"""Scene evolution: the change measured in colour, the contents in edges, weather in motion and sound."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from callsheet.studio.editing import sound_of
from callsheet.studio.effects.evolve import Changes, Evolution, changes_in
from callsheet.studio.effects.reading import open_clip, read
from callsheet.studio.effects.sounds import level_of
from callsheet.studio.effects.turning import amount
from callsheet.studio.picture import SceneOrder
from callsheet.studio.picture.render import span
from tests.studio.effects.clips import apart, edges_alike, edited, kept

STATES = [
    *(("lighting", name) for name in ("dawn", "day", "golden_hour", "dusk", "night")),
    *(("weather", name) for name in ("sunny", "cloudy", "rainy", "snowy", "foggy", "stormy")),
    *(("season", name) for name in ("spring", "summer", "autumn", "winter")),
]


@pytest.fixture(scope="module")
def sea(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    return list(read(open_clip(kept(tmp_path_factory.mktemp("in"), "sea", own=False)), 0, 12))


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    return list(read(open_clip(kept(tmp_path_factory.mktemp("in"), "forest", own=False)), 0, 12))


def changed(frames: list[np.ndarray], share: float = 1.0, **states: Any) -> list[np.ndarray]:
    evolution = Evolution(320, 180, 30, Changes(**states), 7)
    return [evolution.apply(frame, n / 30, share) for n, frame in enumerate(frames)]


def lab(frame: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_BGR2Lab).reshape(-1, 3).mean(0))


@pytest.mark.parametrize(("kind", "name"), STATES)
def test_the_picture_changes_and_its_contents_stay(forest: list[np.ndarray], kind: str, name: str) -> None:
    states: Any = {kind: name}
    frame, done = forest[2], changed(forest[:3], **states)[2]
    assert apart(frame, done) > 4
    fog = name in ("foggy", "snowy", "winter", "stormy")
    assert edges_alike(frame, done) > (0.45 if fog else 0.6)
    assert changed(forest[:2], 0.0, **states)[1].tobytes() == forest[1].tobytes()


def test_each_state_is_another_one(sea: list[np.ndarray]) -> None:
    ordered: list[tuple[str, Any]] = [(name, {kind: name}) for kind, name in STATES]
    seen = {name: lab(changed(sea[:2], **states)[1]) for name, states in ordered}
    own = lab(sea[2])
    names = list(seen)
    gaps = [float(np.linalg.norm(seen[a] - seen[b])) for n, a in enumerate(names) for b in names[:n]]
    assert min(gaps) > 1.0
    assert seen["night"][0] < seen["dusk"][0] < seen["golden_hour"][0] < own[0]
    assert seen["golden_hour"][2] > own[2] + 8  # warmer
    assert np.hypot(*seen["foggy"][1:]) < np.hypot(*own[1:])  # paler
    assert np.hypot(*seen["sunny"][1:]) > np.hypot(*seen["cloudy"][1:])


def test_rain_and_snow_fall(sea: list[np.ndarray]) -> None:
    still = [sea[0]] * 6
    for name in ("rainy", "snowy", "stormy"):
        frames = changed(still, weather=name)
        steps = [apart(a, b) for a, b in pairwise(frames)]
        assert min(steps) > 0.25, name
    dry = changed(still, weather="cloudy")
    assert apart(dry[2], dry[3]) < 0.9 * min(steps) + 0.6


def test_autumn_is_in_the_leaves(forest: list[np.ndarray]) -> None:
    def green(frame: np.ndarray) -> float:
        hsv = cv2.cvtColor(frame, cv2.COLOR_BGR2HSV)
        return float(((hsv[..., 0] > 36) & (hsv[..., 0] < 90) & (hsv[..., 1] > 60)).mean())

    assert green(forest[2]) > 0.2
    assert green(changed(forest[:3], season="autumn")[2]) < 0.1 * green(forest[2])
    assert changed(forest[:3], season="winter")[2].mean() > forest[2].mean() + 10


def test_a_storm_flashes(sea: list[np.ndarray]) -> None:
    evolution = Evolution(320, 180, 30, Changes(weather="stormy"), 7, seconds=3)
    lights = [float(evolution.apply(sea[0], n / 15, 1.0).mean()) for n in range(45)]
    assert max(lights) > 1.3 * float(np.median(lights))
    assert evolution.flashes(3)


@pytest.mark.parametrize("style", ["smooth", "cut", "fade"])
def test_how_a_change_comes(style: str) -> None:
    shares = [amount(style, n, 90, 30) for n in range(90)]  # type: ignore[arg-type]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    between = sum(0 < share < 1 for share in shares)
    assert between == 0 if style == "cut" else 25 <= between <= (31 if style == "fade" else 60)


def test_an_order_is_carried_out_with_its_sound(tmp_path: Path) -> None:
    clip = kept(tmp_path / "inputs", "sea", own=True)
    made = edited(tmp_path, "scene_evolution", clip, lighting="night", weather="rainy")
    frames, old = list(read(open_clip(made))), list(read(open_clip(clip)))
    assert len(frames) == len(old)
    assert apart(frames[0], old[0]) < 3
    assert frames[-1].mean() < 0.5 * old[-1].mean()
    lights = [float(frame.mean()) for frame in frames]
    assert max(abs(a - b) for a, b in pairwise(lights[:20])) < 10  # no step
    before, after = (level_of(sound_of(open_clip(path))[48000:]) for path in (clip, made))
    assert after > 1.3 * before


def test_rain_stays_outside_of_our_own_rooms(sea: list[np.ndarray]) -> None:
    steps = {}
    for indoors in (True, False):
        evolution = Evolution(320, 180, 30, Changes(weather="rainy"), 7, indoors=indoors)
        frames = [evolution.apply(sea[0], n / 30, 1.0) for n in range(5)]
        steps[indoors] = float(np.median([apart(a, b) for a, b in pairwise(frames)]))
        assert apart(frames[0], sea[0]) > 4
    assert steps[True] < 0.7 * steps[False]


def test_words_for_changes() -> None:
    assert changes_in("night falls over the city and it begins raining") == Changes("night", "rainy")
    assert changes_in("秋天的傍晚，下雪") == Changes("dusk", "snowy", "autumn")
    assert not changes_in("the train leaves a brain behind")


def test_a_sky_of_several_colours_is_one_sky_by_night() -> None:
    order = SceneOrder("a sailing boat at sea, sunset", 4, 320, 180, seed=3, world_seed=3, camera="static")
    night = Evolution(320, 180, 30, Changes(lighting="night"), 5)
    frame = next(span(order, 30, 31))
    upper = night.apply(frame, 1.0, 1.0)[:54]
    assert frame[:54].max(-1).mean() > 120
    assert np.percentile(upper.max(-1), 97) < 70  # stars, and no piece of the evening that is left
