"""One production from its plan to its manifests: inputs staged, clips bought, works cut and published."""

from callsheet.production.alternatives import Alternatives, alternatives, changed
from callsheet.production.basing import based
from callsheet.production.concluding import conclude
from callsheet.production.cutting import CutRecord, cut_work, incomplete
from callsheet.production.gathering import Gathered, gathered
from callsheet.production.outcome import Failure, Outcome, failure, outcome_of
from callsheet.production.parting import (
    hand_over,
    handed_over,
    part_report,
    parts_of,
    report_part,
    still_wanted,
    taken_over,
)
from callsheet.production.preparing import Planned, Prepared, consider, prepare
from callsheet.production.production import Production, begin, stage_inputs, together
from callsheet.production.publishing import all_of, all_published, note_published, publish, published

__all__ = [
    "Alternatives",
    "CutRecord",
    "Failure",
    "Gathered",
    "Outcome",
    "Planned",
    "Prepared",
    "Production",
    "all_of",
    "all_published",
    "alternatives",
    "based",
    "begin",
    "changed",
    "conclude",
    "consider",
    "cut_work",
    "failure",
    "gathered",
    "hand_over",
    "handed_over",
    "incomplete",
    "note_published",
    "outcome_of",
    "part_report",
    "parts_of",
    "prepare",
    "publish",
    "published",
    "report_part",
    "stage_inputs",
    "still_wanted",
    "taken_over",
    "together",
]
