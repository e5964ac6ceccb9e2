"""What is measured on one video file, before anybody judges it. Seconds, pixels, bits per second, decibels.

Every model is plain data: `judging` takes these and a platform and needs no file.
"""

from __future__ import annotations

from dataclasses import dataclass

Stretch = tuple[float, float]
"""Seconds of the file: where something begins and where it ends."""


@dataclass(frozen=True)
class Container:
    """`kind` is what the bytes are (mp4, mov, webm, mkv, avi, ts, flv, mpg, ogg, wmv, mxf), `extension` what the name
    says. `seconds` spans all streams as they were read; `missing_seconds` is what the header promises beyond that.
    `index_first`: whether an MP4's or MOV's index stands before its media; None where the format has none;
    `edit_list`: whether one of its tracks has an edit list.
    """

    name: str
    extension: str
    kind: str
    bytes: int
    seconds: float
    missing_seconds: float
    index_first: bool | None
    edit_list: bool
    pictures: int
    sounds: int
    aigc: str | None


@dataclass(frozen=True)
class Timing:
    """When a stream's packets are due. `gap` is the longest hole between two of them, 0 for none; `irregular` the share
    (0 to 1) of the other steps that differ from the usual one; `backwards` counts decoding times that don't rise."""

    start: float
    end: float
    packets: int
    bit_rate: float
    step: float
    gap: float
    irregular: float
    backwards: int
    keyframe_interval: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Picture:
    """The picture's stream. `width` and `height` are stored, before `rotation` (degrees, as players turn it); `fps` is
    what was counted; tags are ffmpeg's names, ``unknown`` where the file says nothing. `fields` is ``progressive``,
    ``interlaced`` or ``unknown`` by the stream's own word, `combed` what the decoded pictures look like."""

    width: int
    height: int
    rotation: int
    sample_aspect: str
    codec: str
    profile: str | None
    level: int | None
    pix_fmt: str
    bits: int
    fps: float
    fields: str
    primaries: str
    transfer: str
    matrix: str
    range: str
    hdr_metadata: bool
    timing: Timing

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as they are seen."""
        return (self.height, self.width) if self.rotation % 180 == 90 else (self.width, self.height)

    @property
    def hdr(self) -> str:
        """``pq``, ``hlg`` or ``none``: by the transfer curve, or by mastering metadata that only HDR has."""
        named = {"smpte2084": "pq", "arib-std-b67": "hlg"}.get(self.transfer)
        return named or ("pq" if self.hdr_metadata else "none")


@dataclass(frozen=True)
class Levels:
    """Sample statistics. `offset` is the worst channel's mean (full scale is 1); `balance` how many dB the quieter of
    left and right lies under the other; `correlation` of left and right, -1 to 1, None where there is no pair;
    `flat_tops` the share of samples (0 to 1) that lie on a clipped plateau."""

    offset: float
    balance: float
    correlation: float | None
    flat_tops: float


@dataclass(frozen=True)
class Sound:
    codec: str
    profile: str | None
    sample_rate: int
    channels: int
    timing: Timing
    levels: Levels


@dataclass(frozen=True)
class Watched:
    """What one decoding of the whole file showed. `lufs` is -70 for silence and None without sound, `peak` in dBTP,
    `range_lu` the loudness range; `combed` the share of pictures with the comb of one field order."""

    frames: int
    errors: int
    first_error: str
    black: tuple[Stretch, ...]
    frozen: tuple[Stretch, ...]
    silent: tuple[Stretch, ...]
    combed: float
    lufs: float | None
    peak: float | None
    range_lu: float | None


@dataclass(frozen=True)
class Cue:
    """One caption: its words line by line, its seconds, and the box (left, top, right, bottom; right and bottom
    exclusive) of all pixels that were drawn at its begin, middle and end. `box` is None where nothing was drawn."""

    lines: tuple[str, ...]
    start: float
    end: float
    box: tuple[int, int, int, int] | None

    @property
    def characters(self) -> int:
        return sum(len("".join(line.split())) for line in self.lines)


@dataclass(frozen=True)
class Thumbnail:
    kind: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class Facts:
    """All of it. `sound` is None for a silent file, `cues` when nobody knows of any, `thumbnail`
    when none was given."""

    container: Container
    picture: Picture
    sound: Sound | None
    watched: Watched
    cues: tuple[Cue, ...] | None = None
    thumbnail: Thumbnail | None = None
