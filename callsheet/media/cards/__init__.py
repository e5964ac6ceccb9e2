"""Cards: pictures that the cutting room draws itself, from a heading, lines and an image.

`staged` makes of a timeline one in which every card is a still, `draw` draws such a still. The same card gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import MediaError
from callsheet.media.cards.canvas import Canvas
from callsheet.media.cards.diagram import diagram
from callsheet.media.cards.layouts import Sheet, chapter, end, points, quote, recap, title
from callsheet.media.cards.staging import Stage, Staged, staged
from callsheet.timeline import CardLayout, Timeline

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Stage", "Staged", "draw", "staged", "stills"]

_LAYOUTS: Mapping[CardLayout, Callable[[Canvas, Sheet], None]] = {
    "title": title,
    "chapter": chapter,
    "points": points,
    "quote": quote,
    "diagram": diagram,
    "recap": recap,
    "end": end,
}


def draw(stage: Stage, timeline: Timeline, picture: Path | None = None) -> Image:
    """A stage of a card as an RGB image of the timeline's size, in the colours of its look.

    Raises MediaError where `picture` is neither an image nor a video.
    """
    card = stage.card
    canvas = Canvas(timeline.width, timeline.height, timeline.look, timeline.language, card.background)
    if card.layout != "blank":
        lines = tuple(line for line in card.lines if line.strip())
        hidden = len([line for line in card.lines[stage.seen :] if line.strip()])
        kept = card.model_copy(update={"lines": lines, "heading": " ".join(card.heading.split())})
        captioned = timeline.burnt is not None
        _LAYOUTS[card.layout](canvas, Sheet(kept, len(lines) - hidden, picture, captioned))
    return canvas.finished()


def stills(of: Staged, files: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Draw every stage as a PNG in `folder`; the files by the stage's name. `files` are the clips by name."""
    made: dict[str, Path] = {}
    for number, (name, stage) in enumerate(of.stages.items()):
        picture = None
        if stage.card.picture is not None:
            picture = files.get(stage.card.picture)
            if picture is None:
                raise MediaError(f"card {stage.card.card}: there is no file for its picture {stage.card.picture}")
        made[name] = folder / f"card-{number}.png"
        # Read once, and its grain hardly shrinks.
        draw(stage, of.timeline, picture).save(made[name], "PNG", compress_level=0)
    return made
