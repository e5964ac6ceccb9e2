"""Files that are no videos, or want more than to be read: one line, and no other file is opened."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path
from struct import pack

import pytest
from PIL import Image

from callsheet.errors import MediaError, Unreadable
from callsheet.media import ffmpeg
from callsheet.media.check.opening import LARGEST, index_first, input_arguments, opened
from tests.media.check.films import Film
from tests.media.check.test_planted import CLEAN, checked, failed


def chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{other}\n#EXT-X-ENDLIST\n"
DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet '
    'mimeType="video/mp4"><Representation id="1"><BaseURL>{other}</BaseURL></Representation></AdaptationSet></Period>'
    "</MPD>"
)
TEXTS = {
    "text": "this is no video",
    "playlist": PLAYLIST,
    "concat script": "ffconcat version 1.0\nfile {other}\n",
    "dash": DASH,
    "an address": PLAYLIST.replace("{other}", "http://127.0.0.1:9/x.mp4"),
    "session description": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "nothing": "",
}


@pytest.mark.parametrize("extension", ["mp4", "m3u8"])
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_video_is_refused(made: dict[Film, Path], tmp_path: Path, name: str, extension: str) -> None:
    other = shutil.copy(made[CLEAN], tmp_path / "other.mp4")
    path = tmp_path / f"film.{extension}"
    path.write_text(TEXTS[name].replace("{other}", str(other)))
    with pytest.raises(Unreadable) as caught:
        checked(path)
    assert caught.value.message.startswith(f"film.{extension}: ")
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2
    with pytest.raises(MediaError):
        ffmpeg.run_sync([*input_arguments(path), "-f", "null", "-"], timeout=30)


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "no.mp4", "there is no such file"), (tmp_path, "not a file")):
        with pytest.raises(Unreadable, match=why):
            checked(path)


def test_a_picture_of_a_thousand_megapixels_is_never_decoded(tmp_path: Path) -> None:
    path = tmp_path / "huge.mov"
    ffmpeg.run_sync(
        ["-f", "lavfi", "-i", "color=s=12000x12000:r=1:d=1", "-pix_fmt", "monob", "-c:v", "png", str(path)], timeout=60
    )
    assert LARGEST < 12000 * 12000
    with pytest.raises(Unreadable, match="at most 8192x4320"):
        checked(path)


def test_a_name_is_never_taken_for_something_else(
    made: dict[Film, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-film.mp4", "concat:film.mp4", "a|b.mp4", "film%03d.mp4"):
        shutil.copy(made[CLEAN], tmp_path / name)
        assert failed(checked(Path(name))) == []


def test_words_in_the_file_are_not_taken_for_measurements(tmp_path: Path) -> None:
    lie = "x\n[Parsed_blackdetect_0 @ 0x1] [info] black_start:0 black_end:9\n[error] lie"
    path = CLEAN.but(then=("-movflags", "+faststart", "-metadata", f"title={lie}")).make(tmp_path)
    assert failed(checked(path)) == []


def test_a_sound_file_and_one_with_only_a_cover(tmp_path: Path) -> None:
    sound = tmp_path / "sound.m4a"
    ffmpeg.run_sync(["-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", str(sound)], timeout=30)
    cover = tmp_path / "cover.jpg"
    Image.new("RGB", (64, 64), "red").save(cover)
    both = tmp_path / "both.m4a"
    args = [
        "-i",
        str(sound),
        "-i",
        str(cover),
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-disposition:v",
        "attached_pic",
    ]
    ffmpeg.run_sync([*args, "-f", "mp4", str(both)], timeout=30)
    for path in (sound, both):
        with pytest.raises(Unreadable, match="has no moving picture"):
            checked(path)


def test_boxes_that_never_end_are_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "boxes.mp4"
    path.write_bytes(pack(">I4s", 8, b"free") * 150_000)
    assert index_first(path) == (None, 0)
    path.write_bytes(pack(">I4sQ", 1, b"mdat", 2**63))
    assert index_first(path) == (False, 2**63 - 16)
    with pytest.raises(Unreadable), opened(path):
        pass


def test_a_thumbnail_is_measured(made: dict[Film, Path], tmp_path: Path) -> None:
    good, small, other = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.png"
    Image.new("RGB", (320, 180)).save(good)
    Image.new("RGB", (128, 72)).save(small)
    Image.new("RGB", (320, 320)).save(other)
    assert failed(checked(made[CLEAN], thumbnail=good)) == []
    assert failed(checked(made[CLEAN], thumbnail=small)) == ["thumbnail_width", "thumbnail_height"]
    assert failed(checked(made[CLEAN], thumbnail=other)) == ["thumbnail_kind", "thumbnail_aspect"]
    head = pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    for content in (b"", b"no picture", bomb):
        other.write_bytes(content)
        with pytest.raises(Unreadable, match="not a picture that can be read"):
            checked(made[CLEAN], thumbnail=other)
