"""Sound that may be longer than memory: kept on the disk as raw samples, read and changed in pieces.

A *track* is anything that has a length in samples and gives a slice of itself as float32 (samples, 2) at 48 kHz: an
array in memory, a tape, a WAV file, or a track at another level. Whoever reads a track a block at a time needs the
same memory for an hour as for a minute.
"""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from callsheet.errors import MediaError
from callsheet.media.loudness import RATE, Sound

BLOCK = 5 * RATE
"""Samples that are handled at a time: 5 s, 1.9 MB."""
_FRAME = 8  # bytes: two float32


class Track(Protocol):
    """See above. A slice has a step of 1 and may be empty."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Sound: ...


def blocks(samples: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """The bounds of consecutive blocks that cover so many samples."""
    for start in range(0, samples, size):
        yield start, min(samples, start + size)


class Tape:
    """So many samples in a file, silent at first. What lies outside is left out when something is added.

    `heard` says whether anything but zeros was ever put on it. Close it, or use it as a context; the file stays.
    """

    def __init__(self, path: Path, samples: int) -> None:
        self.path = path
        self.heard = False
        self._samples = samples
        self._file = path.open("w+b", buffering=0)
        self._file.truncate(samples * _FRAME)

    @classmethod
    def of(cls, path: Path) -> Self:
        """A file of raw samples that something else has written."""
        tape = cls.__new__(cls)
        tape.path, tape.heard = path, True
        tape._samples = path.stat().st_size // _FRAME
        tape._file = path.open("r+b", buffering=0)
        return tape

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, part: slice, /) -> Sound:
        start, stop, _ = part.indices(self._samples)
        self._file.seek(start * _FRAME)
        return np.fromfile(self._file, np.float32, max(0, stop - start) * 2).reshape(-1, 2)

    def put(self, sound: Sound, at: int) -> None:
        """Replace what is there from sample `at` on; it has to fit."""
        self._file.seek(at * _FRAME)
        np.ascontiguousarray(sound, np.float32).tofile(self._file)
        self.heard = self.heard or bool(sound.any())

    def add(self, sound: Sound, at: int) -> None:
        """Add a sound that begins at sample `at`, which may lie before the beginning."""
        skip = max(0, -at)
        count = min(len(sound) - skip, self._samples - at - skip)
        if count > 0:
            there = self[at + skip : at + skip + count]
            there += sound[skip : skip + count]
            self.put(there, at + skip)

    def clear(self) -> None:
        """Silent again."""
        self._file.truncate(0)
        self._file.truncate(self._samples * _FRAME)
        self.heard = False


class WavTrack:
    """A WAV file of 16 or 24 bits at 48 kHz; one channel is heard on both sides. Raises `MediaError` for others."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = wave.open(str(path), "rb")  # noqa: SIM115 - it is read as long as the track lives
        except (OSError, EOFError, wave.Error) as error:
            raise MediaError(f"{path.name} is not a WAV file that can be read: {error}") from error
        self._channels, self._width = self._file.getnchannels(), self._file.getsampwidth()
        if self._file.getframerate() != RATE or self._width not in (2, 3) or self._channels not in (1, 2):
            self._file.close()
            raise MediaError(f"{path.name} is not of 16 or 24 bits, one or two channels, at {RATE} Hz")

    def close(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._file.getnframes()

    def __getitem__(self, part: slice, /) -> Sound:
        start, stop, _ = part.indices(len(self))
        self._file.setpos(start)
        raw = np.frombuffer(self._file.readframes(max(0, stop - start)), np.uint8).reshape(-1, self._width)
        whole = np.zeros((len(raw), 4), np.uint8)
        whole[:, 4 - self._width :] = raw
        samples = (whole.view("<i4").reshape(-1, self._channels) / 2.0**31).astype(np.float32)
        return samples if self._channels == 2 else np.repeat(samples, 2, axis=1)


class Gained:
    """A track times a ratio and any number of gain curves, each with the samples that one value stands for."""

    def __init__(self, track: Track, gain: float = 1.0, curves: Sequence[tuple[NDArray[np.float32], int]] = ()) -> None:
        self._track, self._gain, self._curves = track, gain, tuple(curves)

    def __len__(self) -> int:
        return len(self._track)

    def __getitem__(self, part: slice, /) -> Sound:
        from callsheet.media.dynamics import spread_between

        start, stop, _ = part.indices(len(self))
        sound = self._track[start:stop] * np.float32(self._gain)
        for curve, step in self._curves:
            sound *= spread_between(curve, start, stop, step)[:, None]
        return sound


class Summed:
    """Several tracks of one length at once."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        if not tracks:
            raise ValueError("a sum of no tracks has no length")
        self._tracks = tuple(tracks)

    def __len__(self) -> int:
        return len(self._tracks[0])

    def __getitem__(self, part: slice, /) -> Sound:
        first, *others = self._tracks
        total = first[part].copy()
        for track in others:
            total += track[part]
        return total
