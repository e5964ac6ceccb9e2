"""Budgets, cancelling and reconciling as flows, on one production that is refused or given up early."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.client.schemas.objects import FlowRun

from blocks import Budget
from callsheet.briefs import load_brief
from callsheet.errors import BudgetError, SettingsError
from callsheet.ledger.queries import entries, production_rows
from callsheet.ledger.reconcile import Reconciliation
from callsheet.ledger.store import Ledger, open_ledger
from tests.flows.conftest import EXAMPLE, Made, run_flow


def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(home))


async def ledger_at(home: Path) -> Ledger:
    return await open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")


def test_the_whole_plan_has_to_fit_into_the_blocks_caps(prefect_server: None, tmp_path: Path) -> None:
    Budget(day=Decimal("2.19")).save("tight", overwrite=True)
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype", "campaign": "spring"})
    with pytest.raises(BudgetError, match=r"day .*: 2\.20 CNY more would pass the cap of 2\.19 CNY"):
        run_flow(tmp_path, brief, budget_block="tight")
    with pytest.raises(SettingsError, match="there is no block callsheet-budget/none"):
        run_flow(tmp_path, brief, budget_block="none")

    async def left() -> tuple[int, list[str]]:
        ledger = await ledger_at(tmp_path)
        rows = await production_rows(ledger)
        found = await entries(ledger)
        await ledger.close()
        return len(found), [f"{row.campaign} {row.status} {bool(row.run)}" for row in rows]

    assert asyncio.run(left()) == (0, ["spring open True"])  # nothing of it is reserved
    assert not (tmp_path / "studio" / "media").exists() or not list((tmp_path / "studio" / "media").iterdir())


def test_a_cancelled_run_gives_its_production_up(
    prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(tmp_path, monkeypatch)
    Budget(day=Decimal("1.00")).save("tight", overwrite=True)
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype"})
    with pytest.raises(BudgetError):
        run_flow(tmp_path, brief, budget_block="tight")
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))

    async def give_it_up() -> tuple[Any, Any]:
        from flows.marketing_video import marketing_video
        from tasks import give_up

        ledger = await ledger_at(tmp_path)
        before = (await production_rows(ledger))[0]
        run = SimpleNamespace(id=before.run, parameters={"ledger_block": None})
        await give_up(cast(Any, None), cast(FlowRun, run), cast(Any, None))
        after = (await production_rows(ledger))[0]
        await ledger.close()
        assert give_up in (marketing_video.on_cancellation_hooks or [])
        return before, after

    before, after = asyncio.run(give_it_up())
    assert (before.status, after.status) == ("open", "cancelled")


def test_reconciling_a_finished_production_finds_nothing_to_do(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    at_home(made.home, monkeypatch)
    from flows.reconcile import reconcile_purchases

    done = Reconciliation.model_validate(asyncio.run(reconcile_purchases()))
    assert done.lines == ()
    assert done.provider == "studio"
    assert os.environ["CALLSHEET_HOME"] == str(made.home)
