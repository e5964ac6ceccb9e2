"""When a stream's packets are due, from their timestamps alone: constancy, gaps, ends, bit rate, keyframes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from callsheet.media.check.facts import Timing

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

_TOLERANCE = 0.02
"""A step this far from the usual one, relatively, is another; containers that count whole ms vary by one of those."""
_HOLE_STEPS, _HOLE_SECONDS = 3.0, 0.25
"""A picture that is due three steps and a quarter of a second late leaves a hole."""
_SOUND_HOLE = 0.05
"""Sound may be late by this much, about two AAC frames, before there is a hole: encoders round at joins."""


@dataclass
class Track:
    """Timestamps of one stream, in ticks of its time base."""

    due: list[int] = field(default_factory=list)
    decoded: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    lasting: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, packet: Packet[Stream]) -> None:
        self.size += packet.size
        due = packet.pts if packet.pts is not None else packet.dts
        if due is None or packet.is_discard:
            return
        self.due.append(due)
        self.lasting.append(packet.duration or 0)
        if packet.dts is not None:
            self.decoded.append(packet.dts)
        if packet.is_keyframe:
            self.keys.append(due)


def read(packets: Iterable[Packet[Stream]], streams: list[Stream]) -> dict[int, Track]:
    """All packets of `streams`, by the stream's index."""
    tracks = {stream.index: Track() for stream in streams}
    for packet in packets:
        if packet.size:  # the last packet of each stream is an empty one that flushes the decoder
            tracks[packet.stream_index].add(packet)
    return tracks


def timing(track: Track, stream: Stream) -> Timing:
    """Seconds are those of the file: a stream that begins late has a `start` above 0."""
    tick = float(stream.time_base or 0)
    due = np.array(sorted(track.due), np.int64)
    if len(due) == 0:
        return Timing(0.0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, 0, 0.0)
    steps = np.diff(due)
    usual = float(np.median(steps)) if len(steps) else float(track.lasting[0])
    last = max(at + (lasting or usual) for at, lasting in zip(track.due, track.lasting, strict=True))
    # An AAC stream's first packet lies before 0: the decoder needs it and nobody hears it.
    first = max(int(due[0]), stream.start_time) if stream.start_time is not None else int(due[0])
    seconds = (last - first) * tick
    late = _holes(steps, usual, tick, picture=stream.type == "video")
    plain = steps[~late]
    off = np.abs(plain - usual) > max(1.0, _TOLERANCE * usual)
    keys = np.diff([*sorted(track.keys), last]) if track.keys else np.array([last - first])
    return Timing(
        start=first * tick,
        end=last * tick,
        packets=len(due),
        bit_rate=track.size * 8 / seconds if seconds > 0 else 0.0,
        step=_mean_step(plain[~off], usual) * tick,
        gap=float(steps[late].max()) * tick if late.any() else 0.0,
        irregular=float(off.mean()) if len(plain) else 0.0,
        backwards=int((np.diff(track.decoded) <= 0).sum()) if len(track.decoded) > 1 else 0,
        keyframe_interval=float(keys.max()) * tick,
    )


def _holes(steps: np.ndarray, usual: float, tick: float, *, picture: bool) -> np.ndarray:
    if picture:
        return np.asarray((steps > _HOLE_STEPS * usual) & (steps * tick > _HOLE_SECONDS))
    return np.asarray((steps - usual) * tick > _SOUND_HOLE)


def _mean_step(steps: np.ndarray, usual: float) -> float:
    """The usual step more exactly than a median of whole ticks: 33 and 34 ms are one rate."""
    return float(steps.mean()) if len(steps) else usual
