"""What is told of a published file: which work it is, who answers for it, and where each of its clips comes from.

The kinds of source are IPTC's digital source types (cv.iptc.org/newscodes/digitalsourcetype, read 2026-11-22).
"""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SourceType = Literal[
    "trainedAlgorithmicMedia", "algorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"
]
VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Frozen):
    """One clip of a work. `prompt_sha256` always, `prompt` only for those who want it read by everybody."""

    clip: str = Field(description="The name by which the timeline calls it.")
    sha256: str
    purchase_key: str
    provider: str
    model: str | None = None
    prompt_sha256: str
    prompt: str | None = None
    rehearsal: bool = Field(description="Drawn by the studio, not bought.")

    @property
    def source_type(self) -> SourceType:
        """A provider's clip comes from a trained model; the studio draws by rules that were learnt from nothing."""
        return "algorithmicMedia" if self.rehearsal else "trainedAlgorithmicMedia"


class ProvenanceRecord(_Frozen):
    """What is signed with every file of one work. `producer` is who answers for it by GB 45438-2025."""

    production_id: str
    work: str
    title: str
    producer: str
    spoken: bool = Field(description="Whether a synthetic voice speaks: it is of a trained model, in rehearsals too.")
    origins: tuple[Origin, ...]

    @property
    def produce_id(self) -> str:
        """The number of the content at its producer."""
        return f"{self.production_id}/{self.work}"

    @property
    def source_type(self) -> SourceType:
        """Of the work as a whole: a composite, with trained media as soon as a clip or the voice is such."""
        trained = self.spoken or any(not origin.rehearsal for origin in self.origins)
        return "compositeWithTrainedAlgorithmicMedia" if trained else "compositeSynthetic"


def prompt_digest(prompt: str) -> str:
    """SHA-256 of a prompt's UTF-8: whoever has the words can show that they are the ones, nobody can read them."""
    return hashlib.sha256(prompt.encode()).hexdigest()
