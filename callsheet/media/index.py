"""The pictures of a clip, one by one, without decoding them: when each is shown, and where it may be cut by copying.

A clip is read once, packet by packet; a clip of 5 s takes a few milliseconds. Here is also found what can't be seen in
the first picture alone: a file that ends too early, a rate that varies, a camera that was held upright.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callsheet.errors import MediaError
from callsheet.media.images import image_type
from callsheet.media.probe import Probe, probe

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

MISSING = 3
"""Pictures that may be fewer than the container says: containers round, and some count one that is never shown."""
LARGEST = 8192
"""Pixels of a side of an image or clip: what a timeline may have at most."""

_EVEN = Fraction(1, 8)  # of a picture's time: a clip whose pictures stray by less has a constant rate
_IDR = 5  # ITU-T H.264, table 7-1


@dataclass(frozen=True)
class Index:
    """Times are seconds on the file's own clock, which need not begin at zero.

    `first` is the first picture's time, `begins` the file's, `sound` the first sample's (None without sound); `longest`
    is the longest time that a picture stands. `even` says that picture n is shown at first + n / rate. `keys` are the
    numbers of the pictures, in the order in which they are shown, at which the clip can be cut without decoding:
    nothing before depends on what comes after, nor the other way round. `parameters` is a digest of the decoder's
    settings: pieces with the same can stand in one track. `turned` is clockwise degrees. `jumps` is False where the
    container has no list of its key pictures: jumping into it may land too late.
    """

    frames: int
    first: Fraction
    begins: Fraction
    longest: Fraction
    even: bool
    keys: tuple[int, ...] = ()
    parameters: str = ""
    turned: int = 0
    interlaced: bool = False
    alpha: bool = False
    still: bool = False
    sound: Fraction | None = None
    jumps: bool = True


@dataclass(frozen=True)
class Source:
    """A clip on disk, what it was measured to be, and its pictures. Without an index it is taken to be even."""

    path: Path
    probe: Probe
    index: Index | None = None

    @property
    def still(self) -> bool:
        """Whether it is an image, which lasts as long as it is needed."""
        return self.index is not None and self.index.still


def measure(path: Path) -> Source:
    """Measure a clip or an image. Raises MediaError, one line, for what can't be cut."""
    path = path.resolve()
    if not path.is_file():
        raise MediaError(f"{path.name}: there is no such file")
    with path.open("rb") as file:
        head = file.read(16)
    if image_type(head) is not None:
        return _image(path)
    found = probe(path)
    if max(found.width, found.height) > LARGEST:
        raise MediaError(f"{path.name}: {found.width}x{found.height} pixels, a side may have at most {LARGEST}")
    return Source(path, found, index(path, found))


def index(path: Path, found: Probe) -> Index:
    """The pictures of the video at `path`, which was measured as `found`."""
    import av

    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            return _index(container, path, found)
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(f"{path.name}: not a video that plays ({error})") from error


def _index(container: InputContainer, path: Path, found: Probe) -> Index:
    import av

    video = container.streams.video[0]
    tick = Fraction(video.time_base or 1)
    declared = video.frames
    extradata = bytes(video.codec_context.extradata or b"")
    picture: Any = next(iter(container.decode(video)))
    container.seek(0)
    times: list[int] = []
    keys: list[tuple[int, int]] = []  # decoding order, time
    broken, hidden = False, 0
    try:
        for packet in container.demux(video):
            if packet.pts is None or not packet.size:
                continue
            if packet.is_discard:  # an edit list leaves it out
                hidden += 1
                continue
            if packet.is_keyframe and _instant(bytes(packet), found.video_codec, extradata):
                keys.append((len(times), packet.pts))
            times.append(packet.pts)
    except av.InvalidDataError:
        broken = True
    if len(times) < 1 or broken or declared - hidden - len(times) > MISSING:
        raise MediaError(f"{path.name}: is cut off, {len(times)} of {declared or found.frames} pictures are there")
    shown = sorted(times)
    gaps = [later - earlier for earlier, later in pairwise(shown)]
    step = 1 / found.rate
    even = all(abs((time - shown[0]) * tick - n * step) < _EVEN * step for n, time in enumerate(shown))
    return Index(
        frames=len(shown),
        first=shown[0] * tick,
        begins=Fraction(container.start_time or 0, 1_000_000),
        longest=max([step, *(gap * tick for gap in gaps)]),
        even=even,
        keys=_cuts(times, shown, keys) if even and not hidden and found.video_codec == "h264" else (),
        parameters=sha256(extradata).hexdigest() if extradata else "",
        turned=round(-getattr(picture, "rotation", 0)) % 360,
        interlaced=bool(picture.interlaced_frame),
        sound=_start(container),
        jumps=not {"mov", "matroska", "webm"}.isdisjoint(container.format.name.split(",")),
    )


