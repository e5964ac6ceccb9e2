"""Orders that change a clip, and styled ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from callsheet.errors import MediaError
from callsheet.features import AnyRequest
from callsheet.studio.rendering import Heartbeat, Output


def edit(request: AnyRequest, folder: Path, clips: Mapping[str, Path], heartbeat: Heartbeat) -> list[Output]:
    """Renders an edit."""
    raise MediaError(f"the studio does not render {request.feature}")
