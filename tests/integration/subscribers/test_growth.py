"""Growth by week, counted from the record of consent."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from mailer.cli.growth_words import growth_json, growth_svg, growth_table
from subscribers.consent import Event
from subscribers.growth import Week, growth
from subscribers.store import find, record, suppress
from tests.builders.people import NEWSLETTER, a_subscriber, hash_of
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_people_who_come_leave_return_and_are_suppressed_are_counted_in_their_weeks(engine: Engine) -> None:
    with engine.begin() as connection:
        for name in ("ada", "eve", "bo"):
            a_subscriber(connection, f"{name}@example.org", now=MONDAY)
        a_subscriber(connection, "waits@example.org", status="pending", now=MONDAY)
        a_subscriber(connection, "elsewhere@example.org", newsletter="other", now=MONDAY)
        ada = find(connection, "ada@example.org", NEWSLETTER)
        assert ada is not None
        gone = record(connection, ada, Event.UNSUBSCRIBED, {}, MONDAY + WEEK)
        record(connection, gone, Event.RESUBSCRIBED, {}, MONDAY + 3 * WEEK)  # type: ignore[arg-type]  # a standing
        suppress(connection, hash_of("eve@example.org"), reason="complaint", now=MONDAY + 3 * WEEK)
        found = growth(connection, NEWSLETTER, (MONDAY + 3 * WEEK).date())
    mondays = [(MONDAY + number * WEEK).date() for number in range(4)]
    assert found == [
        Week(mondays[0], 3, 0, 3),
        Week(mondays[1], 0, 1, 2),
        Week(mondays[2], 0, 0, 2),
        Week(mondays[3], 1, 1, 2),
    ]


def test_a_newsletter_without_people_has_no_weeks(engine: Engine) -> None:
    with engine.begin() as connection:
        assert growth(connection, NEWSLETTER, MONDAY.date()) == []


def test_the_table_has_a_bar_for_each_week_and_the_picture_is_well_formed_and_says_it_in_words() -> None:
    weeks = [Week((MONDAY + n * WEEK).date(), n, 0, n * n) for n in range(8)]
    lines = list(growth_table(weeks))
    assert len(lines) == 9
    assert lines[-1].endswith("█" * 30)
    assert lines[-1].split()[:4] == ["2026-04-20", "7", "0", "49"]
    assert list(growth_table(weeks, ascii_only=True))[-1].endswith("#" * 30)
    picture = ET.fromstring(growth_svg("Subscribers of <The> News & more", weeks))
    assert picture[0].text == "Subscribers of <The> News & more"
    assert "49 now" in (picture[1].text or "")
    assert ET.fromstring(growth_svg("One", weeks[:1])) is not None
    assert growth_json("news", weeks)["subscribed"] == 49
    assert growth_json("news", [])["weeks"] == []
