"""What is measured is true, and what is not a playable video is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.index import Source
from callsheet.media.probe import probe


def test_a_clip_is_measured(clips: dict[str, Source]) -> None:
    found = clips["ramp"].probe
    assert (found.width, found.height, found.frames, found.fps) == (320, 180, 60, "30/1")
    assert (found.seconds, found.audio_seconds) == (2.0, 2.0)
    assert (found.video_codec, found.pix_fmt) == ("h264", "yuv420p")
    assert (found.audio_codec, found.sample_rate, found.channels) == ("aac", 48_000, 2)
    assert found.bytes == clips["ramp"].path.stat().st_size
    assert found.faststart
    silent = clips["film"].probe
    assert (silent.fps, silent.frames, silent.audio_codec, silent.audio_seconds) == ("25/1", 50, None, None)


def test_an_index_at_the_end_and_a_timecode_are_seen(clips: dict[str, Source], tmp_path: Path) -> None:
    late = tmp_path / "late.mp4"
    args = ["-i", str(clips["dark"].path), "-c", "copy", "-timecode", "10:00:00:12", str(late)]
    ffmpeg.run_sync(args, timeout=20)
    found = probe(late)
    assert not found.faststart
    assert found.timecode == "10:00:00:12"


def test_a_container_that_does_not_count_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    source = "testsrc2=s=64x64:r=24:d=0.5"
    ffmpeg.run_sync(["-f", "lavfi", "-i", source, "-c:v", "libvpx-vp9", str(path)], timeout=60)
    found = probe(path)
    assert (found.frames, found.video_codec, found.fps) == (12, "vp9", "24/1")
    assert found.seconds == pytest.approx(0.5)


def test_pixels_that_are_not_square_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    source = "testsrc2=s=64x64:r=24:d=0.2,setsar=4/3"
    ffmpeg.run_sync(["-f", "lavfi", "-i", source, str(path)], timeout=60)
    assert probe(path).sample_aspect_ratio == "4:3"


def test_what_does_not_play_is_refused(clips: dict[str, Source], tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        probe(tmp_path / "absent.mp4")
    page = tmp_path / "page.mp4"
    page.write_text("<html>402 Payment Required</html>")
    with pytest.raises(MediaError, match=r"page\.mp4"):
        probe(page)
    half = tmp_path / "half.mp4"
    whole = clips["ramp"].path.read_bytes()
    half.write_bytes(whole[:2000])
    with pytest.raises(MediaError, match=r"half\.mp4"):
        probe(half)
    sound = tmp_path / "sound.mp4"
    ffmpeg.run_sync(["-i", str(clips["ramp"].path), "-vn", "-c", "copy", str(sound)], timeout=20)
    with pytest.raises(MediaError, match="no picture"):
        probe(sound)


def test_a_playlist_can_not_pass_for_a_clip(clips: dict[str, Source], tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(clips["dark"].path.read_bytes())
    playlist = tmp_path / "clip.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp4\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError, match=r"clip\.m3u8"):
        probe(playlist)
    listed = tmp_path / "clip.mp4"
    listed.write_text("ffconcat version 1.0\nfile secret.mp4\n")
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        probe(listed)
