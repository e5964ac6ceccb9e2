"""Shots from a file: a table in CSV, or a script in a part of Fountain (fountain.io, syntax 1.1).

What is read of a script, everything else being refused or left out as said::

    Title: …                the lines above the first empty one, if the first has a colon: left out
    INT. KITCHEN - DAY      a scene heading (INT. EXT. EST. INT./EXT. I/E, or a line after one dot): where shots are
    A paragraph.            one shot
    [[4s]]                  its length, in the paragraph or alone after it
    [[shot: reveal]]        a shot of the library that it is; alone in a paragraph it is a shot by itself
    [[character: no]]       whether the character is seen in it; other notes are left out
    > slow push in          its camera, on a line in the paragraph or alone after it
    NARRATOR                a name in capitals, or any after @, and under it what is spoken over that shot
    DISSOLVE TO:            how the next shot is entered: CUT, FADE, DISSOLVE or WIPE
    # a section, = a synopsis, /* what is struck out */: left out
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callsheet.errors import BriefError, Fault
from callsheet.media.speech.voices import voices

COLUMNS = ("description", "shot", "character", "seconds", "scene", "camera", "line", "voice", "transition")
LARGEST = 1024 * 1024
"""Bytes of a file of shots."""

_HEADING = re.compile(r"(?:\.(?!\.)|(?=(?:INT|EXT|EST|INT\./EXT|INT/EXT|I/E)[. ]))(.+)", re.I)
_LENGTH = re.compile(r"\[\[\s*(\d+)\s*(?:s|sec|seconds|秒)?\s*\]\]")
_NAMED = re.compile(r"\[\[\s*(shot|character)\s*[:：]\s*(.*?)\s*\]\]", re.I)
_NOTE = re.compile(r"\[\[.*?\]\]")
_TRANSITION = re.compile(r"(CUT|FADE|DISSOLVE|WIPE) TO(?: BLACK)?:")
_STRUCK = re.compile(r"/\*.*?\*/", re.S)
_PARENTHETICAL = re.compile(r"\([^)]*\)")


@dataclass
class Row:
    """A shot as it is written: the fields of a `StoryShot`, and the line of the file where it begins (from 1)."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)


