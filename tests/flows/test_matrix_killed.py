"""The four-cell matrix, killed with SIGKILL while it orders, while it buys what is based on that, and while it cuts.

The second kill is left to `make chaos`, which also makes the works as long as the contract has them; else they are as
short as they can be.

The command itself is run, as a process of its own, against a studio behind a socket whose books count every charge.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import get_current_settings

from callsheet.briefs.matrix import USUAL
from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving

LONG = os.environ.get("CALLSHEET_CHAOS") == "long"
LIMIT = 3600.0 if LONG else 300.0
"""Seconds that one run may take."""
SECONDS = (5, 5, 8, 5)
BRIEF: dict[str, Any] = {
    "kind": "matrix",
    "name": "Lamp",
    "message": "Light.",
    "language": "en-US",
    "tier": "prototype",
    "sharing": "aspect",  # a purchase for each shape, and one that is based on another
    "cells": [
        cell.model_dump(include={"platform", "manner"}) | {"seconds": cell.seconds if LONG else short}
        for cell, short in zip(USUAL, SECONDS, strict=True)
    ],
}


@dataclass(frozen=True)
class Command:
    """`callsheet make` of the brief, as whoever restarts it says it: always the same words."""

    folder: Path
    url: str

    @contextmanager
    def running(self, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """The process, and all that it starts, until the block ends; after `LIMIT` it is killed."""
        environment = os.environ | {
            "CALLSHEET_HOME": str(self.folder / "home"),
            "CALLSHEET_PROVIDER_URL": f"{self.url}{PREFIX}",
            "CALLSHEET_PROVIDER_KEY": "any",
            "PREFECT_API_URL": str(get_current_settings().api.url),
        }
        words = [str(Path(sys.executable).with_name("callsheet")), "make", str(self.folder / "brief.json"), "--json"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            words, env=environment | variables, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )
        watch = threading.Timer(LIMIT, os.killpg, (process.pid, signal.SIGKILL))
        watch.start()
        try:
            yield process
        finally:
            watch.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def killed_at_its_word(self, word: str) -> None:
        """Kills it as soon as it has said that it is so far."""
        said = []
        with self.running() as process:
            assert process.stderr is not None
            for line in process.stderr:
                said.append(line)
                if line.startswith(word):
                    os.killpg(process.pid, signal.SIGKILL)
                    return
        raise AssertionError(f"it never said {word!r}: {''.join(said)[-2000:]}")

    def killed_at(self, fault: str) -> None:
        """Lets it kill itself at a fault point."""
        with self.running(CALLSHEET_FAULT=fault) as process:
            said = process.communicate()[1]
            assert process.returncode == -signal.SIGKILL, said[-2000:]

    def done(self) -> dict[str, Any]:
        """What it reports at its end."""
        with self.running() as process:
            report, said = process.communicate()
            assert process.returncode == 0, said[-2000:]
        found: dict[str, Any] = json.loads(report)
        return found


@pytest.fixture
def command(prefect_server: None, tmp_path: Path) -> Iterator[Command]:
    (tmp_path / "brief.json").write_text(json.dumps(BRIEF))
    studio = Studio(tmp_path / "studio", renderer=flat_renderer(4, moving=True))
    with serving(studio_app(studio, serve=True)) as url:
        yield Command(tmp_path, url)


def test_it_is_killed_and_pays_for_nothing_twice(command: Command) -> None:
    books = Books(command.folder / "studio" / "books.sqlite")
    command.killed_at("buy.sent")
    first = books.charges()
    assert first  # an order is charged whose reply nobody has
    if LONG:
        command.killed_at_its_word("tiktok-transition-1: ordered")
    command.killed_at_its_word("cut instagram-feed: cutting")
    charges = books.charges()
    assert charges[: len(first)] == first
    assert len({key for key, _, _ in charges}) == len(charges) > len(first)

    made = command.done()
    assert books.charges() == charges  # all was bought when the last kill came
    assert made["cost"] == {"currency": "CNY", "quoted": f"{books.charged()}", "spent": "0.00"}
    assert made["purchases"] == {"bought": 0, "reused": len(charges)}
    assert made["failed"] == []
    names = [cell.platform.replace("_", "-") for cell in USUAL]
    assert [*made["manifests"]] == names
    for name in names:
        manifest = json.loads(Path(made["manifests"][name]).read_text())
        assert [report["passed"] for report in manifest["checks"]] == [True], name
    paid = {
        one["key"]: Decimal(one["charged"])
        for path in made["manifests"].values()
        for one in json.loads(Path(path).read_text())["purchases"]
    }
    assert paid == {key: amount for key, amount, _ in charges}

    again = command.done()
    assert again == made
    assert books.charges() == charges
