"""From the words of an edit to a change that the studio can make: a light, a weather, a season, a perspective."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

from callsheet.features import PerspectiveChange, SceneEvolution

_DEGREES = re.compile(r"(\d{1,3}) ?(?:degrees?\b|deg\b|°|度)")


@cache
def _vocabulary() -> dict[str, dict[str, list[str]]]:
    file = resources.files("callsheet").joinpath("data", "studio", "edits.json")
    words: dict[str, dict[str, list[str]]] = json.loads(file.read_text(encoding="utf-8"))["words"]
    return words


def edit_of(url: str, prompt: str) -> SceneEvolution | PerspectiveChange | None:
    """The change of the clip at `url` that a prompt in English or Chinese asks for, None when it names none.

    A perspective goes before all else: it can't be ordered together with another change.
    """
    perspective = _first("perspective", prompt)
    if perspective is not None:
        degrees = _DEGREES.search(prompt)
        name = f"{perspective}_{degrees[1]}deg" if degrees else perspective
        return PerspectiveChange(video_url=url, new_perspective=name)
    states = {kind: _first(kind, prompt) for kind in ("lighting", "weather", "season")}
    named = {kind: state for kind, state in states.items() if state is not None}
    return SceneEvolution.model_validate({"video_url": url, **named}) if named else None


def _first(kind: str, prompt: str) -> str | None:
    """The state whose word stands last in the prompt: `from day to night` ends at night."""
    found: list[tuple[int, int, str]] = []
    text = prompt.lower()
    for state, words in _vocabulary()[kind].items():
        for word in words:
            pattern = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
            found += [(match.end(), match.end() - match.start(), state) for match in re.finditer(pattern, text)]
    return max(found)[2] if found else None
