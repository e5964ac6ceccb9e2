"""Sound files that come from elsewhere: read as PCM whatever their header says, written again as they should be."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from callsheet.errors import MediaError

PCM_RATE = 24_000
"""Samples a second of `pcm`: 16 bits, one channel, little-endian (OpenAI's guide to text to speech)."""
_TYPES = frozenset({"", "audio/wav", "audio/x-wav", "audio/wave", "audio/pcm", "audio/l16", "application/octet-stream",
                    "binary/octet-stream"})  # fmt: skip
_LONGEST = 3600.0


class SoundFile(BaseModel):
    """One WAV file, measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float
    sample_rate: int
    channels: int
    audio_codec: Literal["pcm"] = "pcm"
    bytes: int


def measure_sound(path: Path) -> SoundFile:
    """Measure a WAV file. Raises MediaError when it is none, or has nothing in it."""
    try:
        with wave.open(str(path)) as file:
            rate, channels, count = file.getframerate(), file.getnchannels(), file.getnframes()
            there = len(file.readframes(count)) // (channels * file.getsampwidth())
    except (OSError, EOFError, wave.Error) as error:
        raise MediaError(f"{path.name}: not a WAV file that can be read: {error}") from error
    if not count or there != count:
        raise MediaError(f"{path.name}: a WAV file with {there} of {count} samples")
    return SoundFile(seconds=count / rate, sample_rate=rate, channels=channels, bytes=path.stat().st_size)


def wav_of(data: bytes, media_type: str, form: Literal["wav", "pcm"]) -> bytes:
    """What a service of speech answered, as a WAV file of 16 bits whose sizes are right.

    A service that streams writes its header before it knows the length; what follows is all of it. Raises MediaError
    for what is no sound: another type, an odd header, nothing audible.
    """
    if media_type not in _TYPES:
        raise MediaError(f"the answer is {media_type[:60]}, not a sound")
    if data[:4] == b"RIFF":
        rate, channels, samples = _riff(data)
    elif form == "pcm":
        rate, channels, samples = PCM_RATE, 1, data
    else:
        raise MediaError("the answer is no WAV file")
    samples = samples[: len(samples) // (2 * channels) * 2 * channels]
    if not samples.strip(b"\0"):
        raise MediaError("the answer is a sound without anything in it")
    if len(samples) / (2 * channels * rate) > _LONGEST:
        raise MediaError(f"the answer is a sound of more than {_LONGEST:g} s")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return out.getvalue()


def _riff(data: bytes) -> tuple[int, int, bytes]:
    """Rate, channels and samples of a RIFF file of 16-bit PCM."""
    at, found = 12, None
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind == b"fmt " and at + 24 <= len(data):
            code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
            # 0xFFFE says that the code stands further on; with 16 bits it can only be PCM.
            if code not in (1, 0xFFFE) or bits != 16 or channels not in (1, 2) or not 8_000 <= rate <= 192_000:
                raise MediaError(
                    f"the answer is a WAV file of code {code}, {bits} bits, {channels} channels, {rate} Hz"
                )
            found = rate, channels
        elif kind == b"data":
            if found is None:
                break
            return *found, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise MediaError("the answer is a WAV file without samples")
