"""The names of things in a bucket: pure functions from facts to keys, and the one gate every key passes.

::

    clips/3f/3f9a…c1.mp4                      a clip, by its content
    replies/<reference>.json                  what a service without jobs answered
    inbox/<anything>                          briefs that people drop, with their images
    reports/<name>.csv                        what was spent
    <production>/master.mp4                   the finished cut
    <production>/stems/<name>.wav             what was mixed
    <production>/captions/<language>.<ext>
    <production>/edit/cut.<ext>               for an editing program
    <production>/renditions/<name>.mp4        one for each platform
    <production>/{poster.jpg,contact-sheet.jpg,manifest.json,review.html,
                  storyboard.html}

A key is relative and made of segments of ``A-Z a-z 0-9 . _ -`` with ``/`` between them. No segment is empty or begins
with a dot or a hyphen, so there is no ``..``, nothing hidden, and nothing that a command would take for an option. A
name that came from outside (an uploaded file's, a URL's) is never part of a key: it has to pass the same rules as what
we name ourselves, and a name that does not pass is refused, not repaired.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from callsheet.errors import StorageError

SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
PRODUCTION = re.compile(r"[a-z0-9][a-z0-9-]{2,80}")
SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")

SEGMENT_LIMIT = 128
"""Characters of a segment: file systems stop at 255 bytes, and a temporary name beside it needs room."""

KEY_LIMIT = 512
"""Characters of a key: S3 stops at 1024 bytes for prefix and key together."""

CLIP_SUFFIXES = frozenset({".mp4", ".mov", ".webm", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".wav", ".mp3", ".m4a"})
"""What may be stored by its content: clips, and the pictures and sounds that clips are made from."""

RESERVED = frozenset({"clips", "inbox", "probe", "replies", "reports"})
"""First segments that are not productions."""


def refusal(message: str) -> StorageError:
    """A `StorageError` that the very same call would meet again: `retryable` is off for this one."""
    error = StorageError(" ".join(message.split()))
    error.retryable = False
    return error


def check_key(key: str) -> str:
    """The key itself. Raises `StorageError` in one line when it is not one."""
    if not isinstance(key, str) or not key:
        raise refusal("a key is a text that is not empty")
    if len(key) > KEY_LIMIT:
        raise refusal(f"key {_shown(key)} is longer than {KEY_LIMIT} characters")
    for segment in key.split("/"):
        if not segment:
            raise refusal(f"key {_shown(key)} is absolute or has an empty part")
        if len(segment) > SEGMENT_LIMIT:
            raise refusal(f"key {_shown(key)} has a part longer than {SEGMENT_LIMIT} characters")
        if not SEGMENT.fullmatch(segment):
            raise refusal(f"key {_shown(key)} has a part that is not of A-Z a-z 0-9 . _ - or begins with . or -")
    return key


def check_prefix(prefix: str) -> str:
    """A folder of keys without its last slash; the empty text is the whole bucket."""
    return check_key(prefix.removesuffix("/")) if prefix else ""


def check_sha256(sha256: str) -> str:
    """The digest itself: 64 lower-case hexadecimal digits, or `StorageError`."""
    if not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
        raise refusal(f"{_shown(sha256)} is not a SHA-256 digest in lower-case hexadecimal")
    return sha256


def check_production(production_id: str) -> str:
    """The id itself: 3 to 81 of ``a-z 0-9 -``, no hyphen first, and not a name the bucket keeps for itself."""
    if not isinstance(production_id, str) or not PRODUCTION.fullmatch(production_id) or production_id in RESERVED:
        raise refusal(f"{_shown(production_id)} is not a production id: 3 to 81 of a-z 0-9 -, beginning with a-z 0-9")
    return production_id


def clip_key(sha256: str, suffix: str = ".mp4") -> str:
    """Where a clip with this content lies. `suffix` is one of `CLIP_SUFFIXES`."""
    if suffix not in CLIP_SUFFIXES:
        raise refusal(f"{_shown(suffix)} is not a suffix of a clip; one of {' '.join(sorted(CLIP_SUFFIXES))}")
    return f"clips/{check_sha256(sha256)[:2]}/{sha256}{suffix}"


def reply_key(reference: str) -> str:
    """What a service without jobs answered to the order of this reference."""
    return check_key(f"replies/{reference}.json")


def master_key(production_id: str) -> str:
    return f"{check_production(production_id)}/master.mp4"


def stem_key(production_id: str, name: str) -> str:
    """`name`: voice, music, ambience or effects."""
    return f"{check_production(production_id)}/stems/{_named(name, NAME, 'stem')}.wav"


def caption_key(production_id: str, language: str, suffix: str) -> str:
    """`language` as in BCP 47 (``zh-CN``), `suffix` ``.srt``, ``.vtt`` or ``.ass``."""
    _one_of(suffix, (".srt", ".vtt", ".ass"), "captions")
    return f"{check_production(production_id)}/captions/{_named(language, LANGUAGE, 'language')}{suffix}"


def edit_key(production_id: str, suffix: str) -> str:
    """`suffix` ``.edl``, ``.otio`` or ``.xml``."""
    return f"{check_production(production_id)}/edit/cut{_one_of(suffix, ('.edl', '.otio', '.xml'), 'an edit')}"


def rendition_key(production_id: str, name: str) -> str:
    """`name` of the platform's rendition, such as ``douyin`` or ``youtube-shorts``."""
    return f"{check_production(production_id)}/renditions/{_named(name, NAME, 'rendition')}.mp4"


def poster_key(production_id: str) -> str:
    return f"{check_production(production_id)}/poster.jpg"


def contact_sheet_key(production_id: str) -> str:
    return f"{check_production(production_id)}/contact-sheet.jpg"


def manifest_key(production_id: str) -> str:
    return f"{check_production(production_id)}/manifest.json"


def work_manifest_key(production_id: str, folder: str = "") -> str:
    """Of one work: `folder` is its place below the production, empty for the only one."""
    if not folder:
        return manifest_key(production_id)
    return f"{check_production(production_id)}/{_named(folder, NAME, 'folder')}/manifest.json"


def review_key(production_id: str) -> str:
    return f"{check_production(production_id)}/review.html"


def storyboard_key(production_id: str) -> str:
    return f"{check_production(production_id)}/storyboard.html"


def content_type(key: str) -> str:
    """The media type for the key's suffix, from ``data/content-types.json``; never the machine's own table."""
    types, default = _content_types()
    return types.get(PurePosixPath(check_key(key)).suffix.lower(), default)


@cache
def _content_types() -> tuple[dict[str, str], str]:
    table = json.loads(files("callsheet").joinpath("data/content-types.json").read_text(encoding="utf-8"))
    return dict(table["types"]), str(table["default"])


def _named(name: str, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        raise refusal(f"{_shown(name)} is not a name for a {what}")
    return name


def _one_of(suffix: str, allowed: tuple[str, ...], what: str) -> str:
    if suffix not in allowed:
        raise refusal(f"{_shown(suffix)} is not a suffix of {what}; one of {' '.join(allowed)}")
    return suffix


def _shown(value: object) -> str:
    """What was given, on one line and short enough for a log, whatever it holds."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
