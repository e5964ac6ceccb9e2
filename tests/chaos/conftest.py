"""A street of studios for the tests of the wire."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import pytest
import pytest_asyncio

from callsheet.ledger import assets, clarify, poller, submit
from callsheet.ledger.store import open_ledger
from callsheet.provider import http
from callsheet.studio import jobs
from tests.chaos.faults import NEVER_ENDING
from tests.chaos.served import KINDS, Served, served
from tests.chaos.street import LARGEST, Street


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """A served studio of each kind, that begins to render at once."""
    home = tmp_path_factory.mktemp("houses")
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(jobs, "GATHER", 0)
        yield {kind: stack.enter_context(served(kind, home / kind.replace(" ", "-"))) for kind in KINDS}


@pytest.fixture
def hasty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pauses, and small limits of what is read. Nothing is encrypted here, and reading certificates takes 40 ms.

    The client's time limits stay as they are, however busy the machine is, but where a fault never ends by itself.
    """
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
    for module in (submit, clarify, poller, assets):
        monkeypatch.setattr(module, "PAUSE", 0.005)
    monkeypatch.setattr(clarify, "BELIEVED_AFTER", 0.05)
    for limit in ("LARGEST_REPLY", "LARGEST_CLIP"):
        monkeypatch.setattr(http, limit, LARGEST)
    case = getattr(request.node, "callspec", None)
    if case is not None and case.params.get("fault") in NEVER_ENDING:
        request.getfixturevalue("impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that soon gives up."""
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(1.0))
    for limit in ("LONGEST_ORDER", "LONGEST_READ", "LONGEST_DOWNLOAD"):
        monkeypatch.setattr(http, limit, 1.2)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(houses: dict[str, Served], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    home = tmp_path_factory.mktemp("ledgers")
    ledgers = {kind: await open_ledger(f"sqlite:///{home / kind}.sqlite") for kind in houses}
    yield Street(houses, ledgers)
    for ledger in ledgers.values():
        await ledger.close()
