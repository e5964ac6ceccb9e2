"""Whom a work is bought from: the wish, its fallbacks, what each knows of the others' keys, and the price approved."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet.briefs import parse_brief
from callsheet.budget import Caps
from callsheet.desk import open_desk, provider_identity
from callsheet.errors import BudgetError, CallsheetError, Incapable, SettingsError, Unavailable
from callsheet.ledger.buy import buy
from callsheet.ledger.order import orders_of
from callsheet.money import Money, price_list
from callsheet.plan import Plan
from callsheet.production import Production, begin
from callsheet.products import plan_of
from callsheet.provider import reach
from callsheet.provider.catalogue import catalogue_entry
from callsheet.provider.choice import Choice, approve_choice, choose, expect
from callsheet.provider.options import Option, find_place, options_of, wished
from callsheet.settings import Settings, settings_from_environment
from callsheet.studio import jobs
from callsheet.studio.app import studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving

DAY = dt.date(2026, 11, 22)
KEY = "k-secret-1"


def reference(**change: Any) -> Plan:
    fields = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}
    return plan_of(parse_brief({**fields, "tier": "prototype", **change}), {}, price_list("sora"))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def of(**variables: str) -> Settings:
        monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path / "home"))
        for name, value in variables.items():
            monkeypatch.setenv(f"CALLSHEET_{name.upper()}", value)
        return settings_from_environment()

    return of


def options(settings: Settings, name: str | None = None, **change: Any) -> tuple[Option, ...]:
    return options_of(reference(**change), settings, name=name, today=DAY)


async def up(_: Settings) -> CallsheetError | None:
    return None


def down(*names: str) -> Any:
    async def look(settings: Settings) -> CallsheetError | None:
        return Unavailable("no answer within 5 s") if settings.provider in names else None

    return look


# Places


def test_places_have_names_by_which_purchases_are_kept_apart(environment: Any) -> None:
    settings = environment(fallback="studio,studio-videos#sora-2-pro, vllm-omni#wan/2.2=http://gpu:8000/v1/,openai")
    assert [place.identity for place in settings.fallbacks()] == [
        "studio",
        "studio-videos#sora-2-pro",
        "vllm-omni#wan/2.2@http://gpu:8000/v1",
        "openai@https://api.openai.com/v1",
    ]
    assert [place.in_process for place in settings.fallbacks()] == [True, True, False, False]
    assert provider_identity(settings.fallbacks()[1].over(settings)) == "studio-videos#sora-2-pro"
    assert provider_identity(Settings(provider="studio", provider_url="http://h/v1/sora/")) == "studio@http://h/v1/sora"


def test_keys_go_to_their_own_place_and_are_never_shown(environment: Any) -> None:
    settings = environment(
        provider="sora", provider_url="http://first/v1", provider_key="k-first", provider_model="m-1",
        fallback="vllm-omni=http://gpu/v1,studio", fallback_keys=f"vllm-omni={KEY}",
    )  # fmt: skip
    first, second, third = (option.settings for option in options(settings))
    assert [s.provider_key and s.provider_key.get_secret_value() for s in (first, second, third)] == [
        "k-first",
        KEY,
        None,
    ]
    assert (second.provider_url, second.provider_model, third.provider_url) == ("http://gpu/v1", None, None)
    shown = repr(settings) + str(settings.model_dump()) + settings.model_dump_json() + repr(settings.fallbacks())
    shown += "".join(repr(option) for option in options(settings))
    assert KEY not in shown
    assert "k-first" not in shown


@pytest.mark.parametrize(
    ("fallback", "keys"),
    [("studio", KEY), ("studio", f"nobody={KEY}"), ("vllm-omni=http://a/v1,vllm-omni=http://b/v1", f"vllm-omni={KEY}")],
)
def test_a_key_that_is_nobodys_is_refused_without_being_shown(environment: Any, fallback: str, keys: str) -> None:
    settings = environment(fallback=fallback, fallback_keys=keys)
    with pytest.raises(SettingsError, match="CALLSHEET_FALLBACK_KEYS: entry 1") as caught:
        options(settings)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("wrong", ["nobody", "studio=ftp://x", "vllm-omni=http://u:p@h/v1", "studio#a b"])
def test_a_fallback_that_can_not_be_is_refused(environment: Any, wrong: str) -> None:
    with pytest.raises(SettingsError, match="CALLSHEET_FALLBACK"):
        environment(fallback=wrong)


def test_an_address_and_a_key_stay_with_the_provider_they_were_given_for(environment: Any) -> None:
    given = {"provider_url": "http://paid/v1", "provider_key": "k", "provider_model": "m"}
    named = environment(provider="sora", fallback="vllm-omni=http://gpu/v1", **given)
    assert find_place(named, "studio").identity == "studio"
    assert find_place(named, "studio").key is None
    assert find_place(named, "sora").identity == find_place(named).identity == "sora#m@http://paid/v1"
    assert find_place(named, "vllm-omni", "wan").identity == "vllm-omni#wan@http://gpu/v1"
    for identity in ("sora#m@http://paid/v1", "sora#other@http://paid/v1", "studio-videos#sora-2"):
        assert find_place(named, identity).identity == identity
    with pytest.raises(SettingsError, match="the settings have no"):
        find_place(named, "sora@http://elsewhere/v1")
    with pytest.raises(SettingsError, match="'nobody' is not known"):
        find_place(named, "nobody")


def test_an_address_without_a_provider_is_that_of_whoever_is_asked_for(environment: Any) -> None:
    settings = environment(provider_url="http://paid/v1")
    assert find_place(settings, "sora").identity == "sora@http://paid/v1"
    assert find_place(settings, "sora@http://paid/v1").identity == "sora@http://paid/v1"


def test_who_starts_the_run_overrules_the_brief() -> None:
    good = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US"}
    brief = parse_brief({**good, "provider": "studio-videos", "model": "sora-2-pro"})
    assert wished(brief) == ("studio-videos", "sora-2-pro")
    assert wished(brief, "studio") == ("studio", None)
    assert wished(brief, None, "sora-2") == ("studio-videos", "sora-2")
    with pytest.raises(CallsheetError, match='provider: "nobody" is not allowed'):
        parse_brief({**good, "provider": "nobody"})


# Passing over


def test_a_quote_knows_who_is_retired_misconfigured_or_incapable(environment: Any) -> None:
    settings = environment(
        provider="sora", fallback="openai,vllm-omni,litellm#veo=http://relay/v1,studio-videos,studio"
    )
    choice = expect(options(settings))
    assert [(p.identity, p.why) for p in choice.passed] == [
        ("sora@https://api.apiyi.com/v1/sora", "retired"),
        ("openai@https://api.openai.com/v1", "retired"),
        ("vllm-omni", "misconfigured"),
        ("litellm#veo@http://relay/v1", "incapable"),
    ]
    assert (choice.identity, str(choice.plan.total), choice.difference) == ("studio-videos", "0.80 USD", None)
    assert "has no price" in choice.passed[3].reason
    assert "studio-videos for 0.80 USD" in choice.lines()[4]
    retired = expect(options(environment(provider="sora", fallback="")))
    assert (str(retired.plan.total), retired.passed[0].why) == ("0.50 CNY", "retired")
    with pytest.raises(SettingsError, match="has no address of its own"):
        asyncio.run(choose(options(environment(provider="vllm-omni", fallback=""))))


def test_the_first_that_answers_is_taken_and_the_difference_said(environment: Any) -> None:
    settings = environment(
        provider="openai", provider_url="http://a/v1", provider_model="sora-2",
        fallback="openai#sora-2-pro=http://b/v1,studio",
    )  # fmt: skip
    assert asyncio.run(choose(options(settings), look=up)).taken == 0

    async def first_is_down(at: Settings) -> CallsheetError | None:
        return Unavailable("no answer") if at.provider_url == "http://a/v1" else None

    choice = asyncio.run(choose(options(settings), look=first_is_down))
    assert (choice.taken, choice.passed[0].why, str(choice.difference)) == (1, "down", "1.60 USD")
    assert "+1.60 USD" in "\n".join(choice.lines())
    assert choice.report()["difference"] == "1.60"
    rehearsal = asyncio.run(choose(options(settings), look=down("openai")))
    assert (rehearsal.identity, rehearsal.difference) == ("studio", None)
    everybody = down("openai", "studio")
    with pytest.raises(Unavailable, match=r"(?s)nobody can make it:.*sora-2-pro@http://b/v1, down: no answer.*studio"):
        asyncio.run(choose(options(settings), look=everybody))


def test_one_provider_alone_is_asked_nothing(environment: Any) -> None:
    async def never(_: Settings) -> CallsheetError | None:
        raise AssertionError("asked")

    assert asyncio.run(choose(options(environment()), look=never)).lines() == []
    with pytest.raises(Incapable, match="sora was retired"):
        asyncio.run(choose(options(environment(provider="sora")), look=never))


# Approval


def choice_of(settings: Settings, taken: int) -> Choice:
    return Choice(options(settings), taken)


def approved(choice: Choice, up_to: str | None = None, currency: str = "USD", **more: Any) -> Money:
    money = None if up_to is None else Money(amount=Decimal(up_to), currency=currency)
    return approve_choice(choice, **{"caps": Caps(), "auto_below": Decimal(0), **more}, up_to=money)


def test_an_approval_is_for_a_price(environment: Any) -> None:
    settings = environment(
        provider="openai", provider_url="http://a/v1", provider_model="sora-2",
        fallback="openai#sora-2-pro=http://b/v1,sora=http://c/v1,vllm-omni=http://gpu/v1,studio",
    )  # fmt: skip
    assert str(choice_of(settings, 1).quoted) == "0.80 USD"
    assert str(approved(choice_of(settings, 0), "0.80")) == "0.80 USD"
    with pytest.raises(BudgetError, match=r"makes it for 2.40 USD, approved are 0.80 USD"):
        approved(choice_of(settings, 1), "0.80")
    assert str(approved(choice_of(settings, 1), "2.40")) == "2.40 USD"
    with pytest.raises(BudgetError, match=r"approved are 9.00 USD, and sora@http://c/v1 makes it for 0.50 CNY"):
        approved(choice_of(settings, 2), "9")
    with pytest.raises(BudgetError, match="nobody has approved"):
        approved(choice_of(settings, 2), auto_below=Decimal(9))
    for kind in ("production", "campaign", "day", "month"):
        dollars = Caps(**{kind: Money(amount=Decimal(9), currency="USD")})
        with pytest.raises(BudgetError, match="budgets are in USD"):
            approved(choice_of(settings, 2), "0.50", "CNY", caps=dollars)
        assert approved(choice_of(settings, 0), "0.80", caps=dollars)
    assert approved(choice_of(settings, 2), "0.50", "CNY").currency == "CNY"
    assert str(approved(choice_of(settings, 3), "0.50", "CNY")) == "0.00 USD"  # nor does a server of one's own
    assert str(approved(choice_of(settings, 4), "0.80")) == "0.50 CNY"  # a rehearsal bills nobody


# Whether a provider answers


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    studio = Studio(tmp_path / "served", renderer=flat_renderer(8))
    with serving(studio_app(studio, key=SecretStr("right"))) as url:
        yield url


def test_a_look_tells_up_from_down_from_a_wrong_key(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(provider: str, url: str, key: str = "right") -> CallsheetError | None:
        return asyncio.run(reach.look(Settings(provider=provider, provider_url=url, provider_key=SecretStr(key))))

    assert look("sora", f"{served}/v1/sora") is None
    assert look("vllm-omni", f"{served}/v1") is None
    assert look("litellm", f"{served}/v1") is None  # it has no /v1/models, and says so
    assert asyncio.run(reach.look(Settings(provider="studio-videos"))) is None
    for provider, path in (("sora", "/v1/sora"), ("vllm-omni", "/v1")):
        wrong = look(provider, served + path, "wrong")
        assert isinstance(wrong, SettingsError)
        assert "refuses the key" in wrong.message
        assert "wrong" not in wrong.message
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert isinstance(look("sora", f"http://127.0.0.1:{nobody.getsockname()[1]}/v1"), Unavailable)
        nobody.listen()
        monkeypatch.setattr(reach, "LOOK", 0.2)
        silent = look("sora", f"http://127.0.0.1:{nobody.getsockname()[1]}/v1")
    assert isinstance(silent, Unavailable)
    assert silent.message == "no answer within 0.2 s"


# Buying from what was chosen


def test_the_studio_sells_a_lowered_plan_by_v1_videos_and_the_work_stays_there(
    environment: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(8)))
    settings = environment(provider="studio-videos", fallback="studio")
    shots: dict[str, Any] = {"scenarios": ["on a desk", "by a bed"], "duration": 12}

    async def made() -> Choice:
        choice = await choose(options(settings, **shots))
        async with open_desk(choice.settings, features=choice.plan.features) as desk:
            production = Production(choice.plan, desk)
            orders = orders_of(choice.plan, production.id, cap=choice.plan.total)
            await begin(production, orders)
            bought = [await buy(order, desk) for order in orders]
        needed = {shot.clip: shot.frames / 30 for shot in choice.plan.works[0].timeline.shots}
        clips = {asset.clip: asset.probe.seconds for purchase in bought for asset in purchase.assets}
        assert clips.keys() == needed.keys()
        assert all(clips[clip] >= needed[clip] for clip in needed)
        assert sum(purchase.charged.amount for purchase in bought) == choice.plan.total.amount == Decimal("1.60")
        return choice

    choice = asyncio.run(made())
    assert (choice.identity, choice.taken) == ("studio-videos", 0)
    books = Books(tmp_path / "home" / "studio" / "books.sqlite")
    assert sum(amount for _, amount, _ in books.charges()) == Decimal("1.60")

    other = environment(provider="studio", fallback="studio-videos")
    stays = asyncio.run(choose(options(other, **shots), look=up))
    assert (stays.identity, stays.passed[0].why) == ("studio-videos", "not begun here")
    assert "3 purchases of this work were sent to studio-videos" in stays.lines()[0]
    assert asyncio.run(choose(options(other, **shots), look=up, insist=True)).identity == "studio"
    assert asyncio.run(choose(options(other), look=up)).identity == "studio"  # another work
    retired = tuple(
        Option(o.settings, o.place, o.lowered, Incapable("it has closed")) if o.place.name == "studio-videos" else o
        for o in options(other, **shots)
    )
    with pytest.raises(Incapable, match=r"it has closed; 3 purchases .* name another provider"):
        asyncio.run(choose(retired, look=up))


def test_another_model_is_another_purchase(environment: Any) -> None:
    found = [options(environment(provider="studio-videos", provider_model=m))[0] for m in ("sora-2", "sora-2-pro")]
    assert [o.place.identity for o in found] == ["studio-videos#sora-2", "studio-videos#sora-2-pro"]
    plans = [o.lowered.plan for o in found if o.lowered]
    ids = {plan.production_id(o.place.identity) for plan, o in zip(plans, found, strict=True)}
    keys = {orders_of(plan, "p", cap=None)[0].key(o.place.identity) for plan, o in zip(plans, found, strict=True)}
    assert (len(ids), len(keys)) == (2, 2)
    assert catalogue_entry("studio-videos").models[1].name == "sora-2-pro"
