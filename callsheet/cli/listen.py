"""`callsheet listen`: takes a provider's callbacks, so that finished clips are fetched at once."""

from __future__ import annotations

import asyncio

import click

from callsheet.errors import SettingsError
from callsheet.settings import settings_from_environment


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=4020, show_default=True, type=click.IntRange(0, 65535))
def listen(host: str, port: int) -> None:
    """Take signed callbacks and fetch what they announce.

    Orders ask for them when CALLSHEET_CALLBACK_URL is the address under which the provider reaches this server; they
    are taken when they are signed with CALLSHEET_CALLBACK_SECRET. Without it nothing is lost: jobs are asked for.
    """
    settings = settings_from_environment()
    if settings.callback_secret is None:
        raise SettingsError("CALLSHEET_CALLBACK_SECRET: it must be the whsec_… that callbacks are signed with")
    asyncio.run(_listen(host, port))


async def _listen(host: str, port: int) -> None:
    import uvicorn

    from callsheet.desk import open_desk
    from callsheet.ledger.hints import follow
    from callsheet.provider.callbacks import callback_app

    settings = settings_from_environment()
    assert settings.callback_secret is not None  # noqa: S101 - `listen` has looked
    async with open_desk(settings) as desk:
        app = callback_app([settings.callback_secret], desk.ledger, lambda event: follow(event, desk))
        await uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning")).serve()
