"""The sound of an OpenTimelineIO timeline: what is the shots' own, and what is a sound laid beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from callsheet.errors import MediaError
from callsheet.media.otio_layers import Layers, Piece
from callsheet.media.otio_media import Names, references
from callsheet.media.otio_words import PICTURE, facts_of

_ROLES = {
    "voice": ("voice", "dialog", "narrat", "speech", "vo "),
    "music": ("music", "score", "song"),
    "ambience": ("ambience", "atmo", "room"),
}
"""What the name of a track has in it that holds such sounds; any other holds effects."""


def own_sounds(layers: Layers, fps: int) -> tuple[set[int], list[Piece]]:
    """The ids of the picture's pieces whose own sound lies beside them, and the pieces of sound that are none of these.

    A sound is a shot's own when it is the same media at the same time: it may be longer or shorter by the transitions
    of the shot. The two channels of a file on two tracks are one sound.
    """
    heard: set[int] = set()
    loose: dict[tuple[object, ...], Piece] = {}
    for sound in layers.sound:
        match = next((piece for piece in layers.picture if _belongs(sound, piece, Fraction(1, 2 * fps))), None)
        if match is not None:
            heard.add(id(match))
        else:
            loose.setdefault((_media(sound.item), sound.start, sound.end, sound.source), sound)
    return heard, sorted(loose.values(), key=lambda piece: piece.start)


def cues(
    pieces: Sequence[Piece],
    names: Names,
    layers: Layers,
    frames: Callable[[Fraction], int],
    begins: Callable[[Piece], Fraction],
    *,
    scale: Fraction,
    total: int,
) -> list[dict[str, Any]]:
    """The fields of each `AudioCue`. `frames` counts frames of a time, `begins` is the media's own time of its start.

    A transition between two sounds becomes a fade of each. What is heard behind the last of `total` frames is cut off.
    """
    seen = {_media(piece.item) for piece in layers.picture}
    found = []
    for piece in pieces:
        if not isinstance(piece.item.media_reference, otio.schema.ExternalReference | otio.schema.MissingReference):
            raise MediaError(f"{piece.where}: can't be heard; a reference to one file is allowed")
        if piece.speed not in (None, 1):
            raise MediaError(f"{piece.where}: a sound at another speed can't be cut; it has to be 1")
        into = frames(piece.entered.before) + frames(piece.entered.after) if piece.entered else 0
        out = frames(piece.left.before) + frames(piece.left.after) if piece.left else 0
        start = frames(piece.start) - (frames(piece.entered.before) if piece.entered else 0)
        end = min(frames(piece.end) + (frames(piece.left.after) if piece.left else 0), total)
        first = frames(piece.source - begins(piece)) - (frames(piece.start) - start)
        if end <= start:
            raise MediaError(f"{piece.where}: lies behind the last picture; sound is allowed under pictures only")
        if start < 0 or first < 0:
            raise MediaError(f"{piece.where}: its transition needs sound before the beginning")
        facts = facts_of(piece.item)
        cue: dict[str, Any] = {name: facts[name] for name in ("gain_db", "duck") if name in facts}
        cue |= {"fade_in": into or _scaled(facts.get("fade_in"), scale)}
        cue |= {"fade_out": out or _scaled(facts.get("fade_out"), scale)}
        cue |= {"clip": names.of(piece.item).name, "role": facts.get("role") or _role(piece, seen)}
        found.append({**cue, "source_in": first, "start": start, "frames": end - start})
        _shorten(found[-1])
    return found


def _shorten(cue: dict[str, Any]) -> None:
    """Fades that a trimmed sound has no room for any more are shortened, the later one first."""
    cue["fade_in"] = min(cue["fade_in"], cue["frames"])
    cue["fade_out"] = min(cue["fade_out"], cue["frames"] - cue["fade_in"])


def _scaled(frames: object, scale: Fraction) -> int:
    return round(frames * scale) if isinstance(frames, int) and frames > 0 else 0


def _role(piece: Piece, seen: set[str]) -> str:
    track = piece.where.partition(", ")[0].removeprefix("track ").lower() + " "
    for role, words in _ROLES.items():
        if any(word in track for word in words):
            return role
    return "ambience" if _media(piece.item) in seen else "effects"


def _belongs(sound: Piece, piece: Piece, near: Fraction) -> bool:
    if not isinstance(piece.item, otio.schema.Clip) or _media(sound.item) != _media(piece.item):
        return False
    if (sound.speed or 1) != (piece.speed or 1):
        return False
    early = near + (piece.entered.before + piece.entered.after if piece.entered else 0)
    late = near + (piece.left.before + piece.left.after if piece.left else 0)
    slipped = (sound.source - sound.start) - (piece.source - piece.start)
    if (piece.speed or 1) == 1 and abs(slipped) > near:
        return False
    return abs(sound.start - piece.start) <= early and abs(sound.end - piece.end) <= late


def _media(item: Any) -> str:
    """What says that two clips show and sound the same file."""
    if not isinstance(item, otio.schema.Clip):
        return ""
    found = references(item, PICTURE, wanted=False)
    return str(found[0].target_url) if found else f"name:{item.name}"
