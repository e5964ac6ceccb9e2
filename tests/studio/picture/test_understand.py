"""What is read from a prompt."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.errors import MediaError
from callsheet.features import Sequence
from callsheet.studio.picture import SceneOrder, describe
from callsheet.studio.picture.around import around
from callsheet.studio.picture.camera import MOVES
from callsheet.studio.picture.spec import Around
from callsheet.studio.picture.understand import vocabulary
from callsheet.studio.rendering import shot_order
from tests.studio.test_characters import character

from .scenes import SPEAKER, order

CASES = [
    (SPEAKER, {"setting": "studio", "kind": "speaker", "hero": True, "ambience": "studio"}),
    (
        "用户在客厅沙发旁使用产品 (智能音箱)",
        {"setting": "living_room", "kind": "speaker", "people": ("user",), "hero": False},
    ),
    ("用户在卧室床头柜使用产品(智能音箱)", {"setting": "bedroom", "kind": "speaker", "people": ("user",)}),
    (
        "A premium smartphone slowly rotates on display, screen lights up showing colorful interface, placed on a "
        "minimalist white background pedestal, soft studio lighting",
        {"setting": "studio", "kind": "phone", "hero": True, "style": "minimalist"},
    ),
    (
        "insulated steel water bottle on a mountain trail at sunrise",
        {"setting": "mountain", "kind": "bottle", "time": "sunrise", "hero": True, "ambience": "wind"},
    ),
    (
        "A hiker drinks from a steel bottle on a mountain ridge",
        {"setting": "mountain", "people": ("hiker",), "action": "drink"},
    ),
    (
        "专业讲师在现代化教室中讲解，白板展示知识点",
        {"setting": "classroom", "people": ("teacher",), "action": "teach", "ambience": "classroom"},
    ),
    (
        "An orange cat chasing butterflies in snow",
        {"setting": "snow", "animals": ("cat", "butterflies"), "weather": "snow", "action": "chase"},
    ),
    ("a starship passes a planet", {"setting": "space", "animals": (), "time": "night"}),
    (
        "cyberpunk city street at night in the rain",
        {"setting": "city", "weather": "rain", "ambience": "rain", "style": "cyberpunk"},
    ),
    ("年轻女子提着灯笼，她走在雪山山脊上", {"setting": "mountain", "people": ("woman",), "weather": "snow"}),
    ("一名男子走过城市街道", {"setting": "city", "people": ("man",)}),
    ("夕阳下的大海,帆船", {"setting": "sea", "time": "sunset", "animals": ("ship",)}),
    ("厨房里的咖啡杯", {"setting": "kitchen", "kind": "mug"}),
    ("laptop on a desk in an office, morning", {"setting": "office", "kind": "laptop", "time": "sunrise"}),
    ("red sports car, product shot, dark background", {"setting": "studio", "kind": "car"}),
    ("红色跑鞋 产品特写", {"setting": "studio", "kind": "shoe"}),
    # The studio's table is for things: a person or an animal in a studio is drawn where such are at home.
    ("portrait of a young woman, studio background", {"setting": "living_room", "kind": None, "people": ("woman",)}),
    ("a cat on a white background", {"setting": "meadow", "kind": None, "animals": ("cat",)}),
    ("a dog in an office, studio lighting", {"setting": "office", "kind": None}),
]


@pytest.mark.parametrize(("prompt", "wanted"), CASES, ids=[c[0][:24] for c in CASES])
def test_prompts_are_understood(prompt: str, wanted: dict[str, object]) -> None:
    spec = describe(order(prompt))
    for name, value in wanted.items():
        got = (spec.product.kind if spec.product else None) if name == "kind" else getattr(spec, name)
        assert got == value, (name, got, value)


def test_colours_of_the_product_come_from_the_words() -> None:
    black = describe(order("黑色智能音箱,产品特写")).product
    white = describe(order("白色智能音箱,产品特写")).product
    assert black is not None and white is not None
    assert max(black.body) < 0.2 and min(white.body) > 0.85
    phone = describe(order("smartphone on a white background")).product
    other = describe(order("smartphone, product shot")).product
    assert phone is not None and other is not None and phone.body == other.body


def test_a_light_ring_gives_glow() -> None:
    spec = describe(order())
    assert spec.product is not None and spec.product.glow is not None
    assert ("chime", 0.3) in spec.effects


@pytest.mark.parametrize(
    ("camera", "move", "shot"),
    [
        ("push_in", "push_in", "close_up"), ("dolly_in", "push_in", "close_up"), ("wide_shot", None, "wide_shot"),
        ("缓慢推近", "push_in", "close_up"), ("pan left", "pan_left", "close_up"), ("crane", "crane", "close_up"),
        ("环绕拍摄", "orbit", "close_up"), ("medium shot, handheld", "handheld", "medium_shot"),
    ],
)  # fmt: skip
def test_camera_words(camera: str, move: str | None, shot: str) -> None:
    spec = describe(order(camera=camera))
    assert spec.shot == shot
    assert spec.move == move if move else spec.move in MOVES


def test_words_inside_longer_words_do_not_count() -> None:
    product = describe(order("a carpet and a carton")).product
    assert product is None or product.kind != "car"


def test_sounds_are_of_the_known_kinds_and_inside_the_clip() -> None:
    ambience = {"room", "studio", "city", "rain", "wind", "sea", "forest", "crowd", "space", "kitchen", "classroom"}
    effects = {"whoosh", "rise", "hit", "shimmer", "click", "chime", "footsteps", "mechanical"}
    assert set(vocabulary()["ambience"].values()) <= ambience
    for prompt, _ in CASES:
        for seconds in (1.0, 5.0, 12.0):
            spec = describe(order(prompt, seconds=seconds))
            assert spec.ambience in ambience
            assert all(kind in effects and 0 <= at < seconds for kind, at in spec.effects)


def test_shots_of_one_world_share_product_and_palette() -> None:
    a = describe(order("用户在客厅使用耳机", seed=1))
    b = describe(order("客厅沙发旁的耳机,特写", seed=2))
    assert a.palette == b.palette and a.product == b.product
    assert describe(order("客厅沙发旁的耳机,特写", world_seed=99)).palette != b.palette


def test_understanding_is_pure() -> None:
    assert describe(order()) == describe(order())


@pytest.mark.parametrize("changes", [{"width": 8}, {"height": 90000}, {"seconds": 0}, {"fps": 0}])
def test_impossible_orders_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MediaError):
        describe(order(**changes))


def test_the_package_answers_without_opencv_being_imported_first() -> None:
    assert SceneOrder.__name__ == "SceneOrder"


OFFICE = (
    "Wide shot: a modern office at night, rain on the windows",
    "Medium shot: a young designer working on a laptop",
    "Close-up: a design program on the screen, a mouse moving",
    "Medium shot: in a cafe in daylight the designer drinks coffee",
    "She smiles",
)


def test_a_sequence_stays_where_its_shots_say_it_is() -> None:
    made = [describe(order(text, around=around(OFFICE, number))) for number, text in enumerate(OFFICE)]
    assert [spec.setting for spec in made] == ["office", "office", "office", "cafe", "cafe"]
    assert [spec.time for spec in made] == ["night", "night", "night", "day", "day"]
    assert {spec.weather for spec in made} == {"rain"}
    assert [bool(spec.people) for spec in made] == [False, True, False, True, True]


def test_a_place_that_is_named_later_holds_from_the_start() -> None:
    assert around(("a woman reads", "in a kitchen"), 0).setting == "kitchen"
    assert around(("a woman reads", "she smiles"), 1) == Around()


def test_places_and_light_are_shared_only_where_that_is_ordered() -> None:
    assert around(OFFICE, 1, place=False) == Around(time="night", weather="rain")
    assert around(OFFICE, 1, light=False) == Around(setting="office")
    assert describe(order(OFFICE[1], around=around(OFFICE, 1, place=False))).setting == "living_room"


@pytest.mark.parametrize("same", [True, False])
def test_a_person_of_a_reference_plays_in_all_shots_but_close_ups_of_something_else(same: bool) -> None:
    shots = [{"prompt": text, "duration": 1, "shot_number": n} for n, text in enumerate(OFFICE, 1)]
    request = Sequence.model_validate({"shots": shots, "maintain_consistency": {"environment": same}})
    orders = [shot_order(request, shot, character(), person=True) for shot in request.shots]
    assert [made.performer is not None for made in orders] == [True, True, False, True, True]
    assert [made.around.setting for made in orders][2] == ("office" if same else None)
    assert describe(orders[2]).people == ()
