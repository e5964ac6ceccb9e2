"""The ledger's tables, the same for SQLite and PostgreSQL.

Amounts are text, because SQLite has no exact decimal; they are summed in Python. Times are UTC, in ISO 8601 text, for
the same reason: text that sorts as the times do.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, MetaData, String, Table

metadata = MetaData()

purchases = Table(
    "purchases",
    metadata,
    Column("key", String(64), primary_key=True, comment="sha256 of provider, request, media and take"),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, default=1, comment="1, and one more each time it is begun again"),
    Column("production_id", String(120), nullable=False, comment="the production that bought it"),
    Column("purchase_id", String(60), nullable=False, comment="its name in that production's plan"),
    Column("feature", String(40), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("tier", String(20), nullable=False),
    Column("take", Integer, nullable=False),
    Column("request", JSON, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("quoted", String(40), nullable=False),
    Column("charged", String(40), comment="the provider's word; null until it is known"),
    Column("job_id", String(200)),
    Column("result", JSON, comment="the provider's finished result, with its addresses"),
    Column("assets", JSON, comment="what is in the bucket: one entry for each clip"),
    Column("error", String(1000)),
    Column("lease_owner", String(120)),
    Column("lease_until", String(32)),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("purchases_by_production", "production_id"),
    Index("purchases_by_state", "state"),
)

uses = Table(
    "uses",
    metadata,
    Column("production_id", String(120), primary_key=True),
    Column("key", String(64), ForeignKey("purchases.key"), primary_key=True),
    Column("reused", Integer, nullable=False, comment="1 where another production had bought it"),
    Column("at", String(32), nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), ForeignKey("purchases.key"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("event", String(16), nullable=False),
    Column("state", String(16), nullable=False, comment="the state that followed"),
    Column("note", String(1000)),
    Index("history_by_key", "key", "id"),
)

caps = Table(
    "caps",
    metadata,
    Column("scope", String(160), primary_key=True, comment="`production:<id>`; a lock row for its reservations"),
    Column("currency", String(3), nullable=False),
    Column("amount", String(40), nullable=False),
)
