"""Renditions of one small master, measured; and the arguments that make them, word for word."""

from __future__ import annotations

import asyncio
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media import renditions as made
from callsheet.media.metering import level
from callsheet.media.probe import Probe, probe
from callsheet.media.reframe import Framing, Hold, Seen
from callsheet.media.renditions import Rendition, RenditionResult, joined, picture_arguments, plan, renditions
from callsheet.platforms import platform
from tests.media.test_reframe import crossing

GOLDEN = Path(__file__).parent / "goldens" / "renditions.json"
SECONDS = 4.0
LABEL = """[Script Info]
PlayResX: 180
PlayResY: 180
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BorderStyle, Outline, Shadow, Alignment
Style: L,Noto Sans SC,40,&H0000FF00,&H00000000,1,1,0,7
[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.00,0:00:09.00,L,{\\pos(10,10)}AI生成
"""


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("master")
    noise = "anoisesrc=d=4:c=pink:a=0.2:r=48000:seed=3"
    ffmpeg.run_sync(["-f", "lavfi", "-i", noise, "-ac", "2", str(folder / "n.wav")], timeout=30)
    pictures = list(crossing())
    pictures += [pictures[-1]] * (120 - len(pictures))
    ffmpeg.encode_frames(
        iter(pictures),
        width=320,
        height=180,
        fps=30,
        out=folder / "master.mp4",
        audio=folder / "n.wav",
        crf=12,
        preset="ultrafast",
        timeout=60,
    )
    return folder / "master.mp4"


Made = tuple[dict[str, RenditionResult], list[float], Path]


