"""`callsheet provenance`: what it prints and the exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from callsheet.cli import cli
from callsheet.errors import CheckError, MediaError, SettingsError
from callsheet.media.provenance import Certificate, ProvenanceRecord, sign


def test_it_says_what_is_in_a_file_and_whether_it_holds(
    files: Path, tmp_path: Path, record: ProvenanceRecord, own: Certificate
) -> None:
    path, anchors = tmp_path / "poster.png", tmp_path / "anchors.pem"
    shutil.copy(files / "plain.png", path)
    anchors.write_text(own.anchors or "")

    def run(*words: object) -> tuple[str, BaseException | None]:
        done = CliRunner().invoke(cli, ["provenance", *map(str, words)])
        return done.stdout, done.exception

    said, error = run(path)
    assert said.split() == ["credentials", "absent"]
    assert isinstance(error, CheckError) and error.exit_code == 5
    sign(path, record, own)
    said, error = run(path)
    assert error is None
    assert "credentials  Valid" in said and "self-made" in said and "close-up, usage" in said
    said, error = run(path, "--anchors", anchors, "--json")
    assert error is None and json.loads(said)["state"] == "Trusted"
    path.write_bytes(path.read_bytes()[:-16] + b"\0" * 16)
    said, error = run(path, "--json")
    assert json.loads(said)["state"] == "Invalid" and isinstance(error, CheckError)
    assert isinstance(run(path, "--anchors", tmp_path / "gone.pem")[1], SettingsError)
    assert isinstance(run(tmp_path / "gone.png")[1], MediaError)


def test_a_container_that_is_none_of_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "clip.webm").write_bytes(b"x")
    with pytest.raises(MediaError, match=r"clip\.webm: credentials are read from"):
        CliRunner().invoke(cli, ["provenance", str(tmp_path / "clip.webm")], catch_exceptions=False)
