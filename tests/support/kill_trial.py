"""A trial: senders of one issue are killed at statement after statement; the promise is checked each time."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Engine, select

from mailer.store.tables import DeliveryRow
from tests.builders.delivery import states_of
from tests.support.doomed_sender import CONNECTIONS, doomed_senders
from tests.support.fault_server import fault_server


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    kills: int
    doubles: int
    most_in_doubt: int  # rows whose message may or may not have arrived, after one kill


def kill_again_and_again(engine: Engine, issue_id: int, kills: int, *, pipelining: bool, seed: int) -> Trial:
    """Kill so many senders, then let one finish. Raises AssertionError where the promise does not hold."""
    chance = random.Random(seed)
    done = most = 0
    doubted: set[str] = set()
    with fault_server(pipelining=pipelining) as server, doomed_senders() as start:
        while done < kills:
            if states_of(engine, issue_id).get("queued", 0) < 10:
                break
            statement = chance.choice((chance.randint(1, 400), chance.randint(400, 4000)))
            if start(str(engine.url), server.port, issue_id, statement, pipelining) != "killed":
                continue
            done += 1
            in_doubt = _check(engine, set(server.complete), doubted)
            most = max(most, len(in_doubt))
            doubted |= in_doubt  # these are queued again by the next sender
        assert start(str(engine.url), server.port, issue_id, 0, pipelining) == "ended 0"
        received = Counter(server.complete)
    counts = states_of(engine, issue_id)
    people = sum(counts.values())
    assert counts == {"accepted": people}
    assert len(received) == people, "somebody is lost"
    doubles = sum(received.values()) - people
    assert doubles <= done * CONNECTIONS
    return Trial(done, doubles, most)


def _check(engine: Engine, complete: set[str], doubted: set[str]) -> set[str]:
    """Compare the ledger with what the server has; returns whose message may or may not have arrived."""
    with engine.connect() as connection:
        rows = connection.execute(select(DeliveryRow.address, DeliveryRow.state)).all()
    accepted = {row.address for row in rows if row.state == "accepted"}
    in_doubt = {row.address for row in rows if row.state in {"sending", "unknown"}}
    assert accepted <= complete, "the ledger says accepted and the server knows nothing of it"
    forgotten = complete - accepted - in_doubt - doubted
    assert not forgotten, f"the server has it and the ledger does not know: {sorted(forgotten)}"
    assert len(in_doubt) <= CONNECTIONS
    return in_doubt
