"""What PyAV tells of a file: its container, its streams and their packets; and the statistics of its sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from callsheet.media.check.facts import Container, Levels, Picture, Sound, Timing
from callsheet.media.check.levels import Samples, levels
from callsheet.media.check.opening import has_edit_list, index_first, kind_of, opened
from callsheet.media.check.packets import Track, read, timing
from callsheet.media.probe import codec_name, color_tags

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame

_LOOK = 12
"""Pictures that are decoded to see whether they are marked as fields."""
_LATE = 0.1  # a header may round up by a frame
_HDR_ONLY = frozenset({"MASTERING_DISPLAY_METADATA", "DYNAMIC_HDR_PLUS", "DOVI_METADATA"})


def streams_of(path: Path) -> tuple[Container, Picture, Sound | None, tuple[int, int | None]]:
    """The container, the picture, the first sound, and the indexes of their streams. Raises Unreadable."""
    first = _first_pictures(path)
    with opened(path) as (container, video):
        audio = container.streams.audio[0] if container.streams.audio else None
        wanted = [video] if audio is None else [video, audio]
        tracks = read(container.demux(*wanted), wanted)
        times = {index: timing(track, wanted[at]) for at, (index, track) in enumerate(tracks.items())}
        whole = _container(path, container, video, tracks, list(times.values()))
        picture = _picture(video, times[video.index], first)
        sound = None if audio is None else _sound(audio, times[audio.index])
        indexes = (video.index, None if audio is None else audio.index)
    if sound is not None:
        sound = replace(sound, levels=_levels(path))
    return whole, picture, sound, indexes


def _container(
    path: Path, container: InputContainer, video: Stream, tracks: dict[int, Track], times: list[Timing]
) -> Container:
    found = [one for one in times if one.packets]
    start, end = min((one.start for one in found), default=0.0), max((one.end for one in found), default=0.0)
    first, beyond = index_first(path) if "mp4" in container.format.name else (None, 0)
    missing = _promised(container, video) - (end - start)
    if beyond and missing < _LATE:
        # The index is whole and the media is not: what was cut off is as long as its share of the bytes.
        missing = (end - start) * beyond / max(1, path.stat().st_size)
    tags = {key.lower(): value for key, value in container.metadata.items()}
    return Container(
        name=path.name,
        extension=path.suffix.lower().removeprefix("."),
        kind=kind_of(container, path),
        bytes=path.stat().st_size,
        seconds=end - start,
        missing_seconds=missing if beyond or missing > _LATE else 0.0,
        index_first=first,
        edit_list=first is not None and has_edit_list(path),
        pictures=len([one for one in container.streams.video if one.codec_context is not None]),
        sounds=len(container.streams.audio),
        aigc=tags.get("aigc"),
    )


def _promised(container: InputContainer, video: Stream) -> float:
    """Seconds that the header says the picture lasts, or else the file; 0 where it doesn't say."""
    if video.duration and video.time_base:
        return float(video.duration * video.time_base)
    return container.duration / 1_000_000 if container.duration else 0.0


def _picture(video: Any, times: Timing, first: list[VideoFrame]) -> Picture:
    codec = video.codec_context
    ratio = video.sample_aspect_ratio or Fraction(1)
    primaries, transfer, matrix, extent = color_tags(codec)
    interlaced = int(codec.field_order) > 1 or any(frame.interlaced_frame for frame in first)
    fields = "interlaced" if interlaced else "progressive" if first else "unknown"
    notes: list[Any] = [one for frame in first for one in frame.side_data]
    marks = {one.type.name for one in notes}
    return Picture(
        width=codec.width,
        height=codec.height,
        rotation=round(first[0].rotation) % 360 if first else 0,
        sample_aspect=f"{ratio.numerator}:{ratio.denominator}",
        codec=codec_name(codec),
        profile=codec.profile,
        level=codec.level if codec.level and codec.level > 0 else None,
        # yuvj420p is ffmpeg's old name of yuv420p in full range; the range is a point of its own.
        pix_fmt=str(codec.pix_fmt or "unknown").replace("yuvj", "yuv"),
        bits=max((component.bits for component in codec.format.components), default=0) if codec.format else 0,
        fps=_rate(times, video),
        fields=fields,
        primaries=primaries,
        transfer=transfer,
        matrix=matrix,
        range=extent,
        hdr_metadata=bool(marks & _HDR_ONLY),
        timing=times,
    )


def _sound(audio: Any, times: Timing) -> Sound:
    codec = audio.codec_context
    unheard = Levels(0.0, 0.0, None, 0.0)
    return Sound(codec_name(codec), codec.profile, codec.sample_rate, codec.channels, times, unheard)


def _rate(times: Timing, video: Any) -> float:
    """Pictures in a second, as counted. Where the steps are all alike the header's fraction is taken if it agrees: a
    container that counts whole milliseconds can't say 29.97."""
    counted = 1.0 / times.step if times.step > 0 else 0.0
    for stated in (video.average_rate, video.base_rate):
        if stated and counted and abs(float(stated) / counted - 1) < 0.005 and not times.irregular:
            return float(stated)
    if times.irregular and times.seconds > 0:
        return times.packets / times.seconds
    return counted


def _first_pictures(path: Path) -> list[VideoFrame]:
    import av

    frames: list[VideoFrame] = []
    with opened(path) as (container, video):
        decoded: Iterator[Any] = container.decode(video)
        try:
            for _ in range(_LOOK):
                frames.append(next(decoded))
        except (StopIteration, av.FFmpegError):
            pass  # short or damaged: the pass over the whole file counts what is wrong with it
    return frames


def _levels(path: Path) -> Levels:
    with opened(path) as (container, _):
        return levels(_samples(container))


def _samples(container: InputContainer) -> Iterator[Samples]:
    import av

    resampler: Any = None
    for packet in container.demux(container.streams.audio[0]):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # the pass over the whole file counts it
        for frame in frames:
            if resampler is None:
                resampler = av.AudioResampler(format="fltp", layout=frame.layout, rate=frame.sample_rate)
            for out in resampler.resample(frame):
                yield np.asarray(out.to_ndarray(), np.float32)
