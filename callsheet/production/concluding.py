"""What is written about a production of several works when all have been tried: index, calendar, comparison."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from callsheet.canonical import canonical_json
from callsheet.ledger.notices import tell_of
from callsheet.manifest import CALENDAR, INDEX, Manifest
from callsheet.plan.model import Plan, Work
from callsheet.production.comparing import compare
from callsheet.production.outcome import Failure, Outcome
from callsheet.production.production import Production
from callsheet.production.publishing import note_published
from callsheet.review import write_review

POSTING = dt.timedelta(minutes=15)
"""How long a posting stands in the calendar."""


async def conclude(production: Production, manifests: Sequence[Manifest], failed: Sequence[Failure] = ()) -> Outcome:
    """Writes `production.json`, `review.html`, of variants their comparison, where a work has a date `calendar.ics`.

    Gives the outcome. When all works are published it is noted that the production is.
    """
    bucket, plan = production.desk.bucket, production.plan
    if plan.kind == "variants":
        await compare(production, manifests)
    text = canonical_json(index(production, manifests, failed)).encode()
    await bucket.put_bytes(f"{production.id}/{INDEX}", text, content_type="application/json")
    if any(manifest.publish_at for manifest in manifests):
        data = calendar(plan, production.id, manifests)
        await bucket.put_bytes(f"{production.id}/{CALENDAR}", data, content_type="text/calendar")
    if failed:
        await _note_failed(production, failed)
    reasons = {failure.work: failure.error for failure in failed}
    await write_review(bucket, plan, production.id, manifests, reasons)
    if len(manifests) == len(plan.works):
        await note_published(production)
    return Outcome(production_id=production.id, manifests=tuple(manifests), failed=tuple(failed))


async def _note_failed(production: Production, failed: Sequence[Failure]) -> None:
    """That some works are not published, and why."""
    works = {failure.work: failure.error for failure in failed}
    said = "; ".join(f"{work}: {error}" for work, error in works.items())[:1000]
    once = f"{production.desk.ledger.clock.stamp()} {said}"
    data = {"error": said, "works": [*works]}
    await tell_of(production.desk.ledger, "failed", data, once=once, id=production.id)


def index(production: Production, manifests: Sequence[Manifest], failed: Sequence[Failure]) -> dict[str, Any]:
    """What was published, what was not and why, which work shows which purchase, and what all of it cost."""
    plan = production.plan
    charged = {one.key: one.charged for manifest in manifests for one in manifest.purchases if not one.reused}
    done = {manifest.work: manifest for manifest in manifests}
    reasons = {failure.work: failure for failure in failed}
    return {
        "production_id": production.id,
        "kind": plan.kind,
        "name": plan.name,
        "plan_digest": plan.digest,
        "currency": plan.total.currency,
        "quoted": str(plan.total.amount),
        "charged": str(sum(charged.values())),
        "works": [
            {
                "work": work.id,
                "folder": work.folder,
                "platforms": list(work.platforms),
                "variant": work.variant,
                "seconds": work.timeline.seconds,
                "publish_at": work.publish_at.isoformat() if work.publish_at else None,
                "published": work.id in done,
                "error": reasons[work.id].error if work.id in reasons else None,
                "shots": shown_by(plan, work),
            }
            for work in plan.works
        ],
    }


def shown_by(plan: Plan, work: Work) -> list[str]:
    """The purchases of which a work shows something, in the plan's order."""
    clips = set(work.timeline.clips)
    return [purchase.id for purchase in plan.purchases if clips & set(purchase.clips)]


def calendar(plan: Plan, production_id: str, manifests: Sequence[Manifest]) -> bytes:
    """An iCalendar file (RFC 5545) with an event for each published work that has a date."""
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//Callsheet//content calendar//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", plan.name)
    for manifest in manifests:
        if manifest.publish_at is None:
            continue
        event = Event()
        event.add("uid", f"{hashlib.sha256(f'{production_id}/{manifest.work}'.encode()).hexdigest()[:32]}@callsheet")
        event.add("summary", manifest.name)
        event.add("dtstart", manifest.publish_at.astimezone(dt.UTC))
        event.add("dtend", (manifest.publish_at + POSTING).astimezone(dt.UTC))
        event.add("dtstamp", manifest.published_at)
        event.add("description", f"{production_id}/{manifest.work}")
        made.add_component(event)
    return bytes(made.to_ical())
