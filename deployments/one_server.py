"""`python -m deployments.one_server server start …`: Prefect's own command, for a server whose database is SQLite.

Prefect opens a transaction that will write as a reader. Where another one has written before it writes itself, SQLite
refuses it at once, however long it may wait, and the request is answered with 503. Prefect's client asks again; its UI
doesn't, and shows a form whose Submit or Resume came to nothing. As a writer from the beginning, each waits its turn.
"""

from __future__ import annotations

import runpy
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from prefect.server.database.configurations import AioSqliteConfiguration


def write_in_turn() -> None:
    """Makes each transaction of this process's server that is opened to write a writer from its beginning."""
    begin = AioSqliteConfiguration.begin_transaction

    @asynccontextmanager
    async def in_turn(
        self: AioSqliteConfiguration, session: Any, with_for_update: bool = False
    ) -> AsyncGenerator[Any, None]:
        async with begin(self, session, with_for_update=True) as transaction:
            yield transaction

    AioSqliteConfiguration.begin_transaction = in_turn  # type: ignore[method-assign]


if __name__ == "__main__":
    write_in_turn()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
