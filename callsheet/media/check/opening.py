"""Opening a file nobody vouches for: it may name other files, be no video at all, or claim a picture of 300 megapixels.

Three locks, for PyAV and for ffmpeg alike: only the protocol ``file``, only formats that hold their own media (no
playlists, no image lists, no concat scripts), and no picture larger than 8K.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from callsheet.errors import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

FORMATS = "mov,mp4,matroska,webm,avi,mpegts,flv,mpeg,ogg,asf,mxf"
"""Demuxers that read nothing but the file itself."""

LARGEST = 8192 * 4320
"""Pixels of the largest picture that is decoded: DCI 8K."""

_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "max_pixels": str(LARGEST)}
_MOST_BOXES = 100_000  # a hostile file can be nothing but boxes of eight bytes
_KINDS = {
    "matroska,webm": "mkv",
    "avi": "avi",
    "mpegts": "ts",
    "flv": "flv",
    "mpeg": "mpg",
    "ogg": "ogg",
    "asf": "wmv",
    "mxf": "mxf",
}


def url(path: Path) -> str:
    """`path` as ffmpeg can't take it for anything else: a name may begin with ``concat:`` or a dash."""
    return f"file:{path.resolve()}"


def input_arguments(path: Path) -> list[str]:
    """What opens `path` in an ffmpeg command."""
    locks = ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-max_pixels", str(LARGEST)]
    return [*locks, "-noautorotate", "-i", url(path)]


@contextlib.contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, Stream]]:
    """The file and the stream of its picture (not a cover). Raises Unreadable, in one line, for what is no video."""
    import av

    refuse_at_sight(path)
    try:
        with av.open(url(path), options=dict(_OPTIONS)) as container:
            streams = [one for one in container.streams.video if not _is_cover(one)]
            if not streams:
                raise Unreadable(f"{path.name}: has no moving picture")
            codec = streams[0].codec_context
            if codec is None or not codec.width or not codec.height:
                raise Unreadable(f"{path.name}: no picture of at most 8192x4320 can be decoded")
            if codec.width * codec.height > LARGEST:
                raise Unreadable(f"{path.name}: {codec.width}x{codec.height} is more than 8192x4320")
            yield container, streams[0]
    except (av.FFmpegError, OSError) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0]
        raise Unreadable(f"{path.name}: not a video that can be read ({reason})") from error


def refuse_at_sight(path: Path) -> None:
    """Raise Unreadable for what need not be opened to be refused."""
    if not path.exists():
        raise Unreadable(f"{path.name}: there is no such file")
    if not path.is_file():
        raise Unreadable(f"{path.name}: not a file")
    if path.stat().st_size == 0:
        raise Unreadable(f"{path.name}: is empty")


def _is_cover(stream: Stream) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def kind_of(container: InputContainer, path: Path) -> str:
    """What the bytes are, whatever the name says: MP4 and MOV differ by their brand, WebM and MKV by their DocType."""
    name = container.format.name
    if "mp4" in name:
        brand = str(container.metadata.get("major_brand", "")).strip()
        return "mov" if brand in ("qt", "") else "3gp" if brand.startswith("3g") else "mp4"
    if "matroska" in name:
        with path.open("rb") as file:
            return "webm" if b"\x42\x82\x84webm" in file.read(128) else "mkv"
    return _KINDS.get(name, name)


def index_first(path: Path) -> tuple[bool | None, int]:
    """Whether an ISO file's index (moov) stands before its media (mdat), and how many bytes its boxes promise beyond
    the end of the file. None where there is no such box."""
    size, first = path.stat().st_size, None
    with path.open("rb") as file:
        for kind, _, end in _boxes(file, size):
            if first is None and kind in (b"moov", b"mdat"):
                first = kind == b"moov"
            if end > size:
                return first, end - size
    return first, 0


def has_edit_list(path: Path) -> bool:
    """Whether a track of an ISO file has one (moov, trak, edts, elst)."""
    with path.open("rb") as file:
        return _holds(file, 0, path.stat().st_size, (b"moov", b"trak", b"edts", b"elst"))


def _holds(file: IO[bytes], start: int, end: int, way: tuple[bytes, ...]) -> bool:
    file.seek(start)
    inner = [(at, stop) for kind, at, stop in _boxes(file, end) if kind == way[0]]
    return bool(inner) and (len(way) == 1 or any(_holds(file, at, min(stop, end), way[1:]) for at, stop in inner))


def _boxes(file: IO[bytes], limit: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, begin of the contents and end of the boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), from where
    the file stands to `limit`."""
    for _ in range(_MOST_BOXES):
        at = file.tell()
        if at + 8 > limit or len(head := file.read(8)) < 8:
            return
        size, kind = struct.unpack(">I4s", head)
        inside = at + 8
        if size == 1:
            size = int(struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0])
            inside += 8
        if size == 0:  # to the end
            size = limit - at
        if size < 8:
            return
        yield kind, inside, at + size
        if at + size > limit:
            return
        file.seek(at + size)
