"""From the six parts of a shot to a prompt, and the style presets.

A prompt names, in this order, what is seen, what it does, where, in which style, through which camera, and what is
heard; a model gives most weight to what comes first. At most 500 characters are advised: past that models lose the
point (APIYI, Sora 2 video generation features, questions 1 and 2).
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict

ADVISED_LENGTH = 500


class PromptParts(BaseModel):
    """The six parts of a prompt; an empty one is left out."""

    model_config = ConfigDict(frozen=True)

    subject: str
    action: str = ""
    scene: str = ""
    style: str = ""
    camera: str = ""
    audio: str = ""


def build_prompt(parts: PromptParts, language: str = "en-US") -> str:
    """Joins the parts in their order, with the comma of the language."""
    comma = "，" if language.startswith("zh") else ", "
    ordered = (parts.subject, parts.action, parts.scene, parts.style, parts.camera, parts.audio)
    return comma.join(part.strip(" ,，.。") for part in ordered if part.strip(" ,，.。"))


def length_advice(field: str, prompt: str) -> list[str]:
    """A warning when the prompt is longer than is advised; it is still sent as it is."""
    if len(prompt) <= ADVISED_LENGTH:
        return []
    return [f"{field}: {len(prompt)} characters; at most {ADVISED_LENGTH} are advised"]


@cache
def _presets() -> dict[str, Any]:
    file = resources.files("callsheet").joinpath("data", "styles", "presets.json")
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


def presets() -> dict[str, Any]:
    """Every style preset by name: `group`, and its words in `zh` and `en`."""
    return dict(_presets()["presets"])


def style_names() -> tuple[str, ...]:
    """Every style preset by its name on the wire."""
    return tuple(_presets()["presets"])


def style_words(name: str, language: str) -> str:
    """The preset in the words of a prompt."""
    preset = _presets()["presets"][name]
    return str(preset["zh" if language.startswith("zh") else "en"])


def styles_for(content: str) -> tuple[str, ...]:
    """The presets advised for `advertising`, `education`, `art` or `social` content, the first one preferred."""
    return tuple(_presets()["by_content"][content])


@cache
def phrases(product: str) -> dict[str, Any]:
    """The wording of one product's shots by language: `callsheet/data/prompts/<product>.json`."""
    file = resources.files("callsheet").joinpath("data", "prompts", f"{product}.json")
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data
