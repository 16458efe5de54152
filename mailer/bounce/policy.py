"""What follows from a bounce, as a table: suppress, count, forget, tell the operator, or nothing. No clock here.

Law: a claim about a delivery that never was changes nothing; our own faults never cost a person a subscription.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mailer.bounce.bounce import Bounce, Kind, Reason


class Action(StrEnum):
    """What is done about one bounce."""

    SUPPRESS = "suppress"  # never mailed again, until a person frees the address by hand
    COUNT = "count"  # remember it; enough of them in a row suppress
    FORGET = "forget"  # the address works: the count starts anew
    TELL_OPERATOR = "tell-operator"
    NOTHING = "nothing"


ACTIONS: Final[Mapping[Kind, Action]] = MappingProxyType(
    {
        Kind.HARD: Action.SUPPRESS,
        Kind.COMPLAINT: Action.SUPPRESS,
        Kind.SOFT: Action.COUNT,
        Kind.POLICY: Action.TELL_OPERATOR,
        Kind.SUCCESS: Action.FORGET,
        Kind.AUTO_REPLY: Action.NOTHING,
        Kind.UNRECOGNISED: Action.NOTHING,
    }
)


NOBODY_COMPLAINED: Final = frozenset({Reason.AUTH_FAILURE, Reason.VIRUS_DETECTED})
"""Feedback reports of machines about our mail, not of a person who does not want it: the sender's to mend."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The table with its numbers; settings may replace any of them."""

    actions: Mapping[Kind, Action] = field(default_factory=lambda: ACTIONS)
    soft_limit: int = 5  # issues in a row
    soft_span: timedelta = timedelta(days=14)  # from the first of them to the last, at least
    bounce_rate: float = 0.05  # of an issue's accepted mails, above which its sending pauses
    bounces_at_least: int = 10  # a rate over a handful of mails says nothing
    complaint_rate: float = 0.001
    complaints_at_least: int = 2
    blame_rate: float = 0.01  # of an issue's audience whose servers blame the sender, above which it pauses
    believe_reports: bool = False  # True: also a report that proves nothing, which anybody could write, suppresses


@dataclass(frozen=True, slots=True)
class Streak:
    """Soft bounces of one person since the last success: the issues, oldest first, and when it began."""

    issues: tuple[str, ...] = ()
    since: datetime | None = None  # aware


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and the streak to remember from now on."""

    action: Action
    streak: Streak
    why: str = ""  # for the suppression's record and for a person who asks


DEFAULT_RULES: Final = Rules()
CLEAN: Final = Streak()


def decide(
    bounce: Bounce,
    *,
    matched: bool,
    proven: bool = True,
    issue: str,
    at: datetime,
    streak: Streak = CLEAN,
    rules: Rules = DEFAULT_RULES,
) -> Decision:
    """Apply the table to one bounce of one delivery.

    ``matched``: whether it is about a real delivery of ours; if not, nothing happens. ``proven``: whether token,
    Message-ID or link say so, which a stranger does not know, and not only the fields of the report.
    ``issue`` is the slug of the delivery's issue, ``at`` when the bounce came, ``streak`` what was remembered.
    """
    if not matched:
        return Decision(Action.NOTHING, streak, "it matches no delivery")
    blames_sender = bounce.kind is Kind.COMPLAINT and bounce.reason in NOBODY_COMPLAINED
    action = rules.actions.get(Kind.POLICY if blames_sender else bounce.kind, Action.NOTHING)
    if action is Action.SUPPRESS and not (proven or rules.believe_reports):
        action = Action.COUNT
    if action is Action.FORGET:
        return Decision(action, CLEAN)
    if action is Action.SUPPRESS:
        return Decision(action, CLEAN, _why(bounce))
    if action is Action.COUNT:
        return _counted(issue, at, streak, rules)
    return Decision(action, streak, _why(bounce) if action is Action.TELL_OPERATOR else "")


def _counted(issue: str, at: datetime, streak: Streak, rules: Rules) -> Decision:
    if issue in streak.issues:  # one issue counts once, however often its mail is tried
        return Decision(Action.COUNT, streak)
    since = streak.since or at
    issues = (*streak.issues, issue)
    if len(issues) >= rules.soft_limit and at - since >= rules.soft_span:
        why = f"{len(issues)} issues in a row came back, the first on {since:%Y-%m-%d}"
        return Decision(Action.SUPPRESS, CLEAN, why)
    return Decision(Action.COUNT, Streak(issues, since))


def _why(bounce: Bounce) -> str:
    code = bounce.enhanced_code or (str(bounce.reply_code) if bounce.reply_code else "")
    return " ".join(part for part in (bounce.kind.value, bounce.reason.value, code) if part)


def pause_reason(
    *,
    accepted: int,
    bounced: int,
    complained: int,
    blamed: int = 0,
    audience: int = 0,
    rules: Rules = DEFAULT_RULES,
) -> str:
    """Why the sending of an issue in flight must pause, as a sentence; empty when it may go on.

    ``accepted``: mails of the issue that a server took; ``bounced``, ``complained`` and ``blamed`` (the server
    blames the sender or the mail): people among them. ``audience``: all people of the issue; one server's taste
    in a large audience is no reason to stop, a first refusal of our signature in a small one is.
    """
    if blamed and blamed > rules.blame_rate * audience:
        servers = "server blames" if blamed == 1 else "servers blame"
        return f"{blamed} receiving {servers} the sender or the message; see: mailer bounces list --class policy"
    if accepted <= 0:
        return ""
    if complained >= rules.complaints_at_least and complained / accepted > rules.complaint_rate:
        return f"{complained} of {accepted} people complained (limit {rules.complaint_rate:.1%})"
    if bounced >= rules.bounces_at_least and bounced / accepted > rules.bounce_rate:
        return f"{bounced} of {accepted} mails came back (limit {rules.bounce_rate:.0%})"
    return ""
