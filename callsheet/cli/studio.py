"""`callsheet studio`: the embedded studio as a server of its own."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from pydantic import SecretStr

from callsheet.errors import SettingsError
from callsheet.settings import settings_from_environment

LONGEST_LINK = 31_536_000
"""Seconds: a year."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--home", type=click.Path(path_type=Path), help="Where jobs and files are kept; below CALLSHEET_HOME.")
@click.option("--link-seconds", default=3600.0, show_default=True, help="How long the address of a result holds.")
@click.option("--balance", help="What may be charged in all, in CNY; unlimited without it.")
@click.option("--videos-balance", help="The same for /v1/videos, in USD.")
@click.option(
    "--inputs",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder whose clips and images an order may name by their bare names; without it, none.",
)
@click.option(
    "--samples", is_flag=True, help="Render samples for files that published examples name and nobody here has."
)
@click.option(
    "--callback-host",
    "callback_hosts",
    multiple=True,
    metavar="HOST:PORT",
    help="Where callbacks may go beside this machine itself; can be given more than once.",
)
@click.option(
    "--callback-secret-env",
    metavar="NAME",
    help="The environment variable that holds the whsec_ secret of callbacks; without it one is made and kept.",
)
def studio(
    host: str,
    port: int,
    home: Path | None,
    link_seconds: float,
    balance: str | None,
    videos_balance: str | None,
    inputs: Path | None,
    samples: bool,
    callback_hosts: tuple[str, ...],
    callback_secret_env: str | None,
) -> None:
    """Serve the studio: a provider of the sora dialect that renders here, for rehearsals and tests.

    The key that it takes is CALLSHEET_STUDIO_KEY; without it, any.
    """
    import socket

    import uvicorn

    from callsheet.provider.callbacks import CallbackEvent
    from callsheet.studio.app import PREFIX, studio_app
    from callsheet.studio.callbacks import CallbackPolicy
    from callsheet.studio.jobs import Studio
    from callsheet.webhooks.addresses import checked_secret, host_and_port

    if not 0 < link_seconds <= LONGEST_LINK:
        raise SettingsError(
            f"--link-seconds: {link_seconds} is not allowed; it must be above 0 and at most {LONGEST_LINK}"
        )
    option = "--callback-secret-env"
    policy = CallbackPolicy(
        hosts=tuple(host_and_port(text, "--callback-host") for text in callback_hosts),
        secret=checked_secret(_variable(callback_secret_env, option), option) if callback_secret_env else None,
    )

    async def told(event: CallbackEvent) -> None:
        click.echo(f"callback: job {event.job_id} {event.status}", err=True)

    key = os.environ.get("CALLSHEET_STUDIO_KEY")
    place = home or settings_from_environment().home / "studio-server"
    app = studio_app(
        Studio(place, link_seconds=link_seconds, callbacks=policy),
        key=SecretStr(key) if key else None,
        balance=_amount(balance, "--balance"),
        videos_balance=_amount(videos_balance, "--videos-balance"),
        inputs=inputs,
        samples=samples,
        serve=True,
        on_callback=told,
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


def _variable(name: str, option: str) -> SecretStr:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"{option}: the environment variable {name} is not set")
    return SecretStr(value)


def _amount(text: str | None, option: str) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount.is_finite():
        return amount
    raise SettingsError(f"{option}: {text} is not allowed; it must be an amount such as 50.00")
