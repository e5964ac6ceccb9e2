"""From a request on the wire to a request model, and from a job in the books to JSON on the wire."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request

from callsheet.features import FEATURES
from callsheet.media.images import LARGEST_IMAGE, Media, media_of
from callsheet.studio.batches import BATCHES, amounts, batch_result
from callsheet.studio.books import JobRow
from callsheet.studio.checking import report_of
from callsheet.studio.items import Item
from callsheet.studio.jobs import Studio
from callsheet.studio.orders import ORDER, Order, feature_of, mode_of
from callsheet.studio.outbox import Letter
from callsheet.studio.shapes import clips_of_shots, form_part, words_of_a_work
from callsheet.validation import faults_of

if TYPE_CHECKING:
    from callsheet.studio.folder import OpenFolder

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes: an image of the largest size as base64 in JSON, and room for the words."""
_DIGITS = 15
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_DATA_URL = re.compile(r"^data:(image/[a-z]+);base64,", re.ASCII)


class Refusal(Exception):
    """What the studio answers when it does not take an order."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, code, message, param


def whole(text: str) -> int:
    """A count of bytes or seconds from outside: -1 for what is none, and the largest for one of too many digits."""
    if not (text.isascii() and text.isdigit()):
        return -1
    return int(text) if len(text) <= _DIGITS else 10**_DIGITS


async def read_order(
    request: Request, feature: str, folder: OpenFolder
) -> tuple[Order, dict[str, tuple[Media, bytes]], str | None]:
    """The order in a request, the images that came with it by their digest, and its `callback_url`.

    `folder` has the files that may be named. The address is no part of the order: the same order is the same one
    wherever its end is to be told. Raises `Refusal`.
    """
    length = request.headers.get("content-length")
    if length is not None and whole(length) > LARGEST_BODY:
        raise Refusal(413, "too_large", f"a body may have at most {LARGEST_BODY} bytes")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    images: dict[str, tuple[Media, bytes]] = {}
    if kind == "multipart/form-data":
        fields = await _form(request, images)
    elif kind in ("application/json", ""):
        fields = await _json(request)
    else:
        raise Refusal(400, "bad_content_type", "a body must be application/json or multipart/form-data")
    if feature == "perspective_change" and fields.get("edit_type") == "scene_evolution":
        feature = "scene_evolution"
    await _inline_images(fields, images, folder, request.url.netloc)
    clips_of_shots(fields)
    await folder.read_names(fields, feature, request.url.netloc)
    words_of_a_work(fields)
    callback_url = _callback_url(fields)
    known, mode = FEATURES[feature].model_fields, mode_of(feature, fields.get("duration"))
    # Fields that this studio does not know are left unread, as servers of this dialect do.
    fields = {n: v for n, v in fields.items() if n in known or any(f.alias == n for f in known.values())}
    try:
        ordered = ORDER.validate_python({**fields, "feature": mode})
    except ValidationError as error:
        fault = faults_of(error)[0]
        field = fault.field.removeprefix(f"{mode}.")
        raise Refusal(400, "invalid_field", f"{field}: {fault.value} is not allowed; {fault.allowed}", field) from error
    _nothing_missing(ordered, images)
    return ordered, images, callback_url


def _nothing_missing(ordered: Order, images: Mapping[str, object]) -> None:
    """A request model may name files by their digest; over the wire these must come along, or have an address."""
    absent = {*ordered.lent(), *(media for media in ordered.media() if media.sha256 not in images)}
    if not absent:
        return
    found = ((name, getattr(ordered, name)) for name in type(ordered).model_fields)
    field = next(name for name, value in found if absent & {*(value if isinstance(value, tuple) else (value,))})
    raise Refusal(400, "invalid_field", f"{field}: its file did not come with the order", field)


def _callback_url(fields: dict[str, Any]) -> str | None:
    """Taken out of the fields; whether a callback may go there is the studio's to say."""
    url = fields.pop("callback_url", None)
    if url is None or isinstance(url, str):
        return url
    raise Refusal(400, "invalid_field", "callback_url: it must be an http or https address", "callback_url")


