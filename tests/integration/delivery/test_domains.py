"""A domain's own limits hold for it alone, and one that complains about the volume is left alone for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine, String, cast, literal, update

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, Outcome, StopSignal
from mailer.settings import DomainLimit, Rate
from mailer.store import ledger, pace, workers
from mailer.store.tables import DeliveryRow
from tests.builders.delivery import NOON, a_database, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, FaultServer, fault_server
from tests.support.sender_process import a_sender, ending
from tests.support.waiting import PATIENCE_SECONDS, one_of_three


def an_issue_to_two_domains(engine: Engine, people: int, *, every: int = 2) -> int:
    """Every second person is at big.example."""
    issue_id = a_planned_issue(engine, people)
    with engine.begin() as connection:
        connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id % every == 0)
            .values(address=literal("p") + cast(DeliveryRow.id, String) + "@Big.example")
        )
    return issue_id


def times_of(server: FaultServer, domain: str) -> list[float]:
    return sorted(at for recipient, _, at in server.accepted if recipient.lower().endswith(f"@{domain}"))


def most_in(times: list[float], window: float) -> int:
    return max(sum(1 for at in times if start <= at < start + window - 0.05) for start in times)


def send(
    engine: Engine,
    issue_id: int,
    server: FaultServer,
    domains: Mapping[str, DomainLimit] | None = None,
    rest_seconds: float = 600.0,
) -> Outcome:
    smtp = some_smtp(server.port, domains=domains or {}, connections=4)
    sending = a_sending(engine, issue_id, server.port, smtp=smtp, rest_seconds=rest_seconds)
    return asyncio.run(asyncio.wait_for(deliver(sending, stop=StopSignal()), PATIENCE_SECONDS))


def test_a_domains_rate_holds_and_the_others_do_not_wait(tmp_path: Path) -> None:
    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        issue_id = an_issue_to_two_domains(engine, 160)
        with fault_server() as server:
            outcome = send(engine, issue_id, server, domains={"big.example": DomainLimit((Rate(40, 1),))})
        assert outcome.ending is Ending.DONE
        assert states_of(engine, issue_id) == {"accepted": 160}
        big, others = times_of(server, "big.example"), times_of(server, "example.org")
        assert (len(big), len(others)) == (80, 80)
        waited = sum(at < others[-1] for at in big)
        # a machine that stalled lets what was sent in time arrive at once
        return "" if most_in(big, 1.0) <= 40 and waited < 40 else f"{most_in(big, 1.0)} at most, {waited} before"

    one_of_three(trial)


def a_database_in(folder: Path, attempt: int) -> Engine:
    path = folder / str(attempt)
    path.mkdir()
    return a_database(path)


def test_a_domains_rate_holds_over_processes(tmp_path: Path) -> None:
    limit = Rate(40, 1)

    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        a_planned_issue(engine, 120)

        def both_there(stage: str, count: int, argument: str) -> Fault | None:
            return Fault(until=lambda: server.connections >= 2) if stage == "CONNECT" else None

        with (
            fault_server(both_there) as server,
            a_sender(str(engine.url), server.port, domain="example.org", domain_rate=limit) as one,
            a_sender(str(engine.url), server.port, domain="example.org", domain_rate=limit) as other,
        ):
            sent = [ending(sender)[1] for sender in (one, other)]
        assert sum(sent) == 120
        most = most_in(times_of(server, "example.org"), 1.0)
        # a machine that stalled: see above
        return "" if most <= 40 and min(sent) else f"{most} at most, of {sent}"

    one_of_three(trial)


def test_no_more_messages_than_allowed_are_on_their_way_to_a_domain_at_once(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = an_issue_to_two_domains(engine, 40)
    under_way: list[int] = [0, 0]

    def script(stage: str, count: int, argument: str) -> Fault | None:
        if "big.example" in argument.lower():
            under_way[0] += {"RCPT": 1, "BODY": -1}.get(stage, 0)
            under_way[1] = max(under_way)
            return Fault(delay_seconds=0.01)
        return None

    with fault_server(script) as server:
        send(engine, issue_id, server, domains={"big.example": DomainLimit(connections=1)})
    assert states_of(engine, issue_id) == {"accepted": 40}
    assert under_way[1] == 1


def test_a_domain_that_complains_rests_and_comes_back_slowly_and_nobody_is_lost(tmp_path: Path) -> None:
    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        issue_id = an_issue_to_two_domains(engine, 60)
        told: list[str] = []

        def script(stage: str, count: int, argument: str) -> Fault | None:
            if stage == "BODY" and "big.example" in argument.lower() and len(told) == 0:
                told.append(argument)
                return Fault("421 4.7.28 unusual rate of mail from you", drop_after=True)
            return Fault(delay_seconds=0.005) if stage == "BODY" else None

        with fault_server(script) as server:
            outcome = send(engine, issue_id, server, rest_seconds=1.5)
        big, others = times_of(server, "big.example"), times_of(server, "example.org")
        assert (len(big), len(others)) == (29, 30)
        assert outcome.ending is Ending.LATER
        assert states_of(engine, issue_id) == {"accepted": 59, "deferred": 1}
        # two moments that a machine reads late may lie nearer or farther than they are
        rested = max([*(later - earlier for earlier, later in pairwise(big)), big[0] - others[0]])
        took = others[-1] - others[0]
        return "" if rested > 1.2 and took < 1.0 else f"rested {rested:.1f} s, the others took {took:.1f} s"

    one_of_three(trial)


def test_a_rest_holds_for_the_next_process_too(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = an_issue_to_two_domains(engine, 20)
    with fault_server() as server:
        sending = a_sending(engine, issue_id, server.port, rest_seconds=1.5)
        began = time.monotonic()
        with engine.begin() as connection:
            pace.rest(connection, "domain:big.example", int((sending.now().timestamp() + 1.5) * 1e6))
        asyncio.run(deliver(sending, stop=StopSignal()))
    assert states_of(engine, issue_id) == {"accepted": 20}
    assert times_of(server, "big.example")[0] - began > 1.4, "two clocks differ by less than a tenth of a second"
    assert [name.lower().endswith("@big.example") for name in server.recipients()] == [False] * 10 + [True] * 10


def test_a_clock_that_was_set_back_does_not_make_a_rest_last_for_ever(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = an_issue_to_two_domains(engine, 6)
    with fault_server() as server:
        sending = a_sending(engine, issue_id, server.port, rest_seconds=0.5)
        with engine.begin() as connection:
            pace.rest(connection, "domain:big.example", int((sending.now().timestamp() + 86400) * 1e6))
        asyncio.run(asyncio.wait_for(deliver(sending, stop=StopSignal()), PATIENCE_SECONDS))
    assert states_of(engine, issue_id) == {"accepted": 6}


def test_rows_are_leased_for_some_domains_or_without_them(database: Engine) -> None:
    issue_id = an_issue_to_two_domains(database, 10)
    big = frozenset({"big.example"})
    with database.begin() as connection:
        connection.execute(update(DeliveryRow).where(DeliveryRow.id == 4).values(address="x@example.org"))
        worker = workers.register(connection, NOON, issue_id)
        mine = ledger.lease(connection, issue_id, worker, 3, NOON, only=big)
        rest = ledger.lease(connection, issue_id, worker, 100, NOON, without=big)
    assert [row.delivery_id for row in mine] == [2, 6, 8]
    assert [row.delivery_id for row in rest] == [1, 3, 4, 5, 7, 9]
