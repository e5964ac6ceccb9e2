"""Named styles and shots: the presets that come along, and a person's own from YAML.

A library file::

    styles:
      brass: {zh: 黄铜与暖光, en: brass and warm light, group: ours}
    shots:
      reveal: {zh: 镜头缓慢推近，灯光亮起, en: a slow push-in while the light comes up, seconds: 4}

A name of one's own takes the place of a preset of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from callsheet.errors import BriefError, Fault
from callsheet.prompts import presets
from callsheet.validation import faults_of
from callsheet.yaml_file import read_yaml

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: Words
    en: Words

    def words(self, language: str) -> str:
        """In the words of a prompt."""
        return self.zh if language.startswith("zh") else self.en


class NamedStyle(_Entry):
    """A style; `group` says what it is akin to."""

    group: str = ""


class NamedShot(_Entry):
    """A shot that is used again and again: what happens in it and how the camera moves. `seconds` is its length."""

    seconds: int = Field(default=4, ge=1, le=20)


@dataclass(frozen=True)
class Found:
    """An entry of a library, with its name."""

    kind: Literal["style", "shot"]
    name: str
    entry: NamedStyle | NamedShot

    @property
    def text(self) -> str:
        """All that is searched."""
        group = self.entry.group if isinstance(self.entry, NamedStyle) else ""
        return " ".join((self.name, self.name.replace("_", " "), group, self.entry.zh, self.entry.en))


class Library(BaseModel):
    """Styles and shots by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    styles: dict[Name, NamedStyle] = {}
    shots: dict[Name, NamedShot] = {}

    def search(self, words: str) -> list[Found]:
        """Entries in which every one of the words is found, in name, group or text; those by name first."""
        wanted = words.casefold().split()
        found = [one for one in self._all() if all(word in one.text.casefold() for word in wanted)]
        return sorted(found, key=lambda one: (not all(word in one.name for word in wanted), one.kind, one.name))

    def _all(self) -> Iterable[Found]:
        for name, style in self.styles.items():
            yield Found("style", name, style)
        for name, shot in self.shots.items():
            yield Found("shot", name, shot)


def load_library(*paths: Path) -> Library:
    """The presets, and the libraries in YAML files; a later file takes the place of an earlier one, name by name.

    Raises `BriefError` with a fault for each field that is wrong.
    """
    styles = {name: NamedStyle.model_validate(preset) for name, preset in presets().items()}
    shots: dict[str, NamedShot] = {}
    for path in paths:
        try:
            read = Library.model_validate(read_yaml(path) or {})
        except ValidationError as error:
            faults = [Fault(f"{path.name}: {fault.field}", fault.value, fault.allowed) for fault in faults_of(error)]
            raise BriefError(faults) from error
        styles |= read.styles
        shots |= read.shots
    return Library(styles=styles, shots=shots)
