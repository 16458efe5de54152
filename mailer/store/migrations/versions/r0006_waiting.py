"""People who wait for an issue in their language, and the rows that are held for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column each, with a default that needs no row to be written again."""
    op.add_column("subscription", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("delivery", sa.Column("waits_for", sa.String(length=16), nullable=False, server_default=""))
