"""The doctor: a line for each thing, and what is wrong in its own words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.commands import doctor


def examined(*arguments: str) -> tuple[int, dict[str, tuple[bool, str]]]:
    done = CliRunner().invoke(doctor, [*arguments, "--json"])
    report = json.loads(done.stdout)
    assert report["well"] == (done.exit_code == 0)
    return done.exit_code, {one["name"]: (one["well"], one["seen"]) for one in report["findings"]}


def test_a_machine_that_has_everything_is_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    code, found = examined("--no-server")
    assert code == 0
    assert set(found) == {"provider", "bucket", "ledger", "clock", "ffmpeg", "fonts", "voices"}
    assert [path for path in (tmp_path / "bucket").rglob("*") if path.is_file()] == []


def test_what_is_wrong_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path / "home"))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CALLSHEET_BUCKET", str(tmp_path / "file"))
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", "http://127.0.0.1:9/v1/sora")
    monkeypatch.setenv("CALLSHEET_FFMPEG", str(tmp_path / "none"))
    with temporary_settings(restore_defaults={PREFECT_API_URL}):  # other tests of this process may have a server
        code, found = examined()
    assert code == 1
    wrong = {name for name, (well, _) in found.items() if not well}
    assert {"provider", "bucket", "ffmpeg", "server", "pools"} <= wrong
    assert not wrong & {"ledger", "clock", "fonts", "voices"}
    assert "PREFECT_API_URL is not set" in found["server"][1]
