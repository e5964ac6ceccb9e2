"""Features that yield whole works or many results: complete production, variants, discounted batches."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from callsheet.canonical import canonical_json
from callsheet.features.generation import TextToVideo
from callsheet.features.request import Prompt, Request, Resolution, Style, VideoSource, Words


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VideoSpecs(_Part):
    """`duration` in seconds may pass one generation's limit: a work is joined from shots."""

    prompt: Prompt
    duration: int = Field(ge=1, le=3600)
    resolution: Resolution = "1080p"
    fps: Literal[24, 25, 30, 50, 60] = 30
    style: Style | None = None


class BackgroundMusic(_Part):
    """`volume` is in dB, relative to the voice."""

    enabled: bool = True
    mood: Words = "uplifting"
    volume: float = Field(default=-18, ge=-60, le=0)


class VoiceOver(_Part):
    text: Prompt
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
    voice: Words | None = None


class AudioSpecs(_Part):
    include_ambient: bool = True
    include_foley: bool = True
    background_music: BackgroundMusic = BackgroundMusic()
    voice_over: VoiceOver | None = None


class OutputFormat(_Part):
    video_codec: Literal["h264"] = "h264"
    audio_codec: Literal["aac"] = "aac"
    bitrate: Annotated[str, Field(pattern=r"^\d{1,3}(\.\d)?M$")] = "10M"
    separate_tracks: bool = True


class PostProduction(_Part):
    color_grade: Literal["rec709"] = "rec709"
    export_edl: bool = True
    timecode_start: Annotated[str, Field(pattern=r"^\d\d:[0-5]\d:[0-5]\d:\d\d$")] = "00:00:00:00"


class CompleteProduction(Request):
    """With `video_clips` these are joined; without, the shots are generated from the prompt first."""

    path: ClassVar[str] = "/complete-production"
    sources: ClassVar[tuple[str, ...]] = ("video_clips",)
    feature: Literal["complete_production"] = "complete_production"
    project_name: Words
    video_clips: tuple[VideoSource, ...] = Field(default=(), max_length=200)
    video_specs: VideoSpecs
    audio_specs: AudioSpecs = AudioSpecs()
    output_format: OutputFormat = OutputFormat()
    post_production_ready: PostProduction = PostProduction()

    def billed(self) -> tuple[tuple[str, int], ...]:
        return ((self.video_specs.resolution, self.video_specs.duration),)


def _sendable(value: dict[str, Any]) -> dict[str, Any]:
    """What is sent and digested as it is has to be JSON: no half characters, no NaN."""
    try:
        canonical_json(value).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError("it must be JSON of whole characters and finite numbers") from error
    return value


_Fields = Annotated[dict[str, Any], Field(max_length=50), AfterValidator(_sendable)]


class VariantsBatch(Request):
    """Each variation is laid over `base_config`; the fields that a variation may have are the provider's."""

    path: ClassVar[str] = "/batch-variants"
    feature: Literal["variants_batch"] = "variants_batch"
    base_config: _Fields
    variations: tuple[_Fields, ...] = Field(min_length=1, max_length=100)
    asynchronous: bool = Field(default=True, alias="async")

    def billed(self) -> tuple[tuple[str, int], ...]:
        resolution = str(self.base_config.get("resolution", "1080p"))
        seconds = int(self.base_config.get("duration", 5))
        return tuple((str(v.get("resolution", resolution)), int(v.get("duration", seconds))) for v in self.variations)


class DiscountedBatch(Request):
    path: ClassVar[str] = "/batch"
    feature: Literal["discounted_batch"] = "discounted_batch"
    requests: tuple[TextToVideo, ...] = Field(min_length=1, max_length=500)
    priority: Literal["normal", "high"] = "normal"
    apply_discount: bool = True

    def billed(self) -> tuple[tuple[str, int], ...]:
        return tuple(line for request in self.requests for line in request.billed())

    def advice(self) -> list[str]:
        return [f"requests[{n}].{line}" for n, request in enumerate(self.requests) for line in request.advice()]
