"""A scrape after known purchases gives exactly their numbers; log lines say what they are about."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callsheet import logs, progress
from callsheet.errors import JobFailed, SettingsError
from callsheet.ledger.buy import buy
from callsheet.ledger.store import Ledger
from callsheet.metrics import METRICS, exposition, metrics_app
from callsheet.provider.protocol import JobStatus
from callsheet.testing import serving
from tests.ledger.fakes import Fake, desk_of, given_up, opened, order
from tests.markdown import codes, table

Values = dict[tuple[str, tuple[str, ...]], float]


def read(text: str) -> Values:
    """Every sample by its name and the values of its labels, as Prometheus's own parser reads it."""
    return {
        (
            sample.name,
            tuple(sample.labels[name] for name in METRICS[sample.name.removesuffix("_total")][2]),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def fetched(url: str) -> tuple[str, str]:
    """The media type and the text of an address."""
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 (an address on loopback)
        return answer.headers["content-type"], answer.read().decode()


async def scraped(ledger: Ledger) -> Values:
    return read((await exposition(ledger)).decode())


async def test_exact_numbers_after_known_purchases(ledger_url: str, tmp_path: Path) -> None:
    fake = Fake()
    async with desk_of(tmp_path, fake, ledger_url) as desk:
        assert await scraped(desk.ledger) == {}
        await opened(desk, "lamp-1")
        await given_up(desk, order("lamp-1", take=9), buy)
        fake.status = JobStatus.SUCCEEDED
        await buy(order("lamp-1"), desk)
        await buy(order("lamp-1", take=2), desk)
        fake.status = JobStatus.FAILED
        with pytest.raises(JobFailed):
            await buy(order("lamp-1", take=3), desk)
        desk.ledger.clock.shift = 1000
        found = await scraped(desk.ledger)
        work, money = ("studio", "text_to_video"), ("studio", "rehearsal", "CNY")
        assert found["callsheet_charged_total", money] == 1.5
        assert found["callsheet_reserved", money] == 0.5
        assert {labels[-1]: value for (name, labels), value in found.items() if name == "callsheet_purchases"} == {
            "settled": 2,
            "submitted": 1,
            "failed": 1,
        }
        assert found["callsheet_deliveries_total", work] == 2
        assert 0 < found["callsheet_wait_seconds_total", work] < 60
        assert found["callsheet_clip_seconds_total", work] == pytest.approx(2 * 5 / 30, abs=0.02)
        assert 1000 <= found["callsheet_oldest_seconds", ("studio", "submitted")] < 1100
        assert found["callsheet_productions", ("marketing", "open")] == 1


async def test_what_is_served_is_what_is_printed_and_documented(tmp_path: Path) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    async with desk_of(tmp_path, fake) as desk:
        await buy(order(), desk)
        printed = await scraped(desk.ledger)
    from callsheet.ledger.store import open_ledger

    ledger = await open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with serving(metrics_app(ledger)) as at:
        media, text = await asyncio.to_thread(fetched, f"{at}/metrics")
    await ledger.close()
    assert media.startswith("text/plain")
    assert read(text) == printed
    rows = table("docs/operations.md", "Metric", "Labels")
    shown = {codes(row[0])[0]: tuple(codes(row[1])) for row in rows}
    assert shown == {f"{name}_total" if kind == "counter" else name: tags for name, (kind, _, tags) in METRICS.items()}


async def test_log_lines_say_what_they_are_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, out = logging.getLogger("callsheet"), io.StringIO()
    before, watchers = list(ours.handlers), list(progress._watchers)
    monkeypatch.setenv("CALLSHEET_LOG", "json")
    monkeypatch.setattr("sys.stderr", out)
    try:
        logs.configure()
        logs.configure()  # once for a process
        assert len(ours.handlers) == len(before) + 1
        fake = Fake()
        fake.status = JobStatus.SUCCEEDED
        async with desk_of(tmp_path, fake) as desk:
            wanted = order()
            await buy(wanted, desk)
        with logs.about(production="lamp-7"):
            logging.getLogger("callsheet.studio").warning("a %s\nline", "second")
    finally:
        ours.handlers[:], progress._watchers[:] = before, watchers
        ours.setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    bought = [line for line in lines if line["logger"] == "callsheet.work"]
    assert [line["state"] for line in bought][-1] == "bought"
    assert {(line["production"], line["purchase"], line["key"]) for line in bought} == {
        ("lamp-1", wanted.purchase.id, wanted.key("studio"))
    }
    assert bought[-1]["charged"] == "0.50 CNY"
    assert lines[-1]["message"] == "a second\nline" and lines[-1]["production"] == "lamp-7"


def test_another_form_of_log_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_LOG", "xml")
    with pytest.raises(SettingsError, match="CALLSHEET_LOG: xml is not allowed; it must be json or text"):
        logs.configure()
