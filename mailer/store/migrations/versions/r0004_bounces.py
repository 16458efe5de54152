"""What came back: the mail or request as it came, and what it said about each recipient."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KINDS = ("hard", "soft", "policy", "complaint", "auto-reply", "success", "unrecognised")


def upgrade() -> None:
    """Create both tables."""
    _create_returned()
    _create_bounce()


def _create_returned() -> None:
    op.create_table(
        "returned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned")),
        sa.UniqueConstraint("source", "digest", name=op.f("uq_returned_source_digest")),
    )
    op.create_index(op.f("ix_returned_at"), "returned", ["at"], unique=False)


def _create_bounce() -> None:
    references = (
        ("returned", "returned_id"),
        ("delivery", "delivery_id"),
        ("issue", "issue_id"),
        ("subscription", "subscription_id"),
    )
    op.create_table(
        "bounce",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("returned_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        sa.Column("enhanced_code", sa.String(length=16), nullable=False),
        sa.Column("diagnostic", sa.Text(), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce")),
        sa.UniqueConstraint("event_id", name=op.f("uq_bounce_event_id")),
        sa.CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in _KINDS)})", name=op.f("ck_bounce_kind")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_bounce_{column}"), ondelete="SET NULL"
            )
            for table, column in references
        ),
    )
    op.create_index("ix_bounce_issue_id_kind", "bounce", ["issue_id", "kind"], unique=False)
    for column in ("subscription_id", "delivery_id", "returned_id"):
        op.create_index(f"ix_bounce_{column}", "bounce", [column], unique=False)
