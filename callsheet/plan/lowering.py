"""Lowering: a plan as one provider can make it. What it does not sell is made of what it does, and priced as that.

Pure, and a plan that is lowered already stays as it is. The timeline stays too: clips keep the names by which it calls
them, and what is bought longer or larger than it asks for is trimmed and scaled by the cutting room.

`python -m callsheet.plan.lowering --table` prints the table of docs/features.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from callsheet.errors import Incapable
from callsheet.features import (
    AnyRequest,
    CharacterSequence,
    DiscountedBatch,
    ImageToVideo,
    Sequence,
    Speech,
    StyledGenerate,
    TextToVideo,
    VariantsBatch,
)
from callsheet.features.batches import ordered_items
from callsheet.media.images import Media
from callsheet.money import Money, PriceList
from callsheet.plan.fitting import fit, models_of
from callsheet.plan.model import Plan, Purchase
from callsheet.plan.quote import price_of
from callsheet.plan.support import support, table
from callsheet.provider.catalogue import CatalogueEntry, catalogue

USUAL_MODEL = str(TextToVideo.model_fields["model"].default)
"""What a request names when nobody chose a model."""
LONGEST_PROMPT = 4000
"""Characters of a request's prompt."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True)
class Lowered:
    """A plan as it is bought, and what about it is other than the brief asked for, one line each."""

    plan: Plan
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Part:
    """One order that a purchase comes to: the name of its purchase, its request, the names of its clips."""

    id: str
    request: AnyRequest
    clips: tuple[str, ...]


def lower(plan: Plan, entry: CatalogueEntry, prices: PriceList, model: str | None = None) -> Lowered:
    """`plan` for the provider `entry`, at `prices`; `model` is the one that the settings name.

    Raises `Incapable` when a purchase can't be made there, naming what could.
    """
    models_of(entry, model)
    purchases: list[Purchase] = []
    notes: dict[str, list[str]] = {}
    used = plan.shown
    for purchase in plan.purchases:
        if isinstance(purchase.request, Speech):  # another seller's: see callsheet.plan.speech
            purchases.append(purchase)
            continue
        for bought, said in _orders(purchase, entry, prices, model, used, plan.price_list):
            if bought is not None:
                purchases.append(bought)
            for note in said:
                notes.setdefault(note, []).append(purchase.id if bought is None else bought.id)
    # Not `model_copy`: it would take the total and the digest along, where they have been asked for before.
    fields: dict[str, Any] = {name: getattr(plan, name) for name in Plan.model_fields}
    lowered = Plan(**fields | {"purchases": tuple(purchases), "price_list": prices.name})
    return Lowered(lowered, tuple(f"{', '.join(names)}: {note}" for note, names in notes.items()))


def parts_of(
    purchase: Purchase, entry: CatalogueEntry, prices: PriceList, model: str | None = None
) -> tuple[Purchase, ...]:
    """The orders that one purchase comes to at the provider `entry`, itself where it is sold as it is.

    All its clips come of them, under their names. Raises `Incapable` as `lower` does.
    """
    models_of(entry, model)
    found = _orders(purchase, entry, prices, model, frozenset(purchase.clips), prices.name)
    return tuple(bought for bought, _ in found if bought is not None)


def _orders(
    purchase: Purchase,
    entry: CatalogueEntry,
    prices: PriceList,
    model: str | None,
    used: frozenset[str],
    price_list: str,
) -> Iterator[tuple[Purchase | None, Iterable[str]]]:
    """What is said of the purchase itself, and then each order that it comes to with what is said of that."""
    parts, said = _parts(purchase, entry, prices, used)
    yield None, said
    for part in parts:
        yield _priced(part, purchase, price_list, entry, prices, model)


def _parts(
    purchase: Purchase, entry: CatalogueEntry, prices: PriceList, used: frozenset[str]
) -> tuple[list[_Part], list[str]]:
    """The orders that a purchase comes to here, itself where it is sold, and what is said about them."""
    request = purchase.request
    found = support(request.feature, entry)
    if found.kind == "refused":
        able = [name for name in catalogue() if request.feature in catalogue()[name]["features"]]
        who = f"{', '.join(able)} would" if able else "no provider in the catalogue does"
        raise Incapable(f"{purchase.id}: {entry.name} does not offer {request.feature}; {who}")
    if found.kind == "native":
        return [_Part(purchase.id, request, purchase.clips)], []
    match request:
        case Sequence() | CharacterSequence():
            return _shot_by_shot(purchase, request, entry, used)
        case StyledGenerate():
            said = [f"text to video in the words of {request.style_preset}; its strength can't be ordered"]
            return [_Part(purchase.id, _in_style(request), purchase.clips)], said
        case VariantsBatch() | DiscountedBatch():
            return _one_by_one(purchase, request, prices, used)
        case _:
            return [_Part(purchase.id, request, purchase.clips)], [f"{request.feature}: {found.how}"]


