"""What processes cost while they serve: CPU seconds and peak memory of each of several process trees."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 1.0  # seconds between two looks


@dataclass
class Spent:
    """CPU seconds (user and system, of a tree and of what ended in it), and the highest megabytes resident at once."""

    cpu: float = 0.0
    memory: float = 0.0


class Watched(threading.Thread):
    """Looks at process trees, by the names that are given for them, until `end`."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        super().__init__(daemon=True)
        self._roots, self._ended = roots, threading.Event()
        self.spent = {name: Spent() for name in roots}

    def run(self) -> None:
        while not self._ended.wait(_EVERY):
            self._look()

    def end(self) -> dict[str, Spent]:
        """What each tree has cost up to now. Call it while the trees still live."""
        self._ended.set()
        self.join()
        self._look()
        return self.spent

    def _look(self) -> None:
        parents: dict[int, list[int]] = {}
        seen: dict[int, tuple[float, float]] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue  # it has ended meanwhile
            # proc(5): 4 ppid, 14 to 17 utime, stime and those of the children that were waited for, 24 rss
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
            cpu = sum(map(int, fields[11:15])) / _TICKS
            seen[int(folder.name)] = (cpu, int(fields[21]) * _PAGE / 1_000_000)
        for name, root in self._roots.items():
            tree = [root]
            for process in tree:
                tree += parents.get(process, [])
            found = [seen[process] for process in tree if process in seen]
            one = self.spent[name]
            # A process that ends between its parent's line and its own is in neither: never count backwards.
            one.cpu = max(one.cpu, sum(cpu for cpu, _ in found))
            one.memory = max(one.memory, sum(memory for _, memory in found))


def machine() -> float:
    """CPU seconds that all processors of this machine have worked since it was started."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq, *_ = map(int, words)
    return (user + nice + system + irq + softirq) / _TICKS
