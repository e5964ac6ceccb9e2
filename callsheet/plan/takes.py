"""Further takes: one shot ordered again in the same words, without the shots that are good as they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Sequence as Several

from callsheet.errors import BriefError, Fault
from callsheet.features import AnyRequest, Sequence

Ordered = tuple[str, AnyRequest, tuple[str, ...]]
"""Name of a purchase, its request, and the names of its clips."""


def ask_takes(
    ordered: Several[Ordered], takes: Mapping[str, int]
) -> list[tuple[str, AnyRequest, tuple[str, ...], int]]:
    """The purchases with their takes. `takes` names a purchase, or one shot of a sequence.

    A shot of a sequence is then bought by itself, with the sequence's reference image; the sequence stays as it was
    bought, and its own clip of that shot is called `<shot>-take-1` and not used. Raises `BriefError` for other names.
    """
    known_takes(takes, {name for name, _, _ in ordered} | {clip for _, _, clips in ordered for clip in clips})
    found = []
    for name, request, clips in ordered:
        again = [clip for clip in clips if takes.get(clip, 1) > 1 and clip != name]
        kept = tuple(f"{clip}-take-1" if clip in again else clip for clip in clips)
        found.append((name, _varied(request, takes.get(name, 1)), kept, takes.get(name, 1)))
        for clip in again:
            found.append((clip, another_take(request, clips.index(clip), takes[clip]), (clip,), takes[clip]))
    return found


def known_takes(takes: Mapping[str, int], known: Collection[str]) -> None:
    """Raises `BriefError` for takes of what is not ordered."""
    unknown = [name for name in takes if name not in known]
    if unknown:
        raise BriefError(
            [Fault(f"takes.{name}", name, f"it must be one of {', '.join(sorted(known))}") for name in unknown]
        )


def another_take(request: AnyRequest, number: int, take: int) -> AnyRequest:
    """Shot `number` of a sequence (from 0) as an order of its own, in another take."""
    return _varied(_alone(request, number), take)


def _varied(request: AnyRequest, take: int) -> AnyRequest:
    """The same words with another seed: without it, one who renders the same for the same order sends the same."""
    return request if take == 1 else request.model_copy(update={"seed": take})


def _alone(request: AnyRequest, number: int) -> AnyRequest:
    """One shot of a sequence as a sequence of its own."""
    if not isinstance(request, Sequence):
        raise ValueError(f"{request.feature} has no shots to order by themselves")
    return request.model_copy(update={"shots": (request.shots[number],)})
