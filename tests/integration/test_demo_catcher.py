"""The demo's mail server, spoken to by the standard library's client."""

from __future__ import annotations

import mailbox
import smtplib
import threading
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailer.demo.catcher import Catcher
from mailer.demo.people import FATES, Fate, people, replies


def a_message(recipient: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "gazette@example.org"
    message["To"] = recipient
    message["Subject"] = "Frühling"
    message.set_content("Leinen los!\n.\nPunkt.\n")
    return message


def test_mail_for_welcome_people_is_kept_with_its_envelope(tmp_path: Path) -> None:
    with Catcher(tmp_path / "Maildir", {}) as catcher, smtplib.SMTP("127.0.0.1", catcher.port) as client:
        client.send_message(a_message("anke@example.net"), from_addr="bounce+1@example.org")
    (kept,) = mailbox.Maildir(tmp_path / "Maildir", create=False)
    assert kept["Return-Path"] == "<bounce+1@example.org>"
    assert kept["Delivered-To"] == "anke@example.net"
    assert kept.get_payload(decode=True) == b"Leinen los!\n.\nPunkt.\n"
    assert list((tmp_path / "Maildir" / "tmp").iterdir()) == []


def test_people_are_turned_away_as_settled_and_nothing_of_theirs_is_kept(tmp_path: Path) -> None:
    settled = {"gone@example.org": "550 5.1.1 No such person", "later@example.org": "451 4.7.1 Later"}
    with Catcher(tmp_path, settled) as catcher, smtplib.SMTP("127.0.0.1", catcher.port) as client:
        for address, reply in settled.items():
            with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
                client.send_message(a_message(address.upper()))
            ((code, words),) = caught.value.recipients.values()
            assert f"{code} {words.decode()}" == reply
    assert len(mailbox.Maildir(tmp_path, create=False)) == 0


def test_many_connections_at_once_lose_nothing(tmp_path: Path) -> None:
    with Catcher(tmp_path, {}) as catcher:

        def send(number: int) -> None:
            with smtplib.SMTP("127.0.0.1", catcher.port) as client:
                for turn in range(10):
                    client.send_message(a_message(f"person{number}-{turn}@example.org"))

        threads = [threading.Thread(target=send, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    kept = Counter(message["Delivered-To"] for message in mailbox.Maildir(tmp_path, create=False))
    assert len(kept) == 50
    assert set(kept.values()) == {1}


def test_a_session_left_open_does_not_keep_the_server_alive(tmp_path: Path) -> None:
    with Catcher(tmp_path, {}) as catcher:
        client = smtplib.SMTP("127.0.0.1", catcher.port)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        client.noop()
    client.close()


def test_invented_people_are_all_different_and_meet_every_fate() -> None:
    everybody = list(people(500))
    assert len({person.address for person in everybody}) == 500
    fates = Counter(person.fate for person in everybody)
    assert {fate: fates[fate] for fate in Fate if fate is not Fate.GETS_IT} == {
        fate: 10 * list(FATES.values()).count(fate) for fate in FATES.values()
    }
    assert {person.language for person in everybody} == {"en", "de", "fr"}
    assert list(people(500)) == everybody
    assert set(replies(500)) < {person.address for person in everybody}
