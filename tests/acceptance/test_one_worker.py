"""Several ``mailer serve`` on one SQLite database: one worker at a time, the next after a crash, nobody locked."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom
from tests.support.processes import started
from tests.support.smtp_server import smtp_server
from tests.support.waiting import until

SERVERS, PEOPLE = 2, 12


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).read()
        return True
    return False


def holders(lock: Path) -> list[int]:
    """The processes that hold the worker's lock, as the kernel tells."""
    if not lock.exists():
        return []
    inode = f":{lock.stat().st_ino}"
    found = []
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if words[1] == "FLOCK" and any(word.endswith(inode) for word in words):
            found.append(int(words[4]))
    return found


def subscribe(port: int, address: str) -> int:
    form = urllib.parse.urlencode({"email": address}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/news/subscribe", form, timeout=60) as answer:
        return int(answer.status)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="no /proc/locks to see who holds a lock")
def test_one_of_several_servers_has_the_worker_and_another_takes_over_after_a_crash(tmp_path: Path) -> None:
    with smtp_server() as mail, contextlib.ExitStack() as stack:
        room = Newsroom.opened(tmp_path / "site", mail.port)
        room.run("db", "upgrade", check=True)
        lock = room.folder / "mailer.db.worker"
        ports = [a_free_port() for _ in range(SERVERS)]
        said = [stack.enter_context((tmp_path / f"said{number}").open("w+")) for number in range(SERVERS)]
        servers: list[subprocess.Popen[str]] = []
        for port, file in zip(ports, said, strict=True):
            command = room.command("serve", "--port", str(port), "--processes", "2")
            servers.append(stack.enter_context(started(command, cwd=room.folder, stderr=file.fileno())))
        for port, server in zip(ports, servers, strict=True):
            until(lambda: answers(port), process=server)  # noqa: B023 -- called at once
        until(lambda: len(holders(lock)) == 1)
        (first,) = holders(lock)
        people = [f"reader{number}@d{number}.example" for number in range(PEOPLE)]
        with ThreadPoolExecutor(6) as threads:
            asked = [
                threads.submit(subscribe, ports[number % SERVERS], address)
                for number, address in enumerate(people)
            ]
            until(lambda: len(mail.received) > 1)
            os.kill(first, signal.SIGKILL)
            assert [one.result() for one in asked] == [200] * PEOPLE
        until(lambda: [pid for pid in holders(lock) if pid != first])
        assert len(holders(lock)) == 1
        late = "late@elsewhere.example"
        subscribe(ports[0], late)
        until(lambda: late in mail.recipients())
        for server in servers:
            server.send_signal(signal.SIGTERM)
        for server in servers:
            server.wait(60)
        until(lambda: not holders(lock))
        for file in said:
            file.seek(0)
            told = file.read()
            assert "locked" not in told
            assert "Traceback" not in told
    # what the killed worker had in hand comes back by itself after a quarter of an hour, not now
    assert set(mail.recipients()) <= {*people, late}
    assert len(mail.recipients()) == len(set(mail.recipients()))
