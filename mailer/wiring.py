"""The only place that builds real adapters from settings: keys, links, return paths, signers, the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine

from mailer.bounce.return_path import ReturnPaths
from mailer.configuration import parse_rate
from mailer.configuration.dkim_keys import signer_of
from mailer.delivery.model import Sending
from mailer.errors import DatabaseError
from mailer.flows.composing import Composer, Links
from mailer.flows.journaling import journal_of, note_begun, note_if_finished
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain
from mailer.render.message import MessageTemplate, compile_message
from mailer.render.model import RenderedEdition
from mailer.render.tongue import date_in_words
from mailer.resources import template_folders
from mailer.settings import HookSettings, Rate, Settings
from mailer.store import schedule
from mailer.store.archive import slug_of_issue
from mailer.store.database import reading
from mailer.store.editions import StoredEdition, StoredIssue, editions_of, find_issue
from mailer.store.erasing import forget_person
from mailer.store.journal import Journal
from subscribers.tokens import TokenKeys

if TYPE_CHECKING:
    from mailer.bounce.webhooks.request import Hook
    from mailer.flows.feedback import Feedback
    from mailer.flows.notice_mail import NoticeDesk
    from mailer.flows.working import Workshop
    from subscribers.web.services import Services


SIGNING_THREADS: Final = 2
"""An RSA signature leaves the interpreter to other threads meanwhile, so that a second core can sign as well."""


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def folders(settings: Settings) -> tuple[Path, ...]:
    """Where templates are looked for: the installation's own first."""
    return template_folders(settings.templates)


def token_keys(settings: Settings) -> TokenKeys:
    return TokenKeys(settings.signing_keys)


def people_services(settings: Settings, engine: Engine) -> Services:
    """What the subscribers' own pages are given."""
    from subscribers.web.services import Publication, Services  # brings Flask, which commands can do without

    publications = {
        key: Publication(key, newsletter.name, newsletter.languages, newsletter.base_url)
        for key, newsletter in settings.newsletters.items()
    }

    def slug_of(issue_id: int) -> str:
        with reading(engine) as connection:
            return slug_of_issue(connection, issue_id)

    return Services(
        engine=engine,
        newsletters=publications,
        keys=token_keys(settings),
        now=now,
        forget=forget_person,
        slug_of=slug_of,
        date_in_words=lambda moment, language: date_in_words(moment.date(), language),
        rules=settings.subscribe,
    )


def links(settings: Settings) -> Links:
    return Links(settings.base_url, token_keys(settings))


def return_paths(settings: Settings, newsletter: Newsletter) -> ReturnPaths:
    return ReturnPaths(settings.signing_keys, bounce_domain(newsletter))


def journal(settings: Settings, engine: Engine) -> Journal:
    """The journal that keeps an issue from being sent twice after a restore."""
    return journal_of(engine, settings.folder)


def message_template(
    settings: Settings, newsletter: Newsletter, slug: str, edition: RenderedEdition
) -> MessageTemplate:
    """An edition as bytes, ready for its people."""
    return compile_message(edition, newsletter, slug, signer=signer_of(settings, newsletter))


def sending(
    settings: Settings,
    engine: Engine,
    newsletter: Newsletter,
    issue: StoredIssue,
    editions: Sequence[StoredEdition],
    *,
    rates: tuple[Rate, ...] | None = None,
    connections: int | None = None,
) -> Sending:
    """The engine's work for one issue, from its frozen editions; the journal knows of it before it begins."""
    templates = {
        edition.id: message_template(settings, newsletter, issue.slug, edition.rendered) for edition in editions
    }

    def load(edition_id: int) -> MessageTemplate:
        with reading(engine) as connection:
            late = next(edition for edition in editions_of(connection, issue.id) if edition.id == edition_id)
        return message_template(settings, newsletter, issue.slug, late.rendered)

    compose = Composer(
        newsletter, issue.slug, issue.id, templates, links(settings), return_paths(settings, newsletter), now, load
    )
    note_begun(journal(settings, engine), engine, issue, editions, now())
    return Sending(
        database=engine,
        issue_id=issue.id,
        smtp=settings.smtp,
        compose=compose,
        on_unknown=newsletter.on_unknown,
        rates=rates,
        connections=connections,
        composers=_composers(settings, newsletter),
        now=now,
    )


