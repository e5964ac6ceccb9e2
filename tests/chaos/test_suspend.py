"""A buyer is stopped anywhere with SIGSTOP, as by a closed lid, another takes over, and then the first goes on.

The other one's clock says that all leases have run out. Neither may send what the other has sent, and a write of the
one that lost its lease must not undo anything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.chaos.backends import BACKENDS, LONG, SEED, SHORT_BACKENDS, Stages, stages
from tests.chaos.processes import Buyer

LATER = 300.0
"""Seconds by which the second one's clock is ahead: five leases."""
LONGEST = 1.0
"""Seconds after which the first one goes on, if the second has not finished by then: it may have to wait for it."""
TRIALS = 40 if LONG else 2


@pytest.fixture(scope="module")
def on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with stages(request, tmp_path_factory) as found:
        yield found


@pytest.mark.parametrize("number", range(TRIALS))
def test_one_that_slept_over_its_leases_pays_nothing_twice(on: Stages, number: int) -> None:
    chance = random.Random(f"{SEED}/{number}")  # noqa: S311 - which moments are tried is no secret
    backends = tuple(BACKENDS) if LONG else SHORT_BACKENDS
    stage = on(backends[number % len(backends)], "reference-and-key")
    errand = stage.errand()
    delay = chance.uniform(0, 0.8)
    print(f"CALLSHEET_CHAOS_SEED={SEED}: trial {number}, stopped after {delay} s")
    sleeper = Buyer(errand).ready()
    with sleeper.suspended(delay):
        heir = Buyer(replace(errand, shift=LATER))
        if heir.says(LONGEST):  # it begins, unless the other one sleeps within a write to SQLite
            heir.ready().says(LONGEST)
    mine, theirs = sleeper.done(), heir.done()
    assert mine == theirs
    stage.check(errand, theirs)
