"""Content Credentials: a C2PA manifest signed into a finished file. No network, so no trusted time either.

By C2PA 2.2 (18.15) a manifest tells of one creation, that of the file it is in. The work is therefore `c2pa.created`
as a composite, and each clip is `c2pa.placed` with the kind of source that it comes from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import callsheet
from callsheet.errors import MediaError
from callsheet.media.provenance.certificate import Certificate
from callsheet.media.provenance.record import VOCABULARY, ProvenanceRecord

FORMATS = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
"""What can be signed, of what is published; WebM can't (c2pa 0.38)."""
RECORD = "callsheet.record"
SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"ocsp_fetch": False, "remote_manifest_fetch": False},
}
"""Of c2pa's library: nothing is fetched, and no thumbnails, which would be larger than all the rest."""


def signable(path: Path) -> bool:
    """Whether there are credentials for files of this name."""
    return path.suffix.lower() in FORMATS


def sign(
    path: Path, record: ProvenanceRecord, certificate: Certificate, *, clips: Mapping[str, Path] | None = None
) -> None:
    """Signs the file at `path`, which is replaced only when the signed one is whole.

    `clips` are the files of the record's clips by name, those that are at hand: their own credentials are carried
    along. A clip without a file is recorded with its digest alone. Two signatures of the same file differ, so its
    digest is taken afterwards. Raises `MediaError`.
    """
    import c2pa

    if not signable(path):
        raise MediaError(f"{path.name}: credentials are written into {', '.join(FORMATS)}")
    if not path.is_file():
        raise MediaError(f"{path.name}: there is no such file")
    part = path.with_name(f".{path.stem}.signed{path.suffix}")
    part.unlink(missing_ok=True)  # of a process that was killed
    # c2pa can't look into some kinds of clips, such as WebM: of these too only the digest is told.
    files = {name: clip for name, clip in (clips or {}).items() if signable(clip)}
    told = manifest(record, certificate, path)
    told["ingredients"] = [_told(origin.clip) for origin in record.origins if origin.clip not in files]
    try:
        info = c2pa.C2paSignerInfo(
            certificate.algorithm.encode(),
            certificate.chain.encode(),
            certificate.key.get_secret_value().encode(),
            None,  # no authority for time: it would be asked over the network
        )
        with (
            c2pa.Context.from_dict(SETTINGS) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(told, context) as builder,
        ):
            for origin in record.origins:
                if (clip := files.get(origin.clip)) is not None:
                    with clip.open("rb") as file:
                        builder.add_ingredient(_told(origin.clip), FORMATS[clip.suffix.lower()], file)
            builder.sign_file(path, part, signer)
        part.replace(path)
    except c2pa.C2paError as error:
        raise MediaError(f"{path.name} can't be signed: {error}") from error
    except OSError as error:
        raise MediaError(f"{path.name} can't be signed: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def manifest(record: ProvenanceRecord, certificate: Certificate, path: Path) -> dict[str, Any]:
    """What is signed, as c2pa's library takes it."""
    agent = {"name": "Callsheet", "version": callsheet.__version__}
    placed: list[dict[str, Any]] = [
        {
            "action": "c2pa.placed",
            "digitalSourceType": VOCABULARY + origin.source_type,
            "softwareAgent": {"name": origin.model or origin.provider},
            "parameters": {"ingredientIds": [origin.clip]},
        }
        for origin in record.origins
    ]
    created = {
        "action": "c2pa.created",
        "digitalSourceType": VOCABULARY + record.source_type,
        "softwareAgent": agent,
    }
    actions = [created, *placed, {"action": "c2pa.edited", "softwareAgent": agent}]
    told = {
        "production": record.production_id,
        "work": record.work,
        "certificate": certificate.made_by,
        "clips": [origin.model_dump(exclude_none=True) for origin in record.origins],
    }
    return {
        "claim_generator_info": [agent],
        "title": f"{record.title} · {path.name}",
        "format": FORMATS[path.suffix.lower()],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": RECORD, "data": json.loads(json.dumps(told))},
        ],
    }


def _told(name: str) -> dict[str, str]:
    """A clip as a component of the work."""
    return {"title": name, "label": name, "relationship": "componentOf"}
