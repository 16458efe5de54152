"""The tables about issues and their ledger. People's tables are in ``subscribers.tables``; ``Base`` is theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from mailer.bounce.bounce import Kind
from mailer.store.states import DeliveryState, SendingState
from subscribers.tables import Base


def _one_of(column: str, values: type[DeliveryState] | type[SendingState] | type[Kind]) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


class IssueRow(Base):
    """One issue of one newsletter and how its sending stands. (newsletter, slug) is sent once."""

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("newsletter", "slug"),
        CheckConstraint(_one_of("state", SendingState), name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    newsletter: Mapped[str] = mapped_column(String(64))
    slug: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")  # why it is paused or cancelled, for a person
    audience: Mapped[int] = mapped_column(default=0)  # rows planned
    issue_date: Mapped[datetime | None]
    page_url: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    start_at: Mapped[datetime | None]  # scheduled with --at
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    rates: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # "600/minute, 2000/day": instead of the settled ones; "" before revision 0007
    connections: Mapped[int | None]  # the same


class EditionRow(Base):
    """An issue rendered for one language, frozen: what everybody who reads that language gets."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("issue_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text)
    mjml: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[bytes] = mapped_column(LargeBinary)
    source_sha256: Mapped[str] = mapped_column(String(64))
    result_sha256: Mapped[str] = mapped_column(String(64))  # over subject, HTML and text
    template_version: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime]
    web_html: Mapped[str] = mapped_column(Text, default="")  # the body for the archive; "" before revision 0002
    page_url: Mapped[str] = mapped_column(Text, default="")  # this translation's own page on the site


class CorrectionRow(Base):
    """A later text of an edition, for the archive only; the newest is shown. The edition stays as it was sent."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")  # what was corrected, in a person's words
    subject: Mapped[str] = mapped_column(Text)
    preheader: Mapped[str] = mapped_column(Text)
    web_html: Mapped[str] = mapped_column(Text)
    source: Mapped[bytes] = mapped_column(LargeBinary)
    source_sha256: Mapped[str] = mapped_column(String(64))
    result_sha256: Mapped[str] = mapped_column(String(64))  # over subject, HTML and text as a mail would have them


class DeliveryRow(Base):
    """One row of the ledger: this issue to this subscription, and what happened to it.

    ``address`` is what the message goes to, copied when planned, so that a report stays true later.
    ``lease`` names the worker that has the row; a row without one is nobody's.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("issue_id", "subscription_id"),
        CheckConstraint(_one_of("state", DeliveryState), name="state"),
        Index("ix_delivery_issue_id_state_next_attempt_at_id", "issue_id", "state", "next_attempt_at", "id"),
        Index("ix_delivery_subscription_id", "subscription_id"),
    )

    # ten million people a day are past 32 bits in a year; SQLite's INTEGER has 64 and numbers by itself
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    subscription_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscription.id", ondelete="SET NULL")
    )  # NULL after the person was erased
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    address: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]  # of a queued row: its answer was lost, or it is held: not before
    lease: Mapped[int | None] = mapped_column(ForeignKey("worker.id"))
    code: Mapped[int | None]  # SMTP reply code, 250 … 554
    enhanced_code: Mapped[str] = mapped_column(String(16), default="")  # RFC 3463, "5.1.1"
    reply: Mapped[str] = mapped_column(Text, default="")
    first_attempt_at: Mapped[datetime | None]
    at: Mapped[datetime | None]  # when the present state was entered
    waits_for: Mapped[str] = mapped_column(
        String(16), default="", server_default=""
    )  # of a held row: the language whose edition the person would rather have than that of edition_id


class WorkerRow(Base):
    """A process that sends. Its leases are void when it is known to be dead or its heartbeat is too old."""

    __tablename__ = "worker"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int | None] = mapped_column(
        ForeignKey("issue.id", ondelete="CASCADE"), index=True
    )  # the one whose rows it leases
    host: Mapped[str] = mapped_column(String(255))
    boot: Mapped[str] = mapped_column(String(64))  # boot id and pid namespace: pids mean nothing beyond them
    pid: Mapped[int]
    pid_started: Mapped[str] = mapped_column(String(32))  # the process's start time as the kernel tells it
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # it holds no row any more: it left, or was found dead and recovered from


class PaceRow(Base):
    """How far a sending limit is used up; shared by all workers and kept over restarts."""

    __tablename__ = "pace"
    __table_args__ = (UniqueConstraint("scope", "window_seconds", "slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(255))  # "smtp:host:port", "domain:example.org"
    window_seconds: Mapped[int]  # 0: the row that says when the next message of an even pace may go
    slot: Mapped[int] = mapped_column(BigInteger)  # the time granule, in microseconds since 1970
    used: Mapped[int] = mapped_column(BigInteger)  # messages; in the row of the even pace, microseconds since 1970


class ReturnedRow(Base):
    """A mail or a webhook's request that said something about deliveries, as it came; gone after 90 days."""

    __tablename__ = "returned"
    __table_args__ = (UniqueConstraint("source", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(16))  # "mail", or the provider of the webhook
    digest: Mapped[str] = mapped_column(String(64))  # names the content: a replay has the same
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(index=True)


class BounceRow(Base):
    """What one mail, webhook event or refusal said about one recipient, and what followed. Stored once.

    ``delivery_id`` and the columns after it say whose it is; all are NULL when it matched no delivery of ours.
    """

    __tablename__ = "bounce"
    __table_args__ = (
        CheckConstraint(_one_of("kind", Kind), name="kind"),
        Index("ix_bounce_issue_id_kind", "issue_id", "kind"),
        Index("ix_bounce_subscription_id", "subscription_id"),
        Index("ix_bounce_delivery_id", "delivery_id"),
        Index("ix_bounce_returned_id", "returned_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64), unique=True)  # a hash: what comes again has the same
    source: Mapped[str] = mapped_column(String(16))  # "mail", "smtp" for a refusal, or the webhook's provider
    returned_id: Mapped[int | None] = mapped_column(ForeignKey("returned.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(16))  # mailer.bounce.bounce.Kind
    reason: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(Text)  # as reported; "" where the report hides it
    reply_code: Mapped[int | None]
    enhanced_code: Mapped[str] = mapped_column(String(16), default="")
    diagnostic: Mapped[str] = mapped_column(Text, default="")
    proof: Mapped[str] = mapped_column(String(16), default="")  # token, message-id, link, fields; "" unmatched
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id", ondelete="SET NULL"))
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issue.id", ondelete="SET NULL"))
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscription.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(16))  # mailer.bounce.policy.Action
    paused: Mapped[bool] = mapped_column(default=False)  # this one made the sending of its issue pause
    at: Mapped[datetime]
