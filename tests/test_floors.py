"""Who may import whom. The rules are here, the checker below them, and the checker itself is tested at the end."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS = ("callsheet", "blocks", "tasks", "flows", "deployments")
"""Each imports only from itself and from those before it."""

DOMAIN_NEVER = ("prefect",)
"""What the first floor does not know."""

STARTS_PROCESSES = ("callsheet/media/ffmpeg.py", "deployments/processes.py")
"""ffmpeg; and what `callsheet up` serves with, which no production comes near."""

ONE_PLACE = {
    "subprocess": STARTS_PROCESSES,
    "asyncio.subprocess": STARTS_PROCESSES,
    "asyncio.create_subprocess_exec": STARTS_PROCESSES,
    "asyncio.create_subprocess_shell": STARTS_PROCESSES,
    "os.system": STARTS_PROCESSES,
    "os.popen": STARTS_PROCESSES,
    "os.fork": STARTS_PROCESSES,
    "os.posix_spawn": STARTS_PROCESSES,
    "pty": STARTS_PROCESSES,
    "httpx": ("callsheet/provider/http.py",),
}
"""What only these modules may use: starting a process, and speaking HTTP to a provider."""

ROOMS = ("media", "ledger", "storage", "plan", "briefs")
ROOMS_NEVER = ("callsheet.studio", "callsheet.cli")
"""The embedded provider and the command line use the rooms, never the other way."""


@dataclass(frozen=True)
class Use:
    """A module, or a name in it, that a line of a file uses: ``asyncio.create_subprocess_exec``."""

    name: str
    line: int

    def of(self, *modules: str) -> bool:
        return any(self.name == module or self.name.startswith(f"{module}.") for module in modules)


def uses(source: str, package: tuple[str, ...]) -> Iterator[Use]:
    """Everything that is imported, wherever in the file, and every dotted name that begins with an import.

    `package` is the file's own, against which relative imports are resolved.
    """
    tree = ast.parse(source)
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                named[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
                yield Use(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            near = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*near, *filter(None, [node.module])))
            for alias in node.names:
                named[alias.asname or alias.name] = f"{module}.{alias.name}"
                yield Use(f"{module}.{alias.name}", node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (dotted := full_name(node, named)):
            yield Use(dotted, node.lineno)
        elif isinstance(node, ast.Call) and (called := full_name(node.func, named) or called_builtin(node.func)):
            first = node.args[0] if node.args else None
            if called in ("importlib.import_module", "__import__") and isinstance(first, ast.Constant):
                yield Use(str(first.value), node.lineno)


def full_name(node: ast.expr, named: dict[str, str]) -> str:
    """``a.b.c`` with `a` replaced by what it was imported as; empty when it does not begin with an import."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    known = named.get(node.id, "") if isinstance(node, ast.Name) else ""
    return ".".join((known, *parts)) if known else ""


