"""A cat or a dog in a room: on the sofa or the bed, else where the product would stand."""

from __future__ import annotations

import math
from dataclasses import dataclass

from callsheet.studio.picture.actors import puppet
from callsheet.studio.picture.land.creatures import cat
from callsheet.studio.picture.layers import Layer
from callsheet.studio.picture.look import Look
from callsheet.studio.picture.sets.room import Room
from callsheet.studio.picture.spec import Rgb, SceneOrder, SceneSpec
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.solids import Solid, moved
from callsheet.studio.picture.understand import found, vocabulary

Vec = tuple[float, float, float]
YAW = 0.3
BEFORE = 12
"""So many characters before its name may say an animal's colour: those of a sofa or a wall stand elsewhere."""


@dataclass(frozen=True)
class Pet:
    """An animal in its place; `middle` is what a camera aims at."""

    solids: list[Solid]
    joints: dict[str, Vec]
    middle: Vec


def coat(text: str, animal: str) -> Rgb:
    """The colour that the words give the animal itself; a red tabby's, without."""
    named: str | None = None
    for word in sorted(vocabulary()["animal"][animal], key=len, reverse=True):
        place = text.find(word)
        if place >= 0:
            named = next(iter(found("color", text[max(0, place - BEFORE) : place + len(word)])), None)
            break
    red, green, blue = vocabulary()["color_value"][named] if named else (0.93, 0.5, 0.17)
    return (red, green, blue)


def pet_of(order: SceneOrder, spec: SceneSpec, room: Room) -> Pet | None:
    """The animal of the scene, where the room has a place for it."""
    animal = next((a for a in spec.animals if a in ("cat", "dog")), None)
    at = room.perch if room.perch is not None else (room.stand if spec.product is None else None)
    if animal is None or at is None:
        return None
    made = cat(coat(order.prompt.lower(), animal), dog=animal == "dog")
    c, s = math.cos(YAW), math.sin(YAW)
    joints = {tag: (at[0] + x * c + z * s, at[1] + y, at[2] - x * s + z * c) for tag, (x, y, z) in made.joints.items()}
    return Pet(moved(list(made.solids), at, yaw=YAW), joints, joints["body"])


def filmed(order: SceneOrder, spec: SceneSpec, room: Room, *, alone: bool) -> Pet | None:
    """The animal of the scene, at which the camera aims where nobody and nothing else is filmed."""
    pet = pet_of(order, spec, room)
    if pet is not None and alone and not room.people:
        room.focus = pet.middle
    return pet


def standing_pet(
    pet: Pet | None,
    eye: Eye,
    room: Room,
    look: Look,
    zoom: float,
    everything: list[Solid],
    far: float,
    order: SceneOrder,
) -> list[tuple[float, list[Layer]]]:
    """The animal's layer with its distance: it breathes, turns its head and moves its tail, and stays where it is."""
    from callsheet.studio.picture.stage import distance, nearby, occluders

    if pet is None:
        return []
    near = distance(eye.at, pet.middle)
    before, around = occluders(room.solids, eye, pet.solids), nearby(everything, pet.middle, 0.7)
    d = far / near
    return [
        (near, [puppet(pet.solids, pet.joints, eye, room.air, look, zoom, around, before, d, order.seed, lively=1.3)])
    ]
