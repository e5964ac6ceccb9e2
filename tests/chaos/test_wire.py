"""One clip bought over real sockets that misbehave: what comes of it, what is recorded, and what the books say.

Each case is one fault, met by four providers at once: one that can clear up a lost reply by idempotency key and client
reference, two that can by one of them, and one that can't. An order is charged once or not at all whatever happens, and
a second call without faults ends bought, or in doubt where nobody can be asked.
"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callsheet.errors import Rejected, Unavailable
from callsheet.ledger.states import State
from tests.chaos import faults
from tests.chaos.faults import instead
from tests.chaos.street import (
    ASKED,
    BOUGHT,
    DOUBT,
    FOUND,
    GENERATE,
    JOB,
    LOOK_UP,
    MEDIA,
    STRICT,
    Outcome,
    Street,
    every,
)
from tests.proxy import Fault

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("hasty")]

HTML = b"<!doctype html><title>Sign in</title>"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset_unread, id="reset unread"),
        pytest.param(faults.reset_halfway, id="reset halfway"),
        pytest.param(faults.silent, id="no answer"),
        pytest.param(instead(502, HTML, "text/html", forward=False), id="502 of a gateway"),
        pytest.param(instead(200, HTML, "text/html", forward=False), id="HTML of a hotspot"),
        pytest.param(instead(409, forward=False), id="409"),
    ],
)
async def test_an_order_that_was_lost_on_its_way(street: Street, tmp_path: Path, fault: Fault) -> None:
    first, second = await street.meet(tmp_path, [(GENERATE, fault, 1)])
    doubt = replace(DOUBT, charges=())
    assert first == every(replace(BOUGHT, orders=2), nothing=doubt)
    assert second == every(FOUND, nothing=replace(doubt, orders=0))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset_after, id="reset"),
        pytest.param(faults.closed_after, id="closed"),
        pytest.param(faults.silent_after, id="no answer"),
        pytest.param(faults.half_body, id="truncated JSON"),
        pytest.param(faults.half_reply, id="short of its length"),
        pytest.param(faults.endless, id="endless"),
        pytest.param(faults.dripping, id="dripping"),
        pytest.param(instead(504, forward=True), id="504"),
        pytest.param(instead(408, forward=True), id="408"),
        pytest.param(instead(303, forward=True, location="/v1/sora/jobs"), id="303"),
        pytest.param(instead(200, HTML, "text/html", forward=True), id="HTML"),
        pytest.param(instead(202, forward=True), id="nothing"),
        pytest.param(instead(202, b"[1]", forward=True), id="JSON array"),
        pytest.param(instead(202, b"[" * 100_000, forward=True), id="deep JSON"),
        pytest.param(instead(202, b'{"status": "queued"}', forward=True), id="JSON without a job"),
    ],
)
async def test_an_order_whose_answer_was_lost(street: Street, tmp_path: Path, fault: Fault) -> None:
    first, second = await street.meet(tmp_path, [(GENERATE, fault, 1)])
    assert first == every(BOUGHT, key=replace(BOUGHT, orders=2), nothing=DOUBT)
    assert second == every(FOUND, nothing=replace(DOUBT, orders=0))


@pytest.mark.parametrize("status", [307, 308, 401])
async def test_an_order_that_is_turned_away(street: Street, tmp_path: Path, status: int) -> None:
    elsewhere = instead(status, forward=False, location="http://127.0.0.1:9/")
    first, second = await street.meet(tmp_path, [(GENERATE, elsewhere, 1)])
    assert first == every(Outcome(State.REJECTED, 1, Rejected, (), Decimal(0)))
    assert second == every(BOUGHT)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset_unread, id="reset unread"),
        pytest.param(faults.reset_after, id="reset"),
        pytest.param(faults.closed_after, id="closed"),
        pytest.param(faults.silent, id="no answer"),
        pytest.param(faults.half_body, id="truncated JSON"),
        pytest.param(faults.half_reply, id="short of its length"),
        pytest.param(faults.endless, id="endless"),
        pytest.param(faults.dripping, id="dripping"),
        pytest.param(instead(504, forward=True), id="504"),
        pytest.param(instead(429, forward=False, retry_after="nan"), id="429 that makes no sense"),
        pytest.param(instead(200, HTML, "text/html", forward=True), id="HTML"),
        pytest.param(instead(200, forward=True), id="nothing"),
        pytest.param(instead(200, b"[1]", forward=True), id="JSON array"),
        pytest.param(faults.edited(lambda body: _changed(body, status="paused for review")), id="status unknown"),
        pytest.param(faults.edited(lambda body: _changed(body, status="succeeded", result=None)), id="no result"),
    ],
)
async def test_a_poll_that_fails_is_made_again(street: Street, tmp_path: Path, fault: Fault) -> None:
    first, second = await street.meet(tmp_path, [(JOB, fault, 1)], at=(STRICT,))
    assert first == {STRICT: BOUGHT}
    assert second == {STRICT: FOUND}


def _changed(body: bytes, **fields: Any) -> bytes:
    return json.dumps({**json.loads(body), **fields}).encode()


@pytest.mark.parametrize("status", [302, 404])
async def test_a_poll_that_is_turned_away_leaves_the_job_bought(street: Street, tmp_path: Path, status: int) -> None:
    elsewhere = instead(status, forward=False, location="http://127.0.0.1:9/")
    first, second = await street.meet(tmp_path, [(JOB, elsewhere, 1)], at=(STRICT,))
    assert first == {STRICT: replace(BOUGHT, state=State.SUBMITTED, error=Rejected)}
    assert second == {STRICT: FOUND}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset_after, id="reset"),
        pytest.param(faults.half_body, id="truncated JSON"),
        pytest.param(faults.dripping, id="dripping"),
        pytest.param(faults.endless, id="endless"),
        pytest.param(instead(503, forward=True), id="503"),
        pytest.param(instead(200, HTML, "text/html", forward=True), id="HTML"),
        pytest.param(instead(200, b'{"data": null}', forward=True), id="no list"),
    ],
)
async def test_a_look_up_that_fails_leaves_it_open(street: Street, tmp_path: Path, fault: Fault) -> None:
    first, second = await street.meet(tmp_path, [(GENERATE, faults.reset_after, 1), (LOOK_UP, fault, 1)], at=ASKED)
    assert first == dict.fromkeys(ASKED, replace(BOUGHT, state=State.SUBMITTING, error=Unavailable))
    assert second == dict.fromkeys(ASKED, FOUND)


def gif() -> bytes:
    """A moving picture of another kind, whole in itself."""
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    frames = [Image.new("RGB", (106, 60), colour) for colour in ("red", "blue") * 5]
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:], duration=500)
    return file.getvalue()


DOWNLOADS = [
    pytest.param(faults.reset_unread, id="reset unread"),
    pytest.param(faults.reset_after, id="reset"),
    pytest.param(faults.half_reply, id="short of its length"),
    pytest.param(faults.half_body, id="truncated"),
    pytest.param(faults.dripping, id="dripping"),
    pytest.param(instead(504, forward=True), id="504"),
    pytest.param(instead(302, forward=False, location="http://127.0.0.1:9/"), id="redirect"),
    pytest.param(instead(200, HTML, "text/html", forward=True), id="HTML"),
    pytest.param(instead(200, kind="video/mp4", forward=True), id="nothing"),
    pytest.param(instead(200, b"[1]", forward=True), id="JSON array"),
    pytest.param(instead(200, gif(), "video/mp4", forward=True), id="another kind of video"),
]


@pytest.mark.parametrize("fault", DOWNLOADS)
async def test_a_download_that_fails_is_made_again(street: Street, tmp_path: Path, fault: Fault) -> None:
    first, second = await street.meet(tmp_path, [(MEDIA, fault, 1)], at=(STRICT,))
    assert first == {STRICT: BOUGHT}
    assert second == {STRICT: FOUND}
    assert clips(tmp_path) == [street.houses[STRICT].film.read_bytes()]


def clips(home: Path) -> list[bytes]:
    return [path.read_bytes() for path in home.glob("*/bucket/clips/*/*.mp4")]


async def test_downloads_that_always_fail_leave_it_to_be_fetched(street: Street, tmp_path: Path) -> None:
    first, second = await street.meet(tmp_path, [(MEDIA, faults.half_reply, 99)], at=(STRICT,))
    assert first == {STRICT: replace(BOUGHT, state=State.READY, error=Unavailable)}
    assert second == {STRICT: FOUND}


async def test_a_download_without_end_is_broken_off(street: Street, tmp_path: Path) -> None:
    first, second = await street.meet(tmp_path, [(MEDIA, faults.endless, 1)], at=(STRICT,))
    assert first == {STRICT: replace(BOUGHT, state=State.READY, error=Rejected)}
    assert second == {STRICT: FOUND}
