"""One production: a plan that is being made at a desk, its account in the ledger, its inputs in the bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from callsheet.briefs.files import Files
from callsheet.desk import Desk
from callsheet.ledger.order import Order, reserve
from callsheet.ledger.queries import open_production
from callsheet.plan.model import Plan, Work
from callsheet.production.basing import to_reserve
from callsheet.storage.keys import clip_key

T = TypeVar("T")


@dataclass(frozen=True)
class Production:
    """A plan that is being made at a desk."""

    plan: Plan
    desk: Desk

    @property
    def id(self) -> str:
        """Where its works live in the bucket."""
        return self.plan.production_id(self.desk.identity)

    @property
    def location(self) -> str:
        """Where a person finds them."""
        return self.desk.bucket.location(self.id)

    def work(self, id: str) -> Work:
        """The work of this name. Raises `KeyError` for one that the plan doesn't have."""
        return next((work for work in self.plan.works if work.id == id), None) or _unknown(id)


def _unknown(id: str) -> Work:
    raise KeyError(id)


async def begin(production: Production, orders: Sequence[Order], *, run: str | None = None) -> None:
    """Records that the production is being made, by flow run `run`, and reserves the price of all its orders.

    Raises `BudgetError` when they don't fit into every cap together; then nothing is reserved or sent.
    """
    plan, desk = production.plan, production.desk
    fields: dict[str, Any] = {"id": production.id, "kind": plan.kind, "name": plan.name, "digest": plan.digest}
    fields |= {"campaign": orders[0].campaign, "provider": desk.identity, "needs": list(needs(plan))}
    await open_production(desk.ledger, fields, plan.total, run)
    await reserve(await to_reserve(orders, desk), desk)


def needs(plan: Plan) -> tuple[str, ...]:
    """Where everything lies that a plan was given: images, and the files of its brand."""
    return tuple([clip_key(m.sha256, m.suffix) for m in plan.inputs] + [given.key for given in plan.given])


async def stage_inputs(production: Production, files: Files) -> None:
    """Puts a brief's images and its brand's files into the bucket, from where every machine reads them."""
    desk = production.desk
    for media, data in files.staged():
        await desk.keep_input(media, data)
    for given, path in files.kept():
        await desk.bucket.put_file(given.key, path, sha256=given.sha256)


async def together(calls: Sequence[Awaitable[T]]) -> list[T]:
    """All results in order. When one fails the others still finish, as they are paid for; then its error comes."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done
