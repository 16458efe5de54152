"""A correction shows in the archive with its date and both texts' hashes, and mails nobody."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from mailer.errors import IssueRefused, UsageError
from mailer.flows.errata import LONGEST_NOTE, correct, find_corrections
from mailer.flows.publish import freeze_and_plan
from mailer.store.database import reading
from tests.builders.archive import SENT_AT, Installation, an_installation

LATER = datetime(2026, 5, 9, 10, 0, tzinfo=UTC)
MUCH_LATER = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def sent(tmp_path: Path) -> Installation:
    installation = an_installation(tmp_path)
    installation.send(installation.write("one.md", "The regatta is on 13 June."))
    return installation


def corrected(installation: Installation, body: str, note: str = "", now: datetime = LATER) -> int:
    found = find_corrections(installation.engine, installation.prepared(installation.write("one.md", body)), note)
    correct(installation.engine, found, now)
    return len(found)


def test_the_archive_shows_the_corrected_text_a_dated_note_and_both_hashes(sent: Installation) -> None:
    before = hashlib.sha256((sent.issues / "one.md").read_bytes()).hexdigest()
    assert corrected(sent, "The regatta is on 14 June.", "The day of the <regatta>.") == 1
    after = hashlib.sha256((sent.issues / "one.md").read_bytes()).hexdigest()
    page = sent.app().test_client().get("/harbour/one/en/").text
    assert "14 June" in page
    assert "13 June" not in page
    assert "<strong>Corrected on 9 May 2026</strong>: " in page
    assert "The day of the &lt;regatta&gt;." in page
    assert before in page
    assert after in page
    assert "As sent on 2 May 2026" in page


def test_the_edition_that_people_got_stays_as_it_was(sent: Installation) -> None:
    columns = "SELECT subject, html, text, source, result_sha256, web_html FROM edition"
    with reading(sent.engine) as connection:
        before = connection.execute(text(columns)).all()
    corrected(sent, "The regatta is on 14 June.")
    with reading(sent.engine) as connection:
        assert connection.execute(text(columns)).all() == before
        assert connection.scalar(text("SELECT count(*) FROM delivery")) == 0


def test_feeds_carry_the_correction_and_its_time(sent: Installation) -> None:
    client = sent.app().test_client()
    before = client.get("/harbour/feed.atom")
    corrected(sent, "The regatta is on 14 June.")
    after = client.get("/harbour/feed.atom", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "<updated>2026-05-09T10:00:00Z</updated>" in after.text
    assert "<published>2026-05-02T08:00:00Z</published>" in after.text
    assert "14 June" in after.text


def test_each_further_correction_is_kept_and_the_last_is_shown(sent: Installation) -> None:
    corrected(sent, "The regatta is on 14 June.", "Day")
    corrected(sent, "The regatta is on 15 June.", "Day again", MUCH_LATER)
    page = sent.app().test_client().get("/harbour/one/en/").text
    assert "15 June" in page
    assert page.index("Corrected on 9 May 2026") < page.index("Corrected on 1 June 2026")
    assert page.count("<dd><code>") == 3


def test_the_same_text_corrects_nothing(sent: Installation) -> None:
    assert corrected(sent, "The regatta is on 13 June.") == 0
    assert "Corrected" not in sent.app().test_client().get("/harbour/one/en/").text


def test_a_correction_can_be_taken_back(sent: Installation) -> None:
    corrected(sent, "The regatta is on 14 June.")
    assert corrected(sent, "The regatta is on 13 June.", now=MUCH_LATER) == 1
    assert "13 June" in sent.app().test_client().get("/harbour/one/en/").text


def test_sending_goes_on_with_the_corrected_file_and_with_no_other(sent: Installation) -> None:
    corrected(sent, "The regatta is on 14 June.")
    freeze_and_plan(sent.engine, sent.prepared(sent.issues / "one.md"), SENT_AT)
    with pytest.raises(IssueRefused, match="--errata"):
        freeze_and_plan(sent.engine, sent.prepared(sent.write("one.md", "Something else.")), SENT_AT)


def test_what_was_not_sent_cannot_be_corrected(sent: Installation) -> None:
    with pytest.raises(UsageError, match="was not sent"):
        find_corrections(sent.engine, sent.prepared(sent.write("two.md", "Words.")), "")
    sent.write("one.de.md", "Wörter.")
    with pytest.raises(UsageError, match="de was not sent with this issue"):
        find_corrections(sent.engine, sent.prepared(sent.issues / "one.md"), "")


def test_an_endless_note_is_refused(sent: Installation) -> None:
    with pytest.raises(UsageError, match="at most"):
        corrected(sent, "Other.", "x" * (LONGEST_NOTE + 1))
