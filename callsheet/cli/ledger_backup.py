"""`callsheet ledger backup` and `restore`: the whole ledger as a file, and the bucket as a copy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from callsheet.cli.ledger_options import opened
from callsheet.errors import SettingsError
from callsheet.settings import Settings, settings_from_environment
from callsheet.storage import open_bucket
from callsheet.storage.copying import Copied, copy_bucket
from callsheet.storage.protocol import Bucket

PLACE = click.option("--bucket", "place", metavar="PLACE", help="A folder or s3://BUCKET/PREFIX of the same server.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@PLACE
def backup(file: Path, place: str | None) -> None:
    """Write the whole ledger to FILE, and copy the bucket to PLACE where one is named.

    Others may go on working. The ledger is read first, so that all that it names is in the copy.
    """
    settings = settings_from_environment()
    copied = asyncio.run(_back_up(settings, file, place))
    click.echo(copied, err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@PLACE
def restore(file: Path, place: str | None) -> None:
    """Read FILE into an empty ledger, and copy PLACE back into the bucket where one is named.

    The bucket is restored first: a ledger never names what is not there.
    """
    settings = settings_from_environment()
    click.echo(asyncio.run(_restore(settings, file, place)), err=True)


async def _back_up(settings: Settings, file: Path, place: str | None) -> str:
    from callsheet.ledger.backup import back_up

    async with opened(settings) as book:
        rows = await back_up(book, file)
    said = f"{rows} rows of the ledger in {file}"
    if place is None:
        return said
    return f"{said}; {_shown(await _copy(settings, _own(settings), _other(settings, place)), place)}"


async def _restore(settings: Settings, file: Path, place: str | None) -> str:
    from callsheet.ledger.backup import check_backup, restore_from

    await asyncio.to_thread(check_backup, file)
    said = ""
    if place is not None:
        said = f"; {_shown(await _copy(settings, _other(settings, place), _own(settings)), 'the bucket')}"
    async with opened(settings) as book:
        rows = await restore_from(book, file)
    return f"{rows} rows in the ledger{said}"


async def _copy(settings: Settings, source: Bucket, target: Bucket) -> Copied:
    from callsheet.scratch import scratch_folder

    async with scratch_folder(settings.scratch()) as folder:
        return await copy_bucket(source, target, folder)


def _shown(copied: Copied, place: str) -> str:
    return f"{copied.objects} objects with {copied.bytes} bytes in {place}, {copied.sent} of them new"


def _own(settings: Settings) -> Bucket:
    return _other(settings, settings.bucket_url())


def _other(settings: Settings, place: str) -> Bucket:
    try:
        return open_bucket(
            place,
            endpoint=settings.bucket_endpoint,
            access_key=settings.bucket_access_key,
            secret_key=settings.bucket_secret_key,
        )
    except SettingsError as error:
        raise SettingsError(f"--bucket: {error.message}") from error
