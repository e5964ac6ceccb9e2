"""The commands that concern a Prefect server. The command line finds them by their entry points.

Nothing of Prefect is imported before one of them runs, so that `callsheet --help` stays quick.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import cast

import click

from callsheet.errors import SettingsError
from callsheet.settings import settings_from_environment


def quiet() -> None:
    """Prefect's telemetry is off, unless the user has said otherwise."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")


@click.command()
@click.option("--file", type=click.Path(path_type=Path), help="The product's prefect.yaml, when it isn't found.")
@click.option(
    "--infrastructure",
    type=click.Choice(["process", "docker", "kubernetes"]),
    default="process",
    show_default=True,
    help="What the work pools run on.",
)
@click.option("--image", help="The image of runs on Docker and Kubernetes.")
@click.option("--renders", type=click.IntRange(min=1), help="Cuts at a time, over all workers.")
@click.option("--time-zone", help="The schedules' time zone, such as Asia/Shanghai.")
@click.option("--notify", metavar="TYPE/NAME", help="The saved notification block that people are told through.")
@click.option("--force", is_flag=True, help="Deploy again, though nothing has changed.")
def setup(
    file: Path | None,
    infrastructure: str,
    image: str | None,
    renders: int | None,
    time_zone: str | None,
    notify: str | None,
    force: bool,
) -> None:
    """Tell the Prefect server of PREFECT_API_URL everything that it has to know; again, only what has changed."""
    quiet()
    settings = settings_from_environment()
    from deployments.bootstrap import Wishes, set_up
    from deployments.pools import Infrastructure

    kind = cast(Infrastructure, infrastructure)
    wishes = Wishes(file, kind, image, renders, time_zone, notify, force)
    for line in asyncio.run(set_up(settings, wishes)):
        click.echo(str(line))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=4200, show_default=True, type=click.IntRange(1, 65535), help="Prefect's.")
@click.option("--studio-port", default=8700, show_default=True, type=click.IntRange(1, 65535), help="The studio's.")
@click.option("--runs", default=4, show_default=True, type=click.IntRange(1, 64), help="Runs at a time in each pool.")
def up(host: str, port: int, studio_port: int, runs: int) -> None:
    """Serve everything on this machine: Prefect's server and UI, workers and the studio. Ctrl-C stops it."""
    quiet()
    settings = settings_from_environment()
    home = settings.home / "prefect"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"CALLSHEET_HOME: {home} can't be made: {error.strerror or error}") from error
    os.environ.setdefault("PREFECT_HOME", str(home))
    from deployments.up import Plan
    from deployments.up import up as serve_all

    asyncio.run(serve_all(settings, Plan(host, port, studio_port, runs, lambda line: click.echo(line, err=True))))


@click.command()
@click.option("--no-server", is_flag=True, help="Look at this machine alone, not at the Prefect server.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def doctor(no_server: bool, as_json: bool) -> None:
    """Look whether everything that a production needs is there; a line each, and exit code 1 when one is not well."""
    quiet()
    settings = settings_from_environment()
    from deployments.doctor import examine

    found = asyncio.run(examine(settings, server=not no_server))
    if as_json:
        lines = [{"name": one.name, "well": one.well, "seen": one.seen} for one in found]
        click.echo(json.dumps({"well": all(one.well for one in found), "findings": lines}, ensure_ascii=False))
    else:
        for one in found:
            click.echo(str(one))
    if not all(one.well for one in found):
        sys.exit(1)
