from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailer.doctor.case import Case
from mailer.doctor.checks import mailboxes, round_trip, server
from mailer.doctor.finding import Finding, Result
from mailer.doctor.headers import read_mail
from mailer.doctor.mail import look_at
from mailer.doctor.names import Names
from mailer.settings import SmtpSettings, Tls
from tests.builders.doctor import a_case, a_good_zone, failures, warnings
from tests.support.certificates import Authority
from tests.support.dns_server import name_server
from tests.support.smtp_server import Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS, one_of_three


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("certificates"))


def a_server_case(folder: Path, port: int, *, zone: str = "", **smtp: Any) -> Case:
    settings = SmtpSettings(host="localhost", port=port, tls=Tls.REQUIRED, timeout_seconds=5)
    return a_case(Names(zone or "127.0.0.1:1", seconds=0.3), folder, settings={"smtp": replace(settings, **smtp)})


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def test_a_good_server_is_found_good(tmp_path: Path, authority: Authority) -> None:
    recorder = Recorder(pipelining=True, passwords={"news": "right"})
    with smtp_server(recorder, tls=authority.server_context("localhost"), auth=True) as running:
        case = a_server_case(tmp_path, running.port, ca_file=authority.file, username="news", password="right")
        findings = list(server.check(case))
    assert {finding.result for finding in findings} == {Result.OK}, findings
    found = by_check(findings)
    assert {"smtp-connect", "smtp-tls", "smtp-auth", "smtp-pipelining", "smtp-size"} <= found.keys()
    assert "TLSv1.3" in found["smtp-tls"].means
    assert not recorder.received


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (("localhost",), {"days": -3}, "expired"),
        (("mail.elsewhere.example",), {}, "is for mail.elsewhere.example and not for localhost"),
        (("localhost",), {"self_signed": True}, "signed by itself"),
        (("localhost",), {"begun": -2}, "valid from"),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_told_by_its_reason(
    tmp_path: Path, authority: Authority, names: tuple[str, ...], options: dict[str, Any], said: str
) -> None:
    recorder = Recorder(passwords={"news": "right"})
    with smtp_server(recorder, tls=authority.server_context(*names, **options), auth=True) as running:
        case = a_server_case(tmp_path, running.port, ca_file=authority.file, username="news", password="right")
        (bad,) = failures(server.check(case))
    assert bad.check == "smtp-tls"
    assert said in bad.means
    assert bad.mend


def test_a_certificate_that_ends_soon_is_a_warning(tmp_path: Path, authority: Authority) -> None:
    with smtp_server(tls=authority.server_context("localhost", days=5)) as running:
        findings = list(server.check(a_server_case(tmp_path, running.port, ca_file=authority.file)))
    assert "expires in" in by_check(findings)["smtp-tls"].means
    assert by_check(findings)["smtp-tls"].result is Result.WARNING


def test_opportunistic_tls_tells_of_a_certificate_that_it_took_all_the_same(
    tmp_path: Path, authority: Authority
) -> None:
    with smtp_server(tls=authority.server_context("localhost", self_signed=True)) as running:
        findings = list(server.check(a_server_case(tmp_path, running.port, tls=Tls.OPPORTUNISTIC)))
    assert "cannot be trusted" in by_check(findings)["smtp-tls"].means
    assert not failures(findings)


def test_a_server_without_starttls_or_with_another_password_fails(tmp_path: Path, authority: Authority) -> None:
    with smtp_server() as running:
        (bad,) = failures(server.check(a_server_case(tmp_path, running.port)))
        assert (bad.check, "STARTTLS" in bad.means) == ("smtp-tls", True)
    recorder = Recorder(passwords={"news": "right"})
    with smtp_server(recorder, tls=authority.server_context("localhost"), auth=True) as running:
        case = a_server_case(tmp_path, running.port, ca_file=authority.file, username="news", password="secret")
        (bad,) = failures(server.check(case))
    assert bad.check == "smtp-auth"
    assert "secret" not in repr(bad)


def test_a_server_without_pipelining_is_slower_and_that_is_said(tmp_path: Path) -> None:
    with smtp_server(Recorder(pipelining=False)) as running:
        findings = list(server.check(a_server_case(tmp_path, running.port, tls=Tls.NONE)))
    assert [finding.check for finding in warnings(findings)] == ["smtp-pipelining"]
    assert not failures(findings)


def test_nobody_there_and_nobody_known_are_failures_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    (refused,) = failures(server.check(a_server_case(tmp_path, port)))
    assert "nothing answers there" in refused.means
    (unknown,) = failures(server.check(a_server_case(tmp_path, 25, host="nowhere.invalid")))
    assert "no server of this name" in unknown.means


@contextmanager
def a_mute_server() -> Iterator[int]:
    """Accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()
        thread.join(PATIENCE_SECONDS)


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    def trial(_attempt: int) -> str:
        case = replace(a_server_case(tmp_path, port, tls=Tls.NONE), seconds=0.5)
        began = time.monotonic()
        (bad,) = failures(server.check(case))
        took = time.monotonic() - began
        assert "did not answer within" in bad.means
        return "" if took < 5 else f"{took:.1f} seconds"

    with a_mute_server() as port:
        one_of_three(trial)


def test_the_round_trip_sends_one_signed_mail_that_a_receiver_finds_good(tmp_path: Path) -> None:
    recorder = Recorder(pipelining=True)
    with smtp_server(recorder) as running, name_server(a_good_zone()) as dns:
        case = a_server_case(tmp_path, running.port, zone=dns.address, tls=Tls.NONE)
        assert list(round_trip.check(case)) == []
        (sent,) = round_trip.check(replace(case, send_to="editor@example.net"))
        assert sent.result is Result.OK, sent
        (received,) = recorder.received
        assert received.rcpt_to == "editor@example.net"
        assert received.mail_from.endswith("@bounces.harbour.example")
        findings = list(look_at(received.content, Names(dns.address), case.now(), spam_filter=False))
    assert not failures(findings), failures(findings)
    assert any("verifies" in finding.means for finding in findings)
    assert read_mail(received.content).value("To") == "editor@example.net"


def test_a_refused_round_trip_repeats_the_servers_words(tmp_path: Path) -> None:
    recorder = Recorder(judge_rcpt=lambda address: "550 5.7.1 relaying denied")
    with smtp_server(recorder) as running:
        case = a_server_case(tmp_path, running.port, tls=Tls.NONE)
        (bad,) = round_trip.check(replace(case, send_to="editor@example.net"))
    assert bad.result is Result.FAILURE
    assert "relaying denied" in bad.means


def test_postmaster_and_abuse_are_asked_for_only_when_that_is_wanted(tmp_path: Path) -> None:
    recorder = Recorder(judge_rcpt=lambda address: "550 5.1.1 no" if address.startswith("abuse@") else None)
    zone = a_good_zone() | {("mail.harbour.example", "A"): ["127.0.0.1"]}
    with smtp_server(recorder) as running, name_server(zone) as dns:
        case = a_case(Names(dns.address), tmp_path, mail_port=running.port)
        assert list(mailboxes.check(case)) == []
        assert recorder.connections == 0
        findings = list(mailboxes.check(replace(case, probe_mailboxes=True)))
    assert [finding.result for finding in findings] == [Result.OK, Result.FAILURE]
    assert "abuse@harbour.example" in findings[1].mend
    assert recorder.received == []
