"""The child's side: a process that buys a plan as a flow does, started by a fork of a process that has imported all.

It says when it begins and how it ended through a pipe. Waiting times are shortened, nothing else is.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from callsheet.desk import Desk, open_desk
from callsheet.errors import BudgetError, CallsheetError
from callsheet.ledger import clarify, poller, submit
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order, orders_of, reserve
from callsheet.media.images import Media
from callsheet.plan import Plan
from callsheet.production import together
from callsheet.provider.catalogue import catalogue
from callsheet.settings import Settings

BOTH = ("client_reference", "idempotency_key")
READY, GO = "ready", "go"


@dataclass(frozen=True)
class Errand:
    """What one process is to do. `shift` is in seconds, added to its ledger's clock.

    `fault` kills it at a fault point, `fsync` at its so-many-th file that is written and has no name in the bucket yet.
    `believed_after` is how old an order must be before a provider's word that it knows nothing of it is believed: the
    tests see to it that nothing of a dead process is on its way.
    """

    settings: Settings
    plan: Plan
    images: tuple[tuple[Media, bytes], ...] = ()
    lost_replies: tuple[str, ...] = BOTH
    fault: str | None = None
    fsync: int | None = None
    part_bytes: int | None = None
    shift: float = 0.0
    believed_after: float = 0.0
    waits: bool = False


Way = Callable[["Errand", Desk], Awaitable[Any]]


def work(errand: Errand, way: Way, wire: Connection) -> None:
    """The life of a buyer: `READY`, then perhaps a `GO`, then what `way` gave, or the error that it ended with."""
    _arrange(errand)
    wire.send(asyncio.run(_work(errand, way, wire)))


async def _work(errand: Errand, way: Way, wire: Connection) -> Any:
    try:
        async with open_desk(errand.settings, features=errand.plan.features) as desk:
            desk.ledger.clock.shift = errand.shift
            wire.send(READY)
            if errand.waits and wire.recv() != GO:
                raise RuntimeError("it was told something else than to go")
            return await way(errand, desk)
    except CallsheetError as error:
        return error


async def all_at_once(errand: Errand, desk: Desk) -> list[Bought]:
    """Everything in the plan: reserved together, then bought at the same time."""
    orders = orders_of(errand.plan, errand.plan.production_id(desk.identity), cap=errand.plan.total)
    for media, data in errand.images:
        await desk.keep_input(media, data)
    await reserve(orders, desk)
    return await together([buy(order, desk) for order in orders])


async def one_by_one(errand: Errand, desk: Desk) -> list[Bought]:
    """The first purchase of the plan in one take after the other, until a cap forbids the next."""
    bought: list[Bought] = []
    purchase, tier = errand.plan.purchases[0], errand.plan.tier
    while True:
        take = purchase.model_copy(update={"take": len(bought) + 1})
        order = Order(purchase=take, production_id=errand.plan.production_id(desk.identity), tier=tier)
        try:
            bought.append(await buy(order, desk))
        except BudgetError:
            return bought


def _arrange(errand: Errand) -> None:
    catalogue()["studio"].update(poll_seconds=0.02, lost_replies=list(errand.lost_replies))
    submit.PAUSE = clarify.PAUSE = poller.PAUSE = 0.01
    clarify.BELIEVED_AFTER = errand.believed_after
    if errand.fault is not None:
        os.environ["CALLSHEET_FAULT"] = errand.fault
    if errand.fsync is not None:
        _die_at_fsync(errand.fsync)
    if errand.part_bytes is not None:
        _send_in_parts(errand.part_bytes)


def _die_at_fsync(number: int) -> None:
    from callsheet import faults

    real, left = os.fsync, [number]

    def fsync(handle: int) -> None:
        left[0] -= 1
        if not left[0]:
            faults._die()
        real(handle)

    os.__dict__["fsync"] = fsync


def _send_in_parts(size: int) -> None:
    from callsheet import storage

    storage.__dict__["S3Settings"] = partial(storage.S3Settings, part_bytes=size)