def called_builtin(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def violations(root: Path) -> list[str]:
    """One line for each use that goes against a rule, in all floors below `root`."""
    found: dict[str, None] = {}
    for floor in FLOORS:
        for path in sorted((root / floor).rglob("*.py")):
            where = path.relative_to(root).as_posix()
            for use in uses(path.read_text(encoding="utf-8"), path.relative_to(root).parent.parts):
                if why := objection(floor, where, use):
                    found[f"{where}:{use.line}: {use.name}: {why}"] = None
    return [*found]


def objection(floor: str, where: str, use: Use) -> str | None:
    above = FLOORS[FLOORS.index(floor) + 1 :]
    if use.of(*above):
        return f"{floor} stands above {', '.join(above)} and does not know them"
    if floor == "callsheet" and use.of(*DOMAIN_NEVER):
        return "the domain runs without it"
    for name, only in ONE_PLACE.items():
        if use.of(name) and where not in only:
            return f"only {' and '.join(only)} use {name}"
    if where.startswith(tuple(f"callsheet/{room}/" for room in ROOMS)) and use.of(*ROOMS_NEVER):
        return "a room does not know who uses it"
    return None


def test_every_import_points_down() -> None:
    assert violations(ROOT) == []


def test_the_rules_speak_of_files_that_exist() -> None:
    assert (ROOT / "callsheet").is_dir()
    for room in ROOMS:
        assert (ROOT / "callsheet" / room).is_dir(), room
    for only in {path for paths in ONE_PLACE.values() for path in paths}:
        assert (ROOT / only).is_file(), only


PLANTED = [
    ("callsheet/a.py", "import prefect"),
    ("callsheet/a.py", "from prefect.blocks.core import Block"),
    ("callsheet/a.py", "def late():\n    from flows import film"),
    ("callsheet/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import tasks.cut"),
    ("callsheet/a.py", "import importlib\nimportlib.import_module('blocks.bucket')"),
    ("callsheet/a.py", "from importlib import import_module as load\nload('deployments')"),
    ("callsheet/a.py", "__import__('flows')"),
    ("blocks/a.py", "import tasks"),
    ("tasks/a.py", "from flows.film import film"),
    ("flows/a.py", "import deployments.schedules as s"),
    ("deployments/a.py", "import subprocess"),
    ("callsheet/media/sound/a.py", "import subprocess"),
    ("callsheet/studio/a.py", "from subprocess import run"),
    ("tasks/a.py", "import asyncio as aio\nasync def a():\n    await aio.create_subprocess_exec('ffmpeg')"),
    ("callsheet/a.py", "from asyncio import create_subprocess_shell as go"),
    ("callsheet/a.py", "from asyncio.subprocess import PIPE"),
    ("callsheet/a.py", "import os\nos.system('ffmpeg')"),
    ("callsheet/provider/sora.py", "import httpx"),
    ("callsheet/studio/jobs.py", "def a():\n    import httpx._client"),
    ("callsheet/media/a.py", "from callsheet.studio import app"),
    ("callsheet/media/a.py", "from callsheet import studio"),
    ("callsheet/media/a.py", "from .. import studio"),
    ("callsheet/media/sound/a.py", "from ...studio.picture import frames"),
    ("callsheet/ledger/a.py", "import callsheet.cli"),
    ("callsheet/plan/a.py", "import callsheet\ncallsheet.studio.frames()"),
]


@pytest.mark.parametrize(("where", "source"), PLANTED)
def test_a_planted_violation_is_found(tmp_path: Path, where: str, source: str) -> None:
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    found = violations(tmp_path)
    assert found
    assert all(line.startswith(f"{where}:") for line in found)


SOUND = [
    ("flows/a.py", "import prefect, tasks.cut, blocks, callsheet.errors"),
    (
        "callsheet/a.py",
        "from callsheet import prefectly\nimport flowsheet\nfrom .flows import x\nflows = 1\nflows.real",
    ),
    ("callsheet/media/ffmpeg.py", "import subprocess, asyncio\nasyncio.create_subprocess_exec"),
    ("deployments/processes.py", "import subprocess"),
    ("callsheet/provider/http.py", "import httpx"),
    ("callsheet/studio/a.py", "from callsheet.media import probe\nfrom callsheet.features import Shot"),
    ("callsheet/cli.py", "from callsheet.studio import app"),
    ("tests/a.py", "import subprocess, httpx"),
]


@pytest.mark.parametrize(("where", "source"), SOUND)
def test_what_is_allowed_is_not_objected_to(tmp_path: Path, where: str, source: str) -> None:
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    assert violations(tmp_path) == []


@pytest.mark.parametrize("module", ["callsheet.brand", "callsheet.library", "blocks"])
def test_a_room_can_be_imported_first(module: str) -> None:
    """Whichever of them a process happens to begin with: no two rooms wait for each other."""
    command = [sys.executable, "-c", f"import {module}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
