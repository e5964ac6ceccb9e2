"""The AIGC field that GB 45438-2025 asks for in the metadata of generated content, as JSON of seven texts.

Names and place are those of the sample code published for TC260's practice guide (github.com/aopstudio/
aigc-hidden-metadata, read 2026-11-22): a metadata key AIGC in video, TC260:AIGC in a picture's XMP. The standard's own
text was not at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from callsheet.errors import MediaError
from callsheet.media.ffmpeg import run_sync
from callsheet.media.provenance import xmp
from callsheet.media.provenance.record import ProvenanceRecord

FIELD = "AIGC"
GENERATED = "1"
"""Label: it is generated content; 2 would be that it may be, 3 that it is suspected to be."""
VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".m4a"})
PICTURES = frozenset({".png", ".jpg", ".jpeg"})
# ffmpeg drops keys that it does not know from MP4 unless told to keep them.
FLAGS = "+faststart+use_metadata_tags"
_LARGEST_PICTURE = 64 * 1024 * 1024


def aigc(record: ProvenanceRecord) -> dict[str, str]:
    """The field's content. The propagator is left for the platform that spreads the work."""
    return {
        "Label": GENERATED,
        "ContentProducer": record.producer,
        "ProduceID": record.produce_id,
        "ReservedCode1": "",
        "ContentPropagator": "",
        "PropagateID": "",
        "ReservedCode2": "",
    }


def aigc_arguments(record: ProvenanceRecord) -> list[str]:
    """Output arguments for ffmpeg that write the field into MP4 or MOV. They set -movflags: no other may follow."""
    return ["-movflags", FLAGS, "-metadata", f"{FIELD}={_text(record)}"]


def read_aigc(path: Path) -> dict[str, Any] | None:
    """The field of a video, sound or picture; None where there is none. Raises `MediaError` for an unreadable file."""
    suffix = path.suffix.lower()
    try:
        text = xmp.read(_bytes(path)) if suffix in PICTURES else _of_container(path)
    except OSError as error:
        raise MediaError(f"{path.name} can't be read: {error.strerror or error}") from error
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise MediaError(f"{path.name}: its AIGC field is not JSON") from error
    if not isinstance(found, dict):
        raise MediaError(f"{path.name}: its AIGC field is not a JSON object")
    return found


def stamp(path: Path, record: ProvenanceRecord, *, timeout: float = 300) -> None:
    """Writes the field into a file that was made without it; picture and sound stay as they are.

    Video is remuxed, which drops credentials: stamp before signing. The file is replaced only when the new one is
    whole. Raises `MediaError`, for sound in WAV too: it has no place for the field.
    """
    part = path.with_name(f".{path.stem}.stamped{path.suffix}")
    suffix = path.suffix.lower()
    try:
        if suffix in PICTURES:
            part.write_bytes(xmp.written(_bytes(path), _text(record)))
        elif suffix in VIDEOS:
            kept = ["-map", "0:v?", "-map", "0:a?", "-map", "0:s?", "-map_metadata", "0", "-c", "copy"]
            run_sync(
                ["-i", str(path), *kept, "-fflags", "+bitexact", *aigc_arguments(record), str(part)], timeout=timeout
            )
        else:
            raise MediaError(f"{path.name}: an AIGC field is written into MP4, MOV, M4A, PNG and JPEG")
        part.replace(path)
    except OSError as error:
        raise MediaError(f"{path.name} can't be stamped: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _text(record: ProvenanceRecord) -> str:
    return json.dumps(aigc(record), ensure_ascii=False, separators=(",", ":"))


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_PICTURE:
        raise MediaError(f"{path.name}: a picture of more than {_LARGEST_PICTURE} bytes is not read")
    return path.read_bytes()


def _of_container(path: Path) -> str | None:
    import av

    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            found = container.metadata.get(FIELD)
            return None if found is None else str(found)
    except av.FFmpegError as error:
        raise MediaError(f"{path.name} can't be read: {error}") from error
