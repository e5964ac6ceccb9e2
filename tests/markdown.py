"""Reads what the documentation shows: fenced examples, tables, links, names in code style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = tuple(
    sorted([*(ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG"))])
    + sorted((ROOT / "docs").rglob("*.md"))
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Example:
    """A fenced block: the page it stands on, its language, its text."""

    page: str
    language: str
    text: str


@cache
def text_of(page: str) -> str:
    """The text of a page, by its path from the root."""
    return (ROOT / page).read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def examples(language: str, page: str | None = None) -> list[Example]:
    """All fenced blocks of a language, on one page or on all."""
    pages = [page] if page else [name_of(path) for path in PAGES]
    return [
        Example(name, language, match[2])
        for name in pages
        for match in _FENCE.finditer(text_of(name))
        if match[1] == language
    ]


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


def links(page: str) -> list[str]:
    """Targets of all links and pictures."""
    return _LINK.findall(prose(page))


def codes(text: str) -> list[str]:
    """Everything in code style, without the marks."""
    return _CODE.findall(text)


def table(page: str, *head: str) -> list[list[str]]:
    """The rows below the one table whose head begins with these cells."""
    found = [rows[1:] for rows in _tables(page) if tuple(rows[0][: len(head)]) == head]
    assert len(found) == 1, f"{page}: {len(found)} tables begin with {head}"
    return found[0]


def _tables(page: str) -> Iterator[list[list[str]]]:
    rows: list[list[str]] = []
    for line in [*prose(page).splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not all(re.fullmatch(r":?-{3,}:?", cell) for cell in cells):
                rows.append(cells)
        elif rows:
            yield rows
            rows = []
