"""Purchases, who uses them, what happened to them, and a cap for each production."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "purchases",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("production_id", sa.String(120), nullable=False),
        sa.Column("purchase_id", sa.String(60), nullable=False),
        sa.Column("feature", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("tier", sa.String(20), nullable=False),
        sa.Column("take", sa.Integer, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("quoted", sa.String(40), nullable=False),
        sa.Column("charged", sa.String(40)),
        sa.Column("job_id", sa.String(200)),
        sa.Column("result", sa.JSON),
        sa.Column("assets", sa.JSON),
        sa.Column("error", sa.String(1000)),
        sa.Column("lease_owner", sa.String(120)),
        sa.Column("lease_until", sa.String(32)),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
    )
    op.create_index("purchases_by_production", "purchases", ["production_id"])
    op.create_index("purchases_by_state", "purchases", ["state"])
    op.create_table(
        "uses",
        sa.Column("production_id", sa.String(120), primary_key=True),
        sa.Column("key", sa.String(64), sa.ForeignKey("purchases.key"), primary_key=True),
        sa.Column("reused", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_table(
        "history",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), sa.ForeignKey("purchases.key"), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.String(1000)),
    )
    op.create_index("history_by_key", "history", ["key", "id"])
    op.create_table(
        "caps",
        sa.Column("scope", sa.String(160), primary_key=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("amount", sa.String(40), nullable=False),
    )
