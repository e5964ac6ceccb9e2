"""What a cut leaves to be published: the same for every kind of work."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.timeline import Timeline

STEMS = ("voice", "music", "ambience", "effects")


def deliverables(timeline: Timeline, platforms: Sequence[str] = ()) -> tuple[str, ...]:
    """Keys of what is published, below the work's own folder; the manifest comes last and is not among them.

    Each platform has a rendition and a cover.
    """
    stems = tuple(f"stems/{stem}.wav" for stem in STEMS)
    captions = tuple(
        f"captions/{language}.{kind}" for language in timeline.caption_languages for kind in ("srt", "vtt", "ass")
    )
    renditions = tuple(f"renditions/{name.replace('_', '-')}.{kind}" for name in platforms for kind in ("mp4", "jpg"))
    return (
        "master.mp4",
        *stems,
        *captions,
        "edit/cut.edl",
        "edit/cut.otio",
        "edit/cut.xml",
        "poster.jpg",
        "contact-sheet.jpg",
        *renditions,
    )
