"""Keeps every test away from what the developer has set up: folders, servers, credentials, telemetry."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files go first, so that the workers end together; what shares a server or a work goes to one worker.

    A file's tests share its fixtures. All flow tests share one Prefect server and one finished production, which would
    else be made by every worker.
    """
    items.sort(key=lambda item: item.path.parent.name not in ("flows", "chaos"))
    for item in items:
        shared = "flows" if item.path.parent.name == "flows" else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(name=shared))
