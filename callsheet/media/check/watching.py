"""The whole file decoded once by ffmpeg, with every detector listening; what they print is read here."""

from __future__ import annotations

import re
from pathlib import Path

from callsheet.media import ffmpeg
from callsheet.media.check.facts import Stretch, Watched
from callsheet.media.check.opening import input_arguments

# How short a stretch is told; how long one may be is for the platform to say. The picture is black when 98 % of it is
# below 10 % of white, it stands still when it changes by less than -60 dB, and sound is silent below -60 dBFS:
# ffmpeg's own defaults. A keyframe of a still picture changes it by more than that, a cut by more than -40 dB.
_PICTURE = "blackdetect=d=0.1:pic_th=0.98:pix_th=0.10,freezedetect=n=-60dB:d=0.4,freezedetect=n=-40dB:d=0.4,idet"
_SOUND = "silencedetect=n=-60dB:d=0.3,ebur128=peak=true:framelog=quiet"

# A title in the file can hold any words, so that only what begins a line is believed.
_SAID = r"^\[Parsed_{name}(?:_\d+)? @ 0x[0-9a-f]+\] \[info\] {words}"
_BLACK = re.compile(_SAID.format(name="blackdetect", words=r"black_start:\s*(-?[\d.]+) black_end:\s*(-?[\d.]+)"))
_STILL, _UNCUT = (
    re.compile(_SAID.format(name=f"freezedetect_{at}", words=r"lavfi\.freezedetect\.freeze_(start|end): (-?[\d.]+)"))
    for at in (1, 2)
)
_SILENT = re.compile(_SAID.format(name="silencedetect", words=r"silence_(start|end): (-?[\d.]+)"))
_COMBED = re.compile(_SAID.format(name="idet", words=r"Single frame.* TFF:\s*(\d+) BFF:\s*(\d+) Progressive:\s*(\d+)"))
_METER = re.compile(_SAID.format(name="ebur128", words="Summary:"))
_ERROR = re.compile(r"^(?:\[[^\]]+ @ 0x[0-9a-f]+\] )*\[(?:error|fatal|panic)\] (.*)")
_FRAMES = re.compile(r"^\[info\] frame=\s*(\d+)")
_VALUES = {
    "lufs": re.compile(r"^\s+I:\s+(\S+) LUFS"),
    "range": re.compile(r"^\s+LRA:\s+(\S+) LU$"),
    "peak": re.compile(r"^\s+Peak:\s+(\S+) dBFS"),
}

_ENOUGH = 10  # pictures that idet is sure about
_PULSE = 0.05  # seconds: the one picture by which a keyframe differs
_SILENCE_LUFS, _SILENCE_DB = -70.0, -120.0
_START, _PER_PACKET = 120.0, 0.5
"""Seconds: half a second for each picture is fifty times what 1080p takes; a limit for what hangs."""


async def watch(path: Path, *, picture: int, sound: int | None, packets: int, seconds: float) -> Watched:
    """Decode the streams with these indexes. `packets` of the picture set the time limit; `seconds` is where a stretch
    ends that nothing ends. Raises MediaError when ffmpeg fails or takes too long."""
    args = ["-max_error_rate", "1", *input_arguments(path), "-map", f"0:{picture}"]
    args += ["-filter:v", _PICTURE]
    if sound is not None:
        args += ["-map", f"0:{sound}", "-filter:a", _SOUND]
    args = ["-loglevel", "repeat+level+info", *args, "-fps_mode", "passthrough", "-f", "null", "-"]
    return heard(await ffmpeg.run(args, timeout=_START + _PER_PACKET * packets), seconds)


def heard(text: str, seconds: float) -> Watched:
    """What ffmpeg's messages say."""
    lines = re.split(r"[\r\n]+", text)
    errors = [match[1].strip() for line in lines if (match := _ERROR.match(line))]
    meter = _meter(lines)
    return Watched(
        frames=max((int(match[1]) for line in lines if (match := _FRAMES.match(line))), default=0),
        errors=len(errors),
        first_error=errors[0][:120] if errors else "",
        # At a damaged end the last stretch is told twice.
        black=tuple(dict.fromkeys((float(m[1]), float(m[2])) for line in lines if (m := _BLACK.match(line)))),
        frozen=_frozen(lines, seconds),
        silent=_stretches(_SILENT, lines, seconds),
        combed=_combed(lines),
        lufs=None if meter is None else max(_SILENCE_LUFS, meter["lufs"]),
        peak=None if meter is None else meter["peak"],
        range_lu=None if meter is None else meter["range"],
    )


def _stretches(said: re.Pattern[str], lines: list[str], seconds: float) -> tuple[Stretch, ...]:
    """Beginnings and ends as pairs; what lasts to the end of the file is not always ended."""
    found: list[Stretch] = []
    start: float | None = None
    for line in lines:
        if match := said.match(line):
            if match[1] == "start":
                start = max(0.0, float(match[2]))
            elif start is not None:
                found.append((start, float(match[2])))
                start = None
    return (*found, (start, max(start, seconds))) if start is not None else tuple(found)


def _frozen(lines: list[str], seconds: float) -> tuple[Stretch, ...]:
    """Stretches in which the picture stands still; a keyframe in between does not end one, a cut does."""
    uncut = _stretches(_UNCUT, lines, seconds)
    found: list[Stretch] = []
    for start, end in _stretches(_STILL, lines, seconds):
        before = found[-1][1] if found else -1.0
        if start - before < _PULSE and any(first < before and start < last for first, last in uncut):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _combed(lines: list[str]) -> float:
    """The share of moving pictures with the comb of one field order. A comb that changes its order from picture to
    picture is fine detail, such as a test pattern's."""
    counts = [tuple(map(int, match.groups())) for line in lines if (match := _COMBED.match(line))]
    top, bottom, plain = counts[-1] if counts else (0, 0, 0)
    moving = top + bottom + plain
    return max(top, bottom) / moving if moving >= _ENOUGH and min(top, bottom) <= moving // 100 else 0.0


def _meter(lines: list[str]) -> dict[str, float] | None:
    at = next((number for number, line in enumerate(lines) if _METER.match(line)), None)
    if at is None:
        return None
    found: dict[str, float] = {}
    for line in lines[at : at + 20]:
        for name, pattern in _VALUES.items():
            if name not in found and (match := pattern.match(line)):
                found[name] = _number(match[1])
    return found if len(found) == len(_VALUES) else None


def _number(text: str) -> float:
    return _SILENCE_DB if "inf" in text or text == "nan" else float(text)