def _composers(settings: Settings, newsletter: Newsletter) -> int:
    """Threads that sign ahead. An Ed25519 signature alone takes less time than handing it to one."""
    found = signer_of(settings, newsletter)
    return SIGNING_THREADS if found and any(key.is_rsa for key in found.keys) else 0


def sending_again(settings: Settings, engine: Engine, newsletter_key: str, slug: str) -> Sending:
    """The engine's work for an issue that stands in the database, known by its names, as ``send`` was told."""
    newsletter = settings.newsletters[newsletter_key]
    with reading(engine) as connection:
        issue = find_issue(connection, newsletter_key, slug)
        if issue is None:
            raise DatabaseError(f"the issue {slug!r} is not in the database any more.")
        editions = editions_of(connection, issue.id)
        said, connections = schedule.limits_of(connection, issue.id)
    rates = tuple(parse_rate(rate) for rate in said.split(", ")) if said else None
    return sending(settings, engine, newsletter, issue, editions, rates=rates, connections=connections)


def notice_desk(settings: Settings, engine: Engine) -> NoticeDesk:
    """What sends the notices of this installation."""
    from mailer.flows.notice_mail import NoticeDesk

    return NoticeDesk(
        engine=engine,
        smtp=settings.smtp,
        base_url=settings.base_url,
        keys=token_keys(settings),
        newsletters=settings.newsletters,
        return_paths=lambda newsletter: return_paths(settings, newsletter),
        signer=lambda newsletter: signer_of(settings, newsletter),
        template_folders=folders(settings),
        now=now,
    )


def workshop(settings: Settings, engine: Engine, *, tell: Callable[[str], None], concurrency: int = 1) -> Workshop:
    """What the worker needs; ``tell`` gets its sentences for people."""
    from mailer.flows.receiving import Reception
    from mailer.flows.working import Chore, Workshop

    reception = Reception(feedback(settings, engine), settings.bounces, tell)
    return Workshop(
        engine=engine,
        notices=notice_desk(settings, engine),
        newsletters=settings.newsletters,
        sending=lambda newsletter, slug: sending_again(settings, engine, newsletter, slug),
        keep_pending=settings.subscribe.keep_pending,
        concurrency=concurrency,
        chores=[Chore(name, seconds, do) for name, seconds, do in reception.chores()],
        services=list(reception.services()),
        finished=partial(_note_finished, settings, engine),
        say=tell,
    )


def _note_finished(settings: Settings, engine: Engine, newsletter_key: str, slug: str) -> None:
    """Let the journal know when nothing is left of an issue that the worker sent."""
    with reading(engine) as connection:
        issue = find_issue(connection, newsletter_key, slug)
        editions = editions_of(connection, issue.id) if issue is not None else []
    if issue is not None:
        note_if_finished(journal(settings, engine), engine, issue, editions, now())


def feedback(settings: Settings, engine: Engine, *, rehearse: bool = False) -> Feedback:
    """Takes what comes back to this installation; with ``rehearse`` nothing is kept."""
    from mailer.flows.feedback import Feedback

    return Feedback(
        engine,
        settings.newsletters,
        ReturnPaths(settings.signing_keys, "localhost"),  # it only reads: the domain is not looked at
        token_keys(settings),
        settings.bounces.rules,
        now,
        rehearse=rehearse,
    )


def hooks(settings: Settings, certificates: Callable[[str], bytes] | None = None) -> dict[str, Hook]:
    """The webhooks that are configured, by provider. ``certificates`` fetches those of Amazon SNS."""
    return {name: _hook(name, hook, certificates) for name, hook in settings.hooks.items()}


def _hook(name: str, hook: HookSettings, certificates: Callable[[str], bytes] | None) -> Hook:
    # Imported here: they bring http and x509 along, which sending an issue does not need.
    from mailer.bounce.webhooks.generic import GenericHook
    from mailer.bounce.webhooks.mailgun import MailgunHook
    from mailer.bounce.webhooks.postmark import PostmarkHook
    from mailer.bounce.webhooks.sendgrid import SendgridHook
    from mailer.bounce.webhooks.sns import SnsHook
    from mailer.intake.amazon import Certificates

    match name:
        case "sns":
            return SnsHook(frozenset(hook.topics), certificates or Certificates())
        case "mailgun":
            return MailgunHook(hook.secrets[0])
        case "sendgrid":
            return SendgridHook(hook.public_key)
        case "postmark":
            return PostmarkHook(hook.secrets[0])
        case "generic":
            return GenericHook(hook.secrets)
    raise AssertionError(f"settings know no provider {name!r}")
