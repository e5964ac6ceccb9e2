"""Who signs: the certificate of the settings, or one that this installation has made for itself.

A chain is PEM text, the signer's certificate first. C2PA asks for a certificate that may sign (key usage
digitalSignature), is no authority, and is for e-mail, documents or C2PA's claims (extended key usage): C2PA technical
specification 2.2, 14.5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import SecretStr

from callsheet.errors import SettingsError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from callsheet.settings import Settings

_T = TypeVar("_T")

CHAIN, KEY = "CALLSHEET_SIGNING_CERTIFICATE", "CALLSHEET_SIGNING_KEY"
PURPOSES = ("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1")
"""emailProtection (RFC 5280), documentSigning (RFC 9336), C2PA claim signing."""
_LONGEST = 1024 * 1024


@dataclass(frozen=True)
class Certificate:
    """A chain with its key. `made_by` is written into what is signed."""

    chain: str
    key: SecretStr
    algorithm: str
    made_by: Literal["configured", "self-made"]

    @property
    def anchors(self) -> str | None:
        """The chain above the signer, PEM: who trusts these trusts the signature. None where only the signer is in."""
        mark = "-----BEGIN CERTIFICATE-----"
        return "".join(mark + part for part in self.chain.split(mark)[2:]) or None


def certificate(settings: Settings, now: dt.datetime | None = None) -> Certificate:
    """The one to sign with. Raises `SettingsError`, one line that names the variable."""
    chain, key = settings.signing_certificate, settings.signing_key
    if chain is None and key is None:
        from callsheet.media.provenance.self_made import self_made

        return self_made(settings.home, now)
    if chain is None:
        raise SettingsError(f"{CHAIN}: nothing is not allowed; with {KEY} it must be the path of a PEM chain")
    if key is None:
        raise SettingsError(f"{KEY}: nothing is not allowed; with {CHAIN} it must be its key, PEM or a path")
    return read(_text(chain), _key_text(key), "configured", now)


def read(chain: str, key: str, made_by: Literal["configured", "self-made"], now: dt.datetime | None) -> Certificate:
    """Holds a chain and a key against what C2PA asks for. Raises `SettingsError`; no message quotes the key."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    certificates = _parsed(CHAIN, "a PEM file of certificates", lambda: x509.load_pem_x509_certificates(chain.encode()))
    private = _parsed(KEY, "an unencrypted PEM key", lambda: load_pem_private_key(key.encode(), None))
    signer = certificates[0]
    if signer.public_key() != private.public_key():
        raise SettingsError(f"{KEY}: another certificate's key is not allowed; it must be of {CHAIN}'s first one")
    _refuse(signer, now or dt.datetime.now(dt.UTC))
    return Certificate(chain, SecretStr(key), _algorithm(private), made_by)


def _refuse(signer: x509.Certificate, now: dt.datetime) -> None:
    from cryptography import x509

    if not signer.not_valid_before_utc <= now < signer.not_valid_after_utc:
        span = f"{signer.not_valid_before_utc:%Y-%m-%d} to {signer.not_valid_after_utc:%Y-%m-%d}"
        raise SettingsError(f"{CHAIN}: a certificate for {span} is not allowed; it must be valid today")
    if signer.issuer == signer.subject:
        raise SettingsError(f"{CHAIN}: a self-signed certificate is not allowed; an authority must have issued it")
    try:
        may_sign = signer.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
        purposes = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        named = {purpose.dotted_string for purpose in purposes}
    except x509.ExtensionNotFound:
        may_sign, named = False, set()
    if not may_sign or not named.intersection(PURPOSES):
        raise SettingsError(
            f"{CHAIN}: a certificate for something else is not allowed; its key usage must be digitalSignature, its "
            "extended key usage emailProtection, documentSigning or C2PA's"
        )


def _algorithm(private: PrivateKeyTypes) -> str:
    """C2PA's name of the algorithm that goes with a key."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(private, ec.EllipticCurvePrivateKey):
        found = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}.get(private.curve.name)
    elif isinstance(private, ed25519.Ed25519PrivateKey):
        found = "ed25519"
    else:
        found = "ps256" if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048 else None
    if found is None:
        raise SettingsError(f"{KEY}: this kind of key is not allowed; P-256, P-384, P-521, Ed25519, RSA from 2048 are")
    return found


def _parsed(variable: str, wanted: str, parse: Callable[[], _T]) -> _T:
    try:
        return parse()
    except (ValueError, TypeError) as error:
        # The parser's own words may quote what it read, which may be a key: they go no further.
        raise SettingsError(f"{variable}: what stands there is not allowed; it must be {wanted}") from (
            None if variable == KEY else error
        )


def _text(path: Path) -> str:
    try:
        with path.expanduser().open(encoding="ascii") as file:
            return file.read(_LONGEST)
    except (OSError, ValueError, RuntimeError) as error:
        raise SettingsError(f"{CHAIN}: {path} is not allowed; it must be a PEM file that can be read") from error


def _key_text(key: SecretStr) -> str:
    """The PEM itself, or what the file holds that it names."""
    value = key.get_secret_value()
    if "-----BEGIN" in value:
        return value
    try:
        with Path(value).expanduser().open(encoding="ascii") as file:
            return file.read(_LONGEST)
    except (OSError, ValueError, RuntimeError):
        # The name is not shown: a key that was pasted without its first line would be taken for one.
        raise SettingsError(
            f"{KEY}: what stands there is not allowed; it must be a PEM key or the path of one"
        ) from None
