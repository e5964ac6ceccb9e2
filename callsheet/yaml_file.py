"""Small YAML files that people write beside a brief: brands and libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from callsheet.errors import BriefError, Fault
from callsheet.yaml_text import plain

LARGEST = 256 * 1024
"""Bytes of such a file that are read."""


def read_yaml(path: Path) -> Any:
    """What a YAML file of ours holds. Raises `BriefError` where it can't be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise BriefError([Fault(str(path), f"{path.stat().st_size} bytes", f"at most {LARGEST} are read")])
        return plain(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BriefError([Fault(str(path), "this path", f"it can't be read: {error.strerror or error}")]) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BriefError([Fault(str(path), "its text", f"it must be YAML in UTF-8: {reason}")]) from error
