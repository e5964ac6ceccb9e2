"""`callsheet ledger` as its users run it, on ledgers that were filled through the ledger's own methods."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import pytest

from callsheet.budget import Caps
from callsheet.canonical import digest
from callsheet.cli import main
from callsheet.cli.ledger import GROUPS, ledger
from callsheet.ledger.entry import Entry
from callsheet.ledger.export import COLUMNS
from callsheet.ledger.queries import entries, history_of, open_production, production_rows, set_status, use
from callsheet.ledger.report import BY, Sums
from callsheet.ledger.states import Event, State
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.money import Money
from tests.cli.test_commands import callsheet_command
from tests.ledger.test_store import begun, intent, one, paid
from tests.markdown import codes, table, text_of
from tests.studios import Shop, small_plan

CNY = "CNY"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `callsheet ledger ...` through the program's own entry, in this process."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["callsheet", "ledger", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Done(code, out, err)

    yield run


def with_ledger(home: Path, work: Callable[[Ledger], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        ledger = await open_ledger(f"sqlite:///{home}/ledger.sqlite")
        try:
            return await work(ledger)
        finally:
            await ledger.close()

    return asyncio.run(run())


def key(name: str) -> str:
    return digest(name)


async def fill(ledger: Ledger) -> None:
    real = {"rehearsal": False, "provider": "sora@https://v.example.com", "campaign": "=1+1"}
    await paid(ledger, await one(ledger, intent(key("paid"), "lamp", "0.60", **real)), "0.75")
    await use(ledger, "chair", [key("paid")])
    doubted = await begun(ledger, await one(ledger, intent(key("doubt"), "lamp", "1.20", purchase_id="用法", **real)))
    await ledger.happen(doubted, Event.DOUBT, error="its reply was lost")
    await one(ledger, intent(key("rehearsed"), "vase", "0.50"))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A filled ledger, made once."""
    folder = tmp_path_factory.mktemp("full")
    with_ledger(folder, fill)
    return folder / "ledger.sqlite"


@pytest.fixture
def filled(home: Path, full: Path) -> Path:
    """A home with a ledger of its own that is filled."""
    shutil.copyfile(full, home / "ledger.sqlite")
    return home


# Looking


@pytest.mark.usefixtures("filled")
def test_list_filters(command: Command) -> None:
    def keys(*arguments: str) -> list[str]:
        done = command("list", *arguments, "--json")
        assert (done.code, done.err) == (0, "")
        return [purchase["key"] for purchase in done.json()["purchases"]]

    assert keys() == [key("paid"), key("doubt"), key("rehearsed")]
    assert keys("--state", "in_doubt", "--state", "intended") == [key("doubt"), key("rehearsed")]
    assert keys("--production", "chair") == [key("paid")]
    assert keys("--campaign", "=1+1", "--provider", "sora") == [key("paid"), key("doubt")]
    assert keys("--provider", "studio", "--since", "2026-01-01") == [key("rehearsed")]
    assert keys("--since", "2999-01-01") == []
    assert command("list", "--since", "2999-01-01").out == "no purchases\n"


@pytest.mark.usefixtures("filled")
def test_list_is_a_line_for_each_purchase(command: Command) -> None:
    lines = command("list").out.splitlines()
    line = next(line for line in lines if key("doubt")[:12] in line)
    for word in ("in_doubt", "lamp", "用法", "real", "1.20 CNY"):
        assert word in line
    assert "3 purchases" in lines[-1]


@pytest.mark.usefixtures("filled")
def test_show_is_all_that_is_known(command: Command) -> None:
    shown = command("show", key("paid")[:10], "--json").json()
    assert (shown["state"], shown["quoted"], shown["charged"], shown["held"]) == ("settled", "0.60", "0.75", "0.75")
    assert shown["used_by"] == ["lamp", "chair"]
    assert shown["request"]["duration"] == 5
    assert [line["event"] for line in shown["history"]][-1] == "settled"
    assert shown["files"][0]["clip"] == "a"
    assert "result" not in shown  # the provider's addresses open its clips to whoever has them
    text = command("show", key("paid")[:10]).out
    assert "lamp, chair" in text
    assert "stored → settled" not in text
    assert "settled → settled" in text


