"""Facts held against a contract: one point after another, in the order of `docs/check.md`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from callsheet.media.check.contract import Contract, Range
from callsheet.media.check.craft import craft
from callsheet.media.check.facts import Container, Facts, Picture, Sound, Thumbnail, Watched
from callsheet.media.check.holding import one_of, wanted, within
from callsheet.media.check.labels import labels
from callsheet.media.check.limits import held
from callsheet.media.check.report import Point
from callsheet.media.check.words import words

_ASPECT_SLACK = 0.005
"""Sides are even, so that a shape is met only nearly."""
_RATE_SLACK = 0.01  # 29.97 is written for 30000/1001
_EXTENSIONS = {
    "mp4": ("mp4", "m4v"),
    "mov": ("mov", "qt"),
    "3gp": ("3gp", "3g2"),
    "mkv": ("mkv",),
    "webm": ("webm",),
    "ts": ("ts", "mts", "m2ts"),
    "mpg": ("mpg", "mpeg", "vob"),
    "ogg": ("ogv", "ogg"),
    "wmv": ("wmv", "asf"),
}


def judge(facts: Facts, contract: Contract, *, aigc: bool | None = None) -> Iterator[Point]:
    """Every point of a file; those of sound, captions and thumbnail only where there is one."""
    yield from _file(facts.container, contract)
    yield from _frame(facts.picture, contract)
    yield from _coding(facts.picture, facts.watched, contract)
    yield wanted("sound", facts.sound is not None, contract.sound)
    if facts.sound is not None:
        yield from _sound(facts.sound, facts.watched, contract)
    yield from craft(facts, contract)
    yield from words(facts, contract)
    yield from labels(facts, contract, aigc)
    if facts.thumbnail is not None:
        yield from _thumbnail(facts.thumbnail, contract)


def _file(container: Container, contract: Contract) -> Iterator[Point]:
    yield one_of("container", container.kind, contract.kinds)
    extensions = _EXTENSIONS.get(container.kind, (container.kind,))
    # Asked on every platform: what a name promises decides who opens the file.
    right = container.extension in extensions
    yield one_of("extension", container.extension, extensions, note="" if right else f"the file is {container.kind}")
    if container.index_first is not None:
        yield wanted("faststart", container.index_first, contract.faststart)
        yield wanted("no_edit_list", not container.edit_list, contract.no_edit_list)
    yield within("file_size", container.bytes, contract.bytes, "bytes")
    yield within("duration", container.seconds, contract.seconds, "s", slack=0.05)
    total = container.bytes * 8 / container.seconds if container.seconds else None
    yield within("total_bit_rate", None if total is None else round(total), Range(), "bit/s")
    yield Point(name="video_streams", value=container.pictures, limit="1", passed=container.pictures == 1)
    yield Point(name="audio_streams", value=container.sounds, limit=None, passed=None)


def _frame(picture: Picture, contract: Contract) -> Iterator[Point]:
    width, height = picture.shown
    yield Point(name="frame_size", value=f"{width}x{height}", limit=None, passed=None)
    yield within("short_side", min(width, height), contract.short_side, "px")
    wide, high = (int(part) for part in picture.sample_aspect.split(":"))
    yield within("aspect", width * wide / (height * max(1, high)), contract.aspect, slack=_ASPECT_SLACK)
    yield one_of("sample_aspect", picture.sample_aspect, ["1:1"] if contract.square_pixels else [])
    yield one_of("rotation", picture.rotation, [0] if contract.upright else [])


def _coding(picture: Picture, watched: Watched, contract: Contract) -> Iterator[Point]:
    times = picture.timing
    yield one_of("video_codec", picture.codec, contract.codecs)
    # VP8 has no profiles.
    yield one_of("profile", picture.profile, contract.profiles if picture.profile is not None else ())
    yield one_of("pixel_format", picture.pix_fmt, contract.pix_fmts)
    yield within("bit_depth", picture.bits, contract.bits, "bits")
    yield within("frame_rate", picture.fps, contract.fps, "fps", slack=_RATE_SLACK)
    if contract.constant_rate:
        yield held("irregular", times.irregular * 100)
    else:
        yield Point(name="irregular", value=round(times.irregular * 100, 3), limit=None, unit="%", passed=None)
    yield within("video_bit_rate", round(times.bit_rate), contract.bit_rate, "bit/s")
    yield one_of("fields", picture.fields, ["progressive"] if contract.progressive else [])
    yield Point(name="combed", value=round(watched.combed * 100, 1), limit=None, unit="%", passed=None)
    yield one_of("primaries", picture.primaries, contract.primaries)
    yield one_of("transfer", picture.transfer, contract.transfers)
    yield one_of("matrix", picture.matrix, contract.matrices)
    yield one_of("range", picture.range, contract.ranges)
    yield one_of("hdr", picture.hdr, contract.hdr)
    interval = round(times.keyframe_interval, 3)
    yield Point(name="keyframe_interval", value=interval, limit=None, unit="s", passed=None)


def _sound(sound: Sound, watched: Watched, contract: Contract) -> Iterator[Point]:
    yield one_of("audio_codec", sound.codec, contract.sound_codecs)
    yield one_of("sample_rate", sound.sample_rate, contract.sample_rates)
    yield within("channels", sound.channels, contract.channels)
    yield within("audio_bit_rate", round(sound.timing.bit_rate), Range(), "bit/s")
    yield within("loudness", watched.lufs, contract.lufs, "LUFS", slack=0.05)
    yield within("true_peak", watched.peak, contract.true_peak, "dBTP", slack=0.05)
    range_lu = None if watched.range_lu is None else round(watched.range_lu, 1)
    yield Point(name="loudness_range", value=range_lu, limit=None, unit="LU", passed=None)


def _thumbnail(cover: Thumbnail, contract: Contract) -> Iterator[Point]:
    asked = contract.cover
    yield one_of("thumbnail_kind", cover.kind, asked.kinds)
    yield within("thumbnail_size", cover.bytes, asked.bytes, "bytes")
    yield within("thumbnail_width", cover.width, asked.width, "px")
    yield within("thumbnail_height", cover.height, asked.height, "px")
    yield within("thumbnail_aspect", cover.width / max(1, cover.height), asked.aspect, slack=_ASPECT_SLACK)
