import io
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, inspect, select, text

import subscribers.bulk
from subscribers.bulk import ImportResult, import_people
from subscribers.importing import Rejected, examine, read_rows
from subscribers.roster import everybody, export_people, person
from subscribers.store import suppress
from subscribers.subscription import SubscriptionState
from subscribers.tables import ConsentRow, SubscriberRow
from tests.builders.people import KEYS, NEWSLETTER, NOW, a_subscriber, hash_of
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

LATER = NOW + timedelta(days=1)
S = SubscriptionState


def take_over(engine: Engine, data: str, *, rehearse: bool = False) -> tuple[ImportResult, list[Rejected]]:
    stream, rejected = io.BytesIO(data.encode()), list[Rejected]()
    file = examine(stream, "people.csv")
    rows = read_rows(stream, file, newsletter=NEWSLETTER, newsletters={NEWSLETTER: "en", "other": "fr"})
    result = import_people(
        engine, KEYS, file, rows, command="a test", now=LATER, rehearse=rehearse, on_rejected=rejected.append
    )
    outcomes = (result.there, result.twice, result.left, result.suppressed, result.rejected, result.total_imported)
    assert sum(outcomes) == result.rows
    assert result.rejected == len(rejected)
    return result, rejected


def statuses(engine: Engine) -> dict[str, str]:
    with engine.begin() as connection:
        return {line.address: line.status for line in everybody(connection, newsletter=NEWSLETTER)}


def test_imported_people_are_subscribed_and_their_history_names_the_import(engine: Engine) -> None:
    result, _ = take_over(
        engine,
        "email,language,source,ip,subscribed_at\n"
        'Ada@example.org,de,"web ""form"" é","192.0.2.1",2019-05-01 10:00\n'
        "eve@example.org,,,,2099-01-01\n",
    )
    assert result.imported == {S.SUBSCRIBED: 2}
    with engine.begin() as connection:
        ada = person(connection, "ada@example.org", hash_of("ada@example.org"))
        eve = person(connection, "eve@example.org", hash_of("eve@example.org"))
    assert ada is not None
    assert eve is not None
    ((listed, (happened,)),) = ada.subscriptions
    assert (listed.address, listed.language, listed.source) == ("Ada@example.org", "de", 'web "form" é')
    assert listed.since.isoformat() == "2019-05-01T10:00:00+00:00"
    assert (happened.event, happened.at) == ("imported", LATER)
    assert happened.evidence["file"] == "people.csv"
    assert len(happened.evidence["file_sha256"]) == 64
    assert {name: happened.evidence[name] for name in ("line", "by", "ip", "source", "subscribed_at")} == {
        "line": 2,
        "by": "a test",
        "ip": "192.0.2.1",
        "source": 'web "form" é',
        "subscribed_at": "2019-05-01 10:00",
    }
    assert eve.subscriptions[0][0].since == LATER
    with engine.begin() as connection:
        hashes = connection.scalars(select(SubscriberRow.address_hash)).all()
    assert set(hashes) == {hash_of("ada@example.org"), hash_of("eve@example.org")}


def test_nobody_is_imported_twice_in_whatever_way_the_address_is_written(engine: Engine) -> None:
    data = (
        "email\nada@example.org\nADA@example.org\nInfo@Bücher.example\n"
        "info@xn--bcher-kva.example\nada@example.org\nnobody\n"
    )
    first, rejected = take_over(engine, data)
    assert (first.total_imported, first.twice, first.rejected) == (2, 3, 1)
    assert [row.line for row in rejected] == [7]
    second, _ = take_over(engine, data)
    assert (second.total_imported, second.there, second.twice) == (0, 2, 3)
    assert list(statuses(engine)) == ["ada@example.org", "Info@Bücher.example"]
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(ConsentRow)) == 2


def test_who_left_or_is_suppressed_or_has_not_confirmed_stays_so(engine: Engine) -> None:
    with engine.begin() as connection:
        for status in ("pending", "unsubscribed", "suppressed", "subscribed"):
            a_subscriber(connection, f"{status}@example.org", status=status)
        suppress(connection, hash_of("erased@example.org"), reason="erased", now=NOW)
        suppress(connection, hash_of("elsewhere@example.org"), reason="complaint", newsletter="other", now=NOW)
    before = statuses(engine)
    result, _ = take_over(
        engine,
        "email\nPending@example.org\nUNSUBSCRIBED@example.org\nsuppressed@example.org\nsubscribed@example.org\n"
        "Erased@example.org\nelsewhere@example.org\n",
    )
    assert (result.there, result.left, result.suppressed, result.imported) == (2, 1, 2, {S.SUBSCRIBED: 1})
    assert statuses(engine) == before | {"elsewhere@example.org": "subscribed"}


