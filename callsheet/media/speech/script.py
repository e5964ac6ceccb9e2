"""A text made ready to be spoken: cut into sentences, numbers and signs put into words, runs split by their script."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Script = Literal["zh", "en"]

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_CLOSERS = "”’\"'）)」』】》"
# A full stop inside a number (23.5), a name (v1.2, example.com) or an abbreviation (e.g.) ends nothing.
_END = re.compile(
    rf"(?:[。！？；!?;…]+|(?<![.\s][A-Za-z])(?<!Dr)(?<!Mr)(?<!Mrs)(?<!Ms)(?<!vs)\.(?=\s|$|[{_HAN}{_CLOSERS}]))[{_CLOSERS}]*|\n+"
)
_SYLLABLE = re.compile(rf"[{_HAN}]|\d|[A-Za-z]+")
_SHORT = 3
"""A sentence of fewer syllables is spoken together with its neighbour: alone the model swallows or stretches it."""

# A run in the Latin script takes the digits along that belong to it: GPT-4, iPhone 15 Pro, 4K, 3D.
_LATIN_RUN = re.compile(
    r"(?:\d+(?:[.,]\d+)*[\s-]?)?[A-Za-z][A-Za-z0-9'’.\-/]*(?:\s+(?:[A-Za-z][A-Za-z0-9'’.\-/]*|\d+(?=\s+[A-Za-z])))*"
)
PARAGRAPH = 0.7
"""Seconds between two paragraphs."""
_PAUSES = {
    "\n": PARAGRAPH,
    "。": 0.42,
    ".": 0.42,
    "！": 0.42,
    "!": 0.42,
    "？": 0.48,
    "?": 0.48,
    "；": 0.32,
    ";": 0.32,
    "…": 0.6,
}


@dataclass(frozen=True)
class Phrase:
    """A sentence as written, and the pause in seconds that follows it when another one does."""

    text: str
    pause: float


@dataclass(frozen=True)
class Run:
    """Words of one script."""

    script: Script
    text: str


@cache
def _rules() -> dict[str, dict[str, str]]:
    data = json.loads((resources.files("callsheet") / "data" / "spoken-zh.json").read_text(encoding="utf-8"))
    return {name: data[name] for name in ("units", "signs", "currencies")}


def phrases(text: str) -> list[Phrase]:
    """The sentences of a text, in order; very short ones joined to the next, the last one to the one before."""
    out: list[Phrase] = []
    start = 0
    ends = [match.end() for match in _END.finditer(text)]
    waiting = ""
    for end in [*ends, len(text)]:
        piece = text[start:end]
        start = end
        if not _SYLLABLE.search(piece):
            # Punctuation alone, or an empty line: the sentence before ends with it.
            if out and "\n" in piece:
                out[-1] = Phrase(out[-1].text, _PAUSES["\n"])
            continue
        waiting += piece
        if len(_SYLLABLE.findall(waiting)) >= _SHORT:
            out.append(Phrase(" ".join(waiting.split()), _pause(waiting)))
            waiting = ""
    if waiting:
        joined = " ".join(((out.pop().text + " ") if out else "").split() + waiting.split())
        out.append(Phrase(joined, _pause(waiting)))
    return out


def _pause(written: str) -> float:
    last = written.rstrip(" \t" + _CLOSERS)[-1:]
    return _PAUSES.get(last, 0.35)


def runs(text: str, language: str) -> list[Run]:
    """A sentence as runs of one script each, numbers and signs in words of `language`.

    A sentence without any Chinese character is one English run, unless it is a bare number; digits among Chinese
    characters are read in Chinese.
    """
    if not re.search(f"[{_HAN}]", text) and (language.startswith("en") or re.search("[A-Za-z]", text)):
        return [Run("en", text)]
    text = _in_chinese_words(text)
    out: list[Run] = []
    at = 0
    for match in _LATIN_RUN.finditer(text):
        _add(out, "zh", text[at : match.start()])
        _add(out, "en", match.group())
        at = match.end()
    _add(out, "zh", text[at:])
    return out


def _add(out: list[Run], script: Script, text: str) -> None:
    if text.strip():
        out.append(Run(script, text.strip()))


def _in_chinese_words(text: str) -> str:
    rules = _rules()
    signs = "".join(re.escape(sign) for sign in rules["currencies"])
    text = re.sub(
        rf"([{signs}])\s?(\d[\d,]*(?:\.\d+)?)(\s?[万亿])?",
        lambda m: _amount(m[2]) + (m[3] or "").strip() + rules["currencies"][m[1]],
        text,
    )
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(\d{1,2}):(\d{2})(?!\d)", lambda m: f"{m[1]}点" + (f"{m[2]}分" if int(m[2]) else "整"), text)
    text = re.sub(r"(?<=\d)\s?[-~～–—]\s?(?=\d)", "到", text)
    for unit in sorted(rules["units"], key=len, reverse=True):
        text = re.sub(rf"(?<=\d)\s?{re.escape(unit)}(?![A-Za-z])", rules["units"][unit], text)
    for sign, word in rules["signs"].items():
        text = text.replace(sign, word)
    return text


def _amount(digits: str) -> str:
    digits = digits.replace(",", "")
    return re.sub(r"\.0+$", "", digits)
