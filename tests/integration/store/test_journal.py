"""The journal is a file of lines that survives what befalls the database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailer.errors import MailerError
from mailer.store.journal import Entry, Journal, Mark

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEGUN = Entry(NOW, Mark.BEGUN, "news", "spring", {"en": "ab" * 32, "de": "cd" * 32}, 3, 10)


def test_lines_come_back_as_they_were_written_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "mailer.journal")
    assert list(journal.entries()) == []
    later = Entry(NOW + timedelta(hours=1), Mark.FINISHED, "news", "spring", {}, 10, 10)
    journal.note(BEGUN)
    journal.note(later)
    journal.note(Entry(NOW, Mark.BEGUN, "news", "m\u00e4rz \u2028"))
    assert journal.of_issue("news", "spring") == [BEGUN, later]
    assert len(list(journal.entries())) == 3
    assert journal.path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_cut_off_costs_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "mailer.journal")
    journal.note(BEGUN)
    whole = journal.path.read_bytes()
    for cut in range(1, len(whole)):
        journal.path.write_bytes(whole + whole[:cut])
        journal.note(BEGUN)
        assert len(list(journal.entries())) in (2, 3)  # 3 when only the line's end was missing


def test_what_is_no_line_of_ours_is_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "mailer.journal")
    journal.path.write_bytes(b'\xff\n{}\n[]\n3\n{"at": 3}\n')
    journal.note(BEGUN)
    assert list(journal.entries()) == [BEGUN]


def test_a_journal_that_cannot_be_written_stops_what_wanted_to_send(tmp_path: Path) -> None:
    with pytest.raises(MailerError, match="journal cannot be written"):
        Journal(tmp_path / "no such folder" / "mailer.journal").note(BEGUN)
