"""What comes back, on real databases: who is suppressed, what is counted and stored, what changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.policy import Action, Rules
from mailer.bounce.return_path import ReturnPaths
from mailer.errors import DatabaseError
from mailer.flows.matching import Proof
from mailer.store import bounces
from mailer.store.database import open_database
from mailer.store.erasing import forget_person
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import IssueRow
from subscribers.address import parse_address
from subscribers.consent import Event
from subscribers.store import free
from subscribers.tables import ConsentRow, OutboxRow, SubscriptionRow
from tests.builders.bounces import TOKEN, a_dsn, a_feedback_report, an_auto_reply
from tests.builders.feedback import (
    NEWS,
    Office,
    a_complaint,
    a_hard_bounce,
    a_soft_bounce,
    came_to,
)
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

ADA, BEN, EVE = "ada@example.org", "ben@example.org", "eve@example.org"


@pytest.fixture
def office(engine: Engine) -> Office:
    """Two people who got the issue of May."""
    office = Office(engine)
    office.people(ADA, BEN)
    office.send()
    return office


def test_a_dead_address_is_suppressed_and_the_others_are_not(office: Office) -> None:
    outcome = office.feedback.take_mail(a_hard_bounce(office, ADA))
    assert outcome.is_understood
    assert [(one.bounce.kind, one.match.proof, one.action) for one in outcome.taken] == [
        (Kind.HARD, Proof.RETURN_PATH, Action.SUPPRESS)
    ]
    assert office.suppressed() == {ADA: "hard-bounce"}
    assert office.stored() == [("mail", "hard", "return-path", "suppress")]
    assert office.raws() == 1


def test_the_next_issue_skips_a_dead_address(office: Office) -> None:
    office.feedback.take_mail(a_hard_bounce(office, ADA))
    office.later(days=30)
    office.send("june")
    assert office.delivery(BEN, "june")
    with pytest.raises(Exception, match="No row"):
        office.delivery(ADA, "june")


def test_the_persons_history_tells_why(office: Office) -> None:
    office.feedback.take_mail(a_hard_bounce(office, ADA))
    with office.engine.connect() as connection:
        said = connection.execute(
            select(ConsentRow.evidence).where(ConsentRow.event == Event.SUPPRESSED.value)
        ).scalar_one()
    assert said == {"by": "bounce", "reason": "hard-bounce: hard userunknown 5.1.1", "issue": "may"}


def test_a_complaint_with_a_hidden_address_is_recognised_by_its_return_path(office: Office) -> None:
    outcome = office.feedback.take_mail(a_complaint(office, BEN))
    assert outcome.taken[0].bounce.recipient == ""
    assert office.suppressed() == {BEN: "complaint"}


def test_a_replay_changes_nothing_even_after_the_person_was_freed(office: Office) -> None:
    raw = a_hard_bounce(office, ADA)
    office.feedback.take_mail(raw)
    office.later(hours=1)
    with office.engine.begin() as connection:
        key = parse_address(ADA).key
        digest = office.tokens.address_hash(key)
        assert free(connection, key, digest, reason="she wrote", now=office.now)
    again = office.feedback.take_mail(raw)
    by_another_way = office.feedback.take_mail(
        b"Received: from relay.example by mx.example; Mon, 4 May 2026 09:00:00 +0000\r\n"
        + raw.replace(b"\n", b"\r\n")
    )
    assert [one.fresh for one in (*again.taken, *by_another_way.taken)] == [False, False]
    assert office.suppressed() == {}
    assert len(office.stored()) == office.raws() == 1


@pytest.mark.parametrize("spoil", ["nonsense", "short", "another key", "one letter"])
def test_a_forged_token_changes_nothing_whoever_the_report_names(office: Office, spoil: str) -> None:
    real = office.return_path(ADA)
    forged = {
        "nonsense": f"bounce+{'a' * 32}@news.example",
        "short": "bounce+1890@news.example",
        "another key": ReturnPaths([b"another secret of its own"], "news.example").make(office.delivery(ADA)[0]),
        "one letter": real[:20] + ("b" if real[20] != "b" else "c") + real[21:],
    }[spoil]
    raw = came_to(a_dsn(recipient=ADA, returned=office.returned(ADA)), forged)
    outcome = office.feedback.take_mail(raw)
    assert outcome.taken[0].match.delivered is None
    assert office.suppressed() == {}
    assert office.stored() == [("mail", "hard", "", "nothing")]


def test_a_token_of_a_delivery_that_never_was_changes_nothing(office: Office) -> None:
    raw = came_to(a_dsn(recipient=ADA), office.return_paths.make(987_654))
    assert office.feedback.take_mail(raw).taken[0].match.delivered is None
    assert office.suppressed() == {}


def test_without_a_token_the_message_id_of_the_returned_mail_tells(office: Office) -> None:
    raw = came_to(a_dsn(recipient=ADA, returned=office.returned(ADA)), "bounces@news.example")
    assert office.feedback.take_mail(raw).taken[0].match.proof is Proof.MESSAGE_ID
    assert office.suppressed() == {ADA: "hard-bounce"}


def test_a_bounce_from_where_mail_was_forwarded_to_is_about_the_subscriber(office: Office) -> None:
    raw = came_to(a_dsn(recipient="elsewhere@other.example", returned=office.returned(ADA)), "b@news.example")
    office.feedback.take_mail(raw)
    assert office.suppressed() == {ADA: "hard-bounce"}


def test_the_message_id_of_another_person_is_no_proof(office: Office) -> None:
    """Somebody sends back their own copy in another's name, about another's older issue."""
    office.later(days=20)
    returned = office.returned(BEN).replace(BEN, ADA)
    raw = came_to(a_dsn(recipient=ADA, returned=returned), "bounces@news.example")
    assert office.feedback.take_mail(raw).taken[0].match.delivered is None
    assert office.suppressed() == {}


def test_the_unsubscribe_link_of_the_returned_mail_tells(office: Office) -> None:
    delivery_id, subscription_id = office.delivery(BEN)
    with office.engine.connect() as connection:
        about = bounces.delivery(connection, delivery_id)
    assert about is not None
    link = office.tokens.unsubscribe(subscription_id, about.issue_id)
    header = f"List-Unsubscribe: <https://news.example/unsubscribe/{link}>\n"
    returned = office.returned(BEN, extra=header).replace("Message-ID", "X-Message-ID")
    raw = a_feedback_report(to="redacted")
    begin = raw.index(b"Content-Type: message/rfc822")
    raw = raw[:begin] + f"Content-Type: message/rfc822\n\n{returned.replace(BEN, 'redacted')}\n--=_f--\n".encode()
    outcome = office.feedback.take_mail(came_to(raw, "abuse@news.example"))
    assert outcome.taken[0].match.proof is Proof.LINK
    assert office.suppressed() == {BEN: "complaint"}


def test_fields_alone_only_count_and_for_mail_of_the_last_days_only(office: Office) -> None:
    raw = came_to(a_dsn(recipient=ADA), "bounces@news.example")
    office.later(days=11)
    assert office.feedback.take_mail(raw).taken[0].match.delivered is None
    office.later(days=-8)
    (taken,) = office.feedback.take_mail(raw.replace(b"could not be delivered", b"was not delivered")).taken
    assert (taken.match.proof, taken.action) == (Proof.FIELDS, Action.COUNT)
    assert office.suppressed() == {}
    office.feedback.take_mail(a_hard_bounce(office, ADA))
    assert office.suppressed() == {ADA: "hard-bounce"}


def test_dead_by_fields_alone_for_five_issues_in_a_row_suppresses(office: Office) -> None:
    office.later(days=30)
    actions = []
    for number in range(5):
        office.send(f"issue-{number}")
        office.later(days=1)
        raw = a_dsn(recipient=ADA, text=f"Issue {number} was not delivered.")
        actions.append(office.feedback.take_mail(came_to(raw, "bounces@news.example")).taken[0].action)
        office.later(days=6)
    assert actions == [Action.COUNT] * 4 + [Action.SUPPRESS]


def test_fields_alone_never_speak_of_people_who_got_nothing(office: Office) -> None:
    office.people(EVE)
    office.feedback.take_mail(came_to(a_dsn(recipient=EVE), "bounces@news.example"))
    assert office.suppressed() == {}
    assert office.stored() == [("mail", "hard", "", "nothing")]


def test_an_operator_may_believe_fields_alone(engine: Engine) -> None:
    office = Office(engine, Rules(believe_reports=True))
    office.people(ADA)
    office.send()
    office.feedback.take_mail(came_to(a_dsn(recipient=ADA), "bounces@news.example"))
    assert office.suppressed() == {ADA: "hard-bounce"}


def test_the_envelopes_recipient_is_enough(office: Office) -> None:
    raw = came_to(a_dsn(recipient="somebody@inside.example"), "postmaster@news.example")
    office.feedback.take_mail(raw, (office.return_path(ADA),))
    assert office.suppressed() == {ADA: "hard-bounce"}


def test_who_changed_the_address_is_not_suppressed_at_the_new_one(office: Office) -> None:
    raw = a_hard_bounce(office, ADA)
    office.move_to(ADA, "ada@new.example")
    office.feedback.take_mail(raw)
    assert office.suppressed() == {}


def five_issues(office: Office, comes_back: Callable[[int], bool], *, days: float = 7) -> list[Action]:
    """Five more issues, of which some come back softly the day after."""
    actions = []
    for number in range(5):
        slug = f"issue-{number}"
        office.send(slug)
        office.later(days=1)
        if comes_back(number):
            actions.append(office.feedback.take_mail(a_soft_bounce(office, ADA, slug)).taken[0].action)
        office.later(days=days - 1)
    return actions


def test_five_soft_bounces_in_a_row_over_two_weeks_suppress(office: Office) -> None:
    office.later(days=30)
    assert five_issues(office, lambda _: True) == [Action.COUNT] * 4 + [Action.SUPPRESS]
    assert office.suppressed() == {ADA: "soft-bounces"}


def test_five_soft_bounces_within_days_do_not_suppress(office: Office) -> None:
    office.later(days=30)
    assert five_issues(office, lambda _: True, days=2) == [Action.COUNT] * 5
    assert office.suppressed() == {}


def test_an_issue_that_arrived_makes_the_count_begin_anew(office: Office) -> None:
    office.later(days=30)
    assert five_issues(office, lambda number: number != 2) == [Action.COUNT] * 4
    assert five_more(office) == [Action.COUNT] * 2 + [Action.SUPPRESS]


def five_more(office: Office) -> list[Action]:
    actions = []
    for number in range(3):
        office.send(f"more-{number}")
        office.later(days=1)
        actions.append(office.feedback.take_mail(a_soft_bounce(office, ADA, f"more-{number}")).taken[0].action)
        office.later(days=6)
    return actions


def test_a_report_of_success_makes_the_count_begin_anew(office: Office) -> None:
    office.later(days=30)
    five_issues(office, lambda number: number < 4)
    success = a_dsn(recipient=ADA, action="delivered", status="2.0.0", diagnostic="smtp; 250 2.0.0 ok")
    office.feedback.take_mail(came_to(success, office.return_path(ADA, "issue-4")))
    office.send("after")
    assert office.feedback.take_mail(a_soft_bounce(office, ADA, "after")).taken[0].action is Action.COUNT
    assert office.suppressed() == {}


def test_one_issue_counts_once_however_many_notices_come(office: Office) -> None:
    for number in range(8):
        office.later(days=4)
        raw = a_soft_bounce(office, ADA).replace(b"was not delivered", f"was not delivered, {number}".encode())
        assert office.feedback.take_mail(raw).taken[0].action is Action.COUNT
    assert office.suppressed() == {}
    assert len(office.stored()) == 8


def test_freed_by_hand_the_count_begins_anew(office: Office) -> None:
    office.later(days=30)
    five_issues(office, lambda _: True)
    key = parse_address(ADA).key
    with office.engine.begin() as connection:
        free(connection, key, office.tokens.address_hash(key), reason="emptied", now=office.now)
    office.send("after")
    assert office.feedback.take_mail(a_soft_bounce(office, ADA, "after")).taken[0].action is Action.COUNT


def test_refusals_at_smtp_time_count_with_what_comes_back_later(office: Office) -> None:
    office.later(days=30)
    for number in range(5):
        full = number % 2 == 0
        state = DeliveryState.REFUSED if full else DeliveryState.ACCEPTED
        office.send(f"issue-{number}", state=state, code=552, enhanced_code="5.2.2", reply="5.2.2 mailbox full")
        office.later(days=1)
        if full:
            office.feedback.settle_refusals()
            office.feedback.settle_refusals()
        else:
            for person in (ADA, BEN):
                office.feedback.take_mail(a_soft_bounce(office, person, f"issue-{number}"))
        office.later(days=5)
    assert office.suppressed() == {ADA: "soft-bounces", BEN: "soft-bounces"}
    assert {row[0] for row in office.stored()} == {"smtp", "mail"}
    assert len(office.stored()) == 10


def test_a_refusal_in_plain_words_suppresses_too(office: Office) -> None:
    office.people(EVE)
    office.send("june", state=DeliveryState.REFUSED, code=550, reply="No such user here")
    assert len(office.feedback.settle_refusals().taken) == 3
    assert office.suppressed() == dict.fromkeys((ADA, BEN, EVE), "hard-bounce")


def test_the_senders_fault_never_costs_a_person_the_subscription(office: Office) -> None:
    raw = a_dsn(recipient=ADA, status="5.7.26", diagnostic="smtp; 550 5.7.26 Unauthenticated mail is not accepted")
    outcome = office.feedback.take_mail(came_to(raw, office.return_path(ADA)))
    assert (outcome.taken[0].action, outcome.paused) == (Action.TELL_OPERATOR, ())
    assert office.suppressed() == {}


def test_the_senders_fault_pauses_an_issue_in_flight(engine: Engine) -> None:
    office = Office(engine)
    office.people(*(f"p{n}@example.org" for n in range(20)))
    office.send(sending=SendingState.SENDING)
    raw = a_dsn(recipient="p3@example.org", status="5.7.26", diagnostic="smtp; 550 5.7.26 no DKIM")
    outcome = office.feedback.take_mail(came_to(raw, office.return_path("p3@example.org")))
    state, reason = office.issue()
    assert state == "paused"
    assert "1 receiving server blames the sender" in reason
    assert outcome.paused[0].endswith("Go on with: mailer resume may")


def test_too_many_bounces_pause_an_issue_in_flight_and_a_resumed_one_is_judged_anew(engine: Engine) -> None:
    office = Office(engine)
    office.people(*(f"p{n}@example.org" for n in range(200)))
    office.send(sending=SendingState.SENDING)
    paused: list[str] = []
    for n in range(11):
        assert not paused
        paused += office.feedback.take_mail(a_hard_bounce(office, f"p{n}@example.org")).paused
    assert "11 of 200 mails came back (limit 5%)" in paused[0]
    assert office.issue()[0] == "paused"
    with engine.begin() as connection:
        connection.execute(update(IssueRow).values(state="sending", reason=""))
    office.later(minutes=5)
    assert not office.feedback.take_mail(a_hard_bounce(office, "p12@example.org")).paused
    assert office.issue()[0] == "sending"


def test_complaints_pause_an_issue_in_flight(engine: Engine) -> None:
    office = Office(engine)
    office.people(*(f"p{n}@example.org" for n in range(50)))
    office.send(sending=SendingState.SENDING)
    assert not office.feedback.take_mail(a_complaint(office, "p0@example.org")).paused
    assert (
        "2 of 50 people complained" in office.feedback.take_mail(a_complaint(office, "p1@example.org")).paused[0]
    )


def test_an_issue_that_is_finished_is_not_paused(engine: Engine) -> None:
    office = Office(engine)
    office.people(*(f"p{n}@example.org" for n in range(50)))
    office.send()
    for n in range(12):
        assert not office.feedback.take_mail(a_hard_bounce(office, f"p{n}@example.org")).paused
    assert office.issue()[0] == "finished"


@pytest.mark.parametrize("raw", [an_auto_reply(headers="Auto-Submitted: auto-replied\n"), b"From: x@y.z\n\nhello"])
def test_what_is_no_bounce_leaves_no_trace(office: Office, raw: bytes) -> None:
    outcome = office.feedback.take_mail(came_to(raw, office.return_path(ADA)))
    assert not outcome.is_understood
    assert (office.stored(), office.raws(), office.suppressed()) == ([], 0, {})


def test_a_rehearsal_keeps_nothing(engine: Engine) -> None:
    office = Office(engine, rehearse=True)
    office.people(ADA)
    office.send()
    assert office.feedback.take_mail(a_hard_bounce(office, ADA)).taken[0].action is Action.SUPPRESS
    assert (office.stored(), office.raws(), office.suppressed()) == ([], 0, {})


def test_a_dead_address_of_a_notice_is_suppressed(office: Office) -> None:
    office.people(EVE)
    with office.engine.begin() as connection:
        subscription_id = (
            connection.execute(select(SubscriptionRow.id).order_by(SubscriptionRow.id.desc())).scalars().first()
        )
        outbox_id = connection.execute(
            insert(OutboxRow).returning(OutboxRow.id),
            {
                "kind": "confirm",
                "subscription_id": subscription_id,
                "address": EVE,
                "newsletter": NEWS.key,
                "language": "en",
                "payload": {},
                "created_at": office.now,
                "next_attempt_at": office.now,
                "attempts": 1,
                "error": "",
            },
        ).scalar_one()
    office.feedback.take_mail(came_to(a_dsn(recipient=EVE), office.return_paths.make_notice(outbox_id)))
    assert office.suppressed() == {EVE: "hard-bounce"}


def test_a_request_is_taken_once_and_its_events_too(office: Office) -> None:
    event = Bounce(Kind.HARD, ADA, "5.1.1", 550, Reason.USER_UNKNOWN, "no", reader="generic", event_id="e1")
    other = Bounce(Kind.COMPLAINT, BEN, reason=Reason.FEEDBACK, reader="generic", event_id="e2")
    first = office.feedback.take_request("generic", "r1", b"{}", [event])
    assert first is not None
    assert office.feedback.take_request("generic", "r1", b"{}", [other]) is None
    assert office.suppressed() == {ADA: "hard-bounce"}
    again = office.feedback.take_request("generic", "r2", b"{ }", [event, other])
    assert again is not None
    assert [one.fresh for one in again.taken] == [False, True]
    assert len(office.stored()) == 2


def test_raw_mail_is_kept_for_ninety_days_and_what_it_said_stays(office: Office) -> None:
    office.feedback.take_mail(a_hard_bounce(office, ADA))
    office.feedback.take_mail(came_to(a_dsn(recipient="nobody@example.net"), "bounces@news.example"))
    office.later(days=89)
    office.feedback.keep_house()
    assert (office.raws(), len(office.stored())) == (2, 2)
    office.later(days=2)
    office.feedback.keep_house()
    assert (office.raws(), office.stored()) == (0, [("mail", "hard", "return-path", "suppress")])


@pytest.mark.parametrize("at_once", [True, False])
def test_nothing_is_kept_of_people_who_were_erased(office: Office, at_once: bool) -> None:
    office.feedback.take_mail(a_hard_bounce(office, ADA))
    office.feedback.take_mail(a_soft_bounce(office, BEN))
    _, subscription_id = office.delivery(ADA)
    with office.engine.begin() as connection:
        if at_once:
            forget_person(connection, [subscription_id], [ADA])
        connection.execute(delete(SubscriptionRow).where(SubscriptionRow.id == subscription_id))
    if not at_once:
        office.feedback.keep_house()
    assert office.raws() == 1
    rows = [(row.recipient, bool(row.diagnostic)) for row in bounces.list_bounces(office.engine)]
    assert rows == [(BEN, True), ("[erased]", False)]


def test_hostile_text_can_be_stored(office: Office) -> None:
    raw = a_dsn(recipient=ADA, diagnostic="smtp; 550 5.1.1 \0 \ud800 nul".encode("utf-8", "replace").decode())
    raw = came_to(raw, office.return_path(ADA)).replace(b"5.1.1 ", b"5.1.1 \x00\xff\xfe ")
    office.feedback.take_mail(raw)
    assert office.suppressed() == {ADA: "hard-bounce"}


def test_a_database_that_is_away_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    office = Office(open_database(f"sqlite:///{tmp_path}/no/such/folder/mailer.db"))
    with pytest.raises(DatabaseError, match="cannot be stored"):
        office.feedback.take_mail(came_to(a_dsn(recipient=ADA), TOKEN))


def test_the_list_goes_page_by_page_and_can_be_narrowed(office: Office) -> None:
    for number in range(5):
        raw = a_soft_bounce(office, ADA).replace(b"was not delivered", f"was late {number}".encode())
        office.feedback.take_mail(raw)
    office.feedback.take_mail(a_hard_bounce(office, BEN))
    rows = list(bounces.list_bounces(office.engine, page_rows=2))
    assert [row.kind for row in rows] == ["hard", *["soft"] * 5]
    assert [row.recipient for row in bounces.list_bounces(office.engine, kind=Kind.HARD)] == [BEN]
    assert list(bounces.list_bounces(office.engine, newsletter="other")) == []
    with office.engine.connect() as connection:
        issue_id = connection.scalar(select(IssueRow.id))
        assert issue_id is not None
        assert bounces.came_back(connection, issue_id) == {"hard": 1, "soft": 1}
