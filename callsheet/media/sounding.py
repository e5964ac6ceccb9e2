"""The sound of a master brought to a platform's loudness and coded, measured again after the coding."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.media import ffmpeg
from callsheet.media.ffmpeg import BITEXACT
from callsheet.media.metering import Level, level
from callsheet.platforms import Platform

HEADROOM = 0.5  # dB under the platform's peak: what AAC usually adds
_TRIES = 4
_FADE = 0.05  # seconds at the end of a sound that is cut off


@dataclass(frozen=True)
class Loudness:
    """What ffmpeg's loudnorm measured of a whole sound; None for silence."""

    lufs: float
    true_peak: float
    range: float
    threshold: float


@dataclass(frozen=True)
class Wanted:
    """A coded sound. Renditions that want the same share it."""

    lufs: float
    tolerance: float
    true_peak_max: float
    bit_rate: int
    sample_rate: int
    channels: int
    seconds: float
    cut: bool


def wanted(platform: Platform, seconds: float, *, cut: bool) -> Wanted:
    """What `platform` wants of a sound of `seconds`; `cut` says that the master's is longer."""
    audio = platform.audio
    return Wanted(
        platform.lufs,
        platform.lufs_tolerance,
        platform.true_peak_max_dbtp,
        audio.bit_rate,
        audio.sample_rate,
        audio.channels,
        seconds,
        cut,
    )


async def measure(master: Path, seconds: float) -> Loudness | None:
    """The first `seconds` of the master's sound, as loudnorm's first pass measures them."""
    probing = "loudnorm=print_format=json"
    args = ["-t", f"{seconds:.4f}", "-i", str(master), "-map", "0:a:0", "-af", probing, "-f", "null", "-"]
    text = await ffmpeg.run(args, timeout=120 + 2 * seconds)
    try:
        found = json.loads(text[text.rindex("{") : text.rindex("}") + 1])
        if "inf" in found["input_i"] or float(found["input_i"]) <= -70:
            return None
        return Loudness(*(float(found[f"input_{name}"]) for name in ("i", "tp", "lra", "thresh")))
    except (ValueError, KeyError) as error:
        raise MediaError(f"{master.name}: ffmpeg's loudnorm gave no measurement") from error


def sound_arguments(master: Path, want: Wanted, loudness: Loudness | None, gain: float, peak: float) -> list[str]:
    """Arguments (without the output) of one coding. `gain` is added to the wanted loudness, `peak` is loudnorm's
    ceiling in dBTP."""
    chain = []
    if loudness is not None:
        chain.append(_normalised(want, loudness, gain, peak))
    chain.append(f"aresample={want.sample_rate}")
    samples = round(want.seconds * want.sample_rate)
    if want.cut:
        chain.append(f"afade=t=out:st={want.seconds - _FADE:.4f}:d={_FADE}")
    chain.append(f"apad=whole_len={samples},atrim=end_sample={samples}")
    args = ["-i", str(master), "-map", "0:a:0", "-af", ",".join(chain), "-c:a", "aac", "-b:a", str(want.bit_rate)]
    return [*args, "-ar", str(want.sample_rate), "-ac", str(want.channels), *BITEXACT]


def _normalised(want: Wanted, found: Loudness, gain: float, peak: float) -> str:
    """A plain gain where the peaks allow it, which changes nothing but the level; else loudnorm's dynamic mode."""
    target = want.lufs + gain
    if found.true_peak + target - found.lufs <= peak:
        return f"volume={target - found.lufs:.2f}dB"
    reach = max(1.0, min(50.0, found.range))
    measured = f"measured_I={found.lufs}:measured_TP={found.true_peak}:measured_LRA={found.range}"
    measured += f":measured_thresh={found.threshold}"
    return f"loudnorm=I={target:.2f}:TP={peak:.2f}:LRA={reach:.1f}:{measured}:linear=true"


async def code(master: Path, want: Wanted, loudness: Loudness | None, out: Path) -> Level | None:
    """Write the sound to `out` (MP4) and measure it; None for silence.

    Coding moves the peaks, so a sound that came out too high or off the loudness is made again with what was missing.
    Raises MediaError when four tries don't hold the limits.
    """
    gain, peak = 0.0, want.true_peak_max - HEADROOM
    for _ in range(_TRIES):
        args = sound_arguments(master, want, loudness, gain, peak)
        await ffmpeg.run([*args, "-f", "mp4", str(out)], timeout=120 + 4 * want.seconds)
        if loudness is None:
            return None
        found = await level(out, seconds=want.seconds)
        off, over = found.lufs - want.lufs, found.true_peak_dbtp - want.true_peak_max
        if over <= 0 and abs(off) <= want.tolerance / 2:
            return found
        if over > 0:
            peak -= over + 0.2
        if abs(off) > want.tolerance / 2:
            gain -= off
    if over <= 0 and abs(off) <= want.tolerance:
        return found
    raise MediaError(
        f"{master.name}: its sound comes to {found.lufs:.1f} LUFS and {found.true_peak_dbtp:.1f} dBTP;"
        f" {want.lufs:g} within {want.tolerance:g} and at most {want.true_peak_max:g} are allowed"
    )
