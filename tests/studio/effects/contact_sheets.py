"""Writes the pictures of docs/effects.md: `python -m tests.studio.effects.contact_sheets`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from callsheet.features import REQUEST, StyledGenerate
from callsheet.prompts import style_names
from callsheet.studio.effects.evolve import Changes, Evolution
from callsheet.studio.effects.prolong import prolong
from callsheet.studio.effects.reading import open_clip
from callsheet.studio.effects.transfer import Transfer
from callsheet.studio.effects.view import Stage, view_named
from callsheet.studio.picture import SceneOrder
from callsheet.studio.picture.camera import MOVES
from callsheet.studio.picture.render import span
from callsheet.studio.styling import styled_frames
from tests.studio.effects.test_evolution import STATES

FOLDER = Path(__file__).parents[3] / "docs" / "images"
SIZE = (240, 136)
LARGEST = 300_000
"""Bytes of a sheet."""


def scene(prompt: str, camera: str | None = None, **more: object) -> SceneOrder:
    order = {"seconds": 4, "width": 640, "height": 360, "seed": 3, "world_seed": 3, "camera": camera, **more}
    return SceneOrder(prompt, **order)  # type: ignore[arg-type]


def labelled(frame: np.ndarray, words: str) -> np.ndarray:
    small = np.asarray(cv2.resize(frame, SIZE, interpolation=cv2.INTER_AREA))
    out = np.vstack([small, np.full((20, SIZE[0], 3), 24, np.uint8)])  # the words stand under the picture
    cv2.putText(out, words, (6, SIZE[1] + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
    return out


def write(name: str, pictures: Iterable[tuple[str, np.ndarray]], columns: int) -> None:
    """One sheet, at the best quality that stays under the limit."""
    cells = [labelled(frame, words) for words, frame in pictures]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % columns)
    rows = [np.hstack(cells[n : n + columns]) for n in range(0, len(cells), columns)]
    sheet = np.vstack(rows)
    for quality in range(90, 30, -4):
        data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) < LARGEST:
            break
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_bytes(data)


def styles() -> Iterable[tuple[str, np.ndarray]]:
    for style in style_names():
        for prompt in ("a bottle of red wine on a wooden table, sunset glow", "city streets, neon lights, pedestrians"):
            fields = {"prompt": prompt, "style_preset": style, "duration": 2, "resolution": "640x360"}
            request = REQUEST.validate_python({"feature": "styled_generate", **fields})
            assert isinstance(request, StyledGenerate)
            yield style, next(islice(styled_frames(request), 12, None))


def moves() -> Iterable[tuple[str, np.ndarray]]:
    for move in MOVES:
        order = scene("a hiker on a mountain trail, wide shot", move)
        for second in (0, 2, 4):
            yield f"{move}, {second} s", next(span(order, second * 30, second * 30 + 1))


def evolutions() -> Iterable[tuple[str, np.ndarray]]:
    clips = [
        list(span(scene(prompt, "static"), 20, 34)) for prompt in ("a dog in a green forest", "a harbour by the sea")
    ]
    for kind, name in STATES:
        for clip in clips:
            made = Evolution(640, 360, 30, Changes(**{kind: name}), 5)
            yield f"{kind}: {name}", [made.apply(frame, 1 + n / 30, 1.0) for n, frame in enumerate(clip)][-1]


def views() -> Iterable[tuple[str, np.ndarray]]:
    from dataclasses import replace

    stage = Stage(640, 360)
    outside = next(span(scene("a hiker on a mountain trail, wide shot", "static"), 40, 41))
    room = scene("a smart speaker on a coffee table in a living room, a woman uses it", "static")
    for name in ("as it was", "aerial_view_40deg", "low_angle", "side_view_45deg", "left_view_30deg"):
        view = view_named(name)
        yield f"{name} (any clip)", outside if view is None else stage.seen(outside, view)
        turned = room if view is None else replace(room, view=(view.up, view.right))
        yield f"{name} (own room)", next(span(turned, 40, 41))


def extensions(folder: Path) -> Iterable[tuple[str, np.ndarray]]:
    from callsheet.media.ffmpeg import encode_frames

    order = scene("a dog in a green forest", "tracking")
    pictures = list(span(order, 0, 120))
    path = folder / "clip.mp4"
    size = {"width": 640, "height": 360, "fps": 30}
    encode_frames(iter(pictures), **size, out=path, audio=None, crf=17, preset="ultrafast", timeout=120)
    clip = open_clip(path)
    more = list(prolong(clip, after=True).frames(120))
    own = list(span(order, 120, 240))
    for second in (3, 4, 5, 6, 7):
        n = second * 30
        yield f"own scene, {second} s", pictures[n] if n < 120 else own[min(119, n - 120)]
    for second in (3, 4, 5, 6, 7):
        n = second * 30
        yield f"any clip, {second} s", pictures[n] if n < 120 else more[min(119, n - 120)]


def transfers() -> Iterable[tuple[str, np.ndarray]]:
    content = list(span(scene("a hiker on a mountain trail, wide shot", "tracking"), 20, 32))
    for style, prompt in (
        ("oil_painting", "a forest at sunset"),
        ("cyberpunk", "city street at night"),
        ("watercolor", "a harbour"),
    ):
        fields = {"prompt": prompt, "style_preset": style, "style_strength": 1, "duration": 2, "resolution": "640x360"}
        request = REQUEST.validate_python({"feature": "styled_generate", **fields})
        assert isinstance(request, StyledGenerate)
        reference = next(islice(styled_frames(request), 2, None))
        yield "reference", reference
        yield "content", content[-1]
        for strength in (0.35, 0.7, 1.0):
            made = Transfer([content[0], content[-1]], [reference], 30, 5, strength=strength)
            yield f"transfer_strength {strength}", list(made.frames(content))[-1]


def main() -> None:
    from tempfile import TemporaryDirectory

    write("styles.jpg", styles(), 6)
    write("camera-moves.jpg", moves(), 6)
    write("evolutions.jpg", evolutions(), 6)
    write("perspectives.jpg", views(), 4)
    write("transfers.jpg", transfers(), 5)
    with TemporaryDirectory() as folder:
        write("extensions.jpg", extensions(Path(folder)), 5)


if __name__ == "__main__":
    main()
