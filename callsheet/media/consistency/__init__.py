"""Whether shots belong together: measured on any videos, from a fixed number of small frames of each.

The same files give the same scores. Nothing is loaded from a network and no trained network is used; what that means
for what can be found is said in docs/consistency.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from callsheet.errors import MediaError

if TYPE_CHECKING:
    from callsheet.media.consistency.describe import Shot
    from callsheet.media.consistency.registration import Group

ITEMS = ("character_appearance", "environment_match", "lighting_continuity", "color_consistency")
CHARACTER = "character_appearance"
THRESHOLD = 0.85
"""Below this a shot does not belong to the others (APIYI, Sora 2 video generation features, consistency check)."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class PairScores(_Frozen):
    """Two shots, numbered from 1, and how well they agree, 0..1 by item."""

    shots: tuple[int, int]
    items: dict[str, float]


class ShotScores(_Frozen):
    """A shot, numbered from 1, and how well it agrees with those that most agree, 0..1 by item. What can't be judged
    of it is not there: a character that is not seen, a place that no other shot is in.
    """

    shot: int
    items: dict[str, float]


class Scores(_Frozen):
    """All scores, 0..1: of the whole by item, of each shot, of each pair. Items that judge no shot are left out."""

    items: dict[str, float]
    shots: tuple[ShotScores, ...]
    pairs: tuple[PairScores, ...]


class Consistency(_Frozen):
    """What a check found. `consistency_score` is the worst score of any shot in any item, so it is below 0.85 when and
    only when there are `inconsistent_shots` (numbered from 1).
    """

    consistency_score: float
    inconsistent_shots: tuple[int, ...]
    scores: Scores


def check_consistency(
    paths: Sequence[Path], items: Sequence[str] = ITEMS, *, absent: Sequence[int] = (), scenes: Sequence[str] = ()
) -> Consistency:
    """Measures whether videos belong together, in the order given.

    In the shots `absent`, numbered from 1, no character is seen: they have no score of `character_appearance`. `scenes`
    says for each shot where it plays; without, all play in one place. Place, light and colours are compared between
    shots of one scene only, the character between all of them.

    Takes about a second a video and 10 MB; eight frames of each are decoded at 320 pixels. Raises `MediaError` for less
    than two videos, an unknown item, scenes that are not one for each, and what can't be decoded.
    """
    from callsheet.media.consistency.describe import describe
    from callsheet.media.consistency.sampling import sample

    _wanted(len(paths), items, scenes)
    return judge([describe(sample(path)) for path in paths], items, absent=absent, scenes=scenes)


def judge(
    shots: Sequence[Shot], items: Sequence[str] = ITEMS, *, absent: Sequence[int] = (), scenes: Sequence[str] = ()
) -> Consistency:
    """As `check_consistency`, of shots that are already described."""
    wanted = _wanted(len(shots), items, scenes)
    numbers = range(len(shots))
    together = {item: _together(item, len(shots), absent, scenes) for item in wanted}
    pairs = _scored(shots, together)
    own = {
        item: {n: score for some in together[item] for n, score in _agreement(pairs[item], some).items()}
        for item in wanted
    }
    worst = {item: min(own[item].values()) for item in wanted if own[item]}
    return Consistency(
        consistency_score=_round(min(worst.values(), default=1.0)),
        inconsistent_shots=tuple(
            n + 1 for n in numbers if any(_round(own[item].get(n, 1.0)) < THRESHOLD for item in wanted)
        ),
        scores=Scores(
            items={item: _round(score) for item, score in worst.items()},
            shots=tuple(
                ShotScores(shot=n + 1, items={i: _round(own[i][n]) for i in wanted if n in own[i]}) for n in numbers
            ),
            pairs=tuple(
                PairScores(
                    shots=(a + 1, b + 1),
                    items={i: _round(float(pairs[i][a, b])) for i in wanted if _compared(a, b, together[i])},
                )
                for a in numbers
                for b in range(a + 1, len(shots))
            ),
        ),
    )


