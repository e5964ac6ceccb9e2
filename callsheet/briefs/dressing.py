"""A brief in the clothes of its brand: what it leaves open is the brand's, and it holds no forbidden word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from callsheet.brand import Brand
from callsheet.briefs.brief import Brief
from callsheet.errors import BriefError
from callsheet.validation import faults_of

DEFAULTS = ("style", "music_mood", "voice", "aspect")
"""Fields of a brief that a brand fills."""
B = TypeVar("B", bound=Brief)


def dress(brief: B, brand: Brand) -> B:
    """The brief with the brand's choices where it makes none of its own.

    Raises `BriefError` for a forbidden word, with its field, and where a choice does not fit the brief.
    """
    faults = []
    for field, text in texts(brief.model_dump()):
        try:
            brand.check_words(field, text)
        except BriefError as error:
            faults += error.faults
    if faults:
        raise BriefError(faults)
    wanted = {name: getattr(brand, name) for name in DEFAULTS if getattr(brand, name) is not None}
    fields = type(brief).model_fields
    taken = {name: value for name, value in wanted.items() if name in fields and name not in brief.model_fields_set}
    try:
        return type(brief).model_validate({**brief.model_dump(exclude_unset=True), **taken})
    except ValidationError as error:
        raise BriefError(faults_of(error)) from error


def texts(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in plain data with the field in which it stands."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from texts(part, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from texts(part, f"{field}[{number}]")
