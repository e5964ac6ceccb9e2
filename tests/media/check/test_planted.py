"""One fault is planted in each film, and exactly that one is found; in films without one, none."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from callsheet.media.check import Report, check
from callsheet.media.check.contract import Range, contract_of
from callsheet.platforms import platform, platforms
from tests.media.check.films import AAC, BT709, X264, Film, cut_off, scribbled

REAL = platform("youtube")
SMALL = REAL.model_copy(
    update={
        "name": "small",
        "width": 320,
        "height": 180,
        "aspect_min": 1.77,
        "aspect_max": 1.78,
        "seconds_max": 7.0,
        "bytes_max": 400_000,
        "edit_list": True,
        "lufs_tolerance": 2.0,
        "safe": REAL.safe.model_copy(update={"left": 16, "top": 9, "right": 16, "bottom": 18}),
        "video": REAL.video.model_copy(update={"bit_rate_max": 900_000}),
        "thumbnail": REAL.thumbnail.model_copy(update={"width": 160, "height": 90}),
    }
)
"""A real platform for films of two seconds and a few thousand pixels."""
CONTRACT = contract_of(SMALL).model_copy(
    update={
        "short_side": Range(least=180),
        "profiles": ("High", "Main", "High 10", "Main 10"),
        "pix_fmts": ("yuv420p", "yuv420p10le"),
        "ranges": ("tv",),
        "sound_codecs": ("aac", "pcm_s16le"),
    }
)
CLEAN = Film()
MOV = CLEAN.but(name="film.mov")
PCM = MOV.but(audio=("-c:a", "pcm_s16le"))
LABELLED = CLEAN.but(then=("-movflags", "+faststart+use_metadata_tags", "-metadata", 'AIGC={"Label":"1"}'))
TEN_BIT = CLEAN.but(pix_fmt="yuv420p10le", video=("-c:v", "libx264", "-preset", "veryfast", "-g", "30"))
UNEVEN = BT709 + ",settb=1/90000,setpts='PTS+gt(mod(N,3),1)*900'"
PASSED_ON = ("-fps_mode", "passthrough", "-enc_time_base", "1:90000")
HLG = "setparams=color_primaries=bt709:color_trc=arib-std-b67:colorspace=bt709:range=tv"


def tagged(**tags: str) -> str:
    """BT.709 but for one tag."""
    names = {"color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709", "range": "tv"} | tags
    return "setparams=" + ":".join(f"{name}={value}" for name, value in names.items())


@dataclass(frozen=True)
class Plant:
    """A film, what the contract says otherwise, and the points that must fail: as a rule one."""

    film: Film
    fails: tuple[str, ...]
    asked: dict[str, object] | None = None


PLANTS = {
    "a container that isn't taken": Plant(CLEAN.but(name="film.mkv", then=()), ("container",)),
    "a name that lies": Plant(MOV.but(name="film.mp4", muxer="mov"), ("extension",)),
    "an index behind the media": Plant(CLEAN.but(then=()), ("faststart",)),
    "a file too large": Plant(CLEAN, ("file_size",), {"bytes": Range(most=50_000)}),
    "an edit list": Plant(CLEAN, ("no_edit_list",), {"no_edit_list": True}),
    "too short": Plant(CLEAN, ("duration",), {"seconds": Range(least=3)}),
    "too long": Plant(CLEAN, ("duration",), {"seconds": Range(most=1.5)}),
    "two pictures": Plant(CLEAN.but(maps=("-map", "0", "-map", "0:v"), copy=("-movflags", "+faststart")),
                          ("video_streams",)),
    "too small": Plant(CLEAN.but(picture="testsrc2=s=160x90:r=30:d={seconds}"), ("short_side",)),
    "another shape": Plant(CLEAN.but(picture="testsrc2=s=320x240:r=30:d={seconds}"), ("aspect",)),
    "pixels that aren't square": Plant(CLEAN.but(colour=BT709 + ",setsar=4/3"), ("sample_aspect",),
                                       {"aspect": Range()}),
    "lying on its side": Plant(
        CLEAN.but(before=("-display_rotation", "180"), copy=("-movflags", "+faststart")), ("rotation",)),
    "another codec": Plant(CLEAN.but(video=("-c:v", "mpeg4", "-g", "30")), ("video_codec",), {"profiles": ()}),
    "another profile": Plant(CLEAN.but(video=(*X264, "-profile:v", "baseline")), ("profile",)),
    "another sampling of colour": Plant(CLEAN.but(pix_fmt="yuv444p", video=(*X264, "-profile:v", "high444")),
                                        ("pixel_format",), {"profiles": ()}),
    "ten bits": Plant(TEN_BIT, ("bit_depth",)),
    "too few pictures a second": Plant(CLEAN.but(picture="testsrc2=s=320x180:r=12:d={seconds}"), ("frame_rate",)),
    "a rate that varies": Plant(CLEAN.but(colour=UNEVEN, video=(*X264, *PASSED_ON)), ("irregular",)),
    "a bit rate too high": Plant(CLEAN, ("video_bit_rate",), {"bit_rate": Range(most=100_000)}),
    "fields": Plant(CLEAN.but(picture="testsrc2=s=320x180:r=60:d={seconds}", vf="tinterlace=mode=interleave_top",
                              video=(*X264, "-flags", "+ilme+ildct")), ("fields",)),
    "other primaries": Plant(CLEAN.but(colour=tagged(color_primaries="bt2020")), ("primaries",)),
    "another transfer": Plant(CLEAN.but(colour=tagged(color_trc="smpte170m")), ("transfer",)),
    "another matrix": Plant(CLEAN.but(colour=tagged(colorspace="bt470bg")), ("matrix",)),
    "no colour tags": Plant(CLEAN.but(colour=""), ("primaries", "transfer", "matrix", "range")),
    "full range": Plant(CLEAN.but(colour=tagged(range="pc")), ("range",)),
    "HDR": Plant(CLEAN.but(colour=HLG), ("transfer", "hdr")),
    "no sound": Plant(CLEAN.but(sound=None), ("sound",)),
    "another codec of sound": Plant(CLEAN.but(audio=("-c:a", "libmp3lame", "-ar", "48000")), ("audio_codec",)),
    "another sample rate": Plant(CLEAN.but(audio=("-c:a", "aac", "-b:a", "128k", "-ar", "32000")), ("sample_rate",)),
    "six channels": Plant(CLEAN.but(af="pan=5.1|c0=c0|c1=c1|c2=0.1*c0|c3=0*c0|c4=0.1*c0|c5=0.1*c1"), ("channels",)),
    "too quiet": Plant(CLEAN.but(af="volume=-8dB"), ("loudness",)),
    "too loud at the peak": Plant(CLEAN, ("true_peak",), {"true_peak": Range(most=-9)}),
    "no sound to be heard": Plant(CLEAN.but(af="volume=0"), ("loudness",)),
    "black": Plant(CLEAN.but(vf="drawbox=color=black:t=fill:enable='between(t,0.4,1.7)'"), ("black",)),
    "a still": Plant(CLEAN.but(seconds=6.5, vf="loop=loop=160:size=1:start=10,trim=end=6.5"), ("frozen",)),
    "silence": Plant(CLEAN.but(seconds=4.0, af="volume=0:enable='between(t,0.3,3.8)'"), ("silent",),
                     {"lufs": Range()}),
    "a hole in the picture": Plant(CLEAN.but(vf="select='not(between(n,20,35))'",
                                             video=(*X264, "-fps_mode", "vfr")), ("picture_gap",)),
    "a hole in the sound": Plant(CLEAN.but(af="aselect='not(between(t,0.8,1.2))'"), ("sound_gap",)),
    "sound that begins late": Plant(
        CLEAN.but(before=("-i", "FIRST", "-itsoffset", "0.3"), maps=("-map", "0:v", "-map", "1:a"),
                  copy=("-movflags", "+faststart")), ("sound_late", "ends_apart")),
    "sound that begins early": Plant(
        CLEAN.but(before=("-i", "FIRST", "-itsoffset", "0.2"), maps=("-map", "1:v", "-map", "0:a"),
                  copy=("-movflags", "+faststart")), ("sound_early",)),
    "sound that ends early": Plant(CLEAN.but(af="atrim=end=1.4"), ("ends_apart",)),
    "an offset": Plant(CLEAN.but(af="dcshift=0.06"), ("offset",)),
    "one dead channel": Plant(CLEAN.but(af="pan=stereo|c0=c0|c1=0*c1"), ("balance",), {"lufs": Range()}),
    "channels that cancel out": Plant(CLEAN.but(af="pan=stereo|c0=c0|c1=-1*c0"), ("correlation",)),
    "clipped": Plant(PCM.but(af="volume=18dB:precision=fixed,aformat=s16,volume=-14dB"), ("flat_tops",),
                     {"bytes": Range()}),
    "no label for programs": Plant(CLEAN, ("aigc_metadata",), {"aigc_metadata": True}),
    "a label that can't be read": Plant(
        CLEAN.but(then=("-movflags", "+faststart+use_metadata_tags", "-metadata", "AIGC=yes")),
        ("aigc_metadata",), {"aigc_metadata": True}),
}  # fmt: skip

SINE = "sine=f=440:r=48000:d={seconds},volume=6dB:precision=float,aformat=channel_layouts=stereo"
SOUND_FILMS: dict[str, tuple[Film, dict[str, object]]] = {
    "mp4": (CLEAN, {}),
    "mov": (MOV, {}),
    "pcm": (PCM, {"bytes": Range()}),
    "labelled": (LABELLED, {"aigc_metadata": True}),
    "fragments": (CLEAN.but(then=("-movflags", "frag_keyframe+empty_moov")), {}),
    "ntsc": (CLEAN.but(picture="testsrc2=s=320x180:r=30000/1001:d={seconds}"), {}),
    "film": (CLEAN.but(picture="testsrc2=s=640x360:r=24:d={seconds}"), {}),
    "mono": (CLEAN.but(audio=(*AAC, "-ac", "1")), {"lufs": Range(least=-18)}),
    "sine": (CLEAN.but(sound=SINE), {"lufs": Range()}),
    "milliseconds": (CLEAN.but(name="film.mkv", then=(), picture="testsrc2=s=320x180:r=30000/1001:d={seconds}"),
                     {"kinds": ("mkv",)}),
    "webm": (CLEAN.but(name="film.webm", then=(), audio=("-c:a", "libopus", "-b:a", "96k"),
                       video=("-c:v", "libvpx-vp9", "-b:v", "300k", "-cpu-used", "8", "-deadline", "realtime")),
             {"kinds": ("webm",), "codecs": ("vp9",), "profiles": (), "sound_codecs": ("opus",)}),
    "vp8": (CLEAN.but(name="film.webm", then=(), audio=("-c:a", "libvorbis"),
                      video=("-c:v", "libvpx", "-b:v", "300k", "-cpu-used", "8", "-deadline", "realtime")),
            {"kinds": ("webm",), "codecs": ("vp8",), "sound_codecs": ("vorbis",)}),
    "transport stream": (CLEAN.but(name="film.ts", then=()), {"kinds": ("ts",)}),
}  # fmt: skip


def checked(path: Path, asked: dict[str, object] | None = None, **more: object) -> Report:
    return asyncio.run(check(path, CONTRACT.model_copy(update=asked or {}), **more))  # type: ignore[arg-type]


def failed(report: Report) -> list[str]:
    return [point.name for point in report.failures]


@pytest.mark.parametrize("name", PLANTS)
def test_exactly_the_planted_fault_is_found(made: dict[Film, Path], name: str) -> None:
    plant = PLANTS[name]
    report = checked(made[plant.film], plant.asked)
    assert failed(report) == list(plant.fails), [str(point) for point in report.failures]
    assert not report.passed


@pytest.mark.parametrize("name", SOUND_FILMS)
def test_nothing_is_found_in_a_sound_film(made: dict[Film, Path], name: str) -> None:
    film, asked = SOUND_FILMS[name]
    report = checked(made[film], asked)
    assert [str(point) for point in report.failures] == []
    assert report.passed


def test_a_platform_is_asked_for_by_its_facts(made: dict[Film, Path]) -> None:
    assert asyncio.run(check(made[CLEAN], SMALL)).passed
    report = asyncio.run(check(made[CLEAN], platform("douyin")))
    assert failed(report) == ["duration", "short_side", "aigc_metadata"]
    assert (report.platform, report.rules_read_on) == ("douyin", "2026-11-22")
    assert failed(asyncio.run(check(made[CLEAN], platform("douyin"), aigc=False))) == ["duration", "short_side"]


def test_every_platform_asks_all_that_a_file_can_be_asked(made: dict[Film, Path]) -> None:
    """A field that no platform fills would never fail."""
    asked: set[str] = set()
    for one in platforms().values():
        contract = contract_of(one)
        asked |= {name for name in type(contract).model_fields if getattr(contract, name) not in (None, (), Range())}
    assert set(type(CONTRACT).model_fields) == asked


def test_at_least_thirty_faults_are_planted() -> None:
    assert len(PLANTS) >= 30
    assert len({name for plant in PLANTS.values() for name in plant.fails}) >= 30


def test_a_file_that_was_cut_off(made: dict[Film, Path], tmp_path: Path) -> None:
    path = cut_off(Path(shutil.copy(made[CLEAN], tmp_path)), 0.6)
    report = checked(path, {"loudness": Range()})
    assert (
        {"missing_seconds", "decode_errors"}
        <= set(failed(report))
        <= {"missing_seconds", "decode_errors", "ends_apart"}
    )


def test_a_damaged_file(made: dict[Film, Path], tmp_path: Path) -> None:
    path = scribbled(Path(shutil.copy(made[CLEAN], tmp_path)))
    assert failed(checked(path, {"true_peak": Range()})) == ["decode_errors"]
