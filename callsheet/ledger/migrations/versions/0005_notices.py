"""What is told to others, until they have taken it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("address", sa.String(20), primary_key=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("resource", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(60)),
        sa.Column("lease_until", sa.String(32)),
        sa.Column("fault", sa.String(1000)),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("notices_by_state", "notices", ["state", "due_at"])
