"""The engine over real sockets and a real SQLite file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, StopSignal
from tests.builders.delivery import a_database, a_planned_issue, a_sending, states_of
from tests.support.smtp_server import smtp_server


def test_everybody_gets_the_message_once_and_the_ledger_says_so(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 50)
    with smtp_server() as server:
        outcome = asyncio.run(deliver(a_sending(engine, issue_id, server.port), stop=StopSignal()))
    assert outcome.ending is Ending.DONE
    assert outcome.sent == 50
    assert states_of(engine, issue_id) == {"accepted": 50}
    assert sorted(server.recipients()) == sorted(f"person{n}@example.org" for n in range(50))