def _start(container: InputContainer) -> Fraction | None:
    if not container.streams.audio:
        return None
    audio = container.streams.audio[0]
    return Fraction(audio.start_time or 0) * Fraction(audio.time_base or 1)


def _cuts(times: list[int], shown: list[int], keys: list[tuple[int, int]]) -> tuple[int, ...]:
    """Of the key pictures those that everything decoded later follows, and everything decoded earlier precedes."""
    number = {time: place for place, time in enumerate(shown)}
    if len(number) < len(shown):
        return ()
    # All that is decoded before is shown before exactly if there are as many as the picture's own number.
    earlier = -1
    found = []
    at = 0
    for decoded, time in keys:
        for passed in times[at:decoded]:
            earlier = max(earlier, number[passed])
        at = decoded
        if earlier < number[time] == decoded:
            found.append(number[time])
    return tuple(found)


def _instant(packet: bytes, codec: str, extradata: bytes) -> bool:
    """Whether an H.264 packet of an MP4 begins afresh (an IDR picture); open groups of pictures don't."""
    if codec != "h264" or len(extradata) < 5 or extradata[0] != 1:
        return False
    size, at = (extradata[4] & 3) + 1, 0
    while at + size < len(packet):
        kind = packet[at + size] & 31
        if 1 <= kind <= _IDR:
            return kind == _IDR
        at += size + int.from_bytes(packet[at : at + size], "big")
    return False


def _image(path: Path) -> Source:
    import av

    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            video: VideoStream = container.streams.video[0]
            picture: Any = next(iter(container.decode(video)))
            codec = str(video.codec_context.name)
    except (av.FFmpegError, ValueError, IndexError, StopIteration) as error:
        raise MediaError(f"{path.name}: not an image that can be read ({error or 'it holds no picture'})") from error
    if max(picture.width, picture.height) > LARGEST:
        raise MediaError(f"{path.name}: {picture.width}x{picture.height} pixels, a side may have at most {LARGEST}")
    form = str(picture.format.name)
    found = Probe(
        seconds=0.0,
        frames=1,
        fps="1/1",
        width=picture.width,
        height=picture.height,
        sample_aspect_ratio="1:1",
        video_codec=codec,
        video_profile=None,
        pix_fmt=form,
        color_primaries="unknown",
        color_transfer="unknown",
        # JPEG is always BT.601 at full range (JFIF); PNG and WebP are RGB or tagged by their format.
        color_matrix="smpte170m" if codec != "png" else "gbr",
        color_range="pc" if codec == "mjpeg" else "tv",
        audio_codec=None,
        audio_seconds=None,
        sample_rate=None,
        channels=None,
        timecode=None,
        bytes=path.stat().st_size,
        bit_rate=0,
        faststart=False,
    )
    alpha = any(mark in form for mark in ("rgba", "bgra", "argb", "abgr", "yuva", "ya8", "ya16", "gbrap", "pal8"))
    turned = round(-getattr(picture, "rotation", 0)) % 360
    return Source(
        path, found, Index(1, Fraction(0), Fraction(0), Fraction(1), True, alpha=alpha, still=True, turned=turned)
    )