@pytest.mark.usefixtures("filled")
def test_report_adds_up(command: Command) -> None:
    for by in BY:
        tables = command("report", "--by", by, "--json").json()["tables"]
        assert [(table["rehearsal"], table["total"]["committed"]) for table in tables] == [
            (False, "1.95"), (True, "0.50"),
        ]  # fmt: skip
    text = command("report", "--by", "campaign").out
    assert "real money · CNY" in text
    assert "rehearsal money · CNY" in text
    for remark in ("0.15 CNY of what was spent is above its quotes", "1.20 CNY is in doubt"):
        assert remark in text
    assert command("report", "--until", "2000-01-01").out == "no purchases\n"
    leap = command("report", "--month", "2000-02", "--json").json()
    assert (leap["since"], leap["until"], leap["tables"]) == ("2000-02-01", "2000-02-29", [])


# For the accounts


@pytest.mark.usefixtures("filled")
def test_csv_is_read_again_and_holds_no_formula(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    done = command("export", "--out", file)
    assert (done.code, done.out, done.err) == (0, "", f"3 purchases in {file}\n")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["state"], row["currency"], row["quoted"], row["charged"], row["held"]) for row in rows] == [
        ("settled", "CNY", "0.60", "0.75", "0.75"),
        ("in_doubt", "CNY", "1.20", "", "1.20"),
        ("intended", "CNY", "0.50", "", "0.50"),
    ]
    assert [row["rehearsal"] for row in rows] == ["no", "no", "yes"]
    assert [row["campaign"] for row in rows] == ["'=1+1", "'=1+1", ""]
    assert rows[1]["purchase"] == "用法"
    assert list(csv.reader(io.StringIO(command("export").out))) == [
        list(rows[0]),
        *(list(row.values()) for row in rows),
    ]


@pytest.mark.usefixtures("filled")
def test_json_lines_are_read_again(command: Command) -> None:
    rows = [json.loads(line) for line in command("export", "--format", "jsonl").out.splitlines()]
    assert [row["key"] for row in rows] == [key("paid"), key("doubt"), key("rehearsed")]
    assert [Decimal(row["held"]) for row in rows] == [Decimal("0.75"), Decimal("1.20"), Decimal("0.50")]
    assert (rows[0]["campaign"], rows[1]["charged"], rows[2]["rehearsal"]) == ("=1+1", None, True)
    assert command("export", "--format", "jsonl", "--month", "2000-01").out == ""


# Deciding


def test_a_doubt_is_ended_by_a_person(command: Command, filled: Path) -> None:
    asked = command("resolve", key("doubt")[:8], "--as", "lost")
    assert asked.code == 2
    assert "no terminal to ask at; say --yes" in asked.err
    done = command("resolve", key("doubt")[:8], "--as", "bought", "--yes", "--note", "invoice 12")
    assert (done.code, done.out) == (0, f"{key('doubt')[:12]} is failed\n")
    assert "用法 of lamp, 1.20 CNY: it counts as bought for 1.20 CNY, without a clip" in done.err
    _, event, _, note = with_ledger(filled, lambda ledger: history_of(ledger, key("doubt")))[-1]
    assert (event, note.partition(": ")[2]) == ("written_off", "invoice 12")
    assert command("resolve", key("doubt")[:8], "--as", "lost", "--yes").code == 2


