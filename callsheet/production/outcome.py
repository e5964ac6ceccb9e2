"""What came of a production: the manifests of its works, and why the others are not published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from callsheet.errors import CallsheetError
from callsheet.manifest import Manifest


class Failure(BaseModel):
    """A work that is not published. `error` is one line; `exit_code` that of its kind."""

    model_config = ConfigDict(frozen=True)

    work: str
    error: str
    exit_code: int


class Outcome(BaseModel):
    """Every work of a plan, either published or failed; a rerun makes only those that failed."""

    model_config = ConfigDict(frozen=True)

    production_id: str
    manifests: tuple[Manifest, ...]
    failed: tuple[Failure, ...] = ()


def failure(work: str, error: CallsheetError) -> Failure:
    """The record of an error that stopped one work."""
    return Failure(work=work, error=error.message, exit_code=error.exit_code)


def outcome_of(result: Mapping[str, Any]) -> Outcome:
    """What a flow returned, be it the manifest of its only work or an outcome."""
    if "manifests" in result:
        return Outcome.model_validate(result)
    manifest = Manifest.model_validate(result)
    return Outcome(production_id=manifest.production_id, manifests=(manifest,))
