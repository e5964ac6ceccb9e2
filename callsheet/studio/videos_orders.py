"""Takes orders of `/v1/videos`: what each becomes among the studio's features, what it costs, its line in the books.

The renderer reads the first 4000 characters of a prompt, the books keep all of it.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import UploadFile

from callsheet.canonical import digest
from callsheet.features import AnyRequest, Extension, ImageToVideo, TextToVideo
from callsheet.money import price_list
from callsheet.provider.catalogue import catalogue_entry
from callsheet.studio import videos_bodies as bodies
from callsheet.studio.books import JobRow, OverBalanceError, SameKeyOtherBodyError, TooManyJobsError
from callsheet.studio.edit_words import edit_of
from callsheet.studio.jobs import Studio
from callsheet.studio.moderation import refused_word
from callsheet.studio.orders import ORDER, Remix
from callsheet.studio.rendering import seed_of
from callsheet.studio.uploads import receive, settle
from callsheet.studio.videos_books import CURRENCY, VideoLine
from callsheet.studio.wire import Refusal

FULL = 200
"""Unfinished jobs above which orders are answered 429."""
DRAWN = 4000
"""Characters of a prompt that are drawn."""
UPLOADED = "sora-2"
"""The model whose price an edit or extension of an uploaded clip has when the order names none."""
_SNAPSHOT = re.compile(r"-20\d\d-\d\d-\d\d$", re.ASCII)

Taken = tuple[JobRow, VideoLine]


class Counter:
    """Where orders are taken."""

    def __init__(self, studio: Studio, balance: Decimal | None) -> None:
        self._studio = studio
        self._balance = balance

    async def create(self, fields: bodies.Fields, key: str | None) -> Taken:
        """A new video of words, or of an image and words."""
        prompt = bodies.text(fields, "prompt", bodies.LONGEST_PROMPT)
        model = bodies.text(fields, "model", 200, default=bodies.DEFAULTS["model"])
        lengths = tuple(map(str, bodies.LENGTHS))
        seconds = int(bodies.choice(fields, "seconds", lengths, default=bodies.DEFAULTS["seconds"]))
        size = bodies.choice(fields, "size", bodies.SIZES, default=bodies.DEFAULTS["size"])
        if "characters" in fields:
            raise bodies.bad("characters", "this studio does not draw characters yet", "unsupported_parameter")
        _sold(model, size)
        picture = await bodies.first_image(fields, size)
        request: AnyRequest
        if picture is None:
            request = _drawn(lambda words: TextToVideo(prompt=words, duration=seconds, resolution=size), prompt)
        else:
            media, data = picture
            request = _drawn(
                lambda words: ImageToVideo(image=media, animation_prompt=words, duration=seconds, resolution=size),
                prompt,
            )
            await asyncio.to_thread(self._studio.keep_input, media, data)
        return self._take(request, VideoLine(model, prompt, size, seconds), seconds, key)

    async def remix(self, source: Taken, fields: bodies.Fields, key: str | None) -> Taken:
        """The same scene, or the same image, by other words."""
        job, line = source
        prompt = bodies.text(fields, "prompt", bodies.LONGEST_PROMPT)
        before = self._root(job)
        request: AnyRequest | Remix
        if isinstance(before, ImageToVideo):
            request = _drawn(lambda words: before.model_copy(update={"animation_prompt": words}), prompt)
        else:
            seed, world = _seeds(before)
            request = _drawn(
                lambda words: Remix(
                    prompt=words, duration=line.seconds, resolution=line.size, scene_seed=seed, world_seed=world
                ),
                prompt,
            )
        made = VideoLine(line.model, prompt, line.size, line.seconds, bodies.video_id(job.job_id))
        return self._take(request, made, line.seconds, key)

    async def extend(
        self, source: Taken | None, video: str | UploadFile, fields: bodies.Fields, seconds: int, key: str | None
    ) -> Taken:
        """A video and what follows it; `seconds` are those that follow."""
        prompt = bodies.text(fields, "prompt", bodies.LONGEST_PROMPT)
        url = await self._address(source, video)
        request = _drawn(
            lambda words: Extension(video_url=url, extension_prompt=words, extension_duration=seconds), prompt
        )
        settled, line = await self._settled(request, source, prompt, key)
        whole = VideoLine(line.model, prompt, line.size, line.seconds + seconds)
        return self._take(settled, whole, seconds, key)

    async def edit(
        self, source: Taken | None, video: str | UploadFile, fields: bodies.Fields, key: str | None
    ) -> Taken:
        """A video with something changed in it: what the words say of light, weather, season or perspective."""
        prompt = bodies.text(fields, "prompt", bodies.LONGEST_PROMPT)
        request = edit_of(await self._address(source, video), prompt)
        if request is None:
            message = "this studio can change light, weather, season or perspective; the prompt names none of them"
            raise bodies.bad("prompt", message, "unsupported_value")
        settled, line = await self._settled(request, source, prompt, key)
        return self._take(settled, line, line.seconds, key)

    async def chunks(self, file: UploadFile) -> AsyncIterator[bytes]:
        """The bytes of an uploaded file."""
        while chunk := await file.read(1 << 20):
            yield chunk

    async def _address(self, source: Taken | None, video: str | UploadFile) -> str:
        """By which the studio knows a clip that an order works on."""
        if source is not None:
            job = source[0]
            name = next(str(output["name"]) for output in job.outputs if output["kind"] == "video")
            expires = int(time.time() + 600)
            signature = self._studio.signature(job.job_id, name, expires)
            place = f"http://studio.local/v1/sora/media/{job.job_id}/{name}"
            return f"{place}?expires={expires}&signature={signature}"
        assert isinstance(video, UploadFile)  # noqa: S101 - an id has a source
        kept = await receive(self._studio, self.chunks(video))
        return f"http://studio.local/v1/sora/uploads/{kept.name}"

    async def _settled(
        self, request: AnyRequest, source: Taken | None, prompt: str, key: str | None
    ) -> tuple[AnyRequest, VideoLine]:
        """The order by what it works on, and the line of a video as long and as large as that."""
        if request.feature not in catalogue_entry("studio").features:
            raise Refusal(501, "not_built", f"this studio does not render {request.feature} yet")
        try:
            settled, billed = await asyncio.to_thread(settle, request, self._studio, known=False)
        except Refusal as refusal:
            raise bodies.bad("video", refusal.message.replace("video_url", "video")) from refusal
        size, seconds = billed or ("", 0)
        if source is not None:
            line = source[1]
            return settled, VideoLine(line.model, prompt, line.size, line.seconds)
        if size not in bodies.SIZES:
            raise bodies.bad("video", f"the video has {size}; it must have one of {', '.join(bodies.SIZES)}")
        return settled, VideoLine(_cheapest(size), prompt, size, seconds)

    def _root(self, job: JobRow) -> AnyRequest | Remix:
        """The order that the scene of a job goes back to."""
        request = ORDER.validate_python(job.request)
        for _ in range(20):
            url = getattr(request, "video_url", None)
            made = self._studio.books.that_made(str(url).rpartition("/")[2].partition(".")[0]) if url else None
            if made is None:
                return request
            request = ORDER.validate_python(made.request)
        return request

    def _take(self, request: AnyRequest | Remix, line: VideoLine, billed: int, key: str | None) -> Taken:
        word = refused_word(request)
        if word is not None:
            raise Refusal(400, "moderation_blocked", f"Your request was blocked: {word!r}.", "prompt")
        model = _SNAPSHOT.sub("", line.model)
        cost = price_list("openai-videos").price(request.feature, line.size, billed, model=model).amount
        try:
            job, new = self._studio.books.accept(
                key=key,
                body_digest=digest(["videos", line.model, line.prompt, request]),
                feature=request.feature,
                request=request.model_dump(mode="json", by_alias=True),
                cost=cost,
                currency=CURRENCY,
                video=line,
                balance=self._balance,
                most=FULL,
            )
        except SameKeyOtherBodyError as error:
            raise Refusal(409, "idempotency_conflict", "This Idempotency-Key was used for another order.") from error
        except OverBalanceError as error:
            raise Refusal(429, "insufficient_quota", "You exceeded your current quota.") from error
        except TooManyJobsError as error:
            raise Refusal(429, "rate_limit_exceeded", f"{FULL} videos are unfinished; try again later.") from error
        self._studio.take(job)
        return job, line if new else self._studio.books.videos.get(job.job_id) or line


def _drawn(build: Any, prompt: str) -> Any:
    """The order for a prompt, of which no more is drawn than a request of the studio holds."""
    try:
        return build(prompt[:DRAWN])
    except ValidationError as error:
        raise bodies.bad("prompt", "Invalid 'prompt': it has no words.") from error


def _sold(model: str, size: str) -> None:
    entry = catalogue_entry("studio-videos")
    named = [sold for sold in entry.models if sold.name == _SNAPSHOT.sub("", model)]
    if not named:
        raise Refusal(404, "model_not_found", f"The model '{model}' does not exist.", "model")
    if not named[0].sells("text_to_video", size, None):
        raise bodies.bad("size", f"The model '{model}' makes {', '.join(named[0].sizes or ())}, not {size}.")


def _cheapest(size: str) -> str:
    models = catalogue_entry("studio-videos").models
    return next((str(model.name) for model in models if model.sells("text_to_video", size, None)), UPLOADED)


def _seeds(before: AnyRequest | Remix) -> tuple[int, int]:
    """Seed and world seed of a scene, the same for every remix of it."""
    if isinstance(before, Remix):
        return before.scene_seed, before.world_seed
    if isinstance(before, TextToVideo):
        return seed_of(before), seed_of(before.prompt)
    return seed_of(before), seed_of(before.feature)
