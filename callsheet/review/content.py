"""What stands in the review of a production, from its plan, its manifests and its failures. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from callsheet.manifest import Deliverable, Manifest, PurchaseRecord, beside
from callsheet.media.check.report import Report, shown
from callsheet.media.consistency import THRESHOLD
from callsheet.money import Money
from callsheet.plan.clip_lengths import clip_prompts, clip_seconds
from callsheet.plan.model import Plan, Work
from callsheet.platforms import platforms
from callsheet.timeline import Chapter, Timeline

MOST_SCREENED = 100
"""Works of which one page shows players, checks and pictures; each takes some 80 kB of it."""


@dataclass(frozen=True)
class Seen:
    """What of a work's files stands in the page: posters by path, stills by clip, captions by language (WebVTT)."""

    posters: Mapping[str, str] = field(default_factory=dict)
    stills: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)


def money(amount: Decimal, currency: str) -> str:
    """An amount to the cent with its currency."""
    return str(Money(amount=amount, currency=currency))


def content(
    plan: Plan,
    production_id: str,
    manifests: Sequence[Manifest],
    failed: Mapping[str, str] | None = None,
    seen: Mapping[str, Seen] | None = None,
) -> dict[str, Any]:
    """The context of `review.html`. `failed` has the error of each work that is not published, `seen` what is shown."""
    done = {manifest.work: manifest for manifest in manifests}
    wrong, looked = failed or {}, seen or {}
    works = [_work(work, done.get(work.id), wrong.get(work.id), looked.get(work.id, Seen())) for work in plan.works]
    screened = screening(plan, manifests, wrong)
    reports = [(work, report) for work in works for report in work["reports"]]
    fails = sum(len(report["fails"]) for _, report in reports)
    first = next(iter(manifests), None)
    return {
        "title": plan.name,
        "production": production_id,
        "kind": plan.kind,
        "tier": plan.tier,
        "digest": plan.digest,
        "price_list": plan.price_list,
        "provider": first.provider if first else None,
        "version": first.callsheet_version if first else None,
        "published_at": max((manifest.published_at for manifest in manifests), default=None),
        "provenance": first.provenance if first else None,
        "works": [work for work in works if work["id"] in screened],
        "there": sum(work["there"] for work in works),
        "left_out": max(0, len(works) - MOST_SCREENED),
        "shots": _shots(plan, manifests, looked),
        "money": _money(plan, manifests),
        "fails": fails,
        "checked": sum(report["held"] for _, report in reports) + fails,
        "odd": [(work["id"], found["odd"]) for work in works if (found := work["consistency"]) and found["odd"]],
        "judged": any(work["consistency"] for work in works),
        "failed": [work for work in works if work["error"]],
        "calendar": sorted((work for work in works if work["publish_at"]), key=lambda work: str(work["publish_at"])),
        "inputs": list({one.key: one for made in manifests for one in made.inputs}.values()),
        "seconds": plan.seconds,
        "beside": beside(manifests),
    }


def screening(plan: Plan, manifests: Sequence[Manifest], failed: Mapping[str, str]) -> frozenset[str]:
    """The works that the page shows, `MOST_SCREENED` at most: first those with which something is wrong."""
    odd = {one.work for one in manifests if not all(report.passed for report in one.checks)} | failed.keys()
    names = sorted((work.id for work in plan.works), key=lambda name: name not in odd)
    return frozenset(names[:MOST_SCREENED])


def _work(work: Work, manifest: Manifest | None, error: str | None, seen: Seen) -> dict[str, Any]:
    timeline = manifest.timeline if manifest else work.timeline
    base = f"{work.folder}/" if work.folder else ""
    reports = [_report(report) for report in manifest.checks] if manifest else []
    return {
        "id": work.id,
        "name": work.name,
        "language": work.language,
        "base": base,
        "seconds": timeline.seconds,
        "timeline": timeline,
        "measures": manifest.measures if manifest else None,
        "platforms": work.platforms,
        "variant": work.variant,
        "publish_at": work.publish_at,
        "error": error,
        "there": manifest is not None,
        "reports": reports,
        "versions": _versions(manifest, base, seen, reports) if manifest else [],
        "captions": seen.captions,
        "files": [_file(item, base) for item in manifest.deliverables] if manifest else [],
        "clips": set(timeline.clips),
        "starts": _starts(timeline),
        "chapters": [
            {"title": chapter.title, "at": round(chapter.start / timeline.fps, 3), "time": _clock(chapter, timeline)}
            for chapter in timeline.chapters
        ],
        "consistency": None if manifest is None else _consistency(manifest),
        "producer": manifest.provenance.producer if manifest else "",
    }


def _clock(chapter: Chapter, timeline: Timeline) -> str:
    """When a chapter begins, as `4:05`."""
    seconds = int(chapter.start / timeline.fps)
    return f"{seconds // 60}:{seconds % 60:02}"


def _consistency(manifest: Manifest) -> dict[str, Any] | None:
    """Whether the shots belong together, before and after repair; None where that was not measured."""
    record = manifest.consistency
    if record is None:
        return None
    before, after = record.before.scores.items, record.after.scores.items
    measured = [item for item in record.items if item in after]
    return {
        "least": THRESHOLD,
        "odd": list(record.after.inconsistent_shots),
        "rows": [{"item": item, "before": before[item], "after": after[item]} for item in measured],
        "takes": [
            {"purchase": take.purchase, "take": take.take, "kept": take.kept}
            | {"charged": money(take.charged, manifest.cost.currency)}
            for take in record.further_takes
        ],
        "stopped": record.stopped,
    }


def _starts(timeline: Timeline) -> dict[str, float]:
    """Second at which each clip is first seen whole."""
    found: dict[str, float] = {}
    for start, shot in zip(timeline.starts(), timeline.shots, strict=True):
        found.setdefault(shot.clip, round((start + shot.overlap) / timeline.fps, 3))
    return found


