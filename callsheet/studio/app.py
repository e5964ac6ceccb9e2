"""The studio's ASGI application: the `sora` dialect under `/v1/sora`."""

from __future__ import annotations

import asyncio
import hmac
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from callsheet.canonical import digest
from callsheet.features import AnyRequest
from callsheet.money import price_list
from callsheet.plan.quote import price_of
from callsheet.provider.catalogue import catalogue_entry
from callsheet.studio.books import SameKeyOtherBodyError
from callsheet.studio.jobs import Studio
from callsheet.studio.limits import beyond
from callsheet.studio.moderation import refused_word
from callsheet.studio.uploads import receive, settle
from callsheet.studio.wire import Refusal, job_body, read_order

PREFIX = "/v1/sora"
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
LONGEST_WAIT = 600.0
"""Seconds that an order without `Prefer: respond-async` is held open for its result; then it is only accepted."""
FULL = 200
"""Unfinished jobs above which orders are answered 429."""


def studio_app(
    studio: Studio, *, key: SecretStr | None = None, balance: Decimal | None = None, serve: bool = False
) -> Starlette:
    """The application. Any key is taken unless one is given; `balance` is what may be charged in all, in CNY.

    With `serve` the application starts and stops the studio itself; otherwise the caller has.
    """
    orders = [Route(PREFIX + path, _ordering(studio, path, key, balance), methods=["POST"]) for path in PATHS]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if serve:
            await studio.start()
        yield
        if serve:
            await studio.stop()

    async def jobs(request: Request) -> Response:
        _authorised(request, key)
        reference = request.query_params.get("client_reference")
        if reference is None:
            raise Refusal(400, "missing_field", "client_reference: it is required", "client_reference")
        base = _base(request)
        return JSONResponse({"data": [job_body(job, studio, base) for job in studio.books.by_reference(reference)]})

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
        genuine = expires.isascii() and expires.isdigit() and given.isascii()
        if not genuine or not hmac.compare_digest(studio.signature(job_id, name, int(expires)), given):
            raise Refusal(404, "not_found", "there is no such file")
        if int(expires) < time.time():
            raise Refusal(410, "expired", "this address has expired; ask for the job again")
        return FileResponse(studio.output_path(job_id, name))

    async def upload(request: Request) -> Response:
        _authorised(request, key)
        kept = await receive(studio, request.stream())
        body = {"url": f"{_base(request)}/uploads/{kept.name}", "sha256": kept.sha256, "bytes": kept.bytes}
        return JSONResponse(body)

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
            Route(f"{PREFIX}/jobs", jobs),
            Route(f"{PREFIX}/jobs/{{job_id}}", job, methods=["GET", "DELETE"]),
            Route(f"{PREFIX}/media/{{job_id}}/{{name}}", media),
        ],
        exception_handlers={Refusal: refusal, HTTPException: http_error},
        lifespan=lifespan,
    )


def _ordering(
    studio: Studio, path: str, key: SecretStr | None, balance: Decimal | None
) -> Callable[[Request], Awaitable[Response]]:
    async def order(request: Request) -> Response:
        _authorised(request, key)
        feature = PATHS[path]
        ordered, images = await read_order(request, feature)
        if ordered.feature not in catalogue_entry("studio").features:
            raise Refusal(501, "not_built", f"{path}: this studio does not render {ordered.feature} yet")
        fault = beyond(ordered)
        if fault is not None:
            raise Refusal(400, "invalid_field", str(fault), fault.field)
        word = refused_word(ordered)
        if word is not None:
            raise Refusal(422, "moderation_blocked", f"the content is refused: {word!r}")
        reference = request.headers.get("idempotency-key")
        known = bool(reference and studio.books.by_reference(reference))
        ordered, source = await asyncio.to_thread(settle, ordered, studio, known=known)
        cost = price_of(ordered, price_list("sora"), source).amount
        if not known:
            _admitted(studio, cost, balance)
        for media, data in images.values():
            await asyncio.to_thread(studio.keep_input, media, data)
        try:
            job, _ = studio.books.accept(
                key=reference,
                body_digest=digest(ordered),
                feature=ordered.feature,
                request=ordered.model_dump(mode="json", by_alias=True),
                cost=cost,
            )
        except SameKeyOtherBodyError as error:
            raise Refusal(409, "idempotency_conflict", "this Idempotency-Key was used for another order") from error
        studio.take(job)
        return await _answer(request, studio, job.job_id, ordered)

    return order


async def _answer(request: Request, studio: Studio, job_id: str, ordered: AnyRequest) -> Response:
    """202 with the job where the customer prefers it, else the result itself when it is there."""
    hold = 0.0 if "respond-async" in request.headers.get("prefer", "") else LONGEST_WAIT
    job = await studio.ended(job_id, hold) if hold else studio.books.get(job_id)
    if job is None:
        raise Refusal(404, "not_found", "there is no such job")
    body = job_body(job, studio, _base(request))
    if not hold or job.status in ("queued", "running"):
        return JSONResponse(body, status_code=202, headers={"Preference-Applied": "respond-async"} if not hold else {})
    if job.status != "succeeded":
        raise Refusal(500, str((job.error or {}).get("code")), str((job.error or {}).get("message")))
    return JSONResponse({"job_id": job.job_id, **body["result"]})


def _admitted(studio: Studio, cost: Decimal, balance: Decimal | None) -> None:
    if balance is not None and studio.books.charged() + cost > balance:
        raise Refusal(402, "insufficient_balance", f"the balance does not cover {cost} CNY")
    if len(studio.books.unfinished()) >= FULL:
        raise Refusal(429, "too_many_jobs", f"{FULL} jobs are unfinished")


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
