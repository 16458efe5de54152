"""Mail in files, pipes, Maildirs and on a real IMAP server: only what was understood is moved."""

from __future__ import annotations

import mailbox
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from mailer.bounce.reader import read_bounce
from mailer.errors import DatabaseError, ServerError, UsageError
from mailer.intake.folders import mails_of_file, read_maildir, read_mbox
from mailer.intake.imap import open_mailbox, watch_mailbox
from mailer.intake.taking import Count
from mailer.settings import ImapSettings
from tests.builders.bounces import a_dsn, a_feedback_report, an_auto_reply
from tests.support.imap_server import DOVECOT, PASSWORD, USER, ImapServer, imap_server
from tests.support.waiting import PATIENCE_SECONDS, until

MAILS = {
    "1.bounce": a_dsn(),
    "2.away": an_auto_reply(headers="Auto-Submitted: auto-replied\n"),
    "3.complaint": a_feedback_report(),
    "4.letter": b"From: paula@reader.example\nTo: editor@news.example\nSubject: Thanks\n\nFor issue 12.\n",
}
UNDERSTOOD = {"1.bounce", "3.complaint"}


class Reader:
    """Takes mails as the product does, and remembers them."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    def __call__(self, raw: bytes, came_to: Sequence[str]) -> bool:
        self.mails.append(raw)
        return read_bounce(raw)[0].kind not in {"auto-reply", "unrecognised"}


def a_maildir(folder: Path) -> Path:
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    for name, raw in MAILS.items():
        (folder / "new" / name).write_bytes(raw)
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_of_a_maildir_only_what_was_understood_is_moved(tmp_path: Path) -> None:
    folder = a_maildir(tmp_path / "box")
    assert read_maildir(folder, Reader(), "Processed") == Count(4, 2)
    assert names(folder / "new") == {"2.away", "4.letter"}
    assert names(folder / ".Processed" / "cur") == {f"{name}:2,S" for name in UNDERSTOOD}
    assert {str(message["Subject"]) for message in mailbox.Maildir(folder).get_folder("Processed")} == {
        "Delivery Status Notification",
        "FW: Issue 12",
    }


def test_without_a_folder_to_move_to_it_is_marked_as_read(tmp_path: Path) -> None:
    folder = a_maildir(tmp_path / "box")
    (folder / "new" / "1.bounce").rename(folder / "cur" / "1.bounce:2,F")
    read_maildir(folder, Reader(), "")
    assert names(folder / "cur") == {"1.bounce:2,FS", "3.complaint:2,S"}
    assert read_maildir(folder, Reader(), "") == Count(2, 0)


def test_what_was_read_or_thrown_away_by_a_person_is_left_alone(tmp_path: Path) -> None:
    folder = a_maildir(tmp_path / "box")
    for name, flag in (("1.bounce", "S"), ("3.complaint", "T")):
        (folder / "new" / name).rename(folder / "cur" / f"{name}:2,{flag}")
    assert read_maildir(folder, Reader(), "Processed") == Count(2, 0)


def test_a_mail_that_could_not_be_stored_stays(tmp_path: Path) -> None:
    folder = a_maildir(tmp_path / "box")

    def away(raw: bytes, came_to: Sequence[str]) -> bool:
        raise DatabaseError("away")

    with pytest.raises(DatabaseError):
        read_maildir(folder, away, "Processed")
    assert names(folder / "new") == set(MAILS)


def test_what_is_no_maildir_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Maildir"):
        read_maildir(tmp_path, Reader(), "Processed")
    with pytest.raises(UsageError, match="no name of a mail folder"):
        read_maildir(a_maildir(tmp_path / "box"), Reader(), "../elsewhere")


def test_an_mbox_is_read_whole_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    box = mailbox.mbox(path)
    for raw in MAILS.values():
        box.add(raw + b"\nFrom here on it is a letter that quotes.\n")
    box.close()
    before = path.read_bytes()
    reader = Reader()
    assert read_mbox(path, reader) == Count(4, 2)
    assert path.read_bytes() == before
    assert b"From here on" in reader.mails[0]


def test_a_pipe_may_begin_with_the_line_of_an_mbox_or_be_empty() -> None:
    line = b"From MAILER-DAEMON  Mon Jun  3 10:00:00 2024\n"
    assert list(mails_of_file(BytesIO(line + MAILS["1.bounce"]))) == [MAILS["1.bounce"]]
    assert list(mails_of_file(BytesIO(MAILS["4.letter"]))) == [MAILS["4.letter"]]
    assert list(mails_of_file(BytesIO(b""))) == []


needs_dovecot = pytest.mark.skipif(
    DOVECOT is None, reason="IMAP is NOT TESTED: no dovecot (Debian: apt-get install dovecot-imapd)"
)


@pytest.fixture
def server() -> Iterator[ImapServer]:
    """With the four mails, and nothing else."""
    with imap_server() as server:
        for name, raw in MAILS.items():
            server.put(raw, name)
        yield server


def settings_for(server: ImapServer, *, implicit_tls: bool = True) -> ImapSettings:
    return ImapSettings(
        host="127.0.0.1",
        port=server.tls_port if implicit_tls else server.port,
        username=USER,
        password=PASSWORD,
        implicit_tls=implicit_tls,
        ca_file=server.certificate,
    )


@needs_dovecot
@pytest.mark.parametrize("implicit_tls", [True, False])
def test_of_an_imap_folder_only_what_was_understood_is_moved(server: ImapServer, implicit_tls: bool) -> None:
    reader = Reader()
    with open_mailbox(settings_for(server, implicit_tls=implicit_tls), "Processed") as box:
        assert box.read(reader) == Count(4, 2)
        assert box.read(reader) == Count(0, 0)
    assert [raw.replace(b"\r\n", b"\n") for raw in reader.mails] == list(MAILS.values())
    assert server.names() == set(MAILS) - UNDERSTOOD
    assert len(server.names("Processed")) == 2
    assert server.flags() == set()


@needs_dovecot
def test_without_a_folder_to_move_to_imap_mail_is_marked_as_read(server: ImapServer) -> None:
    with open_mailbox(settings_for(server), "") as box:
        assert box.read(Reader()) == Count(4, 2)
    assert server.names() == set(MAILS)
    assert server.flags() == {"S"}
    with open_mailbox(settings_for(server), "") as box:
        assert box.read(Reader()) == Count(2, 0)


@needs_dovecot
def test_a_server_that_cannot_move_is_served_too() -> None:
    with imap_server(capability="IMAP4rev1 UIDPLUS IDLE") as server:
        for name, raw in MAILS.items():
            server.put(raw, name)
        with open_mailbox(settings_for(server), "Processed") as box:
            assert box.read(Reader()) == Count(4, 2)
        assert server.names() == set(MAILS) - UNDERSTOOD
        assert server.flags() == set()


@needs_dovecot
def test_a_certificate_that_nobody_vouches_for_is_refused(server: ImapServer) -> None:
    for implicit_tls in (True, False):
        settings = replace(settings_for(server, implicit_tls=implicit_tls), ca_file=None)
        with pytest.raises(ServerError, match="certificate verify failed"), open_mailbox(settings, "Processed"):
            pass


@needs_dovecot
def test_a_wrong_password_is_told_without_repeating_it(server: ImapServer) -> None:
    settings = replace(settings_for(server), password="not-the-password")
    with pytest.raises(ServerError, match="does not let 'bounces' in") as caught, open_mailbox(settings, ""):
        pass
    assert "not-the-password" not in str(caught.value) + repr(settings)


@needs_dovecot
def test_a_folder_that_is_missing_is_named(server: ImapServer) -> None:
    settings = replace(settings_for(server), folder="Nowhere")
    with pytest.raises(ServerError, match="no folder 'Nowhere'"), open_mailbox(settings, ""):
        pass


@needs_dovecot
def test_new_mail_is_read_at_once_while_the_mailbox_is_watched(server: ImapServer) -> None:
    reader, stop = Reader(), threading.Event()
    watching = threading.Thread(
        target=watch_mailbox, args=(settings_for(server), "Processed", reader, stop.is_set, 600.0)
    )
    watching.start()
    try:
        until(lambda: len(reader.mails) == 4)
        time.sleep(0.3)
        server.put(a_dsn(recipient="quentin@reader.example"), "5.later")
        until(lambda: len(reader.mails) == 5)
    finally:
        stop.set()
        watching.join(PATIENCE_SECONDS)
    assert not watching.is_alive()
    assert len(server.names("Processed")) == 3
    assert server.names() == set(MAILS) - UNDERSTOOD
