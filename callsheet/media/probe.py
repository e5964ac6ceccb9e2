"""What a media file is, measured: size, length, rate, codecs, colour tags, timecode. By PyAV, about 12 ms a file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from callsheet.errors import MediaError

if TYPE_CHECKING:
    from av.container import InputContainer

# Numbers of ITU-T H.273 (tables 2, 3 and 4), by the names that ffmpeg prints.
_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020", 12: "smpte432"}
_TRANSFER = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    13: "iec61966-2-1",
    14: "bt2020-10",
    16: "smpte2084",
    18: "arib-std-b67",
}
_MATRIX = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
_RANGE = {1: "tv", 2: "pc"}

# Playlist formats (HLS, concat, DASH) are kept out: they make the reader open other files.
_CONTAINERS = frozenset({"mov", "mp4", "matroska", "webm", "avi", "mpegts", "flv"})


class Probe(BaseModel):
    """One video file. `seconds` is the picture's; `fps` is a fraction such as ``30/1``; tags are ffmpeg's names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float
    frames: int
    fps: str
    width: int
    height: int
    sample_aspect_ratio: str
    video_codec: str
    video_profile: str | None
    pix_fmt: str
    color_primaries: str
    color_transfer: str
    color_matrix: str
    color_range: str
    audio_codec: str | None
    audio_seconds: float | None
    sample_rate: int | None
    channels: int | None
    timecode: str | None
    bytes: int
    bit_rate: int
    faststart: bool

    @property
    def rate(self) -> Fraction:
        return Fraction(self.fps)


def probe(path: Path) -> Probe:
    """Measure the file at `path`. Raises MediaError when it is not a video that plays: the first picture is decoded."""
    import av

    if not path.is_file():
        raise MediaError(f"{path.name}: there is no such file")
    try:
        # Only the file itself may be read, whatever its contents ask for.
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            return _measure(container, path)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise MediaError(f"{path.name}: not a video that plays ({error})") from error


def _measure(container: InputContainer, path: Path) -> Probe:
    if not _CONTAINERS & set(container.format.name.split(",")):
        raise MediaError(f"{path.name}: a {container.format.name} file is not accepted as a clip")
    if not container.streams.video:
        raise MediaError(f"{path.name}: has no picture")
    video = container.streams.video[0]
    audio = container.streams.audio[0] if container.streams.audio else None
    rate = Fraction(video.average_rate or video.guessed_rate or 0)
    if rate <= 0:
        raise MediaError(f"{path.name}: has no frame rate")
    if next(container.decode(video), None) is None:
        raise MediaError(f"{path.name}: no picture can be decoded")
    codec: Any = video.codec_context
    frames = video.frames or _count(container, path)
    seconds = float(video.duration * video.time_base) if video.duration and video.time_base else float(frames / rate)
    size = path.stat().st_size
    ratio = video.sample_aspect_ratio or Fraction(1)
    primaries, transfer, matrix, extent = color_tags(codec)
    return Probe(
        seconds=seconds,
        frames=frames,
        fps=f"{rate.numerator}/{rate.denominator}",
        width=codec.width,
        height=codec.height,
        sample_aspect_ratio=f"{ratio.numerator}:{ratio.denominator}",
        video_codec=codec_name(codec),
        video_profile=codec.profile,
        pix_fmt=str(codec.pix_fmt),
        color_primaries=primaries,
        color_transfer=transfer,
        color_matrix=matrix,
        color_range=extent,
        audio_codec=codec_name(audio.codec_context) if audio else None,
        audio_seconds=_seconds(audio),
        sample_rate=audio.codec_context.sample_rate if audio else None,
        channels=audio.codec_context.channels if audio else None,
        timecode=_timecode(container),
        bytes=size,
        bit_rate=int(container.bit_rate or (size * 8 / seconds if seconds else 0)),
        faststart=_faststart(path),
    )


def color_tags(codec: Any) -> tuple[str, str, str, str]:
    """Primaries, transfer, matrix and range of a codec context, by ffmpeg's names; ``unknown`` where it has no tag."""
    return (
        _PRIMARIES.get(int(codec.color_primaries), "unknown"),
        _TRANSFER.get(int(codec.color_trc), "unknown"),
        _MATRIX.get(int(codec.colorspace), "unknown"),
        _RANGE.get(int(codec.color_range), "unknown"),
    )


def codec_name(codec: Any) -> str:
    """The codec's own name: the decoder of AV1 is called libdav1d, the codec av1."""
    return str(getattr(codec.codec, "canonical_name", None) or codec.name)


def _seconds(stream: Any) -> float | None:
    return float(stream.duration * stream.time_base) if stream is not None and stream.duration else None


def _timecode(container: InputContainer) -> str | None:
    for stream in container.streams:
        if "timecode" in stream.metadata:
            return str(stream.metadata["timecode"])
    value = container.metadata.get("timecode")
    return str(value) if value else None


def _count(container: InputContainer, path: Path) -> int:
    """Containers such as WebM don't store the number of frames: count the packets."""
    import av

    with av.open(str(path), options={"protocol_whitelist": "file"}) as again:
        return sum(1 for packet in again.demux(video=0) if packet.size)


def _faststart(path: Path) -> bool:
    """Whether an MP4's index (moov) stands before its media (mdat), so that playing can start while it loads."""
    with path.open("rb") as file:
        for kind in _boxes(file):
            if kind in {b"moov", b"mdat"}:
                return kind == b"moov"
    return False


def _boxes(file: IO[bytes]) -> Iterator[bytes]:
    """The kinds of the top-level boxes of an ISO base media file (ISO/IEC 14496-12, 4.2)."""
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        yield kind
        if size == 1:
            size = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0] - 8
        if size < 8:
            return
        file.seek(size - 8, 1)
