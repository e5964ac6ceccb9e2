"""Quality tiers: which resolution a work is bought at, and how long a clip of that tier usually is."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict

TierName = Literal["prototype", "social", "professional", "broadcast"]


class Tier(BaseModel):
    """`seconds` is the tier's usual length of one clip; works of several shots keep their own lengths."""

    model_config = ConfigDict(frozen=True)

    resolution: str
    seconds: int
    meant_for: str


@cache
def tier(name: TierName) -> Tier:
    """The tier called `name`, from `callsheet/data/tiers.json`."""
    text = resources.files("callsheet").joinpath("data", "tiers.json").read_text(encoding="utf-8")
    return Tier.model_validate(json.loads(text)["tiers"][name])
