"""Labels of generated pictures: the one that programs read, and the one that people see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from callsheet.media.check.contract import Contract
from callsheet.media.check.facts import Facts
from callsheet.media.check.report import Point

_WORDS = re.compile(r"(AI|人工智能)\s*-?\s*(生成|合成|创作|制作|generated)", re.IGNORECASE)
_OPENING, _STAYS, _HEIGHT = 0.1, 2.0, 0.05
"""A video carries its label on the opening picture, for 2 s at least, in letters of 5 % of the shorter side (GB
45438-2025, as its summaries say; the height is said of pictures)."""


def labels(facts: Facts, contract: Contract, aigc: bool | None) -> Iterator[Point]:
    """`aigc` False: a model made nothing of it, and no label is asked."""
    asked = aigc is not False
    found = facts.container.aigc
    readable = _readable(found)
    limit = "yes" if asked and contract.aigc_metadata else None
    note = "" if found is None or readable else "not the JSON object with a Label that is asked"
    yield Point(name="aigc_metadata", value=readable, limit=limit, passed=readable if limit else None, note=note)
    limit = "yes" if asked and contract.aigc_label else None
    if facts.cues is None:
        note = "known only from the script that was burnt in" if limit else ""
        yield Point(name="aigc_label", value=None, limit=limit, passed=None, note=note)
        return
    shown = _labelled(facts)
    yield Point(name="aigc_label", value=shown, limit=limit, passed=shown if limit else None)


def _readable(text: str | None) -> bool:
    """Whether the value is what GB 45438 asks: a JSON object, or the object ``AIGC`` in one, with a ``Label``."""
    if text is None:
        return False
    try:
        value = json.loads(text)
    except ValueError:
        return False
    if isinstance(value, dict):
        value = value.get("AIGC", value)
    return isinstance(value, dict) and bool(str(value.get("Label", "")).strip())


def _labelled(facts: Facts) -> bool:
    high = _HEIGHT * min(facts.picture.shown) - 1  # letters have no whole pixels
    return any(
        _WORDS.search(" ".join(cue.lines))
        and cue.box is not None
        and cue.box[3] - cue.box[1] >= high
        and cue.start <= _OPENING
        and cue.end - cue.start >= min(_STAYS, facts.container.seconds) - _OPENING
        for cue in facts.cues or ()
    )
