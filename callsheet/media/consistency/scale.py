"""From distances to scores: logistic curves whose constants are data, fitted to labelled clips.

`callsheet/data/consistency.json` says from which clips and when; tests/media/consistency_calibrate.py makes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

THRESHOLD = 0.85
"""Below this a shot does not belong to the others (APIYI, Sora 2 video generation features, consistency check)."""


class Curve(BaseModel):
    """The constants of one item: a distance d becomes log(1 + d / unit), the weighted sum of these is compared with
    `limit`, at which the score is the threshold; `steepness` is the change of the log odds for one unit of the sum.
    """

    model_config = ConfigDict(frozen=True)

    units: dict[str, float]
    weights: dict[str, float]
    limit: float
    steepness: float

    def total(self, distances: Mapping[str, Any]) -> Any:
        """The weighted sum for arrays of distances."""
        parts = [w * np.log1p(distances[name] / self.units[name]) for name, w in sorted(self.weights.items())]
        return np.sum(parts, 0)

    def score(self, distances: Mapping[str, Any]) -> Any:
        """Scores 0..1: the threshold at the limit, 1 where there is no distance."""
        odds = np.log(THRESHOLD / (1 - THRESHOLD)) + self.steepness * (self.limit - self.total(distances))
        return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


@lru_cache(maxsize=1)
def curves() -> dict[str, Curve]:
    """The curve of each item, read once."""
    text = resources.files("callsheet").joinpath("data/consistency.json").read_text(encoding="utf-8")
    return {item: Curve.model_validate(values) for item, values in json.loads(text)["items"].items()}