def _shot_by_shot(
    purchase: Purchase, request: Sequence | CharacterSequence, entry: CatalogueEntry, used: frozenset[str]
) -> tuple[list[_Part], list[str]]:
    """Each shot by itself. A shot that the cut does not use, since another take of it is bought, is left out."""
    image = request.character_reference if isinstance(request, CharacterSequence) else request.reference_image
    if isinstance(image, Media) and "image_to_video" in entry.features:
        said = "each shot is ordered by itself, as an animation of the reference image"
    elif image is None:
        said = "each shot is ordered by itself; only its words keep it like the others"
    else:
        image = None
        said = "each shot is ordered by itself; only its words keep it like the others, the reference image is not used"
    first = image if isinstance(image, Media) else None
    wanted = [clip in used for clip in purchase.clips]
    shots = [
        _Part(name, _shot(shot, request, first), (clip,))
        for name, clip, shot, needed in zip(_names(purchase), purchase.clips, _shots(request), wanted, strict=True)
        if needed or not any(wanted)
    ]
    return shots, [said]


def _shots(request: Sequence | CharacterSequence) -> Iterable[Any]:
    return request.shots if isinstance(request, Sequence) else request.scenes


def _shot(shot: Any, request: Sequence | CharacterSequence, image: Media | None) -> AnyRequest:
    fields = {"duration": shot.duration, "resolution": request.resolution, "seed": request.seed}
    if image is not None:
        return ImageToVideo(image=image, animation_prompt=shot.prompt, **fields)
    return TextToVideo(prompt=shot.prompt, camera_movement=getattr(shot, "camera", None), **fields)


def _in_style(request: StyledGenerate) -> TextToVideo:
    """The preset is said by the field `style`, which every dialect brings into the prompt where it has no field."""
    words = [
        name.replace("_", " ") + ("" if value is True else f" {value}")
        for name, value in request.custom_style.items()
        if value is not False
    ]
    prompt = ", ".join([request.prompt, *words])
    if len(prompt) > LONGEST_PROMPT:
        raise Incapable(f"the prompt and its custom style have {len(prompt)} characters and may have {LONGEST_PROMPT}")
    return TextToVideo(
        prompt=prompt,
        style=request.style_preset,
        duration=request.duration,
        resolution=request.resolution,
        seed=request.seed,
    )


def _one_by_one(
    purchase: Purchase, request: VariantsBatch | DiscountedBatch, prices: PriceList, used: frozenset[str]
) -> tuple[list[_Part], list[str]]:
    """Each item by itself. One that the cut does not use, since another take of it is bought, is left out."""
    named = zip(_names(purchase), ordered_items(request), purchase.clips, strict=True)
    needed = used & set(purchase.clips) or set(purchase.clips)
    parts = [_Part(name, item, (clip,)) for name, item, clip in named if clip in needed]
    said = f"{len(parts)} orders instead of one batch"
    if isinstance(request, DiscountedBatch) and request.apply_discount:
        off = prices.on(prices.newest).batch_discount.get(request.priority)
        said += f", without its discount{f' of {off:.0%}' if off else ''}"
    return parts, [said]


def _names(purchase: Purchase) -> Iterator[str]:
    """Names for the purchases of single clips: the clips' own where they can be names."""
    for number, clip in enumerate(purchase.clips, 1):
        yield clip if _NAME.fullmatch(clip) else f"{purchase.id[:50]}-{number}"


def _priced(
    part: _Part, purchase: Purchase, price_list: str, entry: CatalogueEntry, prices: PriceList, model: str | None
) -> tuple[Purchase, tuple[str, ...]]:
    """The purchase of one order, in a length and size that are sold."""
    request, whose = part.request, model
    notes: tuple[str, ...] = ()
    if isinstance(request, TextToVideo | ImageToVideo):
        if isinstance(request, TextToVideo) and request.model != USUAL_MODEL:
            whose = model or request.model
        found = fit(request.feature, request.resolution, request.duration, entry, whose)
        change: dict[str, Any] = {"duration": found.seconds, "resolution": found.resolution}
        if isinstance(request, TextToVideo) and model is not None:
            change["model"] = model
        changed = {name: value for name, value in change.items() if getattr(request, name) != value}
        request = request.model_copy(update=changed) if changed else request
        notes, whose = found.notes, found.model
    price = _price(request, purchase, price_list, prices, whose)
    unlike = {"id": part.id, "clips": part.clips, "request": request, "price": price}
    return purchase.model_copy(update=unlike), notes


def _price(request: AnyRequest, purchase: Purchase, price_list: str, prices: PriceList, model: str | None) -> Money:
    try:
        return price_of(request, prices, model=model)
    except ValueError as error:  # it is billed by a clip that only its planner knows
        if request == purchase.request and price_list == prices.name:
            return purchase.price
        raise Incapable(f"{purchase.id}: {error}; it has to be planned at the prices of {prices.name}") from error


if __name__ == "__main__":
    if sys.argv[1:] != ["--table"]:
        raise SystemExit("usage: python -m callsheet.plan.lowering --table")
    sys.stdout.write(table() + "\n")
