"""The only module of a production that starts a process, and the only process it starts is ffmpeg.

Arguments are lists, never a shell line. Every call has a time limit, after which the process is killed; it is killed as
well when the task is cancelled or the frame source fails, so that no encoder outlives its order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from callsheet.errors import MediaError

# x264's output depends on its number of threads, so it is fixed wherever bytes must repeat.
THREADS = "2"
BITEXACT = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact")
# ffmpeg 9 ignores -color_primaries/-color_trc on untagged frames; setparams, last in the chain, is what gets written.
BT709 = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
AAC = ("-c:a", "aac", "-b:a", "192k", "-ar", "48000", "-ac", "2")

_MP4 = ("-movflags", "+faststart", "-f", "mp4")
_FIRST = ("-hide_banner", "-nostdin", "-y")
_LAST_LINES = 12


def ffmpeg_path() -> str:
    """The ffmpeg to use: ``CALLSHEET_FFMPEG`` if set, else the one inside the imageio-ffmpeg package."""
    chosen = os.environ.get("CALLSHEET_FFMPEG")
    if chosen:
        return chosen
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


async def run(
    args: Sequence[str],
    *,
    timeout: float,  # noqa: ASYNC109 - the limit is part of what is promised: the process is dead when it has passed
    on_progress: Callable[[float], None] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run ffmpeg with `args` (without the program) and return its stderr.

    `on_progress` is told the seconds of output written so far, about twice a second.
    Raises MediaError with ffmpeg's last lines when it fails, or when `timeout` seconds have passed.
    """
    reporting = ("-progress", "pipe:1", "-nostats") if on_progress else ()
    process = await asyncio.create_subprocess_exec(
        ffmpeg_path(),
        *_FIRST,
        *reporting,
        *args,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if on_progress else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=cwd,
    )
    try:
        async with asyncio.timeout(timeout):
            assert process.stderr is not None  # noqa: S101 - PIPE was asked for
            _, stderr, code = await asyncio.gather(
                _report(process.stdout, on_progress), process.stderr.read(), process.wait()
            )
    except TimeoutError as error:
        raise MediaError(f"ffmpeg took longer than {timeout:g} s and was stopped: {_shown(args)}") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    text = stderr.decode("utf-8", "replace")
    if code != 0:
        raise _failed(args, code, text)
    return text


def run_sync(args: Sequence[str], *, timeout: float) -> str:
    """As `run`, for code that is in a thread of its own."""
    return _finish(args, timeout, subprocess.DEVNULL)[1]


def read_sync(args: Sequence[str], *, timeout: float) -> bytes:
    """Run ffmpeg with an output on ``pipe:1`` and return what it wrote there (raw samples, a picture)."""
    return _finish(args, timeout, subprocess.PIPE)[0]


def encode_frames(
    frames: Iterator[npt.NDArray[np.uint8]],
    *,
    width: int,
    height: int,
    fps: int,
    out: Path,
    audio: Path | None,
    crf: int,
    preset: str,
    timeout: float,
) -> None:
    """Encode pictures (height, width, 3) uint8 BGR to an MP4 at `out`: H.264 yuv420p BT.709, faststart.

    `audio` becomes AAC 192k. The picture decides the length: sound is cut or filled with silence to it. The file
    appears only when it is whole, and the same pictures and sound give the same bytes. Raises MediaError for a wrong
    size, a failure of ffmpeg, or when `timeout` seconds have passed.
    """
    if width % 2 or height % 2:
        raise MediaError(f"{width}x{height}: 4:2:0 video needs an even width and height")
    part, silent = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.picture")
    raw = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "pipe:0"]
    # Without out_color_matrix swscale converts RGB by the BT.601 numbers and the tags would be a lie.
    colour = f"scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd,format=yuv420p,{BT709}"
    args = [*raw, "-vf", colour, "-c:v", "libx264", "-profile:v", "high", "-preset", preset, "-crf", str(crf)]
    args += ["-g", str(fps * 2), "-bf", "2", "-threads", THREADS, *BITEXACT]
    try:
        count = _encode([*args, *_MP4, str(part if audio is None else silent)], frames, (height, width, 3), timeout)
        if count == 0:
            raise MediaError(f"{out.name}: there was no picture to encode")
        if audio is not None:
            # Only now is the length known; -shortest would let the sound run on by several AAC frames.
            samples = round(count * 48_000 / fps)
            fit = f"aresample=48000,apad=whole_len={samples},atrim=end_sample={samples}"
            args = ["-i", str(silent), "-i", str(audio), "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-af", fit]
            run_sync([*args, *AAC, *BITEXACT, *_MP4, str(part)], timeout=timeout)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
        silent.unlink(missing_ok=True)


