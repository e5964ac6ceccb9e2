"""Office, classroom, laboratory, cafe, gym."""

from __future__ import annotations

import math

import cv2
import numpy as np

from callsheet.studio.picture.objects.model import decal
from callsheet.studio.picture.objects.screens import WHEEL, laptop_screen, linear_image
from callsheet.studio.picture.people import figure, with_bottle
from callsheet.studio.picture.sets.furniture import books, cloth, painting, planks, plant, table, tint, wood
from callsheet.studio.picture.sets.room import Cast, Room, lamp_light, shell
from callsheet.studio.picture.spec import F32, Rgb, SceneSpec, stream
from callsheet.studio.picture.trace.solids import Material, Solid, brick, limbs_solid, moved, turned


def board_art(seed: int, accent: Rgb) -> F32:
    """What stands on a whiteboard: drawings of a lesson (curves, a triangle, a cell of boxes), never letters; sRGB."""
    rng = stream("board", seed)
    image = np.full((420, 900, 3), 0.965, np.float32)
    ink, red, blue, green = (0.12, 0.14, 0.2), (0.85, 0.22, 0.2), (0.12, 0.36, 0.8), (0.12, 0.58, 0.34)

    def line(points: list[tuple[float, float]], color: Rgb, thick: int = 4) -> None:
        cv2.polylines(image, [np.round(np.array(points) * 8).astype(np.int32)], False, color, thick, cv2.LINE_AA, 3)

    line([(60, 60), (60, 330), (340, 330)], ink)
    line([(52, 74), (60, 58), (68, 74)], ink)
    line([(326, 322), (342, 330), (326, 338)], ink)
    kind = int(rng.integers(0, 2))
    curve = [
        (64 + i * 4.2, 326 - (250 * (i / 62) ** 2 if kind else 215 / (1 + math.exp(-(i - 30) / 7)))) for i in range(62)
    ]
    line(curve, blue, 6)
    line([(64 + i * 4.2, 190 - 80 * math.sin(i / 8)) for i in range(62)], red, 5)
    for x, y in curve[10::14]:
        cv2.circle(image, (int(x), int(y)), 8, red, -1, cv2.LINE_AA)
    line([(420, 320), (420, 150), (600, 320), (420, 320)], green, 5)
    line([(420, 300), (440, 300), (440, 320)], ink, 3)
    cv2.circle(image, (510, 110), 58, blue, 5, cv2.LINE_AA)
    line([(510, 110), (551, 69)], red, 4)
    boxes = [(680, 60), (790, 160), (680, 260)]
    for number, (x, y) in enumerate(boxes):
        color = WHEEL[(number * 3 + seed) % 8]
        cv2.rectangle(image, (x, y), (x + 120, y + 66), tuple(v * 0.4 + 0.58 for v in color), -1)
        cv2.rectangle(image, (x, y), (x + 120, y + 66), ink, 4, cv2.LINE_AA)
        for k in range(2):
            line([(x + 18, y + 24 + k * 20), (x + 60 + 36 * float(rng.random()), y + 24 + k * 20)], ink, 5)
    line([(740, 130), (740, 192), (786, 192)], ink)
    line([(850, 230), (850, 292), (804, 292)], ink)
    for k in range(4):
        line([(400 + 14 * k, 374), (640 - 34 * k, 374 + 0.1 * k)], tuple(v * 0.7 for v in accent) if k == 0 else ink, 4)  # type: ignore[arg-type]
    line([(76, 372), (110 + 150 * float(rng.random()), 372)], green, 6)
    line([(76, 396), (220 + 80 * float(rng.random()), 396)], ink, 4)
    return image


def _panel(image: F32) -> F32:
    return np.concatenate([linear_image(image), np.ones((*image.shape[:2], 1), np.float32)], -1)


