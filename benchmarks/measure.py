"""What a command costs: wall time, CPU time and peak memory, of it and of every process it starts."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and CPU (user and system, the whole tree), and the highest sum of resident megabytes seen."""

    wall: float
    cpu: float
    memory: float


def measured(command: Sequence[str], *, cwd: Path) -> Cost:
    """Run a command to its end and measure it. Raises RuntimeError, with what it printed, if it fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        watch = _Watch(process.pid)
        watch.start()
        # wait4 counts the process and all its children that it waited for.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        watch.ended.set()
        watch.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {process.returncode}\n{log.read()[-3000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, watch.peak / 1_000_000)


class _Watch(threading.Thread):
    """Looks at the resident memory of a process and its descendants until told to end."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.ended = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(_EVERY):
            self.peak = max(self.peak, sum(map(_resident, _tree(self.pid))))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for process in found:
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
