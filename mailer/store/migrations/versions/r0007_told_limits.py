"""What ``send --rate`` and ``--connections`` said, kept with the issue for workers that send it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns; an issue that stands is sent as the settings say."""
    op.add_column("issue", sa.Column("rates", sa.Text(), nullable=False, server_default=""))
    op.add_column("issue", sa.Column("connections", sa.Integer(), nullable=True))
