"""Price lists of one's own: read, refused field by field, and what a relay's clips are quoted and charged by."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.provider import VideoProvider
from callsheet.approval import approve
from callsheet.budget import Caps
from callsheet.desk import Desk
from callsheet.errors import BudgetError, Incapable, SettingsError, Unavailable
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, orders_of, reserve
from callsheet.ledger.report import MoneyTable, report
from callsheet.ledger.store import open_ledger
from callsheet.ledger.sums import sales
from callsheet.money import Money, price_list
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.choice import approve_choice, choose
from callsheet.provider.dialects import make_provider
from callsheet.provider.http import HttpClient
from callsheet.provider.options import Option, options_of
from callsheet.provider.prices import LARGEST_LIST, OwnPrices, parse_prices
from callsheet.settings import Settings, settings_from_environment
from callsheet.storage import open_bucket
from tests.provider.sites import Answer, Site, Stub, site, street
from tests.studio.films import film
from tests.studios import small_plan

TODAY = dt.date(2026, 11, 22)
LIST: dict[str, Any] = {
    "provider": "litellm",
    "currency": "USD",
    "source": "the operator's mail",
    "read_on": "2026-11-22",
    "versions": [
        {"valid_from": "2026-01-01", "per_second": {"720p": "9"}},
        {"valid_from": "2026-11-01", "per_second": {"720p": "0.12"}, "models": {"sora-2": {"720p": "0.05", "4K": 1}}},
        {"valid_from": "2126-01-01", "per_second": {"720p": "99"}},
    ],
}
PRICE = Money(amount=Decimal("0.40"), currency="USD")
"""8 s at 720p by the list above."""


def version(**fields: Any) -> dict[str, Any]:
    return {"versions": [{"valid_from": "2026-01-01", **fields}]}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"provider": "studio"}, 'provider: "studio" is not allowed; it must be one of sora, openai, '),
        ({"currency": "usd"}, 'currency: "usd" is not allowed; it must be a currency'),
        ({"source": ""}, 'source: "" is not allowed; it must not be empty'),
        ({"read_on": "soon"}, 'read_on: "soon" is not allowed; '),
        ({"versions": []}, "versions: [] is not allowed; it must have at least 1"),
        ({"versions": [{"valid_from": "2126-01-01"}]}, "versions: valid_from 2126-01-01 is not allowed; one must hold"),
        ({"versions": None}, "versions: null is not allowed; "),
        ({"key": "x"}, "key: a field of this name is not allowed; check its spelling"),
        (version(per_second={"720p": 0.1}), "versions[0].per_second.720p: 0.1 is not allowed; 0.1 is a float"),
        (version(per_second={"720p": True}), "versions[0].per_second.720p: true is not allowed; True is a bool"),
        (version(per_second={"720p": "-1"}), 'versions[0].per_second.720p: "-1" is not allowed; it must be at least 0'),
        (
            version(per_second={"720p": "NaN"}),
            '.720p: "NaN" is not allowed; it must be a decimal',
        ),
        (version(per_second={"720p": "1e9"}), '.720p: "1E+9" is not allowed; it must be at most 100000'),
        (version(per_second={"72p": "1"}), 'versions[0].per_second: {"72p": "1"} is not allowed; it must be 480p, '),
        (version(per_second={"4k": "1", "4K": "2"}), "it has two prices for 4k"),
        (version(models={"m": {"720p": ""}}), 'versions[0].models.m.720p: "" is not allowed; it must be a decimal'),
        (version(free=["lunch"]), 'versions[0].free: ["lunch"] is not allowed; each must be one of text_to_video'),
        (version(batch_discount={"low": "0"}), "a discount is for normal or high"),
        (
            version(batch_discount={"high": 2}),
            'high: "2" is not allowed; it must be at most 1',
        ),
    ],
)
def test_a_wrong_field_is_one_line_with_what_is_allowed(change: dict[str, Any], line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_prices({**LIST, **change}, "CALLSHEET_PRICES: p.yaml", TODAY)
    assert caught.value.message.startswith("CALLSHEET_PRICES: p.yaml: ")
    assert line in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", ["", "[]", "a: [", "\x00", "{" * 1500, "x: " + "y" * LARGEST_LIST, None])
def test_what_is_no_list_is_said_by_its_file(text: str | None, tmp_path: Path) -> None:
    path = tmp_path / "prices.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"^CALLSHEET_PRICES: .*prices\.yaml: .* is not allowed; "):
        settings_from_environment(home=tmp_path, prices=str(path))


def test_two_lists_of_one_provider_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, LIST)
    with pytest.raises(SettingsError, match="provider: litellm is not allowed; another list"):
        settings_from_environment(prices=f"{path},{path}")


def written(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / f"{data['provider']}.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def chosen(home: Path, address: str | None, data: dict[str, Any] = LIST, **more: Any) -> Settings:
    home.mkdir(exist_ok=True)
    fields = {"provider": data["provider"], "provider_url": address, "provider_model": "sora-2", "wait_seconds": 30}
    return settings_from_environment(home=home, prices=str(written(home, data)), **{**fields, **more})


def option(settings: Settings) -> Option:
    return options_of(small_plan(tier="social", duration=8), settings, today=TODAY)[0]


def quoted(settings: Settings) -> Any:
    found = option(settings)
    assert found.lowered is not None, found.error
    return found.lowered.plan


def test_a_relay_is_priced_by_the_version_and_model_of_its_list(tmp_path: Path) -> None:
    address = "http://relay.example/v1"
    assert quoted(chosen(tmp_path, address)).total == PRICE
    assert quoted(chosen(tmp_path, address, provider_model="another")).total.amount == Decimal("0.96")
    without = settings_from_environment(home=tmp_path, provider="litellm", provider_url=address, provider_model="m")
    assert isinstance(option(without).error, Incapable)
    other = chosen(tmp_path, address, {**LIST, "provider": "new-api"}, provider="litellm")
    assert isinstance(option(other).error, Incapable)  # a list is of the provider that it names


def test_its_digest_is_in_what_is_approved(tmp_path: Path) -> None:
    address = "http://relay.example/v1"
    plan = quoted(chosen(tmp_path, address))
    assert plan.price_list.startswith("litellm ")
    retold = quoted(chosen(tmp_path, address, {**LIST, "source": "another mail"}))
    assert retold.digest == plan.digest
    later = {**LIST["versions"][1], "models": {**LIST["versions"][1]["models"], "x": {"480p": "7"}}}
    changed = quoted(chosen(tmp_path, address, {**LIST, "versions": [later]}))
    assert changed.total == plan.total
    assert changed.digest != plan.digest
    assert changed.production_id("litellm") != plan.production_id("litellm")


def test_an_approval_and_a_fallback_hold_to_it(tmp_path: Path) -> None:
    plan = quoted(chosen(tmp_path, "http://relay.example/v1"))
    nobody: dict[str, Any] = {"rehearsal": False, "budget": None, "auto_below": Decimal(0)}
    with pytest.raises(BudgetError, match=r"costs 0\.40 USD and nobody has approved"):
        approve(plan, up_to=None, **nobody)
    with pytest.raises(BudgetError, match=r"costs 0\.40 USD, approved are 0\.39 USD"):
        approve(plan, up_to=Decimal("0.39"), **nobody)


async def test_a_fallback_is_chosen_and_refused_by_its_price(tmp_path: Path) -> None:
    dear = {**LIST, "provider": "new-api"}
    paths = f"{written(tmp_path, LIST)},{written(tmp_path, dear)}"
    settings = settings_from_environment(
        home=tmp_path,
        prices=paths,
        provider="litellm",
        provider_url="http://a.example/v1",
        provider_model="sora-2",
        fallback="new-api#another=http://b.example/v1",
    )
    options = options_of(small_plan(tier="social", duration=8), settings, today=TODAY)

    async def look(there: Settings) -> Any:
        return Unavailable("down") if there.provider == "litellm" else None

    choice = await choose(options, look=look)
    assert (choice.identity, str(choice.quoted), str(choice.plan.total)) == (
        "new-api#another@http://b.example/v1",
        "0.40 USD",
        "0.96 USD",
    )
    with pytest.raises(BudgetError, match=r"makes it for 0\.96 USD, approved are 0\.40 USD"):
        approve_choice(choice, caps=Caps(), up_to=choice.quoted, auto_below=Decimal(0))


def test_a_block_brings_its_own_list(tmp_path: Path) -> None:
    settings = chosen(tmp_path, "http://relay.example/v1")
    own = {**LIST, "versions": [{"valid_from": "2026-01-01", "per_second": {"720p": "0.01"}}]}
    block = VideoProvider(provider="litellm", url="http://b.example/v1", model="sora-2", prices=own)
    there = block.place().over(settings)
    assert quoted(there).total.amount == Decimal("0.08")
    assert [prices.provider for prices in there.prices] == ["litellm"]
    assert (
        quoted(VideoProvider(provider="litellm", url="http://c/v1", model="sora-2").place().over(settings)) is not None
    )
    wrong = VideoProvider(provider="new-api", url="http://b.example/v1", model="m", prices=own)
    with pytest.raises(SettingsError, match=r"callsheet-video-provider: prices\.provider: litellm is not allowed"):
        wrong.place()
    with pytest.raises(SettingsError, match=r"callsheet-video-provider: prices: currency: a missing value"):
        VideoProvider(provider="litellm", prices={"provider": "litellm"}).place()


# Buying


@contextlib.asynccontextmanager
async def desk(settings: Settings, app: Any = None) -> AsyncIterator[Desk]:
    """A desk at the provider of the settings, which is asked often; `app` is its server in this process."""
    entry = catalogue_entry(settings.provider).model_copy(update={"poll_seconds": 0.02})
    place = settings.provider_url or entry.base_url
    ledger = await open_ledger(settings.ledger_address())
    http = HttpClient(place, SecretStr("right"), app=app)
    try:
        provider = make_provider(entry, f"{entry.name}@{place}", http, model=settings.provider_model)
        yield Desk(settings, open_bucket(settings.bucket_url()), ledger, provider)
    finally:
        await http.close()
        await ledger.close()


async def money(at: Desk) -> MoneyTable:
    (table,) = report(await sales(at.ledger), "provider").tables
    return table


async def bought(settings: Settings, at: Desk) -> Bought:
    plan = quoted(settings)
    orders = orders_of(plan, "lamp-1", cap=plan.total)
    await reserve(orders, at)
    held = await money(at)
    assert (held.rehearsal, held.currency, held.total.reserved) == (False, "USD", plan.total.amount)
    return await buy(orders[0], at)


async def test_a_relays_clip_is_quoted_reserved_and_charged(tmp_path: Path) -> None:
    """The relay says nothing of charges, so what its list says is booked."""
    with street() as (layer, address), site(layer, address, tmp_path / "studio", "litellm") as served:
        assert isinstance(served, Site)
        settings = chosen(tmp_path / "home", f"{address}/v1")
        async with desk(settings) as at:
            receipt = await bought(settings, at)
            assert (receipt.quoted, receipt.charged) == (PRICE, PRICE)
            table = await money(at)
            assert (table.total.spent, table.total.reserved) == (Decimal("0.40"), Decimal(0))
        assert len(served.studio.books.charges()) == 1
        capped = settings.model_copy(update={"cap_day": Money(amount=Decimal("0.79"), currency="USD")})
        async with desk(capped) as at:
            (again,) = orders_of(quoted(capped), "lamp-2", cap=None)
            more = again.purchase.model_copy(update={"take": 2})
            with pytest.raises(BudgetError, match=r"0\.40 USD more would pass the cap of 0\.79 USD"):
                await buy(again.model_copy(update={"purchase": more}), at)
        assert len(served.studio.books.charges()) == 1


async def test_openrouter_is_quoted_by_the_list_and_charged_by_its_word(tmp_path: Path) -> None:
    model = {"id": "sora-2", "supported_durations": [8], "pricing_skus": {"cents_per_second_output": "5"}}
    done = {"id": "job_1", "status": "completed", "usage": {"cost": 0.37}}
    answers = {
        "GET /api/v1/videos/models": Answer.of(200, {"data": [model]}),
        "POST /api/v1/videos": Answer.of(202, {"id": "job_1", "status": "pending"}),
        "GET /api/v1/videos/job_1": Answer.of(200, done),
        "GET /api/v1/videos/job_1/content": Answer(200, film()),
    }
    settings = chosen(tmp_path / "home", None, {**LIST, "provider": "openrouter"})
    async with desk(settings, app=Stub(answers)) as at:
        receipt = await bought(settings, at)
    assert (receipt.quoted.amount, receipt.charged.amount) == (Decimal("0.40"), Decimal("0.37"))


def test_the_catalogues_lists_keep_to_the_same_rules() -> None:
    for name in ("sora", "openai-videos", "self-hosted"):
        prices = price_list(name)
        entry = "sora" if name == "sora" else "openai" if name == "openai-videos" else "sglang"
        assert OwnPrices.model_validate({**prices.model_dump(), "provider": entry}).versions
