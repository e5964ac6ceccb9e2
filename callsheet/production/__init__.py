"""One production from its plan to its manifests: inputs staged, clips bought, works cut and published."""

from callsheet.production.basing import based
from callsheet.production.cutting import CutRecord, cut_key, cut_work
from callsheet.production.outcome import Failure, Outcome, failure, outcome_of
from callsheet.production.preparing import Prepared, prepare
from callsheet.production.production import Production, begin, stage_inputs, together
from callsheet.production.publishing import all_published, incomplete, publish, published

__all__ = [
    "CutRecord",
    "Failure",
    "Outcome",
    "Prepared",
    "Production",
    "all_published",
    "based",
    "begin",
    "cut_key",
    "cut_work",
    "failure",
    "incomplete",
    "outcome_of",
    "prepare",
    "publish",
    "published",
    "stage_inputs",
    "together",
]
