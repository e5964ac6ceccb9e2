"""Bodies of `/v1/videos`: orders in JSON or as a form, videos as JSON, errors in OpenAI's envelope."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from callsheet.media.images import LARGEST_IMAGE, Media, media_of
from callsheet.studio.books import JobRow
from callsheet.studio.videos_books import Character, VideoLine
from callsheet.studio.wire import Refusal

LONGEST_PROMPT, LONGEST_NAME = 32_000, 80
"""Characters (OpenAI, Videos API reference)."""
LENGTHS = (4, 8, 12, 16, 20)
"""Seconds that can be ordered (OpenAI, Videos API guide of 2026-03-12)."""
SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024", "1080x1920", "1920x1080")
DEFAULTS = {"model": "sora-2", "seconds": "4", "size": "720x1280"}
_DATA_URL = re.compile(r"^data:image/[a-z]+;base64,", re.ASCII)
_STATUS = {"queued": "queued", "running": "in_progress", "succeeded": "completed"}
_TYPES = {429: "rate_limit_error", 500: "server_error", 501: "server_error"}

Fields = dict[str, Any]
Picture = tuple[Media, bytes]


def bad(field: str, message: str, code: str = "invalid_value") -> Refusal:
    """The refusal of one field."""
    return Refusal(400, code, message, field)


async def read_fields(request: Request) -> Fields:
    """The fields of a body. Those of a form are text or `UploadFile`; `name[key]` becomes a field that is an object."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        fields: Fields = {}
        form = await request.form(max_files=2, max_fields=50, max_part_size=1024 * 1024)
        for name, value in form.multi_items():
            outer, bracket, inner = name.partition("[")
            if bracket and inner.endswith("]") and isinstance(value, str):
                held = fields.setdefault(outer, {})
                if isinstance(held, dict):
                    held[inner[:-1]] = value
            else:
                fields[name] = value
        return fields
    if kind != "application/json":
        raise Refusal(400, "unsupported_content_type", "a body must be application/json or multipart/form-data")
    try:
        fields = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", "the body is not JSON") from error
    if not isinstance(fields, dict):
        raise Refusal(400, "invalid_json", "the body is not a JSON object")
    return fields


def text(fields: Fields, name: str, longest: int, *, default: str | None = None) -> str:
    """A field of 1 to `longest` characters."""
    value = fields.get(name, default)
    if value is None and name not in fields:
        raise bad(name, f"Missing required parameter: '{name}'.", "missing_required_parameter")
    if not isinstance(value, str):
        raise bad(name, f"Invalid type for '{name}': expected a string.", "invalid_type")
    if not 1 <= len(value) <= longest:
        raise bad(name, f"Invalid '{name}': it has {len(value)} characters and must have 1 to {longest}.")
    return value


def choice(fields: Fields, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
    """A field that has one of the allowed texts."""
    value = text(fields, name, 100, default=default)
    if value not in allowed:
        words = ", ".join(f"'{one}'" for one in allowed)
        raise bad(name, f"Invalid value: '{value}'. Supported values are: {words}.")
    return value


def whole(fields: Mapping[str, Any], name: str, low: int, high: int, default: int) -> int:
    """A whole number in a query."""
    value = str(fields.get(name, default))
    if not re.fullmatch(r"-?\d{1,9}", value, re.ASCII) or not low <= int(value) <= high:
        raise bad(name, f"Invalid '{name}': it must be a whole number from {low} to {high}.")
    return int(value)


async def first_image(fields: Fields, size: str) -> Picture | None:
    """The image that the video begins with, None where there is none. It must have exactly the video's size."""
    name = "input_reference"
    value = fields.get(name)
    if isinstance(value, UploadFile):
        data = await value.read(LARGEST_IMAGE + 1)
    elif isinstance(value, dict) and len(value.keys() & {"image_url", "file_id"}) == 1:
        data = _inline(value)
    elif name not in fields:
        return None
    else:
        raise bad(name, f"Invalid '{name}': it must be a file, or have exactly one of image_url and file_id.")
    try:
        media = media_of(data)
        there = _pixels(data)
    except ValueError as error:
        raise bad(name, f"Invalid '{name}': {error}", "invalid_image") from error
    if there != size:
        message = f"Inpaint image must match the requested width and height: it has {there}, the video {size}"
        raise bad(name, message, "invalid_image_size")
    return media, data


def _inline(reference: dict[str, Any]) -> bytes:
    name = "input_reference"
    if "file_id" in reference:
        raise bad(name, "this studio keeps no files; send the image itself", "unsupported_value")
    url = reference["image_url"]
    if not isinstance(url, str):
        raise bad(name, "Invalid type for 'input_reference.image_url': expected a string.", "invalid_type")
    head = _DATA_URL.match(url)
    if head is None:
        raise bad(name, "this studio fetches nothing; send the image itself or as a data URL", "unsupported_value")
    try:
        return base64.b64decode(url[head.end() :], validate=True)
    except binascii.Error as error:
        raise bad(name, "Invalid 'input_reference.image_url': it is not base64.") from error


def _pixels(data: bytes) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return f"{image.width}x{image.height}"
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("the image can't be decoded") from error


def video_of(fields: Fields) -> str | UploadFile:
    """The `video` of an edit or extension: the id of one of ours, or a file."""
    value = fields.get("video")
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if isinstance(value, UploadFile):
        return value
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        return str(value["id"])
    if "video" not in fields:
        raise bad("video", "Missing required parameter: 'video'.", "missing_required_parameter")
    raise bad("video", "Invalid type for 'video': expected a file or an object with an id.", "invalid_type")


def video_body(job: JobRow, line: VideoLine, link_seconds: float) -> dict[str, Any]:
    """A video as JSON, with every key that the published schema requires."""
    finished = None if job.finished_at is None else int(job.finished_at)
    done = job.status == "succeeded"
    return {
        "id": video_id(job.job_id),
        "object": "video",
        "model": line.model,
        "status": _STATUS.get(job.status, "failed"),
        "progress": int(job.progress),
        "created_at": int(job.created_at),
        "completed_at": finished if done else None,
        "expires_at": int((job.finished_at or 0) + link_seconds) if done else None,
        "prompt": line.prompt,
        "size": line.size,
        "seconds": str(line.seconds),
        "remixed_from_video_id": line.remixed_from,
        "error": job.error if job.error is None else {name: str(job.error[name]) for name in ("code", "message")},
    }


def character_body(character: Character) -> dict[str, Any]:
    return {"id": character.character_id, "name": character.name, "created_at": int(character.created_at)}


def error_body(refusal: Refusal) -> dict[str, Any]:
    """OpenAI's envelope."""
    kind = "insufficient_quota" if refusal.code == "insufficient_quota" else None
    return {
        "error": {
            "message": refusal.message,
            "type": kind or _TYPES.get(refusal.status, "invalid_request_error"),
            "param": refusal.param,
            "code": refusal.code,
        }
    }


def video_id(job_id: str) -> str:
    return f"video_{job_id.removeprefix('job_')}"


def job_id(video: str) -> str:
    return f"job_{video.removeprefix('video_')}" if video.startswith("video_") else ""
