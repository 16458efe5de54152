"""Exports of other systems in one table: how each is recognised, what its columns mean, who has left.

Law: where two columns say different things of a person, the one that lets us write less counts; a value that is
not in the table is no consent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Status(StrEnum):
    """What a row says of its person, in ascending order of how little may be sent."""

    SUBSCRIBED = "subscribed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    NEVER = "never"  # an address that is known but was never subscribed: it is not taken over


RANK: Final = {status: rank for rank, status in enumerate(Status)}
S = Status
_Values = Mapping[str, Status]

EVIDENCE: Final = (
    "subscribed_at",
    "confirmed_at",
    "source",
    "ip",
    "confirmed_ip",
    "left_at",
    "reason",
    "form_url",
    "their_id",
    "their_status",
)
"""Names under which columns are kept word for word in a person's history."""
MEANINGS: Final = ("email", "language", "newsletter", "since", "paused_until", "details", *EVIDENCE)
"""What a column can be; ``details`` holds JSON in which a language may stand."""


@dataclass(frozen=True, slots=True)
class System:
    """One system's export. Column names are as ``column_name`` writes them, values in lower case."""

    name: str
    marks: tuple[frozenset[str], ...]  # recognised when all columns of one of these are there
    columns: Mapping[str, str]  # to one of MEANINGS; earlier ones win
    statuses: Mapping[str, _Values] = field(default_factory=dict)  # by column
    otherwise: Mapping[str, Status] = field(default_factory=dict)  # other values of that column; else rejected
    departures: Mapping[str, Status] = field(default_factory=dict)  # columns that are filled for who has left
    file_names: Mapping[str, Status] = field(default_factory=dict)  # exports come in several files


_YES: Final = ("true", "t", "yes", "1")
_EMAILS: Final = {"email": "email", "e_mail": "email", "email_address": "email", "e_mail_address": "email"}

_NO: Final = ("false", "f", "no", "0")
_LEFT_AT: Final = (
    "unsubscribed_at",
    "unsubscribed_on",
    "unsubscribed_date",
    "unsubscribe_date",
    "unsubscribe_time",
    "date_unsubscribed",
    "opted_out_at",
    "opt_out_date",
)
OURS: Final = System(
    "",
    (),
    {
        **_EMAILS,
        **{name: name for name in MEANINGS if name != "details"},
        **dict.fromkeys(_LEFT_AT, "left_at"),
    },
    statuses={
        "status": {status.value: status for status in Status if status is not S.NEVER} | {"": S.SUBSCRIBED},
        "subscribed": dict.fromkeys(_NO, S.UNSUBSCRIBED),
        "subscribed_to_emails": dict.fromkeys(_NO, S.UNSUBSCRIBED),
        "unsubscribed": dict.fromkeys(("", *_NO), S.SUBSCRIBED),
    },
    otherwise={
        "subscribed": S.SUBSCRIBED,
        "subscribed_to_emails": S.SUBSCRIBED,
        "unsubscribed": S.UNSUBSCRIBED,  # a date, or any other way to say yes
    },
    departures={
        **dict.fromkeys(_LEFT_AT, S.UNSUBSCRIBED),
        **dict.fromkeys(("bounced_at", "complained_at"), S.SUPPRESSED),
    },
)
"""A file as cli.md describes it; also what is assumed of a file that no other row recognises.

Its ways to say that somebody has left hold in every file, so that no goodbye is overlooked.
"""

