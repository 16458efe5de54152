"""Opening connections: TLS as settled, AUTH, and one sentence for each way it can fail."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailer.delivery.connect import find_way, hang_up, is_loopback, open_connection, say_goodbye
from mailer.delivery.engine import deliver
from mailer.delivery.model import StopSignal
from mailer.errors import ServerError
from mailer.settings import SmtpSettings, Tls
from tests.builders.delivery import a_database, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, fault_server
from tests.support.ports import a_free_port
from tests.support.smtp_server import Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS

SECRET = "correct horse"


def a_certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, and the server's side of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "cert.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path = folder / "key.pem"
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return path, context


def opened(smtp: SmtpSettings, look: Callable[[aiosmtplib.SMTP], Any]) -> Any:
    async def main() -> Any:
        client = await open_connection(await find_way(smtp))
        try:
            return look(client)
        finally:
            await say_goodbye(client)

    return asyncio.run(main())


def refusal(smtp: SmtpSettings) -> str:
    """The one sentence with which opening fails."""
    with pytest.raises(ServerError) as raised:
        opened(smtp, lambda client: None)
    sentence = str(raised.value)
    assert "\n" not in sentence
    assert SECRET not in sentence
    assert SECRET not in repr(raised.value)
    assert f":{smtp.port}" in sentence
    return sentence


def test_with_starttls_and_a_known_certificate_the_way_is_encrypted_and_the_password_accepted(
    tmp_path: Path,
) -> None:
    ca_file, context = a_certificate(tmp_path)
    recorder = Recorder(passwords={"news": SECRET})
    with smtp_server(recorder, tls=context, auth=True) as server:
        smtp = some_smtp(server.port, tls=Tls.REQUIRED, ca_file=ca_file, username="news", password=SECRET)
        encrypted = opened(smtp, lambda client: client.get_transport_info("cipher"))
    assert encrypted


@pytest.mark.parametrize("pipelining", [False, True], ids=["lock-step", "pipelined"])
def test_a_whole_issue_goes_out_over_tls(pipelining: bool, tmp_path: Path) -> None:
    ca_file, context = a_certificate(tmp_path)
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 40)
    recorder = Recorder(passwords={"news": SECRET}, pipelining=pipelining)
    with smtp_server(recorder, tls=context, auth=True) as server:
        smtp = some_smtp(server.port, tls=Tls.REQUIRED, ca_file=ca_file, username="news", password=SECRET)
        asyncio.run(deliver(a_sending(engine, issue_id, server.port, smtp=smtp), stop=StopSignal()))
    assert states_of(engine, issue_id) == {"accepted": 40}
    assert len(set(server.recipients())) == 40


def test_an_unknown_certificate_is_refused(tmp_path: Path) -> None:
    _, context = a_certificate(tmp_path)
    with smtp_server(tls=context) as server:
        sentence = refusal(some_smtp(server.port, tls=Tls.REQUIRED, username="news", password=SECRET))
    assert "certificate cannot be trusted" in sentence
    assert "smtp.ca_file" in sentence


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    ca_file, context = a_certificate(tmp_path, host="mail.example.org")
    with smtp_server(tls=context) as server:
        assert "certificate" in refusal(some_smtp(server.port, tls=Tls.REQUIRED, ca_file=ca_file))


def test_a_server_without_starttls_is_refused_when_tls_is_required_and_taken_when_it_is_not() -> None:
    with smtp_server() as server:
        sentence = refusal(some_smtp(server.port, tls=Tls.REQUIRED))
        opened(some_smtp(server.port, tls=Tls.OPPORTUNISTIC), lambda client: None)
    assert "does not offer STARTTLS" in sentence


def test_opportunistic_tls_without_a_password_takes_any_certificate(tmp_path: Path) -> None:
    _, context = a_certificate(tmp_path)
    with smtp_server(tls=context) as server:
        smtp = some_smtp(server.port, tls=Tls.OPPORTUNISTIC)
        assert opened(smtp, lambda client: client.get_transport_info("cipher"))


def test_a_server_without_auth_is_named() -> None:
    with smtp_server() as server:
        sentence = refusal(some_smtp(server.port, username="news", password=SECRET))
    assert "does not offer AUTH" in sentence


def test_a_wrong_password_is_named_but_never_shown(tmp_path: Path) -> None:
    ca_file, context = a_certificate(tmp_path)
    with smtp_server(Recorder(passwords={"news": "another"}), tls=context, auth=True) as server:
        smtp = some_smtp(server.port, tls=Tls.REQUIRED, ca_file=ca_file, username="news", password=SECRET)
        sentence = refusal(smtp)
    assert "did not accept the user name and password" in sentence
    assert "'news'" in sentence


def test_nobody_there_is_one_sentence() -> None:
    assert "connection refused" in refusal(some_smtp(a_free_port()))


def test_a_name_that_does_not_exist_is_one_sentence() -> None:
    assert "no server of this name" in refusal(some_smtp(25, host="nowhere.invalid", tls=Tls.REQUIRED))


def test_a_tls_port_that_does_not_speak_tls_is_one_sentence() -> None:
    with smtp_server() as server:
        assert "smtps://" in refusal(some_smtp(server.port, implicit_tls=True, tls=Tls.REQUIRED))


def test_switching_tls_off_is_only_for_this_machine() -> None:
    assert "only allowed for a server on this machine" in refusal(some_smtp(25, host="mail.example.org"))
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("localhost.example.org")
    assert not is_loopback("10.0.0.1")


@pytest.mark.parametrize(
    ("stage", "fault", "words"),
    [
        ("CONNECT", Fault("554 5.7.1 your address is listed"), "turned us away: 554 5.7.1 your address is listed"),
        ("CONNECT", Fault("421 too many connections"), "turned us away: 421"),
        ("CONNECT", Fault(drop=True), "broke off"),
        ("CONNECT", Fault(until=lambda: False), "did not answer within 0.3 seconds"),
        ("EHLO", Fault("550 not you"), "turned us away: 550 not you"),
        ("EHLO", Fault(half=7), "broke off"),
    ],
)
def test_a_server_that_turns_us_away_is_one_sentence_and_nothing_is_lost(
    stage: str, fault: Fault, words: str, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 5)
    with fault_server(lambda at, count, argument: fault if at == stage else None) as server:
        smtp = some_smtp(server.port, timeout_seconds=60.0 if fault.until is None else 0.3)
        assert words in refusal(smtp)
        with pytest.raises(ServerError):
            asyncio.run(deliver(a_sending(engine, issue_id, server.port, smtp=smtp), stop=StopSignal()))
    assert states_of(engine, issue_id) == {"queued": 5}


def test_what_the_fast_path_needs_of_aiosmtplib_is_there(tmp_path: Path) -> None:
    """A contract with aiosmtplib 5.1: after connecting, ``transport`` takes another protocol and gives it back."""

    def look(client: aiosmtplib.SMTP) -> bool:
        transport, protocol = client.transport, client.protocol
        assert isinstance(transport, asyncio.Transport)
        assert isinstance(protocol, asyncio.BaseProtocol)
        transport.set_protocol(asyncio.Protocol())
        transport.set_protocol(protocol)
        assert transport.get_protocol() is protocol
        return client.supports_extension("smtputf8")

    with smtp_server() as server:
        assert opened(some_smtp(server.port), look)


@contextmanager
def a_server_that_never_lets_go(context: ssl.SSLContext) -> Iterator[int]:
    """Speaks TLS from the start, answers each line with a 250, and keeps the connection open for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve() -> None:
            with context.wrap_socket(listening.accept()[0], server_side=True, suppress_ragged_eofs=True) as talk:
                talk.sendall(b"220 ready\r\n")
                while not over.is_set() and talk.recv(1000):
                    talk.sendall(b"250 yes\r\n")
                over.wait(PATIENCE_SECONDS)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join(PATIENCE_SECONDS)


async def _hang_up(client: aiosmtplib.SMTP) -> None:
    hang_up(client)


@pytest.mark.parametrize("leave", [_hang_up, say_goodbye])
def test_a_connection_that_was_left_is_closed_even_if_the_server_never_ends_its_tls(
    tmp_path: Path, leave: Callable[[aiosmtplib.SMTP], Awaitable[object]]
) -> None:
    ca_file, context = a_certificate(tmp_path)

    async def main(smtp: SmtpSettings) -> socket.socket:
        client = await open_connection(await find_way(smtp))
        used: socket.socket = client.get_transport_info("socket")
        await leave(client)
        return used

    with a_server_that_never_lets_go(context) as port:
        used = asyncio.run(main(some_smtp(port, implicit_tls=True, ca_file=ca_file)))
        assert used.fileno() == -1
