"""A brief that names a style or shots of a library, with their words in the place of the names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from callsheet.briefs.brief import Brief
from callsheet.briefs.storyboard import StoryboardBrief, StoryShot
from callsheet.errors import BriefError, Fault
from callsheet.library import Library, load_library
from callsheet.prompts import style_names

NEAR = 3
"""So many names are offered for one that there isn't."""
B = TypeVar("B", bound=Brief)


def with_named(brief: B) -> B:
    """The brief without names of a library: what it says needs no file but itself from here on.

    Raises `BriefError` with a line for each name that isn't there, and for a library that can't be read.
    """
    if not brief.library and not names_left(brief):
        return brief
    library = load_library(*([Path(brief.library)] if brief.library else []))
    faults: list[Fault] = []
    change: dict[str, object] = {"library": None, "named_style": None}
    if brief.named_style:
        style = library.styles.get(brief.named_style)
        if style is None:
            faults.append(_unknown("named_style", brief.named_style, library.styles))
        else:
            change["style_text"] = style.words(brief.language)
            akin = brief.named_style if brief.named_style in style_names() else style.group
            if akin in style_names() and "style" not in brief.model_fields_set:
                change["style"] = akin
    if isinstance(brief, StoryboardBrief):
        change["shots"] = tuple(
            _shot(shot, f"shots[{number}].shot", library, brief.language, faults)
            for number, shot in enumerate(brief.shots)
        )
    if faults:
        raise BriefError(faults)
    return brief.model_copy(update=change)


def names_left(brief: Brief) -> list[tuple[str, str]]:
    """(field, name) of everything that the brief names of a library."""
    found = [("named_style", brief.named_style)]
    if isinstance(brief, StoryboardBrief):
        found += [(f"shots[{number}].shot", shot.shot) for number, shot in enumerate(brief.shots)]
    return [(field, name) for field, name in found if name]


def _shot(shot: StoryShot, field: str, library: Library, language: str, faults: list[Fault]) -> StoryShot:
    """The shot with the named one's words behind its own, and its length where it states none."""
    if shot.shot is None:
        return shot
    named = library.shots.get(shot.shot)
    if named is None:
        faults.append(_unknown(field, shot.shot, library.shots))
        return shot
    comma = "，" if language.startswith("zh") else ", "
    words = comma.join(part for part in (shot.description.rstrip(" .。,，"), named.words(language)) if part)
    return shot.model_copy(
        update={"shot": None, "description": words, "seconds": shot.seconds if shot.seconds else named.seconds}
    )


def _unknown(field: str, name: str, names: Iterable[str]) -> Fault:
    known = sorted(names)
    near = difflib.get_close_matches(name, known, NEAR, 0.5)
    if near:
        return Fault(field, name, f"the library has none of this name; near it are {', '.join(near)}")
    if not known:
        return Fault(field, name, "there is none to name: the brief's `library` must be a file that has it")
    return Fault(field, name, f"the library has none of this name, but {', '.join(known)}")
