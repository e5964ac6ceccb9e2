"""The customer's own picture of the product."""

from __future__ import annotations

import cv2
import numpy as np

from callsheet.studio.picture import describe
from callsheet.studio.picture.reference import colors_of, has_cutout
from callsheet.studio.picture.spec import U8

from .scenes import gap, order, some


def bottle(*, alpha: bool) -> U8:
    """A green capsule with a red band on white, or cut out."""
    image = np.full((200, 160, 4), 255, np.uint8)
    image[..., 3] = 0 if alpha else 255
    cv2.ellipse(image, (80, 100), (34, 90), 0, 0, 360, (40, 160, 30, 255), -1)
    cv2.rectangle(image, (48, 90), (112, 112), (30, 30, 220, 255), -1)
    return image if alpha else np.ascontiguousarray(image[..., :3])


def test_colours_are_taken_from_the_thing_not_from_its_background() -> None:
    for alpha in (True, False):
        body, accent = colors_of(bottle(alpha=alpha))
        assert body[1] > 0.5 > max(body[0], body[2]) or accent[1] > 0.5
        assert max(body) - min(body) > 0.3


def test_only_a_real_alpha_channel_is_a_cutout() -> None:
    assert has_cutout(bottle(alpha=True))
    assert not has_cutout(bottle(alpha=False))
    solid = bottle(alpha=True)
    solid[..., 3] = 255
    assert not has_cutout(solid)
    assert not has_cutout(None)


def test_the_cutout_is_the_hero() -> None:
    made = some(order("product close-up, white background", reference=bottle(alpha=True)), 1)[0]
    green = (made[..., 1].astype(int) - made[..., 0].astype(int) > 50) & (made[..., 1] > made[..., 2])
    red = made[..., 2].astype(int) - made[..., 1].astype(int) > 80
    assert green[20:70, 60:100].mean() > 0.1 and red[20:70, 60:100].mean() > 0.01


def test_the_cutout_stands_in_rooms_and_outdoors() -> None:
    for prompt in ("产品在客厅茶几上", "the product on a mountain trail"):
        with_it = some(order(prompt, reference=bottle(alpha=True)), 1)[0]
        assert describe(order(prompt, reference=bottle(alpha=True))).product is not None
        assert gap(with_it, some(order(prompt), 1)[0]) > 0.5


def test_a_picture_without_alpha_gives_its_colours() -> None:
    spec = describe(order("产品特写", reference=bottle(alpha=False)))
    assert spec.product is not None and spec.product.body[1] > spec.product.body[0]
