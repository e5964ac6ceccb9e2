"""What a commission is about, brought to this machine: a brief or a plan file with all the files that it names."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from callsheet.briefs import Brief, parse_brief
from callsheet.briefs.fetching import Fetching, fetched_mapping, named_by
from callsheet.briefs.naming import with_named
from callsheet.commission import Commission, brief_of, named_in, of_kind
from callsheet.errors import BriefError, CallsheetError, Fault
from callsheet.plan.file_reading import located
from callsheet.plan.files import PlanFile, is_plan, placed
from callsheet.settings import Settings
from callsheet.storage import open_bucket
from callsheet.storage.keys import check_key
from callsheet.storage.protocol import Bucket


async def fetch(commission: Commission, kind: str, settings: Settings, folder: Path) -> Brief | PlanFile:
    """The brief or plan file of a commission, with its files in `folder` where they come from the bucket.

    Raises `BriefError` with a line for each field that is wrong and each file that isn't there.
    """
    given = commission.brief
    if commission.brief_key is None and isinstance(given, Brief):
        return with_named(of_kind(kind, given).with_texts())
    if commission.brief_key is None and isinstance(given, PlanFile):
        return given
    bucket, key = _place(commission.brief_key, settings)
    data = given if key is None else await fetched_mapping(bucket, key)
    fetching = Fetching(bucket, posixpath.dirname(key or ""), folder)
    if isinstance(data, Mapping) and is_plan(data):
        return await _plan(data, fetching)
    return await _brief(brief_of(kind, data), fetching)


def bucket_of(settings: Settings, url: str | None = None) -> Bucket:
    """The settings' bucket, or another one with the same server and keys."""
    return open_bucket(
        url or settings.bucket_url(),
        endpoint=settings.bucket_endpoint,
        access_key=settings.bucket_access_key,
        secret_key=settings.bucket_secret_key,
    )


def _place(key: str | None, settings: Settings) -> tuple[Bucket, str | None]:
    """A key of the settings' bucket, or one of any bucket by its s3:// address."""
    if key is None or not key.startswith("s3://"):
        return bucket_of(settings), key
    name, _, path = key.removeprefix("s3://").partition("/")
    try:
        check_key(path)
        return bucket_of(settings, f"s3://{name}"), path
    except CallsheetError as error:
        raise BriefError([Fault("brief_key", key, f"it must be as s3://BUCKET/KEY: {error.message}")]) from error


async def _brief(brief: Brief, fetching: Fetching) -> Brief:
    await fetching.files(named_by(brief, named_in(brief)))
    if brief.brand:
        await fetching.brand(brief.brand)
    return with_named(located(brief, fetching.place).with_texts())


async def _plan(given: Mapping[str, Any], fetching: Fetching) -> PlanFile:
    # Plain JSON first, as `placed` makes it: what YAML can say besides would hide a name from `_named`.
    try:
        data = json.loads(json.dumps(dict(given), default=str))
    except TypeError as error:  # a date, say, as the name of a field
        raise BriefError([Fault("brief_key", "this plan file", f"names of fields are text: {error}")]) from error
    brief = parse_brief(data.get("brief"))
    await fetching.files(dict.fromkeys([*_named(data), *named_in(brief)], "file"))
    if brief.brand:
        await fetching.brand(brief.brand)
    return PlanFile(data=placed(data, fetching.folder / fetching.base))


def _named(value: Any) -> list[str]:
    """Every ``{file: PATH}`` in a plan file."""
    if isinstance(value, list):
        return [name for each in value for name in _named(each)]
    if not isinstance(value, Mapping):
        return []
    if value.keys() == {"file"}:
        return [str(value["file"])]
    return [name for each in value.values() for name in _named(each)]
