"""`callsheet metrics`: what the ledger says of all processes, for Prometheus."""

from __future__ import annotations

import asyncio

import click

from callsheet.cli.ledger_options import opened
from callsheet.settings import settings_from_environment


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", type=click.IntRange(0, 65535), help="Serve /metrics at this port; without it, print them once.")
def metrics(host: str, port: int | None) -> None:
    """Show spend, queue, waits and failures in Prometheus's text format.

    They are read from the ledger, so one exporter speaks for all workers. They tell what is spent: serve them where
    only your monitoring comes.
    """
    asyncio.run(_print() if port is None else _serve(host, port))


async def _print() -> None:
    from callsheet.metrics import exposition

    async with opened(settings_from_environment()) as book:
        click.echo((await exposition(book)).decode(), nl=False)


async def _serve(host: str, port: int) -> None:
    import uvicorn

    from callsheet.metrics import metrics_app

    async with opened(settings_from_environment()) as book:
        await uvicorn.Server(uvicorn.Config(metrics_app(book), host=host, port=port, log_level="warning")).serve()
