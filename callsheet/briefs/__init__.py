"""What people write: one model for each kind of work, read from YAML, JSON, a form or a parameter."""

from callsheet.briefs.brief import Brief
from callsheet.briefs.course import CourseBrief
from callsheet.briefs.load import load_brief, parse_brief
from callsheet.briefs.marketing import MarketingBrief
from callsheet.briefs.matrix import MatrixBrief
from callsheet.briefs.storyboard import StoryboardBrief
from callsheet.briefs.variants import VariantsBrief

__all__ = [
    "Brief",
    "CourseBrief",
    "MarketingBrief",
    "MatrixBrief",
    "StoryboardBrief",
    "VariantsBrief",
    "load_brief",
    "parse_brief",
]
