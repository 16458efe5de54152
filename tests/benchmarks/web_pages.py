"""First byte of each page from ``gunicorn wsgi:app`` with four processes, as people ask: a connection each."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.builders.archive import an_installation

ROOT = Path(__file__).resolve().parents[2]
GUNICORN = Path(sys.executable).with_name("gunicorn")
TURNS = 200
SETTINGS = """
database = "sqlite:///mailer.db"
base_url = "http://127.0.0.1:{port}"
secret_key_file = "secret.key"
[newsletters.harbour]
name = "The Harbour Gazette"
sender = "The Harbour Gazette <gazette@harbour.example.org>"
languages = ["en", "de", "fr"]
"""
PAGES = (
    "/healthz",
    "/harbour/subscribe",
    "/harbour/",
    "/harbour/2026-05-01-spring/en/",
    "/harbour/feed.atom",
    "/nothing",
)


def first_byte(port: int, path: str, more: str = "") -> float:
    """Milliseconds from connecting until the first byte of the answer."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n".encode()
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        connection.recv(1)
        taken = (time.perf_counter() - started) * 1000
        while connection.recv(65536):
            pass
    return taken


def measure(port: int, path: str, more: str = "", name: str = "") -> None:
    taken = sorted(first_byte(port, path, more) for _ in range(TURNS))
    print(
        f"{name or path}: {statistics.median(taken):.1f} ms at the median, "
        f"{taken[int(TURNS * 0.95)]:.1f} ms at the 95th percentile"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installation = an_installation(folder)
        installation.send_several(100)
        installation.send_demo()
        installation.engine.dispose()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "mailer.toml").write_text(SETTINGS.format(port=port))
        server = subprocess.Popen(
            [
                Path(sys.executable).with_name("gunicorn"),
                "--workers",
                "4",
                "--bind",
                f"127.0.0.1:{port}",
                "wsgi:app",
            ],
            cwd=ROOT,
            env={**os.environ, "MAILER_CONFIG": str(folder / "mailer.toml"), "HOME": name},
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            for path in PAGES:
                measure(port, path)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/harbour/feed.atom") as answer:
                tag = answer.headers["ETag"]
            measure(port, "/harbour/feed.atom", f"If-None-Match: {tag}\r\n", "/harbour/feed.atom, nothing new")
        finally:
            server.terminate()
            server.wait(30)


def wait_for(port: int) -> None:
    """Until every process has answered once."""
    for _ in range(600):
        try:
            first_byte(port, "/healthz")
            break
        except OSError:
            time.sleep(0.1)
    for _ in range(40):
        first_byte(port, "/harbour/")


if __name__ == "__main__":
    main()
