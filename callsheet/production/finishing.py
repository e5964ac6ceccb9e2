"""From a cut master to what may be published: renditions, their covers, the check of each, and signatures.

::

    master -> renditions, captions and label drawn in -> covers -> check -> what fails is left out -> sign

A rendition that fails its platform's contract is not published; the others are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callsheet.errors import CheckError
from callsheet.ledger.order import Bought
from callsheet.manifest import Provenance
from callsheet.media.captions import Cue
from callsheet.media.check import Report, check
from callsheet.media.provenance.record import Origin, ProvenanceRecord, prompt_digest
from callsheet.plan.model import Plan, Work
from callsheet.platforms import Margins, Platform, platform
from callsheet.production.production import Production
from callsheet.timeline import Timeline

if TYPE_CHECKING:
    from callsheet.media.renditions import Stamp

LABEL_SECONDS = 4.0
TEXTLESS = ".textless.mp4"
"""The cut without titles, of which renditions are made: theirs are drawn in their own shape."""


@dataclass(frozen=True)
class Finished:
    """What came of finishing: the reports by platform, how files are signed, and the paths that failed and stay
    behind."""

    checks: Mapping[str, Report]
    provenance: Provenance
    withheld: tuple[str, ...]


def rendition_name(name: str) -> str:
    """What a platform's rendition is called in the bucket."""
    return name.replace("_", "-")


