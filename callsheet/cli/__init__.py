"""The command line: everything that a person asks Callsheet for.

Exit codes: 0 done, 2 a brief or a setting is wrong, 3 refused by budget, 4 the provider, 5 a check failed, 130
interrupted, 1 anything else. What a program reads goes to standard output, what a person reads while waiting to
standard error.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import click

import callsheet
from callsheet.cli.approve import approve
from callsheet.cli.check import check
from callsheet.cli.cut import cut
from callsheet.cli.ledger import ledger
from callsheet.cli.library import library
from callsheet.cli.listen import listen
from callsheet.cli.make import make
from callsheet.cli.metrics import metrics
from callsheet.cli.plan import plan
from callsheet.cli.provenance import provenance
from callsheet.cli.quote import quote
from callsheet.cli.studio import studio
from callsheet.cli.variants import variants
from callsheet.errors import CallsheetError


class Commands(click.Group):
    """Our commands, and those that other floors and packages add as entry points of the group `callsheet.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *entry_points(group="callsheet.commands").names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        added = entry_points(group="callsheet.commands", name=cmd_name)
        return own or next((point.load() for point in added), None)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(callsheet.__version__, prog_name="callsheet")
def cli() -> None:
    """From a brief to a finished, checked, published video, with every purchase recorded and none made twice."""


for command in (make, plan, quote, approve, check, cut, ledger, library, listen, metrics, provenance, studio, variants):
    cli.add_command(command)


def main() -> None:
    """Runs a command; every error of ours is one line for each thing that is wrong, and its exit code."""
    try:
        cli.main(standalone_mode=False)
    except CallsheetError as error:
        click.echo(error.message, err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"{error.filename or 'the system'}: {error.strerror or error}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; run the same command again to go on", err=True)
        sys.exit(130)
