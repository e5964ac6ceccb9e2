"""Which variant of an A/B test did better: two-proportion tests, corrected for their number, with intervals. Pure.

Shares have Wilson intervals, differences Newcombe's, which are made of them (Newcombe, "Interval estimation for the
difference between independent proportions", Statistics in Medicine 17, 1998, method 10). The p-value is that of the
pooled two-proportion z test, and of Fisher's exact test where a count to be expected is below five. Holm's method
(Scandinavian Journal of Statistics 6, 1979) corrects for how many comparisons there are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal

from pydantic import BaseModel, ConfigDict

from callsheet.errors import BriefError, Fault

CONTROL, BEST = "control", "best"
"""Whom the others are compared with: the first variant of the brief, or whichever did best."""
POWER = 0.8
"""Chance to find a difference that is there, for which the needed sample is computed."""
FEW = 5
"""A count to be expected below which the z test is not used."""
_NUMBER = re.compile(r"v(\d+)(?=-|$)")
"""How the keys of a production's variants begin: their number in the brief."""

Verdict = Literal["better", "worse", "no difference shown"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Result(_Frozen):
    """What came of a variant: of `impressions`, `hits` clicked or converted; `rate` with its Wilson interval, 0..1."""

    variant: str
    impressions: int
    hits: int
    rate: float
    low: float
    high: float


class Comparison(_Frozen):
    """A variant against the reference.

    `difference` is its rate minus the reference's, with its interval; `lift` that difference as a share of the
    reference's rate; `effect` is Cohen's h. `p` is corrected. `needed` are the impressions of each of both to find a
    difference of this size; `too_few` says that there were not as many, and nothing was shown, or that counts are
    small.
    """

    variant: str
    difference: float
    low: float
    high: float
    lift: float | None
    effect: float
    test: Literal["z", "fisher"]
    p: float
    verdict: Verdict
    needed: int | None
    too_few: bool


class Score(_Frozen):
    """A whole test. `reference` is whom the others are compared with, `compared` how many pairs p is for."""

    metric: str
    alpha: float
    reference: str
    compared: int
    results: tuple[Result, ...]
    comparisons: tuple[Comparison, ...]

    def lines(self) -> list[str]:
        """What it comes to, in words."""
        told = [one for one in self.comparisons if one.verdict != "no difference shown"]
        words = [
            f"{one.variant} is {one.verdict} than {self.reference}: {one.difference * 100:+.2f} points "
            f"({one.low * 100:+.2f} to {one.high * 100:+.2f}), p {one.p:.2g}"
            for one in told
        ] or [f"no variant differs from {self.reference} at {self.alpha:g}"]
        few = [one for one in self.comparisons if one.too_few]
        for one in few:
            needed = f"; a difference of this size needs about {one.needed} impressions of each" if one.needed else ""
            words.append(f"{one.variant}: the sample is too small to tell{needed}")
        return words


def score(counts: Mapping[str, tuple[int, int]], metric: str, *, alpha: float = 0.05, against: str = CONTROL) -> Score:
    """Compares variants, given as impressions and hits by key, with `against`: `CONTROL`, `BEST`, or one of the keys.

    Of a key its beginning is enough where no other variant's begins so. The best is chosen by the results, so that p is
    corrected for all pairs; against a variant that was chosen before, for as many as there are others. Raises
    `BriefError` for less than two variants and for an unknown key.
    """
    if len(counts) < 2:
        raise BriefError([Fault("variant", ", ".join(counts) or "none", "two variants at least are compared")])
    results = tuple(_result(key, shown, hits, alpha) for key, (shown, hits) in counts.items())
    by_key = {result.variant: result for result in results}
    best = max(results, key=lambda result: result.rate)
    reference = best if against == BEST else by_key[_named(against, tuple(by_key))]
    pairs = list(combinations(results, 2)) if against == BEST else [(r, reference) for r in results if r != reference]
    tested = {frozenset((one.variant, two.variant)): _test(one, two) for one, two in pairs}
    corrected = dict(zip(tested, holm([p for p, _ in tested.values()]), strict=True))
    comparisons = []
    for one in results:
        pair = frozenset((one.variant, reference.variant))
        if one != reference:
            comparisons.append(_comparison(one, reference, corrected[pair], tested[pair][1], alpha))
    return Score(
        metric=metric,
        alpha=alpha,
        reference=reference.variant,
        compared=len(pairs),
        results=results,
        comparisons=tuple(comparisons),
    )


def _named(against: str, keys: Sequence[str]) -> str:
    """The key that is meant: the control's is the one with the lowest number, or the first where they have none."""
    if against == CONTROL and CONTROL not in keys:
        numbered = {key: int(found[1]) for key in keys if (found := _NUMBER.match(key))}
        return min(numbered, key=numbered.__getitem__) if len(numbered) == len(keys) else keys[0]
    meant = [against] if against in keys else [key for key in keys if key.startswith(against)]
    if len(meant) != 1 or not against:
        allowed = f"it must be {CONTROL}, {BEST} or one of {', '.join(keys)}"
        raise BriefError([Fault("--against", against, allowed)])
    return meant[0]


def holm(p: Sequence[float]) -> list[float]:
    """Holm's corrected p-values, in the order given."""
    order = sorted(range(len(p)), key=lambda number: p[number])
    found, least = [0.0] * len(p), 0.0
    for rank, number in enumerate(order):
        least = max(least, min(1.0, (len(p) - rank) * p[number]))
        found[number] = least
    return found


def _result(key: str, shown: int, hits: int, alpha: float) -> Result:
    from scipy.stats import binomtest

    interval = binomtest(hits, shown).proportion_ci(confidence_level=1 - alpha, method="wilson")
    return Result(
        variant=key, impressions=shown, hits=hits, rate=hits / shown, low=float(interval.low), high=float(interval.high)
    )


def _test(one: Result, two: Result) -> tuple[float, Literal["z", "fisher"]]:
    """The p-value of both being one share, and by which test."""
    from scipy.stats import chi2_contingency, fisher_exact

    table = [[each.hits, each.impressions - each.hits] for each in (one, two)]
    if _least_expected(one, two) < FEW:
        return float(fisher_exact(table).pvalue), "fisher"
    # Without Yates's correction this is the square of the pooled z.
    return float(chi2_contingency(table, correction=False).pvalue), "z"


def _least_expected(one: Result, two: Result) -> float:
    share = (one.hits + two.hits) / (one.impressions + two.impressions)
    return min(one.impressions, two.impressions) * min(share, 1 - share)


def _comparison(one: Result, two: Result, p: float, test: Literal["z", "fisher"], alpha: float) -> Comparison:
    difference = one.rate - two.rate
    needed = _needed(one.rate, two.rate, alpha)
    shown = p < alpha
    verdict: Verdict = "no difference shown" if not shown else "better" if difference > 0 else "worse"
    smallest = min(one.impressions, two.impressions)
    return Comparison(
        variant=one.variant,
        difference=difference,
        low=difference - math.hypot(one.rate - one.low, two.high - two.rate),
        high=difference + math.hypot(one.high - one.rate, two.rate - two.low),
        lift=difference / two.rate if two.rate else None,
        effect=2 * math.asin(math.sqrt(one.rate)) - 2 * math.asin(math.sqrt(two.rate)),
        test=test,
        p=p,
        verdict=verdict,
        needed=needed,
        too_few=not shown and (test == "fisher" or (needed is not None and smallest < needed)),
    )


def _needed(one: float, two: float, alpha: float) -> int | None:
    """Impressions of each variant that find a difference such as that of two rates; None where there is none."""
    from scipy.stats import norm

    if one == two:
        return None
    middle = (one + two) / 2
    sure, able = float(norm.ppf(1 - alpha / 2)), float(norm.ppf(POWER))
    spread = sure * math.sqrt(2 * middle * (1 - middle)) + able * math.sqrt(one * (1 - one) + two * (1 - two))
    return math.ceil((spread / (one - two)) ** 2)
