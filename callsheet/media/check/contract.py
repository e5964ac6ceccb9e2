"""What is asked of a file, as the check needs it. Whatever is None or empty is not asked, and only informs.

Lengths in seconds, sizes in pixels as they are seen, rates in pictures or bits a second, loudness in LUFS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from callsheet.media.check.limits import limits

if TYPE_CHECKING:
    from callsheet.platforms import Platform

Words = tuple[str, ...]


class Range(BaseModel):
    """From `least` to `most`, both allowed; None is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: float | None = None
    most: float | None = None

    @property
    def asks(self) -> bool:
        return self.least is not None or self.most is not None

    def allows(self, value: float, slack: float = 1e-6) -> bool:
        return (self.least is None or value >= self.least - slack) and (self.most is None or value <= self.most + slack)

    def __str__(self) -> str:
        if self.least is None:
            return f"at most {self.most:,.12g}"
        return f"at least {self.least:,.12g}" if self.most is None else f"{self.least:,.12g} to {self.most:,.12g}"


class Cover(BaseModel):
    """A thumbnail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: Words = ()
    bytes: Range = Range()
    width: Range = Range()
    height: Range = Range()
    aspect: Range = Range()


class Contract(BaseModel):
    """`aspect` is width over height as it is seen, `short_side` the smaller of both; `safe` is how much of the frame is
    left free on the left, top, right and bottom, each 0 to 1; `kinds` are the container kinds of `Container`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    read_on: str
    kinds: Words = ()
    faststart: bool | None = None
    no_edit_list: bool | None = None
    bytes: Range = Range()
    seconds: Range = Range()
    short_side: Range = Range()
    aspect: Range = Range()
    upright: bool | None = True
    square_pixels: bool | None = True
    codecs: Words = ()
    profiles: Words = ()
    pix_fmts: Words = ()
    bits: Range = Range()
    fps: Range = Range()
    constant_rate: bool | None = True
    progressive: bool | None = True
    bit_rate: Range = Range()
    primaries: Words = ()
    transfers: Words = ()
    matrices: Words = ()
    ranges: Words = ()
    hdr: Words = ()
    sound: bool | None = None
    sound_codecs: Words = ()
    sample_rates: tuple[int, ...] = ()
    channels: Range = Range()
    lufs: Range = Range()
    true_peak: Range = Range()
    safe: tuple[float, float, float, float] | None = None
    black: Range = Range()
    frozen: Range = Range()
    silent: Range = Range()
    captions: bool | None = None
    aigc_metadata: bool | None = None
    aigc_label: bool | None = None
    cover: Cover = Cover()


_PROFILES = ("Constrained Baseline", "Baseline", "Main", "High", "Profile 0")
"""All of 8 bits and 4:2:0: what players of every platform decode."""
_SOUND_OF = {"webm": ("opus", "vorbis")}
_ONLY = ("bt709",)


def contract_of(platform: Platform) -> Contract:
    """What a platform's facts ask of a file.

    Beyond them, and ours: a sound stream, one picture, constant rate, square pixels, upright, progressive, SDR in
    BT.709 that says so, and a short side of a share of what is delivered (`short_side` in `callsheet/data/check.json`).
    A visible label goes with the one that programs read, because both are asked by the same rule (GB 45438-2025).
    """
    video, audio, cover = platform.video, platform.audio, platform.thumbnail
    others = tuple(codec for kind in platform.containers for codec in _SOUND_OF.get(kind, ()))
    shape = Range(least=cover.width / cover.height * 0.995, most=cover.width / cover.height * 1.005)
    return Contract(
        name=platform.name,
        read_on=platform.read_on,
        kinds=platform.containers,
        faststart=True,
        no_edit_list=not platform.edit_list,
        bytes=Range(most=platform.bytes_max),
        seconds=Range(least=platform.seconds_min, most=platform.seconds_max),
        short_side=Range(least=round(min(platform.width, platform.height) * limits().short_side.share)),
        aspect=Range(least=platform.aspect_min, most=platform.aspect_max),
        codecs=video.codecs,
        profiles=_PROFILES,
        pix_fmts=(video.pix_fmt,),
        bits=Range(most=8),
        fps=Range(least=video.fps_min, most=video.fps_max),
        bit_rate=Range(most=video.bit_rate_max),
        primaries=_ONLY,
        transfers=_ONLY,
        matrices=_ONLY,
        # H.264 without the flag is limited range (ITU-T H.264, E.2.1).
        ranges=("tv", "unknown"),
        hdr=("none",),
        sound=True,
        sound_codecs=(audio.codec, *others),
        sample_rates=(44_100, 48_000),
        channels=Range(least=1, most=audio.channels),
        lufs=Range(least=platform.lufs - platform.lufs_tolerance, most=platform.lufs + platform.lufs_tolerance),
        true_peak=Range(most=platform.true_peak_max_dbtp),
        safe=platform.safe_shares,
        black=Range(most=platform.black_seconds_max),
        frozen=Range(most=platform.freeze_seconds_max),
        silent=Range(most=platform.silence_seconds_max),
        captions=platform.captions.required,
        aigc_metadata=platform.ai_label.visible,
        aigc_label=platform.ai_label.visible,
        cover=Cover(
            kinds=(cover.format,),
            bytes=Range(most=cover.bytes_max),
            width=Range(least=cover.width),
            height=Range(least=cover.height),
            aspect=shape,
        ),
    )
