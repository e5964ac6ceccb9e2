"""Features that make new clips: from text, from an image, several shots that belong together, in a style."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from callsheet.features.request import Prompt, Request, Resolution, Seconds, Share, Style, Transition, Url, Words
from callsheet.media.images import Media
from callsheet.prompts import length_advice


class TextToVideo(Request):
    path: ClassVar[str] = "/generate"
    feature: Literal["text_to_video"] = "text_to_video"
    model: Words = "sora-2"
    prompt: Prompt
    duration: Seconds
    resolution: Resolution
    audio: bool = True
    quality: Literal["standard", "high"] = "high"
    style: Style | None = None
    camera_movement: Words | None = None
    emphasis: tuple[Words, ...] = Field(default=(), max_length=10)

    def billed(self) -> tuple[tuple[str, int], ...]:
        return ((self.resolution, self.duration),)

    def advice(self) -> list[str]:
        return length_advice("prompt", self.prompt)


class ImageToVideo(Request):
    """`resolution` is an addition to the published fields: without it only the default size could be ordered."""

    path: ClassVar[str] = "/image-to-video"
    feature: Literal["image_to_video"] = "image_to_video"
    image: Media
    animation_prompt: Prompt
    duration: Seconds = 5
    preserve_style: bool = True
    motion_intensity: Literal["low", "medium", "high"] = "medium"
    loop_seamless: bool = False
    resolution: Resolution = "1080p"

    def files(self) -> dict[str, Media]:
        return {"image": self.image}

    def billed(self) -> tuple[tuple[str, int], ...]:
        return ((self.resolution, self.duration),)

    def advice(self) -> list[str]:
        found = length_advice("animation_prompt", self.animation_prompt)
        if not 3 <= self.duration <= 8:
            found.append(f"duration: {self.duration} s; 3 to 8 s are advised for an animated image")
        if self.motion_intensity == "high":
            found.append("motion_intensity: high can damage the style of the image; low or medium is advised")
        return found


class SequenceShot(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    shot_number: int = Field(default=0, ge=0, le=999)
    duration: Seconds
    prompt: Prompt
    camera: Words | None = None


class Consistency(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    characters: bool = True
    environment: bool = True
    lighting: bool = True
    color_grade: bool = True


class Sequence(Request):
    """Shots are numbered from 1 where no number is given. `resolution` is an addition, as in `ImageToVideo`."""

    path: ClassVar[str] = "/sequence"
    feature: Literal["sequence"] = "sequence"
    shots: tuple[SequenceShot, ...] = Field(min_length=1, max_length=50)
    maintain_consistency: Consistency = Consistency()
    transition_style: Transition = "cut"
    reference_image: Media | Url | None = None
    resolution: Resolution = "1080p"

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, data: Any) -> Any:
        shots = data.get("shots") if isinstance(data, dict) else None
        if not isinstance(shots, list | tuple):
            return data
        plain = [shot.model_dump() if isinstance(shot, SequenceShot) else shot for shot in shots]
        numbered = [{**s, "shot_number": s.get("shot_number") or n} if isinstance(s, dict) else s
                    for n, s in enumerate(plain, 1)]  # fmt: skip
        return {**data, "shots": numbered}

    @model_validator(mode="after")
    def _numbers_differ(self) -> Sequence:
        numbers = [shot.shot_number for shot in self.shots]
        if len(set(numbers)) != len(numbers):
            raise ValueError("every shot_number may stand only once")
        return self

    def media(self) -> tuple[Media, ...]:
        return (self.reference_image,) if isinstance(self.reference_image, Media) else ()

    def billed(self) -> tuple[tuple[str, int], ...]:
        return tuple((self.resolution, shot.duration) for shot in self.shots)

    def advice(self) -> list[str]:
        return [line for n, shot in enumerate(self.shots) for line in length_advice(f"shots[{n}].prompt", shot.prompt)]


class CharacterScene(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Prompt
    duration: Seconds = 5


class CharacterSequence(Request):
    path: ClassVar[str] = "/character-sequence"
    feature: Literal["character_sequence"] = "character_sequence"
    character_reference: Media
    scenes: tuple[CharacterScene, ...] = Field(min_length=1, max_length=50)
    character_consistency_weight: Share = 0.9
    allow_costume_change: bool = False
    resolution: Resolution = "1080p"

    @model_validator(mode="before")
    @classmethod
    def _plain_scenes(cls, data: Any) -> Any:
        """A scene may be written as its prompt alone, as the article's examples do."""
        if isinstance(data, dict) and isinstance(data.get("scenes"), list | tuple):
            scenes = [{"prompt": scene} if isinstance(scene, str) else scene for scene in data["scenes"]]
            return {**data, "scenes": scenes}
        return data

    def files(self) -> dict[str, Media]:
        return {"character_reference": self.character_reference}

    def billed(self) -> tuple[tuple[str, int], ...]:
        return tuple((self.resolution, scene.duration) for scene in self.scenes)


class StyledGenerate(Request):
    path: ClassVar[str] = "/styled-generate"
    feature: Literal["styled_generate"] = "styled_generate"
    prompt: Prompt
    style_preset: Style
    style_strength: Share = 0.8
    audio_match_style: bool = True
    custom_style: dict[Words, bool | float | Words] = Field(default_factory=dict, max_length=20)
    duration: Seconds = 5
    resolution: Resolution = "1080p"

    def billed(self) -> tuple[tuple[str, int], ...]:
        return ((self.resolution, self.duration),)

    def advice(self) -> list[str]:
        return length_advice("prompt", self.prompt)
