"""The only module of this floor that starts processes: servers that serve until they are told to stop, and Prefect's
own command.

A command is this interpreter's `python -m`, as a list, never a shell line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


async def finished(
    module: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float
) -> tuple[int, str]:
    """Runs a module to its end; its exit code and what it wrote. Raises `TimeoutError`, having killed it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode or 0, output.decode("utf-8", "replace")


@dataclass
class Served:
    """A process that serves until it is told to stop, with all that it starts itself."""

    name: str
    process: asyncio.subprocess.Process

    @property
    def ended(self) -> bool:
        return self.process.returncode is not None

    async def stop(self, seconds: float) -> None:
        """Asks it to stop; after `seconds` it is killed, and with it everything that it has started."""
        if not self.ended:
            self.process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), seconds)
        # The runs that a worker started are of its group and outlive it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


async def serve(name: str, module: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Served:
    """Starts a module in a process group of its own, so that a terminal's Ctrl-C reaches us alone.

    What it writes is appended to `log`. Nothing of our signal handling is inherited, except a signal that is ignored.
    """
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *module,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    return Served(name, process)
