"""Shapes in which customers write an order, brought to that of its request model."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

LONGEST_LITERAL = 10_000
"""Characters of a scene as Python writes it: more than its longest prompt needs."""
_BARE_NAME = re.compile(r"^(?=.*[^.])[^/\\\x00-\x1f:]{1,255}$")


def form_part(text: str) -> Any:
    """A part of a form: plain text, or a list or an object in JSON or, as form libraries send one, in Python's words.

    Raises `ValueError` for what begins as a list or an object and is none.
    """
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError:
        return _python(text)


def _python(text: str) -> Any:
    """A dict or list of texts and numbers as `str` writes it; nothing is evaluated."""
    if len(text) > LONGEST_LITERAL:
        raise ValueError("it is too long")
    try:
        found = ast.literal_eval(text)
        json.dumps(found, allow_nan=False)
    except (TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("it is neither JSON nor a literal of Python") from error
    return found


def clips_of_shots(fields: dict[str, Any]) -> None:
    """Shots as a sequence's reply has them stand for their clips, so that a work can be ordered of what came back."""
    clips = fields.get("video_clips")
    if isinstance(clips, list):
        fields["video_clips"] = [c["video_url"] if isinstance(c, dict) and "video_url" in c else c for c in clips]
    elif clips is None:
        fields.pop("video_clips", None)


def words_of_a_work(fields: dict[str, Any]) -> None:
    """A work of clips that there are needs no words of what is to be seen: its name stands for them."""
    specs, name = fields.get("video_specs"), fields.get("project_name")
    if fields.get("video_clips") and isinstance(specs, dict) and isinstance(name, str) and specs.get("prompt") is None:
        fields["video_specs"] = {**specs, "prompt": name}


def bare_name(value: str) -> bool:
    """Whether a reference is a file's name alone: no folder, no drive, no address, not only dots."""
    return _BARE_NAME.match(value) is not None
