"""Features that work on clips there are: extension, change of perspective or scene, style transfer, consistency check.

Extension and re-editing are billed on input plus output seconds (APIYI, Sora 2 video generation features, cost advice
on editing); style transfer on its output, which is as long as its input. The price needs the length of the input, which
a request does not hold: it is asked by `billed_on`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from callsheet.features.request import Move, PictureSource, Prompt, Request, Seconds, Share, VideoSource
from callsheet.prompts import length_advice


class Extension(Request):
    path: ClassVar[str] = "/extend-video"
    sources: ClassVar[tuple[str, ...]] = ("video_url",)
    feature: Literal["extension"] = "extension"
    video_url: VideoSource
    extension_prompt: Prompt
    direction: Literal["before", "after"] = "after"
    extension_duration: Seconds = 5
    maintain_consistency: bool = True

    def billed_on(self, resolution: str, seconds: int) -> tuple[tuple[str, int], ...]:
        return ((resolution, seconds), (resolution, self.extension_duration))

    def advice(self) -> list[str]:
        return length_advice("extension_prompt", self.extension_prompt)


class PerspectiveChange(Request):
    path: ClassVar[str] = "/re-edit"
    sources: ClassVar[tuple[str, ...]] = ("video_url",)
    feature: Literal["perspective_change"] = "perspective_change"
    video_url: VideoSource
    edit_type: Literal["perspective_change"] = "perspective_change"
    new_perspective: Annotated[str, Field(pattern=r"^[a-z][a-z_]*(_\d{1,3}deg)?$", max_length=60)]
    transition_style: Move = "smooth"

    def billed_on(self, resolution: str, seconds: int) -> tuple[tuple[str, int], ...]:
        return ((resolution, seconds), (resolution, seconds))


class SceneEvolution(Request):
    path: ClassVar[str] = "/re-edit"
    sources: ClassVar[tuple[str, ...]] = ("video_url",)
    feature: Literal["scene_evolution"] = "scene_evolution"
    video_url: VideoSource
    edit_type: Literal["scene_evolution"] = "scene_evolution"
    lighting: Literal["dawn", "day", "golden_hour", "dusk", "night"] | None = None
    weather: Literal["sunny", "cloudy", "rainy", "snowy", "foggy", "stormy"] | None = None
    season: Literal["spring", "summer", "autumn", "winter"] | None = None
    transition_style: Move = "smooth"

    def billed_on(self, resolution: str, seconds: int) -> tuple[tuple[str, int], ...]:
        return ((resolution, seconds), (resolution, seconds))

    @model_validator(mode="after")
    def _something_changes(self) -> SceneEvolution:
        if not (self.lighting or self.weather or self.season):
            raise ValueError("one of lighting, weather and season must be given")
        return self


class ConsistencyCheck(Request):
    path: ClassVar[str] = "/consistency-check"
    sources: ClassVar[tuple[str, ...]] = ("video_urls",)
    feature: Literal["consistency_check"] = "consistency_check"
    video_urls: tuple[VideoSource, ...] = Field(min_length=2, max_length=100)
    check_items: tuple[
        Literal["character_appearance", "environment_match", "lighting_continuity", "color_consistency"], ...
    ] = Field(min_length=1)

    def billed(self) -> tuple[tuple[str, int], ...]:
        return ()


class StyleTransfer(Request):
    path: ClassVar[str] = "/style-transfer"
    sources: ClassVar[tuple[str, ...]] = ("content_video_url", "style_reference_url")
    feature: Literal["style_transfer"] = "style_transfer"
    content_video_url: VideoSource
    style_reference_url: PictureSource
    transfer_strength: Share = 0.7
    preserve_motion: bool = True
    temporal_consistency: Share = 0.9

    def billed_on(self, resolution: str, seconds: int) -> tuple[tuple[str, int], ...]:
        return ((resolution, seconds),)
