"""Steps from every older form of the ledger to the present one, and the function that takes them.

A ledger is migrated when it is opened, by whoever opens it first; the others wait. Nobody runs a command for it.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, MetaData, String, Table, inspect, select, text
from sqlalchemy.schema import Column

from callsheet.ledger.tables import metadata

HEAD = "0005"
"""The newest step. A test holds it to the files."""
FIRST = "0001"
LOCK = 0x63616C6C
"""PostgreSQL's advisory lock of whoever migrates: any number that nobody else in the database uses."""

_versions = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def migrate(connection: Connection) -> None:
    """Brings the tables to `HEAD`, in the transaction of `connection`. A ledger of before there were steps is known."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    tables = set(inspect(connection).get_table_names())
    found = None
    if _versions.name in tables:
        found = connection.execute(select(_versions.c.version_num)).scalar_one_or_none()
    if found == HEAD:
        return
    if "purchases" not in tables:  # a new ledger is made as it is to be; a test holds that to the steps
        metadata.create_all(connection)
        _versions.create(connection)
        connection.execute(_versions.insert().values(version_num=HEAD))
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    if found is None:
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
