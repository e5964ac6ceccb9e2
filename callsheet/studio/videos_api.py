"""The `/v1/videos` paths of the studio: OpenAI's published contract, over the same jobs, files and books.

Beyond the contract the studio heeds an `Idempotency-Key`. A key that is used for another order is 409.
"""

from __future__ import annotations

import asyncio
import hmac
import shutil
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from callsheet.studio import videos_bodies as bodies
from callsheet.studio import videos_stills as stills
from callsheet.studio.books import JobRow
from callsheet.studio.jobs import Studio
from callsheet.studio.uploads import LARGEST_VIDEO, receive
from callsheet.studio.videos_books import VideoLine
from callsheet.studio.videos_orders import Counter
from callsheet.studio.wire import LARGEST_BODY, Refusal

PREFIX = "/v1/videos"
POLL_AFTER_MS = 500
"""What a client is advised to wait before it asks again: a rehearsal takes seconds, not minutes."""
PAGE, LARGEST_PAGE = 20, 100
_ENDED = ("succeeded", "failed", "cancelled")

Handler = Callable[[Request], Awaitable[Response]]


class _Endpoint:
    """One path: a handler for each method. Every refusal is in OpenAI's envelope."""

    def __init__(self, key: SecretStr | None, largest: int, **handlers: Handler) -> None:
        self._key, self._largest, self._handlers = key, largest, handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(scope, receive)
        except Refusal as refusal:
            headers = {"Retry-After": "5"} if refusal.status == 429 else {}
            response = JSONResponse(bodies.error_body(refusal), refusal.status, headers)
        except HTTPException as error:
            said = Refusal(error.status_code, "invalid_request", str(error.detail))
            response = JSONResponse(bodies.error_body(said), said.status)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        request = Request(scope, self._bounded(receive))
        handler = self._handlers.get(request.method.lower())
        if handler is None:
            refusal = Refusal(405, "method_not_allowed", f"{request.method} is not allowed here")
            allowed = ", ".join(name.upper() for name in self._handlers)
            return JSONResponse(bodies.error_body(refusal), 405, {"Allow": allowed} if allowed else {})
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise Refusal(401, "missing_api_key", "You didn't provide an API key in an Authorization: Bearer header.")
        expected = None if self._key is None else self._key.get_secret_value()
        if expected is not None and not hmac.compare_digest(given.strip().encode(), expected.encode()):
            raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
        return await handler(request)

    def _bounded(self, receive: Receive) -> Receive:
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._largest:
                raise Refusal(413, "too_large", f"a body may have at most {self._largest} bytes")
            return message

        return counted


def video_routes(studio: Studio, *, key: SecretStr | None = None, balance: Decimal | None = None) -> list[Route]:
    """The routes, to be put into the studio's application. `balance` is what videos may be charged in all, in USD."""
    site = _Site(studio, balance)
    small, large = LARGEST_BODY, LARGEST_VIDEO + LARGEST_BODY
    video = f"{PREFIX}/{{video_id}}"
    return [
        Route(PREFIX, _Endpoint(key, small, post=site.create, get=site.listed)),
        Route(f"{PREFIX}/edits", _Endpoint(key, large, post=site.edit)),
        Route(f"{PREFIX}/extensions", _Endpoint(key, large, post=site.extend)),
        Route(f"{PREFIX}/characters", _Endpoint(key, large, post=site.create_character)),
        Route(f"{PREFIX}/characters/{{character_id}}", _Endpoint(key, small, get=site.character)),
        Route(video, _Endpoint(key, small, get=site.video, delete=site.delete)),
        Route(f"{video}/content", _Endpoint(key, small, get=site.content)),
        Route(f"{video}/remix", _Endpoint(key, small, post=site.remix)),
    ]


