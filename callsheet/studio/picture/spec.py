"""What is ordered from the renderer, and what it understood of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from callsheet.errors import MediaError

# float32 and uint8 arrays. OpenCV's stubs don't carry element types, so neither do these names.
F32: TypeAlias = "np.ndarray[Any, Any]"
U8: TypeAlias = "np.ndarray[Any, Any]"
Rgb: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Design:
    """What a drawn person looks like; colours are sRGB 0..1 (R, G, B). `woman` is the build and long hair."""

    skin: Rgb
    hair: Rgb
    top: Rgb
    legs: Rgb
    shoes: Rgb = (0.88, 0.87, 0.85)
    woman: bool = False


@dataclass(frozen=True)
class Around:
    """What holds for a shot where its own words say nothing: words of the vocabulary, None where nothing is known."""

    setting: str | None = None
    time: str | None = None
    weather: str | None = None


@dataclass(frozen=True)
class SceneOrder:
    """One clip to be drawn.

    `seconds` of `width` x `height` pixels at `fps`. `style` and `camera` are names or words (None: read them from the
    prompt). `seed` varies the take; `world_seed` fixes what the shots of one sequence share: product, room, palette.
    `reference` is a product picture, HxWx3 BGR or HxWx4 BGRA uint8; an alpha channel makes it the hero itself.
    `design` is what the first person looks like (None: drawn by lot from `world_seed`); `performer`, HxWx4 BGRA uint8,
    is the cut-out of somebody who takes that person's part. `around` is what other shots say of the place. `strength`
    is how much of the style is applied, 0..1; `tune` overrides numbers of it. `view` moves the camera of a room or
    studio about its subject: degrees up and to the right.
    """

    prompt: str
    seconds: float
    width: int
    height: int
    fps: int = 30
    style: str | None = None
    camera: str | None = None
    emphasis: tuple[str, ...] = ()
    seed: int = 0
    world_seed: int = 0
    reference: U8 | None = field(default=None, compare=False)
    design: Design | None = None
    strength: float = 1.0
    tune: tuple[tuple[str, float], ...] = ()
    view: tuple[float, float] = (0.0, 0.0)
    performer: U8 | None = field(default=None, compare=False)
    around: Around = Around()

    @property
    def frame_count(self) -> int:
        return max(1, round(self.seconds * self.fps))

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def check(self) -> None:
        """Raise MediaError when no picture can be made of this order."""
        if not (32 <= self.width <= 8192 and 32 <= self.height <= 8192):
            raise MediaError(f"a picture of {self.width}x{self.height} can't be drawn: 32..8192 pixels a side")
        if not 0 < self.seconds <= 600:
            raise MediaError(f"a clip of {self.seconds} s can't be drawn: more than 0, at most 600 s")
        if not 1 <= self.fps <= 120:
            raise MediaError(f"{self.fps} frames a second can't be drawn: 1..120")
        ref = self.reference
        if ref is not None and not (ref.ndim == 3 and ref.shape[2] in (3, 4) and ref.dtype == np.uint8):
            raise MediaError("the reference picture must be HxWx3 BGR or HxWx4 BGRA, uint8")


@dataclass(frozen=True)
class ProductSpec:
    """The thing that is sold: `kind` names a model of `objects`; colours are sRGB 0..1 (R, G, B)."""

    kind: str
    body: Rgb
    accent: Rgb
    glow: Rgb | None = None


@dataclass(frozen=True)
class SceneSpec:
    """What was understood of the prompt; every field is a word of the vocabulary, sounds included.

    `effects` are (kind, second) pairs inside the clip. `palette` is four sRGB colours 0..1: key, fill, accent, shade.
    """

    setting: str
    product: ProductSpec | None
    people: tuple[str, ...]
    animals: tuple[str, ...]
    action: str
    time: str
    weather: str
    style: str
    shot: str
    move: str
    palette: tuple[Rgb, Rgb, Rgb, Rgb]
    ambience: str
    effects: tuple[tuple[str, float], ...]
    hero: bool
    design: Design | None = None


def stream(*parts: object) -> np.random.Generator:
    """A random stream that only depends on its parts (their text), on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return np.random.Generator(np.random.Philox(int.from_bytes(digest[:8], "big")))


def vec(values: object) -> F32:
    """A float32 array of a tuple or list."""
    return np.asarray(values, np.float32)