def _together(item: str, shots: int, absent: Sequence[int], scenes: Sequence[str]) -> list[tuple[int, ...]]:
    """The shots, numbered from 0, that are compared with each other by an item."""
    numbers = range(shots)
    if item == CHARACTER:
        return [tuple(n for n in numbers if n + 1 not in absent)]
    if not scenes:
        return [tuple(numbers)]
    places = [tuple(n for n in numbers if scenes[n] == place) for place in dict.fromkeys(scenes)]
    return [place for place in places if len(place) > 1]


def _compared(a: int, b: int, together: Sequence[tuple[int, ...]]) -> bool:
    return any(a in some and b in some for some in together)


def _scored(shots: Sequence[Shot], together: Mapping[str, Sequence[tuple[int, ...]]]) -> dict[str, Any]:
    """By item, the scores of every two shots (n, n); of those that are not compared, which nothing is told by, 1."""
    import numpy as np

    from callsheet.media.consistency.distances import MEASURES
    from callsheet.media.consistency.registration import Group
    from callsheet.media.consistency.scale import curves

    groups: dict[tuple[int, ...], Group] = {}
    scores = {item: np.ones((len(shots), len(shots))) for item in together}
    for item, parts in together.items():
        for numbers in parts:
            if len(numbers) < 2:
                continue
            if numbers not in groups:
                groups[numbers] = Group([shots[n] for n in numbers])
            scores[item][np.ix_(numbers, numbers)] = curves()[item].score(MEASURES[item](groups[numbers]))
    return scores


def _wanted(shots: int, items: Sequence[str], scenes: Sequence[str]) -> list[str]:
    unknown = [item for item in items if item not in ITEMS]
    if unknown or not items:
        raise MediaError(f"can't check {', '.join(unknown) or 'nothing'}: {', '.join(ITEMS)}")
    if shots < 2:
        raise MediaError("a consistency check needs two shots at least")
    if scenes and len(scenes) != shots:
        raise MediaError(f"a consistency check of {shots} shots takes as many scenes, not {len(scenes)}")
    return list(dict.fromkeys(items))


def _agreement(pairs: Any, numbers: Sequence[int]) -> dict[int, float]:
    """Of each of the shots `numbers`, the median of its scores with the shots that agree.

    These are the shot with which most others agree (the first of several), and the others. Without a majority, and of
    two shots, the first is therefore taken for the right one.
    """
    if not numbers:
        return {}
    agreeing = {a: [b for b in numbers if b != a and pairs[a][b] >= THRESHOLD] for a in numbers}
    middle = max(numbers, key=lambda a: (len(agreeing[a]), -a))
    right = {middle, *agreeing[middle]}
    out = {}
    for a in numbers:
        rest = sorted(float(pairs[a][b]) for b in right if b != a)
        out[a] = rest[(len(rest) - 1) // 2] if rest else 1.0
    return out


def _round(score: float) -> float:
    return round(score, 4)


def repair_plan(found: Consistency, threshold: float = THRESHOLD) -> tuple[int, ...]:
    """The shots to be bought again, numbered from 1, the worst first. Empty when all is at the threshold or above."""
    worst = _worst(found)
    return tuple(sorted((n for n, score in worst.items() if score < threshold), key=lambda n: (worst[n], n)))


def better_take(before: Consistency, after: Consistency) -> Consistency:
    """Which of two checks of the same shots to keep: that with fewer shots to buy again, then the higher score; the
    first when they are equal.
    """

    def merit(found: Consistency) -> tuple[int, float]:
        return (-len(found.inconsistent_shots), found.consistency_score)

    return after if merit(after) > merit(before) else before


def _worst(found: Consistency) -> Mapping[int, float]:
    return {shot.shot: min(shot.items.values(), default=1.0) for shot in found.scores.shots}
