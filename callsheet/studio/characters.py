"""Sequences with one character: the person of a reference image plays in every scene that is ordered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from callsheet.errors import MediaError
from callsheet.features import CharacterSequence
from callsheet.media.consistency.foreground import colours_of, lab_of
from callsheet.money import frame_size
from callsheet.studio.animate.cutout import cutout
from callsheet.studio.picture.performer import anatomy
from callsheet.studio.picture.reference import has_cutout, trimmed
from callsheet.studio.picture.spec import U8, stream

if TYPE_CHECKING:
    from callsheet.studio.picture import SceneOrder

COLOURS = 7
"""Colours into which a character is divided when some of them are changed."""
STRANGER = 46.0
"""Delta E by which colours differ at the weight 0: as far as two wardrobes chosen without each other."""
GAP = 0.03
"""Share of a character's area that a gap, as beside an arm, has at most."""
WIDE_GAP = 0.15
"""The same of a gap that opens at the feet and is as plain as the background: that between the legs."""
FEET = 0.12
"""Share of a character's height from below in which its feet are."""
PLAIN = 3.0
"""Delta E within which nine tenths of a plain background, and of what is seen of it in a gap, lie."""
BAND = 0.03
"""Share of the picture's height within which an edge is cleaned of what is left of a plain background."""


def character_sequence(
    request: CharacterSequence, folder: Path, reference: Path, heartbeat: Callable[[float], None]
) -> list[dict[str, Any]]:
    """Renders every scene into `folder`. Raises `MediaError` for an image whose character can't be separated."""
    from callsheet.studio.rendering import read_picture, render_scene

    cut = cut_out(read_picture(reference))
    total = sum(scene.duration for scene in request.scenes)
    done = 0
    outputs: list[dict[str, Any]] = []
    for number, scene in enumerate(request.scenes, 1):
        start, share = done / total, scene.duration / total
        order = scene_order(request, number, cut)
        made = render_scene(
            order,
            folder,
            f"shot-{number}.mp4",
            lambda part, a=start, b=share: heartbeat(a + b * part),  # type: ignore[misc]
        )
        outputs += [{**output, "shot_number": number} for output in made if output["kind"] == "video"]
        done += scene.duration
    return outputs


def scene_order(request: CharacterSequence, number: int, cut: U8) -> SceneOrder:
    """One scene, numbered from 1, with the character as it looks there."""
    from callsheet.studio.picture import SceneOrder
    from callsheet.studio.rendering import FPS, seed_of

    scene = request.scenes[number - 1]
    width, height = frame_size(request.resolution)
    dressed = looks(
        cut,
        request.character_consistency_weight,
        seed_of(request.character_reference.sha256, number),
        costume=request.allow_costume_change and number > 1,
    )
    return SceneOrder(
        prompt=scene.prompt,
        seconds=scene.duration,
        width=width,
        height=height,
        fps=FPS,
        seed=seed_of(request, number),
        world_seed=seed_of([scene.prompt for scene in request.scenes]),
        performer=dressed,
    )


def cut_out(image: U8) -> U8:
    """The character of a reference image, BGRA without empty borders.

    Raises `MediaError` when it can't be told from its background.
    """
    cut = cutout(image)
    if not has_cutout(cut):
        raise MediaError("the character can't be separated from the background of its image; send it on a plain one")
    if image.shape[2] == 3:
        cut = _cleaned(cut, image)
    return trimmed(cut)


