"""Faults that no platform asks about and no viewer forgives: damage, holes, black, stills, silence, bad sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from callsheet.media.check.contract import Contract, Range
from callsheet.media.check.facts import Container, Facts, Sound, Stretch
from callsheet.media.check.holding import within
from callsheet.media.check.limits import held
from callsheet.media.check.report import Point


def craft(facts: Facts, contract: Contract) -> Iterator[Point]:
    """Points of every file; those of the sound only where there is some."""
    container, picture, watched = facts.container, facts.picture, facts.watched
    yield held("missing_seconds", container.missing_seconds)
    yield held("decode_errors", watched.errors, note=watched.first_error)
    yield held("backwards", picture.timing.backwards + (facts.sound.timing.backwards if facts.sound else 0))
    yield held("picture_gap", picture.timing.gap, "gap")
    yield _longest("black", watched.black, contract.black, container)
    # Black is told as black, once.
    still = [one for one in watched.frozen if not _inside(one, watched.black)]
    yield _longest("frozen", still, contract.frozen, container)
    if facts.sound is not None:
        yield _longest("silent", watched.silent, contract.silent, container)
        yield from _sound(facts, facts.sound)


def _sound(facts: Facts, sound: Sound) -> Iterator[Point]:
    picture, levels = facts.picture, sound.levels
    yield held("sound_gap", sound.timing.gap, "gap")
    late = sound.timing.start - picture.timing.start
    yield held("sound_early", max(0.0, -late))
    yield held("sound_late", max(0.0, late))
    yield held("ends_apart", abs(sound.timing.end - picture.timing.end))
    yield held("offset", levels.offset * 100)
    yield held("balance", levels.balance)
    if levels.correlation is None:
        why = "not two channels that sound"
        yield Point(name="correlation", value=None, limit=None, passed=None, note=why)
    else:
        yield held("correlation", levels.correlation)
    yield held("flat_tops", levels.flat_tops * 100)


def _longest(name: str, stretches: Sequence[Stretch], allowed: Range, container: Container) -> Point:
    """The longest stretch in seconds, and where it lies."""
    start, end = max(stretches, key=lambda one: one[1] - one[0], default=(0.0, 0.0))
    note = f"{start:.2f} to {min(end, container.seconds):.2f} s" if stretches else ""
    return within(name, end - start, allowed, "s", note=note)


def _inside(stretch: Stretch, others: Sequence[Stretch]) -> bool:
    """Whether most of a stretch lies in one of the others."""
    start, end = stretch
    return any(min(end, last) - max(start, first) > 0.8 * (end - start) for first, last in others)
