"""Who signs: made once, renewed in time, configured ones held against what C2PA asks for, and no key anywhere."""

from __future__ import annotations

import datetime as dt
import logging
import pickle
import shutil
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from callsheet.errors import MediaError, SettingsError
from callsheet.media.provenance import Certificate, ProvenanceRecord, certificate, sign, verify
from callsheet.media.provenance import self_made as making
from callsheet.media.provenance.certificate import read
from callsheet.media.provenance.self_made import AUTHORITY_DAYS, RENEW_DAYS, SIGNER_DAYS, self_made
from callsheet.settings import Settings, settings_from_environment
from tests.media.provenance.conftest import NOW


@pytest.fixture
def configured(own: Certificate, tmp_path: Path) -> tuple[Path, Path]:
    """The same, as files that a person has set."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_text(own.chain)
    key.write_text(own.key.get_secret_value())
    return chain, key


def test_two_processes_make_one(tmp_path: Path) -> None:
    code = "import sys, pathlib; from callsheet.media.provenance.self_made import self_made; sys.stdin.read(1); "
    code += "print(self_made(pathlib.Path(sys.argv[1])).chain)"
    words = [sys.executable, "-c", code, str(tmp_path)]
    both = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:  # both are let go before either is waited for
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0] for process in both]
    assert said[0] == said[1] and said[0].count("BEGIN CERTIFICATE") == 2
    assert sorted(path.name for path in (tmp_path / "certificate").iterdir()) == ["authority-1.pem", "signer-1.pem"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "certificate").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "certificate").stat().st_mode) == 0o700


def test_who_comes_second_takes_what_the_first_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, first = making._authority, []

    def overtaken(today: dt.datetime) -> str:
        """Another process makes everything while this one is about to."""
        monkeypatch.setattr(making, "_authority", make)
        first.append(self_made(tmp_path).chain)
        return make(today)

    monkeypatch.setattr(making, "_authority", overtaken)
    own = self_made(tmp_path)
    assert own.chain == first[0]
    assert own.anchors and own.anchors in (tmp_path / "certificate" / "authority-1.pem").read_text()
    assert len(list((tmp_path / "certificate").iterdir())) == 2


def test_a_certificate_for_something_else_is_refused(tmp_path: Path) -> None:
    above, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    limits = x509.BasicConstraints(ca=True, path_length=0)
    text = making._issued(key, making._name("other"), above, making._name("above"), NOW, 30, limits)
    at = text.index("-----BEGIN CERT")
    with pytest.raises(
        SettingsError, match=r"^CALLSHEET_SIGNING_CERTIFICATE: a certificate for something else .*C2PA's$"
    ):
        read(text[at:], text[:at], "configured", None)


def test_it_is_renewed_before_its_end(tmp_path: Path) -> None:
    first = self_made(tmp_path, NOW)
    assert self_made(tmp_path, NOW + dt.timedelta(days=SIGNER_DAYS - RENEW_DAYS - 1)).chain == first.chain
    second = self_made(tmp_path, NOW + dt.timedelta(days=SIGNER_DAYS - RENEW_DAYS))
    assert second.chain != first.chain and second.anchors == first.anchors
    late = self_made(tmp_path, NOW + dt.timedelta(days=AUTHORITY_DAYS - SIGNER_DAYS))
    assert late.anchors != first.anchors
    signer, above = x509.load_pem_x509_certificates(late.chain.encode())
    assert signer.not_valid_after_utc <= above.not_valid_after_utc
    signer.verify_directly_issued_by(above)


def test_a_configured_one_is_trusted_by_its_anchors(
    configured: tuple[Path, Path], files: Path, tmp_path: Path, record: ProvenanceRecord, own: Certificate
) -> None:
    chain, key = configured
    for given in (str(key), key.read_text()):
        used = certificate(Settings(home=tmp_path, signing_certificate=chain, signing_key=SecretStr(given)))
        assert used.made_by == "configured"
    path = tmp_path / "poster.png"
    shutil.copy(files / "plain.png", path)
    sign(path, record, used)
    assert (verify(path).state, verify(path, anchors=own.anchors).state) == ("Valid", "Trusted")
    assert verify(path).certificate == "configured"
    assert not (tmp_path / "certificate").exists()


def test_wrong_ones_are_refused_with_one_line(configured: tuple[Path, Path], tmp_path: Path) -> None:
    chain, key = configured
    other = self_made(tmp_path / "other")
    authority = tmp_path / "authority.pem"
    (tmp_path / "nothing.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    text = (tmp_path / "other" / "certificate" / "authority-1.pem").read_text()
    authority.write_text(text[text.index("-----BEGIN CERT") :])
    cases: list[tuple[Path | None, str | None, str]] = [
        (chain, None, "CALLSHEET_SIGNING_KEY: nothing is not allowed"),
        (None, str(key), "CALLSHEET_SIGNING_CERTIFICATE: nothing is not allowed"),
        (tmp_path / "gone.pem", str(key), "CALLSHEET_SIGNING_CERTIFICATE: .*gone.pem is not allowed"),
        (tmp_path / "nothing.pem", str(key), "CALLSHEET_SIGNING_CERTIFICATE: .* it must be a PEM file of certificates"),
        (chain, "hunter2-canary", "CALLSHEET_SIGNING_KEY: what stands there is not allowed"),
        (chain, "-----BEGIN PRIVATE KEY-----\nhunter2-canary", "CALLSHEET_SIGNING_KEY: .* an unencrypted PEM key"),
        (chain, other.key.get_secret_value(), "CALLSHEET_SIGNING_KEY: another certificate's key"),
        (authority, text[: text.index("-----BEGIN CERT")], "CALLSHEET_SIGNING_CERTIFICATE: a self-signed certificate"),
    ]
    for path, secret, message in cases:
        given = Settings(home=tmp_path, signing_certificate=path, signing_key=secret and SecretStr(secret))
        with pytest.raises(SettingsError, match=message) as caught:
            certificate(given)
        assert "\n" not in caught.value.message and "hunter2" not in str(pickle.dumps(caught.value))
        assert "hunter2" not in repr(caught.value.__cause__)
    given = Settings(home=tmp_path, signing_certificate=chain, signing_key=SecretStr(str(key)))
    with pytest.raises(SettingsError, match=r"CALLSHEET_SIGNING_CERTIFICATE: a certificate for .* valid today"):
        certificate(given, NOW + dt.timedelta(days=SIGNER_DAYS + 1))


def test_no_key_is_shown(
    own: Certificate,
    record: ProvenanceRecord,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = own.key.get_secret_value().splitlines()[1]
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CALLSHEET_SIGNING_KEY", own.key.get_secret_value())
    settings = settings_from_environment()
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(MediaError) as broken:
        sign(tmp_path / "broken.mp4", record, own)
    cut = Certificate(own.chain, SecretStr(own.key.get_secret_value()[:-40]), "es256", "configured")
    with pytest.raises(MediaError) as half:
        sign(tmp_path / "broken.mp4", record, cut)
    errors = ["".join(traceback.format_exception(one.value)) for one in (broken, half)]
    for shown in (repr(own), str(own), repr(settings), settings.model_dump_json(), *errors, *capfd.readouterr()):
        assert shown is not None and body not in shown
    assert body not in caplog.text


def test_a_damaged_one_is_named(tmp_path: Path) -> None:
    self_made(tmp_path)
    path = tmp_path / "certificate" / "signer-1.pem"
    path.write_text("damaged")
    with pytest.raises(SettingsError, match=r"signer-1\.pem is no certificate any more; delete it"):
        self_made(tmp_path)
