"""The studio's ASGI application: the `sora` dialect under `/v1/sora`."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from callsheet.canonical import digest
from callsheet.errors import BriefError
from callsheet.features import DiscountedBatch, VariantsBatch
from callsheet.money import price_list
from callsheet.plan.quote import price_of
from callsheet.provider.callbacks import CallbackEvent, MemorySeen, callback_app
from callsheet.provider.catalogue import catalogue_entry
from callsheet.studio.batches import drafts_of, refused_batch
from callsheet.studio.books import OverBalanceError, SameKeyOtherBodyError, TooManyJobsError
from callsheet.studio.folder import OpenFolder
from callsheet.studio.items import Draft
from callsheet.studio.jobs import Studio
from callsheet.studio.limits import beyond, size_fault
from callsheet.studio.moderation import refused_word
from callsheet.studio.orders import Order, feature_of
from callsheet.studio.samples import Samples
from callsheet.studio.speech_api import speech_route
from callsheet.studio.uploads import receive, settle
from callsheet.studio.videos_api import video_routes
from callsheet.studio.wire import Refusal, job_body, read_order, whole
from callsheet.webhooks.addresses import NO_ADDRESS

logger = logging.getLogger(__name__)

PREFIX = "/v1/sora"
CALLBACKS = "/v1/callbacks"
"""Where this studio takes callbacks of another one, so that two can be tried against each other."""
PATHS = {
    "/generate": "text_to_video",
    "/image-to-video": "image_to_video",
    "/extend-video": "extension",
    "/re-edit": "perspective_change",
    "/sequence": "sequence",
    "/character-sequence": "character_sequence",
    "/consistency-check": "consistency_check",
    "/styled-generate": "styled_generate",
    "/style-transfer": "style_transfer",
    "/complete-production": "complete_production",
    "/batch-variants": "variants_batch",
    "/batch": "discounted_batch",
}
LONGEST_WAIT = 3600.0
"""Seconds that an order without `Prefer: respond-async` is held open for its result; then it is only accepted."""
FULL = 200
"""Unfinished jobs above which orders are answered 429."""


def studio_app(
    studio: Studio,
    *,
    key: SecretStr | None = None,
    balance: Decimal | None = None,
    videos_balance: Decimal | None = None,
    serve: bool = False,
    on_callback: Callable[[CallbackEvent], Awaitable[None]] | None = None,
    inputs: Path | None = None,
    samples: bool = False,
) -> Starlette:
    """The application. Any key is taken unless one is given; `balance` is what may be charged in all, in CNY,
    and `videos_balance` the same for the videos of `/v1/videos`, in USD.

    Callbacks signed with this studio's secret are taken at `CALLBACKS` and given to `on_callback`. With `serve`
    the application starts and stops the studio itself; otherwise the caller has. `inputs` is a folder whose files an
    order may name by their bare names; with `samples` it may name those of published examples too.
    """
    orders = _orders(studio, key, balance, OpenFolder(studio, inputs, Samples(studio) if samples else None))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if serve:
            await studio.start()
        yield
        if serve:
            await studio.stop()

    async def jobs(request: Request) -> Response:
        _authorised(request, key)
        reference, after = request.query_params.get("client_reference"), request.query_params.get("created_after")
        base = _base(request)
        if reference is not None:
            return JSONResponse({"data": [job_body(job, studio, base) for job in studio.books.by_reference(reference)]})
        if after is None:
            message = "client_reference: it or created_after is required"
            raise Refusal(400, "missing_field", message, "client_reference")
        try:
            since = float(after)
        except ValueError as error:
            message = "created_after: it must be in seconds since 1970"
            raise Refusal(400, "invalid_field", message, "created_after") from error
        listed = [{**job_body(job, studio, base), "order_digest": job.body_digest} for job in studio.books.since(since)]
        return JSONResponse({"data": listed})

    async def job(request: Request) -> Response:
        _authorised(request, key)
        job_id = request.path_params["job_id"]
        if request.method == "DELETE":
            studio.cancel(job_id)
        row = studio.books.get(job_id)
        if row is None:
            raise Refusal(404, "not_found", "there is no such job")
        studio.take(row)  # whose runner has died
        return JSONResponse(job_body(row, studio, _base(request)))

    async def media(request: Request) -> Response:
        job_id, name = request.path_params["job_id"], request.path_params["name"]
        expires, given = request.query_params.get("expires", ""), request.query_params.get("signature", "")
        until = whole(expires)
        genuine = until >= 0 and given.isascii()
        if not genuine or not hmac.compare_digest(studio.signature(job_id, name, until), given):
            raise Refusal(404, "not_found", "there is no such file")
        if until < time.time():
            raise Refusal(410, "expired", "this address has expired; ask for the job again")
        return FileResponse(_kept(studio.output_path(job_id, name)))

    async def upload(request: Request) -> Response:
        _authorised(request, key)
        kept = await receive(studio, request.stream())
        body = {"url": f"{_base(request)}/uploads/{kept.name}", "sha256": kept.sha256, "bytes": kept.bytes}
        return JSONResponse(body)

    async def told(event: CallbackEvent) -> None:
        logger.info("callback: job %s has ended, %s", event.job_id, event.status)

    async def refusal(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)  # noqa: S101 - registered for this class alone
        return _error(error)

    async def http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
        return _error(Refusal(error.status_code, "http_error", str(error.detail)))

    return Starlette(
        routes=[
            *orders,
            Route(f"{PREFIX}/uploads", upload, methods=["POST"]),
            Route(CALLBACKS, callback_app([studio.callbacks.secret], MemorySeen(), on_callback or told)),
            Route(f"{PREFIX}/jobs", jobs),
            Route(f"{PREFIX}/jobs/{{job_id}}", job, methods=["GET", "DELETE"]),
            Route(f"{PREFIX}/media/{{job_id}}/{{name}}", media),
            *video_routes(studio, key=key, balance=videos_balance),
            speech_route(key),
        ],
        exception_handlers={Refusal: refusal, HTTPException: http_error},
        lifespan=lifespan,
    )


def _kept(path: Path) -> Path:
    """A finished file, which housekeeping may have removed since."""
    if not path.is_file():
        raise Refusal(410, "expired", "this file is kept no more")
    return path


def _orders(studio: Studio, key: SecretStr | None, balance: Decimal | None, folder: OpenFolder) -> list[Route]:
    return [Route(PREFIX + path, _ordering(studio, path, key, balance, folder), methods=["POST"]) for path in PATHS]


def _ordering(
    studio: Studio, path: str, key: SecretStr | None, balance: Decimal | None, folder: OpenFolder
) -> Callable[[Request], Awaitable[Response]]:
    async def order(request: Request) -> Response:
        _authorised(request, key)
        feature = PATHS[path]
        ordered, images, callback_url = await read_order(request, feature, folder)
        if feature_of(ordered.feature) not in catalogue_entry("studio").features:
            raise Refusal(501, "not_built", f"{path}: this studio does not render {ordered.feature} yet")
        fault = beyond(ordered)
        if fault is not None:
            raise Refusal(400, "invalid_field", str(fault), fault.field)
        drafts = _drafts(ordered)
        word = refused_batch(drafts) if drafts else refused_word(ordered)
        if word is not None:
            raise Refusal(422, "moderation_blocked", f"the content is refused: {word!r}")
        reference = request.headers.get("idempotency-key")
        known = bool(reference and studio.books.by_reference(reference))
        # Of an order that was taken before the address is not read again: it may have been allowed then.
        objection = None if callback_url is None or known else studio.callbacks.policy.objection(callback_url)
        if objection == NO_ADDRESS:
            raise Refusal(400, "invalid_field", f"callback_url: {objection}", "callback_url")
        ordered, source = await asyncio.to_thread(settle, ordered, studio, known=known)
        cost = price_of(ordered, price_list("sora"), source).amount
        try:
            if not known:
                studio.books.admit(cost, balance, FULL)
            for media, data in images.values():
                await asyncio.to_thread(studio.keep_input, media, data)
            job, new = studio.books.accept(
                key=reference,
                body_digest=digest(ordered),
                feature=ordered.feature,
                request=ordered.model_dump(mode="json", by_alias=True),
                cost=cost,
                drafts=drafts,
                callback_url=callback_url,
                objection=objection,
                balance=balance,
                most=FULL,
            )
        except SameKeyOtherBodyError as error:
            raise Refusal(409, "idempotency_conflict", "this Idempotency-Key was used for another order") from error
        except OverBalanceError as error:
            raise Refusal(402, "insufficient_balance", f"the balance does not cover {cost} CNY") from error
        except TooManyJobsError as error:
            raise Refusal(429, "too_many_jobs", f"{FULL} jobs are unfinished") from error
        if new and objection is not None:
            logger.warning("job %s: its end is told to nobody: %s", job.job_id, objection)
        studio.take(job)
        return await _answer(request, studio, job.job_id, ordered)

    return order


async def _answer(request: Request, studio: Studio, job_id: str, ordered: Order) -> Response:
    """202 with the job where the customer prefers it or a batch is long, else the result itself when it is there."""
    preferred = "respond-async" in request.headers.get("prefer", "")
    long = isinstance(ordered, DiscountedBatch) or (isinstance(ordered, VariantsBatch) and ordered.asynchronous)
    hold = 0.0 if preferred or long else LONGEST_WAIT
    job = await studio.ended(job_id, hold) if hold else studio.books.get(job_id)
    if job is None:
        raise Refusal(404, "not_found", "there is no such job")
    body = job_body(job, studio, _base(request))
    if not hold or job.status in ("queued", "running"):
        return JSONResponse(body, status_code=202, headers={"Preference-Applied": "respond-async"} if preferred else {})
    if job.status != "succeeded":
        raise Refusal(500, str((job.error or {}).get("code")), str((job.error or {}).get("message")))
    return JSONResponse({"job_id": job.job_id, **body["result"]})


def _drafts(ordered: Order) -> list[Draft]:
    try:
        drafts = drafts_of(ordered, price_list("sora"))
    except BriefError as error:
        raise Refusal(400, "invalid_field", str(error.faults[0]), error.faults[0].field) from error
    items = "requests" if isinstance(ordered, DiscountedBatch) else "variations"
    for number, draft in enumerate(drafts):
        fault = size_fault(f"{items}[{number}].resolution", draft.request["resolution"])
        if fault is not None:
            raise Refusal(400, "invalid_field", str(fault), fault.field)
    return drafts


def _authorised(request: Request, key: SecretStr | None) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Refusal(401, "missing_key", "an Authorization: Bearer header is required")
    if key is not None and not hmac.compare_digest(given.strip().encode(), key.get_secret_value().encode()):
        raise Refusal(401, "invalid_key", "the key is not valid")


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{PREFIX}"


def _error(refusal: Refusal) -> Response:
    body = {
        "code": refusal.code,
        "message": refusal.message,
        "param": refusal.param,
        "request_id": f"req_{uuid.uuid4().hex[:16]}",
    }
    headers = {"Retry-After": "5"} if refusal.status == 429 else {}
    return JSONResponse({"error": body}, status_code=refusal.status, headers=headers)
