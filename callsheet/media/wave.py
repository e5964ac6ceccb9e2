"""Sound files in and out: what ffmpeg reads becomes a stereo array, and an array a 24-bit WAV of its exact length."""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from callsheet.errors import MediaError
from callsheet.media.loudness import RATE, Sound
from callsheet.media.tape import Tape, Track, WavTrack

_BLOCK = 1 << 18


def silence(samples: int) -> Sound:
    """Nothing, (samples, 2), without using memory: every sample is the same one. Read-only."""
    return np.broadcast_to(np.zeros(1, np.float32), (samples, 2))


def fit(sound: Sound, samples: int) -> Sound:
    """The sound cut, or continued with silence, to exactly `samples`."""
    if len(sound) == samples:
        return sound
    if len(sound) > samples:
        return sound[:samples]
    out = np.zeros((samples, 2), np.float32)
    out[: len(sound)] = sound
    return out


def read_sound(path: Path, seconds: float | None = None, *, timeout: float = 120.0) -> Sound:
    """The sound of a media file as float32 (samples, 2) at 48 kHz.

    With `seconds` the result has exactly round(seconds * 48000) samples, cut or continued with silence. A file without
    a sound track gives silence of its own duration. A track that begins after the picture keeps its delay. `timeout`
    is in seconds. Raises MediaError for a file that can't be read.
    """
    from callsheet.media import ffmpeg

    own = _own_seconds(path)
    if own is not None:
        return silence(round((own if seconds is None else seconds) * RATE))
    raw = ffmpeg.read_sync([*_decoding(path, seconds), "pipe:1"], timeout=timeout)
    sound = np.frombuffer(raw, np.float32).reshape(-1, 2)
    return sound if seconds is None else fit(sound, round(seconds * RATE))


def open_sound(path: Path, scratch: Path, seconds: float | None = None, *, timeout: float = 600.0) -> Track:
    """As `read_sound`, for a file that may be longer than memory; at most `seconds` of it are there.

    A plain WAV file is read where it is. Anything else is decoded to the file `scratch` first, which the caller
    removes.
    """
    from callsheet.media import ffmpeg

    if path.suffix == ".wav":
        try:
            return WavTrack(path)
        except MediaError:
            pass  # of another kind: decoded like any file
    own = _own_seconds(path)
    if own is not None:
        return silence(round((own if seconds is None else min(own, seconds)) * RATE))
    ffmpeg.run_sync([*_decoding(path, seconds), str(scratch)], timeout=timeout)
    return Tape.of(scratch)


def _picture_start(path: Path) -> float:
    """Seconds from a file's beginning to its first picture; 0 where there is none."""
    import av

    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.video:
                return 0.0
            video = container.streams.video[0]
            begins = (container.start_time or 0) / av.time_base
            return max(0.0, float((video.start_time or 0) * (video.time_base or 0)) - begins)
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(f"{path} can't be read: {error}") from error


def _own_seconds(path: Path) -> float | None:
    """How long a file without any sound lasts; None for one that has some."""
    import av

    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            silent = not container.streams.audio
            return float(container.duration or 0) / av.time_base if silent else None
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(f"{path} can't be read: {error}") from error


def _decoding(path: Path, seconds: float | None) -> list[str]:
    """Second 0 is that of the first picture, where there is one: a sound that begins before it is cut."""
    limit = [] if seconds is None else ["-t", f"{seconds:.6f}"]
    take = ["-i", str(path), "-map", "0:a:0", "-vn", "-af"]
    take += [f"asetpts=PTS-{_picture_start(path):.6f}/TB,aresample=48000:first_pts=0"]
    return [*take, *limit, "-ac", "2", "-f", "f32le"]


class WavWriter:
    """PCM, 24 bit, stereo, 48 kHz, written in blocks; the file takes its name when the context ends without an error.

    Raises MediaError if a sample is not a number or is over full scale (a file that clips is never written in silence),
    or if other than the promised `samples` were written.
    """

    def __init__(self, path: Path, samples: int) -> None:
        size = samples * 6
        if size > 0xFFFF_FF00:
            raise MediaError(f"{path.name}: {samples / RATE:.0f} s don't fit into a WAV file")
        head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt "
        head += struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 6, 6, 24) + b"data" + struct.pack("<I", size)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._part = path, path.with_name(path.name + ".part")
        self._samples, self._written = samples, 0
        self._file = self._part.open("wb")
        self._file.write(head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        try:
            if kind is None:
                if self._written != self._samples:
                    raise MediaError(f"{self._path.name}: {self._written} of {self._samples} samples were written")
                self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)

    def write(self, block: Sound) -> None:
        """The next (samples, 2)."""
        if not len(block):
            return
        peak = float(np.abs(block).max())
        if not peak <= 1.0:
            at = self._written / RATE
            raise MediaError(f"{self._path.name}: sample value {peak:.3f} after {at:.1f} s is over full scale")
        whole = np.rint(block.astype(np.float64) * 8_388_607.0).astype("<i4")
        self._file.write(np.ascontiguousarray(whole).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
        self._written += len(block)


def write_wav(path: Path, sound: Sound) -> None:
    """Write (samples, 2) as `WavWriter` does, whole or not at all."""
    if sound.ndim != 2 or sound.shape[1] != 2:
        raise MediaError(f"{path.name}: a sound has the shape (samples, 2), not {sound.shape}")
    with WavWriter(path, len(sound)) as file:
        for start in range(0, len(sound), _BLOCK):
            file.write(sound[start : start + _BLOCK])
