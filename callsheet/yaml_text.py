"""YAML and JSON that come from outside: parsed only when what they say is small enough to be held.

The C parser builds nested values by recursion and ends the whole process, not the call, on a text that nests deeply
enough (PyYAML 6.0.3 with 200 kB of ``[``, seen 2026-11); a text of ten lines whose aliases name each other stands for
more values than a machine can hold once it is written out. Both are found in the stream of events, which is read in an
eighth of the time that building takes.
"""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 64
"""Lists and mappings in each other; a plan file has nine."""
MOST_VALUES = 2_000_000
"""Values, each alias counted as all that it stands for: far above a plan file of the largest size that is read."""


def plain(text: str) -> Any:
    """What a text in YAML or JSON says, in plain values. Raises `yaml.YAMLError` and `ValueError`."""
    _check(text)
    return yaml.load(text, LOADER)  # noqa: S506 (either is a safe one)


def _check(text: str) -> None:
    """Raises `ValueError` for a text that nests too deeply, stands for too much, or names itself."""
    total = 0
    anchors: dict[str, int] = {}
    open_ones: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, LOADER):
        anchor = getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            total += 1
            open_ones.append((anchor, total))
            if len(open_ones) > DEEPEST:
                raise ValueError(f"it nests deeper than {DEEPEST} lists and mappings")
        elif isinstance(event, yaml.CollectionEndEvent):
            named, before = open_ones.pop()
            if named is not None:
                anchors[named] = total - before + 1
        elif isinstance(event, yaml.AliasEvent):
            if any(named == anchor for named, _ in open_ones):
                raise ValueError(f"*{anchor} stands inside itself")
            total += anchors.get(str(anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if anchor is not None:
                anchors[anchor] = 1
        if total > MOST_VALUES:
            raise ValueError(f"it stands for more than {MOST_VALUES} values")
