"""Where the tests of killed buyers keep ledger and bucket, how much they do, and stages that a module sets up once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chaos.manners import MANNERS
from tests.chaos.stage import Stage, stage
from tests.databases import fresh_database

LONG = os.environ.get("CALLSHEET_CHAOS") == "long"
"""Everything with everything, and 200 random kills: `make chaos`."""
SEED = os.environ.get("CALLSHEET_CHAOS_SEED", "1")
BACKENDS = {
    "files": ("sqlite", "folder"),
    "servers": ("postgresql", "s3"),
    "sqlite-s3": ("sqlite", "s3"),
    "postgresql-folder": ("postgresql", "folder"),
}
SHORT_BACKENDS = ("files", "servers")

Stages = Callable[[str, str], Stage]


@contextmanager
def stages(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """`on(backend, manners)`: that stage, set up when it is first asked for."""
    found: dict[tuple[str, str], Stage] = {}
    with ExitStack() as stack:

        def on(backend: str, manners: str) -> Stage:
            if (backend, manners) not in found:
                folder: Path = factory.mktemp("stage")
                ledger, bucket = BACKENDS[backend]
                url = f"sqlite:///{folder / 'ledger.sqlite'}"
                if ledger == "postgresql":
                    url = fresh_database(request.getfixturevalue("postgres_cluster"))
                s3 = request.getfixturevalue("s3_server") if bucket == "s3" else None
                found[backend, manners] = stack.enter_context(stage(folder, url, MANNERS[manners], s3))
            return found[backend, manners]

        yield on
