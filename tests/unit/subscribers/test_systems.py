"""Exports of other systems, recognised by their headers."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.consent import Event
from subscribers.importing import ImportRefused, Rejected, Row, examine, read_rows
from subscribers.systems import EVIDENCE, MEANINGS, RANK, SYSTEMS, column_name
from tests.builders import exports

SUBSCRIBED, PENDING, LEFT = Event.IMPORTED, Event.IMPORTED_PENDING, Event.IMPORTED_UNSUBSCRIBED


def read(data: str, name: str = "export.csv") -> tuple[str, dict[str, Row], list[Rejected]]:
    """System, rows by address, rejected."""
    stream = io.BytesIO(data.encode())
    file = examine(stream, name)
    rows = list(read_rows(stream, file, newsletter="news", newsletters={"news": "en"}))
    taken = {row.address: row for row in rows if isinstance(row, Row)}
    return file.system.name, taken, [row for row in rows if isinstance(row, Rejected)]


def fates(rows: dict[str, Row]) -> dict[str, str]:
    """The local part of each address, and what becomes of the person."""
    return {
        address.partition("@")[0]: "suppressed" if row.suppress else row.event.value.removeprefix("imported-")
        for address, row in rows.items()
    }


def mailchimp(more_columns: str = "", more: str = "") -> str:
    return exports.MAILCHIMP.format(more=more_columns) + exports.MAILCHIMP_ROW.format(
        email="ada@example.org", more=more
    )


def test_mailchimps_subscribed_people_come_with_the_evidence_of_their_consent() -> None:
    name, rows, rejected = read(mailchimp(), "subscribed_members_export_a1b2.csv")
    assert (name, rejected) == ("Mailchimp", [])
    ada = rows["ada@example.org"]
    assert (ada.event, ada.suppress) == (SUBSCRIBED, False)
    assert ada.since == datetime(2019, 3, 4, 10, 15, tzinfo=UTC)
    assert ada.evidence == {
        "subscribed_at": "2019-03-04 10:11:12",
        "ip": "192.0.2.7",
        "confirmed_at": "2019-03-04 10:15:00",
        "confirmed_ip": "192.0.2.8",
        "their_id": "ab12cd34ef",
    }


def test_mailchimps_other_files_subscribe_nobody() -> None:
    more = ",UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER"
    _, rows, _ = read(mailchimp(more, ',"2020-05-06 07:08:09",May,1,NORMAL,'))
    ada = rows["ada@example.org"]
    assert (ada.event, ada.suppress, ada.since) == (LEFT, False, datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC))
    assert (ada.evidence["left_at"], ada.evidence["reason"]) == ("2020-05-06 07:08:09", "NORMAL")
    _, rows, _ = read(mailchimp(",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID", ',"2020-05-06",May,1'))
    assert fates(rows) == {"ada": "suppressed"}
    # the name of the file speaks where a column is missing or empty
    assert fates(read(mailchimp(), "unsubscribed_members_export_a1.csv")[1]) == {"ada": "unsubscribed"}
    assert fates(read(mailchimp(), "cleaned_email_audience_export_a1.csv")[1]) == {"ada": "suppressed"}
    _, rows, rejected = read(mailchimp(), "nonsubscribed_members_export_a1.csv")
    assert rows == {}
    assert "never subscribed" in rejected[0].reason


def test_a_list_that_went_through_mailchimp_twice_has_empty_columns_of_departures() -> None:
    more = ",UNSUB_TIME,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_CAMPAIGN_ID,UNSUB_REASON"
    _, rows, rejected = read(mailchimp(more, ",,,,,"))
    assert (fates(rows), rejected) == ({"ada": "imported"}, [])


def test_listmonk() -> None:
    name, rows, rejected = read(exports.LISTMONK, "subscribers.csv")
    assert (name, rejected) == ("listmonk", [])
    assert fates(rows) == {"on": "imported", "off": "unsubscribed", "never": "suppressed"}
    on = rows["on@example.org"]
    assert (on.language, on.since) == ("de", datetime(2021, 5, 1, 10, 0, 0, 123456, tzinfo=UTC))
    assert on.evidence["their_id"] == "0b1c"
    assert on.evidence["their_status"] == "enabled"


def test_where_two_columns_disagree_the_one_that_lets_us_write_less_counts() -> None:
    _, rows, _ = read(exports.LISTMONK_WITH_OPTIN)
    assert fates(rows) == {
        "yes": "imported",
        "not-yet": "pending",
        "left": "unsubscribed",
        "blocked": "suppressed",
    }


def test_substack_tells_readers_who_do_not_pay_from_those_who_left() -> None:
    name, rows, _ = read(exports.SUBSTACK, "email_list.quay.csv")
    assert name == "Substack"
    assert fates(rows) == {"free": "imported", "paid": "imported", "gone": "unsubscribed"}
    assert rows["free@example.org"].since == datetime(2022, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
    name, rows, _ = read(exports.SUBSTACK_DASHBOARD)
    assert name == "Substack"
    assert fates(rows) == {"free": "imported", "left": "unsubscribed"}
    assert rows["free@example.org"].evidence["source"] == "import"
    assert rows["free@example.org"].since == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_buttondown() -> None:
    name, rows, rejected = read(exports.BUTTONDOWN)
    assert name == "Buttondown"
    assert fates(rows) == {
        "r": "imported",
        "p": "imported",
        "n": "pending",
        "u": "unsubscribed",
        "d": "suppressed",
        "c": "suppressed",
    }
    assert [(row.address, "something-new" in row.reason) for row in rejected] == [("x@example.org", True)]
    r = rows["r@example.org"]
    assert (r.language, r.evidence["form_url"], r.evidence["ip"]) == (
        "pt-br",
        "https://example.org/join",
        "192.0.2.9",
    )
    assert rows["u@example.org"].since == datetime(2024, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "header", ["Email Address,Name,Date Subscribed", "email,name,subscribed at", "E-mail,Name,Subscribe Date"]
)
def test_tinyletter(header: str) -> None:
    _, rows, rejected = read(exports.TINYLETTER.replace("Email Address,Name,Date Subscribed", header))
    assert rejected == []
    assert fates(rows) == {"t": "imported", "s": "imported"}
    assert rows["t@example.org"].since == datetime(2018, 9, 10, 11, 12, 13, tzinfo=UTC)


def test_mailman_3_members_and_who_does_not_want_mail_from_it() -> None:
    name, rows, rejected = read(exports.MAILMAN_3)
    assert name == "Mailman 3"
    assert fates(rows) == {"m": "imported", "h": "unsubscribed", "b": "suppressed"}
    assert [row.address for row in rejected] == ["o@example.org"]  # an owner has not subscribed


def test_a_roster_has_one_address_a_line_with_or_without_a_name() -> None:
    name, rows, rejected = read(exports.ROSTER, "members.txt")
    assert name == "a roster"
    assert {address: row.line for address, row in rows.items()} == {
        "ada@example.org": 2,
        "eve@example.org": 4,
        "bo@example.org": 5,
        "info@b\u00fccher.example": 7,
    }
    assert [row.line for row in rejected] == [6]
    assert list(read(exports.POSTORIUS)[1]) == ["ada@example.org", "eve@example.org"]


def test_a_dump_of_a_mailman_2_list_gives_members_languages_and_who_is_off() -> None:
    name, rows, rejected = read(exports.MAILMAN_2, "config.txt")
    assert (name, rejected) == ("Mailman 2", [])
    assert fates(rows) == {"Ada": "imported", "dead": "suppressed", "quiet": "unsubscribed", "digest": "imported"}
    assert rows["Ada@Example.org"].language == "de"
    assert exports.MAILMAN_2.splitlines()[rows["quiet@example.org"].line - 1].strip().startswith("'quiet@")


def test_a_dump_that_breaks_off_is_refused_with_the_way_out() -> None:
    with pytest.raises(ImportRefused, match="list_members"):
        read(exports.MAILMAN_2[: exports.MAILMAN_2.index("'quiet@example.org': 0}")])


def test_a_file_in_our_own_words_stays_ours_whatever_columns_stand_beside() -> None:
    assert read("email,status,tags,name\nada@example.org,pending,x,y\n")[0] == ""
    assert fates(read("email,status\nada@example.org,pending\n")[1]) == {"ada": "pending"}


@pytest.mark.parametrize(
    ("header", "cell", "fate"),
    [
        ("email,unsubscribed_at", "2024-01-02", "unsubscribed"),
        ("email,unsubscribed_at", "", "imported"),
        ("email,opt-out date", "2024-01-02", "unsubscribed"),
        ("email,unsubscribed", "yes", "unsubscribed"),
        ("email,unsubscribed", "no", "imported"),
        ("email,subscribed_to_emails", "false", "unsubscribed"),
        ("email,bounced_at", "2024-01-02", "suppressed"),
        ("email,creation_date,tags,status", ",,unsubscribed", "unsubscribed"),
        ("email,subscription_type,status", "Free,unsubscribed", "unsubscribed"),
        ("email,delivery_status,unsubscribed_at", "enabled,2024-01-02", "unsubscribed"),
    ],
)
def test_in_whatever_file_nobodys_goodbye_is_overlooked(header: str, cell: str, fate: str) -> None:
    assert fates(read(f"{header}\nada@example.org,{cell}\n")[1]) == {"ada": fate}


def test_the_table_speaks_of_columns_as_they_are_read_and_of_meanings_that_exist() -> None:
    for system in SYSTEMS:
        names = [
            *system.columns,
            *system.statuses,
            *system.departures,
            *(n for mark in system.marks for n in mark),
        ]
        assert all(column_name(name) == name for name in names), system.name
        assert set(system.columns.values()) <= set(MEANINGS), system.name
        assert set(system.otherwise) <= set(system.statuses), system.name
        assert all(value == value.lower() for values in system.statuses.values() for value in values), system.name
    assert set(EVIDENCE) <= set(MEANINGS)
    assert len(RANK) == 5


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        [exports.LISTMONK, exports.BUTTONDOWN, exports.SUBSTACK, exports.MAILMAN_3, exports.MAILMAN_2]
    ),
    st.integers(0, 2000),
    st.binary(max_size=6),
)
def test_damaged_exports_are_refused_or_give_rows(data: str, place: int, damage: bytes) -> None:
    raw = data.encode()
    stream = io.BytesIO(raw[:place] + damage + raw[place + 3 :])
    try:
        file = examine(stream, "export.csv")
        rows = list(read_rows(stream, file, newsletter="news", newsletters={"news": "en"}))
    except ImportRefused:
        return
    assert all(row.address or isinstance(row, Rejected) for row in rows)
