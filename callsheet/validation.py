"""Turns what pydantic finds wrong into one line for each field: the field, the value, what is allowed."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from callsheet.errors import Fault

_LONGEST = 60


def faults_of(error: ValidationError, prefix: str = "") -> list[Fault]:
    """One `Fault` for each thing that is wrong, in the order of the fields."""
    faults = [_fault(detail, prefix) for detail in error.errors(include_url=False)]
    # A container is also reported as too short or of a wrong kind when one of its entries is wrong; the entry is.
    return [one for one in faults if not any(_within(other.field, one.field) for other in faults)]


def _within(inner: str, outer: str) -> bool:
    return inner.startswith((f"{outer}.", f"{outer}["))


def _fault(detail: ErrorDetails, prefix: str) -> Fault:
    field = _path(detail["loc"], prefix) or "(the whole)"
    kind = detail["type"]
    if kind == "missing":
        return Fault(field, "a missing value", "it is required")
    if kind == "extra_forbidden":
        return Fault(field, "a field of this name", "check its spelling or leave it out")
    return Fault(field, _shown(detail.get("input")), _allowed(detail))


def _path(location: tuple[int | str, ...], prefix: str) -> str:
    path = prefix
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.startswith("function-") or part.endswith("]") or part[:1].isupper():
            continue  # names of validators and of union members say nothing to the person who wrote the field
        else:
            path += f".{part}" if path else part
    return path


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _allowed(detail: ErrorDetails) -> str:
    context = detail.get("ctx") or {}
    kind = detail["type"]
    phrases = {
        "greater_than_equal": "it must be at least {ge}",
        "greater_than": "it must be more than {gt}",
        "less_than_equal": "it must be at most {le}",
        "less_than": "it must be less than {lt}",
        "literal_error": "it must be {expected}",
        "enum": "it must be {expected}",
        "string_too_long": "it may have at most {max_length} characters",
        "string_too_short": "it must have at least {min_length} characters",
        "too_long": "it may have at most {max_length} entries",
        "too_short": "it must have at least {min_length} entries",
        "int_parsing": "it must be a whole number",
        "int_type": "it must be a whole number",
        "int_from_float": "it must be a whole number",
        "float_parsing": "it must be a number",
        "bool_parsing": "it must be true or false",
        "string_type": "it must be text",
    }
    if kind == "string_too_short" and context.get("min_length") == 1:
        return "it must not be empty"
    if kind in phrases:
        return phrases[kind].format(**context)
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    return detail["msg"][:1].lower() + detail["msg"][1:]
