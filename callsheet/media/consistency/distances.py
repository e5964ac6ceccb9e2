"""Named distances between the shots of a group, 0 where two shots agree; each is a symmetric (n, n) array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from callsheet.media.consistency.describe import Shot, palette
from callsheet.media.consistency.registration import Group, Registered

PRESENT = 0.05
"""A colour counts as fully there when the other shot has this share of what this shot has of it..."""
PRESENT_SAME_PLACE = 0.4
"""...or this share of what is to be expected, where the registration of the shots says how large things are there."""
FLOOR = 0.2
"""Weight that a colour of one shot keeps though no other shot has it, in a group of three and more."""


def character(group: Group) -> dict[str, Any]:
    """What stands in front: how much of its colours is in one shot and missing in another.

    Colours are weighted as in Fu, Cao and Tu, "Cluster-Based Co-Saliency Detection", IEEE TIP 2013: by contrast and
    place within their shot, and by how many shots of the group repeat them. `lost` are those that are nowhere in the
    other shot: the geometric mean of both ways, so that a close-up, in which something is missing and nothing new, is
    not another person than a wide shot. All is worked out once more after the
    shots were brought to one mean and spread in Lab (Reinhard et al. 2001), and the smaller taken: another light or
    grade does not make another person.
    """
    labs = ([shot.lab for shot in group.shots], _evened(group.shots))
    return {"lost": np.minimum(*(_lost(group, seen) for seen in labs)), **_same_place(group)}


def _evened(shots: Sequence[Shot]) -> list[Any]:
    means = np.array([shot.lab.mean(0) for shot in shots])
    spreads = np.array([shot.lab.std(0) + 1 for shot in shots])
    mean, spread = np.median(means, 0), np.median(spreads, 0)
    return [((s.lab - means[i]) * (spread / spreads[i]) + mean).astype(np.float32) for i, s in enumerate(shots)]


def _lost(group: Group, labs: Sequence[Any]) -> Any:
    front = [palette(lab, shot.front) for lab, shot in zip(labs, group.shots, strict=True)]
    whole = [palette(lab, np.ones(len(lab))) for lab in labs]

    def there(one: int, two: int) -> Any:
        return _present(whole[one], whole[two], group.between(one, two))

    def lost(one: int, two: int) -> float:
        others = [there(one, i) for i in range(len(whole)) if i not in (one, two)]
        # Colours of the place dilute those of who stands in it: only the part of a colour that is in front counts.
        weight = front[one] ** 2 / (whole[one] + 1e-6)
        weight = weight * (FLOOR + (1 - FLOOR) * (np.mean(others, 0) if others else 1.0))
        return float((weight * (1 - there(one, two))).sum() / max(weight.sum(), 1e-6))

    return _pairs(len(whole), lambda a, b: float(np.sqrt(lost(a, b) * lost(b, a))))


def _present(here: Any, there: Any, pair: Registered) -> Any:
    """How far the colours of one shot are in another, 0..1."""
    share = PRESENT_SAME_PLACE * min(1.0, pair.scale**2) if pair.same_place else PRESENT
    return np.minimum(1, there / (share * here + 1e-6))


def _same_place(group: Group) -> dict[str, Any]:
    """1 where two shots are registered. In another place somebody is seen in another light and beside other things, and
    a grade falls on other colours: more is needed there to tell two shots apart.
    """
    return {"same_place": _pairs(len(group), lambda a, b: float(group.between(a, b).same_place))}


def color(group: Group) -> dict[str, Any]:
    """The grade. Where two shots show the same place: how far the same surfaces differ in Lab (delta E 1976), in
    lightness and in tint (median over key points that fit). Elsewhere: Bhattacharyya distance of Lab histograms
    (Bhattacharyya 1943; Comaniciu, Ramesh and Meer, CVPR 2000), difference of the tints of shadows, middle tones and
    lights, of black and white point, of contrast and chroma.
    """
    shots = group.shots
    whole = [palette(shot.lab, np.ones(len(shot.lab))) for shot in shots]

    def histogram(a: int, b: int) -> float:
        return float(np.sqrt(max(0.0, 1 - np.sqrt(whole[a] * whole[b]).sum())))

    return {
        **_same_place(group),
        **_surfaces(group, "tint", "lightness", "scatter"),
        **_elsewhere(
            group,
            histogram=_pairs(len(shots), histogram),
            tints=_norm([s.tones for s in shots]),
            points=_norm([s.grade[0:2] for s in shots]),
            contrast=_norm([s.grade[2:3] for s in shots]),
            chroma=_norm([s.grade[3:5] for s in shots]),
        ),
    }


def lighting(group: Group) -> dict[str, Any]:
    """The light. Where two shots show the same place: how the same surfaces differ in lightness and tint, and how
    unevenly (light from another side). Elsewhere: mean difference of the lightness distributions (earth mover's
    distance in one dimension; Rubner, Tomasi and Guibas, IJCV 2000), colour of the light by grey edges, its direction.
    """
    shots = group.shots
    return {
        **_same_place(group),
        **_surfaces(group, "lightness", "tint", "scatter"),
        **_elsewhere(
            group,
            distribution=_pairs(len(shots), lambda a, b: float(np.abs(shots[a].lightness - shots[b].lightness).mean())),
            light_colour=_norm([s.light[0:2] for s in shots]),
            direction=_norm([s.light[2:4] for s in shots]),
        ),
    }


def _surfaces(group: Group, *names: str) -> dict[str, Any]:
    """How the same surfaces differ in registered shots; 0 for shots that are not."""

    def measure(a: int, b: int) -> dict[str, float]:
        pair = group.between(a, b)
        if not pair.same_place:
            return dict.fromkeys(("lightness", "tint", "scatter"), 0.0)
        middle = np.median(pair.lab, 0)
        rest = np.abs(pair.lab - middle)
        return {
            "lightness": abs(float(middle[0])),
            "tint": float(np.hypot(middle[1], middle[2])),
            "scatter": float(np.median(rest, 0).sum()),
        }

    number = len(group)
    return {f"surface_{name}": _pairs(number, lambda a, b, n=name: measure(a, b)[n]) for name in names}  # type: ignore[misc]


def _elsewhere(group: Group, **distances: Any) -> dict[str, Any]:
    """Distances of whole frames, kept for shots that are not registered."""
    apart = _pairs(len(group), lambda a, b: 0.0 if group.between(a, b).same_place else 1.0)
    return {name: values * apart for name, values in distances.items()}


def environment(group: Group) -> dict[str, Any]:
    """The place behind: how much of its palette is missing in the other shot, as it is and after evening out light and
    grade, and how many key points fit one homography.
    """
    shots = group.shots
    palettes = [[palette(lab, s.behind) for lab, s in zip(labs, shots, strict=True)]
                for labs in (_evened(shots), [s.lab for s in shots])]  # fmt: skip

    def missing(x: Any, y: Any) -> float:
        return float((x * (1 - np.minimum(1, y / (PRESENT * x + 1e-9)))).sum() / max(x.sum(), 1e-6))

    return {
        "palette": _pairs(
            len(shots), lambda a, b: min(min(missing(p[a], p[b]), missing(p[b], p[a])) for p in palettes)
        ),
        "key_points": _pairs(len(shots), lambda a, b: 1 / (1 + group.between(a, b).points / 12)),
    }


def _pairs(number: int, distance: Callable[[int, int], float]) -> Any:
    out = np.zeros((number, number))
    for a in range(number):
        for b in range(a + 1, number):
            out[a, b] = out[b, a] = distance(a, b)
    return out


def _norm(values: Sequence[Any]) -> Any:
    array = np.array(values)
    return np.linalg.norm(array[:, None] - array[None], axis=2)


MEASURES: dict[str, Callable[[Group], dict[str, Any]]] = {
    "character_appearance": character,
    "environment_match": environment,
    "lighting_continuity": lighting,
    "color_consistency": color,
}
"""The distances of each item that can be checked."""
