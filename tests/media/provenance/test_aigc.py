"""The AIGC field: written by our arguments or afterwards, read by others' tools."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import av
import pytest
from PIL import Image

from callsheet.errors import MediaError
from callsheet.media.ffmpeg import read_sync, run_sync
from callsheet.media.provenance import ProvenanceRecord, aigc, aigc_arguments, read_aigc, stamp

NAMES = [
    "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"
]  # fmt: skip


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_a_muxer_given_our_arguments_keeps_the_field(
    files: Path, tmp_path: Path, record: ProvenanceRecord, suffix: str
) -> None:
    path = tmp_path / f"muxed.{suffix}"
    run_sync(["-i", str(files / "plain.mp4"), "-c", "copy", *aigc_arguments(record), str(path)], timeout=60)
    assert list(aigc(record)) == NAMES
    assert read_aigc(path) == aigc(record)
    with av.open(str(path)) as container:
        assert json.loads(container.metadata["AIGC"]) == aigc(record)
    assert "AIGC=" + json.dumps(aigc(record), ensure_ascii=False, separators=(",", ":")) in _by_ffmpeg(path)


def _by_ffmpeg(path: Path) -> str:
    return read_sync(["-i", str(path), "-f", "ffmetadata", "pipe:1"], timeout=60).decode()


def test_stamping_adds_the_field_and_changes_nothing_else(
    files: Path, tmp_path: Path, record: ProvenanceRecord
) -> None:
    path = tmp_path / "master.mp4"
    shutil.copy(files / "plain.mp4", path)
    assert read_aigc(path) is None
    before = _packets(path)
    stamp(path, record)
    stamp(path, record)
    assert read_aigc(path) == aigc(record)
    assert _packets(path) == before
    assert "title=Lamp" in _by_ffmpeg(path)


def _packets(path: Path) -> str:
    return read_sync(
        ["-i", str(path), "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "framemd5", "-"], timeout=60
    ).decode()


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_pictures_field_is_xmp_and_its_pixels_stay(
    files: Path, tmp_path: Path, record: ProvenanceRecord, suffix: str
) -> None:
    path = tmp_path / f"poster.{suffix}"
    shutil.copy(files / f"plain.{suffix}", path)
    before = Image.open(path).tobytes()
    stamp(path, record)
    once = path.read_bytes()
    stamp(path, record)
    assert path.read_bytes() == once
    assert read_aigc(path) == aigc(record)
    with Image.open(io.BytesIO(once)) as picture:
        packet = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"]
        assert picture.tobytes() == before
    text = packet.decode() if isinstance(packet, bytes) else packet
    assert 'xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"' in text and "TC260:AIGC=" in text
    path.write_bytes(once[:60])
    with pytest.raises(MediaError, match="ends too early"):
        read_aigc(path)


def test_somebody_elses_xmp_is_not_written_over(tmp_path: Path, record: ProvenanceRecord) -> None:
    path = tmp_path / "theirs.jpg"
    Image.new("RGB", (8, 8)).save(path, xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    before = path.read_bytes()
    with pytest.raises(MediaError, match="XMP of somebody else's"):
        stamp(path, record)
    assert path.read_bytes() == before and read_aigc(path) is None


def test_what_is_wrong_is_said(files: Path, tmp_path: Path, record: ProvenanceRecord) -> None:
    path = tmp_path / "wrong.mp4"
    flags = ["-movflags", "use_metadata_tags", "-metadata", "AIGC={"]
    run_sync(["-i", str(files / "plain.mp4"), "-c", "copy", *flags, str(path)], timeout=60)
    with pytest.raises(MediaError, match="its AIGC field is not JSON"):
        read_aigc(path)
    with pytest.raises(MediaError, match=r"stem\.wav: an AIGC field is written into"):
        stamp(tmp_path / "stem.wav", record)
