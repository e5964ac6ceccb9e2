"""From the scene to layers: chooses the set, shoots plate and sprites, plans the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from callsheet.studio.picture.camera import Move
from callsheet.studio.picture.layers import Layer, Plate
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.objects.model import Model, build
from callsheet.studio.picture.reference import has_cutout
from callsheet.studio.picture.sets.room import Cast, Room
from callsheet.studio.picture.sets.studio import bokeh, studio, studio_eye
from callsheet.studio.picture.spec import F32, SceneOrder, SceneSpec, vec
from callsheet.studio.picture.sprites import Stand, placed, product_layers, window
from callsheet.studio.picture.styles import style
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import Picture, depth_blur, shoot
from callsheet.studio.picture.trace.solids import Solid, moved

MARGIN = 0.08
Vec = tuple[float, float, float]


@dataclass
class Production:
    """Everything that a clip is painted from."""

    layers: list[Layer]
    move: Move


def plate_size(order: SceneOrder, most: float = 0.5e6) -> tuple[int, int]:
    """The size at which a background is shot: the order's, at most about `most` pixels; it is never the sharp part."""
    k = min(1.0, math.sqrt(most / (order.width * order.height)))
    return max(32, round(order.width * k)), max(32, round(order.height * k))


def sprite_zoom(order: SceneOrder) -> float:
    """Sprite pixels for a frame pixel: sprites are shot at frame size, up to 1080 lines of a wide frame."""
    return min(1.0, math.sqrt(1920 * 1080 / (order.width * order.height)))


def make_plate(
    order: SceneOrder, look: Look, rgb: F32, depth: F32, focus: float, size: tuple[int, int], seed: int
) -> Plate:
    del seed
    disparity = np.asarray(focus / np.minimum(depth, np.float32(1e5)), np.float32)
    image = look.enlarged(look.plate(rgb, size[1]), min(order.height, 1440) / size[1])
    return Plate(image, disparity, MARGIN, order.width, order.height)


def distance(a: Vec, b: Vec) -> float:
    return float(np.linalg.norm(np.array(a) - np.array(b)))


def viewed(at: Vec, to: Vec, order: SceneOrder, *, room: bool = False) -> Vec:
    """The camera's place turned about its aim by the ordered view: over the floor, in a room in it."""
    up, right = order.view
    if not (up or right):
        return at
    x, y, z = (a - b for a, b in zip(at, to, strict=True))
    flat, far = math.hypot(x, z), math.sqrt(x * x + y * y + z * z)
    most = math.asin(min(0.96, max(0.02, (2.5 - to[1]) / far))) if room else 1.3
    least = math.radians(-3) if room else math.asin(max(-0.5, min(0.5, (0.12 - to[1]) / far)))
    pitch = min(most, max(least, math.atan2(y, flat) + math.radians(up)))
    around = math.atan2(x, -z) + math.radians(right)
    near = far * math.cos(pitch)
    return (to[0] + near * math.sin(around), to[1] + far * math.sin(pitch), to[2] - near * math.cos(around))


def produce(order: SceneOrder, spec: SceneSpec) -> Production:
    """The production of an order."""
    from callsheet.studio.picture.understand import OUTDOOR

    look = Look(style(spec.style, order.strength, order.tune))
    if spec.setting == "studio":
        return _studio(order, spec, look)
    if spec.setting in OUTDOOR:
        from callsheet.studio.picture.land.outdoors import outdoors

        return outdoors(order, spec, look)
    return _interior(order, spec, look)


def product_model(order: SceneOrder, spec: SceneSpec, detail: float) -> Model | None:
    if spec.product is None:
        return None
    return build(spec.product, order.world_seed, detail)


