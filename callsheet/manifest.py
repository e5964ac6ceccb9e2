"""The manifest: what a work was made from, what each thing cost, and what was published.

It is written last: a work without a manifest is not published. Its JSON Schema is
`callsheet/data/manifest.schema.json`, made from these models.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callsheet.media.check.report import Report
from callsheet.media.consistency import Consistency
from callsheet.media.probe import Probe
from callsheet.media.soundfile import SoundFile
from callsheet.money import Amount
from callsheet.timeline import Timeline

OF_SEVERAL = frozenset({"variants", "matrix"})
"""Kinds of production that may have several works, and an index of them."""
COMPARISON_TABLE, COMPARISON_SHEET = "comparison.csv", "comparison.jpg"
CALENDAR, INDEX = "calendar.ics", "production.json"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Input(_Frozen):
    """An image that was given."""

    key: str
    sha256: str
    media_type: str
    bytes: int


class PurchasedClip(_Frozen):
    """A clip of a purchase, in the bucket."""

    clip: str
    key: str
    sha256: str
    bytes: int
    probe: Probe | SoundFile


class PurchaseRecord(_Frozen):
    """One purchase. `reused` where another production had bought it: then it cost this one nothing."""

    id: str
    feature: str
    provider: str
    key: str = Field(description="The purchase key; the provider knows the order by it.")
    job_id: str | None
    take: int
    quoted: Amount
    charged: Amount
    reused: bool
    clips: tuple[PurchasedClip, ...]


class Deliverable(_Frozen):
    """One published file. `path` is its key below the production's own."""

    kind: Literal[
        "master",
        "stem",
        "captions",
        "edit",
        "poster",
        "contact_sheet",
        "rendition",
        "cover",
        "chapters",
        "chapter",
        "slide",
        "transcript",
        "voice",
    ]
    path: str
    platform: str | None = None
    sha256: str
    bytes: int
    content_type: str
    probe: Probe | None = None


class SpokenLine(_Frozen):
    """A line as it is spoken in the master, in seconds from its start."""

    text: str
    start: float
    end: float


class Measures(_Frozen):
    """What was measured on the finished master."""

    seconds: float
    loudness_lufs: float
    true_peak_dbtp: float
    lines: tuple[SpokenLine, ...]


class ProviderRecord(_Frozen):
    """Who the clips were bought from. In a rehearsal charges are counted and nobody is billed."""

    name: str
    identity: str
    rehearsal: bool


class Cost(_Frozen):
    """`quoted` for what the work is made from; `charged` for what this production bought itself of that."""

    currency: str
    quoted: Amount
    charged: Amount


class Provenance(_Frozen):
    """How the files are signed: `certificate` is configured or self-made, `producer` who answers for the content."""

    certificate: str
    producer: str


class FurtherTake(_Frozen):
    """A shot that was bought again. `kept` says whether the work shows this take."""

    purchase: str
    take: int
    charged: Amount
    kept: bool


class ConsistencyRecord(_Frozen):
    """Whether the shots belong together: `before` as they were bought, `after` as they are shown.

    `stopped` says why a shot that does not fit was not bought again, or not once more.
    """

    items: tuple[str, ...]
    before: Consistency
    after: Consistency
    further_takes: tuple[FurtherTake, ...] = ()
    stopped: str | None = None


class Manifest(_Frozen):
    """The record of one published work."""

    schema_version: Literal[2] = 2
    production_id: str
    kind: str
    work: str = Field(description="Which of the plan's works this is.")
    variant: dict[str, str] = Field(default={}, description="What tells it from the other works of a test.")
    publish_at: dt.datetime | None = Field(default=None, description="When it is meant to be posted.")
    name: str
    language: str
    tier: str
    published_at: dt.datetime
    callsheet_version: str
    plan_digest: str
    provider: ProviderRecord
    cost: Cost
    inputs: tuple[Input, ...]
    purchases: tuple[PurchaseRecord, ...]
    timeline: Timeline
    measures: Measures
    consistency: ConsistencyRecord | None = Field(
        default=None, description="How well the shots belong together, where that was measured."
    )
    checks: tuple[Report, ...] = Field(description="Each rendition against its platform, those that failed too.")
    provenance: Provenance
    deliverables: tuple[Deliverable, ...]


def beside(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """The files of a production that belong to none of its works; they lie beside the works' folders."""
    kinds = {manifest.kind for manifest in manifests}
    names = [COMPARISON_TABLE, COMPARISON_SHEET] if "variants" in kinds else []
    if any(manifest.publish_at for manifest in manifests):
        names.append(CALENDAR)
    return (*names, INDEX) if kinds & OF_SEVERAL else tuple(names)


def manifest_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the manifest as it is written."""
    schema = Manifest.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    print(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))
