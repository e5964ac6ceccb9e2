"""Metrics in Prometheus's text format, read from the ledger: right over all processes, and after a restart.

The table in docs/operations.md says what each of them means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from callsheet.ledger.figures import Figures, Labels, figures
from callsheet.ledger.store import Ledger

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from starlette.applications import Starlette

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PLACE, WORK = ("provider", "money", "currency"), ("provider", "feature")
METRICS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "callsheet_charged": ("counter", "What providers have charged.", PLACE),
    "callsheet_reserved": ("gauge", "The quotes of what is ordered, about to be, or in doubt.", PLACE),
    "callsheet_purchases": ("gauge", "Purchases by their state.", ("provider", "feature", "money", "state")),
    "callsheet_oldest_seconds": (
        "gauge",
        "Age of the oldest one in a state that is no end.",
        ("provider", "state"),
    ),
    "callsheet_deliveries": ("counter", "Purchases whose result has come.", WORK),
    "callsheet_wait_seconds": ("counter", "Time between order and result of all deliveries.", WORK),
    "callsheet_clip_seconds": ("counter", "Length of all clips that were fetched.", WORK),
    "callsheet_productions": ("gauge", "Productions by their status.", ("kind", "status")),
    "callsheet_notices": ("gauge", "Notices by their state.", ("type", "state")),
}
"""Name: kind, meaning, labels. A counter is shown with `_total` behind its name."""


async def exposition(ledger: Ledger) -> bytes:
    """All metrics as they stand, as a scraper reads them."""
    from prometheus_client import CollectorRegistry, generate_latest

    read = await figures(ledger)

    class Ours:
        def collect(self) -> Iterator[Metric]:
            yield from _metrics(read)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Ours())
    return generate_latest(registry)


def metrics_app(ledger: Ledger) -> Starlette:
    """Serves `/metrics`. It tells what is spent, so it belongs behind a door."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def scrape(_: Request) -> Response:
        return Response(await exposition(ledger), media_type=CONTENT_TYPE)

    return Starlette(routes=[Route("/metrics", scrape)])


def _metrics(read: Figures) -> Iterator[Metric]:
    values: dict[str, Mapping[Labels, object]] = {
        "callsheet_charged": read.charged,
        "callsheet_reserved": read.reserved,
        "callsheet_purchases": read.purchases,
        "callsheet_oldest_seconds": read.oldest,
        "callsheet_deliveries": read.waits,
        "callsheet_wait_seconds": read.waited,
        "callsheet_clip_seconds": read.clip_seconds,
        "callsheet_productions": read.productions,
        "callsheet_notices": read.notices,
    }
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for name, (kind, meaning, labels) in METRICS.items():
        family = (CounterMetricFamily if kind == "counter" else GaugeMetricFamily)(name, meaning, labels=labels)
        for found, value in sorted(values[name].items()):
            family.add_metric(found, float(str(value)))
        yield family
