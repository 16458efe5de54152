from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from mailer.doctor.case import Case
from mailer.doctor.checks import installation, mailboxes, templates
from mailer.doctor.finding import Result
from mailer.doctor.ledger import largest_recent_message
from mailer.doctor.names import Names
from mailer.settings import BounceSettings, ImapSettings
from subscribers.tables import OutboxRow
from tests.builders.archive import Installation, an_installation
from tests.builders.doctor import failures, warnings
from tests.support.imap_server import DOVECOT, PASSWORD, USER, imap_server


@pytest.fixture
def made(tmp_path: Path) -> Iterable[Installation]:
    found = an_installation(tmp_path)
    yield found
    found.engine.dispose()


def a_case(made: Installation, **settings: Any) -> Case:
    changed = replace(made.settings, **settings)
    own = [changed.templates] if changed.templates else []
    from mailer.resources import templates_folder

    return Case(
        settings=changed,
        config_path=made.settings.folder / "mailer.toml",
        names=Names("127.0.0.1:1", seconds=0.2),
        now=lambda: datetime.now(UTC),
        newsletters=(made.newsletter,),
        folders=(*own, templates_folder()),
    )


def test_a_new_installation_is_found_good(made: Installation) -> None:
    (made.settings.folder / "mailer.db").chmod(0o600)
    for check in (
        installation.check_settings,
        installation.check_database,
        templates.check,
        installation.check_files,
        installation.check_disk,
    ):
        findings = list(check(a_case(made)))
        assert findings
        assert {finding.result for finding in findings} == {Result.OK}, findings


def test_a_database_that_does_not_exist_is_not_made(made: Installation, tmp_path: Path) -> None:
    missing = tmp_path / "no" / "mailer.db"
    (bad,) = failures(installation.check_database(a_case(made, database=f"sqlite:///{missing}")))
    assert "mailer db upgrade" in bad.mend
    assert not missing.exists()


def test_a_database_of_another_program_of_tomorrow_or_of_yesterday_is_told_apart(
    made: Installation, tmp_path: Path
) -> None:
    with made.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    (newer,) = failures(installation.check_database(a_case(made)))
    assert "newer than this program" in newer.means
    with made.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    (older,) = warnings(installation.check_database(a_case(made)))
    assert "older version" in older.means
    with made.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "0001"
    torn = tmp_path / "torn.db"
    torn.write_bytes(b"this is no database" * 100)
    (unreadable,) = failures(installation.check_database(a_case(made, database=f"sqlite:///{torn}")))
    assert "cannot be used" in unreadable.means


def test_notices_that_nobody_sends_are_noticed(made: Installation) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=3)
    with made.engine.begin() as connection:
        connection.execute(
            insert(OutboxRow).values(
                kind="confirm",
                address="ann@example.net",
                newsletter="harbour",
                language="en",
                payload={},
                created_at=long_ago,
                next_attempt_at=long_ago,
            )
        )
    (waiting,) = warnings(installation.check_database(a_case(made)))
    assert (waiting.check, "mailer worker" in waiting.mend) == ("outbox", True)


def test_an_own_template_that_cannot_be_filled_in_is_named(made: Installation) -> None:
    own = made.settings.folder / "templates" / "issue"
    own.mkdir(parents=True)
    (own / "footer.mjml").write_text("<mj-section>{{ nothing.like.this }}</mj-section>")
    (bad,) = failures(templates.check(a_case(made)))
    assert "footer.mjml" in bad.means
    (own / "footer.mjml").write_text("{% if %}")
    assert failures(templates.check(a_case(made)))


def test_an_own_page_is_read_and_a_name_that_nothing_uses_is_noticed(made: Installation) -> None:
    own = made.settings.folder / "templates"
    (own / "web").mkdir(parents=True)
    (own / "web" / "page.html").write_text("<p>{% block main %}")
    (page,) = failures(templates.check(a_case(made)))
    assert "page.html:1" in page.means
    (own / "web" / "page.html").rename(own / "web" / "pgae.html")
    (own / "web" / "pgae.html").write_text("<p>fine</p>")
    (unused,) = warnings(templates.check(a_case(made)))
    assert "pgae.html" in unused.means


