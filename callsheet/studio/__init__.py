"""The embedded studio: a provider of the `sora` dialect that renders on this machine, with no key and no network.

It is a product feature, not a test double: rehearsals, drafts and tests run against it through the same HTTP client as
against a paid service. Its books count what a real service would charge; nobody is billed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from starlette.applications import Starlette


@contextlib.asynccontextmanager
async def embedded_studio(home: Path) -> AsyncIterator[tuple[Starlette, SecretStr]]:
    """The studio inside this process: its application and a key that it takes. Jobs left by a dead process go on."""
    from callsheet.studio.app import studio_app
    from callsheet.studio.jobs import Studio

    studio = Studio(home)
    await studio.start()
    try:
        yield studio_app(studio), SecretStr("studio")
    finally:
        await studio.stop()
