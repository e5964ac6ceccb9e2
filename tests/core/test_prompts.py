from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callsheet.prompts import PromptParts, build_prompt, style_names, style_words, styles_for

NAMES = ("subject", "action", "scene", "style", "camera", "audio")
PARTS = {name: f"the {name}" for name in NAMES}


def test_the_six_parts_stand_in_their_order() -> None:
    assert build_prompt(PromptParts(**PARTS)) == ", ".join(f"the {name}" for name in NAMES)
    assert build_prompt(PromptParts(subject="音箱", scene="客厅。"), "zh-CN") == "音箱，客厅"


@given(st.sets(st.sampled_from(NAMES)))
def test_empty_parts_leave_no_gap(missing: set[str]) -> None:
    parts = PromptParts(**{name: "" if name in missing else text for name, text in PARTS.items()})
    assert (
        build_prompt(parts).split(", ") == [PARTS[name] for name in NAMES if name not in missing] or len(missing) == 6
    )


def test_every_style_has_words_in_both_languages() -> None:
    assert len(style_names()) == 24
    for name in style_names():
        assert style_words(name, "zh-CN")
        assert style_words(name, "en-US").isascii()
    for content in ("advertising", "education", "art", "social"):
        assert set(styles_for(content)) <= set(style_names())
