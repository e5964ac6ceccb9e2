"""The example's finished production, measured: what is claimed is what is in the files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from decimal import Decimal
from importlib import resources
from pathlib import Path

import numpy as np
import opentimelineio as otio
import pysubs2
import pytest
from jsonschema import Draft202012Validator

from benchmarks.works import buy_all, lay_cut
from callsheet.briefs import Brief, load_brief
from callsheet.briefs.files import read_files
from callsheet.desk import open_desk
from callsheet.errors import BudgetError, CheckError, StorageError
from callsheet.manifest import Manifest, manifest_schema
from callsheet.media.ffmpeg import run_sync
from callsheet.media.probe import probe
from callsheet.media.wave import read_sound
from callsheet.money import price_list
from callsheet.production import CutRecord, Production, cut_work, prepare, publish, published, publishing
from callsheet.products import plan_of
from callsheet.settings import Settings
from callsheet.timeline import timecode_to_frames
from tests.flows.conftest import EXAMPLE, Made, run_flow

STEMS = ("voice", "music", "ambience", "effects")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_everything_is_where_the_manifest_says(made: Made) -> None:
    on_disk = {str(path.relative_to(made.folder)) for path in made.folder.rglob("*") if path.is_file()}
    named = {item.path for item in made.manifest.deliverables}
    assert on_disk == named | {"manifest.json", "cut.json", "review.html"}
    assert named == {
        "master.mp4", *(f"stems/{stem}.wav" for stem in STEMS),
        "captions/zh-CN.srt", "captions/zh-CN.vtt", "captions/zh-CN.ass",
        "edit/cut.edl", "edit/cut.otio", "edit/cut.xml", "poster.jpg", "contact-sheet.jpg",
    }  # fmt: skip
    for item in made.manifest.deliverables:
        path = made.folder / item.path
        assert (path.stat().st_size, sha256(path)) == (item.bytes, item.sha256)
    for purchase in made.manifest.purchases:
        for clip in purchase.clips:
            assert clip.key == f"clips/{clip.sha256[:2]}/{clip.sha256}.mp4"
            assert sha256(made.home / "bucket" / clip.key) == clip.sha256


def test_the_manifest_is_of_its_published_schema(made: Made) -> None:
    published = json.loads(resources.files("callsheet").joinpath("data", "manifest.schema.json").read_text())
    assert published == manifest_schema(), "run `python -m callsheet.manifest > callsheet/data/manifest.schema.json`"
    Draft202012Validator.check_schema(published)
    Draft202012Validator(published).validate(json.loads((made.folder / "manifest.json").read_text()))


def test_what_it_cost_is_in_the_manifest_and_in_the_providers_books(made: Made) -> None:
    cost = made.manifest.cost
    assert (cost.currency, cost.quoted, cost.charged) == ("CNY", Decimal("2.20"), Decimal("2.20"))
    assert sum(purchase.charged for purchase in made.manifest.purchases) == cost.charged
    assert made.books.charged() == cost.charged
    assert made.manifest.provider.rehearsal
    assert {p.feature: p.job_id is not None for p in made.manifest.purchases} == {
        "text_to_video": True,
        "image_to_video": True,
        "sequence": True,
    }


def test_the_master_is_what_was_planned(made: Made) -> None:
    found = probe(made.folder / "master.mp4")
    timeline = made.manifest.timeline
    assert abs(found.frames - timeline.frames) <= 1
    assert found.seconds == pytest.approx(20, abs=1 / 30)
    assert (found.width, found.height, found.fps) == (854, 480, "30/1")
    assert (found.video_codec, found.pix_fmt, found.audio_codec) == ("h264", "yuv420p", "aac")
    assert (found.sample_rate, found.channels) == (48000, 2)
    assert found.timecode == timeline.timecode_start
    assert found.faststart
    assert made.manifest.measures.seconds == pytest.approx(found.seconds)


def test_stems_have_the_masters_length_and_sum_to_its_mix(made: Made) -> None:
    stems = [read_sound(made.folder / "stems" / f"{stem}.wav") for stem in STEMS]
    assert {len(stem) for stem in stems} == {20 * 48000}
    total = np.sum(stems, axis=0)
    master = read_sound(made.folder / "master.mp4", 20)
    # The master's sound went through AAC, which is lossy: what is left over lies far below the programme.
    residue = 20 * np.log10(np.sqrt(np.mean((total - master) ** 2)) / np.sqrt(np.mean(total**2)))
    assert residue < -20
    voice = stems[0]
    assert np.sqrt(np.mean(voice**2)) > 0.001


def test_loudness_is_within_one_unit_of_its_target(made: Made) -> None:
    text = run_sync(["-i", str(made.folder / "master.mp4"), "-af", "ebur128=peak=true", "-f", "null", "-"], timeout=60)
    summary = text[text.rindex("Summary:") :]
    integrated = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", summary)[0])
    peak = float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", summary)[0])
    assert integrated == pytest.approx(made.manifest.timeline.loudness_lufs, abs=1)
    assert peak <= -1
    assert made.manifest.measures.loudness_lufs == pytest.approx(integrated, abs=0.2)


def test_captions_say_the_script_while_it_is_spoken(made: Made) -> None:
    line = made.manifest.measures.lines[0]
    voice = np.abs(read_sound(made.folder / "stems" / "voice.wav")).max(axis=1)
    loud = np.flatnonzero(voice > 0.02) / 48000
    for kind in ("srt", "vtt"):
        captions = pysubs2.load(str(made.folder / "captions" / f"zh-CN.{kind}"))
        assert "".join(event.plaintext.replace("\n", "") for event in captions) == "你的智能生活助手"
        assert captions[0].start / 1000 == pytest.approx(line.start, abs=0.05)
    assert loud[0] == pytest.approx(line.start, abs=0.25)
    assert loud[-1] == pytest.approx(line.end, abs=0.4)
    assert line.end < 20


def test_edit_lists_have_the_masters_timing(made: Made) -> None:
    timeline = made.manifest.timeline
    edl = (made.folder / "edit" / "cut.edl").read_text()
    records = re.findall(r"^\d{3}  .* (\d\d:\d\d:\d\d:\d\d) (\d\d:\d\d:\d\d:\d\d)$", edl, re.M)
    starts, ends = ([timecode_to_frames(record[n], 30) for record in records] for n in (0, 1))
    assert min(starts) == timecode_to_frames(timeline.timecode_start, 30)
    assert max(ends) - min(starts) == timeline.frames
    assert set(timeline.starts()) <= {start - min(starts) for start in starts}
    cut = otio.adapters.read_from_file(str(made.folder / "edit" / "cut.otio"))
    picture = cut.video_tracks()[0]
    assert picture.duration().to_frames() == timeline.frames
    assert [clip.name for clip in picture.find_clips()] == [shot.clip for shot in timeline.shots]


def test_the_shots_are_different_pictures_that_move(made: Made) -> None:
    """One mean colour a shot would be a slide; the same picture twice would be a mistake."""
    import av

    seen = {}
    for purchase in made.manifest.purchases:
        for clip in purchase.clips:
            with av.open(str(made.home / "bucket" / clip.key)) as file:
                frames = [frame.to_ndarray(format="gray") for frame in file.decode(video=0)]
            small = [frame[::8, ::8].astype(float) for frame in frames]
            assert np.std(small[0]) > 10, clip.clip
            moved = [float(np.abs(b - a).mean()) for a, b in zip(small, small[10:], strict=False)]
            assert min(moved) > 0.05, clip.clip
            seen[clip.clip] = small[len(small) // 2]
    names = list(seen)
    for n, name in enumerate(names):
        for other in names[n + 1 :]:
            assert np.abs(seen[name] - seen[other]).mean() > 4, (name, other)


def test_made_again_it_buys_nothing(made: Made) -> None:
    before = made.books.charges()
    again = run_flow(made.home, load_brief(EXAMPLE).model_copy(update={"tier": "prototype"}))
    assert again == made.manifest
    assert made.books.charges() == before


def test_a_lost_manifest_is_written_again_without_buying(made: Made, tmp_path: Path) -> None:
    before = made.books.charges()
    path = made.folder / "manifest.json"
    kept = path.read_bytes()
    path.unlink()
    try:
        again = run_flow(made.home, load_brief(EXAMPLE).model_copy(update={"tier": "prototype"}))
        assert again.deliverables == made.manifest.deliverables
        assert path.exists()
    finally:
        path.write_bytes(kept)
    assert made.books.charges() == before


def test_a_deleted_file_is_cut_again_without_buying(made: Made) -> None:
    before = made.books.charges()
    (made.folder / "poster.jpg").unlink()
    again = run_flow(made.home, load_brief(EXAMPLE).model_copy(update={"tier": "prototype"}))
    # The same pictures; each signing gives the file other bytes.
    assert sha256(made.folder / "poster.jpg") == {i.path: i.sha256 for i in again.deliverables}["poster.jpg"]
    assert [item.path for item in again.deliverables] == [item.path for item in made.manifest.deliverables]
    assert made.books.charges() == before


async def test_nothing_is_published_that_can_not_be_reviewed(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype"})
    cut = CutRecord.model_validate_json((made.folder / "cut.json").read_bytes())
    written = (made.folder / "manifest.json").read_bytes()

    async def killed(*_: object) -> None:
        raise StorageError("the process ended here")

    try:
        async with open_desk(Settings(home=made.home)) as desk:
            production = Production(plan_of(brief, read_files(brief).media, price_list("sora")), desk)
            work = production.plan.works[0]
            for name in ("manifest.json", "review.html"):
                (made.folder / name).unlink()
            with monkeypatch.context() as patched:
                patched.setattr(publishing, "write_review", killed)
                with pytest.raises(StorageError, match="the process ended here"):
                    await publish(production, work, [], cut)
            assert await published(production, work) is None
            assert (await publish(production, work, [], cut)).deliverables == cut.deliverables
            assert (made.folder / "review.html").is_file()
    finally:
        (made.folder / "manifest.json").write_bytes(written)


async def test_two_runs_of_one_plan_publish_one_of_their_cuts(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second finds other bytes than those of its own cut: each signing gives a file other bytes."""
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype"})
    written = json.loads((made.folder / "manifest.json").read_text())
    cut = CutRecord.model_validate_json((made.folder / "cut.json").read_bytes())
    changed = cut.deliverables[0].model_copy(update={"sha256": "0" * 64})
    own = cut.model_copy(update={"deliverables": (changed, *cut.deliverables[1:])})
    monkeypatch.setattr(publishing, "OTHERS", 0.1)
    async with open_desk(Settings(home=made.home)) as desk:
        production = Production(plan_of(brief, read_files(brief).media, price_list("sora")), desk)
        work = production.plan.works[0]
        assert (await publish(production, work, [], own)).model_dump(mode="json") == written
        (made.folder / "manifest.json").rename(made.folder / "put-away.json")
        with pytest.raises(CheckError, match=re.escape(f"{changed.path}: not in the bucket as it was cut")):
            await publish(production, work, [], own)
        (made.folder / "put-away.json").rename(made.folder / "manifest.json")


