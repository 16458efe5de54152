"""Allowances of the subscribe form, shared by all web processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "bucket",
        sa.Column("scope", sa.String(length=255), nullable=False),
        sa.Column("full_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_bucket")),
    )
