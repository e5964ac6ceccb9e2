"""How long words take to say: an estimate for plans. The cutting room places lines by their measured length."""

from __future__ import annotations

RATE = {"zh": 4.5, "en": 15.0}
"""Characters spoken in a second by the built-in voices."""


def speaking_seconds(text: str, language: str) -> float:
    """Seconds, about, of `text` in a language such as ``zh-CN``."""
    return len(text) / RATE[language.split("-", maxsplit=1)[0]]
