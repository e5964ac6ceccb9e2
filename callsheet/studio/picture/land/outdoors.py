"""A landscape as a production: sky, terrain, trees, weather; products, people and animals that stand in it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from callsheet.studio.picture.actors import Puppet, puppet
from callsheet.studio.picture.camera import Move
from callsheet.studio.picture.land.country import Country, country
from callsheet.studio.picture.land.creatures import birds, butterflies, cat, sailboat, tent
from callsheet.studio.picture.land.sky import Sky, sky
from callsheet.studio.picture.land.terrain import Height, Land, survey
from callsheet.studio.picture.land.trees import plant_trees
from callsheet.studio.picture.layers import Layer
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.people import Figure, figure, joints_at, with_bottle
from callsheet.studio.picture.performer import performer
from callsheet.studio.picture.spec import F32, Rgb, SceneOrder, SceneSpec, stream, vec
from callsheet.studio.picture.stage import (
    MARGIN,
    Production,
    make_plate,
    plate_size,
    sprite_zoom,
)
from callsheet.studio.picture.trace.light import Air, Light, Panel, shadow
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import depth_blur
from callsheet.studio.picture.trace.solids import Solid, moved
from callsheet.studio.picture.weather import fireflies, rain, snowfall

Vec = tuple[float, float, float]


def outdoors(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    """The production of an outdoor setting."""
    if spec.setting in ("space", "abstract"):
        from callsheet.studio.picture.land.space import space

        return space(order, spec, look)
    if spec.setting == "city":
        from callsheet.studio.picture.land.city import city

        return city(order, spec, look)
    look = replace(look, exposure=2.5 if spec.time == "night" else 1.0)
    if spec.hero and spec.product is not None:
        from callsheet.studio.picture.land.pack import product_outside

        return product_outside(order, spec, look)
    return _view(order, spec, look)


def air_of(s: Sky) -> Air:
    """The light of a sky on solids: the sun, the bright part of the sky, a fill from the viewer's side."""
    amb = s.ambient

    def times(c: Rgb, k: float) -> Rgb:
        return (c[0] * k, c[1] * k, c[2] * k)

    ground = times(amb, 0.55)
    return Air(
        top=times(amb, 1.5),
        side=times(amb, 1.05),
        floor=ground,
        panels=(
            Panel((s.sun[0], s.sun[1] + 0.1, s.sun[2]), 0.25, 0.2, times(s.direct, 1.3), 0.2),
            Panel((-0.6, 0.3, -1.0), 0.9, 0.5, times(amb, 1.6), 0.4),
        ),
        lights=(
            Light(s.sun, times(s.direct, 1.0), size=0.06, wrap=0.2),
            Light((-0.5, 0.6, -1.0), times(amb, 0.9), size=0.5, shadow=False, wrap=0.6),
        ),
        occlusion=0.8,
    )


def survey_land(order: SceneOrder, spec: SceneSpec, c: Country, s: Sky, eye: Eye) -> Land:
    """The landscape with its trees."""
    land = survey(eye, c.height, c.ground, s, sea=c.sea, haze=c.haze, sun_shadow=spec.weather not in ("fog",))
    if c.trees:
        near = 34.0 if spec.setting == "mountain" else (10.0 if spec.setting == "forest" else 13.0)
        clear = 2.1 if spec.setting == "forest" else 1.7
        plant_trees(
            land,
            eye,
            c.height,
            s,
            c.trees,
            c.tree_kind,
            order.world_seed,
            haze=c.haze,
            snowy=spec.weather == "snow",
            near=near,
            clear=clear,
        )
    return land


def _shadows(land: Land, eye: Eye, solids: list[Solid], s: Sky, ground_y: float) -> None:
    """The shadow of solids on the ground near the eye, into the landscape's picture."""
    rows, cols = land.depth.shape
    step = 2
    ys, xs = np.arange(0, rows, step), np.arange(0, cols, step)
    depth = land.depth[np.ix_(ys, xs)]
    far = max(float(np.linalg.norm(np.array(x.at) - np.array(eye.at))) for x in solids) * 2.2 + 4
    py, px = np.meshgrid(ys.astype(np.float32) + 0.5, xs.astype(np.float32) + 0.5, indexing="ij")
    near = np.flatnonzero((depth < far).ravel())
    if near.size == 0:
        return
    dx, dy, dz = eye.rays(px.ravel()[near], py.ravel()[near])
    t = (np.float32(ground_y) - np.float32(eye.at[1])) / np.minimum(dy, np.float32(-1e-3))
    p = np.stack([dx * t + np.float32(eye.at[0]), np.full_like(t, ground_y), dz * t + np.float32(eye.at[2])])
    up = np.zeros_like(p)
    up[1] = 1
    lit = shadow(solids, p, up, Light(s.sun, s.direct, size=0.07))
    centre = vec(solids[0].at)
    contact = 1 - 0.55 * np.exp(-(((p[0] - centre[0]) / 0.34) ** 2 + ((p[2] - centre[2]) / 0.3) ** 2))
    full = np.ones(depth.size, np.float32)
    amb, sun = float(np.mean(s.ambient)), float(np.mean(s.direct)) * s.sun[1]
    dark = amb / max(amb + sun, 1e-4)
    full[near] = (dark + (1 - dark) * lit) * contact
    import cv2

    mask = cv2.resize(full.reshape(depth.shape), (cols, rows), interpolation=cv2.INTER_LINEAR)
    land.rgb *= mask[..., None]


