"""A PostgreSQL cluster of the tests' own, and a fresh ledger address on either backend.

The cluster is made by the system's `initdb` in a temporary folder, as an unprivileged user where the tests run as root,
and listens on a Unix socket alone. Where the system has no PostgreSQL these tests are skipped, unless
`CALLSHEET_TEST_POSTGRES=required` says that they must not be, as CI does.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

REQUIRED = os.environ.get("CALLSHEET_TEST_POSTGRES") == "required"
LIMIT = 60


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def _run(args: list[str], user: str | None) -> None:
    done = subprocess.run(args, user=user, capture_output=True, text=True, timeout=LIMIT, cwd="/", check=False)
    assert done.returncode == 0, f"{args}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """Address of a running cluster, without a database name."""
    initdb, control = _program("initdb"), _program("pg_ctl")
    if initdb is None or control is None:
        if REQUIRED:
            pytest.fail("PostgreSQL is required and not installed")
        pytest.skip("PostgreSQL is not installed")
    user = None
    if os.geteuid() == 0:
        user = "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"
    folder = Path(tempfile.mkdtemp(prefix="callsheet-pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    try:
        _run([initdb, "-D", str(data), "-U", "callsheet", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        _run([control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start"], user)
        try:
            yield f"host={folder}"
        finally:
            _run([control, "-D", str(data), "-m", "immediate", "-w", "stop"], user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger: the same tests run on both backends."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return fresh_database(request.getfixturevalue("postgres_cluster"))


def fresh_database(cluster: str) -> str:
    """The address of a new, empty database in a running cluster."""
    socket = cluster.removeprefix("host=")
    name = f"test_{uuid.uuid4().hex}"
    psql = _program("psql")
    assert psql is not None
    _run([psql, "-h", socket, "-U", "callsheet", "-d", "postgres", "-qc", f"CREATE DATABASE {name}"], None)
    return f"postgresql://callsheet@/{name}?host={socket}"
