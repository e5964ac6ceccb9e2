"""From the size and length that a shot wants to those that a provider sells. Pure.

A clip is never bought shorter than it is wanted, as the cut can only trim it. A size that is not sold is bought larger
in the same shape where there is one, since enlarging is the one thing that loses detail.
"""

from __future__ import annotations

from collections.abc import Sequence as Several
from dataclasses import dataclass
from math import log

from callsheet.errors import Incapable
from callsheet.features import LONGEST_GENERATION
from callsheet.money import frame_size
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.offer import Model

SAME_SHAPE = 0.01
"""Width by height may differ by so much of itself, and is the same: 854x480 is 16:9 to the next even number."""
CROPPED = 0.12
"""Shapes that differ by less are cropped by the cutting room, others framed (`callsheet.media.conform`)."""
AS_NEAR = 0.05
"""Shapes whose distances differ by less are equally near: the size decides between them, not the third decimal."""


@dataclass(frozen=True)
class Fit:
    """What is bought for a shot: `resolution` as it was written where it is sold, else WIDTHxHEIGHT; whole seconds.

    `model` is the one whose price it has, None where the provider names none; `notes` say what differs.
    """

    model: str | None
    resolution: str
    seconds: int
    notes: tuple[str, ...] = ()


def models_of(entry: CatalogueEntry, wished: str | None) -> tuple[Model, ...]:
    """The models that may be ordered from: the one that is wished, or all. Raises `Incapable` for one not sold."""
    if not entry.models:
        return (Model(name=wished, features=entry.features),)
    if wished is None:
        return entry.models
    named = tuple(model for model in entry.models if model.name == wished)
    found = named or tuple(model.model_copy(update={"name": wished}) for model in entry.models if model.name is None)
    if not found:
        known = ", ".join(str(model.name) for model in entry.models)
        raise Incapable(f"{entry.name} does not sell the model {wished}; it sells {known}")
    return found


def fit(feature: str, resolution: str, seconds: int, entry: CatalogueEntry, wished: str | None = None) -> Fit:
    """The offer that comes nearest. Raises `Incapable`, naming what is sold, where none is long enough."""
    models = [model for model in models_of(entry, wished) if feature in model.features]
    if wished is None and entry.quirks.needs_model:
        raise Incapable(f"{entry.name} sells what it is configured for; name a model with CALLSHEET_PROVIDER_MODEL")
    wanted = frame_size(resolution)
    offers = [
        (size, length, number)
        for number, model in enumerate(models)
        for size in _sizes(model, wanted)
        for length in _long_enough(model, seconds)
    ]
    if not offers:
        sold = "; ".join(map(str, models)) or f"it sells {', '.join(entry.features)}"
        raise Incapable(f"{entry.name}: {feature} of {seconds} s is not sold; {sold}")
    nearest = min(_distance(size, wanted) for size, _, _ in offers)
    size, length, number = min(offers, key=lambda offer: (_rank(offer[0], wanted, nearest), *offer[1:]))
    notes = _length_note(length, seconds) + _size_note(size, wanted)
    written = resolution if size == wanted else f"{size[0]}x{size[1]}"
    return Fit(models[number].name, written, length, notes)


def _sizes(model: Model, wanted: tuple[int, int]) -> Several[tuple[int, int]]:
    return (wanted,) if model.sizes is None else [frame_size(size) for size in model.sizes]


def _long_enough(model: Model, seconds: int) -> Several[int]:
    """The next length that is sold; none where all are shorter."""
    if model.seconds is None:
        return (seconds,)
    return sorted(length for length in model.seconds if seconds <= length <= LONGEST_GENERATION)[:1]


def _distance(size: tuple[int, int], wanted: tuple[int, int]) -> float:
    """Between two shapes, the same in both directions."""
    return abs(log(size[0] * wanted[1] / (size[1] * wanted[0])))


def _rank(size: tuple[int, int], wanted: tuple[int, int], nearest: float) -> tuple[int, int]:
    """The lower, the better a size stands in for another; `nearest` is the distance of the nearest shape sold."""
    large = size[0] >= wanted[0] and size[1] >= wanted[1]
    area = size[0] * size[1]
    if size == wanted:
        return 0, 0
    distance = _distance(size, wanted)
    if distance < SAME_SHAPE:
        return (1, area) if large else (2, -area)
    if distance < nearest + AS_NEAR:
        return (3, area) if large else (4, -area)
    return 5, area


def _length_note(bought: int, wanted: int) -> tuple[str, ...]:
    return () if bought == wanted else (f"{bought} s are bought for {wanted} s, which the cut trims",)


def _size_note(bought: tuple[int, int], wanted: tuple[int, int]) -> tuple[str, ...]:
    if bought == wanted:
        return ()
    if _distance(bought, wanted) < SAME_SHAPE:
        change = "scaled down" if bought[0] >= wanted[0] else "enlarged"
    else:
        shape = bought[0] * wanted[1] / (bought[1] * wanted[0])
        change = "cropped" if abs(shape - 1) < CROPPED else "framed, as its shape is another"
    return (f"{bought[0]}x{bought[1]} is bought for {wanted[0]}x{wanted[1]} and {change} in the cut",)
