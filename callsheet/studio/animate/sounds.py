"""Which sounds go with an animated picture."""

from __future__ import annotations

from callsheet.studio.animate.motions import asked, understand, wanted
from callsheet.studio.animate.order import AnimateOrder

# What the prompt says of the place decides the ambience; a product in a studio has a quiet studio.
PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sea", ("海", "沙滩", "波浪", "sea", "ocean", "beach", "wave")),
    ("forest", ("森林", "树林", "山林", "forest", "wood", "trail", "jungle")),
    ("rain", ("雨", "rain", "storm")),
    ("wind", ("风", "山", "雪", "户外", "云", "wind", "mountain", "outdoor", "snow", "cloud", "lake", "desert")),
    ("city", ("城市", "街", "city", "street", "urban")),
    ("kitchen", ("厨房", "kitchen")),
    (
        "room",
        ("客厅", "卧室", "沙发", "家", "室内", "房间", "living room", "bedroom", "sofa", "home", "indoor", "desk"),
    ),
)


def sounds(order: AnimateOrder) -> tuple[str, list[tuple[str, float]]]:
    """(ambience kind, [(effect kind, at second), ...]) for an order; every effect begins before the last half second.

    Kinds are those of callsheet.media.sound."""
    text = order.prompt.lower()
    ambience = next((kind for kind, words in PLACES if asked(text, words)), "studio")
    names = wanted(order.prompt)
    moves = understand(order.prompt, order.motion)
    cues: list[tuple[str, float]] = []
    if "push" in names or "pull" in names or "pan" in names:
        cues.append(("whoosh", 0.0))
    if "turn" in names or "roll" in names:
        cues.append(("mechanical", 0.05 * order.seconds))
    if moves.sweep > 0.3:
        # The light is in the middle of the subject at half time; a shimmer swells for about half a second before.
        cues.append(("shimmer", max(0.0, 0.5 * order.seconds - 0.5)))
    if "pulse" in names or "dust" in names:
        cues.append(("chime", 0.25 * order.seconds))
    last = max(0.0, order.seconds - 0.5)
    return ambience, sorted(((kind, round(min(at, last), 3)) for kind, at in cues), key=lambda cue: cue[1])
