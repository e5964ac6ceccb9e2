"""A spoken line, bought: what a service of speech is asked for. It is no video, and stands beside the thirteen."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from callsheet.features.request import Request

LONGEST_LINE = 4096
"""Characters of one order (the published contract of `POST /v1/audio/speech`, `input`)."""


class Speech(Request):
    """`voice` and `model` are the service's own names. What is kept is a WAV file, whatever format it came in."""

    path: ClassVar[str] = "audio/speech"
    feature: Literal["speech"] = "speech"
    model: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    voice: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINE)]
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    response_format: Literal["wav", "pcm"] = "wav"

    def wire(self) -> dict[str, Any]:
        """The fields of the contract. A speed of 1 is its own default, which some servers refuse to be told."""
        fields = {"model": self.model, "voice": self.voice, "input": self.text, "response_format": self.response_format}
        return fields if self.speed == 1.0 else {**fields, "speed": self.speed}

    def billed(self) -> tuple[tuple[str, int], ...]:
        """Nothing by resolution: see `callsheet.plan.speech`."""
        return ()
