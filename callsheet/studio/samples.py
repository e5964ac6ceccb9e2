"""Samples in the place of files that published examples name and that only their reader could have.

They are rendered when one is first named, and kept. Nothing of the reader's is replaced: a file of `--inputs` goes
before a sample of its name.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from callsheet.features import TextToVideo
from callsheet.studio.jobs import Studio

RESERVED = ("example.com", "example.net", "example.org")
"""Hosts where nobody's file can be: reserved for examples (RFC 2606, section 3)."""


@cache
def samples() -> dict[str, Any]:
    """What is rendered for each name: the fields of a text to video, and of a portrait for an image."""
    file = resources.files("callsheet").joinpath("data", "studio", "samples.json")
    return dict(json.loads(file.read_text(encoding="utf-8"))["samples"])


def stands_for_nothing(host: str | None) -> bool:
    """Whether a host is one of `RESERVED`, or under one."""
    return host is not None and any(host == one or host.endswith(f".{one}") for one in RESERVED)


class Samples:
    """The samples of one studio, in its folder `samples`."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._one_at_a_time = asyncio.Lock()

    async def find(self, name: str) -> Path | None:
        """The file of a sample, rendered where it isn't there yet; None for a name that is none.

        Raises `MediaError` when it can't be rendered.
        """
        if name not in samples():
            return None
        folder = self._studio.home / "samples"
        path = folder / name
        async with self._one_at_a_time:
            if not path.exists():
                under_way = folder / f".{name}"
                try:
                    render = _portrait if path.suffix == ".jpg" else self._clip
                    made = await self._studio.in_thread(render, under_way, samples()[name])
                    made.replace(path)
                finally:
                    shutil.rmtree(under_way, ignore_errors=True)
        return path

    def _clip(self, folder: Path, fields: dict[str, Any]) -> Path:
        shutil.rmtree(folder, ignore_errors=True)  # of a studio that was killed while it rendered
        request = TextToVideo(**fields)
        return folder / str(self._studio.render_into(folder, request, lambda share: None)[0]["name"])


def _portrait(folder: Path, fields: dict[str, Any]) -> Path:
    from PIL import Image

    from callsheet.studio.picture.portrait import portrait

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "portrait.jpg"
    Image.fromarray(portrait(**fields)[..., ::-1]).save(path, "JPEG", quality=92)
    return path
