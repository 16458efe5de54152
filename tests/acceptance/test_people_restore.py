"""Backup and restore on a whole installation with a real mail server: nothing twice, no goodbye lost."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer.cli import main
from mailer.flows.working import only_worker
from mailer.store.database import open_database
from tests.acceptance.test_send import ISSUE, SLUG
from tests.support.newsroom import Newsroom
from tests.support.smtp_server import Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS

PEOPLE = 6


class House:
    """A newsroom whose server turns some people away for now."""

    def __init__(self, folder: Path, server: Recorder) -> None:
        self.server = server
        self.later: set[str] = set()
        server.judge_rcpt = lambda address: "451 4.2.1 later" if address in self.later else None
        self.folder = Newsroom.opened(folder / "site", server.port, languages=("en",)).folder
        (self.folder / f"{SLUG}.md").write_text(ISSUE)
        self.people = [f"person{number}@example.org" for number in range(PEOPLE)]
        (self.folder / "people.txt").write_text("\n".join(self.people))
        self.run("subscribers", "import", "people.txt")

    def call(self, *arguments: str) -> Result:
        """A command, in this process: the folder is the current one."""
        with contextlib.chdir(self.folder):
            return CliRunner().invoke(main, arguments, prog_name="mailer")

    def run(self, *arguments: str, code: int = 0) -> str:
        answer = self.call(*arguments)
        assert answer.exit_code == code, (arguments, answer.stdout, answer.stderr)
        return answer.stdout + answer.stderr

    def send(self, *, code: int = 0) -> str:
        return self.run("send", f"{SLUG}.md", "--yes", code=code)

    def send_half(self) -> None:
        """Three people have the issue afterwards, three are to be tried again."""
        self.later = set(self.people[:3])
        self.send(code=3)
        self.later = set()

    def send_rest(self) -> None:
        self.run("retry", SLUG, "--only", "deferred")
        self.send()

    def lose_database(self) -> None:
        for path in self.folder.glob("mailer.db*"):
            path.unlink()

    def states(self) -> Counter[str]:
        lines = json.loads(self.run("report", SLUG, "--format", "json"))
        return Counter(line["outcome"] for line in lines)

    @property
    def everybody_once(self) -> bool:
        return Counter(self.server.recipients()) == Counter(self.people)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with smtp_server() as server:
        yield House(tmp_path, server)


@pytest.mark.parametrize("lost", [False, True])
def test_an_issue_that_the_backup_does_not_know_is_not_sent_again(house: House, *, lost: bool) -> None:
    house.run("backup", "b.db")
    house.send()
    assert house.everybody_once
    if lost:
        house.lose_database()
    told = house.run("restore", "b.db", "--yes")
    assert f"Sent or begun since, and not sent again: {SLUG}" in told
    refused = house.send(code=1)
    assert "the database has forgotten it" in refused
    assert house.everybody_once


def test_what_may_have_gone_out_after_the_backup_is_held_for_a_person(house: House) -> None:
    house.send_half()
    house.run("backup", "b.db")
    house.send_rest()
    assert house.everybody_once
    house.lose_database()
    told = house.run("restore", "b.db")
    assert f"{SLUG}: 3 deliveries are held" in told
    assert f"mailer retry {SLUG} --only unknown" in told
    house.send(code=3)
    assert house.everybody_once
    assert house.states() == {"accepted": 3, "unknown": 3}
    house.run("retry", SLUG, "--only", "unknown")  # the person decides
    house.send()
    assert Counter(house.server.recipients()) == Counter(house.people) + Counter(house.people[:3])


def test_what_the_replaced_database_knows_of_the_ledger_is_kept(house: House) -> None:
    house.send_half()
    house.run("backup", "b.db")
    house.send_rest()
    told = house.run("restore", "b.db", "--yes")
    assert "held" not in told
    assert house.states() == {"accepted": PEOPLE}
    house.send()
    assert house.everybody_once
    shown = json.loads(house.run("subscribers", "show", house.people[0], "--json"))
    assert [(one["issue"], one["outcome"]) for one in shown["issues"]] == [(SLUG, "accepted")]
    assert f"news/{SLUG}  accepted" in house.run("subscribers", "show", house.people[0])


def test_an_issue_that_nobody_touched_since_the_backup_simply_goes_on(house: House) -> None:
    house.send_half()
    house.run("backup", "b.db")
    house.lose_database()
    assert "held" not in house.run("restore", "b.db")
    house.send_rest()
    assert house.everybody_once


def test_without_its_journal_a_restored_issue_is_held(house: House) -> None:
    house.send_half()
    house.run("backup", "b.db")
    house.lose_database()
    (house.folder / "mailer.journal").unlink()
    assert "3 deliveries are held" in house.run("restore", "b.db")
    house.send(code=3)
    assert len(house.server.received) == 3


def test_an_older_database_that_was_put_in_place_by_hand_sends_nothing(house: House) -> None:
    house.send_half()
    house.run("backup", "b.db")
    house.send_rest()
    for path in house.folder.glob("mailer.db-*"):
        path.unlink()
    (house.folder / "mailer.db").write_bytes((house.folder / "b.db").read_bytes())
    house.run("retry", SLUG, "--only", "deferred")
    assert "mailer restore" in house.send(code=1)
    assert house.everybody_once


def test_goodbyes_suppressions_and_erasures_since_the_backup_are_kept(house: House) -> None:
    house.run("backup", "b.db")
    for what, address in (("unsubscribe", house.people[0]), ("suppress", house.people[1])):
        house.run("subscribers", what, address)
    house.run("subscribers", "erase", house.people[2], "--yes")
    house.run("subscribers", "add", "new@example.org")
    house.run("subscribers", "unsubscribe", "new@example.org")
    told = house.run("restore", "b.db", "--yes")
    assert "2 suppressions, 2 goodbyes" in told
    assert "1 people who were erased since are erased again" in told
    listed = {one["email"]: one["status"] for one in json.loads(house.run("subscribers", "list", "--json"))}
    assert listed == {
        house.people[0]: "unsubscribed",
        house.people[1]: "suppressed",
        "new@example.org": "unsubscribed",
        **dict.fromkeys(house.people[3:], "subscribed"),
    }
    shown = json.loads(house.run("subscribers", "show", house.people[0], "--json"))
    assert [one["event"] for one in shown["subscriptions"][0]["history"]] == ["imported", "unsubscribed"]
    house.send()
    assert sorted(house.server.recipients()) == sorted(house.people[3:])


def test_restoring_twice_is_restoring_once_and_the_replaced_database_is_kept(house: House) -> None:
    house.run("subscribers", "unsubscribe", house.people[0])
    house.run("backup", "b.db")
    first = house.run("subscribers", "list")
    house.run("restore", "b.db", "--yes")
    house.run("restore", "b.db", "--yes")
    assert house.run("subscribers", "list") == first
    kept = list(house.folder.glob("mailer.db.replaced-*"))
    assert kept
    for path in (*kept, house.folder / "mailer.db", house.folder / "b.db", house.folder / "mailer.journal"):
        if path.exists():
            assert path.stat().st_mode & 0o777 == 0o600, path
    assert not list(house.folder.glob(".*restoring*")) + list(house.folder.glob(".*part*"))


def test_a_database_that_is_damaged_is_set_aside(house: House) -> None:
    house.run("backup", "b.db")
    for path in house.folder.glob("mailer.db-*"):
        path.unlink()
    (house.folder / "mailer.db").write_bytes(b"SQLite format 3\0" + b"\x7f" * 9000)
    told = house.run("restore", "b.db", "--yes")
    assert "no database that could be read" in told
    assert len(house.run("subscribers", "list").splitlines()) == PEOPLE
    (kept,) = house.folder.glob("mailer.db.replaced-*")
    assert kept.read_bytes().startswith(b"SQLite format 3\0\x7f")


def test_what_is_no_backup_of_ours_is_refused_and_nothing_is_overwritten_unasked(house: House) -> None:
    house.run("backup", "b.db")
    assert "exists already" in house.run("backup", "b.db", code=2)
    assert "the database itself" in house.run("backup", "mailer.db", "--yes", code=2)
    house.run("backup", "b.db", "--yes")
    assert "nobody is there to say yes" in house.run("restore", "b.db", code=2)
    whole = (house.folder / "b.db").read_bytes()
    with closing(sqlite3.connect(house.folder / "other.db")) as other:
        other.execute("CREATE TABLE invoice (id INTEGER)")
        other.commit()
    files = {
        "letter.txt": b"Dear Ada",
        "cut.db": whole[: len(whole) // 2],
        "pg.dump": b"PGDMP\x01\x0e",
        "other.db": (house.folder / "other.db").read_bytes(),
        "empty.db": b"",
    }
    before = house.run("subscribers", "list")
    for name, content in files.items():
        (house.folder / name).write_bytes(content)
        answer = house.call("restore", name, "--yes")
        assert answer.exit_code in (1, 2), name
        assert "this should not have happened" not in answer.stderr, (name, answer.stderr)
        assert house.run("subscribers", "list") == before, name
    with closing(sqlite3.connect(house.folder / "b.db")) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    assert "newer than this program" in house.run("restore", "b.db", "--yes", code=1)


def test_nothing_is_put_back_under_a_running_worker(house: House) -> None:
    house.run("backup", "b.db")
    house.run("subscribers", "add", "new@example.org")
    engine = open_database(f"sqlite:///{house.folder / 'mailer.db'}")
    with only_worker(engine) as alone:
        assert alone
        assert "a worker is running" in house.run("restore", "b.db", "--yes", code=1)
    assert "new@example.org" in house.run("subscribers", "list")
    house.run("restore", "b.db", "--yes")
    assert "new@example.org" not in house.run("subscribers", "list")


def test_no_backup_is_made_of_a_database_that_is_not_there(house: House) -> None:
    house.lose_database()
    assert "no database to back up" in house.run("backup", "b.db", code=2)
    assert not list(house.folder.glob("*.db"))


def test_a_plain_copy_of_the_database_is_taken_and_holds_what_is_open(house: House) -> None:
    house.send_half()
    with closing(sqlite3.connect(house.folder / "mailer.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (house.folder / "copy.db").write_bytes((house.folder / "mailer.db").read_bytes())
    house.lose_database()
    assert "3 deliveries are held" in house.run("restore", "copy.db")
    house.send(code=3)
    assert len(house.server.received) == 3


def test_a_backup_shows_one_moment_while_others_write(house: House) -> None:
    stop, wrote = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(house.folder / "mailer.db", timeout=60, isolation_level=None)) as connection:
            number = 0
            while not stop.is_set():
                number += 1
                connection.execute("BEGIN IMMEDIATE")
                for reason in ("one", "two"):  # always both or neither
                    connection.execute(
                        "INSERT INTO suppression (address_hash, newsletter, reason, detail, at)"
                        " VALUES (?, '', ?, '', '2026-01-01')",
                        (f"{number}-{reason}", reason),
                    )
                connection.execute("COMMIT")
                wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert wrote.wait(PATIENCE_SECONDS)
        for number in range(3):
            house.run("backup", f"b{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(3):
        with closing(sqlite3.connect(house.folder / f"b{number}.db")) as backup:
            counts = dict(backup.execute("SELECT reason, count(*) FROM suppression GROUP BY reason").fetchall())
        assert counts["one"] == counts["two"] > 0
