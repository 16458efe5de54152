import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.consent import Event
from subscribers.importing import ImportFile, ImportRefused, Rejected, Row, examine, parse_time, read_rows

NEWSLETTERS = {"news": "en", "other": "fr"}


def read(data: bytes | str, newsletter: str | None = "news") -> tuple[ImportFile, list[Row | Rejected]]:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    file = examine(stream, "people.csv")
    rows = list(read_rows(stream, file, newsletter=newsletter, newsletters=NEWSLETTERS))
    assert not stream.closed
    return file, rows


def rows_of(data: bytes | str) -> list[Row]:
    return [row for row in read(data)[1] if isinstance(row, Row)]


def reasons_of(data: bytes | str, newsletter: str | None = "news") -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in read(data, newsletter)[1] if isinstance(row, Rejected)]


def test_every_column_is_understood_and_others_are_named_and_left_alone() -> None:
    file, rows = read(
        "First Name,E-Mail,Language,newsletter,status,subscribed_at,confirmed_at,source,ip,Tags\n"
        "Ada,Ada@Example.org,pt_BR,other,pending,2019-01-01,2019-01-02T10:00:00+02:00,web form,192.0.2.1,x\n"
    )
    assert file.ignored == ("First Name", "Tags")
    assert rows == [
        Row(
            2,
            "Ada@Example.org",
            "ada@example.org",
            "other",
            "pt-br",
            Event.IMPORTED_PENDING,
            False,
            datetime(2019, 1, 2, 8, tzinfo=UTC),
            {
                "subscribed_at": "2019-01-01",
                "confirmed_at": "2019-01-02T10:00:00+02:00",
                "source": "web form",
                "ip": "192.0.2.1",
            },
        )
    ]


def test_what_a_row_does_not_say_comes_from_the_newsletter() -> None:
    (ada, eve) = rows_of("email,language,newsletter\nada@example.org,,\neve@example.org,Klingon!,other\n")
    assert (ada.newsletter, ada.language, ada.event) == ("news", "en", Event.IMPORTED)
    assert (eve.newsletter, eve.language) == ("other", "fr")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_every_office_are_read(delimiter: str, end: str, encoding: str) -> None:
    lines = [["email", "source"], ["ada@example.org", "Café"], ["info@bücher.example", ""]]
    data = end.join(delimiter.join(line) for line in lines).encode(encoding)
    file, rows = read(data)
    assert file.delimiter == delimiter
    assert [row.line for row in rows] == [2, 3]
    assert [row.key for row in rows if isinstance(row, Row)] == ["ada@example.org", "info@xn--bcher-kva.example"]
    assert isinstance(rows[0], Row)
    assert rows[0].evidence == {"source": "Café"}
    assert file.encoding == {"utf-8": "utf-8-sig"}.get(encoding, encoding)


def test_a_header_cell_may_hold_the_other_delimiters_and_excel_may_say_which_it_is() -> None:
    assert rows_of('"name; first, last",email\nx,ada@example.org\n')[0].key == "ada@example.org"
    assert rows_of("email\nada@example.org\n")[0].line == 2
    assert rows_of("sep=;\nname;email\nx,y;ada@example.org\n")[0].line == 3
    assert rows_of("\n\nemail,name\n\nada@example.org,x\n , \n\neve@example.org,y\n")[1].line == 8


def test_a_quoted_cell_may_hold_line_ends_and_lines_are_still_counted_right() -> None:
    data = 'email,note\nada@example.org,"one\r\ntwo ""2""\nthree"\nbad,x\neve@example.org,y\n'
    assert [row.line for row in rows_of(data)] == [2, 6]
    assert [line for line, _ in reasons_of(data)] == [5]


def test_a_quotation_mark_that_is_not_closed_swallows_nobody_in_silence() -> None:
    data = 'email,note\nada@example.org,x\neve@example.org,"oops\nbob@example.org,y\ncy@example.org,z\n'
    assert [row.key for row in rows_of(data)] == ["ada@example.org"]
    ((line, reason),) = reasons_of(data)
    assert line == 3
    assert "not closed" in reason
    assert "lines 3 to 5" in reason


def test_wrong_quotation_marks_cost_one_row() -> None:
    data = 'email,note\nada@example.org,"a "b" c"\neve@example.org,y\n'
    assert [row.key for row in rows_of(data)] == ["eve@example.org"]
    assert "written twice" in reasons_of(data)[0][1]


def test_each_row_that_is_left_out_says_where_and_why() -> None:
    data = (
        "email,status,newsletter\n"
        "nobody,,\n"
        "ada@example.org,maybe,\n"
        "ada@example.org,,unheard-of\n"
        "ada@example.org,,news,extra\n"
        ",subscribed,\n"
        "ada\x00@example.org,,\n"
    )
    assert [line for line, _ in reasons_of(data)] == [2, 3, 4, 5, 6, 7]
    told = " ".join(reason for _, reason in reasons_of(data))
    for word in ("@-sign", "'maybe'", "'unheard-of'", "4 cells", "no address", "control character"):
        assert word in told
    assert "--newsletter" in reasons_of("email\nada@example.org\n", None)[0][1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"ada at example.org\neve at example.org\n", "no column `email`"),
        (b"name,mail\nx,ada@example.org\n", "name,mail"),
        (b"email,Email\nx,y\n", "twice"),
        (b'"email', "no column `email`"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no column `email`"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        read(data)
    assert said in refusal.value.reason
    assert refusal.value.line == 1


def test_the_hash_is_that_of_the_file() -> None:
    import hashlib

    data = b"email\nada@example.org\n"
    assert read(data)[0].sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-03-05", datetime(2021, 3, 5, tzinfo=UTC)),
        ("2021-03-05 22:00", datetime(2021, 3, 5, 22, tzinfo=UTC)),
        ("2021-03-05T22:00:00Z", datetime(2021, 3, 5, 22, tzinfo=UTC)),
        ("2021-03-05 22:00:00+02:00", datetime(2021, 3, 5, 20, tzinfo=UTC)),
        ("05/03/2021", None),
        ("", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_times_are_read_only_when_they_are_clear(text: str, time: datetime | None) -> None:
    assert parse_time(text) == time


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='email,@;"\n\r\t abc.\x00é', max_size=120).map(str.encode))
def test_wild_files_are_refused_or_give_rows(data: bytes) -> None:
    for content in (data, b"email,source\n" + data):
        try:
            _, rows = read(content)
        except ImportRefused:
            continue
        assert [row.line for row in rows] == sorted({row.line for row in rows})


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20), max_size=12))
def test_what_the_csv_writer_wrote_comes_back_whole(notes: list[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["note", "email", "source"])
    for number, note in enumerate(notes):
        writer.writerow([note, f"p{number}@example.org", note])
    _, rows = read(text.getvalue())
    assert [row.key for row in rows if isinstance(row, Row)] == [f"p{n}@example.org" for n in range(len(notes))]
    for row, note in zip(rows, notes, strict=True):
        assert isinstance(row, Row)
        assert row.evidence.get("source", "") == note.strip()
