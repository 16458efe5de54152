"""An event that was over before the issue's date, left from another issue.

Items that begin with a date (2024-05-07) under a heading that speaks of events; the day before still counts, and
an event of several days counts by its last one. One warning for an issue names the first and counts the rest.

PASS:
    ---
    title: News of May
    date: 2024-05-08
    ---
    ## Upcoming events

    * 2024-05-07 | Berlin | [Meetup](https://s.example/1)
    * 2024-05-01 - 2024-05-12 | Paris | [Sprint](https://s.example/2)

    ## Releases

    * 2024-04-01: Server 2.0

FAIL:
    ---
    title: News of May
    date: 2024-05-08
    ---
    ## Upcoming events

    * 2024-05-01 | Berlin | [Meetup](https://s.example/1)
    * 2024-05-10 | Paris | [Meetup](https://s.example/2)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Block
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_EVENTS = re.compile(
    r"\b(?:events?|meetups?|conferences?|veranstaltungen|termine|eventos|événements|eventi|encontros)\b",
    re.IGNORECASE,
)
_DATES = re.compile(r"(20\d\d-\d\d-\d\d)(?:\s*(?:-|–|—|to|bis|/)\s*(20\d\d-\d\d-\d\d))?")
_GRACE: Final = timedelta(days=1)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    day = manuscript.issue.date
    if day is None:
        return
    over = [(block, last) for block, last in _events(manuscript) if last < day.date() - _GRACE]
    if over:
        more = f" (and {len(over) - 1} more)" if len(over) > 1 else ""
        message = f"this event was over on {over[0][1]}, the issue's date is {day.date()}{more}"
        yield Finding(manuscript.span(over[0][0])[0], message, "Take out what is over.")


def _events(manuscript: Manuscript) -> Iterator[tuple[Block, date]]:
    """Items of the sections on events and of those below them, with their last day."""
    level = 0  # of the heading on events that we are under
    for section in manuscript.sections:
        heading = section.heading
        if heading is None:
            continue
        if _EVENTS.search(heading.text) and not 0 < level < heading.level:
            level = heading.level
        elif heading.level <= level:
            level = 0
        if not level:
            continue
        for block in section.blocks:
            found = _DATES.match(block.text) if block.lists else None
            if found:
                try:
                    yield block, date.fromisoformat(found[2] or found[1])
                except ValueError:
                    continue


RULE = Rule("past-event", Severity.WARNING, check, __doc__)