SYSTEMS: Final = (
    System(
        "Mailchimp",
        tuple(
            frozenset({name})
            for name in ("optin_time", "confirm_time", "leid", "euid", "member_rating", "unsub_time", "clean_time")
        ),
        {
            **_EMAILS,
            "optin_time": "subscribed_at",
            "optin_ip": "ip",
            "confirm_time": "confirmed_at",
            "confirm_ip": "confirmed_ip",
            "unsub_time": "left_at",
            "clean_time": "left_at",
            "unsub_reason": "reason",
            "euid": "their_id",
            "leid": "their_id",
            "source": "source",
            "language": "language",
        },
        statuses={
            name: {
                "": S.SUBSCRIBED,
                "subscribed": S.SUBSCRIBED,
                "pending": S.PENDING,
                "unsubscribed": S.UNSUBSCRIBED,
                "cleaned": S.SUPPRESSED,
                "archived": S.UNSUBSCRIBED,
                "transactional": S.NEVER,
                "nonsubscribed": S.NEVER,
                "non_subscribed": S.NEVER,
            }
            for name in ("status", "email_marketing_status", "subscription_status", "member_status")
        },
        departures={"unsub_time": S.UNSUBSCRIBED, "clean_time": S.SUPPRESSED},
        file_names={
            "nonsubscribed": S.NEVER,
            "non_subscribed": S.NEVER,
            "unsubscribed": S.UNSUBSCRIBED,
            "cleaned": S.SUPPRESSED,
            "archived": S.UNSUBSCRIBED,
        },
    ),
    System(
        "listmonk",
        (frozenset({"uuid", "email", "status"}), frozenset({"email", "attributes", "status"})),
        {
            **_EMAILS,
            "created_at": "subscribed_at",
            "subscription_created_at": "subscribed_at",
            "optin_ip": "ip",
            "uuid": "their_id",
            "language": "language",
            "attributes": "details",
            "attribs": "details",
        },
        statuses={
            "status": {"enabled": S.SUBSCRIBED, "disabled": S.UNSUBSCRIBED, "blocklisted": S.SUPPRESSED}
            | {"blacklisted": S.SUPPRESSED},
            **{
                name: {
                    "": S.SUBSCRIBED,
                    "confirmed": S.SUBSCRIBED,
                    "unconfirmed": S.PENDING,
                    "unsubscribed": S.UNSUBSCRIBED,
                    "single": S.SUBSCRIBED,  # the list asks for no second step
                    "double": S.SUBSCRIBED,  # says what the list asks, not what the person did
                }
                for name in ("subscription_status", "optin_status", "opt_in_status", "optin")
            },
        },
    ),
    System(
        "Buttondown",
        (
            frozenset({"subscriber_type"}),
            frozenset({"creation_date", "type"}),
            frozenset({"creation_date", "metadata"}),
            frozenset({"creation_date", "tags"}),
        ),
        {
            **_EMAILS,
            "creation_date": "subscribed_at",
            "ip_address": "ip",
            "source": "source",
            "utm_source": "source",
            "referrer_url": "form_url",
            "unsubscription_date": "left_at",
            "unsubscription_reason": "reason",
            "id": "their_id",
            "language": "language",
            "metadata": "details",
        },
        statuses={
            name: {
                "": S.SUBSCRIBED,
                **dict.fromkeys(("regular", "premium", "gifted", "trialed", "past_due", "churning"), S.SUBSCRIBED),
                **dict.fromkeys(("unactivated", "unpaid", "churned", "upcoming"), S.PENDING),
                **dict.fromkeys(("unsubscribed", "removed", "disabled", "paused"), S.UNSUBSCRIBED),
                **dict.fromkeys(("complained", "undeliverable", "blocked", "spammy", "malformed"), S.SUPPRESSED),
            }
            for name in ("subscriber_type", "type")
        },
        departures={"unsubscription_date": S.UNSUBSCRIBED},
        file_names={"unsubscribers": S.UNSUBSCRIBED, "unsubscribed": S.UNSUBSCRIBED},
    ),
    System(
        "Substack",
        (
            frozenset({"active_subscription"}),
            frozenset({"email_disabled"}),
            frozenset({"stripe_customer_id"}),
            frozenset({"stripe_plan"}),
            frozenset({"subscription_type"}),
            frozenset({"first_payment_at"}),
            frozenset({"start_date", "type"}),
        ),
        {
            **_EMAILS,
            "created_at": "subscribed_at",
            "start_date": "subscribed_at",
            "subscription_date": "subscribed_at",
            "free_signup_date": "subscribed_at",
            "source": "source",
            "subscription_source": "source",
            "subscription_source_free": "source",
            "free_source": "source",
            "unsubscribed_at": "left_at",
            "language": "language",
        },
        statuses={
            "email_disabled": dict.fromkeys(_YES, S.UNSUBSCRIBED),
            **{
                name: {"unsubscribed": S.UNSUBSCRIBED, "none": S.NEVER, "follower": S.NEVER}
                for name in ("subscription_type", "type")
            },
        },
        otherwise=dict.fromkeys(("email_disabled", "subscription_type", "type"), S.SUBSCRIBED),
        file_names={"unsubscribed": S.UNSUBSCRIBED},
    ),
    System(
        "Mailman 3",
        tuple(frozenset({name}) for name in ("delivery_status", "delivery_mode", "moderation_action")),
        {
            **_EMAILS,
            "address": "email",
            "subscriber": "email",
            "member": "email",
            "subscribed_on": "subscribed_at",
            "subscription_date": "subscribed_at",
            "preferred_language": "language",
            "language": "language",
            "member_id": "their_id",
        },
        statuses={
            "delivery_status": {
                "": S.SUBSCRIBED,
                "enabled": S.SUBSCRIBED,
                "by_user": S.UNSUBSCRIBED,  # asked to get no mail
                "by_moderator": S.UNSUBSCRIBED,
                "unknown": S.UNSUBSCRIBED,
                "by_bounces": S.SUPPRESSED,
            },
            "role": {"": S.SUBSCRIBED, "member": S.SUBSCRIBED},
        },
        otherwise={"role": S.NEVER},  # owners, moderators and non-members have not subscribed
    ),
    System(
        "TinyLetter",
        tuple(
            frozenset({name})
            for name in (
                "date_subscribed",
                "subscribe_date",
                "subscribed_date",
                "subscribed_on",
                "subscription_date",
                "date_joined",
                "signup_date",
            )
        ),
        {
            **_EMAILS,
            "subscriber": "email",
            **dict.fromkeys(
                (
                    "subscribed_at",
                    "date_subscribed",
                    "subscribe_date",
                    "subscribed_date",
                    "subscribed_on",
                    "subscription_date",
                    "date_joined",
                    "signup_date",
                ),
                "subscribed_at",
            ),
            "confirmed_at": "confirmed_at",
            "ip": "ip",
            "ip_address": "ip",
            "source": "source",
            "language": "language",
            "unsubscribed_at": "left_at",
            "date_unsubscribed": "left_at",
        },
        statuses={
            "status": {
                "": S.SUBSCRIBED,
                "active": S.SUBSCRIBED,
                "subscribed": S.SUBSCRIBED,
                "confirmed": S.SUBSCRIBED,
                "pending": S.PENDING,
                "unconfirmed": S.PENDING,
                "unsubscribed": S.UNSUBSCRIBED,
                "removed": S.UNSUBSCRIBED,
                "bounced": S.SUPPRESSED,
                "cleaned": S.SUPPRESSED,
            }
        },
        file_names={"unsubscribed": S.UNSUBSCRIBED},
    ),
)
"""In the order in which they are looked for: the one with the most particular columns first."""

