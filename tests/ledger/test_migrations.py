"""A ledger of any age is brought up to date when it is opened, and is then what a new one is."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from callsheet.ledger import migrations
from callsheet.ledger.engine import ledger_engine
from callsheet.ledger.queries import committed, entries
from callsheet.ledger.states import State
from callsheet.ledger.store import open_ledger
from callsheet.ledger.tables import metadata
from callsheet.money import Money

ROWS = [
    ("a", "settled", "0.60", "0.75", [{"clip": "close-up"}], {"prompt": "x"}, "close-up"),
    ("b", "submitted", "0.80", None, None, {"shots": [{}, {}]}, "usage"),
    ("c", "rejected", "0.90", None, None, {"prompt": "y"}, "image-1"),
]


def _old(connection: Connection) -> None:
    """A ledger of before there were steps, with three purchases in it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, migrations.FIRST)
    connection.execute(text("DROP TABLE alembic_version"))
    insert = (
        "INSERT INTO purchases (key, state, attempt, production_id, purchase_id, feature, provider, tier, take,"
        " request, currency, quoted, charged, assets, created_at, updated_at) VALUES (:key, :state, 1, 'lamp-1', :name,"
        " 'text_to_video', 'studio', 'social', 1, :request, 'CNY', :quoted, :charged, :assets, :at, :at)"
    )
    for key, state, quoted, charged, assets, request, name in ROWS:
        values: dict[str, Any] = {"key": key, "state": state, "quoted": quoted, "charged": charged, "name": name}
        values |= {"assets": json.dumps(assets) if assets else None, "request": json.dumps(request)}
        connection.execute(text(insert), values | {"at": "2026-10-31T23:59:59.000000+00:00"})


async def test_an_old_ledger_is_carried_over(ledger_url: str) -> None:
    engine = ledger_engine(ledger_url)
    async with engine.begin() as connection:
        await connection.run_sync(_old)
    await engine.dispose()
    ledgers = await asyncio.gather(*(open_ledger(ledger_url) for _ in range(4)))
    ledger = ledgers[0]
    carried = {entry.key: entry for entry in await entries(ledger)}
    assert {key: entry.held for key, entry in carried.items()} == {"a": 750_000, "b": 800_000, "c": 0}
    assert carried["b"].clips == ("usage-1", "usage-2")
    assert carried["a"].clips == ("close-up",)
    assert carried["a"].state is State.SETTLED
    assert {entry.booked_on for entry in carried.values()} == {"2026-10-31"}
    assert all(entry.rehearsal for entry in carried.values())
    assert await committed(ledger, "lamp-1", "CNY") == Money(amount="1.55", currency="CNY")
    async with ledger.writing() as connection:
        assert await connection.run_sync(_differences) == []
    for each in ledgers:
        await each.close()


async def test_a_new_ledger_is_what_the_steps_make(ledger_url: str) -> None:
    ledger = await open_ledger(ledger_url)
    async with ledger.writing() as connection:
        assert await connection.run_sync(_differences) == []
        assert "alembic_version" in await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await ledger.close()


def _differences(connection: Connection) -> list[Any]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = [
        one for each in compare_metadata(context, metadata) for one in (each if isinstance(each, list) else [each])
    ]
    # A comment changes nothing, and SQLite does not hold a text to its length.
    ignored = {"modify_comment"} | ({"modify_type"} if connection.dialect.name == "sqlite" else set())
    return [difference for difference in found if difference[0] not in ignored]


def test_the_newest_step_is_the_head() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert script.get_current_head() == migrations.HEAD
    assert script.get_bases() == [migrations.FIRST]
