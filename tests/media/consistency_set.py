"""The labelled clips on which the consistency check is calibrated and judged, drawn by the studio's own picture code.

A group is one scene with one person: five shots of it that belong together (other sizes, moves and takes), and shots in
which one thing was changed: the person, the grade, the light, the place. `python -m tests.media.consistency_set FOLDER
calibration` (or `held-out`) draws one half into a folder. No scene and no person is in both halves; a classroom, a cafe
and a living room are in both, with other walls, furniture and light.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from callsheet.media.ffmpeg import encode_frames
from callsheet.studio.picture import SceneOrder, frames
from callsheet.studio.picture.people import HAIRS, SKINS, TOPS, TROUSERS
from callsheet.studio.picture.spec import Design, stream

WIDTH, HEIGHT, FPS, SECONDS = 320, 180, 10, 1.6
ITEMS = {
    "character": "character_appearance",
    "environment": "environment_match",
    "lighting": "lighting_continuity",
    "grade": "color_consistency",
}


@dataclass(frozen=True)
class Group:
    """One scene: `where` and `other` are places, `doing` what the person does there, `light` another time of day."""

    name: str
    who: str
    doing: str
    where: str
    other: str
    light: str
    style: str
    grade: str


@dataclass(frozen=True)
class Clip:
    """One clip: `change` is None where it belongs to its group, else what was changed."""

    group: str
    number: int
    change: str | None
    order: SceneOrder

    @property
    def name(self) -> str:
        return f"{self.group}-{self.change or 'base'}-{self.number}.mp4"


CALIBRATION = (
    Group("sofa", "a man", "sits", "on the living room sofa", "in a cafe", "at night", "photorealistic", "vintage"),
    Group("board", "a woman", "explains", "in a classroom", "in an office", "at night", "photorealistic", "tech"),
    Group("meadow", "a woman", "stands", "in a meadow", "in a desert", "at sunset", "commercial", "cyberpunk"),
    Group("desk", "a man", "sits", "in an office", "in a living room", "at sunset", "modern", "vintage"),
    Group("cafe", "a woman", "sits", "in a cafe", "in a bedroom", "at night", "photorealistic", "minimalist"),
    Group("street", "a man", "walks", "in a city street", "in a forest", "at night", "cinematic", "viral"),
    Group("ridge", "a man", "stands", "in the mountains", "at the sea", "at sunset", "photorealistic", "cyberpunk"),
    Group("gym", "a woman", "stands", "in a gym", "in a classroom", "at night", "documentary", "viral"),
    Group("bed", "a man", "sits", "in a bedroom", "in a gym", "at sunset", "photorealistic", "tech"),
    Group("trees", "a woman", "walks", "in a forest", "in a city street", "at sunset", "photorealistic", "vintage"),
)
HELD_OUT = (
    Group("shore", "a man", "stands", "on a sea beach", "in a meadow", "at sunset", "photorealistic", "vintage"),
    Group("dunes", "a woman", "walks", "in a desert", "in the mountains", "at night", "photorealistic", "tech"),
    Group("kitchen", "a woman", "stands", "in a kitchen", "in a classroom", "at sunset", "commercial", "cyberpunk"),
    Group("lab", "a man", "sits", "in a laboratory", "in a bedroom", "at night", "photorealistic", "viral"),
    Group("snow", "a woman", "stands", "in a snowy field", "in a forest", "at sunset", "documentary", "cyberpunk"),
    Group("talk", "a man", "explains", "in a classroom", "in a kitchen", "at night", "modern", "vintage"),
    Group("guest", "a woman", "sits", "in a living room", "in an office", "at night", "cinematic", "commercial"),
    Group("corner", "a woman", "sits", "in a cafe", "in a laboratory", "at sunset", "photorealistic", "luxury"),
)
CAMERAS = ("medium shot, static", "medium shot, pan left", "wide shot, push in", "medium shot, orbit", "close-up")


def design(seed: str, *, unlike: Design | None = None) -> Design:
    """A person's look by lot; `unlike` another: at least hair, top and trousers differ plainly."""
    rng = stream("consistency-set", seed)
    while True:
        made = Design(
            skin=SKINS[int(rng.integers(len(SKINS)))],
            hair=(*HAIRS, (0.72, 0.55, 0.3), (0.6, 0.58, 0.56))[int(rng.integers(len(HAIRS) + 2))],
            top=TOPS[int(rng.integers(len(TOPS)))],
            legs=TROUSERS[int(rng.integers(len(TROUSERS)))],
            woman=bool(rng.random() < 0.5),
        )
        if unlike is None or (made.hair != unlike.hair and _far(made.top, unlike.top) and made.legs != unlike.legs):
            return made


def _far(a: tuple[float, float, float], b: tuple[float, float, float]) -> bool:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) > 0.5


def clips(group: Group) -> list[Clip]:
    """Five shots that belong together, then two with another person and one with each other change."""
    own = design(group.name)
    world = int(stream("world", group.name).integers(1, 2**31))

    def order(camera: str, take: int) -> SceneOrder:
        return SceneOrder(
            prompt=f"{group.who} {group.doing} {group.where}",
            seconds=SECONDS,
            width=WIDTH,
            height=HEIGHT,
            fps=FPS,
            style=group.style,
            camera=camera,
            seed=world + take,
            world_seed=world,
            design=own,
        )

    base = [order(camera, take) for take, camera in enumerate(CAMERAS)]
    made = [Clip(group.name, n, None, o) for n, o in enumerate(base, 1)]
    for n in (1, 2):
        other = design(f"{group.name}-{n}", unlike=own)
        made.append(Clip(group.name, n, "character", replace(base[n], seed=world + 10 + n, design=other)))
    made.append(Clip(group.name, 1, "grade", replace(base[1], seed=world + 20, style=group.grade)))
    light = replace(base[0], seed=world + 30, prompt=f"{base[0].prompt} {group.light}")
    made.append(Clip(group.name, 1, "lighting", light))
    # A prompt in which somebody explains is always set in a classroom.
    doing = "stands" if group.doing == "explains" else group.doing
    place = f"{group.who} {doing} {group.other}"
    made.append(Clip(group.name, 1, "environment", replace(base[3], seed=world + 40, prompt=place)))
    return made


def draw(clip: Clip, folder: Path) -> Path:
    """The clip as a file; nothing is done when it is there."""
    path = folder / clip.name
    if not path.exists():
        order = clip.order
        encode_frames(
            frames(order), width=order.width, height=order.height, fps=order.fps, out=path, audio=None,
            crf=18, preset="ultrafast", timeout=300,
        )  # fmt: skip
    return path


def half(name: str) -> Iterator[Clip]:
    """All clips of `calibration` or `held-out`."""
    for group in {"calibration": CALIBRATION, "held-out": HELD_OUT}[name]:
        yield from clips(group)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for item in half(sys.argv[2]):
        draw(item, target)
