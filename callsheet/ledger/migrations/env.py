"""Run by Alembic: works on the connection that `migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from callsheet.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite can't alter a table in place
    transaction_per_migration=False,
)
context.run_migrations()
