"""Tiny films of two seconds, made by one ffmpeg each: sound ones, and ones with one fault planted in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from callsheet.media import ffmpeg

BT709 = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-g", "30", "-threads", "2")
AAC = ("-c:a", "aac", "-b:a", "128k", "-ar", "48000")
# Two noises that are not alike: stereo, about -14 LUFS and -3 dBTP.
NOISE = (
    "anoisesrc=d={seconds}:c=pink:r=48000:a=0.5:seed=1[l];anoisesrc=d={seconds}:c=pink:r=48000:a=0.5:seed=2[r];"
    "[l][r]join=inputs=2:channel_layout=stereo,volume=4.3dB"
)


@dataclass(frozen=True)
class Film:
    """How to make a film. `picture` and `sound` are lavfi sources ({seconds} is filled in; no `sound`, no audio);
    `vf` and `af` go behind them; `then` are the outputs' options; `copy` are those of a second pass that only copies;
    `before` stand before that pass's input, where FIRST is the file of the first pass, and `maps` choose of it."""

    picture: str = "testsrc2=s=320x180:r=30:d={seconds}"
    sound: str | None = NOISE
    seconds: float = 2.0
    vf: str = ""
    af: str = ""
    colour: str = BT709
    pix_fmt: str = "yuv420p"
    video: tuple[str, ...] = X264
    audio: tuple[str, ...] = AAC
    maps: tuple[str, ...] = ("-map", "0")
    then: tuple[str, ...] = ("-movflags", "+faststart")
    name: str = "film.mp4"
    muxer: str | None = None
    copy: tuple[str, ...] | None = None
    before: tuple[str, ...] = ()

    def but(self, **changes: object) -> Film:
        return replace(self, **changes)  # type: ignore[arg-type]

    def make(self, folder: Path) -> Path:
        out = folder / self.name
        first = out if self.copy is None else folder / "first.mp4"
        ffmpeg.run_sync([*self._inputs(), *self._outputs(), *self._muxer(self.copy is None), str(first)], timeout=60)
        if self.copy is not None:
            before = [str(first) if word == "FIRST" else word for word in self.before]
            args = [*before, "-i", str(first), *self.maps, "-c", "copy", *self.copy, *self._muxer(True)]
            ffmpeg.run_sync([*args, str(out)], timeout=60)
            first.unlink()
        return out

    def _inputs(self) -> list[str]:
        seconds = f"{self.seconds:g}"
        chain = ",".join(filter(None, [self.picture.replace("{seconds}", seconds), self.vf, self.colour]))
        args = ["-f", "lavfi", "-i", f"{chain},format={self.pix_fmt}"]
        if self.sound is not None:
            heard = ",".join(filter(None, [self.sound.replace("{seconds}", seconds), self.af]))
            args += ["-f", "lavfi", "-i", heard]
        return args

    def _outputs(self) -> list[str]:
        args = ["-map", "0:v", *self.video]
        return [*args, "-map", "1:a", *self.audio, *self.then] if self.sound is not None else [*args, *self.then]

    def _muxer(self, last: bool) -> Sequence[str]:
        return ("-f", self.muxer) if self.muxer and last else ()


def cut_off(path: Path, share: float) -> Path:
    """`path` with only the first part of its bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def scribbled(path: Path, at: float = 0.6, length: int = 400) -> Path:
    """`path` with some bytes of its media overwritten."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * at)
    content[start : start + length] = b"\xa5" * length
    path.write_bytes(bytes(content))
    return path
