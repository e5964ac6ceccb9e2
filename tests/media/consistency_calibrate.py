"""Fits the curves of the consistency check to the labelled clips and judges them on the half that was held out.

`python -m tests.media.consistency_calibrate FOLDER` draws all clips into the folder (some minutes, once), writes
`callsheet/data/consistency.json` and prints precision and recall; `--judge` only judges the curves there are.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from callsheet.media.consistency import judge
from callsheet.media.consistency.describe import Shot, describe
from callsheet.media.consistency.distances import MEASURES
from callsheet.media.consistency.registration import Group as Together
from callsheet.media.consistency.sampling import sample
from callsheet.media.consistency.scale import THRESHOLD, Curve, curves
from tests.media.consistency_set import CALIBRATION, HELD_OUT, ITEMS, Group, clips, draw

DATA = Path(__file__).parents[2] / "callsheet/data/consistency.json"
SAME = {
    "character_appearance": ("base", "close", "environment"),
    "environment_match": ("base", "close", "character", "grade"),
    "lighting_continuity": ("base", "close", "character"),
    "color_consistency": ("base", "close", "character"),
}
"""Changes that leave an item as it is; what else a change may move (a lamp also changes colours) is left out."""
Set = tuple[str, str, list[str], int | None]


def sets(group: Group) -> list[Set]:
    """(group, what was changed, names of the shots, number of the odd one from 0): what the check is asked about."""
    base = [f"{group.name}-base-{n}" for n in range(1, 6)]
    made: list[Set] = [
        (group.name, "base", base[:4], None),
        (group.name, "close", [base[0], base[4], base[1], base[2]], None),
    ]
    for number, clip in enumerate(c for c in clips(group) if c.change):
        shots = [base[0], base[2], base[3]]
        shots.insert(number % 4, clip.name.removesuffix(".mp4"))
        made.append((group.name, str(clip.change), shots, number % 4))
    return made


def described(folder: Path, groups: tuple[Group, ...]) -> dict[str, Shot]:
    folder.mkdir(parents=True, exist_ok=True)
    found = [clip for group in groups for clip in clips(group)]
    return {clip.name.removesuffix(".mp4"): describe(sample(draw(clip, folder))) for clip in found}


def elsewhere(item: str, group: Group) -> list[tuple[str, str, bool]]:
    """Pairs of shots that don't show the same part of a place, and whether the item differs: what a grade or a light
    does to other things than those of the first shot.
    """
    changed = {"lighting_continuity": "lighting", "color_consistency": "grade"}.get(item)
    if changed is None:
        return []
    far, near, other = (f"{group.name}-{name}" for name in ("environment-1", "base-5", f"{changed}-1"))
    base = [f"{group.name}-base-{n}" for n in (1, 3)]
    return [*((far, b, False) for b in base), (near, far, False), (far, other, True), (near, other, True)]


def fit(item: str, shots: dict[str, Shot], groups: tuple[Group, ...]) -> Curve:
    """A logistic curve with weights that are not negative, by gradient descent; both labels weigh the same."""
    changed = next(change for change, name in ITEMS.items() if name == item)
    rows: list[dict[str, float]] = []
    labels: list[bool] = []
    tests: list[tuple[dict[str, Any], int | None]] = []
    for group in groups:
        for _, kind, names, odd in sets(group):
            if kind != changed and kind not in SAME[item]:
                continue
            found = MEASURES[item](Together([shots[name] for name in names]))
            tests.append((found, odd if kind == changed else None))
            for a in range(len(names)):
                for b in range(a):
                    rows.append({name: float(values[a, b]) for name, values in found.items()})
                    labels.append(kind == changed and odd in (a, b))
        for one, two, differs in elsewhere(item, group):
            found = MEASURES[item](Together([shots[one], shots[two]]))
            rows.append({name: float(values[0, 1]) for name, values in found.items()})
            labels.append(differs)
    names = sorted(rows[0])
    units = {name: round(float(np.median([r[name] for r, odd in zip(rows, labels, strict=True) if not odd])) + 1e-3, 5)
             for name in names}  # fmt: skip
    x = np.array([[np.log1p(row[name] / units[name]) for name in names] for row in rows])
    y = np.array(labels, float)
    share = np.where(y > 0, 0.5 / y.sum(), 0.5 / (1 - y).sum())
    weights, limit = np.full(len(names), 0.5), 1.0
    for _ in range(20000):
        wrong = share * (1 / (1 + np.exp(-(x @ weights - limit))) - y)
        weights = np.maximum(0, weights - 0.2 * (x.T @ wrong + 0.002 * weights))
        limit += 0.2 * float(wrong.sum())
    curve = Curve(
        units=units,
        weights={name: round(float(w), 4) for name, w in zip(names, weights, strict=True) if w > 1e-3},
        limit=0.0,
        steepness=1.0,
    )
    return _placed(curve, tests)


def _placed(curve: Curve, tests: list[tuple[dict[str, Any], int | None]]) -> Curve:
    """The limit between shots that belong and shots that don't, where the sum of both rates of mistakes is least."""
    same: list[float] = []
    other: list[float] = []
    for found, odd in tests:
        total = curve.total(found)
        for shot in range(len(total)):
            rest = [i for i in range(len(total)) if i not in (shot, odd)]
            (other if shot == odd else same).append(float(np.median(total[shot, rest])))
    grid = np.unique([*same, *other])
    middles = (grid[1:] + grid[:-1]) / 2
    mistakes = [np.mean(np.array(same) > m) + np.mean(np.array(other) <= m) for m in middles]
    best = np.flatnonzero(np.array(mistakes) <= min(mistakes) + 1e-9)
    limit = float(middles[best].mean())
    print("  mistakes on calibration", round(min(mistakes) / 2, 3), "same", len(same), "changed", len(other))
    return curve.model_copy(update={"limit": round(limit, 4)})


