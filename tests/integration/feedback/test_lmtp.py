"""The LMTP listener with a real client: our return paths only, one reply a recipient, nothing lost."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailer.bounce.return_path import ReturnPaths
from mailer.errors import DatabaseError, SettingsError
from mailer.flows.receiving import Reception, keep_running
from mailer.intake.lmtp import serve_lmtp
from mailer.intake.taking import Take
from mailer.settings import BounceSettings
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from tests.builders.bounces import a_dsn
from tests.builders.feedback import Office, a_hard_bounce
from tests.support.waiting import PATIENCE_SECONDS, until

PATHS = ReturnPaths([b"a secret of thirty-two octets ...."], "bounces.example.org")


def is_ours(address: str) -> bool:
    return PATHS.read(address) is not None


@contextmanager
def listening(take: Take, listen: str = "127.0.0.1:0") -> Iterator[str]:
    """A listener in a thread; gives its address."""
    told: list[str] = []
    started, stop = threading.Event(), threading.Event()

    def tell(address: str) -> None:
        told.append(address)
        started.set()

    async def serve() -> None:
        done = asyncio.Event()
        asyncio.get_running_loop().run_in_executor(None, stop.wait).add_done_callback(lambda _: done.set())
        await serve_lmtp(listen, is_ours, take, stop=done, listening=tell)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(PATIENCE_SECONDS)
    try:
        yield told[0]
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def client(address: str) -> smtplib.LMTP:
    if address.startswith("unix:"):
        return smtplib.LMTP(address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return smtplib.LMTP(host, int(port))


class Taker:
    def __init__(self) -> None:
        self.taken: list[tuple[bytes, tuple[str, ...]]] = []

    def __call__(self, raw: bytes, came_to: Sequence[str]) -> bool:
        self.taken.append((raw, tuple(came_to)))
        return True


def test_return_paths_of_ours_are_taken_and_no_others() -> None:
    take, ours = Taker(), PATHS.make(7)
    forged = ours[:10] + ("q" if ours[10] != "q" else "r") + ours[11:]
    with listening(take) as address, client(address) as lmtp:
        refused = lmtp.sendmail("", [ours, forged, "editor@example.org"], a_dsn())
        assert lmtp.docmd("RSET")[0] == 250
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            lmtp.sendmail("", ["editor@example.org"], a_dsn())
    assert {code for code, _ in refused.values()} == {550}
    assert set(refused) == {forged, "editor@example.org"}
    assert all(words.startswith(b"5.1.1 ") for _, words in refused.values())
    assert [came_to for _, came_to in take.taken] == [(ours,)]
    assert take.taken[0][0].replace(b"\r\n", b"\n").rstrip() == a_dsn().rstrip()


def test_every_recipient_gets_a_reply_of_its_own() -> None:
    ours = [PATHS.make(number) for number in range(3)]

    def take(raw: bytes, came_to: Sequence[str]) -> bool:
        if came_to[0] == ours[1]:
            raise DatabaseError("away")
        return True

    with listening(take) as address, client(address) as lmtp:
        lmtp.ehlo()  # smtplib's sendmail reads one reply only, whatever RFC 2033 says
        assert lmtp.mail("")[0] == 250
        assert [lmtp.rcpt(to)[0] for to in ours] == [250] * 3
        assert lmtp.docmd("DATA")[0] == 354
        lmtp.send(a_dsn().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        assert [lmtp.getreply()[0] for _ in ours] == [250, 451, 250]
        assert lmtp.noop()[0] == 250


def test_lines_that_are_too_long_do_not_turn_a_notice_away() -> None:
    take = Taker()
    with listening(take) as address, client(address) as lmtp:
        lmtp.sendmail("", [PATHS.make(1)], a_dsn() + b"x" * 50_000 + b"\n")
    assert len(take.taken) == 1


def test_it_listens_on_a_socket_in_a_folder_and_takes_over_a_dead_one(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    take = Taker()
    for _ in range(2):
        with listening(take, f"unix:{path}") as address, client(address) as lmtp:
            assert path.stat().st_mode & 0o777 == 0o660
            lmtp.sendmail("", [PATHS.make(1)], a_dsn())
        assert not path.exists()
    assert len(take.taken) == 2


def test_a_socket_that_another_process_answers_on_is_left_to_it(tmp_path: Path) -> None:
    listen = f"unix:{tmp_path / 'lmtp'}"
    with listening(Taker(), listen):
        with pytest.raises(SettingsError, match="cannot be listened on"):
            asyncio.run(serve_lmtp(listen, is_ours, Taker(), stop=asyncio.Event()))
        with client(listen) as lmtp:
            assert lmtp.noop()[0] == 250


def test_the_workers_listener_suppresses_a_dead_address(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    prepare_database(engine)
    office = Office(engine)
    office.people("ada@example.org")
    office.send()
    told: list[str] = []
    settings = BounceSettings(lmtp=f"unix:{tmp_path / 'lmtp'}")
    (service,) = Reception(office.feedback, settings, told.append).services()
    stop = threading.Event()
    thread = keep_running(service, stop, told.append)
    try:
        until(lambda: told)
        with client(settings.lmtp) as lmtp:
            lmtp.sendmail("", [office.return_path("ada@example.org")], a_hard_bounce(office, "ada@example.org"))
    finally:
        stop.set()
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    assert office.suppressed() == {"ada@example.org": "hard-bounce"}
    engine.dispose()
