"""Approval by a person, on real runs of deployments: what is shown, what each answer does, and that waiting is free."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callsheet.briefs.variants import VariantsBrief
from callsheet.ledger.approvals import approvals_of, record_approval
from callsheet.ledger.store import open_ledger
from callsheet.money import Money
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from flows import approvals as looking
from flows.approvals import approvals
from flows.marketing_video import marketing_video
from flows.product import product
from tasks.approval import approved
from tasks.commissioned import Asked, planned
from tests.flows.asking import Asking, asked, in_a_process, resumed, shown, started, state_of, step
from tests.flows.test_operations import events
from tests.ledger.fakes import until
from tests.studio.served import Receiver

LAMP: dict[str, Any] = {
    "name": "Lamp",
    "description": "a brass lamp",
    "slogan": "Light.",
    "language": "en-US",
    "duration": 5,
}
LAMP["tier"] = "prototype"
TEST: dict[str, Any] = {
    "name": "Lamps",
    "description": "a brass lamp",
    "language": "en-US",
    "tier": "prototype",
    "seconds": 3,
    "hook": "Light.",
    "call_to_action": "Buy.",
    "variations": [{"style": "modern"}, {"style": "vintage"}],
}
MARKETING = "flows.marketing_video.marketing_video"
ASKING = "tests.flows.test_approval.asking"


@product("asking", VariantsBrief, "A product that ends where the buying begins.")
async def asking(commissioned: Asked) -> dict[str, Any]:
    """What was approved."""
    prepared = await approved(commissioned, await planned(commissioned))
    return {
        "digest": prepared.plan.digest,
        "works": [work.id for work in prepared.plan.works],
        "tier": prepared.brief.tier,
        "cap": str(prepared.cap),
    }


@pytest.fixture
def here(prefect_server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    """A studio that is served and billed for, and the settings of who buys from it."""
    flat, rendered = flat_renderer(8), list[str]()

    def render(request: Any, *more: Any) -> Any:
        rendered.append(request.feature)
        return flat(request, *more)

    with serving(studio_app(Studio(tmp_path / "shop", renderer=render), serve=True)) as at:
        ours = {
            "CALLSHEET_HOME": str(tmp_path / "home"),
            "CALLSHEET_PROVIDER": "sora",
            "CALLSHEET_PROVIDER_URL": f"{at}/v1/sora",
            "CALLSHEET_PROVIDER_KEY": "any",
        }
        for name, value in ours.items():
            monkeypatch.setenv(name, value)
        yield Asking(tmp_path / "home", tmp_path / "shop", {**os.environ}, rendered)


async def recorded(here: Asking) -> list[tuple[str, str]]:
    ledger = await open_ledger(f"sqlite:///{here.home / 'ledger.sqlite'}")
    found = [(str(one.quoted), one.by) for one in await approvals_of(ledger)]
    await ledger.close()
    return found


async def test_an_approved_run_goes_on_in_a_fresh_process_and_buys_each_clip_once(here: Asking) -> None:
    run = await started(marketing_video, MARKETING, brief=LAMP)
    state = await step(marketing_video, run)
    assert (state.type.value, state.name) == ("PAUSED", "Suspended")
    assert here.nothing_happened
    said, fields = await asked(run)
    assert said.startswith("**0.50 CNY** for “Lamp”, by sora@")
    assert fields == ["decision", "reason", "by"], "there is no lower tier, and one work"
    artifacts = await shown(run)
    assert "| **total** | | | **0.50 CNY** |" in artifacts["plan"]
    (page,) = (here.home / "bucket").rglob("storyboard.html")
    assert str(page) in artifacts["storyboard"] and "a brass lamp" in page.read_text()

    answer = await resumed(run, decision="approve", by="Mia")
    assert answer["status"] == "ACCEPT"
    told = in_a_process(run, here.environment)
    state = await state_of(run)
    assert state.is_completed(), told
    assert "asked for 0.50 CNY, Mia answered: approve" in told
    assert [amount for _, amount, _ in here.charges] == [Decimal("0.50")]
    assert here.rendered == ["text_to_video"]
    assert await recorded(here) == [("0.50 CNY", "Mia")]
    assert len(list((here.home / "bucket").rglob("manifest.json"))) == 1

    again = await started(marketing_video, MARKETING, brief=LAMP)
    assert (await step(marketing_video, again)).is_completed(), "the approval is the plan's, and it is published"
    assert len(here.charges) == len(here.rendered) == 1
    assert again != run


async def test_a_run_that_is_refused_ends_with_the_reason_and_has_spent_nothing(
    here: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await started(marketing_video, MARKETING, brief=LAMP)
    receiver = Receiver()
    with receiver.served() as there:
        monkeypatch.setenv("CALLSHEET_NOTICE_URLS", there)
        monkeypatch.setenv("CALLSHEET_NOTICE_SECRET", "whsec_" + "bm5u" * 10)
        await step(marketing_video, run)
        ((headers, body),) = receiver.got
        monkeypatch.delenv("CALLSHEET_NOTICE_URLS")
    told = json.loads(body)
    assert told["type"] == "production.awaiting-approval" and "webhook-signature" in headers
    assert (told["data"]["price"], told["data"]["flow_run"]) == ("0.50 CNY", str(run))

    async def heard() -> bool:
        found = await events("callsheet.production.awaiting-approval")
        return [one["payload"] for one in found if one["payload"]["flow_run"] == str(run)] == [told["data"]]

    await until(heard)
    wrong = await resumed(run, decision="buy it")
    assert wrong["status"] == "REJECT" and "decision" in wrong["details"]["reason"]
    assert (await resumed(run, decision="reject", reason="too dear", by="Ben"))["status"] == "ACCEPT"
    state = await step(marketing_video, run)
    assert state.is_failed()
    assert "refused by Ben: too dear; 0.50 CNY were not approved and nothing was bought" in state.message
    assert here.nothing_happened and await recorded(here) == []


async def test_a_lower_tier_is_another_plan_at_the_price_that_was_shown(here: Asking) -> None:
    run = await started(asking, ASKING, brief={**TEST, "tier": "professional"})
    await step(asking, run)
    said, fields = await asked(run)
    assert fields == ["decision", "lower_to", "cells", "reason", "by"]
    assert "| social | 1.44 CNY |" in said and "| prototype | 0.60 CNY |" in said, said
    await resumed(run, decision="lower tier", lower_to="social", by="Mia")
    state = await step(asking, run)
    assert state.is_completed(), state.message
    made = await state.aresult()
    assert (made["tier"], made["cap"]) == ("social", "1.44 CNY")
    assert made["digest"][:16] not in said, "another plan"
    assert await recorded(here) == [("1.44 CNY", "Mia")]


async def test_works_are_dropped_and_what_was_not_shown_is_asked_for_again(here: Asking) -> None:
    run = await started(asking, ASKING, brief={**TEST, "variations": [*TEST["variations"], {"style": "cinematic"}]})
    await step(asking, run)
    said, _ = await asked(run)
    works = [line.split("|")[1].strip() for line in said.partition("| Without | Price |")[2].splitlines()[2:]]
    assert len(works) == 3, said
    await resumed(run, decision="drop cells", cells=works[:2], by="Mia")
    state = await step(asking, run)
    assert state.name == "Suspended"
    said, fields = await asked(run)
    assert said.startswith("That costs ") and "which was not shown before" in said
    assert "cells" not in fields, "one work is left"
    await resumed(run, decision="approve", by="Mia")
    state = await step(asking, run)
    made = await state.aresult()
    assert len(made["works"]) == 1
    assert here.nothing_happened


async def test_what_can_not_be_made_so_is_said_and_asked_again(here: Asking) -> None:
    run = await started(asking, ASKING, brief=TEST)
    await step(asking, run)
    works = [name for name in (await asked(run))[0].split() if name.startswith("v0")]
    assert (await resumed(run, decision="drop cells", cells=sorted(set(works))))["status"] == "ACCEPT"
    assert (await step(asking, run)).name == "Suspended"
    assert (await asked(run))[0].startswith("That can't be made: ")
    assert (await resumed(run, decision="drop cells", cells=["v09"]))["status"] == "REJECT"


async def test_an_answer_counts_for_the_offer_that_was_shown(here: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The price list changes between the question and the fresh process: the yes was to something else."""
    run = await started(asking, ASKING, brief=TEST)
    await step(asking, run)
    await resumed(run, decision="approve", by="Mia")
    prices = {
        "provider": "sora",
        "currency": "CNY",
        "source": "the contract",
        "read_on": "2026-11-22",
        "versions": [{"valid_from": "2026-01-01", "per_second": {"480p": "0.90"}}],
    }
    (here.home.parent / "prices.json").write_text(json.dumps(prices))
    monkeypatch.setenv("CALLSHEET_PRICES", str(here.home.parent / "prices.json"))
    state = await step(asking, run)
    assert state.name == "Suspended"
    assert (await asked(run))[0].startswith("**5.40 CNY**")
    assert await recorded(here) == [] and here.nothing_happened


