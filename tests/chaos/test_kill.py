"""A buyer of four purchases is killed with SIGKILL, run again, and nothing is paid twice, lost, or left lying about.

Everything is read from behind: what was charged from the studio's own books, clips from the bucket itself. See
`Stage.check` for all that has to be so.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from callsheet import faults
from callsheet.errors import InDoubt
from callsheet.ledger.order import Bought
from tests.chaos.backends import BACKENDS, LONG, SEED, SHORT_BACKENDS, Stages, stages
from tests.chaos.buyer import Errand
from tests.chaos.manners import MANNERS
from tests.chaos.processes import LIMIT, Buyer, Killed
from tests.chaos.stage import Stage

RUNS = 6
"""So often a plan is run, at most, after the last kill: one run more each time that a person had to be asked."""
ASKING = ("buy.submitting", "buy.sent")
"""Fault points after which it matters how a lost reply is found out."""


@pytest.fixture(scope="module")
def on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    with stages(request, tmp_path_factory) as found:
        yield found


def bought_at_last(stage: Stage, errand: Errand) -> list[Bought]:
    """The plan, run until it is bought; whatever is in doubt is decided from the studio's books."""
    for _ in range(RUNS):
        try:
            result: list[Bought] = Buyer(errand).done()
        except InDoubt:
            assert stage.resolve() > 0
        else:
            return result
    raise AssertionError(f"it is in doubt after {RUNS} runs")


def points() -> Iterator[tuple[str, str, str]]:
    """All with all in the long mode; else the points on one backend and the other, each manner where it matters."""
    if LONG:
        yield from itertools.product(BACKENDS, MANNERS, faults.POINTS)
        return
    for number, point in enumerate(faults.POINTS):
        yield SHORT_BACKENDS[number % 2], "reference-and-key", point
    for manners in [*MANNERS][1:]:
        for point in ASKING:
            yield home_of(manners), manners, point


def home_of(manners: str) -> str:
    """The backend on which a kind of provider is tried in the short mode."""
    return SHORT_BACKENDS[[*MANNERS].index(manners) % 2]


@pytest.mark.parametrize(("backend", "manners", "point"), [*points()])
def test_killed_at_a_fault_point(on: Stages, backend: str, manners: str, point: str) -> None:
    """In the long mode twice at the same point, where the second run comes to it; then undisturbed."""
    stage = on(backend, manners)
    errand = stage.errand()
    fatal = replace(errand, fault=point)
    with pytest.raises(Killed):
        Buyer(fatal).done()
    stage.quiet()
    if LONG:
        with suppress(Killed, InDoubt):
            Buyer(fatal).done()
        stage.quiet()
    stage.check(errand, bought_at_last(stage, errand))


def moments() -> Iterator[tuple[str, str, int]]:
    """Trials, over backends and manners in turn; each has two kills on average."""
    for number in range(100 if LONG else 4):
        manners = tuple(MANNERS)[number % len(MANNERS)]
        yield tuple(BACKENDS)[number // len(MANNERS) % len(BACKENDS)] if LONG else home_of(manners), manners, number


@pytest.mark.parametrize(("backend", "manners", "number"), [*moments()])
def test_killed_at_a_random_moment(on: Stages, backend: str, manners: str, number: int) -> None:
    """One to three times in a row, each at any time between its first step and the end of an undisturbed run."""
    chance = random.Random(f"{SEED}/{number}")  # noqa: S311 - which moments are tried is no secret
    stage = on(backend, manners)
    whole = undisturbed(stage, backend)
    errand = stage.errand()
    delays = [chance.uniform(0, whole) for _ in range(chance.randint(1, 3))]
    print(f"CALLSHEET_CHAOS_SEED={SEED}: trial {number}, killed {delays} s after its beginning, of {whole:.3f} s")
    for delay in delays:
        Buyer(errand).ready().killed(delay)
        stage.quiet()
        if chance.random() < 0.5:  # a person who looks at once; otherwise the next run meets the doubt
            stage.resolve()
    stage.check(errand, bought_at_last(stage, errand))


_durations: dict[str, float] = {}


def undisturbed(stage: Stage, backend: str) -> float:
    """Seconds that a run takes on this backend which nobody kills: the second one, as the first is slower."""
    if backend not in _durations:
        for _ in range(2):
            errand = stage.errand()
            buyer = Buyer(errand).ready()
            begun = time.monotonic()
            result = buyer.done()
            _durations[backend] = time.monotonic() - begun
            stage.check(errand, result)
    return _durations[backend]


@pytest.mark.parametrize("manners", MANNERS)
def test_killed_when_everything_is_charged_and_no_reply_has_left(on: Stages, manners: str) -> None:
    """The worst moment: all four orders stand in the provider's books, and no job is known to the ledger."""
    stage = on(home_of(manners), manners)
    errand = stage.errand()
    stage.door.forget()
    with stage.door.held("after"):
        buyer = Buyer(errand)
        stage.door.wait("held", len(errand.plan.purchases), LIMIT)
        assert buyer.ready().killed()
    stage.quiet()
    assert [len(lines) for lines in stage.charges(errand.plan).values()] == [1] * len(errand.plan.purchases)
    if manners == "nothing":
        with pytest.raises(InDoubt):
            Buyer(errand).done()
    stage.check(errand, bought_at_last(stage, errand))


PUTS: Sequence[int] = (*range(1, 13),) if LONG else (4, 7, 8)
"""Numbers of files, written to the disk and not yet named, at which the process is killed: inputs, clips, records."""


@pytest.mark.parametrize("number", PUTS)
def test_killed_while_it_puts_a_file_into_the_folder(on: Stages, number: int) -> None:
    stage = on("files", "reference-and-key")
    errand = stage.errand()
    with pytest.raises(Killed):
        Buyer(replace(errand, fsync=number)).done()
    stage.quiet()
    stage.check(errand, bought_at_last(stage, errand))


def test_killed_in_the_middle_of_a_multipart_upload(on: Stages) -> None:
    stage = on("servers", "reference-and-key")
    errand = replace(stage.errand(), part_bytes=5 << 20)
    stage.renderer.weight = 6 << 20
    try:
        buyer = Buyer(errand).ready()
        limit = time.monotonic() + LIMIT
        while not stage.uploads():
            assert time.monotonic() < limit, "no upload in parts was ever open"
        assert buyer.killed()
        stage.quiet()
        stage.check(errand, bought_at_last(stage, errand))
    finally:
        stage.renderer.weight = 0
