"""`callsheet plan`, `approve` and `ledger approvals` as their users run them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from callsheet.cli import cli
from callsheet.errors import BudgetError, CallsheetError, SettingsError

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """A command in this process, in a folder with a brief; gives its standard output."""
    brief = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}
    (tmp_path / "brief.yaml").write_text(json.dumps({**brief, "tier": "prototype"}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CALLSHEET_PROVIDER", "sora")
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", "http://127.0.0.1:9")

    def go(*words: str) -> str:
        cli.main([*words], standalone_mode=False)
        return capsys.readouterr().out

    return go


def test_a_plan_with_its_storyboard_is_edited_approved_and_refused_when_it_changes(run: Run, tmp_path: Path) -> None:
    made = json.loads(run("plan", "brief.yaml", "--json"))
    file = tmp_path / "brief.plan.yaml"
    assert made["plan"] == "brief.plan.yaml"
    page = (tmp_path / made["storyboard"]).read_text(encoding="utf-8")
    assert page.count("data:image/jpeg") == 1
    assert not (tmp_path / "home").exists()  # nothing is recorded, nothing is bought
    quoted = json.loads(run("quote", "brief.plan.yaml", "--json"))
    assert quoted["digest"] == made["digest"] == json.loads(run("quote", "brief.yaml", "--json"))["digest"]

    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    data["purchases"][0]["request"]["prompt"] = "a brass lamp at dusk"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    changed = json.loads(run("quote", "brief.plan.yaml", "--json"))
    assert (changed["total"], changed["digest"] == quoted["digest"]) == (quoted["total"], False)

    with pytest.raises(BudgetError, match="nobody has approved"):
        run("make", "brief.plan.yaml")
    said = json.loads(run("approve", "brief.plan.yaml", "--by", "Mia", "--up-to", "2", "--json"))
    assert (said["digest"], said["provider"], said["by"], said["up_to"]) == (
        changed["digest"], "sora@http://127.0.0.1:9", "Mia", "2",
    )  # fmt: skip
    listed = run("ledger", "approvals")
    assert changed["digest"][:16] in listed
    assert "127.0.0.1" not in listed
    with pytest.raises(BudgetError, match="nobody has approved"):
        run("make", "brief.yaml")  # the brief comes to another plan than the one that was edited


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["approve", "brief.yaml", "--up-to", "0.10"], "would not buy it"),
        (["approve", "brief.yaml", "--up-to", "much"], "--up-to: much is not allowed"),
        (["approve", "brief.yaml", "--by", " "], "--by"),
    ],
)
def test_what_can_not_be_approved(run: Run, words: list[str], said: str) -> None:
    with pytest.raises(CallsheetError, match=said):
        run(*words)


def test_a_plan_file_is_not_written_over_and_takes_no_options_but_a_tier(run: Run) -> None:
    run("plan", "brief.yaml", "--no-drafts")
    with pytest.raises(SettingsError, match="--force"):
        run("plan", "brief.yaml", "--no-drafts")
    run("plan", "brief.yaml", "--no-drafts", "--force")
    run("plan", "brief.plan.yaml", "--no-drafts")  # its own storyboard, drawn anew
    with pytest.raises(CallsheetError, match="--take: close-up is not allowed; it is for briefs"):
        run("quote", "brief.plan.yaml", "--take", "close-up")
    assert run("quote", "brief.plan.yaml", "--tier", "social") == run("quote", "brief.yaml", "--tier", "social")
