"""The quote of a plan as a person sees it in Prefect: plan and price, what else it could cost, and its storyboard."""

from __future__ import annotations

import asyncio
from typing import Any

from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact

from callsheet.fetching import bucket_of
from callsheet.money import Money
from callsheet.production import Alternatives, Planned, alternatives
from callsheet.review import plan_page
from callsheet.review.drafts import drafts
from callsheet.storage.keys import storyboard_key
from tasks.artifacts import kept, plan_table

MOST_DRAFTS = 60
"""Drafts of one storyboard; each takes about a second of processor time."""


async def quoted(planned: Planned) -> dict[str, Any]:
    """Publishes the quote of a plan, and gives it as a dry run's result."""
    others = alternatives(planned)
    page = await show_quote(planned, others)
    total = planned.plan.total
    return {
        "dry_run": True,
        "plan_digest": planned.plan.digest,
        "production_id": planned.production_id,
        "provider": planned.choice.identity,
        "currency": total.currency,
        "total": str(total.amount),
        "most": str(planned.plan.most.amount),
        "works": len(planned.plan.works),
        "lower_tiers": {name: str(price.amount) for name, price in others.tiers.items()},
        "storyboard": page,
        "notes": planned.choice.lines(),
    }


async def show_quote(planned: Planned, others: Alternatives) -> str:
    """Shows plan, price and storyboard among the run's artifacts; gives the address of the storyboard."""
    page = await _storyboard(planned)
    text = quote_text(planned, others)
    await kept(
        acreate_markdown_artifact(key=f"plan-{planned.production_id}", markdown=text, description="plan and price")
    )
    key = f"storyboard-{planned.production_id}"
    await kept(acreate_link_artifact(link=page, link_text="storyboard with a draft of each shot", key=key))
    return page


def quote_text(planned: Planned, others: Alternatives) -> str:
    """Plan, price, provider and what else it could cost, in Markdown."""
    plan = planned.plan
    more = [f"With further takes it may cost up to **{plan.most}**."] if plan.most > plan.total else []
    said = [f"By {planned.choice.identity}.", *more, *planned.choice.lines(), *plan.advice()]
    tables = [_table("Lower tier", others.tiers), _table("Without", others.cells)]
    return "\n\n".join([plan_table(plan), *said, *filter(None, tables)])


def _table(head: str, prices: dict[str, Money]) -> str:
    rows = [f"| {name} | {price} |" for name, price in prices.items()]
    return "\n".join([f"| {head} | Price |", "|---|---|", *rows]) if rows else ""


async def _storyboard(planned: Planned) -> str:
    """Puts the page into the bucket, unless it is there from an earlier try of this very plan."""
    bucket, key = bucket_of(planned.settings), storyboard_key(planned.production_id)
    if await bucket.stat(key) is None:
        plan, files = planned.plan, planned.files
        data = {media.sha256: files.data[path] for path, media in files.media.items()}
        many = sum(len(one.clips) for one in plan.purchases) > MOST_DRAFTS
        drawn = {} if many else await asyncio.to_thread(drafts, plan, data)
        notes = tuple(planned.choice.lines())
        page = await asyncio.to_thread(plan_page, plan, planned.choice.identity, key, drawn, notes)
        await bucket.put_bytes(key, page.encode(), content_type="text/html")
    return bucket.uri(key)