def as_draft(contract: Platform, timeline: Timeline) -> Platform:
    """The contract for a work of a lower tier: the same in everything but size. A draft is not enlarged to pass."""
    short, own = min(timeline.width, timeline.height), min(contract.width, contract.height)
    if short >= own:
        return contract

    def scaled(pixels: int) -> int:
        return round(pixels * short / own)

    safe = contract.safe
    margins = Margins(**{side: scaled(getattr(safe, side)) for side in Margins.model_fields})
    even = {"width": scaled(contract.width) // 2 * 2, "height": scaled(contract.height) // 2 * 2}
    return contract.model_copy(update={**even, "safe": margins})


def record_of(production: Production, work: Work, bought: Sequence[Bought]) -> ProvenanceRecord:
    """What is told of the work in its files: each clip by its digest, its purchase and who made it."""
    desk, plan = production.desk, production.plan
    prompts = prompts_of(plan)
    shown = set(work.timeline.clips)
    origins = [
        Origin(
            clip=asset.clip,
            sha256=asset.sha256,
            purchase_key=one.key,
            provider=one.provider,
            model=desk.settings.provider_model,
            prompt_sha256=prompt_digest(prompts.get(asset.clip, "")),
            prompt=prompts.get(asset.clip) if desk.settings.sign_prompts else None,
            rehearsal=desk.entry.rehearsal,
        )
        for one in bought
        for asset in one.assets
        if asset.clip in shown
    ]
    return ProvenanceRecord(
        production_id=production.id,
        work=work.id,
        title=work.name,
        producer=desk.settings.content_producer,
        spoken=bool(work.timeline.lines),
        origins=tuple(origins),
    )


def prompts_of(plan: Plan) -> dict[str, str]:
    """The words in which each clip was ordered, by the clip's name."""
    found: dict[str, str] = {}
    for purchase in plan.purchases:
        request: Any = purchase.request
        shots = next((getattr(request, name) for name in ("shots", "scenes", "requests") if hasattr(request, name)), ())
        for number, clip in enumerate(purchase.clips):
            source = shots[number] if number < len(shots) else request
            fields = ("prompt", "animation_prompt", "extension_prompt")
            found[clip] = next((str(getattr(source, name)) for name in fields if hasattr(source, name)), "")
    return found


async def finish(
    production: Production,
    work: Work,
    record: ProvenanceRecord,
    out: Path,
    cues: Mapping[str, Sequence[Cue]],
    clips: Mapping[str, Path],
) -> Finished:
    """Makes the renditions of the cut in `out` and signs every file there that can be signed.

    `cues` are the captions by language, `clips` the files that the work was cut from. Raises `MediaError` for a
    platform that does not take the work's length or shape, `CheckError` when no rendition may be published.
    """
    from callsheet.media.provenance.aigc import stamp
    from callsheet.media.provenance.certificate import certificate
    from callsheet.media.provenance.signing import sign, signable

    checks = await _renditions(work, record, out, cues, clips)
    if checks and not any(report.passed for report in checks.values()):
        raise CheckError(f"{work.id}: " + "; ".join(f"{name}: {_faults(report)}" for name, report in checks.items()))
    withheld = tuple(
        f"renditions/{rendition_name(name)}.{kind}"
        for name, report in checks.items()
        if not report.passed
        for kind in ("mp4", "jpg")
    )
    signed = await asyncio.to_thread(certificate, production.desk.settings)
    for path in work.deliverables:
        file = out / path
        if path in withheld or not signable(file) or not await asyncio.to_thread(file.is_file):
            continue
        if file.suffix == ".jpg":  # the field is in the videos already
            await asyncio.to_thread(stamp, file, record)
        await asyncio.to_thread(sign, file, record, signed, clips=clips)
    return Finished(checks, Provenance(certificate=signed.made_by, producer=record.producer), withheld)


def _faults(report: Report) -> str:
    return ", ".join(str(point) for point in report.failures)


async def _renditions(
    work: Work,
    record: ProvenanceRecord,
    out: Path,
    cues: Mapping[str, Sequence[Cue]],
    clips: Mapping[str, Path],
) -> dict[str, Report]:
    from callsheet.media.provenance.aigc import aigc_arguments
    from callsheet.media.renditions import Rendition, renditions
    from callsheet.media.thumbnails import thumbnail

    if not work.platforms:
        return {}
    contracts = {name: as_draft(platform(name), work.timeline) for name in work.platforms}
    scripts = {name: _scripts(work, contract, out, cues) for name, contract in contracts.items()}
    titles = {name: _titles(work, contract, out) for name, contract in contracts.items()}
    stamps = await asyncio.to_thread(_stamps, work.timeline, clips)
    wanted = [
        Rendition(platform=contract, name=rendition_name(name), scripts=titles[name] + scripts[name], stamps=stamps)
        for name, contract in contracts.items()
    ]
    made = await renditions(out / TEXTLESS, wanted, out / "renditions", metadata=aigc_arguments(record))
    reports = {}
    for name, contract in contracts.items():
        video = made[rendition_name(name)].path
        cover = video.with_suffix(".jpg")
        await asyncio.to_thread(thumbnail, video, contract, cover)
        reports[name] = await check(video, contract, captions=scripts[name], thumbnail=cover, aigc=True)
    return reports


def not_titled(cues: Sequence[Cue], timeline: Timeline) -> list[Cue]:
    """The captions without those whose words a title shows at the same time: they would stand over each other."""
    spans = [
        (title.start / timeline.fps, (title.start + title.frames) / timeline.fps, _bare(title.text + title.subtitle))
        for title in timeline.titles
    ]
    return [
        cue
        for cue in cues
        if not any(start < cue.end and cue.start < end and _bare(cue.text) in words for start, end, words in spans)
    ]


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _scripts(work: Work, contract: Platform, out: Path, cues: Mapping[str, Sequence[Cue]]) -> tuple[Path, ...]:
    """What is written into one platform's picture: captions where they are burnt in, the label where it must be."""
    from callsheet.media.lettering import caption_script
    from callsheet.media.provenance.label import label_script

    texts = []
    said = not_titled(cues.get(work.language, ()), work.timeline)
    if said and contract.captions.rule != "track" and work.timeline.burnt is None:
        frame = (contract.width, contract.height)
        texts.append(caption_script(said, *frame, language=work.language, margins=contract.safe_shares))
    if work.label or contract.ai_label.visible:
        margins = contract.safe_shares
        seconds = min(LABEL_SECONDS, work.timeline.seconds)
        texts.append(
            label_script(contract.width, contract.height, language=work.language, margins=margins, seconds=seconds)
        )
    return _written(texts, out, contract, "words")


def _stamps(timeline: Timeline, clips: Mapping[str, Path]) -> tuple[Stamp, ...]:
    """The marks of the work, to be laid where each platform leaves room for them."""
    from PIL import Image

    from callsheet.media.renditions import Stamp

    found = []
    for mark in timeline.marks:
        with Image.open(clips[mark.image]) as picture:
            shape = picture.width / picture.height
        end = timeline.frames if mark.frames is None else mark.start + mark.frames
        found.append(Stamp(clips[mark.image], mark, shape, mark.start / timeline.fps, end / timeline.fps))
    return tuple(found)


def _titles(work: Work, contract: Platform, out: Path) -> tuple[Path, ...]:
    """The titles in one platform's shape. The field behind them reaches to the edge; their words don't."""
    from callsheet.media.lettering import title_script

    shaped = work.timeline.model_copy(update={"width": contract.width, "height": contract.height})
    text = title_script(shaped, contract.safe_shares)
    return _written([text] if text else [], out, contract, "titles")


def _written(texts: Sequence[str], out: Path, contract: Platform, what: str) -> tuple[Path, ...]:
    folder = out / ".scripts"
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{rendition_name(contract.name)}-{what}-{number}.ass" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return tuple(paths)
