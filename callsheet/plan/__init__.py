"""From a brief to what will be bought and how it will be cut, at which price, under one digest. Pure functions."""

from callsheet.plan.course import plan_course
from callsheet.plan.marketing import plan_marketing
from callsheet.plan.matrix import plan_matrix
from callsheet.plan.model import Plan, Purchase
from callsheet.plan.quote import Quote, QuoteLine, quote
from callsheet.plan.storyboard import plan_storyboard
from callsheet.plan.variants import plan_variants

__all__ = [
    "Plan",
    "Purchase",
    "Quote",
    "QuoteLine",
    "plan_course",
    "plan_marketing",
    "plan_matrix",
    "plan_storyboard",
    "plan_variants",
    "quote",
]
