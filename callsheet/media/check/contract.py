"""What is asked of a file, as the check needs it. Whatever is None or empty is not asked, and only informs.

Lengths in seconds, sizes in pixels as they are seen, rates in pictures or bits a second, loudness in LUFS.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

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
            return f"at most {self.most:,.10g}"
        return f"at least {self.least:,.10g}" if self.most is None else f"{self.least:,.10g} to {self.most:,.10g}"


class Cover(BaseModel):
    """A thumbnail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: Words = ()
    bytes: Range = Range()
    width: Range = Range()
    height: Range = Range()
    aspects: Words = ()


class Contract(BaseModel):
    """`aspects` are ``9:16`` and the like; `safe` is how much of the frame is left free on the left, top, right and
    bottom, each 0 to 1; `kinds` are the container kinds of `Container`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    read_on: str
    kinds: Words = ()
    faststart: bool | None = None
    bytes: Range = Range()
    seconds: Range = Range()
    width: Range = Range()
    height: Range = Range()
    aspects: Words = ()
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
    total_bit_rate: Range = Range()
    primaries: Words = ()
    transfers: Words = ()
    matrices: Words = ()
    ranges: Words = ()
    hdr: Words = ()
    sound: bool | None = None
    sound_codecs: Words = ()
    sample_rates: tuple[int, ...] = ()
    channels: Range = Range()
    sound_bit_rate: Range = Range()
    lufs: Range = Range()
    true_peak: Range = Range()
    safe: tuple[float, float, float, float] | None = None
    aigc_metadata: bool | None = None
    aigc_label: bool | None = None
    cover: Cover = Cover()
