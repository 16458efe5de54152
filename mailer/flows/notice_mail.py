"""Composing a notice: what the desk knows of the installation, and the message for one person.

Laws: rendered once for each notice, newsletter and language; the Message-ID is the same on every try.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from mailer.bounce.return_path import ReturnPaths
from mailer.delivery.model import Outgoing, Refused
from mailer.newsletter import Newsletter
from mailer.render.dkim import Signer
from mailer.render.headers import bounce_domain
from mailer.render.message import MessageTemplate, Recipient, compile_notice, message_id
from mailer.render.notice import render_notice
from mailer.render.notice_words import notice_words
from mailer.settings import SmtpSettings
from mailer.store.archive import latest_issues
from mailer.store.database import reading
from subscribers.address import wire_form
from subscribers.outbox import Notice, Waiting
from subscribers.tokens import TokenKeys

LATEST_FOR: Final = timedelta(minutes=5)  # how long the newest issue is remembered


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class NoticeDesk:
    """Everything that sending notices needs of the installation."""

    engine: Engine
    smtp: SmtpSettings
    base_url: str
    keys: TokenKeys
    newsletters: Mapping[str, Newsletter]
    return_paths: Callable[[Newsletter], ReturnPaths]
    signer: Callable[[Newsletter], Signer | None]
    template_folders: Sequence[Path]
    now: Callable[[], datetime] = utc_now
    _templates: dict[tuple[str, str, str, tuple[str, str]], MessageTemplate] = field(default_factory=dict)
    _latest: dict[tuple[str, str], tuple[datetime, tuple[str, str]]] = field(default_factory=dict)

    @property
    def limits_scope(self) -> str:
        """The same limits as the issues': the server counts all mail."""
        return f"smtp:{self.smtp.host}:{self.smtp.port}"


def compose(desk: NoticeDesk, waiting: Waiting) -> Outgoing:
    """The message. Raises Refused, BadRecipient or AddressError when nothing can be sent to that address."""
    newsletter = desk.newsletters[waiting.newsletter]
    address = wire_form(waiting.address)
    subscription_id = waiting.subscription_id
    if subscription_id is None:
        raise Refused("the subscription is gone")
    recipient = Recipient(
        address=address,
        subscription_id=subscription_id,
        message_id=message_id(
            newsletter.key,
            f"notice {waiting.kind.value}",
            f"{waiting.id} {waiting.created_at.isoformat()}",
            bounce_domain(newsletter),
        ),
        unsubscribe_url=f"{desk.base_url}/unsubscribe/{desk.keys.unsubscribe(subscription_id)}",
        preferences_url=f"{desk.base_url}{_action(desk, waiting, subscription_id)}?lang={_spoken(waiting)}",
    )
    pieces = _template(desk, waiting, newsletter).pieces(recipient, desk.now())
    return Outgoing(
        mail_from=desk.return_paths(newsletter).make_notice(waiting.id),
        rcpt_to=address,
        pieces=pieces,
        size_bytes=sum(map(len, pieces)),
        smtputf8=not address.isascii(),
    )


def _action(desk: NoticeDesk, waiting: Waiting, subscription_id: int) -> str:
    """Where the button leads."""
    keys, now = desk.keys, desk.now()
    match waiting.kind:
        case Notice.CONFIRM:
            return f"/confirm/{keys.confirm(subscription_id, int(waiting.payload['request']), now)}"
        case Notice.GOODBYE:
            return f"/unsubscribe/undo/{keys.undo(subscription_id, now)}"
        case Notice.ADDRESS_CHANGE:
            return f"/preferences/address/{keys.address_change(subscription_id, waiting.address, now)}"
        case Notice.WELCOME | Notice.PREFERENCES:
            return f"/preferences/{keys.preferences(subscription_id)}"


def _spoken(waiting: Waiting) -> str:
    """The language of the notice: the page behind its link opens in the same one."""
    return notice_words(waiting.kind.value, waiting.language)[0]


def _template(desk: NoticeDesk, waiting: Waiting, newsletter: Newsletter) -> MessageTemplate:
    """Rendered once for each notice, newsletter and language (and newest issue)."""
    latest = _latest(desk, newsletter, waiting.language) if waiting.kind is Notice.WELCOME else ("", "")
    which = (waiting.kind.value, newsletter.key, waiting.language, latest)
    found = desk._templates.get(which)
    if found is None:
        rendered = render_notice(
            waiting.kind.value,
            newsletter,
            waiting.language,
            latest=latest,
            template_folders=desk.template_folders,
        )
        found = compile_notice(
            rendered.subject,
            rendered.text,
            rendered.html,
            newsletter,
            rendered.language,
            one_click=rendered.one_click,
            signer=desk.signer(newsletter),
        )
        desk._templates[which] = found
    return found


def _latest(desk: NoticeDesk, newsletter: Newsletter, language: str) -> tuple[str, str]:
    """Title and address of the newest issue in the archive, two "" when there is none yet."""
    now = desk.now()
    known = desk._latest.get((newsletter.key, language))
    if known is not None and now - known[0] < LATEST_FOR:
        return known[1]
    with reading(desk.engine) as connection:
        issues = latest_issues(connection, newsletter.key, 1)
    found = ("", "")
    if issues:
        title = issues[0].title_in((language, language.partition("-")[0], newsletter.fallback_language))
        found = (title.subject, newsletter.issue_url(issues[0].slug, title.language))
    desk._latest[newsletter.key, language] = (now, found)
    return found