async def _json(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refusal(413, "too_large", f"a body may have at most {LARGEST_BODY} bytes")
    try:
        fields = json.loads(bytes(body), parse_constant=_no_number)
        if _HALF.search(body):
            json.dumps(fields, ensure_ascii=False).encode()  # half a pair is no character, and can't be kept
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", "the body is not JSON") from error
    if not isinstance(fields, dict):
        raise Refusal(400, "invalid_json", "the body is not a JSON object")
    return fields


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


async def _form(request: Request, images: dict[str, tuple[Media, bytes]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    scenes: list[Any] = []
    async with request.form(max_files=4, max_fields=50, max_part_size=1024 * 1024) as form:
        for name, value in form.multi_items():
            if name == "scenes" and not isinstance(value, UploadFile):
                # One part with the whole list in JSON, or, as forms have lists, a part for each entry.
                scenes += _listed(name, value)
                continue
            if not isinstance(value, UploadFile):
                fields[name] = value
                continue
            data = await value.read(LARGEST_IMAGE + 1)
            fields[name] = _keep(name, data, images)
    return fields | ({"scenes": scenes} if scenes else {})


def _listed(name: str, text: str) -> list[Any]:
    try:
        found = form_part(text)
    except ValueError as error:
        raise Refusal(400, "invalid_field", f"{name}: it is not JSON; it must be a list", name) from error
    return found if isinstance(found, list) else [found]


def _keep(name: str, data: bytes, images: dict[str, tuple[Media, bytes]]) -> dict[str, Any]:
    if len(data) > LARGEST_IMAGE:
        raise Refusal(413, "too_large", f"{name}: an image may have at most {LARGEST_IMAGE} bytes", name)
    try:
        media = media_of(data)
    except ValueError as error:
        raise Refusal(400, "invalid_field", f"{name}: {error}", name) from error
    images[media.sha256] = (media, data)
    return media.model_dump(mode="json")


async def _inline_images(
    fields: dict[str, Any], images: dict[str, tuple[Media, bytes]], folder: OpenFolder, host: str
) -> None:
    """Images that stand in the JSON as data URLs, or as names of files, become files like any other."""
    value = fields.get("reference_image")
    if not isinstance(value, str):
        return
    named = await folder.image("reference_image", value, host)
    if named is not None:
        fields["reference_image"] = _keep("reference_image", named, images)
        return
    if value.startswith(("http://", "https://")):
        return
    head = _DATA_URL.match(value)
    try:
        if head is None:
            raise binascii.Error
        data = base64.b64decode(value[head.end() :], validate=True)
    except binascii.Error as error:
        message = "reference_image: it must be an address or a data URL of an image in base64"
        raise Refusal(400, "invalid_field", message, "reference_image") from error
    fields["reference_image"] = _keep("reference_image", data, images)


def job_body(job: JobRow, studio: Studio, base: str) -> dict[str, Any]:
    """A job as JSON. Its result has fresh addresses, which hold from now on."""
    expires = int(time.time() + studio.link_seconds)
    result = None
    items = studio.books.items.of(job.job_id) if job.feature in BATCHES else []
    if job.status == "succeeded" or (job.status == "cancelled" and any(item.output for item in items)):
        result = {**_result(job, items, studio, base, expires), "expires_at": _when(expires)}
    return {
        "job_id": job.job_id,
        "status": job.status,
        "progress": round(job.progress),
        "result": result,
        "error": job.error,
        "cost": float(job.cost),
        **_callback(studio.books.outbox.of(job.job_id)),
        "client_reference": job.client_reference,
        "created_at": _when(job.created_at),
        "expires_at": _when(expires),
        **amounts(job, items),
    }


def _callback(letter: Letter | None) -> dict[str, Any]:
    """What has become of the callback of a job, where one was asked for; its address is the customer's own."""
    return {} if letter is None else {"callback": {"state": letter.state, "reason": letter.fault}}


def _result(job: JobRow, items: Sequence[Item], studio: Studio, base: str, expires: int) -> dict[str, Any]:
    def link(name: str) -> str:
        query = urlencode({"expires": expires, "signature": studio.signature(job.job_id, name, expires)})
        return f"{base}/media/{job.job_id}/{name}?{query}"

    if items:
        return batch_result(job, items, link)
    files = {str(output["name"]): output for output in job.outputs}
    cost = float(job.cost)
    if job.feature == "consistency_check":
        return {**report_of(job.outputs), "cost": cost}
    if job.feature in ("sequence", "character_sequence"):
        shots = [output for output in job.outputs if output["kind"] == "video"]
        share = cost / (sum(shot["seconds"] for shot in shots) or 1)
        return {
            "shots": [
                {
                    "shot_number": shot["shot_number"],
                    "video_url": link(shot["name"]),
                    "duration": shot["seconds"],
                    "cost": round(share * shot["seconds"], 4),
                }
                for shot in shots
            ],
            "cost": cost,
        }
    video = next(output for output in job.outputs if output["kind"] == "video")
    result: dict[str, Any] = {"video_url": link(video["name"]), "duration": video["seconds"], "cost": cost}
    if "sound.wav" in files or feature_of(job.feature) in ("text_to_video", "styled_generate"):
        result["audio_url"] = link("sound.wav") if "sound.wav" in files else None
    if job.feature == "complete_production":
        stems = {output["name"] for output in job.outputs if output["kind"] == "stem"}
        names = {"voice": "voice.wav", "music": "music.wav", "ambient": "ambience.wav", "foley": "effects.wav"}
        result["audio_tracks"] = {track: link(name) for track, name in names.items() if name in stems}
        result["edl_url"] = link("cut.edl") if "cut.edl" in files else None
        captions = [output["name"] for output in job.outputs if output["kind"] == "caption"]
        result["subtitle_urls"] = {name.rpartition(".")[2]: link(name) for name in captions}
    return result


def _when(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
