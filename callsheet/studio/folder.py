"""Files of the studio's owner that an order may name: the folder of `--inputs`.

A file is named by its bare name, or by an address of this studio's own host that has the name as its whole path:
`original.mp4` and `http://127.0.0.1:8700/original.mp4` are the same file. No name leads out of the folder. What is
named is kept under its SHA-256 like an upload, so the order does not hang on a file that may change. With `--samples`
a name that published examples use, and that is in no folder, is a sample; so is such a name at a host that is reserved
for examples.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from callsheet.media.images import LARGEST_IMAGE
from callsheet.studio.inputs import PLACE, SOURCES
from callsheet.studio.jobs import Studio
from callsheet.studio.samples import Samples, samples, stands_for_nothing
from callsheet.studio.shapes import bare_name
from callsheet.studio.uploads import receive
from callsheet.studio.wire import Refusal

_CHUNK = 1024 * 1024


class OpenFolder:
    """The folder that the owner has opened, or none. `host` is the host, with its port, that the order was sent to."""

    def __init__(self, studio: Studio, path: Path | None, samples: Samples | None = None) -> None:
        self._studio, self._path, self._samples = studio, path, samples

    async def read_names(self, fields: dict[str, Any], feature: str, host: str) -> None:
        """Clips that are named become addresses of what was kept of them. Raises `Refusal` naming the field."""
        for field in SOURCES.get(feature, ()):
            value = fields.get(field)
            if isinstance(value, list):
                fields[field] = [await self._address(f"{field}[{n}]", one, host) for n, one in enumerate(value)]
            elif isinstance(value, str):
                fields[field] = await self._address(field, value, host)

    async def image(self, field: str, value: str, host: str) -> bytes | None:
        """The image that a text names; None for a text that names no file. Raises `Refusal`."""
        name = self._name(value, host)
        if name is None:
            return None
        path = await self._found(field, name, "or send an address or a data URL")
        try:
            with path.open("rb") as file:
                return await asyncio.to_thread(file.read, LARGEST_IMAGE + 1)
        except OSError as error:
            raise _unreadable(field, name) from error

    async def _address(self, field: str, value: Any, host: str) -> Any:
        name = self._name(value, host) if isinstance(value, str) else None
        if name is None:
            return value
        path = await self._found(field, name, "or send the address of an upload")
        try:
            kept = await receive(self._studio, _chunks(path))
        except OSError as error:
            raise _unreadable(field, name) from error
        except Refusal as refusal:
            raise Refusal(refusal.status, refusal.code, f"{field}: {name}: {refusal.message}", field) from refusal
        return f"{PLACE}/{kept.name}"

    def _name(self, value: str, host: str) -> str | None:
        if bare_name(value):
            return value
        try:
            parts = urlsplit(value)
        except ValueError:
            return None
        name = unquote(parts.path.removeprefix("/"))
        if parts.scheme not in ("http", "https") or not bare_name(name):
            return None
        if parts.netloc == host:
            return name if self._path is not None or self._samples is not None else None
        return name if self._samples is not None and name in samples() and stands_for_nothing(parts.hostname) else None

    async def _found(self, field: str, name: str, otherwise: str) -> Path:
        own = self._path and self._path / name
        if self._samples is not None and not (own and own.exists()):
            sample = await self._samples.find(name)
            if sample is not None:
                return sample
        if self._path is None:
            why = f"this studio reads no files by name; start it with --inputs DIR, {otherwise}"
            raise Refusal(400, "invalid_field", f"{field}: {name} is not allowed; {why}", field)
        path = self._path / name
        try:
            if path.resolve().parent == self._path.resolve() and path.is_file():
                return path
        except OSError as error:
            raise _unreadable(field, name) from error
        raise _unreadable(field, name)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk


def _unreadable(field: str, name: str) -> Refusal:
    message = f"{field}: there is no file {name} that can be read in the folder of --inputs"
    return Refusal(400, "invalid_field", message, field)
