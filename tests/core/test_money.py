from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.errors import SettingsError
from callsheet.money import Money, frame_size, price_list, price_step

amounts = st.decimals(min_value=0, max_value=10**6, places=4)


@given(st.lists(amounts, max_size=20))
def test_a_sum_is_exact(parts: list[Decimal]) -> None:
    total = Money.total((Money(amount=part, currency="CNY") for part in parts), "CNY")
    assert total.amount == sum(parts, Decimal(0))


def test_a_float_never_becomes_money() -> None:
    with pytest.raises(ValueError, match="float"):
        Money.model_validate({"amount": 0.1, "currency": "CNY"})


def test_two_currencies_do_not_add() -> None:
    with pytest.raises(ValueError, match="two currencies"):
        Money(amount=Decimal(1), currency="CNY") + Money(amount=Decimal(1), currency="USD")


@pytest.mark.parametrize(
    ("resolution", "seconds", "price"),
    [
        ("480p", 5, "0.5"),
        ("480p", 20, "2.0"),
        ("720p", 10, "2.4"),
        ("1080p", 5, "3.0"),
        ("1080p", 20, "12.0"),
        ("4K", 5, "8.0"),
        ("4k", 20, "32.0"),
        ("1080x1920", 10, "6.0"),
        ("1080x1350", 10, "6.0"),
        ("1080x1080", 5, "3.0"),
        ("800x600", 5, "1.2"),
    ],
)
def test_prices_are_those_of_the_published_table(resolution: str, seconds: int, price: str) -> None:
    assert price_list("sora").price("text_to_video", resolution, seconds).amount == Decimal(price)


def test_a_free_feature_costs_nothing() -> None:
    assert price_list("sora").price("consistency_check", "1080p", 60).amount == 0


def test_an_unknown_price_list_is_named() -> None:
    with pytest.raises(SettingsError, match="'nowhere'"):
        price_list("nowhere")


@pytest.mark.parametrize("resolution", ["", "1080", "HD", "99999x2", "4000x3000", "0x0"])
def test_what_is_no_resolution_is_refused(resolution: str) -> None:
    with pytest.raises(ValueError, match=r"480p, 720p, 1080p, 4K or WIDTHxHEIGHT"):
        price_step(resolution)


@given(st.sampled_from(["480p", "720p", "1080p", "4k"]), st.sampled_from(["16:9", "9:16", "1:1", "4:5"]))
def test_a_frame_is_even_and_priced_at_its_own_step(resolution: str, aspect: str) -> None:
    width, height = frame_size(resolution, aspect)
    assert width % 2 == height % 2 == 0
    assert price_step(f"{width}x{height}") == resolution
    across, down = map(int, aspect.split(":"))
    assert abs(width / height - across / down) < 0.01


def test_known_frames() -> None:
    assert frame_size("1080p") == (1920, 1080)
    assert frame_size("480p") == (854, 480)
    assert frame_size("4K", "9:16") == (2160, 3840)
    assert frame_size("1080x1350", "16:9") == (1080, 1350)
