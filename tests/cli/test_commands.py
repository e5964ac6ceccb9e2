"""The command line as its users run it: exit codes, what goes to which stream, and what is never touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import callsheet
from callsheet.briefs import load_brief
from callsheet.briefs.files import read_files
from callsheet.money import price_list
from callsheet.products import plan_of

EXAMPLES = Path(__file__).parents[2] / "examples"
SPEAKER = EXAMPLES / "smart-speaker.yaml"
LIMIT = 60


def callsheet_command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the installed command and keeps both streams."""
    return subprocess.run(
        [sys.executable, "-c", "from callsheet.cli import main; main()", *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


@pytest.fixture
def brief(tmp_path: Path) -> Any:
    def write(**fields: Any) -> Path:
        path = tmp_path / "brief.yaml"
        good = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US"}
        path.write_text(json.dumps({**good, **fields}))
        return path

    return write


def test_the_version_is_the_packages() -> None:
    assert callsheet_command("--version").stdout.strip() == f"callsheet, version {callsheet.__version__}"


def test_quote_prints_the_contracts_object() -> None:
    done = callsheet_command("quote", SPEAKER, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == ["digest", "currency", "total", "lines"]
    assert (found["currency"], found["total"]) == ("CNY", "13.20")
    assert found["lines"][0] == {
        "feature": "text_to_video", "count": 1, "seconds": 5, "resolution": "1080p", "amount": "3.00",
    }  # fmt: skip
    written = load_brief(SPEAKER)
    plan = plan_of(written, read_files(written).media, price_list("sora"))
    assert found["digest"] == plan.digest


def test_quote_as_a_table_for_another_tier() -> None:
    done = callsheet_command("quote", SPEAKER, "--tier", "prototype")
    assert done.returncode == 0
    assert "2.20" in done.stdout
    assert "480p" in done.stdout


QUIET = """
import runpy, sys, socket
def refuse(*_, **__): raise AssertionError("network")
socket.socket.connect = refuse
sys.argv = ["callsheet", "quote", sys.argv[1], "--json"]
from callsheet.cli import main
main()
heavy = {"prefect", "sqlalchemy", "httpx", "starlette", "cv2", "av", "onnxruntime", "boto3", "numpy"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_quote_touches_no_network_no_state_and_no_prefect(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIET, str(SPEAKER)],
        env={**os.environ, "CALLSHEET_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("command", ["quote", "make"])
def test_a_bad_brief_is_one_line_for_each_fault(brief: Any, command: str) -> None:
    done = callsheet_command(command, brief(duration=500, tier="gold", music_mood="angry"))
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == ["tier", "music_mood", "duration"]
    assert lines[2] == "duration: 500 is not allowed; it must be at most 60"


@pytest.mark.parametrize(
    ("fields", "arguments", "environment", "code", "words"),
    [
        ({"budget": "1.00"}, [], {}, 3, "the plan costs 3.00 CNY, the brief's budget is 1.00 CNY"),
        (
            {},
            [],
            {"CALLSHEET_PROVIDER": "sora", "CALLSHEET_PROVIDER_URL": "http://127.0.0.1:9"},
            3,
            "nobody has approved",
        ),
        ({}, ["--provider", "sora", "--yes"], {}, 4, "sora was retired on 2026-09-24"),
        ({}, ["--provider", "nobody"], {}, 2, "it must be one of studio, sora"),
        ({}, [], {"CALLSHEET_WAIT_SECONDS": "soon"}, 2, "CALLSHEET_WAIT_SECONDS"),
        ({}, [], {"CALLSHEET_LEDGER_URL": "mysql://x"}, 2, "sqlite:/// or postgresql://"),
        ({"product_images": ["none.jpg"]}, [], {}, 2, "product_images[0]"),
        ({}, [], {"CALLSHEET_PROVIDER_URL": "https://user:hunter2@h/v1"}, 2, "without user, password or query"),
        ({}, ["--out", "/dev/null/x"], {}, 2, "--out: /dev/null/x can't be made"),
        ({}, [], {"CALLSHEET_LEDGER_URL": "sqlite:////dev/null/x/y"}, 2, "the ledger can't be opened"),
    ],
)
def test_every_refusal_before_buying_has_its_exit_code(
    brief: Any, tmp_path: Path, fields: Any, arguments: list[str], environment: dict[str, str], code: int, words: str
) -> None:
    path = brief(duration=5, **fields)
    done = callsheet_command("make", path, *arguments, CALLSHEET_HOME=str(tmp_path / "home"), **environment)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home" / "studio").exists()


@pytest.mark.parametrize(("brief", "ahead"), [("smart-speaker.yaml", True), ("course-en.yaml", False)])
def test_no_sentence_of_a_course_is_spoken_ahead_of_its_narration(
    brief: str, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from callsheet.cli.make import _speak_ahead
    from callsheet.media import speech

    spoken: list[str] = []
    monkeypatch.setattr(speech, "speak", lambda words, **_: spoken.append(words))
    written = load_brief(EXAMPLES / brief)
    plan = plan_of(written, read_files(written).media, price_list("sora"))
    assert plan.works[0].timeline.lines
    _speak_ahead(plan)
    assert bool(spoken) == ahead
