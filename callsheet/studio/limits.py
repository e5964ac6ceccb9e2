"""What the studio can't do of what the dialect lets a customer order: said at the order, never done silently."""

from __future__ import annotations

import re

from callsheet.errors import Fault
from callsheet.features import AnyRequest, CompleteProduction, PerspectiveChange, StyledGenerate
from callsheet.media.sound.moods import moods
from callsheet.media.speech.voices import languages, voices
from callsheet.money import frame_size

OWN_MEDIA = re.compile(r"^/v1/sora/media/(job_[0-9a-f]{32})/([a-z0-9.-]+)$")
"""The path of a result of a studio: its job and its file."""
BITRATE = "10M"
LAST_HOUR = 23
FASTEST_SPEECH = {"zh": 8.0, "en": 22.0}
"""Letters a second that no voice passes: half as many again as the fastest were measured to say."""
LONGEST_INPUT = 60
"""Seconds of a clip that is worked on."""
LONGEST_WORK = 600
"""Seconds of a complete production."""
LONGEST_RESULT = 80
"""Seconds of an extended clip."""
SMALLEST_SIDE, LARGEST_SHORT, LARGEST_LONG = 32, 2160, 4096
"""Pixels of a clip that is worked on: what the price list has a price for, and what fits into memory."""


def size_fault(field: str, resolution: str) -> Fault | None:
    """Why no picture of such a size is rendered, None when one is."""
    short, long = sorted(frame_size(resolution))
    if short >= SMALLEST_SIDE and long <= LARGEST_LONG:
        return None
    allowed = f"this studio renders at least {SMALLEST_SIDE} pixels and at most {LARGEST_LONG} of a side"
    return Fault(field, resolution, allowed)


def clip_fault(width: int, height: int, seconds: float, added: int = 0, longest: int = LONGEST_INPUT) -> str | None:
    """Why a clip can't be worked on, None when it can. `added` are the seconds that are to be joined to it."""
    short, long = sorted((width, height))
    if short < SMALLEST_SIDE or short > LARGEST_SHORT or long > LARGEST_LONG:
        sides = (
            f"{SMALLEST_SIDE} to {LARGEST_SHORT} pixels on the shorter side and at most {LARGEST_LONG} on the longer"
        )
        return f"the clip has {width}x{height} pixels; this studio takes {sides}"
    if seconds > longest + 0.05:
        return f"the clip has {seconds:.1f} s; this studio takes at most {longest} s"
    if seconds + added > LONGEST_RESULT + 0.05:
        return f"the result would have {seconds + added:.1f} s; this studio makes at most {LONGEST_RESULT} s"
    return None


def beyond(request: AnyRequest) -> Fault | None:
    """The first field whose value this studio does not offer, None when it can do all of it."""
    resolution = getattr(request, "resolution", None)
    fault = None if resolution is None else size_fault("resolution", resolution)
    if fault is not None:
        return fault
    if isinstance(request, CompleteProduction):
        return next((Fault(*found) for found in _beyond_production(request)), None)
    if isinstance(request, StyledGenerate):
        from callsheet.studio.effects.custom import custom_fault

        return custom_fault(request.custom_style)
    if isinstance(request, PerspectiveChange):
        from callsheet.studio.effects.view import WORDS, view_named

        if view_named(request.new_perspective) is None:
            return Fault("new_perspective", request.new_perspective, f"it must have one of {', '.join(WORDS)} in it")
    return None


def _beyond_production(request: CompleteProduction) -> list[tuple[str, str, str]]:
    audio, found = request.audio_specs, []
    size = size_fault("video_specs.resolution", request.video_specs.resolution)
    if size is not None:
        found.append((size.field, size.value, size.allowed))
    seconds = request.video_specs.duration
    if seconds > LONGEST_WORK:
        found.append(("video_specs.duration", str(seconds), f"this studio makes works of at most {LONGEST_WORK} s"))
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
    if spoken is not None and not found:
        said = sum(letter.isalnum() for letter in spoken.text)
        if said == 0:
            found.append(("audio_specs.voice_over.text", spoken.text, "it has nothing to say"))
        elif said / FASTEST_SPEECH[spoken.language[:2]] > seconds:
            allowed = f"{said} letters can't be said in {seconds} s"
            found.append(("audio_specs.voice_over.text", f"{spoken.text[:40]}…", allowed))
    start, fps = request.post_production_ready.timecode_start, request.video_specs.fps
    if not start.isascii() or int(start[:2]) > LAST_HOUR or int(start[-2:]) >= fps:
        allowed = f"it must be HH:MM:SS:FF, of a day, with frames up to {fps - 1}"
        found.append(("post_production_ready.timecode_start", start, allowed))
    if request.output_format.bitrate != BITRATE:
        found.append(("output_format.bitrate", request.output_format.bitrate, f"this studio offers {BITRATE}"))
    return found