ROSTER: Final = System("a roster", (), {"email": "email"})
"""One address a line: what ``list_members`` of Mailman 2, ``mailman members`` and Postorius write."""

MAILMAN_2: Final = System("Mailman 2", (), {})
MAILMAN_2_STATUS: Final[Mapping[int, Status]] = MappingProxyType(
    {0: S.SUBSCRIBED, 1: S.UNSUBSCRIBED, 2: S.UNSUBSCRIBED, 3: S.UNSUBSCRIBED, 4: S.SUPPRESSED}
)
"""``delivery_status`` in its dump: on, off for an unknown reason, by the member, by an admin, by bounces."""


def status_columns(system: System) -> tuple[Mapping[str, _Values], Mapping[str, Status], Mapping[str, Status]]:
    """(statuses, otherwise, departures) of an export: the system's own, and what holds in every file."""
    own = system.statuses
    general = {name: values for name, values in OURS.statuses.items() if name not in own}
    otherwise = {name: status for name, status in OURS.otherwise.items() if name not in own}
    return {**own, **general}, {**system.otherwise, **otherwise}, {**OURS.departures, **system.departures}


def column_name(cell: str) -> str:
    """A header cell as the table writes it: "Email Address" is ``email_address``."""
    return re.sub(r"[^\w]+", "_", cell.strip().lower()).strip("_")


def recognise(names: list[str]) -> System:
    """The system whose export has such columns, else OURS."""
    there = set(names)
    if {"history", "since", "newsletter"} <= there:  # our own export
        return OURS
    return next((one for one in SYSTEMS if any(marks <= there for marks in one.marks)), OURS)


def status_by_name(system: System, file_name: str) -> Status:
    """What the name of the file says of all its people: "unsubscribed_members_export_1.csv"."""
    words = re.split(r"[^a-z]+", file_name.lower().replace("non_subscribed", "nonsubscribed"))
    return next((status for word, status in system.file_names.items() if word in words), S.SUBSCRIBED)
