"""What people write: one model for each product, and reading one from a file."""

from callsheet.briefs.load import load_brief, parse_brief
from callsheet.briefs.marketing import MarketingBrief

__all__ = ["MarketingBrief", "load_brief", "parse_brief"]
