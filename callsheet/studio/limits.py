"""What the studio can't do of what the dialect lets a customer order: said at the order, never done silently."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from callsheet.errors import Fault
from callsheet.features import AnyRequest, CompleteProduction, Sequence
from callsheet.media.sound.moods import moods
from callsheet.media.speech.voices import languages, voices

OWN_MEDIA = re.compile(r"^/v1/sora/media/(job_[0-9a-f]{32})/([a-z0-9.-]+)$")
"""The path of a result of a studio: its job and its file."""
BITRATE = "10M"


def beyond(request: AnyRequest) -> Fault | None:
    """The first field whose value this studio does not offer, None when it can do all of it."""
    if isinstance(request, Sequence) and isinstance(request.reference_image, str):
        return Fault("reference_image", request.reference_image, "this studio fetches nothing; send it as a data URL")
    if isinstance(request, CompleteProduction):
        return next((Fault(*found) for found in _beyond_production(request)), None)
    return None


def _beyond_production(request: CompleteProduction) -> list[tuple[str, str, str]]:
    audio, found = request.audio_specs, []
    for number, url in enumerate(request.video_clips):
        if not OWN_MEDIA.match(urlsplit(url).path):
            found.append((f"video_clips[{number}]", url, "it must be the address of a result of this studio"))
    for name in ("include_ambient", "include_foley"):
        if not getattr(audio, name):
            found.append((f"audio_specs.{name}", "false", "this studio always includes it, as a track of its own"))
    if audio.background_music.enabled and audio.background_music.mood not in moods():
        allowed = f"it must be one of {', '.join(moods())}"
        found.append(("audio_specs.background_music.mood", audio.background_music.mood, allowed))
    spoken = audio.voice_over
    if spoken is not None and spoken.language not in languages():
        allowed = f"it must be one of {', '.join(languages())}"
        found.append(("audio_specs.voice_over.language", spoken.language, allowed))
    elif spoken is not None and spoken.voice is not None and spoken.voice not in voices(spoken.language):
        allowed = f"for {spoken.language} it must be one of {', '.join(voices(spoken.language))}"
        found.append(("audio_specs.voice_over.voice", spoken.voice, allowed))
    if request.output_format.bitrate != BITRATE:
        found.append(("output_format.bitrate", request.output_format.bitrate, f"this studio offers {BITRATE}"))
    return found
