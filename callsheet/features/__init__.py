"""The thirteen features of a video service, one request model for each, and what each is billed on.

A request is what the purchase key and the quote are made from, so it holds nothing that is of one run or one provider:
images are named by their sha256 (`Media`), and the bytes are put beside the request when it is sent. `wire()` gives the
fields as they go to a provider of the `sora` dialect, without the fields that are files.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from callsheet.features.editing import (
    ConsistencyCheck,
    Extension,
    PerspectiveChange,
    SceneEvolution,
    StyleTransfer,
)
from callsheet.features.generation import (
    CharacterScene,
    CharacterSequence,
    Consistency,
    ImageToVideo,
    Sequence,
    SequenceShot,
    StyledGenerate,
    TextToVideo,
)
from callsheet.features.request import LONGEST_GENERATION, Request
from callsheet.features.speech import Speech
from callsheet.features.works import (
    AudioSpecs,
    BackgroundMusic,
    CompleteProduction,
    DiscountedBatch,
    OutputFormat,
    PostProduction,
    VariantsBatch,
    VideoSpecs,
    VoiceOver,
)

AnyRequest = Annotated[
    TextToVideo
    | ImageToVideo
    | Extension
    | PerspectiveChange
    | SceneEvolution
    | Sequence
    | CharacterSequence
    | ConsistencyCheck
    | StyledGenerate
    | StyleTransfer
    | CompleteProduction
    | VariantsBatch
    | DiscountedBatch
    | Speech,
    Field(discriminator="feature"),
]
"""Any of the thirteen, or a spoken line, told apart by `feature`."""

REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)
"""Reads a request back from its JSON."""

FEATURES: dict[str, type[Request]] = {
    model.model_fields["feature"].default: model
    for model in (
        TextToVideo,
        ImageToVideo,
        Extension,
        PerspectiveChange,
        SceneEvolution,
        Sequence,
        CharacterSequence,
        ConsistencyCheck,
        StyledGenerate,
        StyleTransfer,
        CompleteProduction,
        VariantsBatch,
        DiscountedBatch,
    )
}
"""Feature name -> request model."""

__all__ = [
    "FEATURES",
    "LONGEST_GENERATION",
    "REQUEST",
    "AnyRequest",
    "AudioSpecs",
    "BackgroundMusic",
    "CharacterScene",
    "CharacterSequence",
    "CompleteProduction",
    "Consistency",
    "ConsistencyCheck",
    "DiscountedBatch",
    "Extension",
    "ImageToVideo",
    "OutputFormat",
    "PerspectiveChange",
    "PostProduction",
    "Request",
    "SceneEvolution",
    "Sequence",
    "SequenceShot",
    "Speech",
    "StyleTransfer",
    "StyledGenerate",
    "TextToVideo",
    "VariantsBatch",
    "VideoSpecs",
    "VoiceOver",
]
