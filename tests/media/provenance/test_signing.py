"""What is signed is read back, what is changed afterwards is found out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import c2pa
import pytest

from callsheet.errors import MediaError, SettingsError
from callsheet.media.ffmpeg import run_sync
from callsheet.media.probe import probe
from callsheet.media.provenance import Certificate, ProvenanceRecord, read_aigc, sign, stamp, verify
from tests.media.provenance.conftest import PROMPT


@pytest.fixture
def master(files: Path, tmp_path: Path, record: ProvenanceRecord, own: Certificate) -> Path:
    """Finished in the order of our pipeline: stamped, then signed."""
    path = tmp_path / "master.mp4"
    shutil.copy(files / "plain.mp4", path)
    stamp(path, record)
    sign(path, record, own, clips={"close-up": files / "clip.mp4"})
    return path


def test_a_master_tells_all_of_its_record(master: Path, record: ProvenanceRecord) -> None:
    report = verify(master)
    assert (report.state, report.problems, report.holds) == ("Valid", (), True)
    assert report.generator is not None and report.generator.startswith("Callsheet ")
    assert (report.certificate, report.signed_by) == ("self-made", "Callsheet self-made certificate")
    assert {one.name: one.credentials for one in report.ingredients} == {"close-up": "Valid", "usage": "absent"}
    assert report.record is not None
    assert report.record["clips"] == [one.model_dump(exclude_none=True) for one in record.origins]
    assert PROMPT.encode() not in master.read_bytes()
    assert report.aigc == read_aigc(master) and report.aigc is not None
    assert report.aigc["ContentProducer"] == "示例 & Co"
    made = probe(master)
    assert made.faststart and made.frames == 25 and made.audio_codec == "aac" and made.timecode == "01:00:00:00"
    assert [path.name for path in master.parent.iterdir()] == ["master.mp4"]


def test_each_clip_is_placed_with_its_own_kind_of_source(master: Path) -> None:
    with c2pa.Reader(master) as reader:
        store = json.loads(reader.json())
    active = store["manifests"][store["active_manifest"]]
    data: dict[str, Any] = {one["label"]: one["data"] for one in active["assertions"]}
    actions = data["c2pa.actions.v2"]["actions"]
    kinds = [(one["action"], str(one.get("digitalSourceType")).rpartition("/")[2]) for one in actions]
    assert kinds == [
        ("c2pa.created", "compositeWithTrainedAlgorithmicMedia"),
        ("c2pa.placed", "trainedAlgorithmicMedia"),
        ("c2pa.placed", "algorithmicMedia"),
        ("c2pa.edited", "None"),
    ]
    assert all(one["relationship"] == "componentOf" for one in active["ingredients"])
    assert all(len(one["parameters"]["ingredients"]) == 1 for one in actions if one["action"] == "c2pa.placed")
    assert "time" not in active["signature_info"]


def test_a_rehearsal_without_a_voice_claims_no_trained_model(record: ProvenanceRecord) -> None:
    drawn = record.model_copy(update={"origins": record.origins[1:], "spoken": False})
    assert drawn.source_type == "compositeSynthetic"
    assert drawn.model_copy(update={"spoken": True}).source_type == "compositeWithTrainedAlgorithmicMedia"


@pytest.mark.parametrize("where", [0.3, 0.5, 0.99])
def test_one_changed_byte_is_found_out(master: Path, where: float) -> None:
    data = bytearray(master.read_bytes())
    data[data.rindex(b"mdat") + 8 + int((len(data) - data.rindex(b"mdat") - 8) * where)] ^= 1
    master.write_bytes(data)
    report = verify(master)
    assert report.state == "Invalid" and not report.holds
    assert "assertion.bmffHash.mismatch" in report.problems


def test_a_remux_drops_the_credentials_and_is_found_out(master: Path, tmp_path: Path) -> None:
    run_sync(["-i", str(master), "-c", "copy", str(tmp_path / "remuxed.mp4")], timeout=60)
    report = verify(tmp_path / "remuxed.mp4")
    assert (report.state, report.aigc, report.holds) == ("absent", None, False)


@pytest.mark.parametrize("suffix", ["png", "jpg", "wav"])
def test_stills_and_stems_are_signed(
    files: Path, tmp_path: Path, record: ProvenanceRecord, own: Certificate, suffix: str
) -> None:
    path = tmp_path / f"file.{suffix}"
    shutil.copy(files / f"plain.{suffix}", path)
    assert verify(path).state == "absent"
    if suffix != "wav":
        stamp(path, record)
    sign(path, record, own)
    report = verify(path, anchors=own.anchors)
    assert (report.state, report.problems) == ("Trusted", ())
    assert (report.aigc is None) == (suffix == "wav")
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    assert verify(path).state == "Invalid"


def test_a_clip_that_was_changed_is_told_of_in_the_work(
    files: Path, tmp_path: Path, record: ProvenanceRecord, own: Certificate
) -> None:
    data = bytearray((files / "clip.mp4").read_bytes())
    data[-100] ^= 1
    (tmp_path / "clip.mp4").write_bytes(data)
    shutil.copy(files / "plain.mp4", tmp_path / "master.mp4")
    sign(tmp_path / "master.mp4", record, own, clips={"close-up": tmp_path / "clip.mp4"})
    report = verify(tmp_path / "master.mp4")
    assert report.state == "Valid"
    assert {one.name: one.credentials for one in report.ingredients} == {"close-up": "Invalid", "usage": "absent"}


def test_the_anchors_of_others_give_no_trust(master: Path, tmp_path: Path) -> None:
    from callsheet.media.provenance.self_made import self_made

    assert verify(master, anchors=self_made(tmp_path / "other").anchors).state == "Valid"
    for nothing in ("", "junk"):
        with pytest.raises(SettingsError, match="it must be PEM certificates"):
            verify(master, anchors=nothing)


def test_what_can_not_be_signed_is_left_as_it_was(tmp_path: Path, record: ProvenanceRecord, own: Certificate) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    with pytest.raises(MediaError, match=r"broken\.mp4 can't be signed"):
        sign(broken, record, own)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("broken.mp4", b"no video")]
    with pytest.raises(MediaError, match=r"^clip\.webm: credentials are written into "):
        sign(tmp_path / "clip.webm", record, own)
    with pytest.raises(MediaError, match="there is no such file"):
        verify(tmp_path / "gone.mp4")
