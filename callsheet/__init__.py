"""Callsheet: from a brief to a finished, checked, published video, with every purchase recorded and none made twice."""

__version__ = "0.1.0"
