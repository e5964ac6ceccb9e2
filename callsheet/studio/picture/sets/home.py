"""Living room, bedroom, kitchen."""

from __future__ import annotations

from callsheet.studio.picture.people import figure
from callsheet.studio.picture.sets.furniture import (
    books,
    cloth,
    floor_lamp,
    painting,
    pillow,
    planks,
    plant,
    sofa,
    table,
    table_lamp,
    tint,
    weave,
    wood,
)
from callsheet.studio.picture.sets.room import Cast, Room, lamp_light, shell
from callsheet.studio.picture.spec import SceneSpec, stream
from callsheet.studio.picture.trace.solids import Material, brick, moved, turned


def living_room(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """A sofa by the window, a coffee table with the product in front of it."""
    rng = stream("living-room", world_seed)
    _, wall, accent, sofa_color = spec.palette
    oak = ((0.55, 0.4, 0.27), (0.62, 0.48, 0.34), (0.42, 0.3, 0.21))[int(rng.integers(0, 3))]
    light, shade = lamp_light((1.42, 1.3, 1.8), spec.time, 1.2)
    solids, air, drapes = shell(
        spec, world_seed, floor=planks(oak), wall=wall, window_side="left", window_at=0.75, lamps=(light,)
    )
    rug = Material(
        (0.8, 0.77, 0.7),
        rough=1.0,
        sheen=0.3,
        paint=weave((0.8, 0.77, 0.71), tint(sofa_color, 1.05), pattern="diamond"),
    )
    solids += [brick((0.1, 0.006, 0.55), (1.5, 0.008, 1.0), rug, 0.004)]
    solids += moved(sofa(sofa_color, accent), (0.05, 0, 1.65))
    solids += moved(floor_lamp(shade, 1.5), (1.42, 0, 1.95))
    solids += moved(painting((0.34, 0.46), world_seed, accent, sofa_color), (-0.35, 1.62, 2.37))
    solids += moved(painting((0.24, 0.32), world_seed + 1, tint(accent, 0.7), wall), (0.52, 1.66, 2.37))
    solids += moved(plant(world_seed, 1.35), (-1.72, 0, 1.85))
    solids += moved(table((0.52, 0.4, 0.3), tint(oak, 0.95)), (0.28, 0, 0.12))
    solids += moved(books(3, world_seed), (0.62, 0.4, 0.18), yaw=0.4)
    solids += moved(
        [
            turned(
                (0, 0, 0),
                [(0, 0), (0.05, 0), (0.085, 0.03), (0.08, 0.032), (0.045, 0.008), (0, 0.008)],
                Material(tint(accent, 0.9), rough=0.3),
            )
        ],
        (-0.02, 0.4, 0.22),
    )
    room = Room(
        [*solids, *drapes],
        air,
        stand=(0.3, 0.4, 0.02),
        yaw=0.0,
        scale=1.3,
        eye_at=(0.5, 0.98, -1.62),
        eye_to=(0.1, 0.7, 0.6),
        fov=0.66,
        focus=(0.3, 0.5, 0.0),
        exposure=1.3 if spec.time == "night" else 1.0,
        beam=(-2.6, 1.9, 0.6),
        perch=(0.3, 0.47, 1.5),
    )
    if spec.people:
        holding = "phone" if spec.action in ("use", "hold") and "sit" not in spec.action else ""
        person = figure("sit", world_seed, role=spec.people[0], design=spec.design, holding=holding)
        room.people.append(Cast(person, (-0.62, 0.0, 1.42), 0.0 - 0.22))
    del seed
    return room


def bedroom(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """A bed with pillows and, near the eye, a nightstand with the product."""
    rng = stream("bedroom", world_seed)
    _, wall, accent, shade_color = spec.palette
    oak = ((0.55, 0.4, 0.27), (0.62, 0.48, 0.34), (0.42, 0.3, 0.21))[int(rng.integers(0, 3))]
    light, shade = lamp_light((0.98, 0.98, 1.12), spec.time, 1.5)
    solids, air, drapes = shell(
        spec, world_seed, floor=planks(oak), wall=wall, back=1.6, window_side="left", window_at=0.2, lamps=(light,)
    )
    linen, blanket = (0.93, 0.91, 0.88), shade_color
    solids += [
        brick((-0.55, 0.62, 1.5), (1.0, 0.55, 0.06), cloth(tint(shade_color, 1.2)), 0.05),
        brick((-0.55, 0.2, 0.4), (0.92, 0.13, 1.08), wood(tint(oak, 0.8)), 0.02),
        brick((-0.55, 0.4, 0.4), (0.9, 0.12, 1.06), cloth(linen), 0.09),
    ]
    solids.append(pillow((-0.55, 0.51, -0.05), (0.93, 0.07, 0.62), blanket, puff=0.05))
    solids.append(pillow((-0.55, 0.545, 0.55), (0.93, 0.06, 0.12), tint(linen, 1.0), puff=0.04))
    solids += [
        pillow((-0.98, 0.68, 1.24), (0.36, 0.23, 0.08), linen, (0.0, 0.45, 0.03), 0.08),
        pillow((-0.14, 0.68, 1.24), (0.36, 0.23, 0.08), linen, (0.0, 0.45, -0.03), 0.08),
        pillow((-0.56, 0.63, 1.06), (0.25, 0.17, 0.07), accent, (0.0, 0.5, 0.0), 0.07),
    ]
    stand_y = 0.56
    x, z = 0.8, 1.02
    body = wood(tint(oak, 0.92))
    solids += [
        brick((x, stand_y / 2 + 0.04, z + 0.05), (0.3, stand_y / 2 - 0.06, 0.24), body, 0.012),
        brick((x, stand_y - 0.012, z + 0.04), (0.32, 0.014, 0.26), body, 0.006),
        brick((x, 0.4, z - 0.192), (0.265, 0.075, 0.012), wood(tint(oak, 1.02)), 0.006),
        brick((x, 0.22, z - 0.192), (0.265, 0.075, 0.012), wood(tint(oak, 1.02)), 0.006),
        brick((x, 0.4, z - 0.212), (0.05, 0.007, 0.012), Material((0.8, 0.68, 0.45), rough=0.25, metal=1.0), 0.005),
        brick((x, 0.22, z - 0.212), (0.05, 0.007, 0.012), Material((0.8, 0.68, 0.45), rough=0.25, metal=1.0), 0.005),
    ]
    solids += moved(table_lamp(shade), (x + 0.17, stand_y, z + 0.13), scale=1.05)
    solids += moved(books(2, world_seed), (x - 0.17, stand_y, z + 0.14), yaw=0.2, scale=0.9)
    solids += moved(painting((0.5, 0.3), world_seed, accent, shade_color), (-0.55, 1.72, 1.57))
    solids += moved(plant(world_seed + 3, 1.15), (1.75, 0, 1.2))
    room = Room(
        [*solids, *drapes],
        air,
        stand=(x - 0.06, stand_y, z - 0.1),
        yaw=0.0,
        scale=1.15,
        eye_at=(1.0, 1.16, -1.75),
        eye_to=(0.4, 0.82, 0.9),
        fov=0.58,
        focus=(x - 0.06, 0.65, z - 0.1),
        exposure=1.3 if spec.time == "night" else 1.0,
        beam=(-2.6, 1.9, 0.2),
        dust=0.5,
        perch=(-0.25, 0.58, 0.1),
    )
    if spec.people:
        phone = "phone" if spec.action in ("use", "hold") else ""
        person = figure("sit", world_seed, role=spec.people[0], design=spec.design, holding=phone)
        room.people.append(Cast(person, (0.12, 0.13, 0.5), -0.95))
    del seed
    return room


def kitchen(spec: SceneSpec, world_seed: int, seed: int) -> Room:
    """Cabinets and an island with the product, bowls and a kettle."""
    rng = stream("kitchen", world_seed)
    _, wall, accent, shade_color = spec.palette
    front = ((0.9, 0.9, 0.87), (0.32, 0.42, 0.4), (0.25, 0.33, 0.42), (0.8, 0.76, 0.68))[int(rng.integers(0, 4))]
    stone = Material((0.9, 0.89, 0.87), rough=0.18, spec=0.05)
    light, shade = lamp_light((0.0, 1.75, 0.3), spec.time, 1.3)
    solids, air, drapes = shell(
        spec,
        world_seed,
        floor=planks((0.6, 0.5, 0.4)),
        wall=wall,
        back=2.2,
        window_side="back",
        window_at=-0.9,
        window_size=(1.3, 1.1),
        lamps=(light,),
        drape=None,
    )
    cab, steel = Material(front, rough=0.5), Material((0.75, 0.75, 0.77), rough=0.22, metal=1.0)
    for i in range(6):
        x = -2.4 + i * 0.95
        solids.append(brick((x, 0.45, 1.9), (0.46, 0.42, 0.28), cab, 0.012))
        solids.append(brick((x, 0.78, 1.605), (0.16, 0.008, 0.012), steel, 0.006))
        if i in (2, 3, 5):
            solids.append(brick((x, 2.05, 2.02), (0.46, 0.36, 0.17), cab, 0.012))
    solids.append(brick((0, 0.895, 1.88), (2.9, 0.02, 0.32), stone, 0.006))
    solids += [
        brick(
            (0.45 + i * 0.28, 1.28, 2.19), (0.135, 0.1, 0.008), Material(tint(wall, 1.1), rough=0.15, spec=0.06), 0.004
        )
        for i in range(-4, 8)
    ]
    solids += moved(
        [turned((0, 0, 0), [(0, 0), (0.1, 0), (0.085, 0.16), (0.03, 0.2), (0, 0.2)], steel)], (1.6, 0.915, 1.85)
    )
    solids += moved(books(5, world_seed, lying=False), (0.8, 0.915, 1.95))
    solids.append(brick((0.1, 0.45, 0.35), (1.25, 0.43, 0.42), wood(tint(shade_color, 1.0)), 0.015))
    solids.append(brick((0.1, 0.9, 0.33), (1.35, 0.025, 0.5), stone, 0.008))
    bowl = turned(
        (0, 0, 0),
        [(0, 0), (0.06, 0), (0.15, 0.085), (0.142, 0.088), (0.06, 0.02), (0, 0.02)],
        Material((0.92, 0.9, 0.86), rough=0.3),
    )
    solids += moved([bowl], (0.85, 0.925, 0.4))
    for k, (dx, dz) in enumerate(((0.0, 0.0), (0.07, 0.03), (-0.06, 0.04), (0.01, -0.06))):
        fruit = turned(
            (0, 0, 0),
            [(0, 0), (0.03, 0.004), (0.042, 0.035), (0.03, 0.068), (0, 0.07)],
            Material(((0.9, 0.45, 0.1), (0.7, 0.12, 0.1), (0.6, 0.7, 0.2), (0.92, 0.6, 0.15))[k], rough=0.35),
        )
        solids += moved([fruit], (0.85 + dx, 0.965, 0.4 + dz))
    for x in (-0.45, 0.65):
        solids += moved(
            [
                turned(
                    (0, 0, 0),
                    [(0, 0), (0.13, 0), (0.03, 0.17), (0.006, 0.19), (0.006, 0.7), (0, 0.7)],
                    Material((0.1, 0.1, 0.11), rough=0.4, emit=(0, 0, 0)),
                )
            ],
            (x, 1.95, 0.35),
        )
        solids += moved(
            [turned((0, -0.012, 0), [(0, 0), (0.11, 0), (0.11, 0.01), (0, 0.01)], Material(emit=shade))],
            (x, 1.95, 0.35),
        )
    solids += moved(plant(world_seed, 0.9), (-0.95, 0.915, 1.9), scale=0.5)
    room = Room(
        [*solids, *drapes],
        air,
        stand=(0.12, 0.925, 0.2),
        yaw=0.0,
        scale=1.2,
        eye_at=(0.35, 1.42, -1.5),
        eye_to=(0.05, 1.12, 0.6),
        fov=0.66,
        focus=(0.12, 1.0, 0.2),
        exposure=1.05,
        beam=(-0.9, 1.9, 1.9),
        dust=0.3,
    )
    if spec.people:
        person = figure(
            "hold" if spec.action != "drink" else "drink",
            world_seed,
            role=spec.people[0],
            design=spec.design,
            holding="phone" if spec.action == "use" else "",
        )
        room.people.append(Cast(person, (-0.62, 0.0, 1.1), -0.35))
    del seed, accent
    return room
