"""The only module of this floor that starts processes: servers that serve until they are told to stop, and Prefect's
own command.

A command is this interpreter's `python -m`, as a list, never a shell line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
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
