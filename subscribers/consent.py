"""What can happen to a subscription, and the evidence that is kept of it. The consent table holds nothing else.

No clock and no database here. Evidence is kept as JSON under the names of ``Evidence``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypedDict


class Event(StrEnum):
    """One line in a person's history. Those that change the state stand in ``subscribers.subscription``."""

    REQUESTED = "requested"  # the form was sent in
    CONFIRMED = "confirmed"  # the button behind the mailed link was pressed
    ADDED = "added"  # an operator put the person in and answers for it
    IMPORTED = "imported"  # a row of a file, which says that the person had agreed elsewhere
    IMPORTED_PENDING = "imported-pending"  # a row of a file whose person has not agreed yet
    IMPORTED_UNSUBSCRIBED = "imported-unsubscribed"  # a row of a file that remembers a goodbye
    UNSUBSCRIBED = "unsubscribed"  # by the person, or by an operator for the person
    RESUBSCRIBED = "resubscribed"  # the goodbye was undone
    EXPIRED = "expired"  # never confirmed
    SUPPRESSED = "suppressed"  # bounces, a complaint, by hand
    UNSUPPRESSED = "unsuppressed"
    LANGUAGE_CHANGED = "language-changed"
    WAITING_CHOSEN = "waiting-chosen"  # for issues in the person's language, or not any more: see ``after``
    PAUSED = "paused"
    RESUMED = "resumed"
    ADDRESS_CHANGED = "address-changed"
    DATA_GIVEN = "data-given"  # the person took a copy of everything


class Evidence(TypedDict, total=False):
    """What is written down beside an event; each event uses what applies."""

    by: str  # "form", "link", "one-click", "operator", or the command that did it
    wording: str  # the exact text that was shown
    wording_version: str
    form_url: str
    ip: str  # as the newsletter's settings allow: whole, shortened or empty
    user_agent: str
    request: int  # the consent event that a confirmation answers
    notice_sha256: str  # of the confirmation mail
    issue: str  # the slug that the link came with
    reason: str
    system: str  # an import: whose export it was, …
    file: str  # … the file's name, …
    file_sha256: str  # … what was in it, …
    line: int  # … and where the row began
    source: str  # columns of an imported row, word for word: see subscribers.systems
    subscribed_at: str
    confirmed_at: str
    confirmed_ip: str
    left_at: str
    their_id: str
    their_status: str
    before: str
    after: str