def add_weather(layers: list[Layer], order: SceneOrder, spec: SceneSpec) -> None:
    if spec.weather == "snow":
        layers.append(snowfall(order))
    elif spec.weather == "rain":
        layers.append(rain(order))
    elif spec.weather == "fireflies":
        layers.append(fireflies(order))


def _plate_layer(
    order: SceneOrder, spec: SceneSpec, look: Look, land: Land, focus: float, size: tuple[int, int]
) -> Layer:
    plate = make_plate(order, look, land.rgb, land.depth, focus, size, order.seed)
    sky_mask = (land.depth > 9e4).astype(np.float32)
    plate.enliven(land.water if land.water.any() else None, sky_mask if sky_mask.any() else None)
    del spec
    return plate


def _view(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    """A landscape, wide or with someone in it."""
    seed = order.world_seed
    c, s = country(spec.setting, seed, spec.weather), sky(spec.time, spec.weather, seed)
    someone = bool(spec.people)
    animal = next((a for a in spec.animals if a in ("cat", "dog")), None)
    size = plate_size(order)
    base = float(c.height(vec([0.0]), vec([4.0]))[0]) if c.sea is None else c.sea
    fov, high, pitch, spot_z = 0.75, c.eye_high, c.pitch, 8.0
    if someone:
        nearer = 0.72 if spec.action in ("drink", "hold", "use", "teach") else 1.0
        spot_z = {"close_up": 2.3, "medium_shot": 3.4}.get(spec.shot, 5.2) * nearer
        fov, high, pitch = 0.6, 1.25, 0.0
        if spec.setting == "mountain":
            c = replace(c, height=ridge(c))
    if animal:
        spot_z, fov, high, pitch = (2.2 if spec.shot != "close_up" else 1.2), 0.55, 0.52, -0.05
    fov *= 1.12 if order.aspect < 1 else 1.0
    side = -0.55 if s.sun[0] > 0 or animal else 0.55
    shift = side * min(1.0, order.aspect / 1.78) * spot_z * 0.24
    if animal and c.sea is None:  # seen from so high above the ground it stands on, so that its feet are in the frame
        base = float(c.height(vec([shift]), vec([spot_z]))[0])
    at = (0.0, base + high, 0.0)
    to = (0.0, base + high + pitch, 1.0)
    eye = Eye.plate(at, to, fov, size, MARGIN)
    land = survey_land(order, spec, c, s, eye)
    full = Eye.plate(at, to, fov, (order.width, order.height), 0)
    zoom, air = sprite_zoom(order), air_of(s)
    made: list[Layer] = []
    # Near trunks must not tear away from what is behind them: a forest travels as if it were further off.
    focus = {"forest": 5.0, "camp": 6.0}.get(spec.setting, 11.0)
    if someone or animal:
        focus = spot_z
        fig, yaw = _who(order, spec, animal, s)
        ground = float(c.height(vec([shift]), vec([spot_z]))[0]) if c.sea is None else base - 0.02
        place: Vec = (shift, ground, spot_z)
        solids = moved(list(fig.solids), place, yaw=yaw)
        _shadows(land, eye, solids, s, ground)
        made.append(
            performer(order, spec, look, full, air, place)
            if order.performer is not None and someone
            else _actor(order, spec, fig, solids, place, yaw, full, air, look, zoom, animal)
        )
    if "ship" in spec.animals or (c.sea is not None and not someone and not spec.people):
        made.insert(0, _ship(order, spec, full, air, look, zoom, base, s))
    if someone or animal:
        land.rgb = depth_blur(land.rgb, land.depth, focus, eye.frame[1] * 0.004 * focus, eye.frame[1] * 0.0055)
    layers: list[Layer] = [_plate_layer(order, spec, look, land, focus, size)]
    if spec.setting == "camp":
        made.insert(0, _tent(order, c, full, air, look, zoom, night=spec.time != "day"))
    if _birds_fly(spec):
        layers.append(birds(order, spec.time))
    layers += made
    if "butterflies" in spec.animals:
        layers.append(
            butterflies(order, 6, (shift / spot_z / (2 * math.tan(fov / 2)) + (0.1 if animal else -0.1), -0.08))
        )
    add_weather(layers, order, spec)
    return Production(layers, Move(spec.move, order.seconds, order.seed, 1.0 if someone else 1.15))


def _tent(order: SceneOrder, c: Country, eye: Eye, air: Air, look: Look, zoom: float, *, night: bool) -> Puppet:
    """A lit tent with a fire before it."""
    z = 8.5
    x = 1.5 * min(1.0, order.aspect / 1.78)
    ground = float(c.height(vec([x]), vec([z]))[0])
    fig = tent(night=night)
    fire = (x - 1.5 * min(1.0, order.aspect), ground + 0.4, z - 1.2)
    lit = replace(air, lights=(*air.lights, Light(fire, (3.2, 1.5, 0.5), size=0.3, reach=1.2, shadow=False, wrap=0.3)))
    solids = moved(list(fig.solids), (x, ground - 0.05, z), yaw=0.35)
    made = puppet(solids, {"body": (x, ground, z)}, eye, lit if night else air, look, zoom, solids, [], 1.0, order.seed)
    made.breath *= 0
    return made


def _birds_fly(spec: SceneSpec) -> bool:
    fair = spec.weather not in ("rain", "snow") and spec.time != "night"
    return fair and ("birds" in spec.animals or spec.setting in ("sea", "mountain", "meadow"))


def ridge(c: Country) -> Height:
    """The same country seen from a ridge: the ground falls away behind the near rocks."""
    inner = c.height

    def height(x: F32, z: F32) -> F32:
        k = np.clip((np.hypot(x, z) - 7) / 90, 0, 1)
        return np.asarray(inner(x, z) - 70 * k * k * (3 - 2 * k), np.float32)

    return height


def _who(order: SceneOrder, spec: SceneSpec, animal: str | None, s: Sky) -> tuple[Figure, float]:
    toward = 1.0 if s.sun[0] > 0 else -1.0
    if animal:
        from callsheet.studio.picture.understand import first_found, vocabulary

        names = [n for n in first_found("color", order.prompt.lower()) if n not in ("white", "blue", "green")]
        values = vocabulary()["color_value"]
        v = values[names[0]] if names else (0.93, 0.5, 0.17)
        made = cat((v[0], v[1], v[2]), dog=animal == "dog")
        return made, 0.3
    role = spec.people[0]
    pose = {"drink": "drink", "walk": "walk", "hold": "hold", "teach": "teach"}.get(spec.action, "stand")
    if spec.action == "use":
        pose = "hold" if spec.product is not None else ("walk" if role in ("hiker", "runner") else "stand")
    if role == "runner":
        pose = "walk"
    with_phone = pose == "hold" and (spec.product is None or spec.product.kind == "phone")
    made = figure(pose, order.world_seed, role=role, holding="phone" if with_phone else "", design=spec.design)
    if pose == "drink":
        made = with_bottle(made, spec.product.body if spec.product is not None else (0.76, 0.77, 0.79))
    yaw = {"drink": -0.75, "walk": -1.1, "hold": -0.5}.get(pose, -0.35) * toward
    return made, yaw


def _actor(
    order: SceneOrder,
    spec: SceneSpec,
    fig: Figure,
    solids: list[Solid],
    place: Vec,
    yaw: float,
    eye: Eye,
    air: Air,
    look: Look,
    zoom: float,
    animal: str | None,
) -> Puppet:
    joints = joints_at(fig.joints, place, yaw)
    made = puppet(solids, joints, eye, air, look, zoom, solids, [], 1.0, order.seed, lively=1.6 if animal else 1.0)
    if animal:
        made.hop = (0.07, 1.15)
        made.walk = (0.03, 0.0)
    elif spec.action == "walk":
        made.hop = (0.006, 1.8)
        made.walk = (0.018 if yaw < 0 else -0.018, 0.0)
    if spec.action == "drink":
        for sway in made.sways:
            sway.swing *= 0.6
    return made


def _ship(
    order: SceneOrder, spec: SceneSpec, eye: Eye, air: Air, look: Look, zoom: float, base: float, s: Sky
) -> Puppet:
    rng = stream("ship", order.world_seed)
    color: Rgb = ((0.16, 0.24, 0.4), (0.6, 0.16, 0.12), (0.92, 0.91, 0.88))[int(rng.integers(0, 3))]
    boat = sailboat(color)
    far = 46.0
    x = (-0.2 if s.sun[0] > 0 else 0.12) * far * min(1.0, eye.frame[0] / eye.frame[1] / 1.78)
    solids = moved(list(boat.solids), (x, base + 0.1, far), yaw=-0.3)
    made = puppet(solids, {"body": (x, base, far)}, eye, air, look, zoom, solids, [], 40.0 / far, order.seed)
    made.breath *= 0
    made.walk = (0.012, 0.0)
    made.hop = (0.012, 0.32)
    del spec
    return made
