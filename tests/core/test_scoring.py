"""Scores of an A/B test, compared with published values and with other programs' results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callsheet.cli.variants import read_results, variants
from callsheet.errors import BriefError
from callsheet.scoring import holm, score


def test_intervals_are_wilsons_and_newcombes() -> None:
    # Newcombe 1998, table II, example (a): 56/70 and 48/80, method 10: 0.0524 to 0.3339.
    found = score({"a": (70, 56), "b": (80, 48)}, "clicks", against="b")
    (one,) = found.comparisons
    assert [one.low, one.high] == pytest.approx([0.0524, 0.3339], abs=5e-5)
    # Newcombe 1998 (single proportions), 81/263 by Wilson: 0.2553 to 0.3662.
    single = score({"a": (263, 81), "b": (80, 48)}, "clicks").results[0]
    assert [single.low, single.high] == pytest.approx([0.2553, 0.3662], abs=5e-5)


def test_holm_by_hand_and_never_below_what_it_corrects() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_keeps_the_order(p: list[float]) -> None:
    found = holm(p)
    assert all(before <= after <= 1 for before, after in zip(p, found, strict=True))
    assert sorted(range(len(p)), key=lambda n: (p[n], n)) == sorted(range(len(p)), key=lambda n: (found[n], p[n], n))


def test_a_clear_difference_is_told_and_a_small_sample_is_not_believed() -> None:
    clear = score({"a": (10000, 500), "b": (10000, 300), "c": (10000, 490)}, "clicks")
    assert {one.variant: one.verdict for one in clear.comparisons} == {"b": "worse", "c": "no difference shown"}
    assert clear.compared == 2
    small = score({"a": (20, 3), "b": (20, 1)}, "clicks")
    (one,) = small.comparisons
    assert (one.test, one.too_few, one.verdict) == ("fisher", True, "no difference shown")
    assert "too small" in " ".join(small.lines())


def test_the_others_are_compared_with_the_control_unless_another_is_named() -> None:
    """The control is the brief's first variant, in whatever order an advertising platform lists them."""
    counts = {"v03-warm": (9000, 400), "v01-cool": (9000, 300), "v02-cool-hook2": (9000, 350)}
    assert score(counts, "clicks").reference == "v01-cool"
    assert score(counts, "clicks", against="v02").reference == "v02-cool-hook2"
    best = score(counts, "clicks", against="best")
    assert (best.reference, best.compared) == ("v03-warm", 3)
    assert score({"b": (100, 5), "a": (100, 9), "v01": (100, 7)}, "clicks").reference == "b"
    assert score({"b": (100, 5), "control": (100, 9)}, "clicks").reference == "control"
    for wrong in ("v0", "v04", ""):
        with pytest.raises(BriefError, match="must be control, best or one of v03-warm, v01-cool, v02-cool-hook2"):
            score(counts, "clicks", against=wrong)


def test_the_command_reads_a_sheet_and_adds_days_up(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_text("Variant,day,Impressions,clicks\na,1,5000,250\na,2,5000,250\nb,1,10000,300\n", encoding="utf-8-sig")
    assert read_results(file) == ("clicks", {"a": (10000, 500), "b": (10000, 300)})
    said = CliRunner().invoke(variants, ["score", str(file), "--json"], catch_exceptions=False)
    found = json.loads(said.output)
    assert (found["reference"], found["comparisons"][0]["verdict"]) == ("a", "worse")
    assert "b is worse than a" in CliRunner().invoke(variants, ["score", str(file)], catch_exceptions=False).output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("variant,clicks\na,1\n", "r.csv:1"),
        ("variant,impressions,clicks\na,100,5\nb,ten,5\n", "r.csv:3"),
        ("variant,impressions,clicks\na,100,5\nb,5,10\n", "can't be more"),
        ("variant,impressions,clicks\n,100,5\nb,5,1\n", "missing variant"),
        ("variant,impressions,clicks\na,100,5\nb,0,0\n", "never shown"),
    ],
)
def test_wrong_rows_are_named_by_their_lines(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(BriefError) as caught:
        read_results(tmp_path / "r.csv")
    assert words in caught.value.message
