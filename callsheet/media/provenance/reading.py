"""What a file says of its provenance, and whether that holds."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from callsheet.errors import MediaError, SettingsError
from callsheet.media.provenance.aigc import read_aigc
from callsheet.media.provenance.record import VOCABULARY
from callsheet.media.provenance.signing import FORMATS, RECORD, SETTINGS

State = Literal["Trusted", "Valid", "Invalid", "absent"]
UNTRUSTED = "signingCredential.untrusted"
"""What c2pa says of a signer that no given anchor stands behind; no fault of the file."""


class Ingredient(BaseModel):
    """A clip of the work, and whether its own credentials held when the work was signed: those of its provider."""

    model_config = ConfigDict(frozen=True)

    name: str
    credentials: Literal["Valid", "Invalid", "absent"]


class ProvenanceReport(BaseModel):
    """`Valid` is unchanged since it was signed, `Trusted` is that by a signer behind the given anchors."""

    model_config = ConfigDict(frozen=True)

    state: State
    generator: str | None = None
    signed_by: str | None = None
    certificate: str | None = None
    source_type: str | None = None
    ingredients: tuple[Ingredient, ...] = ()
    record: dict[str, Any] | None = None
    aigc: dict[str, Any] | None = None
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether there are credentials, and the file is the one they were made for."""
        return self.state in ("Trusted", "Valid")


def verify(path: Path, *, anchors: str | None = None) -> ProvenanceReport:
    """Reads a file. `anchors` are PEM certificates of the authorities that are trusted; without them, none is.

    A file without credentials is `absent`, one that is broken `Invalid`. Raises `MediaError` for a file that is not
    there or of a kind without credentials, `SettingsError` for anchors that are none.
    """
    import c2pa

    if not path.is_file():
        raise MediaError(f"{path.name}: there is no such file")
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise MediaError(f"{path.name}: credentials are read from {', '.join(FORMATS)}")
    settings: dict[str, Any] = copy.deepcopy(SETTINGS)
    settings["verify"]["verify_trust"] = anchors is not None
    if anchors is not None:
        _refuse(anchors)
        settings["trust"] = {"trust_anchors": anchors}
    field, problems = _aigc(path)
    try:
        with c2pa.Context.from_dict(settings) as context, path.open("rb") as file:
            reader = c2pa.Reader.try_create(kind, file, context=context)
            if reader is None:
                return ProvenanceReport(state="absent", aigc=field, problems=problems)
            with reader:
                store = json.loads(reader.json())
    except c2pa.C2paError as error:
        return ProvenanceReport(state="Invalid", aigc=field, problems=(*problems, str(error)))
    return _report(store, field, problems)


def _aigc(path: Path) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The field; where even that can't be read, what is the matter, beside what is said of the credentials."""
    try:
        return read_aigc(path), ()
    except MediaError as error:
        return None, (error.message,)


def _of_clip(item: dict[str, Any]) -> Literal["Valid", "Invalid", "absent"]:
    if "active_manifest" not in item:
        return "absent"
    found = ((item.get("validation_results") or {}).get("activeManifest") or {}).get("failure", ())
    return "Invalid" if any(status["code"] != UNTRUSTED for status in found) else "Valid"


def _refuse(anchors: str) -> None:
    """c2pa takes anything for anchors, and then trusts nobody or calls the file invalid."""
    from cryptography import x509

    try:
        x509.load_pem_x509_certificates(anchors.encode())
    except ValueError as error:
        raise SettingsError("the anchors: what stands there is not allowed; it must be PEM certificates") from error


def _report(store: dict[str, Any], field: dict[str, Any] | None, problems: tuple[str, ...]) -> ProvenanceReport:
    active = store["manifests"][store["active_manifest"]]
    agents = active.get("claim_generator_info") or [{}]
    data = {item["label"]: item["data"] for item in active.get("assertions", ())}
    record = data.get(RECORD)
    actions = [one for label, told in data.items() if label.startswith("c2pa.actions") for one in told["actions"]]
    source = next((one["digitalSourceType"] for one in actions if "digitalSourceType" in one), None)
    codes = [status["code"] for status in store.get("validation_status", ()) if status["code"] != UNTRUSTED]
    return ProvenanceReport(
        state=store["validation_state"],
        generator=" ".join(str(agents[0][name]) for name in ("name", "version") if name in agents[0]) or None,
        signed_by=(active.get("signature_info") or {}).get("common_name")
        or (active.get("signature_info") or {}).get("issuer"),
        certificate=record.get("certificate") if isinstance(record, dict) else None,
        source_type=source.removeprefix(VOCABULARY) if source else None,
        ingredients=tuple(
            Ingredient(name=item.get("title") or "", credentials=_of_clip(item))
            for item in active.get("ingredients", ())
        ),
        record=record if isinstance(record, dict) else None,
        aigc=field,
        problems=(*problems, *dict.fromkeys(codes)),
    )
