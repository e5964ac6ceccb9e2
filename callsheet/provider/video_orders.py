"""From our requests to orders of `/v1/videos`: which model, size and length, and everything else said in the prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from callsheet.errors import Incapable
from callsheet.features import AnyRequest, Extension, ImageToVideo, PerspectiveChange, SceneEvolution, TextToVideo
from callsheet.media.images import Media
from callsheet.money import frame_size
from callsheet.prompts import phrases, style_words
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.offer import Model

LONGEST_PROMPT = 32_000
"""Characters (OpenAI, Videos API reference)."""
_CONTENT = re.compile(r"/videos/([^/]+)/content$")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class VideoOrder:
    """What is sent: path, text fields, the video it works on, and the image that it begins with.

    `size` is (width, height), which the image must have too.
    """

    path: str
    fields: dict[str, str]
    video: str | None = None
    image: Media | None = None
    size: tuple[int, int] | None = None


def video_order(request: AnyRequest, entry: CatalogueEntry, model: str | None) -> VideoOrder:
    """The order for a request; `model` is what the settings name. Raises `Incapable` when it is not sold."""
    if isinstance(request, TextToVideo):
        asked = None if request.model == _usual(entry) else request.model
        return _create(request, request.duration, request.resolution, entry, model or asked)
    if isinstance(request, ImageToVideo):
        return _create(request, request.duration, request.resolution, entry, model)
    if isinstance(request, Extension):
        if request.direction != "after":
            raise Incapable(f"{entry.name} extends a video at its end only")
        _choose(entry, model, request.feature, None, request.extension_duration)
        fields = {"prompt": _fit(request.extension_prompt), "seconds": str(request.extension_duration)}
        return VideoOrder("videos/extensions", fields, video=video_id(str(request.video_url), entry))
    if isinstance(request, PerspectiveChange | SceneEvolution):
        _choose(entry, model, request.feature, None, None)
        return VideoOrder("videos/edits", {"prompt": _edit(request)}, video=video_id(str(request.video_url), entry))
    raise Incapable(f"{entry.name} does not offer {request.feature}")


def said_in_words(request: AnyRequest) -> str:
    """The prompt, with what has no field of its own said in words after it. Raises `Incapable` for what has none."""
    if isinstance(request, TextToVideo):
        return _prompt(request)
    if isinstance(request, ImageToVideo):
        return _animation(request)
    if isinstance(request, Extension):
        return request.extension_prompt
    raise Incapable(f"{request.feature} can't be said in a prompt alone")


def video_id(url: str, entry: CatalogueEntry) -> str:
    """The id in the address of a clip that this kind of server made."""
    found = _CONTENT.search(urlsplit(url).path)
    if found is None:
        raise Incapable(f"{entry.name} works on its own videos, …/videos/ID/content; {url} is none")
    return unquote(found[1])


def _usual(entry: CatalogueEntry) -> str | None:
    """The model that our requests name when nobody chose one: it leaves the choice open here."""
    default = str(TextToVideo.model_fields["model"].default)
    names = [model.name for model in entry.models]
    return default if names[:1] == [default] or default not in names else None


def _create(
    request: TextToVideo | ImageToVideo,
    seconds: int,
    resolution: str,
    entry: CatalogueEntry,
    wished: str | None,
) -> VideoOrder:
    width, height = frame_size(resolution)
    size = f"{width}x{height}"
    name = _choose(entry, wished, request.feature, size, seconds)
    if name is None and entry.quirks.needs_model:
        raise Incapable(f"{entry.name} needs the name of a model that it is configured for")
    fields = {} if name is None else {"model": name}
    fields |= {"prompt": _fit(said_in_words(request)), "seconds": str(seconds), "size": size}
    if request.seed is not None and entry.quirks.seed:
        fields["seed"] = str(request.seed)
    image = request.image if isinstance(request, ImageToVideo) else None
    return VideoOrder("videos", fields, image=image, size=(width, height))


def _choose(
    entry: CatalogueEntry, wished: str | None, feature: str, size: str | None, seconds: int | None
) -> str | None:
    """The model's name on the wire: the first in the catalogue that sells what is asked, or the one that is wished."""
    named = [model for model in entry.models if wished is not None and model.name == wished]
    models = named or [model for model in entry.models if wished is None or model.name is None]
    for model in models:
        if model.sells(feature, size, seconds):
            return wished or model.name
    asked = f"{feature} of {seconds} s at {size}" if size else feature + (f" of {seconds} s" if seconds else "")
    raise Incapable(f"{entry.name}: {asked} is not sold{_who_can(models or list(entry.models))}")


def _who_can(models: list[Model]) -> str:
    return "; " + "; ".join(str(model) for model in models) if models else ""


def _fit(prompt: str) -> str:
    if len(prompt) > LONGEST_PROMPT:
        raise Incapable(f"the prompt has {len(prompt)} characters and may have {LONGEST_PROMPT}")
    return prompt


def _language(text: str) -> str:
    return "zh" if _CHINESE.search(text) else "en"


def _joined(parts: list[str], language: str) -> str:
    return ("，" if language == "zh" else ", ").join(part for part in parts if part)


def _prompt(request: TextToVideo) -> str:
    language = _language(request.prompt)
    words = phrases("openai-videos")[language]
    parts = [request.prompt]
    if request.style:
        parts.append(style_words(request.style, language))
    if request.camera_movement:
        parts.append(words["camera"].format(request.camera_movement.replace("_", " ")))
    if request.emphasis:
        parts.append(words["emphasis"].format(_joined(list(request.emphasis), language)))
    return _joined(parts, language)


def _animation(request: ImageToVideo) -> str:
    language = _language(request.animation_prompt)
    words = phrases("openai-videos")[language]
    parts = [request.animation_prompt, words["motion"][request.motion_intensity]]
    parts += [words[name] for name in ("preserve_style", "loop_seamless") if getattr(request, name)]
    return _joined(parts, language)


def _edit(request: PerspectiveChange | SceneEvolution) -> str:
    words = phrases("openai-videos")["en"]
    if isinstance(request, PerspectiveChange):
        view: str = words["perspective"].format(request.new_perspective.replace("_", " ").replace("deg", " degrees"))
        return view
    states: Mapping[str, str] = words["states"]
    changes = [states[state] for state in (request.lighting, request.weather, request.season) if state]
    evolved: str = words["evolution"].format(_joined(changes, "en"))
    return evolved