async def test_an_approval_in_the_ledger_counts_for_its_own_plan_only(here: Asking) -> None:
    run = await started(asking, ASKING, brief=TEST)
    mark = (await step(asking, run)).state_details.pause_key
    name = str((await state_of(run)).id)
    identity = (await asked(run))[0].partition("by ")[2].partition(".\n")[0]
    ledger = await open_ledger(f"sqlite:///{here.home / 'ledger.sqlite'}")
    price = Money(amount=Decimal("50"), currency="CNY")
    given: dict[str, Any] = {"provider": identity, "name": "Lamps", "quoted": price, "up_to": price, "by": "Mia"}
    await record_approval(ledger, digest="0" * 64, **given)
    assert (await approvals())["released"] == []
    assert str((await state_of(run)).id) == name, "it waits as before"
    await resumed(run, decision="look again")
    state = await step(asking, run)
    assert state.name == "Suspended" and state.state_details.pause_key != mark
    assert (await asked(run))[0].startswith("The ledger has no approval of this plan at this price.")

    dry = await step(asking, await started(asking, ASKING, brief=TEST, dry_run=False, approve_up_to="50"))
    digest = (await dry.aresult())["digest"]
    await record_approval(ledger, digest=digest, **given)
    await ledger.close()
    assert len((await approvals())["released"]) == 1
    state = await step(asking, run)
    assert (await state.aresult())["digest"] == digest


