"""The question that `callsheet make` asks on a terminal at a provider that bills: when, and what a no is."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callsheet.briefs import parse_brief
from callsheet.cli.make import make
from callsheet.desk import open_desk
from callsheet.errors import BudgetError, CallsheetError, SettingsError
from callsheet.ledger.buy import buy
from callsheet.ledger.order import orders_of
from callsheet.money import price_list
from callsheet.production import Production, begin
from callsheet.products import plan_of
from callsheet.settings import settings_from_environment
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving

BRIEF = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}
OWN = """
provider: vllm-omni
currency: CNY
source: the power of a machine of our own
read_on: 2026-11-22
versions: [{valid_from: 2026-11-01, per_second: {480p: "0.02"}}]
"""
QUESTION = "Buy this for 0.50 CNY from sora@"
Ask = Callable[..., tuple[CallsheetError, str]]


@pytest.fixture
def billed(tmp_path: Path) -> Iterator[tuple[Studio, str]]:
    studio = Studio(tmp_path / "served", renderer=flat_renderer(8))
    with serving(studio_app(studio)) as url:
        yield studio, f"{url}/v1/sora"


@pytest.fixture
def ask(tmp_path: Path, billed: tuple[Studio, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Runs `callsheet make` on a terminal on which the answer is typed ahead: its error, and what the terminal shows.

    The first choice is a server that is down, at 0.10 CNY; its fallback is the served studio, at 0.50 CNY.
    """
    (tmp_path / "own.yaml").write_text(OWN)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for name, value in {
            "HOME": str(tmp_path / "home"),
            "PRICES": str(tmp_path / "own.yaml"),
            "PROVIDER": "vllm-omni",
            "PROVIDER_URL": f"http://127.0.0.1:{nobody.getsockname()[1]}/v1",
            "FALLBACK": f"sora={billed[1]}",
            "FALLBACK_KEYS": "sora=any",
        }.items():
            monkeypatch.setenv(f"CALLSHEET_{name}", value)

        def run(answer: str, *options: object, **fields: Any) -> tuple[CallsheetError, str]:
            brief = tmp_path / "brief.json"
            brief.write_text(json.dumps({**BRIEF, "tier": "prototype", **fields}))
            near, far = os.openpty()
            try:
                os.write(near, answer.encode())
                with (
                    monkeypatch.context() as terminal,
                    os.fdopen(far, closefd=False) as typed,
                    os.fdopen(far, "w") as screen,
                ):
                    terminal.setattr("sys.stdin", typed)
                    terminal.setattr("sys.stderr", screen)
                    with pytest.raises(CallsheetError) as caught:
                        make.main([str(brief), *map(str, options)], standalone_mode=False)
                return caught.value, _shown(near)
            finally:
                os.close(near)

        yield run


def _shown(near: int) -> str:
    shown = b""
    try:
        while more := os.read(near, 65536):
            shown += more
    except OSError:  # how a terminal says that nobody writes to it any more
        pass
    return re.sub(r"\s+", " ", shown.decode())


def test_the_dearer_fallback_is_asked_about_by_its_price_and_a_no_buys_nothing(
    ask: Ask, billed: tuple[Studio, str]
) -> None:
    error, shown = ask("n\n")
    assert isinstance(error, BudgetError)
    assert error.message == "not approved; nothing was bought"
    said = ["passed over, down", "to be bought from sora@", "for 0.50 CNY, +0.40 CNY to the first choice", QUESTION]
    places = [shown.index("0.10"), *(shown.index(words) for words in said)]
    assert places == sorted(places), shown
    assert said[2] in shown[: shown.rindex("total")], "its own quote stands right before the question"
    assert billed[0].books.charges() == []


def test_a_yes_is_an_approval_at_the_price_that_was_said(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # what comes next after the approval is the folder for `--out`, which can't be made
    error, shown = ask("y\n", "--out", tmp_path / "file" / "out")
    assert isinstance(error, SettingsError)
    assert "can't be made" in error.message
    assert QUESTION in shown


def test_the_question_says_what_is_paid_for_already(ask: Ask, billed: tuple[Studio, str]) -> None:
    async def bought() -> None:
        settings = settings_from_environment(provider="sora", provider_url=billed[1], provider_key="any")
        plan = plan_of(parse_brief({**BRIEF, "tier": "prototype"}), {}, price_list("sora"))
        async with open_desk(settings, features=plan.features) as desk:
            production = Production(plan, desk)
            orders = orders_of(plan, production.id, cap=plan.total)
            await begin(production, orders)
            await buy(orders[0], desk)

    asyncio.run(bought())
    _, shown = ask("n\n")
    assert re.search(QUESTION + r"\S+\? 0.50 CNY of it is paid for already and not charged again. \[y/N\]", shown)


def test_nobody_is_asked_about_what_a_budget_refuses(ask: Ask, billed: tuple[Studio, str]) -> None:
    error, shown = ask("y\n", budget="0.30")
    assert error.message == "the plan costs 0.50 CNY, the brief's budget is 0.30 CNY"
    assert "Buy this" not in shown
    assert billed[0].books.charges() == []
