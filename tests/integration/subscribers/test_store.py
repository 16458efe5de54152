from datetime import timedelta

from sqlalchemy import Engine, select, text, update

from subscribers.address import parse_address
from subscribers.consent import Event
from subscribers.roster import everybody, export_people, list_people, person
from subscribers.store import (
    Standing,
    add,
    audience_select,
    find,
    is_suppressed,
    record,
    suppress,
    unsubscribe,
    unsuppress,
)
from subscribers.subscription import Refusal, SubscriptionState
from subscribers.tables import ConsentRow, SubscriptionRow
from tests.builders.people import KEYS, NEWSLETTER, NOW, a_subscriber, hash_of
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

LATER = NOW + timedelta(hours=1)


def added(
    engine: Engine, typed: str, event: Event = Event.ADDED, newsletter: str = NEWSLETTER
) -> Standing | Refusal:
    address = parse_address(typed)
    with engine.begin() as connection:
        return add(
            connection,
            address,
            KEYS.address_hash(address.key),
            newsletter=newsletter,
            language="en",
            event=event,
            evidence={"by": "operator"},
            now=LATER,
        )


def test_the_audience_is_who_is_subscribed_and_neither_paused_nor_suppressed(engine: Engine) -> None:
    with engine.begin() as connection:
        ada = a_subscriber(connection, "Ada@example.org", language="de")
        for status in ("pending", "unsubscribed", "suppressed"):
            a_subscriber(connection, f"{status}@example.org", status=status)
        a_subscriber(connection, "elsewhere@example.org", newsletter="other")
        resting, back = (
            a_subscriber(connection, "resting@example.org"),
            a_subscriber(connection, "back@example.org"),
        )
        for who, until in ((resting, LATER), (back, NOW)):
            connection.execute(
                update(SubscriptionRow).where(SubscriptionRow.id == who.subscription_id).values(paused_until=until)
            )
        a_subscriber(connection, "only-here@example.org")
        suppress(connection, hash_of("only-here@example.org"), reason="complaint", newsletter=NEWSLETTER, now=NOW)
        a_subscriber(connection, "only-there@example.org")
        suppress(connection, hash_of("only-there@example.org"), reason="complaint", newsletter="other", now=NOW)
        rows = connection.execute(audience_select(NEWSLETTER, NOW)).all()
    assert rows[0] == (ada.subscription_id, "Ada@example.org", "de")
    assert {row.address for row in rows} == {"Ada@example.org", "back@example.org", "only-there@example.org"}


def test_a_person_is_one_in_whatever_way_the_address_is_written(engine: Engine) -> None:
    first = added(engine, "Info@Bücher.example")
    assert isinstance(first, Standing)
    assert first.state is SubscriptionState.SUBSCRIBED
    assert added(engine, "INFO@xn--bcher-kva.example") == Refusal("is there already")
    second = added(engine, "info@bücher.EXAMPLE", newsletter="other")
    assert isinstance(second, Standing)
    assert second.subscriber_id == first.subscriber_id
    assert second.address == "Info@Bücher.example"


def test_every_change_leaves_a_line_in_the_history_and_refusals_leave_none(engine: Engine) -> None:
    with engine.begin() as connection:
        a_subscriber(connection, status="pending")
        standing = find(connection, "ada@example.org", NEWSLETTER)
        assert standing is not None
        confirmed = record(connection, standing, Event.CONFIRMED, {"ip": "192.0.2.7"}, LATER)
        assert isinstance(confirmed, Standing)
        assert (confirmed.state, confirmed.since) == (SubscriptionState.SUBSCRIBED, LATER)
        assert unsubscribe(connection, "ada@example.org", NEWSLETTER, {"by": "one-click"}, LATER)
        assert unsubscribe(connection, "ada@example.org", NEWSLETTER, {"by": "one-click"}, LATER)
        assert not unsubscribe(connection, "eve@example.org", NEWSLETTER, {}, LATER)
    assert isinstance(added(engine, "ada@example.org"), Refusal)
    with engine.begin() as connection:
        found = person(connection, "ada@example.org", hash_of("ada@example.org"))
        assert found is not None
        ((listed, history),) = found.subscriptions
        assert listed.status == "unsubscribed"
        assert [line.event for line in history] == ["requested", "confirmed", "unsubscribed"]
        assert history[1].evidence == {"ip": "192.0.2.7"}
        assert history[1].at == LATER
        assert connection.execute(select(ConsentRow.evidence).where(ConsentRow.event == "unsubscribed")).one() == (
            {"by": "one-click"},
        )


def test_a_request_sets_nobody_back_and_asks_again_who_had_left(engine: Engine) -> None:
    with engine.begin() as connection:
        a_subscriber(connection, "here@example.org")
        a_subscriber(connection, "gone@example.org", status="unsubscribed")
    here, gone = (
        added(engine, "here@example.org", Event.REQUESTED),
        added(engine, "gone@example.org", Event.REQUESTED),
    )
    assert isinstance(here, Standing)
    assert isinstance(gone, Standing)
    assert (here.state, here.since) == (SubscriptionState.SUBSCRIBED, NOW)
    assert (gone.state, gone.since) == (SubscriptionState.PENDING, LATER)


def test_a_suppressed_address_is_taken_by_nothing_until_it_is_lifted(engine: Engine) -> None:
    digest = hash_of("ada@example.org")
    with engine.begin() as connection:
        assert suppress(connection, digest, reason="complaint", now=NOW, newsletter=NEWSLETTER)
        assert not suppress(connection, digest, reason="by-hand", now=NOW, newsletter=NEWSLETTER)
        assert is_suppressed(connection, digest, NEWSLETTER)
        assert not is_suppressed(connection, digest, "other")
        only_a_hash = person(connection, "ada@example.org", digest)
    assert only_a_hash is not None
    assert only_a_hash.subscriptions == ()
    assert [one.reason for one in only_a_hash.suppressions] == ["complaint"]
    assert isinstance(added(engine, "ADA@example.org"), Refusal)
    assert isinstance(added(engine, "ada@example.org", newsletter="other"), Standing)
    with engine.begin() as connection:
        assert unsuppress(connection, digest, NEWSLETTER)
        assert not unsuppress(connection, digest, NEWSLETTER)
    assert isinstance(added(engine, "ada@example.org"), Standing)


def test_lists_come_in_pages_that_miss_nobody(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(7):
            status = ("subscribed", "pending", "suppressed")[number % 3]
            a_subscriber(connection, f"p{number}@example.org", status=status)
        first = list_people(connection, limit=3)
        second = list_people(connection, limit=3, after=first[-1].subscription_id)
        assert [line.address for line in first + second] == [f"p{number}@example.org" for number in range(6)]
        assert len(list(everybody(connection))) == 7
        assert {line.status for line in everybody(connection)} == {"subscribed", "pending", "suppressed"}
        assert len(list(everybody(connection, status="subscribed"))) == 3
        assert len(list(everybody(connection, status="suppressed"))) == 2
        assert list(everybody(connection, newsletter="other")) == []
        (exported, *_) = export_people(connection)
        assert (exported.subscribed_at, exported.confirmed_at, exported.ip) == (
            NOW.isoformat(),
            NOW.isoformat(),
            "192.0.2.1",
        )


def test_the_audience_is_found_through_indexes(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return
    with engine.begin() as connection:
        query = audience_select(NEWSLETTER, NOW).compile(engine, compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert not any(detail.startswith("SCAN") for detail in plan), plan