def test_the_status_column_is_honoured(engine: Engine) -> None:
    with engine.begin() as connection:
        a_subscriber(connection, "here@example.org")
    result, _ = take_over(
        engine,
        "email,status\np@example.org,Pending\nu@example.org,unsubscribed\ns@example.org,suppressed\n"
        "a@example.org,subscribed\nb@example.org,\nhere@example.org,suppressed\n",
    )
    assert result.imported == {S.PENDING: 1, S.UNSUBSCRIBED: 2, S.SUBSCRIBED: 2}
    assert statuses(engine) == {
        "here@example.org": "suppressed",
        "p@example.org": "pending",
        "u@example.org": "unsubscribed",
        "s@example.org": "suppressed",
        "a@example.org": "subscribed",
        "b@example.org": "subscribed",
    }


def test_a_person_may_be_imported_for_two_newsletters(engine: Engine) -> None:
    result, _ = take_over(engine, "email,newsletter\nada@example.org,\nada@example.org,other\n")
    assert result.total_imported == 2
    with engine.begin() as connection:
        assert [(line.newsletter, line.language) for line in everybody(connection)] == [
            (NEWSLETTER, "en"),
            ("other", "fr"),
        ]
        assert connection.scalar(select(func.count()).select_from(SubscriberRow)) == 1


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_rehearsal_says_what_the_import_will_do_and_writes_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(subscribers.bulk, "CHUNK", size)
    with engine.begin() as connection:
        a_subscriber(connection, "here@example.org")
        a_subscriber(connection, "gone@example.org", status="unsubscribed")
        a_subscriber(connection, "never@example.org", status="suppressed")
    data = (
        "email,status\nada@example.org,\nhere@example.org,\ngone@example.org,\nADA@example.org,\n"
        "never@example.org,\nbad,\neve@example.org,pending\nada@example.org,\nsup@example.org,suppressed\n"
    )
    before = statuses(engine)
    rehearsed, named = take_over(engine, data, rehearse=True)
    assert statuses(engine) == before
    real, named_again = take_over(engine, data)
    assert rehearsed == real
    assert named == named_again
    assert (real.total_imported, real.there, real.twice, real.left, real.suppressed) == (3, 1, 2, 1, 1)


def test_an_import_that_was_broken_off_goes_on_when_started_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers.bulk, "CHUNK", 2)
    data = "email\n" + "".join(f"p{number}@example.org\n" for number in range(7))
    stream = io.BytesIO(data.encode())
    file = examine(stream, "people.csv")

    def pull_the_plug(line: int) -> None:
        if line >= 5:
            raise KeyboardInterrupt

    rows = read_rows(stream, file, newsletter=NEWSLETTER, newsletters={NEWSLETTER: "en"})
    with pytest.raises(KeyboardInterrupt):
        import_people(engine, KEYS, file, rows, command="a test", now=NOW, on_progress=pull_the_plug)
    assert len(statuses(engine)) == 4
    result, _ = take_over(engine, data)
    assert (result.there, result.total_imported) == (4, 3)
    with engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(ConsentRow)) == 7


def test_an_export_gives_the_same_people_back(engine: Engine) -> None:
    take_over(
        engine,
        "email,language,status,subscribed_at,confirmed_at,source,ip\n"
        "ada@example.org,de,,2019-05-01,2019-05-02,form,192.0.2.1\neve@example.org,,pending,,,,\n",
    )
    with engine.begin() as connection:
        one, two = export_people(connection)
    assert (one.listed.address, one.listed.status, one.listed.language) == ("ada@example.org", "subscribed", "de")
    assert (one.subscribed_at, one.confirmed_at, one.source, one.ip) == (
        "2019-05-01",
        "2019-05-02",
        "form",
        "192.0.2.1",
    )
    assert (two.listed.status, two.confirmed_at) == ("pending", "")


def test_the_temporary_tables_and_the_room_for_them_are_given_back(engine: Engine) -> None:
    take_over(engine, "email\nada@example.org\n")
    with engine.begin() as connection:
        assert not inspect(connection).get_temp_table_names() if engine.dialect.name == "sqlite" else True
        if engine.dialect.name == "sqlite":
            assert connection.scalar(text("PRAGMA cache_size")) == -2000
            assert connection.scalar(text("PRAGMA wal_autocheckpoint")) == 1000
    take_over(engine, "email\neve@example.org\n")
