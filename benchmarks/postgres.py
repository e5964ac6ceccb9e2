"""A PostgreSQL cluster of the benchmarks' own, that syncs every commit to the disk, on a Unix socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT = 60


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@contextmanager
def running_postgres() -> Iterator[Callable[[str], str] | None]:
    """Gives a function that makes a database and gives its address; None where the system has no PostgreSQL."""
    programs = {name: _program(name) for name in ("initdb", "pg_ctl", "psql")}
    if None in programs.values():
        yield None
        return
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        user = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
    folder = Path(tempfile.mkdtemp(prefix="callsheet-pg-", dir="/tmp"))  # a socket's path must be short

    def run(name: str, *args: str) -> None:
        command = [str(programs[name]), *args]
        subprocess.run(command, user=user, check=True, capture_output=True, timeout=LIMIT, cwd="/")

    def database(name: str) -> str:
        run("psql", "-h", str(folder), "-U", "callsheet", "-d", "postgres", "-qc", f"CREATE DATABASE {name}")
        return f"postgresql://callsheet@/{name}?host={folder}"

    if user:
        shutil.chown(folder, user)
    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "callsheet", "-A", "trust", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=on -c synchronous_commit=on"
        run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield database
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