def classroom(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """A whiteboard full of drawings, the teacher beside it, desks with chairs in front, windows to the left."""
    _, _, accent, shade = spec.palette
    wall: Rgb = (0.86, 0.86, 0.83)
    solids, air, drapes = shell(
        spec,
        world_seed,
        floor=planks((0.66, 0.56, 0.44), 0.2, 2.2),
        wall=wall,
        half=3.3,
        back=2.3,
        high=2.9,
        window_side="left",
        window_at=0.2,
        window_size=(1.9, 1.5),
        drape=None,
    )
    art = _panel(board_art(world_seed, accent))
    frame = Material((0.72, 0.73, 0.75), rough=0.25, metal=0.8)
    white = Material(
        (0.96,) * 3, rough=0.22, spec=0.05, paint=decal((0.965,) * 3, art, (-1.25, -0.585, 1.25, 0.585), front=0.0)
    )
    solids += [
        brick((-0.45, 1.52, 2.27), (1.32, 0.655, 0.022), frame, 0.012),
        brick((-0.45, 1.52, 2.25), (1.27, 0.605, 0.012), white, 0.004),
        brick((-0.45, 0.855, 2.2), (1.15, 0.012, 0.05), frame, 0.006),
    ]
    for k, color in enumerate(((0.8, 0.15, 0.15), (0.1, 0.3, 0.75), (0.1, 0.5, 0.3))):
        solids.append(brick((-1.1 + k * 0.16, 0.882, 2.18), (0.06, 0.012, 0.012), Material(color), 0.01))
    solids += moved(painting((0.3, 0.4), world_seed, accent, shade), (1.62, 1.6, 2.27))
    desk = (0.84, 0.72, 0.55)
    solids += moved(table((0.62, 0.76, 0.32), desk), (1.55, 0, 1.35))
    solids += moved(_laptop_open(world_seed, accent), (1.45, 0.76, 1.35), yaw=math.pi - 0.3)
    solids += moved(books(3, world_seed), (1.95, 0.76, 1.4), yaw=0.3)
    for x, z in ((-1.65, -0.35), (-0.2, -0.5), (1.3, -0.4)):
        solids += moved(table((0.5, 0.7, 0.26), desk), (x, 0, z))
        solids += moved(_chair(accent if x < 0 else shade), (x, 0, z - 0.42))
        solids += moved(books(1 + (x > 0), world_seed + int(x * 10)), (x - 0.15, 0.7, z), yaw=0.2)
    solids += moved(plant(world_seed, 1.3), (2.75, 0, 1.8))
    for x in (-1.3, 0.9):
        solids.append(
            brick((x, 2.84, 0.8), (0.55, 0.02, 0.12), Material((0.95,) * 3, emit=(1.8, 1.8, 1.75)), 0.01, casts=False)
        )
    room = Room(
        [*solids, *drapes],
        air,
        stand=(-0.05, 0.7, -0.46),
        yaw=0.0,
        scale=1.1,
        eye_at=(0.3, 1.4, -1.72),
        eye_to=(0.14, 1.24, 1.5),
        fov=0.62,
        focus=(-0.05, 0.8, -0.46),
        exposure=1.08,
        beam=(-3.1, 1.9, 0.2),
        dust=0.4,
    )
    role = spec.people[0] if spec.people else "teacher"
    if spec.people or spec.product is None:
        person = figure("teach", world_seed, role=role, holding="pen", design=spec.design)
        room.people.append(Cast(person, (0.78, 0.0, 1.62), 0.12))
        if spec.product is None:
            room.focus = (0.6, 1.3, 1.62)
    del seed
    return room


def _chair(color: Rgb) -> list[Solid]:
    steel = Material((0.5, 0.5, 0.52), rough=0.3, metal=0.9)
    m = Material(color, rough=0.5)
    out = [brick((0, 0.44, 0), (0.2, 0.018, 0.2), m, 0.015), brick((0, 0.72, -0.19), (0.19, 0.13, 0.015), m, 0.015)]
    for sx in (-1, 1):
        out.append(limbs_solid([((sx * 0.17, 0.0, -0.2), (sx * 0.17, 0.8, -0.2), 0.013, 0.013)], steel))
        out.append(limbs_solid([((sx * 0.17, 0.0, 0.18), (sx * 0.17, 0.44, 0.17), 0.013, 0.013)], steel))
    return out


def _laptop_open(seed: int, accent: Rgb) -> list[Solid]:
    from callsheet.studio.picture.objects.devices import laptop
    from callsheet.studio.picture.objects.model import Make

    return [s for s in laptop(Make((0.75, 0.75, 0.77), accent, None, seed, 900)).solids if s.half[2] > 0.0005]


def office(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """A desk with a screen, a lamp and the product; shelves and a window behind."""
    rng = stream("office", world_seed)
    _, wall, accent, shade = spec.palette
    oak = ((0.55, 0.4, 0.27), (0.7, 0.56, 0.4), (0.36, 0.25, 0.18))[int(rng.integers(0, 3))]
    light, glow = lamp_light((-0.55, 1.2, 0.42), spec.time, 1.0)
    solids, air, drapes = shell(
        spec,
        world_seed,
        floor=planks((0.5, 0.4, 0.3)),
        wall=wall,
        back=2.0,
        window_side="back",
        window_at=-1.15,
        window_size=(1.5, 1.3),
        lamps=(light,),
        drape=(0.9, 0.89, 0.86),
    )
    solids += moved(table((0.95, 0.74, 0.42), oak), (0.05, 0, 0.25))
    art = _panel(laptop_screen(world_seed, accent))
    from callsheet.studio.picture.objects.devices import screen_glow

    screen = screen_glow(np.asarray(art * 0.75, np.float32), (0.335, 0.19), 0.0, 0.004)
    dark = Material((0.05, 0.05, 0.055), rough=0.3)
    solids += [
        brick(
            (-0.12, 1.05, 0.42),
            (0.345, 0.2, 0.012),
            Material((0.03,) * 3, rough=0.2, glow=screen),
            0.008,
            (-0.06, 0, 0),
        ),
        brick((-0.12, 0.82, 0.45), (0.025, 0.09, 0.015), dark, 0.008),
        brick((-0.12, 0.748, 0.44), (0.12, 0.008, 0.09), dark, 0.006),
        brick((-0.14, 0.75, 0.06), (0.22, 0.009, 0.065), Material((0.8, 0.8, 0.8), rough=0.4), 0.008),
        brick((0.17, 0.755, 0.07), (0.03, 0.015, 0.05), Material((0.85, 0.85, 0.85), rough=0.3), 0.014),
    ]
    stem = Material((0.12, 0.12, 0.13), rough=0.35)
    solids += [
        turned((-0.72, 0.74, 0.42), [(0, 0), (0.08, 0), (0.08, 0.014), (0.01, 0.02), (0, 0.02)], stem),
        limbs_solid(
            [
                ((-0.72, 0.75, 0.42), (-0.8, 1.08, 0.45), 0.009, 0.009),
                ((-0.8, 1.08, 0.45), (-0.58, 1.24, 0.4), 0.008, 0.008),
            ],
            stem,
            blend=0.001,
        ),
        turned(
            (-0.55, 1.17, 0.4),
            [(0, 0), (0.075, 0), (0.03, 0.08), (0, 0.085)],
            Material((0.9, 0.88, 0.84), rough=0.4, emit=(glow[0] * 0.4, glow[1] * 0.4, glow[2] * 0.4)),
        ),
    ]
    for y in (1.25, 1.62, 2.0):
        solids.append(brick((1.35, y, 1.85), (0.62, 0.014, 0.14), wood(tint(oak, 0.9)), 0.005))
        solids += moved(books(6, world_seed + int(y * 10), lying=False), (0.9, y + 0.014, 1.84))
    solids += moved(plant(world_seed, 0.8), (1.68, 1.264, 1.84), scale=0.4)
    solids += moved(plant(world_seed + 2, 1.2), (-2.2, 0, 1.4))
    room = Room(
        [*solids, *drapes],
        air,
        stand=(0.45, 0.74, 0.12),
        yaw=0.1,
        scale=1.15,
        eye_at=(0.62, 1.22, -1.25),
        eye_to=(0.1, 0.96, 0.7),
        fov=0.62,
        focus=(0.45, 0.84, 0.12) if spec.product is not None else (-0.1, 0.98, 0.4),
        beam=(-1.1, 1.9, 1.8),
        dust=0.4,
        exposure=1.05,
    )
    if spec.people:
        phone = "phone" if spec.action in ("use", "hold") else ""
        person = figure("sit", world_seed, role=spec.people[0], design=spec.design, holding=phone)
        room.people.append(Cast(person, (0.92, 0.06, 0.82), 0.35))
        room.solids += moved(_chair(shade), (0.92, 0.06, 0.95), yaw=0.35 + math.pi)
    del seed
    return room


def lab(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """An office dressed as a laboratory: glassware with coloured liquids beside the product."""
    room = office(spec, world_seed, seed)
    for k, (x, z) in enumerate(((0.78, 0.3), (0.68, 0.42), (0.86, 0.45), (-0.5, 0.1))):
        color = WHEEL[(world_seed + k * 2) % 8]
        flask = (
            [(0, 0), (0.05, 0), (0.052, 0.01), (0.018, 0.1), (0.018, 0.15), (0, 0.15)]
            if k % 2
            else [(0, 0), (0.03, 0), (0.03, 0.12), (0, 0.12)]
        )
        room.solids += moved([turned((0, 0, 0), flask, Material(color, rough=0.06, spec=0.08))], (x, 0.74, z))
    return room


def cafe(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """A round table by the window with the product, a counter and hanging lamps behind."""
    _, _, accent, shade = spec.palette
    brick_wall: Rgb = (0.5, 0.36, 0.3)
    light, glow = lamp_light((0.3, 1.75, 1.0), "sunset" if spec.time == "day" else spec.time, 1.6)
    solids, air, drapes = shell(
        spec,
        world_seed,
        floor=planks((0.42, 0.31, 0.22)),
        wall=brick_wall,
        back=2.6,
        window_side="left",
        window_at=0.4,
        window_size=(1.9, 1.7),
        lamps=(light,),
        drape=None,
    )
    oak: Rgb = (0.48, 0.34, 0.22)
    solids += moved(table((0.42, 0.72, 0.42), oak, round_top=True), (0.15, 0, 0.1))
    for x, z, yaw in ((-0.7, 0.35, 1.2), (1.0, 0.5, -1.1)):
        solids += moved(_chair(tint(shade, 0.9)), (x, 0, z), yaw=yaw + math.pi)
    solids += [
        brick((0.7, 0.52, 2.0), (1.5, 0.52, 0.28), wood(tint(oak, 0.8)), 0.015),
        brick((0.7, 1.06, 1.98), (1.58, 0.025, 0.36), wood(oak), 0.01),
        brick((1.3, 1.28, 2.1), (0.3, 0.2, 0.2), Material((0.72, 0.73, 0.75), rough=0.2, metal=1.0), 0.04),
        brick((0.6, 1.95, 2.45), (1.2, 0.015, 0.13), wood(oak), 0.005),
    ]
    for k in range(7):
        color = WHEEL[(world_seed + k) % 8]
        solids += moved(
            [
                turned(
                    (0, 0, 0),
                    [(0, 0), (0.04, 0), (0.045, 0.12), (0.02, 0.18), (0.018, 0.24), (0, 0.24)],
                    Material(tint(color, 0.5), rough=0.12),
                )
            ],
            (-0.4 + k * 0.3, 1.965, 2.45),
        )
    for x in (-0.3, 0.5, 1.3):
        solids += moved(
            [
                turned(
                    (0, 0, 0),
                    [(0, 0), (0.13, 0), (0.1, 0.1), (0.02, 0.15), (0.005, 0.16), (0.005, 0.9), (0, 0.9)],
                    Material((0.08, 0.08, 0.08), rough=0.4),
                )
            ],
            (x, 1.8, 1.4),
        )
        solids.append(
            Solid(
                moved([turned((0, 0, 0), [(0, 0), (0.05, 0.02), (0.055, 0.06), (0, 0.1)], Material())], (0, 0, 0))[
                    0
                ].sdf,
                (0.055, 0.05, 0.055),
                Material(emit=(glow[0] * 2, glow[1] * 2, glow[2] * 2)),
                (x, 1.8, 1.4),
                casts=False,
            )
        )
    cup = turned(
        (0, 0, 0),
        [(0, 0), (0.03, 0), (0.042, 0.06), (0.038, 0.062), (0, 0.05)],
        Material((0.95, 0.94, 0.92), rough=0.25),
    )
    plate = turned((0, 0, 0), [(0, 0), (0.05, 0), (0.075, 0.01), (0, 0.006)], Material((0.95, 0.94, 0.92), rough=0.25))
    solids += moved([plate, cup], (-0.1, 0.72, 0.2))
    solids += moved(plant(world_seed, 1.4), (-2.1, 0, 1.9))
    room = Room(
        [*solids, *drapes],
        air,
        stand=(0.24, 0.72, -0.02),
        yaw=0.0,
        scale=1.1,
        eye_at=(0.4, 1.15, -1.5),
        eye_to=(0.12, 0.95, 0.8),
        fov=0.62,
        focus=(0.24, 0.82, -0.02),
        exposure=1.1,
        beam=(-2.6, 1.9, 0.4),
        dust=0.5,
    )
    if spec.people:
        phone = "phone" if spec.action in ("use", "hold") else ""
        person = figure("sit", world_seed, role=spec.people[0], design=spec.design, holding=phone)
        room.people.append(Cast(person, (-0.62, 0.0, 0.62), -0.45))
    del seed, accent
    return room


def gym(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """Racks, a bench, a mat, mirrors of light."""
    _, _, accent, shade = spec.palette
    solids, air, drapes = shell(
        spec,
        world_seed,
        floor=planks((0.3, 0.3, 0.32), 0.6, 0.6),
        wall=(0.52, 0.54, 0.58),
        back=2.6,
        window_side="left",
        window_at=0.5,
        window_size=(2.2, 1.8),
        drape=None,
    )
    steel, black = Material((0.7, 0.7, 0.72), rough=0.25, metal=1.0), Material((0.06, 0.06, 0.065), rough=0.5)
    solids.append(brick((0.1, 0.012, 0.3), (0.42, 0.012, 0.95), cloth(accent), 0.01))
    for y in (0.35, 0.75, 1.15):
        solids.append(brick((0.9, y, 2.3), (1.3, 0.02, 0.16), black, 0.01))
        for k in range(6):
            x = -0.2 + k * 0.44
            solids.append(limbs_solid([((x - 0.1, y + 0.1, 2.26), (x + 0.1, y + 0.1, 2.26), 0.016, 0.016)], steel))
            for side in (-1, 1):
                solids.append(
                    brick(
                        (x + side * 0.1, y + 0.1, 2.26),
                        (0.04, 0.075, 0.075),
                        Material(tint(accent, 0.7) if k % 3 == 0 else (0.08,) * 3, rough=0.5),
                        0.03,
                    )
                )
    solids += [
        brick((-1.35, 0.42, 1.5), (0.16, 0.05, 0.6), cloth((0.12, 0.12, 0.13)), 0.04),
        brick((-1.35, 0.2, 1.1), (0.05, 0.2, 0.05), steel, 0.01),
        brick((-1.35, 0.2, 1.9), (0.05, 0.2, 0.05), steel, 0.01),
    ]
    for x in (-1.0, 0.9):
        solids.append(
            brick((x, 2.7, 1.0), (0.7, 0.02, 0.06), Material((0.9,) * 3, emit=(2.4, 2.5, 2.6)), 0.01, casts=False)
        )
    solids += [brick((0.62, 0.22, 0.05), (0.24, 0.22, 0.2), wood((0.5, 0.38, 0.26)), 0.015)]
    room = Room(
        [*solids, *drapes],
        air,
        stand=(0.6, 0.44, 0.0),
        yaw=0.0,
        scale=1.25,
        eye_at=(0.5, 0.98, -1.9),
        eye_to=(0.1, 0.84, 0.8),
        fov=0.66,
        focus=(0.6, 0.56, 0.0),
        beam=(-2.6, 2.0, 0.6),
        dust=0.5,
        exposure=1.05,
    )
    pose = {"drink": "drink", "use": "hold", "hold": "hold"}.get(spec.action, "stand")
    if spec.people:
        person = figure(
            pose, world_seed, role=spec.people[0], design=spec.design, holding="phone" if spec.action == "use" else ""
        )
        if pose == "drink":
            person = with_bottle(person, spec.product.body if spec.product is not None else (0.76, 0.77, 0.79))
        room.people.append(Cast(person, (-0.5, 0.0, 0.95), -0.25))
    del seed, shade
    return room
