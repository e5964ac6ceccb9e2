"""Campaigns, days and productions that pay; places and pace at a provider; callbacks that were seen."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from callsheet.ledger.money import held_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("campaign", sa.String(120)),
        sa.Column("rehearsal", sa.Integer, nullable=False, server_default="0"),
        sa.Column("clips", sa.JSON),
        sa.Column("held", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("booked_on", sa.String(10)),
        sa.Column("submitted_at", sa.String(32)),
    ):
        op.add_column("purchases", column)
    op.drop_index("purchases_by_state", "purchases")
    op.create_index("purchases_by_state", "purchases", ["state", "provider"])
    op.create_index("purchases_by_day", "purchases", ["booked_on"])
    op.create_index("purchases_by_campaign", "purchases", ["campaign"])
    op.create_index("purchases_by_job", "purchases", ["job_id"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite does not hold a text to its length
        op.alter_column("purchases", "job_id", type_=sa.Text)
    op.create_table(
        "jobs",
        sa.Column("provider", sa.String(200), primary_key=True),
        sa.Column("job_id", sa.Text, primary_key=True),
        sa.Column("key", sa.String(64), sa.ForeignKey("purchases.key"), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
    op.execute(
        "INSERT INTO jobs (provider, job_id, key, attempt)"
        " SELECT provider, job_id, min(key), max(attempt) FROM purchases WHERE job_id IS NOT NULL"
        " GROUP BY provider, job_id"
    )
    op.create_table(
        "productions",
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("campaign", sa.String(120)),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("quoted", sa.String(40), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("run", sa.String(64)),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
    )
    op.create_index("productions_by_run", "productions", ["run"])
    op.create_table(
        "pace",
        sa.Column("provider", sa.String(200), primary_key=True),
        sa.Column("next_at", sa.String(32)),
        sa.Column("closed_until", sa.String(32)),
    )
    op.create_table(
        "callbacks",
        sa.Column("webhook_id", sa.String(200), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.drop_table("caps")
    with op.batch_alter_table("uses") as uses:
        uses.drop_column("reused")  # it is what the payer's name says
    op.create_index("uses_by_key", "uses", ["key"])
    _carry_over(op.get_bind())


def _carry_over(connection: sa.Connection) -> None:
    """Books what older ledgers hold: the sums, the day of the intent, and the embedded studio as a rehearsal."""
    rows = connection.execute(
        sa.text("SELECT key, state, quoted, charged, provider, created_at, purchase_id, request, assets FROM purchases")
    ).all()
    for row in rows:
        assets = json.loads(row.assets) if isinstance(row.assets, str) else row.assets
        clips = [asset["clip"] for asset in assets or []] or _clips(row.purchase_id, row.request)
        values = {
            "key": row.key,
            "held": held_of(row.state, row.quoted, row.charged),
            "day": row.created_at[:10],
            "rehearsal": int(row.provider == "studio"),
            "clips": json.dumps(clips),
        }
        statement = "UPDATE purchases SET held = :held, booked_on = :day, rehearsal = :rehearsal"
        connection.execute(sa.text(f"{statement}, clips = :clips WHERE key = :key"), values)


def _clips(purchase_id: str, request: object) -> list[str]:
    """The names that the plans of that time gave to the clips of a purchase."""
    fields = json.loads(request) if isinstance(request, str) else request
    shots = fields.get("shots") if isinstance(fields, dict) else None
    return [f"{purchase_id}-{n}" for n in range(1, len(shots) + 1)] if shots else [purchase_id]
