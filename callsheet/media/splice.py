"""Encoded pieces, one after the other, as one picture track: packets copied and numbered afresh, none decoded.

Every piece begins with a key picture and has the same decoder settings; both are looked at, for a track has only one
set of settings and a decoder that meets others shows broken pictures, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from callsheet.errors import MediaError


@dataclass(frozen=True)
class Piece:
    """`frames` pictures of a file from its picture `first` on, counted in the order in which they are shown."""

    path: Path
    frames: int
    first: int = 0


def splice(pieces: Sequence[Piece], fps: int, out: Path) -> str:
    """Write the pieces to the MP4 `out`, frame n at exactly n / fps, and return the digest of the decoder's settings.

    Raises MediaError for a piece that has not the pictures it should have, or other settings than the first.
    """
    import av

    orders = {path: _order(path) for path in dict.fromkeys(piece.path for piece in pieces)}
    # By how many pictures decoding runs ahead of showing.
    delay = max(number - place for order in orders.values() for number, place in enumerate(order.values()))
    settings = b""
    start = 0
    with av.open(str(out), "w", format="mp4", options={"fflags": "+bitexact"}) as made:
        track: Any = None
        for piece in pieces:
            with av.open(str(piece.path), options={"protocol_whitelist": "file"}) as container:
                stream = container.streams.video[0]
                extradata = bytes(stream.codec_context.extradata or b"")
                if track is None:
                    track = made.add_stream_from_template(stream)
                    track.time_base = Fraction(1, fps)
                    settings = extradata
                elif extradata != settings:
                    raise MediaError(f"{piece.path.name}: has other decoder settings than the pieces before it")
                number, skipped = 0, False
                for packet in container.demux(stream):
                    place = orders[piece.path].get(packet.pts or 0, -1) - piece.first if packet.size else -1
                    if not 0 <= place < piece.frames:
                        skipped = skipped or place >= piece.frames
                        continue
                    if skipped:  # it may refer to one that is left out
                        last = piece.first + piece.frames
                        raise MediaError(f"{piece.path.name}: can't be left off before picture {last}")
                    if number == 0 and (place != 0 or not packet.is_keyframe):
                        raise MediaError(f"{piece.path.name}: can't be cut at picture {piece.first}")
                    packet.stream, packet.time_base = track, Fraction(1, fps)
                    packet.pts, packet.dts, packet.duration = start + place + delay, start + number, 1
                    made.mux(packet)
                    number += 1
            if number != piece.frames:
                raise MediaError(f"{piece.path.name}: {number} pictures where {piece.frames} are needed")
            start += piece.frames
    return sha256(settings).hexdigest()


def pictures(path: Path) -> int:
    """How many pictures an encoded piece has; 0 when it can't be read."""
    import av

    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            return sum(1 for packet in container.demux(video=0) if packet.size)
    except (av.FFmpegError, IndexError, OSError):
        return 0


def _order(path: Path) -> dict[int, int]:
    """In the order of decoding: each picture's time in the file, and its place in the order of showing."""
    import av

    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        times = [packet.pts for packet in container.demux(video=0) if packet.size and packet.pts is not None]
    shown = {time: place for place, time in enumerate(sorted(times))}
    return {time: shown[time] for time in times}
