"""What a batch orders: one text to video for each variation laid over the base, or for each request."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from callsheet.errors import BriefError, Fault
from callsheet.features.generation import TextToVideo
from callsheet.features.request import Words
from callsheet.features.works import DiscountedBatch, VariantsBatch
from callsheet.validation import faults_of


class Variation(TextToVideo):
    """A variation laid over its base: the fields of a text to video, and a tone.

    `color_tone` stands in the published example of this feature, which does not say what becomes of it; here it becomes
    words of the prompt.
    """

    color_tone: Words | None = None

    def as_ordered(self) -> TextToVideo:
        """The text to video that this comes to. Raises `ValidationError` where the tone makes the prompt too long."""
        fields = self.model_dump(exclude={"color_tone"})
        if self.color_tone is not None:
            fields["prompt"] = f"{self.prompt}, {self.color_tone} color tone"
        return TextToVideo.model_validate(fields)


def ordered_items(request: VariantsBatch | DiscountedBatch) -> tuple[TextToVideo, ...]:
    """The texts to video that a batch comes to, in its order.

    Raises `BriefError` with a fault for each wrong field: `variations[2].duration` where the variation has it,
    `base_config.duration` where only the base has.
    """
    if isinstance(request, DiscountedBatch):
        return request.requests
    items: list[TextToVideo] = []
    faults: dict[Fault, None] = {}
    for number, variation in enumerate(request.variations):
        try:
            items.append(Variation.model_validate({**request.base_config, **variation}).as_ordered())
        except ValidationError as error:
            faults |= {_placed(fault, number, variation, request.base_config): None for fault in faults_of(error)}
    if faults:
        raise BriefError([*faults])
    return tuple(items)


def _placed(fault: Fault, number: int, variation: dict[str, Any], base: dict[str, Any]) -> Fault:
    name = re.split(r"[.\[]", fault.field, maxsplit=1)[0]
    place = "base_config" if name in base and name not in variation else f"variations[{number}]"
    return Fault(f"{place}.{fault.field}", fault.value, fault.allowed)