def test_another_work_reuses_the_shots_that_are_the_same(made: Made) -> None:
    """Another slogan is another cut of the same shots."""
    before = made.books.charged()
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype", "slogan": "听见生活的声音"})
    other = asyncio.run(published_for(made.home, brief))
    assert other.production_id != made.manifest.production_id
    assert {purchase.key for purchase in other.purchases} == {purchase.key for purchase in made.manifest.purchases}
    assert all(purchase.reused for purchase in other.purchases)
    assert other.cost.charged == 0
    assert made.books.charged() == before


async def published_for(home: Path, brief: Brief) -> Manifest:
    """The manifest of a brief's production, whose cut is laid there and not made."""
    prepared = await prepare(brief, Settings(home=home))
    async with open_desk(prepared.settings, features=prepared.plan.features) as desk:
        production, (work,) = Production(prepared.plan, desk), prepared.plan.works
        bought = await buy_all(production, prepared.orders(production))
        await lay_cut(production, work, bought.assets)
        cut = await cut_work(production, work, bought.receipts)
        return await publish(production, work, bought.receipts, cut)


def test_what_is_above_the_budget_is_refused_before_anything_is_bought(prefect_server: None, tmp_path: Path) -> None:
    brief = load_brief(EXAMPLE).model_copy(update={"budget": Decimal("13.19")})
    with pytest.raises(BudgetError, match=r"13\.20 CNY"):
        run_flow(tmp_path, brief)
    assert not (tmp_path / "studio").exists()
    assert Manifest.model_fields["plan_digest"].annotation is str
