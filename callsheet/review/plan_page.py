"""The storyboard of a plan: a page beside the plan file, with a draft frame for each shot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from callsheet.plan.model import Plan
from callsheet.plan.quote import quote
from callsheet.review.content import Seen, content
from callsheet.review.pictures import data_uri
from callsheet.review.rendering import page, ui_of
from callsheet.timeline import Card


def plan_page(plan: Plan, identity: str, file: str, drafts: Mapping[str, bytes], notes: tuple[str, ...] = ()) -> str:
    """The page as HTML. `file` is the plan file's name, `drafts` a JPEG for each clip, `notes` what is to be known."""
    stills = {clip: data_uri(jpeg) for clip, jpeg in drafts.items()}
    seen = {plan.works[0].id: Seen(stills=stills)}
    made: dict[str, Any] = content(plan, "", (), seen=seen)
    made |= {"file": file, "identity": identity, "notes": notes, "quote": quote(plan), "total": str(plan.total)}
    made["rows"] = {work.id: _row(work) for work in plan.works}
    return page("plan.html", ui_of(plan.language), made)


def _row(work: Any) -> list[dict[str, Any]]:
    """The cut of a work: what is seen, from when, for how long."""
    timeline = work.timeline
    return [
        {
            "name": shot.clip,
            "card": isinstance(shot, Card),
            "at": round(start / timeline.fps, 2),
            "seconds": round(shot.frames / timeline.fps, 2),
        }
        for start, shot in zip(timeline.starts(), timeline.shots, strict=True)
    ]