def test_a_job_is_looked_up_before_it_is_written_down(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(home, f"sqlite:///{home}/ledger.sqlite")
    bought = asyncio.run(shop.buy())  # so that the studio knows a job

    async def doubt(ledger: Ledger) -> None:
        entry = await begun(ledger, await one(ledger, intent(key("doubt"))))
        await ledger.happen(entry, Event.DOUBT, error="lost")

    with_ledger(home, doubt)
    wrong = command("resolve", key("doubt")[:8], "--as", "bought", "--job", "job_none", "--yes")
    assert wrong.code == 2
    assert "--job: job_none is not allowed; studio says" in wrong.err
    taken = command("resolve", key("doubt")[:8], "--as", "bought", "--job", bought.job_id, "--yes")
    assert (taken.code, "another purchase has it already" in taken.err) == (2, True)
    monkeypatch.setenv("CALLSHEET_PROVIDER", "sora")
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", "http://127.0.0.1:9/v1")
    other = command("resolve", key("doubt")[:8], "--as", "bought", "--job", bought.job_id, "--yes")
    assert (other.code, "it was ordered from studio" in other.err) == (2, True)


def test_a_production_is_cancelled_and_reconcile_gives_back_what_it_held(command: Command, home: Path) -> None:
    plan = small_plan()
    name = plan.production_id("studio")
    fields = {"kind": "marketing", "name": "Lamp", "campaign": None, "provider": "studio", "digest": plan.digest}

    async def prepare(ledger: Ledger) -> None:
        await open_production(ledger, {"id": name, **fields}, plan.total, None)
        await open_production(ledger, {"id": "done", **fields}, plan.total, None)
        await set_status(ledger, "published", id="done")
        await ledger.intend([intent(key("wanted no more"), name, "0.50")], Caps())

    with_ledger(home, prepare)
    wrong = command("cancel", "nobody")
    assert (wrong.code, wrong.err) == (2, f"PRODUCTION: nobody is not allowed; it must be one of: {name}\n")
    assert command("cancel", "done").code == 2
    done = command("cancel", name)
    assert done.code == 0
    assert f"{name} is cancelled; 1 purchases for 0.50 CNY are reserved or under way" in done.out
    assert with_ledger(home, lambda ledger: production_rows(ledger, id=name))[0].status == "cancelled"
    cleared = command("reconcile", "--json")
    assert (cleared.code, cleared.json()["open_questions"]) == (0, 0)
    entry: Entry = with_ledger(home, entries)[0]
    assert (entry.state, entry.held) == (State.RELEASED, 0)


def test_reconcile_says_by_its_exit_code_that_a_person_is_needed(command: Command, home: Path) -> None:
    async def doubt(ledger: Ledger) -> None:
        request = small_plan().purchases[0].request.model_dump(mode="json")
        entry = await begun(ledger, await one(ledger, intent(key("doubt"), request=request)))
        await ledger.happen(entry, Event.DOUBT, error="lost")

    with_ledger(home, doubt)
    done = command("reconcile")
    assert done.code == 4
    assert key("doubt")[:12] in done.out
    assert "purchases that need a person: 1" in done.err


# What is refused


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "zzz"], "KEY: 'zzz' is not allowed; it must be the beginning of a key"),
        (["show", ""], "KEY: '' is not allowed"),
        (["list", "--state", "lost"], "'in_doubt'"),
        (["list", "--since", "yesterday"], "--since: yesterday is not allowed; it must be a day such as 2026-11-22"),
        (["list", "--since", "2026-02-30"], "--since: 2026-02-30 is not allowed"),
        (["report", "--month", "2026-13"], "--month: 2026-13 is not allowed; it must be a month such as 2026-11"),
        (["report", "--month", "2026-11", "--since", "2026-11-01"], "--month: it must stand alone"),
        (["report", "--by", "colour"], "'campaign'"),
        (["resolve", "aaa"], "--as"),
        (["resolve", key("paid")[:8], "--as", "lost", "--yes"], "is settled, not in_doubt; in doubt: "),
        (["export", "--format", "xls"], "'jsonl'"),
        (["export", "--out", "/dev/null/x"], "--out: /dev/null/x can't be written"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(command: Command, arguments: list[str], words: str) -> None:
    done = command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_the_address_of_the_ledger_is_never_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_LEDGER_URL", "postgresql://kim:hunter2@127.0.0.1:1/none")
    for arguments in (["list"], ["report"], ["show", "abc"], ["export"], ["cancel", "x"], ["reconcile"]):
        done = command(*arguments)
        assert done.code == 2
        assert "hunter2" not in done.out + done.err


def test_the_installed_command_lists(filled: Path) -> None:
    done = callsheet_command("ledger", "list", "--state", "settled", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["key"] for one in json.loads(done.stdout)["purchases"]] == [key("paid")]
    assert Money(amount=json.loads(done.stdout)["purchases"][0]["charged"], currency=CNY).amount == Decimal("0.75")


# The page that describes it


def test_the_page_lists_every_subcommand_with_its_options() -> None:
    page = "docs/ledger.md"
    shown = {codes(row[0])[0].split()[0]: codes(row[2]) for row in table(page, "Subcommand", "Does")}
    assert list(shown) == [
        "list",
        "show",
        "report",
        "export",
        "resolve",
        "cancel",
        "reconcile",
        "backup",
        "restore",
        "approvals",
    ]
    assert set(shown) == set(ledger.commands)
    for name, command in ledger.commands.items():
        assert shown[name] == [one.opts[0] for one in command.params if isinstance(one, click.Option)], name
    assert GROUPS == BY
    text = text_of(page)
    assert set(BY) <= set(codes(next(part for part in text.split("\n\n") if part.startswith("`--by` is"))))
    assert tuple(codes(next(part for part in text.split("\n\n") if part.startswith("Columns: ")))) == COLUMNS
    sums = [codes(row[0])[0] for row in table(page, "Sum", "Is")]
    assert sums == [name for name in Sums.model_fields if name not in ("name", "purchases")]
