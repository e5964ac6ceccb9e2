"""What the tasks that spend money share: when they are repeated, and under which key their result is found again.

A purchase is repeated only where the error says that it may be: the ledger makes the repetition go on, not buy again.
The cache key holds the purchase key, so that cache and ledger can't disagree; it also names ledger and bucket, as a
result speaks of what lies in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from prefect import Task
from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext

from callsheet.canonical import digest
from callsheet.desk import desk_in_use, provider_identity, settings_in_use
from callsheet.errors import CallsheetError
from callsheet.ledger.order import Order
from callsheet.settings import Settings
from callsheet.standins import perform
from tasks.artifacts import show_progress

RETRY_DELAYS: list[float] = [2, 10, 30]
"""Seconds before each repetition. The core has repeated quick failures by itself before an error comes this far."""


def may_repeat(_: Task[..., Any], __: TaskRun, state: State[Any]) -> bool:
    """Whether the error says that the very same call may be made again."""
    error = state.data if isinstance(state.data, BaseException) else state.result(raise_on_failure=False)
    return isinstance(error, CallsheetError) and error.retryable


def place(settings: Settings) -> str:
    """Names ledger and bucket, without what is secret in their addresses."""
    address = re.sub(r"//([^:/@]+):[^@]*@", r"//\1@", settings.ledger_address())
    return digest([address, settings.bucket_url(), settings.bucket_endpoint])[:12]


@dataclass
class PurchaseKey(CachePolicy):
    """`purchase/v2/<place>/<purchase key>/<names>`: a receipt also says what its production calls the clips."""

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str | None:
        """The key of the order; None, so no caching, for a task without one."""
        order = inputs.get("order")
        if not isinstance(order, Order):
            return None
        settings = settings_in_use()
        names = digest([order.production_id, order.purchase.id, order.purchase.clips])[:12]
        return f"purchase/v2/{place(settings)}/{order.key(provider_identity(settings, order.feature))}/{names}"


BUYING: dict[str, Any] = {
    "retries": len(RETRY_DELAYS),
    "retry_delay_seconds": RETRY_DELAYS,
    "retry_condition_fn": may_repeat,
    "cache_policy": PurchaseKey(),
    "persist_result": True,
    "result_serializer": "json",
}


async def bought(order: Order) -> dict[str, Any]:
    """The purchase as plain JSON: keys, digests and amounts, never media."""
    async with desk_in_use() as desk:
        receipt = (await perform(order, desk)).model_dump(mode="json")
        await show_progress(order.production_id, desk)
        return receipt
