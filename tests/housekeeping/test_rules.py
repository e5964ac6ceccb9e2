"""Whatever the manifests, the ledger and the bucket: nothing that is named is an orphan, and orphans are found."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.errors import StorageError
from callsheet.housekeeping.rules import Named, check_ledger, is_manifest, named_by, orphans
from callsheet.ledger.named import LedgerNames
from callsheet.manifest import Deliverable, Input, Manifest, PurchasedClip, PurchaseRecord
from callsheet.storage.keys import clip_key
from callsheet.storage.protocol import Stored

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)
MONTH_AGO = NOW - dt.timedelta(days=30)
SHAS = st.integers(0, 11).map(lambda n: f"{n:x}" * 64)
PRODUCTIONS = st.integers(0, 3).map(lambda n: f"lamp-{n:012x}")
FOLDERS = st.sampled_from(["", "tiktok", "wechat"])
PATHS = st.sampled_from(["master.mp4", "stems/voice.wav", "captions/zh-CN.srt", "renditions/douyin.mp4", "poster.jpg"])
AGES = st.integers(0, 90).map(lambda days: NOW - dt.timedelta(days=days))


def manifest(production: str, work: str, paths: list[str], clips: list[str], images: list[str]) -> Manifest:
    """A manifest by its own models, as far as it names anything."""
    construct: Any = Manifest.model_construct
    name_clip: Any = PurchasedClip.model_construct
    bought = PurchaseRecord.model_construct(
        id="close-up",
        feature="text_to_video",
        provider="studio",
        key="f" * 64,
        job_id=None,
        take=1,
        quoted=Decimal(1),
        charged=Decimal(1),
        reused=False,
        clips=tuple(name_clip(clip=sha[:4], key=clip_key(sha), sha256=sha, bytes=1) for sha in clips),
    )
    inputs = [Input(key=clip_key(sha, ".jpg"), sha256=sha, media_type="image/jpeg", bytes=1) for sha in images]
    files = [
        Deliverable(kind="master", path=path, sha256="0" * 64, bytes=1, content_type="video/mp4") for path in paths
    ]
    made: Manifest = construct(
        production_id=production, work=work, inputs=tuple(inputs), purchases=(bought,), deliverables=tuple(files)
    )
    return made


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, Manifest], list[Stored], LedgerNames, set[str]]:
    """Manifests by their keys, a bucket that holds what they name and much else, a ledger, and keys of others."""
    places = draw(st.sets(st.tuples(PRODUCTIONS, FOLDERS), max_size=5))
    manifests = {}
    for production, folder in sorted(places):
        parts = [draw(st.lists(kind, max_size=3, unique=True)) for kind in (PATHS, SHAS, SHAS)]
        key = "/".join(filter(None, (production, folder, "manifest.json")))
        manifests[key] = manifest(production, folder or "video", *parts)
    keys = {key for key, one in manifests.items() for key in (key, *named_keys(key, one))}
    others = draw(st.lists(st.tuples(PRODUCTIONS, FOLDERS, PATHS), max_size=8))
    keys |= {"/".join(filter(None, parts)) for parts in others}
    keys |= {clip_key(sha, suffix) for sha, suffix in draw(st.sets(st.tuples(SHAS, st.sampled_from([".mp4", ".jpg"]))))}
    foreign = {"inbox/lamp.yaml", "reports/spend.csv", "notes/read.me", "top.txt"}
    ledger = LedgerNames(
        digests=draw(st.frozensets(SHAS, max_size=2)), productions=draw(st.frozensets(PRODUCTIONS, max_size=2))
    )
    objects = [Stored(key, 1, None, key, draw(AGES)) for key in sorted(keys | foreign)]
    return manifests, objects, ledger, foreign


def named_keys(key: str, one: Manifest) -> set[str]:
    """What a manifest names, by its own fields."""
    folder = key.rpartition("/")[0]
    return {
        *(f"{folder}/{item.path}" for item in one.deliverables),
        *(item.key for item in one.inputs),
        *(clip.key for bought in one.purchases for clip in bought.clips),
    }


@given(worlds())
def test_nothing_that_is_named_is_an_orphan(
    world: tuple[dict[str, Manifest], list[Stored], LedgerNames, set[str]],
) -> None:
    manifests, objects, ledger, foreign = world
    named = Named.together(
        [named_by(key, one.model_dump_json(warnings=False).encode()) for key, one in manifests.items()]
    )
    found = {stored.key for stored in orphans(objects, named, ledger, MONTH_AGO)}
    for key, one in manifests.items():
        assert not found & {key, *named_keys(key, one)}
    published = {key.partition("/")[0] for key in manifests}
    by_content = {clip.sha256 for one in manifests.values() for bought in one.purchases for clip in bought.clips}
    by_content |= {item.sha256 for one in manifests.values() for item in one.inputs} | ledger.digests
    must_stay = foreign | {clip_key(sha, suffix) for sha in by_content for suffix in (".mp4", ".jpg")}
    assert not found & must_stay
    assert not [key for key in found if key.partition("/")[0] in ledger.productions]
    for stored in objects:  # and the other way: what is old and that nobody names is found
        first = stored.key.partition("/")[0]
        named_here = stored.key in {k for key, one in manifests.items() for k in (key, *named_keys(key, one))}
        old = stored.modified is not None and stored.modified < MONTH_AGO
        if old and not named_here and stored.key not in must_stay and first not in ledger.productions:
            assert stored.key in found, (stored.key, published)


def test_what_came_while_a_production_was_worked_on_stays() -> None:
    clip = Stored(clip_key("a" * 64), 1, None, "", NOW - dt.timedelta(days=60))
    began = NOW - dt.timedelta(days=61)
    span = LedgerNames(spans=((began, began + dt.timedelta(days=2)),))
    assert list(orphans([clip], Named(), span, MONTH_AGO)) == []
    assert list(orphans([clip], Named(), LedgerNames(spans=((began, began),)), MONTH_AGO)) == [clip]


def test_what_lies_beside_a_manifest_stays_and_an_earlier_cuts_file_goes() -> None:
    old = NOW - dt.timedelta(days=60)
    kept = ["manifest.json", "review.html", "cut.json", "production.json", "calendar.ics", "comparison.csv"]
    objects = [Stored(f"lamp-0123456789ab/{name}", 1, None, "", old) for name in [*kept, "renditions/douyin.mp4"]]
    named = named_by("lamp-0123456789ab/manifest.json", b"{}")
    found = [stored.key for stored in orphans(objects, named, LedgerNames(), MONTH_AGO)]
    assert found == ["lamp-0123456789ab/renditions/douyin.mp4"]


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"{"])
def test_a_manifest_that_cant_be_read_stops_it(text: bytes) -> None:
    with pytest.raises(StorageError, match=r"lamp-0123456789ab/manifest.json is not a manifest"):
        named_by("lamp-0123456789ab/manifest.json", text)


def test_another_buckets_ledger_is_refused() -> None:
    named = named_by("lamp-0123456789ab/manifest.json", json.dumps({"purchases": [{"key": "ab" * 32}]}).encode())
    with pytest.raises(StorageError, match=r"1 of 1 purchases .* abababababab"):
        check_ledger(named, LedgerNames())
    check_ledger(named, LedgerNames(purchases=frozenset({"ab" * 32})))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("lamp-0123456789ab/manifest.json", True),
        ("lamp-0123456789ab/tiktok/manifest.json", True),
        ("lamp-0123456789ab/a/b/manifest.json", False),
        ("lamp/manifest.json", False),
        ("inbox/manifest.json", False),
        ("manifest.json", False),
    ],
)
def test_where_manifests_lie(key: str, expected: bool) -> None:
    assert is_manifest(key) is expected
