"""A certificate of one's own making, for who has none: an authority and what it issues, kept in CALLSHEET_HOME.

It proves that a file was not changed since this installation signed it, and not who that is: nobody trusts its
authority unless told to.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from callsheet.errors import SettingsError
from callsheet.media.provenance.certificate import Certificate, read

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUTHORITY_DAYS, SIGNER_DAYS = 3650, 397
RENEW_DAYS = 30
"""So long before its end a certificate is followed by a new one."""
NAME = "Callsheet self-made"
_MARK = "-----BEGIN CERTIFICATE-----"


def self_made(home: Path, now: dt.datetime | None = None) -> Certificate:
    """The newest one in `home`, made when there is none or it ends soon.

    Files are numbered and never changed; whoever is first to give a number its file has made it, for all processes.
    Raises `SettingsError` when a file was damaged.
    """
    today = now or dt.datetime.now(dt.UTC)
    folder = home / "certificate"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A signer may not outlive its authority.
    authority = _current(folder, "authority", today, SIGNER_DAYS + RENEW_DAYS, lambda: _authority(today))
    signer = _current(folder, "signer", today, RENEW_DAYS, lambda: _signer(authority, today))
    key, _, chain = signer.partition(_MARK)
    return read(_MARK + chain, key, "self-made", today)


def _current(folder: Path, kind: str, today: dt.datetime, days: int, make: Callable[[], str]) -> str:
    number = max((int(path.stem.rpartition("-")[2]) for path in folder.glob(f"{kind}-[0-9]*.pem")), default=0)
    if number:
        text = (folder / f"{kind}-{number}.pem").read_text(encoding="ascii")
        if _end(text, folder / f"{kind}-{number}.pem") - today > dt.timedelta(days=days):
            return text
    path = folder / f"{kind}-{number + 1}.pem"
    _put_first(path, make())
    return path.read_text(encoding="ascii")


def _put_first(path: Path, text: str) -> None:
    """Gives `path` its content, whole and for its owner only, unless somebody else was first."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(part)
        except FileExistsError:
            return  # the other process's one is as good
    finally:
        part.unlink(missing_ok=True)


def _end(text: str, path: Path) -> dt.datetime:
    return _first(text, path).not_valid_after_utc


def _first(text: str, path: Path) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate((_MARK + text.partition(_MARK)[2]).encode())
    except ValueError as error:
        raise SettingsError(f"{path} is no certificate any more; delete it and another is made") from error


def _authority(today: dt.datetime) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"{NAME} authority {secrets.token_hex(4)}")
    return _issued(key, name, key, name, today, AUTHORITY_DAYS, x509.BasicConstraints(ca=True, path_length=0))


def _signer(authority: str, today: dt.datetime) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    above = x509.load_pem_x509_certificate((_MARK + authority.partition(_MARK)[2]).encode())
    key_above = load_pem_private_key(authority.partition(_MARK)[0].encode(), None)
    assert isinstance(key_above, ec.EllipticCurvePrivateKey)  # noqa: S101 - we made it so
    key = ec.generate_private_key(ec.SECP256R1())
    limits = x509.BasicConstraints(ca=False, path_length=None)
    own = _issued(key, _name(f"{NAME} certificate"), key_above, above.subject, today, SIGNER_DAYS, limits)
    return own + _MARK + authority.partition(_MARK)[2]


def _name(common: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _issued(
    key: EllipticCurvePrivateKey,
    name: x509.Name,
    key_above: EllipticCurvePrivateKey,
    above: x509.Name,
    today: dt.datetime,
    days: int,
    limits: x509.BasicConstraints,
) -> str:
    """PEM: the key, then its certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usage = {
        "digital_signature": not limits.ca,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": limits.ca,
        "crl_sign": limits.ca,
        "encipher_only": False,
        "decipher_only": False,
    }
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Machines' clocks differ: what is signed at once is read at once elsewhere.
        .not_valid_before(today - dt.timedelta(hours=1))
        .not_valid_after(today + dt.timedelta(days=days))
        .add_extension(limits, critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key_above.public_key()), critical=False)
    )
    if not limits.ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    made = builder.sign(key_above, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (secret + made.public_bytes(Encoding.PEM)).decode("ascii")
