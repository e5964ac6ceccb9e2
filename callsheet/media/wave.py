"""Sound files in and out: what ffmpeg reads becomes a stereo array, and an array a 24-bit WAV of its exact length."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from callsheet.errors import MediaError
from callsheet.media.loudness import RATE, Sound

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
    import av

    from callsheet.media import ffmpeg

    try:
        with av.open(str(path)) as container:
            tracks = len(container.streams.audio)
            own = float(container.duration or 0) / av.time_base
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(f"{path} can't be read: {error}") from error
    if not tracks:
        return silence(round((own if seconds is None else seconds) * RATE))
    limit = [] if seconds is None else ["-t", f"{seconds:.6f}"]
    take = ["-i", str(path), "-map", "0:a:0", "-vn", "-af", "aresample=48000:first_pts=0"]
    raw = ffmpeg.read_sync([*take, *limit, "-ac", "2", "-f", "f32le", "pipe:1"], timeout=timeout)
    sound = np.frombuffer(raw, np.float32).reshape(-1, 2)
    return sound if seconds is None else fit(sound, round(seconds * RATE))


def write_wav(path: Path, sound: Sound) -> None:
    """Write (samples, 2) as PCM, 24 bit, stereo, 48 kHz, with exactly that many samples; whole or not at all.

    Raises MediaError if a sample is not a number or is over full scale: a file that clips is never written in silence.
    """
    if sound.ndim != 2 or sound.shape[1] != 2:
        raise MediaError(f"{path.name}: a sound has the shape (samples, 2), not {sound.shape}")
    size = len(sound) * 6
    if size > 0xFFFF_FF00:
        raise MediaError(f"{path.name}: {len(sound) / RATE:.0f} s don't fit into a WAV file")
    head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt "
    head += struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 6, 6, 24) + b"data" + struct.pack("<I", size)
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with part.open("wb") as file:
            file.write(head)
            for start in range(0, len(sound), _BLOCK):
                block = sound[start : start + _BLOCK]
                peak = float(np.abs(block).max())
                if not peak <= 1.0:
                    raise MediaError(
                        f"{path.name}: sample value {peak:.3f} after {start / RATE:.1f} s is over full scale"
                    )
                whole = np.rint(block.astype(np.float64) * 8_388_607.0).astype("<i4")
                file.write(np.ascontiguousarray(whole).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
