"""Cats and dogs in rooms: where they are, their colour, and that they are to be seen."""

from __future__ import annotations

import numpy as np
import pytest

from callsheet.studio.picture.pets import coat, pet_of
from callsheet.studio.picture.stage import room_of
from callsheet.studio.picture.trace.solids import moved
from callsheet.studio.picture.understand import understand, vocabulary

from .scenes import order, some


@pytest.mark.parametrize(
    ("prompt", "animal", "color"),
    [
        ("a black cat on a red sofa", "cat", "black"),
        ("a cat on a red sofa", "cat", None),
        ("黑色的猫在白色的床上", "cat", "black"),
        ("an orange cat", "cat", "orange"),
        ("a white dog", "dog", "white"),
    ],
)
def test_the_colour_is_the_animals_own(prompt: str, animal: str, color: str | None) -> None:
    wanted = tuple(vocabulary()["color_value"][color]) if color else (0.93, 0.5, 0.17)
    assert coat(prompt, animal) == wanted


@pytest.mark.parametrize("prompt", ["a cat on a sofa", "a dog on the bed", "a kitten in the kitchen", "橘猫在沙发上"])
def test_an_animal_stands_in_every_room_that_is_told(prompt: str) -> None:
    told = order(prompt)
    spec = understand(told)
    room = room_of(told, spec)
    pet = pet_of(told, spec, room)
    assert pet is not None
    lowest = min(float(solid.corners()[:, 1].min()) for solid in moved(list(pet.figure.solids), pet.at, yaw=pet.yaw))
    assert lowest == pytest.approx((room.perch or room.stand)[1], abs=0.03)


def test_a_table_that_is_a_products_is_no_animals() -> None:
    for prompt, there in (("a cat beside a smart speaker in the kitchen", False), ("a speaker and a cat, sofa", True)):
        told = order(prompt)
        spec = understand(told)
        assert (pet_of(told, spec, room_of(told, spec)) is not None) is there


def test_a_close_up_of_a_cat_on_a_sofa_shows_the_cat() -> None:
    (picture,) = some(order("a red cat on a sofa, close-up"), 1)
    blue, green, red = (picture[20:75, 40:130, i].astype(np.int16) for i in range(3))
    assert ((red > 1.8 * green) & (red > 1.8 * blue) & (red > 60)).mean() > 0.12
