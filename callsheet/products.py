"""The products: what each kind of brief is planned by. The flow that makes it is found by its entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from callsheet.briefs import Brief
from callsheet.briefs.dressing import dress
from callsheet.briefs.files import Files
from callsheet.briefs.naming import names_left
from callsheet.errors import BriefError, Fault
from callsheet.media.images import Media
from callsheet.money import PriceList
from callsheet.plan import plan_course, plan_marketing, plan_matrix, plan_storyboard, plan_variants
from callsheet.plan.branding import branded
from callsheet.plan.model import Plan

Planner = Callable[[Any, Mapping[str, Media], PriceList], Plan]

PLANNERS: Mapping[str, Planner] = {
    "course": plan_course,
    "marketing": plan_marketing,
    "matrix": plan_matrix,
    "storyboard": plan_storyboard,
    "variants": plan_variants,
}
"""Kind of brief -> the pure function that plans it."""


def plan_of(brief: Brief, files: Mapping[str, Media], prices: PriceList) -> Plan:
    """The plan of a brief; `files` are those that it names, by their paths. Raises `BriefError` where it can't be."""
    left = names_left(brief)
    if left:
        raise BriefError([Fault(field, name, "its library has not been read") for field, name in left])
    return PLANNERS[brief.kind](brief, files, prices)


def plan_with(brief: Brief, files: Files, prices: PriceList) -> Plan:
    """The plan of a brief, dressed by its brand. Raises `BriefError`."""
    if files.brand is None:
        return plan_of(brief, files.media, prices)
    return branded(plan_of(dress(brief, files.brand), files.media, prices), files.brand, files.given)