@pytest.fixture(scope="module")
def four(master: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("four")
    (out / "label.ass").write_text(LABEL, encoding="utf-8")
    wanted = [
        Rendition(platform("tiktok"), size=(108, 192)),
        Rendition(platform("youtube_shorts"), size=(108, 192)),
        Rendition(platform("instagram_feed"), size=(160, 200), seconds=3.0),
        Rendition(platform("wechat_channels"), size=(180, 180), scripts=(out / "label.ass",)),
    ]
    told: list[float] = []
    results = asyncio.run(renditions(master, wanted, out / "made", on_progress=told.append))
    return results, told, out / "made"


def test_each_has_its_size_length_and_tags(four: Made) -> None:
    results, told, out = four
    sizes = {key: (one.probe.width, one.probe.height) for key, one in results.items()}
    assert sizes == {
        "tiktok": (108, 192),
        "youtube-shorts": (108, 192),
        "instagram-feed": (160, 200),
        "wechat-channels": (180, 180),
    }
    for key, one in results.items():
        found = one.probe
        assert found == probe(one.path)
        assert found.seconds == pytest.approx(3.0 if key == "instagram-feed" else SECONDS, abs=0.04)
        assert (found.video_codec, found.video_profile, found.pix_fmt) == ("h264", "High", "yuv420p")
        assert {found.color_primaries, found.color_transfer, found.color_matrix} == {"bt709"}
        assert (found.sample_aspect_ratio, found.fps, found.faststart) == ("1:1", "30/1", True)
        assert (found.audio_codec, found.sample_rate, found.channels) == ("aac", 48_000, 2)
    assert {file.name for file in out.iterdir()} == {f"{key}.mp4" for key in results}
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_loudness_and_peak_hold_in_the_finished_file(four: Made) -> None:
    for one in four[0].values():
        found = asyncio.run(level(one.path, seconds=SECONDS))
        assert found.lufs == pytest.approx(-14.0, abs=1.0)
        assert found.true_peak_dbtp <= -1.0


async def test_a_master_is_looked_at_only_for_another_shape(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    async def look(path: Path) -> Seen:
        looked.append(path)
        return Seen(320, 180, 30.0, ())

    monkeypatch.setattr(made, "look", look)
    facts = await asyncio.to_thread(probe, master)
    own = (facts.width * 2, facts.height * 2)
    framings = await made._framings(master, facts, [own])
    assert (framings[own].share, looked) == (1.0, [])
    await made._framings(master, facts, [own, (facts.height, facts.width)])
    assert looked == [master]


def test_equal_pictures_are_coded_once(four: Made) -> None:
    results = four[0]
    assert results["youtube-shorts"].picture == "tiktok"
    assert results["wechat-channels"].picture == "wechat-channels"

    def pictures(path: Path) -> bytes:
        return ffmpeg.read_sync(["-i", str(path), "-map", "0:v", "-c", "copy", "-f", "h264", "pipe:1"], timeout=30)

    assert pictures(results["tiktok"].path) == pictures(results["youtube-shorts"].path)


def test_edit_lists_only_where_they_are_allowed(four: Made) -> None:
    results = four[0]
    assert b"elst" in results["tiktok"].path.read_bytes()
    assert b"elst" not in results["youtube-shorts"].path.read_bytes()
    assert b"elst" not in results["instagram-feed"].path.read_bytes()


def test_scripts_are_drawn(four: Made) -> None:
    args = ["-i", str(four[0]["wechat-channels"].path), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    picture = np.frombuffer(ffmpeg.read_sync([*args, "pipe:1"], timeout=30), np.uint8).reshape(180, 180, 3).astype(int)
    green = (picture[..., 1] > 180) & (picture[..., 0] < 90)
    assert green[:70].sum() > 300
    assert green[90:].sum() == 0


def test_a_brand_colour_is_that_colour(master: Path, tmp_path: Path) -> None:
    whole = Framing(320, 180, 30.0, "x", 0.5625, (Hold(0, 120),))
    (shown,) = plan(probe(master), [Rendition(platform("wechat_channels"), (180, 180), 3.0, fill="#1A6B3C")]).values()
    track = tmp_path / "filled.mp4"
    ffmpeg.run_sync(picture_arguments(master, probe(master), {shown: track}, {(180, 180): whole}), timeout=60)
    args = ["-i", str(track), "-frames:v", "1", "-vf", "scale=in_color_matrix=bt709", "-f", "rawvideo"]
    raw = ffmpeg.read_sync([*args, "-pix_fmt", "rgb24", "pipe:1"], timeout=30)
    picture = np.frombuffer(raw, np.uint8).reshape(180, 180, 3)
    assert np.median(picture[:30], axis=(0, 1)) == pytest.approx((0x1A, 0x6B, 0x3C), abs=4)
    assert np.median(picture[60:120, 150:], axis=(0, 1)) == pytest.approx((85, 85, 85), abs=15)


def facts(seconds: float = 30.0, fps: str = "30/1") -> Probe:
    return Probe(
        seconds=seconds,
        frames=round(seconds * Fraction(fps)),
        fps=fps,
        width=1920,
        height=1080,
        sample_aspect_ratio="1:1",
        video_codec="h264",
        video_profile="High",
        pix_fmt="yuv420p",
        color_primaries="bt709",
        color_transfer="bt709",
        color_matrix="bt709",
        color_range="tv",
        audio_codec="aac",
        audio_seconds=seconds,
        sample_rate=48_000,
        channels=2,
        timecode=None,
        bytes=1,
        bit_rate=1,
        faststart=True,
    )


def test_arguments_word_for_word() -> None:
    wanted = [Rendition(platform(name)) for name in ("tiktok", "youtube_shorts", "instagram_feed", "wechat_channels")]
    wanted[3] = Rendition(platform("wechat_channels"), scripts=(Path("c.ass"), Path("l.ass")), fill="#102030")
    shown = plan(facts(), wanted)
    tracks = {one: Path(f"{number}.mp4") for number, one in enumerate(dict.fromkeys(shown.values()))}
    moving = Hold(0, 450, (0, 100, 130), (0.1, 0.1, 0.4))
    framings = {
        (1080, 1920): Framing(1920, 1080, 30.0, "x", 0.3164, (moving, Hold(450, 900, (450,), (0.3,)))),
        (1080, 1350): Framing(1920, 1080, 30.0, "x", 0.45, (Hold(0, 450, (0,), (0.2,)), Hold(450, 900))),
        (1080, 1080): Framing(1920, 1080, 30.0, "x", 0.5625, (Hold(0, 900),)),
    }
    words = {
        "picture": picture_arguments(Path("master.mp4"), facts(), tracks, framings),
        "shorts": joined(Path("p.mp4"), Path("s.mp4"), platform("youtube_shorts"), ["-metadata", "title=a"]),
        "silent": joined(Path("p.mp4"), None, platform("tiktok"), ["-movflags", "+use_metadata_tags"]),
    }
    assert words == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Rendition(platform("x"), seconds=0.1), "x: 0.10 s are not allowed; 0.5 to 140 s are"),
        (Rendition(platform("instagram_feed"), size=(108, 192)), "instagram-feed: 108x192 is not allowed"),
        (Rendition(platform("tiktok"), size=(107, 191)), "tiktok: 107x191 is not allowed; even sides"),
        (Rendition(platform("tiktok"), fill="red;x"), "tiktok: the fill 'red;x' is not allowed"),
    ],
)
def test_what_a_platform_does_not_take_is_refused(wish: Rendition, said: str) -> None:
    with pytest.raises(MediaError, match=f"^{said}"):
        plan(facts(), [wish])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(MediaError, match="each needs a name of its own"):
        plan(facts(), [Rendition(platform("x")), Rendition(platform("x"))])


def test_rates_follow_the_platform() -> None:
    ten = plan(facts(fps="10/1"), [Rendition(platform("tiktok")), Rendition(platform("linkedin"))])
    assert [ten["tiktok"].fps, ten["linkedin"].fps] == [30, 10]
    # 300 MB for 900 s leave 2.4 Mb/s to the picture.
    long = plan(facts(seconds=900.0), [Rendition(platform("instagram_reels"))])
    assert long["instagram-reels"].bit_rate * 900 / 8 < platform("instagram_reels").bytes_max
    assert long["instagram-reels"].bit_rate < 2_500_000


def test_nothing_is_left_when_it_is_cancelled(master: Path, tmp_path: Path) -> None:
    async def stopped() -> None:
        task: asyncio.Task[object]

        def stop(part: float) -> None:
            if part >= 0.1:
                task.cancel()

        task = asyncio.create_task(
            made.renditions(master, [Rendition(platform("tiktok"), size=(108, 192))], tmp_path, on_progress=stop)
        )
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stopped())
    assert list(tmp_path.iterdir()) == []