def _cleaned(cut: U8, image: U8) -> U8:
    """Without what is left of the background's own colour: near the edge, and in gaps that open to the outside."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    plain = lab_of(np.median(border, 0).astype(np.uint8)[None, None])[0, 0]
    distance = np.linalg.norm(lab_of(image) - plain, axis=2)
    reach = 2 * max(1, round(BAND * image.shape[0] / 2)) + 1
    solid = (cut[..., 3] > 127).astype(np.uint8)
    inside = cv2.erode(solid, np.ones((reach, reach), np.uint8)) > 0
    outside = cv2.dilate(1 - solid, np.ones((5, 5), np.uint8)) > 0
    rows = np.flatnonzero(solid.any(1))
    feet = np.zeros_like(outside)
    feet[int(rows[-1] - FEET * len(rows)) :] = True
    count, labels, sizes, _ = cv2.connectedComponentsWithStats(((distance < 8) & (solid > 0)).astype(np.uint8))
    for number in range(1, count):
        gap = labels == number
        share = sizes[number, cv2.CC_STAT_AREA] / solid.sum()
        below = share < WIDE_GAP and (gap & outside & feet).any() and np.quantile(distance[gap], 0.9) < PLAIN
        if below or (share < GAP and (gap & outside).any()):
            inside &= cv2.dilate(gap.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    allowed = np.clip((distance - 5) / 14, 0, 1)
    alpha = np.where(inside, cut[..., 3], np.minimum(cut[..., 3], allowed * 255))
    return np.dstack([cut[..., :3], alpha.astype(np.uint8)])


def part_of(image: U8) -> tuple[U8, bool]:
    """What a sequence's reference image shows: its cut-out where there is one, and whether that is a person.

    A person has a head that is wider than the neck and narrower than the shoulders, with skin in it.
    """
    cut = cutout(image)
    if not has_cutout(cut):
        return image, False
    if image.shape[2] == 3:
        cut = _cleaned(cut, image)
    cut = trimmed(cut)
    parts = anatomy(cut)
    solid = cut[..., 3] > 127
    wide = solid.sum(1)
    rows = len(wide)
    neck = round(parts.neck * rows)
    head, throat = float(wide[:neck].max(initial=0)), float(wide[neck : neck + max(1, rows // 40)].mean())
    shoulders = float(wide[neck : neck + max(2, round(neck * 0.9))].max(initial=0))
    if not (0.2 * head < throat < 0.9 * head < 1.1 * shoulders):
        return cut, False
    above = solid.copy()
    above[neck:] = False
    lab = lab_of(cut[..., :3])[above]
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.degrees(np.arctan2(lab[:, 2], lab[:, 1]))
    skin = (lab[:, 0] > 30) & (chroma > 8) & (chroma < 45) & (hue > 20) & (hue < 82)
    return cut, bool(skin.mean() > 0.15)


def looks(cut: U8, weight: float, seed: int, *, costume: bool = False) -> U8:
    """The character as far as `weight`, 0..1, holds it: at 1 its own pixels, at 0 the colours of a stranger.

    With `costume` the clothes get other colours, whatever the weight; face and hair keep theirs.
    """
    if weight >= 1 and not costume:
        return cut
    lab = lab_of(cut[..., :3])
    solid = cut[..., 3] > 127
    centres, _ = colours_of(np.ascontiguousarray(lab[solid][::7]), COLOURS)
    near = np.stack([np.exp(-((lab - centre) ** 2).sum(2) / (2 * 11.0**2)) for centre in centres])
    near /= near.sum(0) + 1e-6
    neck = anatomy(cut).neck
    rows = np.arange(cut.shape[0], dtype=np.float32)[:, None] / cut.shape[0]
    below = np.clip((rows - neck) / 0.04 + 0.5, 0, 1)
    shift = np.zeros_like(lab)
    for number, centre in enumerate(centres):
        shift += (near[number] * np.float32(1 - weight))[..., None] * _other(centre, seed, number, "stranger")
        if costume and not _skin(centre):
            shift += (near[number] * below)[..., None] * _other(centre, seed, number, "costume")
    bgr = cv2.cvtColor((lab + shift).astype(np.float32), cv2.COLOR_LAB2BGR)
    return np.dstack([np.clip(bgr * 255 + 0.5, 0, 255).astype(np.uint8), cut[..., 3]])


def _skin(centre: Any) -> bool:
    chroma, hue = float(np.hypot(centre[1], centre[2])), float(np.degrees(np.arctan2(centre[2], centre[1])))
    return bool(centre[0] > 30 and 8 < chroma < 45 and 20 < hue < 82)


def _other(centre: Any, seed: int, number: int, why: str) -> Any:
    """The way in Lab to another colour: of another complexion for skin, little for lines and eyes, else far."""
    rng = stream("character", why, seed, number)
    way, up = float(rng.random()) * 2 * np.pi, float(rng.random())
    if _skin(centre):
        return np.array([-30 * up - 8, 6 * np.cos(way), 6 * np.sin(way)], np.float32)
    if centre[0] < 18:
        return np.array([14 * up, 5 * np.cos(way), 5 * np.sin(way)], np.float32)
    light = (up - 0.5) * 36 + (55 - float(centre[0])) * 0.3
    # Away from the colour it has: a grey one becomes any colour, a coloured one its opposite or near that.
    if np.hypot(centre[1], centre[2]) > 15:
        way = float(np.arctan2(-centre[2], -centre[1])) + (way / np.pi - 1) * 1.1
    return np.array([light, STRANGER * np.cos(way), STRANGER * np.sin(way)], np.float32)
