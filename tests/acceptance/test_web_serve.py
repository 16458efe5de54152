"""The app under gunicorn: ``mailer serve``, and several processes of ``gunicorn wsgi:app``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.builders.archive import an_installation
from tests.support.ports import a_free_port
from tests.support.postgres import empty_postgres, postgres_server
from tests.support.processes import started
from tests.support.waiting import PATIENCE_SECONDS, until

__all__ = ["postgres_server"]

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SETTINGS = """
database = "{database}"
base_url = "http://127.0.0.1:{port}"
secret_key_file = "secret.key"
[newsletters.harbour]
name = "The Harbour Gazette"
sender = "The Harbour Gazette <gazette@harbour.example.org>"
"""


@contextmanager
def running(command: list[str], folder: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The server, from when it answers until it was asked to end."""

    def answers() -> bool:
        assert process.poll() is None, process.communicate()[1]
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_SECONDS).read()
        except OSError:
            return False
        return True

    with started(command, cwd=folder, env={**os.environ, **environment}, stderr=subprocess.PIPE) as process:
        until(answers)
        yield process
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def an_installed_folder(folder: Path, port: int, database: str = "sqlite:///mailer.db") -> Path:
    """Settings and a database in which an issue was sent."""
    installation = an_installation(folder, database="" if database.startswith("sqlite") else database)
    installation.send_demo()
    installation.engine.dispose()
    (folder / "mailer.toml").write_text(SETTINGS.format(database=database, port=port))
    return folder


def test_one_command_serves_and_ends_when_asked(tmp_path: Path) -> None:
    port = a_free_port()
    folder = an_installed_folder(tmp_path, port)
    with running([str(BIN / "mailer"), "serve", "--port", str(port)], folder, port) as server:
        page = urllib.request.urlopen(
            f"http://127.0.0.1:{port}/harbour/2026-05-01-spring/de/", timeout=PATIENCE_SECONDS
        )
        assert page.headers["Content-Security-Policy"]
        assert "gunicorn/" not in str(page.headers)
        assert "Wilhelmina, die den Netzboden" in page.read().decode()
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=PATIENCE_SECONDS)
    assert server.returncode == 0
    assert f"Serving http://127.0.0.1:{port} at http://127.0.0.1:{port}/" in said
    assert "Traceback" not in said


def commands_with(words: str) -> list[int]:
    """Processes whose command line holds ``words``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if words in line and line.endswith("worker "):
            found.append(int(folder.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc to look for processes in")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_on_sqlite_the_worker_lives_and_dies_with_the_pages(tmp_path: Path, ending: signal.Signals) -> None:
    port = a_free_port()
    folder = an_installed_folder(tmp_path, port)
    with running([str(BIN / "mailer"), "serve", "--port", str(port)], folder, port) as server:
        until(lambda: commands_with(str(folder)))
        first = commands_with(str(folder))
        assert len(first) == 1
        os.kill(first[0], signal.SIGKILL)  # somebody's accident: another one comes
        until(lambda: [pid for pid in commands_with(str(folder)) if pid not in first])
        server.send_signal(ending)
        server.wait(PATIENCE_SECONDS)
        until(lambda: not commands_with(str(folder)))


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        folder = an_installed_folder(tmp_path, port)
        answer = subprocess.run(
            [str(BIN / "mailer"), "serve", "--port", str(port)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    assert answer.returncode == 2
    assert f"cannot listen at 127.0.0.1, port {port}" in answer.stderr


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_several_processes_serve_one_database(
    tmp_path: Path, request: pytest.FixtureRequest, database: str
) -> None:
    port = a_free_port()
    command = [
        str(BIN / "gunicorn"),
        "--workers",
        "3",
        "--bind",
        f"127.0.0.1:{port}",
        "--chdir",
        str(ROOT),
        "wsgi:app",
    ]
    if database == "sqlite":
        folder = an_installed_folder(tmp_path, port)
        _ask_much(command, folder, port)
        return
    with empty_postgres(request.getfixturevalue("postgres_server")) as url:
        _ask_much(command, an_installed_folder(tmp_path, port, url), port)


def _ask_much(command: list[str], folder: Path, port: int) -> None:
    with running(command, folder, port, MAILER_CONFIG=str(folder / "mailer.toml"), HOME=str(folder)):
        pages = set()
        for _ in range(30):
            for path in ("/harbour/", "/harbour/2026-05-01-spring/fr/", "/harbour/feed.atom"):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_SECONDS) as answer:
                    pages.add((path, answer.status, answer.headers["ETag"]))
        assert len(pages) == 3  # whichever process answers, the same bytes
        assert {status for _, status, _ in pages} == {200}


def test_broken_requests_on_the_wire_get_no_version_and_no_trace(tmp_path: Path) -> None:
    port = a_free_port()
    folder = an_installed_folder(tmp_path, port)
    broken = (
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
        b"POST /subscribe HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 300 + b"\r\n",
    )
    with running([str(BIN / "mailer"), "serve", "--port", str(port)], folder, port) as server:
        for request in broken:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
            assert not answer.startswith(b"HTTP/1.1 5") or b"501" in answer[:20] or b"505" in answer[:20], answer[
                :200
            ]
            assert b"Traceback" not in answer
            assert b"gunicorn/" not in answer
        connection_after = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        connection_after.request("GET", "/healthz")
        assert connection_after.getresponse().status == 200
        connection_after.close()
        server.terminate()
        assert "Traceback" not in server.communicate(timeout=PATIENCE_SECONDS)[1]


def test_settings_that_cannot_work_are_said_before_anything_listens(tmp_path: Path) -> None:
    folder = an_installed_folder(tmp_path, 8080)
    (folder / "mailer.toml").write_text('databse = "x"\n')
    answer = subprocess.run(
        [str(BIN / "mailer"), "serve"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert answer.returncode == 2
    assert "Did you mean database?" in answer.stderr
