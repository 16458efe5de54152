"""The policy: who is suppressed, who is counted, who is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.policy import ACTIONS, CLEAN, Action, Rules, Streak, decide, pause_reason

START = datetime(2024, 6, 3, 10, 0, tzinfo=UTC)
SOFT = Bounce(kind=Kind.SOFT, reason=Reason.MAILBOX_FULL)


def softs(days: list[int], *, rules: Rules | None = None) -> list[Action]:
    streak, actions = CLEAN, []
    for number, day in enumerate(days):
        decision = decide(
            SOFT,
            matched=True,
            issue=f"issue-{number}",
            at=START + timedelta(days=day),
            streak=streak,
            rules=rules or Rules(),
        )
        streak = decision.streak
        actions.append(decision.action)
    return actions


def test_every_kind_has_an_action() -> None:
    assert set(ACTIONS) == set(Kind)


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        (Kind.HARD, Action.SUPPRESS),
        (Kind.COMPLAINT, Action.SUPPRESS),
        (Kind.POLICY, Action.TELL_OPERATOR),
        (Kind.AUTO_REPLY, Action.NOTHING),
        (Kind.UNRECOGNISED, Action.NOTHING),
        (Kind.SUCCESS, Action.FORGET),
        (Kind.SOFT, Action.COUNT),
    ],
)
def test_the_table_is_applied(kind: Kind, action: Action) -> None:
    assert decide(Bounce(kind=kind), matched=True, issue="12", at=START).action is action


@pytest.mark.parametrize("reason", [Reason.AUTH_FAILURE, Reason.VIRUS_DETECTED])
def test_a_machines_report_about_the_mail_costs_nobody_the_subscription(reason: Reason) -> None:
    report = Bounce(kind=Kind.COMPLAINT, reason=reason)
    assert decide(report, matched=True, issue="12", at=START).action is Action.TELL_OPERATOR


@given(st.sampled_from(list(Kind)))
def test_a_claim_about_no_delivery_of_ours_changes_nothing(kind: Kind) -> None:
    remembered = Streak(("11",), START)
    decision = decide(Bounce(kind=kind), matched=False, issue="", at=START, streak=remembered)
    assert (decision.action, decision.streak) == (Action.NOTHING, remembered)


def test_five_issues_over_fourteen_days_suppress() -> None:
    assert softs([0, 4, 8, 12, 14]) == [Action.COUNT] * 4 + [Action.SUPPRESS]


def test_five_issues_in_one_week_do_not_suppress_yet() -> None:
    assert softs([0, 1, 2, 3, 4, 5]) == [Action.COUNT] * 6
    assert softs([0, 1, 2, 3, 4, 15])[-1] is Action.SUPPRESS


def test_one_issue_counts_once_however_often_it_comes_back() -> None:
    streak = CLEAN
    for day in range(30):
        decision = decide(SOFT, matched=True, issue="12", at=START + timedelta(days=day), streak=streak)
        streak = decision.streak
        assert decision.action is Action.COUNT
    assert streak.issues == ("12",)


def test_a_success_forgets_the_streak() -> None:
    streak = Streak(("1", "2", "3", "4"), START)
    after = decide(Bounce(kind=Kind.SUCCESS), matched=True, issue="5", at=START, streak=streak).streak
    late = decide(SOFT, matched=True, issue="6", at=START + timedelta(days=40), streak=after)
    assert late.action is Action.COUNT
    assert late.streak.issues == ("6",)


def test_a_policy_bounce_leaves_the_streak_as_it_was() -> None:
    streak = Streak(("1",), START)
    assert decide(Bounce(kind=Kind.POLICY), matched=True, issue="2", at=START, streak=streak).streak == streak


def test_settings_can_change_the_table() -> None:
    rules = Rules(actions={Kind.HARD: Action.COUNT}, soft_limit=1, soft_span=timedelta(0))
    decision = decide(Bounce(kind=Kind.HARD), matched=True, issue="1", at=START, rules=rules)
    assert decision.action is Action.SUPPRESS
    assert decide(Bounce(kind=Kind.SOFT), matched=True, issue="1", at=START, rules=rules).action is Action.NOTHING


def test_a_suppression_says_why() -> None:
    bounce = Bounce(kind=Kind.HARD, reason=Reason.USER_UNKNOWN, enhanced_code="5.1.1")
    assert decide(bounce, matched=True, issue="1", at=START).why == "hard userunknown 5.1.1"


@pytest.mark.parametrize(
    ("accepted", "bounced", "complained", "pauses"),
    [
        (0, 0, 0, False),
        (1000, 50, 1, False),
        (1000, 51, 0, True),
        (20, 5, 0, False),
        (100, 10, 0, True),
        (2000, 0, 2, False),
        (2000, 0, 3, True),
        (10, 0, 1, False),
    ],
)
def test_the_breaker_opens_above_its_rates(accepted: int, bounced: int, complained: int, pauses: bool) -> None:
    assert bool(pause_reason(accepted=accepted, bounced=bounced, complained=complained)) is pauses
