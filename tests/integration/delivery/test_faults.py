"""What a server does wrong, stage by stage, and what the ledger says afterwards. In lock step and pipelined."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, Outcome, StopSignal
from mailer.newsletter import OnUnknown
from mailer.store.states import SendingState
from mailer.store.tables import DeliveryRow, IssueRow
from subscribers.tables import SuppressionRow
from tests.builders.delivery import a_database, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, FaultServer, Script, fault_server
from tests.support.waiting import one_of_three

MODES = pytest.mark.parametrize("pipelining", [False, True], ids=["lock-step", "pipelined"])
PEOPLE = 12
SILENCE = Fault(until=lambda: False)


def send(engine: Engine, issue_id: int, server: FaultServer, **changes: Any) -> Outcome:
    settings: dict[str, Any] = {"smtp": some_smtp(server.port, connections=2), **changes}
    return asyncio.run(deliver(a_sending(engine, issue_id, server.port, **settings), stop=StopSignal()))


def only_for(stage: str, person: str, fault: Fault) -> Script:
    def script(at: str, count: int, argument: str) -> Fault | None:
        return fault if at == stage and person in argument else None

    return script


def at_count(stage: str, which: int, fault: Fault) -> Script:
    def script(at: str, count: int, argument: str) -> Fault | None:
        return fault if at == stage and count == which else None

    return script


@dataclass(frozen=True)
class Case:
    name: str
    script: Script
    states: dict[str, int]
    doubles: int = 0
    unwanted: int = 0  # bodies that came complete without being accepted
    silent: bool = False  # the server says nothing: the sender gives up soon


CASES = [
    Case(
        "no such mailbox at RCPT",
        only_for("RCPT", "person3@", Fault("550 5.1.1 no such user")),
        {"accepted": 11, "refused": 1},
    ),
    Case(
        "mailbox busy at RCPT",
        only_for("RCPT", "person3@", Fault("450 4.2.0 try later")),
        {"accepted": 11, "deferred": 1},
    ),
    Case(
        "421 at MAIL",
        at_count("MAIL", 4, Fault("421 4.3.2 closing", drop_after=True)),
        {"accepted": 11, "deferred": 1},
    ),
    Case("421 at MAIL, left open", at_count("MAIL", 4, Fault("421 too busy")), {"accepted": 11, "deferred": 1}),
    Case("451 at MAIL", at_count("MAIL", 4, Fault("451 4.3.0 not now")), {"accepted": 11, "deferred": 1}),
    Case(
        "421 at RCPT",
        at_count("RCPT", 4, Fault("421 4.3.2 closing", drop_after=True)),
        {"accepted": 11, "deferred": 1},
    ),
    Case(
        "421 at DATA",
        at_count("DATA", 4, Fault("421 4.3.2 closing", drop_after=True)),
        {"accepted": 11, "deferred": 1},
    ),
    Case("421 at DATA, left open", at_count("DATA", 4, Fault("421 too busy")), {"accepted": 11, "deferred": 1}),
    Case("451 at DATA", at_count("DATA", 4, Fault("451 4.3.0 not now")), {"accepted": 11, "deferred": 1}),
    Case("554 at DATA", at_count("DATA", 4, Fault("554 5.6.0 not this")), {"accepted": 11, "refused": 1}),
    Case(
        "421 to the message",
        at_count("BODY", 4, Fault("421 4.3.2 closing", drop_after=True)),
        {"accepted": 11, "deferred": 1},
    ),
    Case("452 to the message", at_count("BODY", 4, Fault("452 4.3.1 disk full")), {"accepted": 11, "deferred": 1}),
    Case("554 to the message", at_count("BODY", 4, Fault("554 5.6.0 not this")), {"accepted": 11, "refused": 1}),
    Case("dropped at MAIL", at_count("MAIL", 4, Fault(drop=True)), {"accepted": 12}),
    Case("dropped at RCPT", at_count("RCPT", 4, Fault(drop=True)), {"accepted": 12}),
    Case("dropped at DATA", at_count("DATA", 4, Fault(drop=True)), {"accepted": 12}),
    Case("dropped in the middle of a body", at_count("MIDDLE", 4, Fault(drop=True)), {"accepted": 12}),
    Case("dropped after the final dot", at_count("BODY", 4, Fault(drop=True)), {"accepted": 12}, unwanted=1),
    Case("accepted, then dropped", at_count("BODY", 4, Fault(drop_after=True)), {"accepted": 12}),
    Case("half a reply to MAIL", at_count("MAIL", 4, Fault(half=6)), {"accepted": 12}),
    Case("half a reply to RCPT", at_count("RCPT", 4, Fault(half=2)), {"accepted": 12}),
    Case("half a reply to DATA", at_count("DATA", 4, Fault(half=5)), {"accepted": 12}),
    Case("half a reply to the message", at_count("BODY", 4, Fault(half=9)), {"accepted": 12}, unwanted=1),
    Case("a reply in two parts at RCPT", at_count("RCPT", 4, Fault(split_seconds=0.05)), {"accepted": 12}),
    Case("a reply in two parts to the message", at_count("BODY", 4, Fault(split_seconds=0.05)), {"accepted": 12}),
    Case(
        "a reply of several lines at RCPT",
        only_for("RCPT", "person3@", Fault("550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user")),
        {"accepted": 11, "refused": 1},
    ),
    Case("a late answer to the final dot", at_count("BODY", 4, Fault(delay_seconds=0.2)), {"accepted": 12}),
    Case(
        "no answer to the final dot in time",
        at_count("BODY", 4, SILENCE),
        {"accepted": 12},
        unwanted=1,
        silent=True,
    ),
    Case("no answer to MAIL in time", at_count("MAIL", 4, SILENCE), {"accepted": 12}, silent=True),
    Case("nonsense instead of a reply", at_count("RCPT", 4, Fault("what do you want?")), {"accepted": 12}),
    Case(
        "the connection refused once",
        at_count("CONNECT", 2, Fault("421 4.7.0 too many connections")),
        {"accepted": 12},
    ),
    Case(
        "refused at RCPT, yet DATA is taken",
        only_for("RCPT", "person3@", Fault("550 5.1.1 no such user")),
        {"accepted": 11, "refused": 1},
    ),
]


@MODES
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_every_person_is_accounted_for(case: Case, pipelining: bool, tmp_path: Path) -> None:
    def trial(attempt: int) -> str:
        folder = tmp_path / str(attempt)
        folder.mkdir()
        engine = a_database(folder)
        issue_id = a_planned_issue(engine, PEOPLE)
        with fault_server(case.script, pipelining=pipelining) as server:
            send(engine, issue_id, server, **hurried(server, case.silent))
        people = server.recipients()
        more = [
            len(people) - len(set(people)) - case.doubles,
            len(server.complete) - len(people) - case.unwanted - PEOPLE + case.states["accepted"],
        ]
        if case.silent and max(more) > 0:
            return f"{more}: the machine stalled for longer than the sender's patience, so others were late too"
        assert states_of(engine, issue_id) == case.states
        assert len(set(people)) == case.states["accepted"]
        assert max(more) <= 0
        assert server.order_faults == []
        return ""

    one_of_three(trial)


def hurried(server: FaultServer, silent: bool) -> dict[str, Any]:
    """A sender that gives up soon, for a server that will not answer."""
    if not silent:
        return {}
    return {
        "smtp": some_smtp(server.port, timeout_seconds=0.7, connections=2),
        "final_timeout_seconds": 0.7,
    }


@MODES
@pytest.mark.parametrize(
    ("stage", "fault"),
    [("BODY", Fault(drop=True)), ("BODY", Fault(half=7)), ("MIDDLE", Fault(drop=True))],
    ids=["dropped", "half a reply", "dropped in the middle"],
)
def test_with_hold_a_message_without_an_answer_is_never_sent_again(
    stage: str, fault: Fault, pipelining: bool, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    with fault_server(at_count(stage, 4, fault), pipelining=pipelining) as server:
        outcome = send(engine, issue_id, server, on_unknown=OnUnknown.HOLD)
        again = send(engine, issue_id, server, on_unknown=OnUnknown.HOLD)
    assert states_of(engine, issue_id) == {"accepted": 11, "unknown": 1}
    assert outcome.left == again.left == 1
    assert len(server.complete) == len(set(server.complete))


@MODES
def test_a_message_that_never_gets_an_answer_is_sent_twice_and_then_waits(
    pipelining: bool, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    with fault_server(only_for("BODY", "person3@", Fault(drop=True)), pipelining=pipelining) as server:
        outcome = send(engine, issue_id, server)
    assert states_of(engine, issue_id) == {"accepted": 11, "unknown": 1}
    assert server.complete.count("person3@example.org") == 2
    assert outcome.ending is Ending.LATER
    assert outcome.due_at is not None


@MODES
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "BODY"])
@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        ("550 5.7.26 unauthenticated mail is not accepted", "SPF and DKIM"),
        ("550 5.7.515 access denied, sending domain does not pass DMARC", "DMARC"),
        ("421 4.7.30 DKIM did not pass", "DKIM"),
        ("550 5.7.1 relaying denied", "Mend"),
    ],
)
def test_a_fault_of_the_sender_pauses_the_sending_and_touches_nobody(
    stage: str, reply: str, hint: str, pipelining: bool, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    healed: list[bool] = []

    def script(at: str, count: int, argument: str) -> Fault | None:
        return Fault(reply) if at == stage and count >= 3 and not healed else None

    with fault_server(script, pipelining=pipelining) as server:
        outcome = send(engine, issue_id, server)
        assert outcome.ending is Ending.PAUSED
        with engine.begin() as connection:
            issue = connection.execute(select(IssueRow.state, IssueRow.reason)).one()
            assert issue.state == SendingState.PAUSED
            assert reply[4:20] in issue.reason
            assert hint in issue.reason
            assert connection.execute(select(SuppressionRow.id)).all() == []
            assert connection.execute(select(DeliveryRow.id).where(DeliveryRow.state == "refused")).all() == []
            connection.execute(IssueRow.__table__.update().values(state="sending"))  # type: ignore[attr-defined]
        healed.append(True)
        send(engine, issue_id, server)
    assert states_of(engine, issue_id) == {"accepted": PEOPLE}
    assert len(server.recipients()) == PEOPLE


@MODES
def test_a_dead_address_is_suppressed_with_the_server_s_words(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    script = only_for("RCPT", "person3@", Fault("550 5.1.1 no such user here"))
    with fault_server(script, pipelining=pipelining) as server:
        send(engine, issue_id, server)
    with engine.connect() as connection:
        row = connection.execute(select(SuppressionRow)).one()
        assert (row.address_hash, row.newsletter, row.reason) == ("hash3", "", "hard-bounce")
        assert "no such user here" in row.detail
        refused = connection.execute(select(DeliveryRow).where(DeliveryRow.state == "refused")).one()
        assert (refused.code, refused.enhanced_code, refused.attempts) == (550, "5.1.1", 1)
        assert refused.reply == "550 5.1.1 no such user here"


@MODES
def test_a_full_mailbox_or_a_plain_550_suppresses_nobody(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    replies = {"person3@": "552 5.2.2 over quota", "person4@": "550 mailbox unavailable"}

    def script(at: str, count: int, argument: str) -> Fault | None:
        found = [reply for person, reply in replies.items() if person in argument]
        return Fault(found[0]) if at == "RCPT" and found else None

    with fault_server(script, pipelining=pipelining) as server:
        send(engine, issue_id, server)
    assert states_of(engine, issue_id) == {"accepted": 10, "refused": 2}
    with engine.connect() as connection:
        assert connection.execute(select(SuppressionRow.id)).all() == []


@MODES
def test_a_server_that_always_breaks_off_ends_the_sending_with_a_sentence(
    pipelining: bool, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 3)

    def script(at: str, count: int, argument: str) -> Fault | None:
        return Fault(drop=True) if at == "MAIL" else None

    with (
        fault_server(script, pipelining=pipelining) as server,
        pytest.raises(Exception, match="breaking") as raised,
    ):
        send(engine, issue_id, server, patience_seconds=0.2)
    assert "ServerError" in [kind.__name__ for kind in type(raised.value).__mro__]
    assert server.recipients() == []
    assert set(states_of(engine, issue_id)) <= {"queued", "deferred"}
    assert sum(states_of(engine, issue_id).values()) == 3
