"""Reads a brief from YAML or JSON. Everything that is wrong is said at once, one line for each field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from callsheet.briefs.brief import Brief
from callsheet.briefs.course import CourseBrief
from callsheet.briefs.marketing import MarketingBrief
from callsheet.briefs.matrix import MatrixBrief
from callsheet.briefs.naming import with_named
from callsheet.briefs.storyboard import StoryboardBrief
from callsheet.briefs.variants import VariantsBrief
from callsheet.errors import BriefError, Fault
from callsheet.validation import faults_of
from callsheet.yaml_text import plain

KINDS: dict[str, type[Brief]] = {
    "course": CourseBrief,
    "marketing": MarketingBrief,
    "matrix": MatrixBrief,
    "storyboard": StoryboardBrief,
    "variants": VariantsBrief,
}
LARGEST_BRIEF = 1024 * 1024
"""Bytes: far above any honest brief, far below what would hurt."""


def parse_brief(data: Any) -> Brief:
    """A brief from the mapping it was written as. Raises `BriefError` with a fault for each field that is wrong."""
    if not isinstance(data, Mapping):
        raise BriefError([Fault("(the whole)", type(data).__name__, "a brief is a mapping of field names to values")])
    kind = data.get("kind", "marketing")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise BriefError([Fault("kind", repr(kind), f"it must be one of {', '.join(KINDS)}")])
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        raise BriefError(faults_of(error)) from error


def load_brief(path: Path) -> Brief:
    """The brief in a YAML or JSON file; the paths in it are made absolute from the folder of the file."""
    try:
        if path.stat().st_size > LARGEST_BRIEF:
            raise BriefError([Fault(str(path), f"{path.stat().st_size} bytes", f"at most {LARGEST_BRIEF} are read")])
        data = plain(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BriefError([Fault(str(path), "this path", f"it can't be read: {error.strerror or error}")]) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BriefError([Fault(str(path), "its text", f"it must be YAML or JSON in UTF-8: {reason}")]) from error

    def placed(name: str) -> str:
        return str((path.parent / name).resolve())

    brief = parse_brief(data).with_paths(placed)
    beside = {field: placed(named) for field in ("brand", "library") if (named := getattr(brief, field))}
    return with_named(brief.model_copy(update=beside).with_texts())