def _encode(
    args: Sequence[str], frames: Iterator[npt.NDArray[np.uint8]], shape: tuple[int, ...], timeout: float
) -> int:
    """Feed `frames` to one ffmpeg; the number of pictures written."""
    with tempfile.TemporaryFile() as stderr:
        # stderr goes to a file: a full pipe there would stop ffmpeg while we are still writing pictures.
        command = [ffmpeg_path(), "-hide_banner", "-y", *args]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr)
        late = threading.Event()
        watchdog = threading.Timer(timeout, _stop, (process, late))
        watchdog.daemon = True
        watchdog.start()
        try:
            count = _feed(process, frames, shape)
            code = process.wait()
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
        stderr.seek(0)
        text = stderr.read().decode("utf-8", "replace")
    if late.is_set():
        raise MediaError(f"encoding {_output(args)} took longer than {timeout:g} s and was stopped")
    if code != 0:
        raise _failed(args, code, text)
    return count


def _feed(process: subprocess.Popen[bytes], frames: Iterator[npt.NDArray[np.uint8]], shape: tuple[int, ...]) -> int:
    """Write every picture to ffmpeg. A closed pipe ends it quietly: the exit code and stderr then tell why."""
    stdin: IO[bytes] | None = process.stdin
    assert stdin is not None  # noqa: S101 - PIPE was asked for
    count = 0
    with contextlib.suppress(BrokenPipeError), stdin:
        for frame in frames:
            if frame.shape != shape or frame.dtype != np.uint8:
                raise MediaError(f"picture {count} is {frame.shape} {frame.dtype}, expected {shape} uint8")
            stdin.write(np.ascontiguousarray(frame).data)
            count += 1
    return count


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _finish(args: Sequence[str], timeout: float, stdout: int) -> tuple[bytes, str]:
    command = [ffmpeg_path(), *_FIRST, *args]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MediaError(f"ffmpeg took longer than {timeout:g} s and was stopped: {_shown(args)}") from error
    text = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise _failed(args, done.returncode, text)
    return done.stdout or b"", text


async def _report(stdout: asyncio.StreamReader | None, on_progress: Callable[[float], None] | None) -> None:
    if stdout is None or on_progress is None:
        return
    async for line in stdout:
        name, _, value = line.decode("ascii", "replace").strip().partition("=")
        if name == "out_time_us" and value.isdigit():
            on_progress(int(value) / 1_000_000)


def _failed(args: Sequence[str], code: int, stderr: str) -> MediaError:
    last = "\n".join(line for line in stderr.splitlines()[-_LAST_LINES:] if line.strip())
    return MediaError(f"ffmpeg failed ({code}) on {_shown(args)}\n{last}")


def _shown(args: Sequence[str]) -> str:
    """The files named in `args`, which is what a reader of the error looks for first."""
    inputs = [Path(args[at + 1]).name for at, word in enumerate(args[:-1]) if word == "-i"]
    return f"{', '.join(inputs) or 'no input'} -> {_output(args)}"


def _output(args: Sequence[str]) -> str:
    return Path(args[-1]).name.removeprefix(".").removesuffix(".part") if args else "nothing"
