"""`callsheet studio`: the embedded studio as a server of its own."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from pydantic import SecretStr

from callsheet.errors import SettingsError
from callsheet.settings import settings_from_environment


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--home", type=click.Path(path_type=Path), help="Where jobs and files are kept; below CALLSHEET_HOME.")
@click.option("--link-seconds", default=3600.0, show_default=True, help="How long the address of a result holds.")
@click.option("--balance", help="What may be charged in all, in CNY; unlimited without it.")
def studio(host: str, port: int, home: Path | None, link_seconds: float, balance: str | None) -> None:
    """Serve the studio: a provider of the sora dialect that renders here, for rehearsals and tests.

    The key that it takes is CALLSHEET_STUDIO_KEY; without it, any.
    """
    import socket

    import uvicorn

    from callsheet.studio.app import PREFIX, studio_app
    from callsheet.studio.jobs import Studio

    key = os.environ.get("CALLSHEET_STUDIO_KEY")
    place = home or settings_from_environment().home / "studio-server"
    app = studio_app(
        Studio(place, link_seconds=link_seconds),
        key=SecretStr(key) if key else None,
        balance=_amount(balance),
        serve=True,
    )
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SettingsError(f"--port: {port} at {host} can't be listened at: {error.strerror}") from error
    click.echo(f"studio at http://{host}:{listener.getsockname()[1]}{PREFIX}, files in {place}", err=True)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5))
    server.run(sockets=[listener])


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount.is_finite():
        return amount
    raise SettingsError(f"--balance: {text} is not allowed; it must be an amount such as 50.00")
