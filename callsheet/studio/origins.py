"""Where a clip came from: the studio can continue or film anew a scene that it rendered itself.

The books know the SHA-256 of every clip that was delivered. When an order names such a clip, by its address or as an
upload of the same bytes, the order that made it is put beside the kept file.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callsheet.errors import MediaError
from callsheet.features import Sequence, StyledGenerate, TextToVideo
from callsheet.media.images import Media
from callsheet.studio.orders import ORDER, LongStyledGenerate, LongTextToVideo

if TYPE_CHECKING:
    from callsheet.studio.books import Books
    from callsheet.studio.picture import SceneOrder


@dataclass(frozen=True)
class Origin:
    """A clip's own order and its file's name in that job."""

    request: TextToVideo | Sequence | StyledGenerate
    name: str


def keep_origin(books: Books, clip: Path) -> None:
    """Puts `<sha256>.origin.json` beside a kept clip when the studio made it."""
    note = _note(clip)
    job = None if note.exists() else books.that_made(clip.stem)
    if job is None:
        return
    name = next(output["name"] for output in job.outputs if output.get("sha256") == clip.stem)
    ordered = {item.output["name"]: item.request for item in books.items.of(job.job_id) if item.output}
    part = note.with_name(f".origin-{uuid.uuid4().hex}")
    part.write_text(json.dumps({"request": ordered.get(name, job.request), "name": name}), encoding="utf-8")
    part.replace(note)


def origin_of(clip: Path) -> Origin | None:
    """The order that made a kept clip, when it is one whose scene can be rendered again; else None."""
    note = _note(clip)
    if not note.exists():
        return None
    written: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
    request = ORDER.validate_python(written["request"])
    # A clip of several parts is no one scene: it is continued as any other clip is.
    in_parts = isinstance(request, LongTextToVideo | LongStyledGenerate)
    if not in_parts and isinstance(request, TextToVideo | Sequence | StyledGenerate):
        return Origin(request, str(written["name"]))
    return None


def scene_of(origin: Origin, inputs: Path) -> SceneOrder | None:
    """The scene of a clip as it was ordered from the renderer; None when there is no such shot."""
    from callsheet.studio import rendering

    request = origin.request
    if isinstance(request, TextToVideo):
        return rendering.scene_order(request)
    if isinstance(request, StyledGenerate):
        from callsheet.studio.styling import styled_order

        return styled_order(request)
    reference, person = None, False
    if isinstance(request.reference_image, Media):
        from callsheet.studio.characters import part_of

        image = request.reference_image
        reference, person = part_of(rendering.read_picture(inputs / f"{image.sha256}{image.suffix}"))
    shots = {f"shot-{shot.shot_number}.mp4": shot for shot in request.shots}
    shot = shots.get(origin.name)
    return None if shot is None else rendering.shot_order(request, shot, reference, person=person)


def shows_somebody(clip: Path) -> bool:
    """Whether a person may be seen in a kept clip: not in one whose scene, as the studio renders it, has none."""
    from callsheet.studio.picture import describe

    origin = origin_of(clip)
    try:
        scene = None if origin is None else scene_of(origin, clip.parent)
    except MediaError:  # its reference image is none that can be drawn from: another renderer took it
        return True
    return scene is None or bool(describe(scene).people)


def _note(clip: Path) -> Path:
    return clip.with_name(f"{clip.stem}.origin.json")
