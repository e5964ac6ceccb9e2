"""What the studio refuses to render: a short list of words, so that a refusal can be rehearsed."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources

from callsheet.canonical import canonical_json
from callsheet.features import AnyRequest


@cache
def _words() -> tuple[str, ...]:
    file = resources.files("callsheet").joinpath("data", "studio", "moderation.json")
    return tuple(json.loads(file.read_text(encoding="utf-8"))["refused"])


def refused_word(request: AnyRequest) -> str | None:
    """The first refused word in any text of the request, None when there is none. Latin words match whole."""
    text = canonical_json(request.wire()).lower()
    for word in _words():
        pattern = rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)
        if re.search(pattern, text):
            return word
    return None
