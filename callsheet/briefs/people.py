"""Whether a description names somebody. By a list of words: what is in none of them is not found."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources


def names_somebody(text: str) -> bool:
    """Whether a person is named in Chinese or English words."""
    return bool(_pattern().search(text.casefold()))


@cache
def _pattern() -> re.Pattern[str]:
    file = resources.files("callsheet").joinpath("data", "people.json")
    words = json.loads(file.read_text(encoding="utf-8"))
    english = "|".join(re.escape(word) for word in words["en"])
    return re.compile(rf"(?<![a-z])(?:{english})s?(?![a-z])|{'|'.join(words['zh'])}")
