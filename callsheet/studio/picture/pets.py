"""A cat or a dog in a room: on the sofa or the bed, else where the product would stand."""

from __future__ import annotations

from callsheet.studio.picture.land.creatures import cat
from callsheet.studio.picture.people import joints_at
from callsheet.studio.picture.sets.room import Cast, Room
from callsheet.studio.picture.spec import Rgb, SceneOrder, SceneSpec
from callsheet.studio.picture.understand import found, vocabulary

Vec = tuple[float, float, float]
YAW = 0.3
BEFORE = 12
"""So many characters before its name may say an animal's colour: those of a sofa or a wall stand elsewhere."""


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


def pet_of(order: SceneOrder, spec: SceneSpec, room: Room) -> Cast | None:
    """The animal of the scene, where the room has a place for it."""
    animal = next((a for a in spec.animals if a in ("cat", "dog")), None)
    at = room.perch if room.perch is not None else (room.stand if spec.product is None else None)
    if animal is None or at is None:
        return None
    return Cast(cat(coat(order.prompt.lower(), animal), dog=animal == "dog"), at, YAW)


def middle(pet: Cast) -> Vec:
    """What a camera aims at."""
    return joints_at(pet.figure.joints, pet.at, pet.yaw)["body"]


def filmed(order: SceneOrder, spec: SceneSpec, room: Room, *, alone: bool) -> Cast | None:
    """The animal of the scene, at which the camera aims where nobody and nothing else is filmed."""
    pet = pet_of(order, spec, room)
    if pet is not None and alone and not room.people:
        room.focus = middle(pet)
    return pet