def _versions(manifest: Manifest, base: str, seen: Seen, reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The master and each rendition as the player shows it; a rendition that failed its check has no file."""
    timeline = manifest.timeline
    master: dict[str, Any] = {"key": "master", "title": None, "safe": None}
    master |= {"width": timeline.width, "height": timeline.height}
    # Whoever saves several works for an advertising platform has to tell them apart by the files' names.
    own = f"{manifest.work}-" if base else ""
    master |= {"src": f"{base}master.mp4", "saved_as": f"{own}master.mp4"}
    found = [master | {"poster": seen.posters.get("poster.jpg"), "report": None}]
    files = {item.platform: item for item in manifest.deliverables if item.kind == "rendition"}
    for report in reports:
        contract = platforms()[report["platform"]]
        item = files.get(contract.name)
        cover = None if item is None else seen.posters.get(f"{item.path.removesuffix('.mp4')}.jpg")
        found.append(
            {
                "key": contract.name.replace("_", "-"),
                "title": contract.title,
                "width": contract.width,
                "height": contract.height,
                "safe": contract.safe,
                "src": None if item is None else f"{base}{item.path}",
                "saved_as": None if item is None else _once(own, item.path.rpartition("/")[2]),
                "poster": cover,
                "report": report,
            }
        )
    return found


def _report(report: Report) -> dict[str, Any]:
    points = [
        {"name": p.name, "value": shown(p.value, p.unit), "limit": p.limit, "passed": p.passed, "note": p.note}
        for p in report.points
    ]
    return {
        "platform": report.platform,
        "title": platforms()[report.platform].title,
        "passed": report.passed,
        "read_on": report.rules_read_on,
        "fails": [point for point in points if point["passed"] is False],
        "holds": [point for point in points if point["passed"]],
        "informs": [point for point in points if point["passed"] is None],
        "held": sum(1 for point in points if point["passed"]),
    }


def _file(item: Deliverable, base: str) -> dict[str, Any]:
    return {"kind": item.kind, "path": item.path, "href": f"{base}{item.path}", "bytes": item.bytes, "sha": item.sha256}


def bought(manifests: Sequence[Manifest]) -> dict[str, PurchaseRecord]:
    """Every purchase once, by its name in the plan."""
    return {purchase.id: purchase for manifest in manifests for purchase in manifest.purchases}


def _shots(plan: Plan, manifests: Sequence[Manifest], seen: Mapping[str, Seen]) -> list[dict[str, Any]]:
    """Each clip as it was ordered, with the works that show it."""
    records = bought(manifests)
    stills = {clip: uri for one in seen.values() for clip, uri in reversed([*one.stills.items()])}
    found = []
    for purchase in plan.purchases:
        seconds = clip_seconds(purchase.request, purchase.clips) or {}
        prompts = clip_prompts(purchase.request, purchase.clips)
        for number, clip in enumerate(purchase.clips):
            shown_in = [work.id for work in plan.works if clip in work.timeline.clips]
            found.append(
                {
                    "clip": clip,
                    "purchase": purchase.id,
                    "feature": purchase.request.feature,
                    "take": purchase.take,
                    "seconds": seconds.get(clip),
                    "resolution": getattr(purchase.request, "resolution", ""),
                    "prompt": prompts.get(clip, ""),
                    "basis": purchase.basis.clip if purchase.basis else None,
                    "price": str(purchase.price) if number == 0 else None,
                    "together": len(purchase.clips),
                    "first": purchase.clips[0],
                    # A batch isn't sent again: another take of one of its pictures is bought by itself.
                    "retake": clip if purchase.request.feature == "variants_batch" else purchase.id,
                    "record": records.get(purchase.id) if number == 0 else None,
                    "still": stills.get(clip),
                    "works": shown_in,
                }
            )
    return found


def _once(own: str, name: str) -> str:
    """A file's name after its work's, where that isn't the same word."""
    return name if name.startswith(f"{own.removesuffix('-')}.") else f"{own}{name}"


def _saved(plan: Plan, manifests: Sequence[Manifest]) -> Decimal:
    """What the clips that several works show would cost if each work had bought its own."""
    shows = Counter(clip for manifest in manifests for clip in manifest.timeline.clips)
    saved = Decimal(0)
    for purchase in plan.purchases:
        seconds = clip_seconds(purchase.request, purchase.clips) or dict.fromkeys(purchase.clips, 1)
        for clip in purchase.clips:
            again = max(0, shows[clip] - 1)
            saved += again * purchase.price.amount * seconds.get(clip, 0) / sum(seconds.values())
    return saved


def _money(plan: Plan, manifests: Sequence[Manifest]) -> dict[str, Any]:
    """Quoted, charged, and saved: by works that share shots, and by purchases of other productions."""
    records, currency = bought(manifests), plan.total.currency
    rows = [(purchase, records.get(purchase.id)) for purchase in plan.purchases]
    return {
        "currency": currency,
        "quoted": str(plan.total),
        "charged": money(sum((one.charged for one in records.values() if not one.reused), Decimal(0)), currency),
        "shared": money(_saved(plan, manifests), currency) if len(plan.works) > 1 else None,
        "reused": money(sum((one.quoted for one in records.values() if one.reused), Decimal(0)), currency),
        "has_reused": any(one.reused for one in records.values()),
        "rows": [
            {
                "id": purchase.id,
                "feature": purchase.request.feature,
                "take": purchase.take,
                "quoted": str(purchase.price),
                "charged": None if one is None else money(Decimal(0) if one.reused else one.charged, currency),
                "reused": one is not None and one.reused,
            }
            for purchase, one in rows
        ],
    }