def test_an_own_notice_that_cannot_be_filled_in_fails(made: Installation) -> None:
    own = made.settings.folder / "templates" / "notice" / "confirm"
    own.mkdir(parents=True)
    (own / "body.txt").write_text("{{ what }}")
    (bad,) = failures(templates.check(a_case(made)))
    assert "'what' is undefined" in bad.means


def test_files_that_others_may_read_are_named_with_the_command(made: Installation) -> None:
    key = made.settings.folder / "secret.key"
    key.chmod(0o644)
    (made.settings.folder / "mailer.db").chmod(0o640)
    findings = list(installation.check_files(a_case(made)))
    assert [finding.mend for finding in failures(findings)] == [f"chmod 600 {key}"]
    assert [finding.result for finding in findings] == [Result.FAILURE, Result.WARNING]


@pytest.mark.parametrize(("free", "result"), [(50 << 20, Result.FAILURE), (500 << 20, Result.WARNING)])
def test_a_full_disk_is_noticed(
    made: Installation, monkeypatch: pytest.MonkeyPatch, free: int, result: Result
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage(1 << 40, 0, free))
    (found,) = installation.check_disk(a_case(made))
    assert found.result is result


def test_settings_that_no_mail_can_be_made_from_fail(made: Installation) -> None:
    broken = replace(made.newsletter, sender="no address at all", postal_address="")
    case = replace(a_case(made, newsletters={"harbour": broken}), newsletters=(broken,))
    assert "no mail can be made" in failures(installation.check_settings(case))[0].means.lower()
    assert failures(installation.check_settings(a_case(made, newsletters={}, secret_keys=())))


def test_the_mailbox_for_bounces_is_looked_at_where_one_is_settled(made: Installation, tmp_path: Path) -> None:
    assert list(mailboxes.check_bounces(a_case(made))) == []
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.mkdir()
    for folder, result in ((there, Result.OK), (gone, Result.FAILURE)):
        (found,) = mailboxes.check_bounces(a_case(made, bounces=BounceSettings(maildir=folder)))
        assert found.result is result


@pytest.mark.skipif(
    DOVECOT is None, reason="IMAP is NOT TESTED: no dovecot (Debian: apt-get install dovecot-imapd)"
)
def test_an_imap_mailbox_is_logged_into_and_nothing_in_it_changes(made: Installation) -> None:
    with imap_server() as server:
        server.put(b"Subject: x\r\n\r\ny\r\n", "one")
        good = ImapSettings(
            "127.0.0.1", server.tls_port, USER, PASSWORD, implicit_tls=True, ca_file=server.certificate
        )
        for settings, result, said in (
            (good, Result.OK, "1 mails in INBOX"),
            (replace(good, port=server.port, implicit_tls=False), Result.OK, "1 mails"),
            (replace(good, password="another"), Result.FAILURE, "does not let"),
            (replace(good, folder="Nowhere"), Result.FAILURE, "no folder 'Nowhere'"),
            (replace(good, ca_file=None), Result.FAILURE, "No trusted TLS"),
            (replace(good, port=1), Result.FAILURE, "does not answer"),
        ):
            (found,) = mailboxes.check_bounces(a_case(made, bounces=BounceSettings(imap=settings)))
            assert (found.result, said in found.means) == (result, True), found
            assert "another" not in repr(found)
        assert server.names() == {"one"}
        assert server.flags() == set()


def test_the_last_issues_size_is_known(made: Installation) -> None:
    assert largest_recent_message(made.settings, [made.newsletter]) is None
    made.send_demo()
    slug, size = largest_recent_message(made.settings, [made.newsletter]) or ("", 0)
    assert slug == "2026-05-01-spring"
    assert 10_000 < size < 100_000
