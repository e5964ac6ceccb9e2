"""What the studio's books may hold beside the thirteen features: orders that only the studio itself makes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from callsheet.features import AnyRequest, TextToVideo

LONGEST_REMIX = 120
"""Seconds: of the longest video that can be remixed, an extended one (OpenAI, Videos API guide)."""


class Remix(TextToVideo):
    """A scene filmed anew by other words, in the place and with the chances of the one that it repeats."""

    feature: Literal["remix"] = "remix"  # type: ignore[assignment]
    duration: Annotated[int, Field(ge=1, le=LONGEST_REMIX)]
    scene_seed: int
    world_seed: int


ORDER: TypeAdapter[AnyRequest | Remix] = TypeAdapter(Annotated[AnyRequest | Remix, Field(discriminator="feature")])
"""Reads an order of the books back from its JSON."""