def read_shots(path: Path) -> list[Row]:
    """The shots of a file; `.csv` is a table, `.fountain` and `.txt` a script.

    Raises `BriefError` with a line for each thing that is wrong, named by the file and its line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BriefError([Fault("shots_file", str(path), f"at most {LARGEST} bytes are read")])
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it must be text in UTF-8"
        raise BriefError([Fault("shots_file", str(path), f"it can't be read: {reason}")]) from error
    match path.suffix.lower():
        case ".csv":
            rows = from_table(text, str(path))
        case ".fountain" | ".txt":
            rows = from_script(text, str(path))
        case _:
            raise BriefError([Fault("shots_file", str(path), "its name must end in .csv, .fountain or .txt")])
    if not rows:
        raise BriefError([Fault("shots_file", str(path), "there is no shot in it")])
    return rows


def from_table(text: str, name: str) -> list[Row]:
    """A table with the columns `COLUMNS` in any order, `description` or `shot` among them. Empty cells say nothing."""
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        heads = {head: head.strip().lower() for head in table.fieldnames or () if head}
        unknown = [head for head in heads.values() if head not in COLUMNS]
        if unknown or not {"description", "shot"} & {*heads.values()}:
            allowed = f"the columns are {', '.join(COLUMNS)}, and description or shot must be there"
            raise BriefError([Fault(f"{name}:1", ", ".join(heads.values()) or "nothing", allowed)])
        before = table.line_num
        for cells in table:
            line, before = before + 1, table.line_num
            if None in cells:
                raise BriefError(
                    [Fault(f"{name}:{line}", ", ".join(cells[None]), "the row has more cells than columns")]
                )
            given = {heads[head]: cells[head].strip() for head in heads if cells[head] and cells[head].strip()}
            if given:
                seconds = re.fullmatch(r"(\d+)\s*s", given.get("seconds", ""))
                rows.append(Row(line, given | ({"seconds": seconds[1]} if seconds else {})))
    except csv.Error as error:
        raise BriefError([Fault(f"{name}:{table.line_num}", "this row", f"it must be CSV: {error}")]) from error
    return rows


def from_script(text: str, name: str) -> list[Row]:
    """A script in the part of Fountain that is said above."""
    kept = _STRUCK.sub(lambda found: re.sub(r"[^\n]", "", found[0]), text)
    return _Script(name).read(_paragraphs(kept))


def _paragraphs(text: str) -> list[tuple[int, list[str]]]:
    """What stands between empty lines, each with the number of its first line; a title page is left out."""
    found: list[tuple[int, list[str]]] = []
    open_ = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            open_ = False
            continue
        if not open_:
            found.append((number, []))
        open_ = True
        found[-1][1].append(line.strip())
    titled = found and re.match(r"[A-Za-z][\w ]*:(?!//)", found[0][1][0]) and not _TRANSITION.fullmatch(found[0][1][0])
    return found[1:] if titled else found


class _Script:
    """Reads paragraph after paragraph; `_scene` and `_entered` are what the next shot takes over."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows: list[Row] = []
        self._faults: list[Fault] = []
        self._scene: str | None = None
        self._entered: str | None = None

    def read(self, paragraphs: list[tuple[int, list[str]]]) -> list[Row]:
        for number, lines in paragraphs:
            self._paragraph(number, lines)
        if self._faults:
            raise BriefError(self._faults)
        return self._rows

    def _paragraph(self, number: int, lines: list[str]) -> None:
        heading, entered = _HEADING.fullmatch(lines[0]), _TRANSITION.fullmatch(lines[0])
        if lines[0].startswith(("#", "=")):
            return
        if len(lines) == 1 and heading:
            self._scene = heading[1].strip()
        elif len(lines) == 1 and entered:
            self._entered = entered[1].lower()
        elif len(lines) == 1 and lines[0].isupper() and lines[0].endswith(":"):
            self._fault(number, lines[0], "a transition is CUT TO:, FADE TO:, DISSOLVE TO: or WIPE TO:")
        elif len(lines) > 1 and _is_cue(lines[0]):
            self._spoken(number, lines)
        else:
            self._seen(number, lines)

    def _seen(self, number: int, lines: list[str]) -> None:
        """Action, with its notes and its camera. What has no action belongs to the shot before."""
        fields: dict[str, Any] = {}
        words = []
        for line in lines:
            length = _LENGTH.search(line)
            if length:
                fields["seconds"] = int(length[1])
            fields |= {named[1].lower(): named[2] for named in _NAMED.finditer(line)}
            rest = _NOTE.sub("", line).strip()
            if rest.startswith(">"):
                fields["camera"] = rest.strip("> <")
            elif rest:
                words.append(rest.removeprefix("!"))
        if words or "shot" in fields:
            joint = "" if any("\u4e00" <= letter <= "\u9fff" for letter in "".join(words[:1])) else " "
            if words:
                fields["description"] = joint.join(words)
            if self._scene:
                fields["scene"] = self._scene
            if self._entered:
                fields["transition"] = self._entered
            self._entered = None
            self._rows.append(Row(number, fields))
        elif self._rows:
            self._rows[-1].fields |= fields
        elif fields:
            self._fault(number, lines[0], "there is no shot before it that it could belong to")

    def _spoken(self, number: int, lines: list[str]) -> None:
        who = _PARENTHETICAL.sub("", lines[0].removeprefix("@").removesuffix("^")).strip()
        said = " ".join(line for line in lines[1:] if not _PARENTHETICAL.fullmatch(line))
        if not self._rows:
            self._fault(number, lines[0], "there is no shot before it that it could be spoken over")
        elif "line" in self._rows[-1].fields:
            self._fault(number, lines[0], "over one shot one speaker speaks once; begin another shot")
        elif said:
            self._rows[-1].fields["line"] = said
            if who.lower() in {*voices("zh-CN"), *voices("en-US")}:
                self._rows[-1].fields["voice"] = who.lower()

    def _fault(self, number: int, value: str, allowed: str) -> None:
        self._faults.append(Fault(f"{self._name}:{number}", value, allowed))


def _is_cue(line: str) -> bool:
    """Whether a line that has another one under it is the name of who speaks that."""
    name = _PARENTHETICAL.sub("", line).strip()
    return line.startswith("@") or (name.isupper() and not line.startswith((">", "!", "[[")))
