"""A product on a rock in the open: the hero of an advertisement, the landscape soft behind it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from callsheet.studio.picture.camera import Move
from callsheet.studio.picture.land.country import country
from callsheet.studio.picture.land.outdoors import add_weather, air_of, ridge, survey_land
from callsheet.studio.picture.land.sky import sky
from callsheet.studio.picture.layers import Layer
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.noise import grain_at
from callsheet.studio.picture.reference import has_cutout
from callsheet.studio.picture.sets.studio import studio_eye
from callsheet.studio.picture.spec import F32, Rgb, SceneOrder, SceneSpec, stream, vec
from callsheet.studio.picture.sprites import Stand, product_layers
from callsheet.studio.picture.stage import (
    MARGIN,
    Production,
    distance,
    make_plate,
    plate_size,
    product_model,
    sprite_zoom,
)
from callsheet.studio.picture.trace.light import Light, Panel
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import depth_blur, linear, shoot
from callsheet.studio.picture.trace.solids import Material, Solid, ellipsoid

Vec = tuple[float, float, float]


def product_outside(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    """A product on a rock (or sand, snow, planks) in the open, the landscape out of focus behind it."""
    model = product_model(order, spec, 3000)
    assert model is not None  # noqa: S101 - only called for a product
    seed = order.world_seed
    c, s = country(spec.setting, seed, spec.weather), sky(spec.time, spec.weather, seed)
    at, to, fov = studio_eye(model, order.aspect, wide=spec.shot == "wide_shot")
    far = distance(at, to)
    size = plate_size(order)
    base = float(c.height(np.zeros(1, np.float32), np.full(1, 3.0, np.float32))[0]) if c.sea is None else c.sea
    # The view is seen level and a little wider than the product's own lens, so that the horizon is in the picture.
    high = c.eye_high + (1.2 if spec.setting == "mountain" else 0.4)
    view = Eye.plate((0, base + high, 0), (0, base + high + 0.02, 1), fov * 1.5, size, MARGIN)
    if spec.setting == "mountain":
        c = replace(c, height=ridge(c))
    land = survey_land(order, spec, c, s, view)
    eye = Eye.plate(at, to, fov, size, MARGIN)
    blurred = depth_blur(land.rgb, np.full_like(land.depth, 1e4), far, eye.frame[1] * 0.011 * far, eye.frame[1] * 0.011)
    stand = Stand((0.0, 0.0, 0.0), 0.0 if model.round else -model.face)
    unit = max(model.high, model.wide)
    ground = _rock(unit, spec.setting, seed, snowy=spec.weather == "snow")
    air = air_of(s)
    # The sun is behind the view; the product gets its colour from the front, as by a reflector.
    way = 1.0 if s.sun[0] > 0 else -1.0
    key = Light(
        (way * 0.9, 0.55, -0.6), (s.direct[0] * 0.75, s.direct[1] * 0.75, s.direct[2] * 0.75), size=0.14, wrap=0.25
    )
    warm = (s.direct[0] * 1.5, s.direct[1] * 1.5, s.direct[2] * 1.5)
    cool = (s.ambient[0] * 4, s.ambient[1] * 4, s.ambient[2] * 4)
    panels = (Panel((way, 0.3, -0.5), 0.22, 0.9, warm, 0.2), Panel((-way, 0.3, -0.3), 0.3, 0.8, cool, 0.3))
    air = replace(air, panels=(*air.panels, *panels), lights=(*air.lights, key))
    picture = shoot(ground, eye, air, blockers=[*ground, *stand.put(model)], coarse=3, samples=2)
    near = depth_blur(
        picture.rgb,
        np.where(picture.depth > 1e4, np.float32(far), picture.depth),
        far,
        eye.frame[1] * 0.02 * far,
        eye.frame[1] * 0.01,
    )
    a = picture.cover[..., None]
    land.rgb = blurred * (1 - a) + near * a
    land.depth = np.where(picture.cover > 0.5, picture.depth, np.float32(far * 30)).astype(np.float32)
    plate = make_plate(order, look, land.rgb, land.depth, far, size, order.seed)
    sky_mask = ((picture.cover < 0.1) & (np.arange(land.depth.shape[0])[:, None] < land.depth.shape[0] * 0.35)).astype(
        np.float32
    )
    plate.enliven(None, sky_mask * 0.7)
    layers: list[Layer] = [plate]
    full = Eye.plate(at, to, fov, (order.width, order.height), 0)
    if has_cutout(order.reference):
        from callsheet.studio.picture.reference_sprite import cutout_layers

        layers += cutout_layers(order, look, full, stand, model.high, 0.0, 1.0)
    else:
        layers += product_layers(
            model,
            stand,
            full,
            air,
            look,
            zoom=sprite_zoom(order),
            surroundings=ground,
            seconds=order.seconds,
            swing=0.0 if model.round else model.swing * 0.6,
            rate=0.2,
        )
    add_weather(layers, order, spec)
    if spec.weather == "clear":
        from callsheet.studio.picture.weather import dust

        layers.append(dust(order, 0.5, (1.0, 0.88, 0.7) if spec.time != "day" else (1.0, 1.0, 0.95)))
    return Production(layers, Move(spec.move, order.seconds, order.seed))


def _rock(unit: float, setting: str, seed: int, *, snowy: bool) -> list[Solid]:
    """A flat-topped rock and pebbles, the size of the product; sand, snow or turf by the setting."""
    colors: dict[str, Rgb] = {
        "desert": (0.84, 0.66, 0.44),
        "snow": (0.93, 0.95, 0.98),
        "sea": (0.5, 0.47, 0.44),
        "forest": (0.36, 0.34, 0.27),
        "meadow": (0.44, 0.41, 0.33),
    }
    color = colors.get(setting, (0.46, 0.43, 0.41))
    base = linear(color)
    moss = linear((0.3, 0.36, 0.16))

    def paint(x: F32, y: F32, z: F32, ny: F32) -> F32:
        g = grain_at(61, x / np.float32(unit), z / np.float32(unit) + y / np.float32(unit), 3.0, 6, 4)
        f = grain_at(62, x / np.float32(unit) + y, z / np.float32(unit), 0.6, 4, 8)
        out = base * (0.55 + 0.6 * g + 0.35 * f)[:, None]
        k = np.clip((ny - 0.75) * 3 * (g - 0.38) * 5, 0, 0.75 if setting not in ("desert", "snow", "sea") else 0.0)[
            :, None
        ]
        out = out * (1 - k) + moss * (0.6 + 0.7 * f[:, None]) * k
        if snowy:
            w = np.clip((ny - 0.55) * 4 * (0.4 + g), 0, 0.95)[:, None]
            out = out * (1 - w) + vec((0.86, 0.89, 0.94)) * w
        return np.asarray(out, np.float32)

    stone = Material(color, rough=0.85, paint=paint, bump=0.22, bump_scale=unit * 1.2)
    rng = stream("rock", seed)

    def lump(at: Vec, half: Vec, roughness: float) -> Solid:
        core = ellipsoid(*half)
        shift = float(rng.uniform(0, 9))

        def sdf(x: F32, y: F32, z: F32) -> F32:
            d = core(x, y, z)
            n = grain_at(
                63, x / np.float32(unit) + np.float32(shift), z / np.float32(unit) + y / np.float32(unit), 4.0, 4, 4
            )
            d = d + (n - np.float32(0.5)) * np.float32(unit * roughness)
            flat, k = y - np.float32(half[1] * 0.72), np.float32(half[1] * 0.22)
            # A worn edge where the flat top meets the sides.
            h = np.maximum(k - np.abs(d - flat), 0) / k
            return np.asarray((np.maximum(d, flat) + h * h * k * np.float32(0.25)) * 0.7, np.float32)

        return Solid(sdf, (half[0] * 1.08, half[1] * 1.08, half[2] * 1.08), stone, at)

    top = unit * 0.5 * 0.72
    out = [lump((0.05 * unit, -top, 0.15 * unit), (1.25 * unit, 0.5 * unit, 0.95 * unit), 0.1)]
    for a in (0.25, 2.75, 0.75, 2.4):
        r = unit * (0.1 + 0.1 * float(rng.random()))
        out.append(
            lump(
                (math.cos(a) * unit * 1.35, -0.3 * unit, math.sin(a) * unit * 0.7 + 0.1 * unit),
                (r * 1.7, r * 1.1, r * 1.4),
                0.06,
            )
        )
    out.append(lump((-1.9 * unit, -1.05 * unit, 1.7 * unit), (1.6 * unit, 0.8 * unit, 1.0 * unit), 0.16))
    out.append(lump((2.3 * unit, -1.15 * unit, 2.3 * unit), (1.7 * unit, 0.9 * unit, 1.1 * unit), 0.16))
    return out
