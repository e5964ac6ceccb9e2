"""The ray caster against what geometry says."""

from __future__ import annotations

import numpy as np
import pytest

from callsheet.studio.picture.spec import vec
from callsheet.studio.picture.trace.light import Air, Light, occlusion, shadow
from callsheet.studio.picture.trace.rays import Eye, cast
from callsheet.studio.picture.trace.shade import shoot
from callsheet.studio.picture.trace.solids import (
    Material,
    Sdf,
    Solid,
    box,
    brick,
    ellipsoid,
    extrude,
    lathe,
    limbs,
    moved,
    torus,
    turned,
)

BALL = Solid(ellipsoid(0.5, 0.5, 0.5), (0.5, 0.5, 0.5), at=(0.0, 0.0, 3.0))
EYE = Eye.plate((0, 0, 0), (0, 0, 1), 0.8, (64, 48), 0)


def test_a_ray_meets_the_ball_where_it_should() -> None:
    hits = cast([BALL], EYE, vec([32.0]), vec([24.0]), grid=False)
    assert hits.t[0] == pytest.approx(2.5, abs=0.01)
    assert hits.normal[:, 0] == pytest.approx([0, 0, -1], abs=0.02)


def test_the_silhouette_has_the_area_of_the_ball() -> None:
    eye = Eye.plate((0, 0, 0), (0, 0, 1), 0.8, (320, 240), 0)
    picture = shoot([BALL], eye, Air(lights=()), coarse=2)
    tangent = 0.5 / np.sqrt(9 - 0.25)
    assert picture.cover.sum() == pytest.approx(np.pi * (tangent * eye.scale) ** 2, rel=0.01)


def test_projection_and_rays_agree() -> None:
    point = vec([[0.4, -0.3, 2.0]])
    x, y, _ = EYE.project(point)
    d = np.array([v[0] for v in EYE.rays(x, y)])
    assert d / d[2] * 2 == pytest.approx(point[0], abs=1e-3)


@pytest.mark.parametrize(
    ("sdf", "half"),
    [
        (box(0.2, 0.1, 0.3, 0.02), (0.2, 0.1, 0.3)),
        (torus(0.3, 0.1), (0.4, 0.1, 0.4)),
        lathe([(0, -0.2), (0.1, -0.2), (0.15, 0.0), (0.05, 0.2), (0, 0.2)]),
        extrude([(-0.2, -0.1), (0.2, -0.1), (0.1, 0.15), (-0.1, 0.15)], 0.05),
        (limbs([((0, -0.2, 0), (0, 0.2, 0), 0.1, 0.05)]), (0.1, 0.3, 0.1)),
    ],
)
def test_distances_never_overshoot(sdf: Sdf, half: tuple[float, float, float]) -> None:
    """Stepping by the distance must not pass the surface: the slope stays at or below one, within the grid's noise."""
    rng = np.random.Generator(np.random.Philox(1))
    p = rng.uniform(-1, 1, (3, 4000)).astype(np.float32) * np.float32(max(half) * 1.5)
    step = rng.normal(size=(3, 4000)).astype(np.float32)
    step *= np.float32(0.02) / np.linalg.norm(step, axis=0)
    change = np.abs(sdf(*(p + step)) - sdf(*p))
    assert float(np.quantile(change, 0.995)) < 0.0215


def test_what_lies_behind_a_ball_is_in_its_shadow() -> None:
    floor_points = vec([[0.0, 2.0], [-1.0, -1.0], [3.0, 3.0]])
    up = np.zeros_like(floor_points)
    up[1] = 1
    lamp = Light((0.0, 4.0, 3.0), (1, 1, 1), size=0.2, reach=5)
    lit = shadow([BALL], floor_points, up, lamp)
    assert lit[0] < 0.05 and lit[1] > 0.9


def test_a_larger_lamp_has_a_softer_edge() -> None:
    x = np.linspace(0, 2, 60, dtype=np.float32)
    p = np.stack([x, np.full_like(x, -1.0), np.full_like(x, 3.0)])
    up = np.zeros_like(p)
    up[1] = 1
    soft = shadow([BALL], p, up, Light((0, 4, 3), (1, 1, 1), size=0.8, reach=5))
    hard = shadow([BALL], p, up, Light((0, 4, 3), (1, 1, 1), size=0.1, reach=5))

    def width(v: np.ndarray) -> int:
        return int(((v > 0.1) & (v < 0.9)).sum())

    assert width(soft) > width(hard)


def test_corners_are_dark() -> None:
    floor, wall = brick((0, -0.05, 0), (2, 0.05, 2), Material()), brick((0, 1, 1.05), (2, 1, 0.05), Material())
    p = vec([[0.0, 0.0], [0.0, 0.0], [0.98, -1.0]])
    up = np.zeros_like(p)
    up[1] = 1
    open_ = occlusion([floor, wall], p, up)
    assert open_[0] < open_[1] - 0.15


def test_moving_a_group_moves_its_picture() -> None:
    cup = turned((0, 0, 0), [(0, 0), (0.3, 0), (0.3, 0.6), (0, 0.6)], Material())
    there = moved([cup], (1.0, 0.5, 3.0), yaw=0.4, scale=2.0)[0]
    assert there.at == pytest.approx((1.0, 1.1, 3.0))
    assert there.half[1] == pytest.approx(0.6, abs=0.01)
    assert float(there.sdf(np.zeros(1, np.float32), np.zeros(1, np.float32), vec([0.9]))[0]) > 0


def test_only_the_wanted_are_painted_and_the_others_hide_them() -> None:
    screen = brick((0.35, 0, 2.0), (0.35, 1, 0.05), Material())
    alone = shoot([BALL], EYE, Air(lights=()))
    hidden = shoot([BALL, screen], EYE, Air(lights=()), wanted=1)
    assert 0.3 < hidden.cover.sum() / alone.cover.sum() < 0.7
