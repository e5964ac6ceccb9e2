"""Which fields of an order name a clip, and where a stored order's clips are kept."""

from __future__ import annotations

from pathlib import Path

from callsheet.features import AnyRequest

SOURCES: dict[str, tuple[str, ...]] = {
    "extension": ("video_url",),
    "perspective_change": ("video_url",),
    "scene_evolution": ("video_url",),
    "style_transfer": ("content_video_url", "style_reference_url"),
    "consistency_check": ("video_urls",),
    "complete_production": ("video_clips",),
}
"""The fields of each feature that name a clip, or several; of single ones the first is the one that is billed."""
PLACE = "http://studio.local/v1/sora/uploads"
"""Where stored orders say that their clips are, whatever the studio's real address is."""


def kept_sources(request: AnyRequest, home: Path) -> dict[str, Path]:
    """The files of a stored order by the addresses in it."""
    named = [getattr(request, field) for field in SOURCES.get(request.feature, ())]
    urls = [str(url) for value in named for url in (value if isinstance(value, tuple) else [value])]
    return {url: home / "inputs" / url.rpartition("/")[2] for url in urls}
