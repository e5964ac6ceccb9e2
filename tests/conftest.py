"""Keeps every test away from what the developer has set up: folders, servers, credentials, telemetry."""

from __future__ import annotations

import os
import shutil
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    last = len(FIRST)
    items.sort(key=lambda item: FIRST.index(item.path.parent.name) if item.path.parent.name in FIRST else last)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Lets the one worker that has all flow tests go first: the whole suite waits for it."""
    if "PYTEST_XDIST_WORKER" in os.environ and item.path.parent.name not in FIRST and os.nice(0) == 0:
        os.nice(5)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests go to one worker, and all flow tests do: they share one Prefect server and one finished work.

    `--dist loadgroup` would say the same; pytest-xdist 3.8.0 does not find its groups in pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Shared(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "flows" if nodeid.startswith("tests/flows/") else nodeid.partition("::")[0]

    return Shared(config, log) if config.getvalue("dist") == "loadfile" else None
