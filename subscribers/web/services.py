"""What the pages for people are given: the database, keys, a clock, the newsletters and the operator's rules.

Contract with the app: a view reads ``flask.g.language`` and sets ``flask.g.newsletter``; its template extends
``web/page.html``; nothing here knows how the app is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from subscribers.erasing import Forget
from subscribers.rules import SubscribeRules
from subscribers.tokens import TokenKeys


@dataclass(frozen=True, slots=True)
class Publication:
    """A newsletter as the pages for people know it."""

    key: str  # first part of its addresses
    name: str
    languages: tuple[str, ...]  # lower-case BCP 47; the first is the fallback
    base_url: str  # "https://news.example.org", without a trailing slash


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the pages need of the installation."""

    engine: Engine  # SQLite's write transactions begin at once (BEGIN IMMEDIATE)
    newsletters: Mapping[str, Publication]
    keys: TokenKeys
    now: Callable[[], datetime]  # aware, UTC
    forget: Forget  # other tables that hold addresses
    slug_of: Callable[[int], str]  # the issue that an unsubscribe link came with; "" when it is not known
    date_in_words: Callable[[datetime, str], str]  # in a language
    rules: SubscribeRules = field(default_factory=SubscribeRules)
