"""What a production was given, and which briefs of the inbox were seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("productions", sa.Column("needs", sa.JSON))
    op.create_table(
        "briefs",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(600), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("event", sa.String(36), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
