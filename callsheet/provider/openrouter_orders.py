"""From our requests to orders of OpenRouter's `/videos`, and from its discovery of models to what each sells."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from callsheet.errors import Incapable
from callsheet.features import AnyRequest, Extension, ImageToVideo, TextToVideo
from callsheet.money import ASPECTS, frame_size
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.offer import Model
from callsheet.provider.video_orders import said_in_words, video_id

RESOLUTIONS = ("480p", "720p", "1080p", "4K")


@dataclass(frozen=True)
class Offered:
    """A model as the discovery tells of it. What is None is not limited, or not told.

    `prices` are in USD by the name of the price, as they are told: the names differ from model to model.
    """

    name: str
    sizes: frozenset[str] | None
    shapes: frozenset[tuple[str, str]] | None
    seconds: tuple[int, ...] | None
    first_frame: bool
    audio: bool | None
    seed: bool
    prices: Mapping[str, Decimal]

    def model(self) -> Model:
        """The same in the words of the catalogue."""
        features = ("text_to_video", *(["image_to_video"] if self.first_frame else []))
        sizes = None if self.sizes is None else tuple(sorted(self.sizes | {_size(*s) for s in self.shapes or ()}))
        return Model(name=self.name, features=features, sizes=sizes, seconds=self.seconds, audio=self.audio)


def offered(item: Mapping[str, Any]) -> Offered:
    """A model of the discovery's list. Raises `ValueError` for one that has no name."""
    name = item.get("id")
    if not isinstance(name, str):
        raise ValueError("a model has no id")
    resolutions, aspects = _texts(item, "supported_resolutions"), _texts(item, "supported_aspect_ratios")
    shapes = None
    if resolutions is not None and aspects is not None:
        known = {resolution.lower(): resolution for resolution in RESOLUTIONS}
        shapes = frozenset((r, a) for r in resolutions if r.lower() in known for a in aspects if a in ASPECTS)
    seconds = item.get("supported_durations")
    prices = item.get("pricing_skus")
    return Offered(
        name=name,
        sizes=_texts(item, "supported_sizes"),
        shapes=shapes,
        seconds=tuple(int(n) for n in seconds if isinstance(n, int)) if isinstance(seconds, list) else None,
        first_frame="first_frame" in (_texts(item, "supported_frame_images") or ()),
        audio=item.get("generate_audio") if isinstance(item.get("generate_audio"), bool) else None,
        seed=item.get("seed") is True,
        prices={str(sku): _amount(price) for sku, price in prices.items()} if isinstance(prices, dict) else {},
    )


def order_body(
    request: AnyRequest, entry: CatalogueEntry, model: Offered, media: Mapping[str, bytes]
) -> dict[str, Any]:
    """The JSON of an order. Raises `Incapable` when the model does not sell it, naming what it sells."""
    body: dict[str, Any] = {"model": model.name, "prompt": said_in_words(request)}
    if isinstance(request, Extension):
        if request.direction != "after":
            raise Incapable(f"{entry.name} extends a video at its end only")
        seconds = request.extension_duration
        body["previous_job_id"] = video_id(str(request.video_url), entry)
    elif isinstance(request, TextToVideo | ImageToVideo):
        seconds = request.duration
        body |= _frame(request, entry, model)
    else:
        raise Incapable(f"{entry.name} does not offer {request.feature}")
    if model.seconds is not None and seconds not in model.seconds:
        raise _not_sold(entry, model, request.feature, f"of {seconds} s")
    if isinstance(request, TextToVideo) and model.audio:
        body["generate_audio"] = request.audio
    if isinstance(request, ImageToVideo):
        if not model.first_frame:
            raise _not_sold(entry, model, request.feature, "")
        data = base64.b64encode(media.get(request.image.sha256, b"")).decode()
        image = {"url": f"data:{request.image.media_type};base64,{data}"}
        body["frame_images"] = [{"type": "image_url", "image_url": image, "frame_type": "first_frame"}]
    if request.seed is not None and model.seed:
        body["seed"] = request.seed
    return {**body, "duration": seconds}


def _frame(request: TextToVideo | ImageToVideo, entry: CatalogueEntry, model: Offered) -> dict[str, str]:
    """Size, or resolution and aspect: whichever of them the model knows the frame by."""
    width, height = frame_size(request.resolution)
    size = f"{width}x{height}"
    if model.sizes is None and model.shapes is None:
        return {"size": size}
    if model.sizes is not None and size in model.sizes:
        return {"size": size}
    for resolution, aspect in sorted(model.shapes or ()):
        if _size(resolution, aspect) == size:
            return {"resolution": resolution, "aspect_ratio": aspect}
    raise _not_sold(entry, model, request.feature, f"at {size}")


def _not_sold(entry: CatalogueEntry, model: Offered, feature: str, asked: str) -> Incapable:
    return Incapable(f"{entry.name}: {feature} {asked}".rstrip() + f" is not sold; {model.model()}")


def _size(resolution: str, aspect: str) -> str:
    width, height = frame_size(resolution, aspect)
    return f"{width}x{height}"


def _texts(item: Mapping[str, Any], name: str) -> frozenset[str] | None:
    values = item.get(name)
    return frozenset(map(str, values)) if isinstance(values, list) else None


def _amount(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no price") from None
