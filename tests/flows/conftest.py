"""One Prefect server for all flow tests, and one finished production that many tests measure."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from callsheet.briefs import load_brief
from callsheet.manifest import Manifest

EXAMPLE = Path(__file__).parents[2] / "examples" / "smart-speaker.yaml"


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    # Its own limit of 30 s is passed by the first migration on a machine with two cores.
    with prefect_test_harness(server_startup_timeout=120):
        yield


@dataclass(frozen=True)
class Made:
    """A finished production: its manifest, its folder, and the folder of all state."""

    manifest: Manifest
    folder: Path
    home: Path

    @property
    def books(self) -> Any:
        from callsheet.studio.books import Books

        return Books(self.home / "studio" / "books.sqlite")


def run_flow(home: Path, brief: Any, **parameters: Any) -> Manifest:
    """The flow as a script would call it, with its state in `home`."""
    from flows.marketing_video import marketing_video

    old = os.environ.get("CALLSHEET_HOME")
    os.environ["CALLSHEET_HOME"] = str(home)
    try:
        return Manifest.model_validate(asyncio.run(marketing_video(brief=brief, **parameters)))
    finally:
        os.environ["CALLSHEET_HOME"] = old or ""


@pytest.fixture(scope="session")
def made(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The example of the README, rendered by the studio at prototype tier."""
    home = tmp_path_factory.mktemp("made")
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype"})
    manifest = run_flow(home, brief)
    folder = home / "bucket" / manifest.production_id
    assert json.loads((folder / "manifest.json").read_text())["production_id"] == manifest.production_id
    return Made(manifest, folder, home)
