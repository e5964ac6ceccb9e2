"""The folder that a cut is made into: it appears whole or not at all, and never in the place of other files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callsheet.errors import SettingsError

RECORD = "cut.json"
"""The file in which a cut lists what it made."""


@dataclass(frozen=True)
class Target:
    """`folder` is new, empty, or what an earlier cut made and nobody has touched since."""

    folder: Path

    def refuse_others(self) -> None:
        """Raises SettingsError when the folder has anything in it that is not exactly as a cut left it."""
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise SettingsError(f"--out: {self.folder} is not a folder")
        if not self.folder.is_dir() or not any(self.folder.iterdir()):
            return
        made = _made(self.folder / RECORD)
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_symlink() or not (path.is_dir() or name == RECORD or made.get(name) == _sha256(path)):
                what = "was changed since it was cut" if name in made else "was not made by a cut"
                raise SettingsError(f"--out: {path} {what}; choose another folder")

    @contextlib.contextmanager
    def being_made(self) -> Iterator[Path]:
        """A folder beside it to make the files in, gone when the block ends."""
        parent = self.folder.absolute().parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}-", dir=parent))
        except OSError as error:
            raise SettingsError(f"--out: {self.folder} can't be made: {error.strerror or error}") from error
        try:
            folder = work / "new"
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def keep(self, made: Path, report: dict[str, Any]) -> dict[str, Any]:
        """Puts what was `made` in the folder's place, with `report` as its record, which is given back."""
        (made / RECORD).write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        self.refuse_others()  # again: a cut takes minutes
        old = made.parent / "old"
        if self.folder.exists():
            self.folder.rename(old)
        try:
            made.rename(self.folder)
        except OSError:
            if old.exists():
                old.rename(self.folder)
            raise
        return report


def _made(record: Path) -> dict[str, str]:
    """What a cut made, by its path, with its SHA-256."""
    try:
        files = json.loads(record.read_text(encoding="utf-8"))["files"]
        return {str(item["path"]): str(item["sha256"]) for item in files}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