async def test_half_of_the_time_a_reminder_and_at_its_end_a_no(here: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await started(marketing_video, MARKETING, brief=LAMP, wait_for_approval_hours=10)
    await step(marketing_video, run)
    later = dt.timedelta(0)
    monkeypatch.setattr(looking, "now", lambda: dt.datetime.now(dt.UTC) + later)
    assert await approvals() == {"released": [], "reminded": [], "ended": []}
    later = dt.timedelta(hours=6)
    assert len((await approvals())["reminded"]) == len((await approvals())["reminded"]) == 1

    reminders: list[Any] = []

    async def reminded() -> bool:
        found = await events("callsheet.production.awaiting-approval.reminder")
        reminders[:] = [one for one in found if one["payload"]["flow_run"] == str(run)]
        return bool(reminders)

    await until(reminded)
    (event,) = reminders
    assert event["payload"]["hours_left"] == pytest.approx(4, abs=0.1)
    later = dt.timedelta(hours=10, seconds=1)
    assert len((await approvals())["ended"]) == 1
    state = await step(marketing_video, run)
    assert state.is_failed()
    assert "refused by callsheet: nobody has decided within 10 hours" in state.message
    assert here.nothing_happened


async def test_who_may_not_wait_is_refused_at_once(here: Asking) -> None:
    run = await started(marketing_video, MARKETING, brief=LAMP, wait_for_approval_hours=0)
    state = await step(marketing_video, run)
    assert state.is_failed() and "nobody has approved it" in state.message
    assert here.nothing_happened
