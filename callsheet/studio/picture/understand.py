"""From words to a scene: longest keyword first, Chinese anywhere, English at word borders."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib import resources
from typing import Any

from callsheet.studio.picture.spec import ProductSpec, Rgb, SceneOrder, SceneSpec, stream

OUTDOOR = frozenset({"mountain", "camp", "city", "sea", "forest", "desert", "space", "snow", "meadow", "abstract"})
ROOMS = frozenset({"living_room", "bedroom", "kitchen", "office", "classroom", "lab", "cafe", "gym"})


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, Any]:
    """The word lists, read once."""
    text = resources.files("callsheet").joinpath("data/studio/vocabulary.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@lru_cache(maxsize=32)
def _ordered(category: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    rows = [(word, value) for value, words in vocabulary()[category].items() for word in words]
    rows.sort(key=lambda row: (-_weight(row[0]), row[0]))
    return tuple((word, value, _pattern(word)) for word, value in rows)


def _weight(word: str) -> float:
    """A Chinese character says about as much as two and a half Latin letters."""
    return sum(2.5 if ord(c) > 0x2E80 else 1 for c in word)


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word))


def found(category: str, text: str) -> list[str]:
    """The values whose words occur, those of the longest words first; a word inside a longer find does not count."""
    taken = [False] * len(text)
    out: list[str] = []
    for word, value, pattern in _ordered(category):
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            for i in range(match.start(), match.end()):
                taken[i] = True
            if value not in out:
                out.append(value)
        del word
    return out


def first_found(category: str, text: str) -> list[str]:
    """As `found`, in the order in which the values first occur in the text."""
    taken = [False] * len(text)
    places: dict[str, int] = {}
    for _, value, pattern in _ordered(category):
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            for i in range(match.start(), match.end()):
                taken[i] = True
            places[value] = min(places.get(value, match.start()), match.start())
    return sorted(places, key=lambda value: places[value])


def understand(order: SceneOrder) -> SceneSpec:
    """The scene of an order. Pure: the same order gives the same scene."""
    text = " ".join([order.prompt, *order.emphasis]).lower()
    people = _people(text)
    if not people and (order.performer is not None or order.design is not None):
        people = ("user",)
    animals = tuple(a for a in first_found("animal", text) if a)
    product_kinds = found("product", text)
    named = [k for k in product_kinds if k != "package"]
    has_product = bool(product_kinds) or order.reference is not None
    # The studio's table is built for a product: who or what else is filmed in a studio has the place of their kind.
    settings = [s for s in found("setting", text) if s != "studio" or has_product]
    setting = _setting(settings, named, people, animals, text, order)
    close = "close_up" in found("shot", text) or "close_up" in (order.camera or "")
    hero = has_product and (setting == "studio" or (setting in OUTDOOR and not people))
    if has_product and not people and close and setting in ROOMS and "studio" in settings:
        setting, hero = "studio", True
    kind = (named or ["package"])[0]
    # Some words name the place rather than the product there.
    if kind in ("mug", "drink") and setting == "cafe" and len(named) > 1:
        kind = named[1]
    product = _product(kind, text, order) if has_product else None
    time = _time(text, setting, order)
    weather = _weather(text, setting, order)
    shot = _shot(text, order, hero, setting)
    style = _style(order)
    move = _move(text, order, hero, setting)
    action = _action(text, people, animals)
    palette = _palette(setting, time, product, order)
    ambience = "rain" if weather == "rain" else vocabulary()["ambience"].get(setting, "room")
    return SceneSpec(
        setting=setting,
        product=product,
        people=people,
        animals=animals,
        action=action,
        time=time,
        weather=weather,
        style=style,
        shot=shot,
        move=move,
        palette=palette,
        ambience=ambience,
        effects=_effects(order, move, hero, product, people, action),
        hero=hero,
        design=order.design,
    )


def _people(text: str) -> tuple[str, ...]:
    roles = first_found("person", text)
    if re.search(r"使用(产品|场景)|(?<![a-z])using(?![a-z])", text) and not roles:
        roles = ["user"]
    return tuple(roles[:2])


def _setting(
    settings: list[str],
    named: list[str],
    people: tuple[str, ...],
    animals: tuple[str, ...],
    text: str,
    order: SceneOrder,
) -> str:
    real = [s for s in first_found("setting", text) if s not in ("studio", "abstract")]
    if "studio" in settings and not people and not any(s in OUTDOOR for s in real):
        return "studio"
    if real:
        # The sofa of a living room outranks the office of "desk"; the longest words were found first.
        return next(s for s in settings if s in real)
    if settings:
        return settings[0]
    if order.around.setting is not None:
        return order.around.setting
    if "teacher" in people:
        return "classroom"
    if "hiker" in people:
        return "mountain"
    if "astronaut" in people:
        return "space"
    if "ship" in animals:
        return "sea"
    if "snow" in found("weather", text):
        return "snow"
    if named or found("product", text) or order.reference is not None:
        return "living_room" if people else "studio"
    if people:
        return "living_room"
    if animals:
        return "meadow"
    picks = ("mountain", "sea", "meadow", "abstract", "city", "forest")
    return picks[int(stream("setting", order.prompt, order.world_seed).integers(0, len(picks)))]


def _product(kind: str, text: str, order: SceneOrder) -> ProductSpec:
    values = vocabulary()["color_value"]
    # A colour of the background is not one of the product.
    bare = re.sub(r"(白色|黑色|深色|暗色|纯色|white|black|dark|plain)\s*(minimalist |的)?(背景|background)", " ", text)
    bare = re.sub(
        r"minimalist white|orange cat|橘猫|金色时刻|黄金时刻|golden hour|white ?board|black ?board|白板|黑板", " ", bare
    )
    colors = first_found("color", bare)
    rng = stream("product", kind, order.world_seed)
    choice: dict[str, list[str]] = {
        "speaker": ["black", "grey", "white"],
        "headphones": ["black", "white", "beige"],
        "phone": ["grey", "black", "blue"],
        "laptop": ["silver"],
        "tablet": ["silver", "grey"],
        "bottle": ["silver", "teal", "green"],
        "watch": ["grey", "silver"],
        "wine": ["green"],
        "mug": ["white", "beige", "teal"],
        "lamp": ["black", "white", "gold"],
        "camera": ["black"],
        "car": ["red", "blue", "silver"],
        "book": ["blue", "red", "green"],
        "earbuds": ["white"],
        "drone": ["grey", "white"],
        "perfume": ["pink", "teal", "gold"],
        "shoe": ["red", "blue", "white", "teal"],
        "drink": ["orange", "red", "green"],
    }
    options = choice.get(kind, ["teal", "orange", "pink", "blue", "green", "purple", "red"])
    body_name = colors[0] if colors else options[int(rng.integers(0, len(options)))]
    accents = [c for c in ("orange", "teal", "blue", "pink", "gold", "red", "purple") if c != body_name]
    accent_name = colors[1] if len(colors) > 1 else accents[int(rng.integers(0, len(accents)))]
    body, accent = _rgb(values[body_name]), _rgb(values[accent_name])
    glow: Rgb | None = None
    if kind == "speaker" or any(word in text for word in vocabulary()["light_ring"]):
        glow = (0.16, 0.62, 1.0)
        if kind == "speaker":
            accent = glow if len(colors) < 2 else accent
    if kind == "speaker" and len(colors) > 1:
        glow = accent if max(accent) - min(accent) > 0.25 else glow
    if order.reference is not None:
        from callsheet.studio.picture.reference import colors_of

        body, accent = colors_of(order.reference)
    return ProductSpec(kind, body, accent, glow)


def _rgb(values: list[float]) -> Rgb:
    return (values[0], values[1], values[2])


def _time(text: str, setting: str, order: SceneOrder) -> str:
    times = found("time", text)
    if times:
        return times[0]
    if order.around.time is not None:
        return order.around.time
    if setting == "space":
        return "night"
    if setting == "city" and (order.style or "").lower() == "cyberpunk":
        return "night"
    if setting == "camp":
        return "sunset"
    return "day"


def _weather(text: str, setting: str, order: SceneOrder) -> str:
    kinds = found("weather", text)
    if kinds:
        return kinds[0]
    if order.around.weather is not None:
        return order.around.weather
    return "snow" if setting == "snow" else "clear"


def _shot(text: str, order: SceneOrder, hero: bool, setting: str) -> str:
    said = (order.camera or "").lower().replace("-", "_").replace(" ", "_")
    for name in ("close_up", "medium_shot", "wide_shot"):
        if name in said or name.removesuffix("_shot") == said:
            return name
    kinds = found("shot", text) or found("shot", (order.camera or "").lower())
    if kinds:
        return kinds[0]
    if hero:
        return "close_up"
    return "medium_shot" if setting in ROOMS else "wide_shot"


def _move(text: str, order: SceneOrder, hero: bool, setting: str) -> str:
    if order.camera:
        said = order.camera.lower()
        kinds = found("move", said) or found("move", said.replace("_", " "))
        if kinds:
            return kinds[0]
        if said.strip() in ("wide_shot", "medium_shot", "close_up", "wide", "medium", "close"):
            return "push_in" if "close" in said else "static"
    kinds = found("move", text)
    if kinds:
        return kinds[0]
    picks = (
        ("push_in", "orbit")
        if hero
        else ("push_in", "orbit", "tracking", "pull_out")
        if setting in ROOMS
        else ("push_in", "pan_right", "tracking", "crane")
    )
    return picks[int(stream("move", order.prompt, order.seed).integers(0, len(picks)))]


def _style(order: SceneOrder) -> str:
    from callsheet.studio.picture.styles import style_named

    return style_named(order.style, order.prompt)


def _action(text: str, people: tuple[str, ...], animals: tuple[str, ...]) -> str:
    actions = found("action", text)
    if actions:
        return actions[0]
    if "teacher" in people:
        return "teach"
    return "use" if people else ("chase" if animals else "show")


def _palette(setting: str, time: str, product: ProductSpec | None, order: SceneOrder) -> tuple[Rgb, Rgb, Rgb, Rgb]:
    rng = stream("palette", order.world_seed, setting)
    key = {
        "day": (1.0, 0.97, 0.92),
        "sunrise": (1.0, 0.78, 0.6),
        "sunset": (1.0, 0.66, 0.42),
        "night": (0.55, 0.66, 1.0),
    }
    walls: list[Rgb] = [
        (0.82, 0.79, 0.74),
        (0.74, 0.78, 0.79),
        (0.8, 0.75, 0.72),
        (0.76, 0.79, 0.73),
        (0.84, 0.83, 0.81),
    ]
    cloth: list[Rgb] = [(0.25, 0.36, 0.45), (0.55, 0.45, 0.36), (0.36, 0.42, 0.36), (0.62, 0.56, 0.5), (0.5, 0.3, 0.26)]
    accents: list[Rgb] = [(0.85, 0.55, 0.25), (0.2, 0.5, 0.55), (0.75, 0.35, 0.3), (0.85, 0.7, 0.35), (0.35, 0.45, 0.7)]
    accent = accents[int(rng.integers(0, 5))]
    if product is not None:
        a = product.accent
        accent = (a[0] * 0.55 + 0.2, a[1] * 0.55 + 0.2, a[2] * 0.55 + 0.2)
    fill = walls[int(rng.integers(0, 5))]
    shade = cloth[int(rng.integers(0, 5))]
    return key[time], fill, accent, shade


def _effects(
    order: SceneOrder, move: str, hero: bool, product: ProductSpec | None, people: tuple[str, ...], action: str
) -> tuple[tuple[str, float], ...]:
    seconds = order.seconds
    out: list[tuple[str, float]] = []
    if move not in ("static", "handheld") and seconds >= 1.5:
        out.append(("whoosh", 0.1))
    if hero and product is not None:
        if product.glow is not None:
            out.append(("chime", round(min(0.9, seconds * 0.3), 2)))
        elif product.kind in ("phone", "laptop", "tablet", "watch", "camera"):
            out.append(("click", round(min(0.4, seconds * 0.2), 2)))
        elif product.kind in ("car", "drone"):
            out.append(("mechanical", 0.2))
        out.append(("shimmer", round(seconds * 0.5, 2)))
        if seconds >= 4:
            out.append(("rise", round(seconds - 1.6, 2)))
    if people and action == "walk":
        out.append(("footsteps", 0.2))
    if action == "teach":
        out.append(("click", round(seconds * 0.4, 2)))
    if seconds >= 6 and hero:
        out.append(("hit", round(seconds - 0.6, 2)))
    return tuple(item for item in out if item[1] < seconds)
