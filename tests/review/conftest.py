"""A tiny production as a folder: real plans and manifests, small files; and a browser where there is one."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from callsheet.briefs import parse_brief
from callsheet.manifest import (
    Cost,
    Deliverable,
    Manifest,
    Measures,
    Provenance,
    ProviderRecord,
    PurchasedClip,
    PurchaseRecord,
    SpokenLine,
)
from callsheet.media.check.report import Point, Report
from callsheet.media.ffmpeg import run_sync
from callsheet.media.pictures import sheet_boxes
from callsheet.media.probe import Probe
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.platforms import platform
from callsheet.products import plan_of
from callsheet.review import write_review
from callsheet.storage.local import LocalBucket

REQUIRED = os.environ.get("CALLSHEET_TEST_BROWSER") == "required"
CELLS = [
    {"platform": "tiktok", "seconds": 15, "manner": "fast", "publish_at": "2026-12-01T18:00:00+08:00"},
    {"platform": "youtube_shorts", "seconds": 20, "manner": "narrative"},
]
VTT = "WEBVTT\n\n00:00:00.200 --> 00:00:09.000\nLight, kept simple.\n"


def matrix(**change: Any) -> Plan:
    fields = {"kind": "matrix", "name": "Trail lamp", "message": "Light, kept simple.", "language": "en-US"}
    return plan_of(parse_brief({**fields, "cells": CELLS, "tier": "prototype", **change}), {}, price_list("sora"))


@dataclass(frozen=True)
class Folder:
    """A production as it lies in a bucket, before its review is written."""

    bucket: LocalBucket
    root: Path
    plan: Plan
    id: str
    manifests: tuple[Manifest, ...]


def _report(name: str, *, passed: bool = True) -> Report:
    points = (
        Point(name="duration", value=15.0, limit="3 to 60 s", unit="s", passed=True),
        Point(name="loudness", value=-14.1, limit="-15 to -13 LUFS", unit="LUFS", passed=True),
        Point(name="frozen", value=3.2, limit="at most 2 s", unit="s", passed=passed, note="from 4.0 s on"),
        Point(name="frame_size", value="1080x1920", limit=None, passed=None),
    )
    day = platform(name).read_on
    return Report(file=f"{name}.mp4", sha256="a" * 64, platform=name, rules_read_on=day, points=points)


def _picture(path: Path, size: tuple[int, int], colour: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", size, "#20262e")
    ImageDraw.Draw(picture).ellipse((size[0] * 0.2, size[1] * 0.3, size[0] * 0.8, size[1] * 0.7), fill=colour)
    picture.save(path, quality=80)


def _film(path: Path, width: int, height: int) -> None:
    """Two seconds that Chromium without proprietary codecs plays as well: the name ends as a master's does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = f"testsrc2=size={width}x{height}:rate=10:duration=2"
    run_sync(
        ["-f", "lavfi", "-i", source, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)],
        timeout=60,
    )


def _manifest(plan: Plan, number: int, root: Path, *, failing: bool) -> Manifest:
    work = plan.works[number]
    folder = root / work.folder
    name = work.platforms[0]
    path = f"renditions/{name.replace('_', '-')}"
    width, height = work.timeline.width, work.timeline.height
    _film(folder / "master.mp4", width // 4 * 2, height // 4 * 2)
    _film(folder / f"{path}.mp4", 180, 320)
    _picture(folder / "poster.jpg", (width, height), "#ffb44f")
    _picture(folder / f"{path}.jpg", (270, 480), "#6fd18b")
    boxes = sheet_boxes(work.timeline)
    _picture(folder / "contact-sheet.jpg", (max(b[2] for _, b in boxes), max(b[3] for _, b in boxes)), "#7db7ff")
    (folder / "captions").mkdir(exist_ok=True)
    (folder / "captions/en-US.vtt").write_text(VTT)
    files: list[Deliverable] = []
    kinds = {"master.mp4": "master", "poster.jpg": "poster", "contact-sheet.jpg": "contact_sheet"}
    for file in ("master.mp4", "poster.jpg", "contact-sheet.jpg", "captions/en-US.vtt", f"{path}.mp4", f"{path}.jpg"):
        kind: Any = kinds.get(file) or (
            "captions" if "captions" in file else "rendition" if ".mp4" in file else "cover"
        )
        size, own = (folder / file).stat().st_size, name if kind in ("rendition", "cover") else None
        if failing and kind in ("rendition", "cover"):
            continue
        files.append(Deliverable(kind=kind, path=file, platform=own, sha256="b" * 64, bytes=size, content_type="x/y"))
    shown = set(work.timeline.clips)
    own_purchases = [purchase for purchase in plan.purchases if shown & set(purchase.clips)]
    bare: Any = Probe.model_construct  # nothing of it is shown
    probe: Probe = bare()
    records = tuple(
        PurchaseRecord(
            id=one.id, feature=one.request.feature, provider="studio", key=f"{n}" * 64, job_id="j", take=one.take,
            quoted=one.price.amount, charged=one.price.amount, reused=n == 1,
            clips=tuple(
                PurchasedClip.model_construct(clip=clip, key="k", sha256="c" * 64, bytes=9, probe=probe)
                for clip in one.clips
            ),
        )
        for n, one in enumerate(own_purchases)
    )  # fmt: skip
    return Manifest.model_construct(
        production_id="trail-lamp-000000000000", kind=plan.kind, work=work.id, variant=work.variant,
        publish_at=work.publish_at, name=work.name, language=work.language, tier=plan.tier,
        published_at=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC), callsheet_version="0.1.0", plan_digest=plan.digest,
        provider=ProviderRecord(name="studio", identity="studio", rehearsal=True),
        cost=Cost(currency="CNY", quoted=sum((one.quoted for one in records), Decimal(0)), charged=Decimal("1.00")),
        inputs=(), purchases=records, timeline=work.timeline,
        measures=Measures(
            seconds=work.timeline.seconds, loudness_lufs=-14.02, true_peak_dbtp=-1.31,
            lines=(SpokenLine(text="Light, kept simple.", start=1.0, end=3.1),),
        ),
        checks=(_report(name, passed=not failing),),
        provenance=Provenance(certificate="self_made", producer="callsheet"),
        deliverables=tuple(files),
    )  # fmt: skip


def made(root: Path, plan: Plan, *, failing: bool = False) -> Folder:
    """A production of a plan in a bucket at `root`; with `failing` the last work's rendition failed its check."""
    id = plan.production_id("studio")
    last = len(plan.works) - 1
    manifests = [_manifest(plan, n, root / id, failing=failing and n == last) for n in range(len(plan.works))]
    return Folder(LocalBucket(root), root / id, plan, id, tuple(manifests))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return made(tmp_path_factory.mktemp("bucket"), matrix(), failing=True)


@pytest.fixture(scope="session")
def written(folder: Folder) -> Path:
    """The review of that production."""
    asyncio.run(write_review(folder.bucket, folder.plan, folder.id, folder.manifests, {}))
    return folder.root / "review.html"


@pytest.fixture(scope="module")
def browser(written: Path) -> Iterator[Any]:
    """Headless Chromium of the system: nothing is fetched by it, and nothing for it.

    Its driver keeps an event loop of its own running in this thread, so the page is written before, and no test of the
    module is async.
    """
    place = shutil.which("chromium") or shutil.which("chromium-browser")
    if place is None:
        if REQUIRED:
            pytest.fail("Chromium is required and not installed")
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=place, args=flags, timeout=120_000)
        yield chromium
        chromium.close()
