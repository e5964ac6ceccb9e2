"""Housekeeping: removes what nobody needs any more, by rule, and never what a manifest names."""

from callsheet.housekeeping.machine import Removal
from callsheet.housekeeping.rules import Named, Rules, named_by, orphans
from callsheet.housekeeping.sweeping import Tidied, tidy

__all__ = ["Named", "Removal", "Rules", "Tidied", "named_by", "orphans", "tidy"]
