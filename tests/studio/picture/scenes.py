"""Small orders and measures that the tests of the picture share."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import Any

import numpy as np

from callsheet.studio.picture.render import frames
from callsheet.studio.picture.spec import U8, SceneOrder

SPEAKER = "现代简约设计的智能音箱,黑色外壳带LED环形灯,产品特写,专业摄影灯光"


def order(prompt: str = SPEAKER, **changes: Any) -> SceneOrder:
    """A tiny order: 160x90, one second of ten frames."""
    values: dict[str, Any] = {
        "seconds": 1.0, "width": 160, "height": 90, "fps": 10, "seed": 3, "world_seed": 11, **changes,
    }  # fmt: skip
    return SceneOrder(prompt, **values)


def some(made: SceneOrder, count: int = 2) -> list[U8]:
    """The first frames."""
    return list(islice(frames(made), count))


def sha(pictures: list[U8]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(picture.tobytes())
    return digest.hexdigest()


def gap(a: U8, b: U8) -> float:
    """Mean absolute difference of two pictures, 0..255."""
    return float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean())