def report(shots: dict[str, Shot], groups: tuple[Group, ...]) -> None:
    """How often the right shot is named, item by item, and what a whole check says."""
    whole: dict[str, list[bool]] = {}
    for item in MEASURES:
        changed = next(change for change, name in ITEMS.items() if name == item)
        hits = alarms = misses = shots_seen = 0
        for group in groups:
            for _, kind, names, odd in sets(group):
                if kind != changed and kind not in SAME[item]:
                    continue
                named = judge([shots[n] for n in names], [item]).inconsistent_shots
                right = (odd + 1,) if kind == changed and odd is not None else ()
                hits += len(set(named) & set(right))
                alarms += len(set(named) - set(right))
                misses += len(set(right) - set(named))
                shots_seen += len(names)
        print(f"{item}: precision {hits}/{hits + alarms}, recall {hits}/{hits + misses}, {shots_seen} shots")
    for group in groups:
        for _, kind, names, odd in sets(group):
            found = judge([shots[n] for n in names], list(MEASURES))
            right = () if odd is None else (odd + 1,)
            good = found.inconsistent_shots == right and (found.consistency_score < THRESHOLD) == bool(right)
            whole.setdefault(kind, []).append(good)
            if not good:
                worst = {item: score for item, score in found.scores.items.items() if score < THRESHOLD}
                print("  ", group.name, kind, "named", found.inconsistent_shots, "should be", right, worst)
    for kind, results in whole.items():
        print(f"all items, {kind}: {sum(results)}/{len(results)} sets judged right")


def main(folder: Path, *, only_judge: bool) -> None:
    held = described(folder / "held-out", HELD_OUT)
    if not only_judge:
        shots = described(folder / "calibration", CALIBRATION)
        items = {}
        for item in MEASURES:
            print(item)
            items[item] = fit(item, shots, CALIBRATION).model_dump(mode="json")
            print("  ", items[item])
        DATA.write_text(
            json.dumps(
                {
                    "source": "tests/media/consistency_set.py, groups of CALIBRATION; fitted by "
                    "python -m tests.media.consistency_calibrate",
                    "made_on": dt.datetime.now(dt.UTC).date().isoformat(),
                    "items": items,
                },
                indent=2,
            )
            + "\n"
        )
        curves.cache_clear()
        print("calibration half")
        report(shots, CALIBRATION)
    print("held-out half")
    report(held, HELD_OUT)


if __name__ == "__main__":
    main(Path(sys.argv[1]), only_judge="--judge" in sys.argv)
