"""How loud a finished file is, by ffmpeg's meter (EBU R 128, ITU-R BS.1770): after encoding, as it is heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media import ffmpeg

SILENT_DB = -120.0  # what stands for a peak of minus infinity

_LOUDNESS = re.compile(r"\bI:\s+(-?[\d.]+|-?inf|nan) LUFS")
_PEAK = re.compile(r"\bPeak:\s+(-?[\d.]+|-?inf|nan) dBFS")


@dataclass(frozen=True)
class Level:
    """Integrated loudness (-70 for silence) and true peak of a whole file."""

    lufs: float
    true_peak_dbtp: float


async def level(path: Path, *, seconds: float) -> Level:
    """Measure the sound of `path`, which lasts about `seconds`. Raises MediaError if it has none."""
    return _level(path, await ffmpeg.run(_args(path), timeout=60 + seconds))


def level_now(path: Path, *, seconds: float) -> Level:
    """As `level`, for who is in a thread of its own."""
    return _level(path, ffmpeg.run_sync(_args(path), timeout=60 + seconds))


def _args(path: Path) -> list[str]:
    return ["-i", str(path), "-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]


def _level(path: Path, text: str) -> Level:
    summary = text[text.rfind("Summary:") :]
    loudness, peak = _LOUDNESS.search(summary), _PEAK.search(summary)
    if loudness is None or peak is None:
        raise MediaError(f"{path.name}: ffmpeg's meter gave no summary")
    return Level(max(-70.0, _number(loudness[1])), _number(peak[1]))


def _number(text: str) -> float:
    return SILENT_DB if "inf" in text or text == "nan" else float(text)
