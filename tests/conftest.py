"""Keeps every test away from what the developer has set up: folders, servers, credentials, telemetry."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Prefect and Callsheet read these when they are imported, so they are set before any test module is.
HOME = Path(tempfile.mkdtemp(prefix="callsheet-tests-"))

OURS = ("CALLSHEET_TEST_", "CALLSHEET_CHAOS")
"""What is said to the tests, and is no setting of the program."""

for name in [*os.environ]:
    if (name.startswith(("AWS_", "CALLSHEET_")) and not name.startswith(OURS)) or name == "PREFECT_API_URL":
        del os.environ[name]

os.environ |= {
    "CALLSHEET_HOME": str(HOME / "callsheet"),
    "PREFECT_HOME": str(HOME / "prefect"),
    "DO_NOT_TRACK": "1",
    # Nobody's own profile, nor the address where cloud machines ask for a role.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}

# Whoever runs the suite in the background of a shell has it ignore Ctrl-C, and so would every program that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, and no failure because the machine is busy; CALLSHEET_TEST_EXAMPLES=1000 looks longer.
settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    max_examples=int(os.environ.get("CALLSHEET_TEST_EXAMPLES", "25")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

pytest_plugins = ["tests.servers", "tests.databases", "tests.studios"]


def pytest_unconfigure() -> None:
    shutil.rmtree(HOME, ignore_errors=True)


FIRST = ("flows", "deployments", "chaos")
"""Folders that take longest, in the order in which they begin, so that the workers end together."""

IN_PROCESSES = (
    "test_approval.py", "test_cancelling.py", "test_matrix_killed.py", "test_matrix_parts.py", "test_places.py",
)  # fmt: skip
"""Flow tests that start processes of their own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    last = len(FIRST)
    items.sort(key=lambda item: FIRST.index(item.path.parent.name) if item.path.parent.name in FIRST else last)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Lets the workers that have the flow tests go first: the whole suite waits for them."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.path.parent.name not in FIRST and os.nice(0) == 0:
        os.nice(5)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests go to one worker, and flow tests to two: those share a Prefect server, and one finished work.

    One of the two has the files that start processes of their own and wait for them.

    `--dist loadgroup` would say the same; pytest-xdist 3.8.0 does not find its groups in pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Shared(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if not file.startswith("tests/flows/"):
                return file
            return "flows in processes" if file.removeprefix("tests/flows/") in IN_PROCESSES else "flows"

    return Shared(config, log) if config.getvalue("dist") == "loadfile" else None
