"""The words that our OTIO files have of their own: keys in the metadata, and kinds of pictures that we draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEY = "callsheet"
SETTINGS = ("fps", "width", "height", "language", "voice", "loudness_lufs", "burnt", "look")
SHOT = ("fit", "gain_db", "mute")
BUCKET = "bucket"
"""The key under which a clip has its address in the bucket."""
PICTURE = "picture"
CARD = "callsheet.card"
TITLE = "callsheet.title"


def facts_of(thing: Any) -> dict[str, Any]:
    """What stands in an OTIO object's metadata under ``callsheet``, as plain Python; empty where there is nothing."""
    found = thing.metadata.get(KEY)
    return plain(found) if isinstance(found, Mapping) else {}


def plain(value: Any) -> Any:
    """OTIO's own dictionaries and vectors as dict and list."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    try:
        return [plain(inner) for inner in value]
    except TypeError:
        return value


def worded(value: Any) -> Any:
    """A value for OTIO's metadata: fractions as text, for OTIO reads one in eleven of them a last digit off."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return {name: worded(inner) for name, inner in value.items()}
    return [worded(inner) for inner in value] if isinstance(value, list | tuple) else value
