"""The sound of a work, taken from the shelf where another has sounded just so.

The works of a matrix differ in their shape and in the words on the picture more often than in what is heard, and a work
that is cut again with another title sounds as before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import file_digest
from pathlib import Path

from callsheet.canonical import digest
from callsheet.media.mix import STEMS
from callsheet.media.shelf import Shelf
from callsheet.media.soundtrack import soundtrack
from callsheet.timeline import Look, Shot, Timeline

LONGEST = 120.0
"""Seconds: the stems of a longer work would take more of the shelf than the segments of its picture."""
_FORMAT = 1
"""Of what is mixed: another number where the same timeline sounds different."""


def audible(timeline: Timeline) -> Timeline:
    """What is heard of a timeline: the same work in one shape, without words, marks, cards' contents and captions."""
    plain = {"heading": "", "lines": (), "cues": (), "picture": None, "background": None, "layout": "blank"}
    shots = tuple(
        shot.model_copy(update={"fit": "auto"})
        if isinstance(shot, Shot)
        else shot.model_copy(update={"card": f"card {number}", **plain})
        for number, shot in enumerate(timeline.shots)
    )
    titles = tuple(
        title.model_copy(update={"text": "title", "subtitle": "", "style": "auto"}) for title in timeline.titles
    )
    unheard = {"marks": (), "lines": (), "captions": (), "chapters": (), "burnt": None, "look": Look(), "voice": ""}
    frame = {"width": 16, "height": 16, "timecode_start": "00:00:00:00", "language": ""}
    return timeline.model_copy(update={"shots": shots, "titles": titles, **unheard, **frame})


def make_sound(
    timeline: Timeline,
    clips: Mapping[str, Path],
    voice: Sequence[tuple[float, Path]],
    *,
    stems: Mapping[str, Path],
    coded: Path,
    scratch: Path,
    shelf: Shelf | None = None,
) -> None:
    """The four `stems` (WAV) and the mix, `coded` as AAC (MP4): from the shelf, or as `soundtrack` makes them, which
    says what the arguments are and what is raised."""
    heard = audible(timeline)
    files = {**stems, "mix": coded}
    if shelf is None or timeline.seconds > LONGEST:
        soundtrack(heard, clips, voice, stems=stems, mix=scratch / "mix.wav", coded=coded, scratch=scratch)
        return
    key = _key(heard, clips, voice)
    if all(shelf.take(f"{key}-{name}", path) for name, path in files.items()):
        return
    for path in files.values():  # of the shelf's own, where not all were there
        path.unlink(missing_ok=True)
    soundtrack(heard, clips, voice, stems=stems, mix=scratch / "mix.wav", coded=coded, scratch=scratch)
    for name, path in files.items():
        shelf.keep(f"{key}-{name}", path)


def _key(heard: Timeline, clips: Mapping[str, Path], voice: Sequence[tuple[float, Path]]) -> str:
    """A digest of all that decides the sound."""
    names = {shot.clip for shot in heard.shots if isinstance(shot, Shot)} | {cue.clip for cue in heard.sounds}
    contents = {name: _sha256(clips[name]) for name in sorted(names & clips.keys())}
    return digest([_FORMAT, list(STEMS), heard, contents, [[start, _sha256(line)] for start, line in voice]])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
