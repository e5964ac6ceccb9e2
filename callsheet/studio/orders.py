"""What the studio's books may hold beside the thirteen features: orders that only the studio itself takes or makes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from callsheet.features import LONGEST_GENERATION, AnyRequest, StyledGenerate, TextToVideo

LONGEST_REMIX = 120
"""Seconds: of the longest video that can be remixed, an extended one (OpenAI, Videos API guide)."""
LONGEST_TAKE = 60
"""Seconds of a clip in the extended mode: what an input of the studio may have, so that it can be worked on."""

_Long = Annotated[int, Field(gt=LONGEST_GENERATION, le=LONGEST_TAKE)]


class Remix(TextToVideo):
    """A scene filmed anew by other words, in the place and with the chances of the one that it repeats."""

    feature: Literal["remix"] = "remix"  # type: ignore[assignment]
    duration: Annotated[int, Field(ge=1, le=LONGEST_REMIX)]
    scene_seed: int
    world_seed: int


class LongTextToVideo(TextToVideo):
    """A text to video in the extended mode. Callsheet's own requests keep to one generation; a customer's need not."""

    feature: Literal["long_text_to_video"] = "long_text_to_video"  # type: ignore[assignment]
    duration: _Long


class LongStyledGenerate(StyledGenerate):
    """A styled clip in the extended mode."""

    feature: Literal["long_styled_generate"] = "long_styled_generate"  # type: ignore[assignment]
    duration: _Long


Order = AnyRequest | Remix | LongTextToVideo | LongStyledGenerate
ORDER: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="feature")])
"""Reads an order of the books back from its JSON."""
LONG = {"text_to_video": "long_text_to_video", "styled_generate": "long_styled_generate"}
"""The features that have an extended mode, and what an order in it is called in the books."""


def feature_of(name: str) -> str:
    """The feature that is sold, of an order of the books."""
    return next((feature for feature, long in LONG.items() if long == name), name)


def mode_of(feature: str, duration: Any) -> str:
    """The extended mode of a feature where so many seconds need it, else the feature itself."""
    try:
        longer = float(duration) > LONGEST_GENERATION
    except (TypeError, ValueError, OverflowError):
        longer = False
    return LONG.get(feature, feature) if longer else feature