def _studio(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    model = product_model(order, spec, 3000)
    assert model is not None and spec.product is not None  # noqa: S101 - a studio is only chosen for a product
    kind = light_kind(order, spec)
    body, accent = spec.product.body, spec.product.accent
    wide = spec.shot == "wide_shot"
    at, to, fov = studio_eye(model, order.aspect, wide=wide)
    at = viewed(at, to, order)
    far = distance(at, to)
    set_ = studio(model, kind, accent if max(body) - min(body) < 0.2 else body, accent, order.world_seed, far)
    size = plate_size(order)
    eye = Eye.plate(at, to, fov, size, MARGIN)
    stand = Stand((0.0, 0.0, 0.0), 0.0 if model.round else -model.face)
    right, up, forward = eye.basis()

    def backdrop(x: F32, y: F32, z: F32) -> F32:
        ahead = np.maximum(x * forward[0] + y * forward[1] + z * forward[2], np.float32(0.05))
        a = (x * right[0] + y * right[1] + z * right[2]) / ahead
        b = (x * up[0] + y * up[1] + z * up[2]) / ahead
        return set_.wall(a, b, ahead, ahead)

    cut = has_cutout(order.reference)
    shadows = [*set_.solids, *(stand.put(model))]
    picture = shoot(set_.solids, eye, set_.air, blockers=shadows, backdrop=backdrop, coarse=3, samples=2)
    rgb = picture.rgb
    if kind != "white":
        rgb = bokeh(rgb, order.world_seed, accent, look.style.bokeh)
    rgb = depth_blur(rgb, picture.depth, far, eye.frame[1] * 0.028 * far, eye.frame[1] * 0.02)
    layers: list[Layer] = [make_plate(order, look, rgb, picture.depth, far, size, order.seed)]
    full = Eye.plate(at, to, fov, (order.width, order.height), 0)
    if cut:
        from callsheet.studio.picture.reference_sprite import cutout_layers

        layers += cutout_layers(order, look, full, Stand((0, 0, 0)), model.high, set_.reflect, 1.0)
    else:
        layers += product_layers(
            model,
            stand,
            full,
            set_.air,
            look,
            zoom=sprite_zoom(order),
            surroundings=set_.solids,
            seconds=order.seconds,
            swing=0.0 if model.round else model.swing * min(1.0, 0.4 + order.seconds / 8),
            reflect=set_.reflect,
            table=set_.radius,
            rate=0.42 if order.seed % 2 else -0.42,
        )
    from callsheet.studio.picture.weather import dust

    if kind == "dark":
        layers.append(dust(order, 0.35, (1.0, 0.95, 0.9)))
    return Production(layers, Move(spec.move, order.seconds, order.seed))


def light_kind(order: SceneOrder, spec: SceneSpec) -> str:
    """white, dark or color: by words, else by what flatters the product and the style."""
    from callsheet.studio.picture.understand import found

    text = " ".join([order.prompt, *order.emphasis]).lower()
    said = found("light", text)
    if said and said[0] in ("white", "dark"):
        return said[0]
    if said:
        return "color"
    if spec.style in ("minimalist", "clean", "explainer"):
        return "white"
    if spec.style in ("luxury", "cinematic", "tech", "cyberpunk"):
        return "dark"
    product = spec.product
    if product is not None and (product.glow is not None or sum(product.body) < 0.8):
        return "dark"
    return "color"


def room_of(order: SceneOrder, spec: SceneSpec) -> Room:
    from callsheet.studio.picture.sets import home

    if spec.setting in ("living_room", "bedroom", "kitchen"):
        build_room = {"living_room": home.living_room, "bedroom": home.bedroom, "kitchen": home.kitchen}[spec.setting]
    else:
        from callsheet.studio.picture.sets import work

        build_room = {
            "office": work.office,
            "classroom": work.classroom,
            "lab": work.lab,
            "cafe": work.cafe,
            "gym": work.gym,
        }[spec.setting]
    return build_room(spec, order.world_seed, order.seed)


def framed(room: Room, order: SceneOrder, spec: SceneSpec, model: Model | None) -> tuple[Vec, Vec, float]:
    """The room's camera adapted to the shot size and the frame: a tall frame steps back and aims at what matters."""
    at, to, fov = np.array(room.eye_at), np.array(room.eye_to), room.fov
    focus = np.array(room.focus)
    if spec.shot == "close_up":
        aim = focus if (model is not None or not room.people) else np.array(_face(room.people[0]))
        way = at - aim
        gap = 0.95 if model is not None else 1.35
        at = aim + way / np.linalg.norm(way) * gap
        to = aim + np.array((-0.03, 0.03, 0.2))
        fov = min(fov, 0.56)
    elif spec.shot == "wide_shot":
        at = at + (at - to) * 0.22 + np.array((0, 0.12, 0))
        fov = fov * 1.18
    if order.aspect < 1.5:
        # Narrow frames: aim between the product and the person, or at who is there alone; see more above and below.
        squeeze = min(1.0, (1.5 - order.aspect) / 0.9)
        share = 0.0 if not room.people else 0.74 if model is not None else 0.9
        target = focus if not share else focus * (1 - share) + np.array(_face(room.people[0])) * share
        to = to * (1 - 0.8 * squeeze) + np.array((target[0], to[1] * 0.4 + target[1] * 0.6, target[2])) * (
            0.8 * squeeze
        )
        fov = fov * (1 + 0.42 * squeeze)
    return (float(at[0]), float(at[1]), float(at[2])), (float(to[0]), float(to[1]), float(to[2])), fov


def _face(cast: Cast) -> Vec:
    x, y, z = cast.figure.joints["head"]
    c, s = math.cos(cast.yaw), math.sin(cast.yaw)
    return (cast.at[0] + x * c + z * s, cast.at[1] + y - 0.05, cast.at[2] - x * s + z * c)


def _stood(
    order: SceneOrder,
    look: Look,
    room: Room,
    model: Model,
    stand: Stand,
    eye: Eye,
    zoom: float,
    everything: list[Solid],
    focus: float,
) -> list[Layer]:
    """The product in its place, or what is cut out of its photograph."""
    if has_cutout(order.reference):
        from callsheet.studio.picture.reference_sprite import cutout_layers

        return cutout_layers(order, look, eye, stand, model.high * stand.scale, 0.12, focus)
    return product_layers(
        model,
        stand,
        eye,
        room.air,
        look,
        zoom=zoom,
        surroundings=nearby(everything, stand.at, 0.7),
        seconds=order.seconds,
        reflect=0.1,
        table=0.22,
        rate=0.12,
        focus=focus,
        swing=0.0,
    )


def _interior(order: SceneOrder, spec: SceneSpec, look: Look) -> Production:
    from dataclasses import replace

    from callsheet.studio.picture.actors import cast_layer
    from callsheet.studio.picture.performer import performer, stand_in
    from callsheet.studio.picture.pets import filmed, middle
    from callsheet.studio.picture.weather import beams, dust

    room = room_of(order, spec)
    look = replace(look, exposure=room.exposure)
    model = product_model(order, spec, 1200)
    if order.reference is not None and has_cutout(order.reference):
        model = model if model is not None else product_model(order, spec, 1200)
    scale = room.scale
    if model is not None:
        # Any product is brought to a size at which it is seen in its place: 17 to 26 cm.
        scale = room.scale * float(np.clip(0.2 / max(model.high, model.wide * 0.8), 0.5, 2.2))
    stand = Stand(room.stand, room.yaw, scale)
    pet = filmed(order, spec, room, alone=model is None)
    at, to, fov = framed(room, order, spec, model)
    at = viewed(at, to, order, room=True)
    fov *= 1 + 0.2 * min(1.0, max(0.0, order.view[0]) / 45)
    size = plate_size(order)
    eye = Eye.plate(at, to, fov, size, MARGIN)
    product = stand.put(model) if model is not None else []
    bodies = [moved(list(c.figure.solids), c.at, yaw=c.yaw) for c in room.people]
    animal = moved(list(pet.figure.solids), pet.at, yaw=pet.yaw) if pet else []
    spots = stand_in(order, room, spec, at, bodies)
    everything = [*room.solids, *product, *(s for body in bodies for s in body), *animal]
    picture = shoot(room.solids, eye, room.air, blockers=everything, coarse=4, samples=2)
    far = distance(at, room.focus) if model is not None or not bodies else distance(at, _face(room.people[0]))
    rgb = picture.rgb + picture.glow
    soft = 0.010 if spec.shot != "close_up" else 0.02
    rgb = depth_blur(rgb, picture.depth, far * 1.12, eye.frame[1] * soft * far, eye.frame[1] * 0.011)
    layers: list[Layer] = [make_plate(order, look, rgb, picture.depth, far, size, order.seed)]
    full = Eye.plate(at, to, fov, (order.width, order.height), 0)
    zoom = sprite_zoom(order)
    standing: list[tuple[float, list[Layer]]] = []
    for cast, body in zip(room.people, bodies, strict=True):
        near, foot = distance(at, _face(cast)), spots.pop(0) if spots else None
        made: list[Layer] = (
            [cast_layer(cast, body, full, room, look, zoom, everything, far, order)]
            if foot is None
            else [performer(order, spec, look, full, room.air, foot, blockers=everything, d=far / near,
                            occluding=occluders(room.solids, full, body))]
        )  # fmt: skip
        standing.append((near if foot is None else distance(at, foot), made))
    if model is not None:
        near = distance(at, stand.at)
        made = _stood(order, look, room, model, stand, full, zoom, everything, far / near)
        standing.append((near, made))
    if pet is not None:
        layer = cast_layer(pet, animal, full, room, look, zoom, everything, far, order, reach=0.7, lively=1.3)
        standing.append((distance(at, middle(pet)), [layer]))
    for _, made in sorted(standing, key=lambda item: -item[0]):
        layers += made
    if room.beam is not None and spec.time != "night":
        layers.append(beams(order, eye, room.beam, spec))
    layers.append(dust(order, room.dust, (1.0, 0.93, 0.82) if spec.time != "night" else (0.7, 0.75, 0.9)))
    return Production(layers, Move(spec.move, order.seconds, order.seed, 0.8))


def nearby(solids: list[Solid], point: Vec, reach: float) -> list[Solid]:
    """The solids whose boxes come within `reach` metres of a point: those that can shade a small thing there."""
    out = []
    for solid in solids:
        corners = solid.corners()
        gap = np.maximum(np.maximum(corners.min(0) - vec(point), vec(point) - corners.max(0)), 0)
        if float(np.linalg.norm(gap)) < reach:
            out.append(solid)
    return out


def occluders(solids: list[Solid], eye: Eye, body: list[Solid]) -> list[Solid]:
    """The solids of a set that may stand before a body: nearer than its far side and overlapping it on the screen."""
    points = np.concatenate([s.corners() for s in body])
    x0, y0, x1, y1 = eye.bounds(points)
    forward = eye.basis()[2]
    deepest = float(((points - vec(eye.at)) @ forward).max())
    out = []
    for solid in solids:
        if max(solid.half) > 2.2:
            # Floors and walls lie behind and below whoever stands on them.
            continue
        corners = solid.corners()
        depth = (corners - vec(eye.at)) @ forward
        if depth.min() > deepest or depth.max() < 0.05:
            continue
        if depth.min() > 0.05:
            a0, b0, a1, b1 = eye.bounds(corners)
            if a1 < x0 or a0 > x1 or b1 < y0 or b0 > y1:
                continue
        out.append(solid)
    return out


__all__ = [
    "MARGIN",
    "Picture",
    "Production",
    "distance",
    "make_plate",
    "occluders",
    "placed",
    "plate_size",
    "produce",
    "sprite_zoom",
    "window",
]
