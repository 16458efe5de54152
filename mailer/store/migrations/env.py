"""What Alembic runs: the steps, on the connection and in the transaction that ``migrate`` hands over."""

from __future__ import annotations

from alembic import context

from mailer.store import tables as _tables  # noqa: F401 -- puts the ledger into the metadata
from subscribers.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,  # also on SQLite, where open_database says BEGIN itself
)
with context.begin_transaction():
    context.run_migrations()