class _Site:
    def __init__(self, studio: Studio, balance: Decimal | None) -> None:
        self._studio = studio
        self._shelf = studio.books.videos
        self._counter = Counter(studio, balance)

    def _ours(self, video: str) -> tuple[JobRow, VideoLine]:
        job_id = bodies.job_id(video)
        line, job = self._shelf.get(job_id), self._studio.books.get(job_id)
        if line is None or job is None:
            raise Refusal(404, "not_found", f"Video with id '{video}' not found.", "video_id")
        return job, line

    def _finished(self, video: str) -> tuple[JobRow, VideoLine]:
        """A video whose clip is there. One that is being made, has failed or has expired is not."""
        job, line = self._ours(video)
        if job.status not in _ENDED:
            message = f"Video is not ready yet, use GET {PREFIX}/{video} to check its status."
            raise Refusal(404, "video_not_ready", message, "video_id")
        if job.status != "succeeded":
            raise Refusal(404, "video_failed", "The video failed and has no content.", "video_id")
        kept = (self._studio.home / "media" / job.job_id).is_dir()  # housekeeping may have removed it
        if not kept or (job.finished_at or 0) + self._studio.link_seconds < time.time():
            raise Refusal(410, "expired", "The video has expired.", "video_id")
        return job, line

    def _answer(self, job: JobRow, line: VideoLine) -> Response:
        headers = {} if job.status in _ENDED else {"openai-poll-after-ms": str(POLL_AFTER_MS)}
        return JSONResponse(bodies.video_body(job, line, self._studio.link_seconds), headers=headers)

    async def create(self, request: Request) -> Response:
        return self._answer(*await self._counter.create(await bodies.read_fields(request), _key(request)))

    async def remix(self, request: Request) -> Response:
        source = self._finished(request.path_params["video_id"])
        return self._answer(*await self._counter.remix(source, await bodies.read_fields(request), _key(request)))

    async def extend(self, request: Request) -> Response:
        fields = await bodies.read_fields(request)
        seconds = int(bodies.choice(fields, "seconds", tuple(map(str, bodies.LENGTHS))))
        video = bodies.video_of(fields)
        source = self._finished(video) if isinstance(video, str) else None
        return self._answer(*await self._counter.extend(source, video, fields, seconds, _key(request)))

    async def edit(self, request: Request) -> Response:
        fields = await bodies.read_fields(request)
        video = bodies.video_of(fields)
        source = self._finished(video) if isinstance(video, str) else None
        return self._answer(*await self._counter.edit(source, video, fields, _key(request)))

    async def video(self, request: Request) -> Response:
        job, line = self._ours(request.path_params["video_id"])
        self._studio.take(job)  # whose runner has died
        return self._answer(job, line)

    async def listed(self, request: Request) -> Response:
        query = request.query_params
        limit = bodies.whole(query, "limit", 0, LARGEST_PAGE, PAGE)
        order = bodies.choice(dict(query), "order", ("asc", "desc"), default="desc")
        after = query.get("after")
        if after is not None and not self._shelf.known(bodies.job_id(after)):
            raise Refusal(404, "not_found", f"Video with id '{after}' not found.", "after")
        place = None if after is None else bodies.job_id(after)
        rows = self._shelf.page(limit=limit + 1, newest_first=order == "desc", after=place)
        videos = []
        for job_id, line in rows[:limit]:
            job = self._studio.books.get(job_id)
            if job is not None:
                videos.append(bodies.video_body(job, line, self._studio.link_seconds))
        ends = {"first_id": videos[0]["id"], "last_id": videos[-1]["id"]} if videos else {"first_id": None}
        body = {"object": "list", "data": videos, "last_id": None, **ends, "has_more": len(rows) > limit}
        return JSONResponse(body)

    async def delete(self, request: Request) -> Response:
        job, _ = self._ours(request.path_params["video_id"])
        if job.status not in _ENDED:
            raise Refusal(409, "video_in_progress", "Only a completed or failed video can be deleted.", "video_id")
        self._shelf.delete(job.job_id)
        await asyncio.to_thread(shutil.rmtree, self._studio.home / "media" / job.job_id, ignore_errors=True)
        return JSONResponse({"id": bodies.video_id(job.job_id), "object": "video.deleted", "deleted": True})

    async def content(self, request: Request) -> Response:
        variants = ("video", "thumbnail", "spritesheet")
        variant = bodies.choice(dict(request.query_params), "variant", variants, default="video")
        job, _ = self._finished(request.path_params["video_id"])
        name = next(str(output["name"]) for output in job.outputs if output["kind"] == "video")
        clip = self._studio.output_path(job.job_id, name)
        if variant == "thumbnail":
            return FileResponse(await asyncio.to_thread(stills.thumbnail, clip), media_type="image/webp")
        if variant == "spritesheet":
            return FileResponse(await asyncio.to_thread(stills.spritesheet, clip), media_type="image/jpeg")
        return FileResponse(clip, media_type="video/mp4")

    async def create_character(self, request: Request) -> Response:
        fields = await bodies.read_fields(request)
        name = bodies.text(fields, "name", bodies.LONGEST_NAME)
        video = bodies.video_of(fields)
        if isinstance(video, str):
            raise bodies.bad("video", "Invalid type for 'video': expected a file.", "invalid_type")
        kept = await receive(self._studio, self._counter.chunks(video))
        if not kept.name.endswith(".mp4"):
            raise bodies.bad("video", "Invalid 'video': it must be a video.")
        return JSONResponse(bodies.character_body(self._shelf.add_character(name, kept.name)))

    async def character(self, request: Request) -> Response:
        found = self._shelf.character(request.path_params["character_id"])
        if found is None:
            raise Refusal(404, "not_found", "There is no such character.", "character_id")
        return JSONResponse(bodies.character_body(found))


def _key(request: Request) -> str | None:
    return request.headers.get("idempotency-key") or None
