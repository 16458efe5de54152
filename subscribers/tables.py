"""The tables about people. ``Base`` is the one metadata of the whole database; all times are UTC.

Laws: ``consent`` is append-only (only an erasure removes rows); a suppression outlives the person's rows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time, also on SQLite, which stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was about to be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base of every table, here and in ``mailer.store``."""

    type_annotation_map = {datetime: UtcTime(), dict[str, Any]: JSON()}  # noqa: RUF012 -- SQLAlchemy's own form
    metadata_naming = {  # noqa: RUF012 -- same
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }


Base.metadata.naming_convention = Base.metadata_naming


class SubscriberRow(Base):
    """A person's address: as typed (for sending), as a key (for comparison), as a keyed hash (for suppression)."""

    __tablename__ = "subscriber"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    address_key: Mapped[str] = mapped_column(Text, unique=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime]


class SubscriptionRow(Base):
    """A subscriber's relation to one newsletter."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter"),
        CheckConstraint("state IN ('pending', 'subscribed', 'unsubscribed')", name="state"),
        Index("ix_subscription_newsletter_state_id", "newsletter", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    newsletter: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]  # when it entered the present state
    source: Mapped[str] = mapped_column(Text, default="")
    paused_until: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    waits: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # rather late than in another language


class ConsentRow(Base):
    """One thing that a person asked for, was shown or confirmed. Append-only."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(32))  # see subscribers.consent
    at: Mapped[datetime]
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)  # wording, version, form_url, ip, import …


class SuppressionRow(Base):
    """An address, as a keyed hash, that is never mailed again. ``newsletter`` "" means all of them."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("address_hash", "newsletter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    newsletter: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(String(32))  # hard-bounce, complaint, erased, by-hand, soft-bounces
    detail: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


class AskedRow(Base):
    """An address, as a keyed hash, that an import asked once whether it wants a newsletter: it is not asked again.

    It outlives the person's rows, which are removed when no answer comes.
    """

    __tablename__ = "asked"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    newsletter: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]


class OutboxRow(Base):
    """A notice waiting to be sent, written in the transaction that caused it."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "sent_at", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))  # confirm, welcome, goodbye, preferences, address-change
    subscription_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscription.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str] = mapped_column(Text)
    newsletter: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    error: Mapped[str] = mapped_column(Text, default="")


class BucketRow(Base):
    """How far an allowance is used up (``subscribers.limits``); shared by all web processes."""

    __tablename__ = "bucket"

    scope: Mapped[str] = mapped_column(
        String(255), primary_key=True
    )  # "network:…", "domain:example.org", "overall"
    full_until: Mapped[int] = mapped_column(BigInteger)  # microseconds since 1970
