"""The worker: no notice is lost, none waits behind an issue, and what is scheduled goes when its time has come."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from mailer import wiring
from mailer.flows.notices import wait_before_next
from mailer.flows.working import Work, only_worker, run_worker
from mailer.store import schedule
from mailer.store.database import open_database, writing
from subscribers import outbox
from subscribers.outbox import Notice, Waiting
from tests.builders.people import a_subscriber
from tests.builders.spring import a_spring_issue
from tests.support.newsroom import Newsroom
from tests.support.people_site import Site, path_in, text_of
from tests.support.smtp_server import Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS, until

ADA = "ada@example.org"


def subscribe(site: Site, address: str = ADA) -> None:
    assert site.client().post("/news/subscribe", data={"email": address}).status_code == 200


def an_issue(site: Site, people: int) -> int:
    """A frozen issue with its ledger, planned for so many subscribed people."""
    with writing(site.engine) as connection:
        return a_spring_issue(connection, people, site.clock())


def test_a_notice_that_is_put_off_goes_later_with_the_same_message_id(site: Site) -> None:
    refused: list[str] = []

    def judge(_address: str, content: bytes) -> str | None:
        if len(refused) < 2:
            refused.append(content.decode().split("Message-ID: ")[1].split("\r\n")[0])
            return "451 4.7.1 Greylisted, try again later"
        return None

    site.server.judge_data = judge
    subscribe(site)
    assert site.work().notices.put_off == 1
    assert site.work().notices.put_off == 0, "not at once"
    site.clock.forward(seconds=31)
    assert site.work().notices.put_off == 1
    site.clock.forward(seconds=31)
    assert site.work().notices.sent == 0, "the second wait is longer"
    site.clock.forward(seconds=31)
    assert site.work().notices.sent == 1
    (mail,) = site.mail_to(ADA)
    assert {str(mail["Message-ID"])} == set(refused)


def test_waits_double_up_to_an_hour(site: Site) -> None:
    def tried(times: int) -> Waiting:
        return Waiting(1, Notice.CONFIRM, 1, ADA, "news", "en", {}, site.clock(), times)

    waits = [wait_before_next(tried(times)) for times in range(1, 10)]
    assert waits[0] == timedelta(seconds=30)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)


def test_a_refused_confirmation_shuts_nobody_out(site: Site) -> None:
    site.server.judge_rcpt = lambda _address: "550 5.1.1 No such user"
    subscribe(site)
    assert site.work().notices.given_up == 1
    assert "5.1.1" in site.rows("outbox")[0]["error"]
    assert site.rows("suppression") == [], "a stranger may have typed it"
    site.server.judge_rcpt = None
    site.clock.forward(days=1, seconds=1)
    subscribe(site)
    assert site.work().notices.sent == 1


def test_without_a_server_nothing_is_lost(site: Site) -> None:
    away = replace(site.settings, smtp=replace(site.settings.smtp, port=1))
    subscribe(site)
    subscribe(site, "bob@example.org")
    lost = replace(site, settings=away)
    work = lost.work()
    assert work.notices.put_off == 2
    assert "connection refused" in " ".join(work.left)
    site.clock.forward(seconds=31)
    assert site.work().notices.sent == 2


def test_what_a_dead_worker_had_in_hand_comes_back(site: Site) -> None:
    subscribe(site)
    with writing(site.engine) as connection:
        assert len(outbox.claim(connection, 10, site.clock())) == 1
    assert site.work().notices.sent == 0, "somebody may still have it"
    site.clock.forward(minutes=16)
    assert site.work().notices.sent == 1


def test_two_workers_never_take_the_same_notice(site: Site) -> None:
    for number in range(60):
        subscribe(site, f"p{number}@d{number}.example")
    barrier = threading.Barrier(3)
    taken: list[list[int]] = []

    def take() -> None:
        barrier.wait(PATIENCE_SECONDS)
        mine = []
        for _ in range(10):
            with writing(site.engine) as connection:
                mine += [waiting.id for waiting in outbox.claim(connection, 3, site.clock())]
        taken.append(mine)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    everything = [one for mine in taken for one in mine]
    assert sorted(everything) == sorted(row["id"] for row in site.rows("outbox"))


@pytest.mark.parametrize("what", ["confirmed", "suppressed", "left"])
def test_a_notice_that_nobody_wants_any_more_is_not_sent(site: Site, what: str) -> None:
    subscribe(site)
    with writing(site.engine) as connection:
        match what:
            case "confirmed":
                connection.execute(text("UPDATE subscription SET state = 'subscribed'"))
            case "left":
                connection.execute(text("UPDATE subscription SET state = 'unsubscribed'"))
            case _:
                from subscribers.store import suppress

                suppress(connection, site.keys.address_hash(ADA), reason="complaint", now=site.clock())
    assert site.work().notices.unwanted == 1
    assert site.server.received == []


def test_notices_stay_within_the_sending_limit_that_issues_have(site: Site) -> None:
    from mailer.settings import Rate

    limited = replace(
        site, settings=replace(site.settings, smtp=replace(site.settings.smtp, rate=(Rate(3, 86400),)))
    )
    for number in range(8):
        subscribe(site, f"p{number}@d{number}.example")
    limited.work()
    assert len(site.server.received) == 3
    assert all(row["attempts"] == 0 for row in site.rows("outbox") if row["sent_at"] is None)
    site.clock.forward(days=1, minutes=10)
    limited.work()
    assert len(site.server.received) == 6


def test_who_leaves_while_an_issue_goes_out_does_not_get_it(site: Site) -> None:
    """The first reader's mail makes everybody leave, by the link that names this issue, as mail clients do."""
    issue_id = an_issue(site, 30)
    left: list[str] = []
    client = site.client()

    def judge(address: str, _content: bytes) -> str | None:
        if not left:
            left.append(address)
            for row in site.rows("subscription"):
                token = site.keys.unsubscribe(row["id"], issue_id)
                answer = client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
                assert answer.status_code == 200
        return None

    site.server.judge_data = judge
    with writing(site.engine) as connection:
        connection.execute(
            text("UPDATE delivery SET state = 'deferred', next_attempt_at = :at WHERE id > 1"),
            {"at": (site.clock() + timedelta(minutes=5)).replace(tzinfo=None).isoformat(" ")}
            if site.engine.dialect.name == "sqlite"
            else {"at": site.clock() + timedelta(minutes=5)},
        )
    site.work()
    site.clock.forward(minutes=6)
    work = site.work()
    outcomes = [row["state"] for row in site.rows("delivery")]
    assert (outcomes.count("accepted"), outcomes.count("skipped")) == (1, 29)
    assert [row["state"] for row in site.rows("issue")] == ["finished"], work
    goodbyes = [str(row["evidence"]) for row in site.rows("consent") if row["event"] == "unsubscribed"]
    assert len(goodbyes) == 30
    assert all("spring" in told for told in goodbyes)


def test_the_welcome_names_the_latest_issue(site: Site) -> None:
    an_issue(site, 1)
    site.work()
    subscribe(site)
    site.work()
    site.client().post(path_in(site.mail_to(ADA)[0], "/confirm/"))
    site.work()
    welcome = text_of(site.mail_to(ADA)[-1])
    assert "https://news.example.org/news/spring/en/" in welcome
    assert site.client().get("/news/spring/en/").status_code == 200


def test_no_log_holds_a_token_or_an_address(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="mailer")
    caplog.set_level("DEBUG", logger="subscribers")
    subscribe(site)
    site.work()
    link = path_in(site.mail_to(ADA)[0], "/confirm/")
    site.client().post(link)
    site.work()
    token = site.keys.unsubscribe(1)
    site.client().post(f"/unsubscribe/{token}")
    with writing(site.engine) as connection:
        connection.execute(text("ALTER TABLE subscription RENAME TO elsewhere"))
    assert site.client().get(f"/unsubscribe/{token}").status_code in (500, 503)
    secret = link.split("/confirm/")[1].split("?")[0]
    assert not [one for one in caplog.records if secret in one.getMessage() or token in one.getMessage()]
    assert token not in caplog.text
    assert secret not in caplog.text
    assert ADA not in caplog.text


def test_a_scheduled_issue_waits_and_then_goes_to_whoever_is_subscribed_then(site: Site) -> None:
    issue_id = an_issue(site, 3)
    with writing(site.engine) as connection:
        schedule.put_off(connection, issue_id, site.clock() + timedelta(hours=1))
    assert site.work().issues == []
    with writing(site.engine) as connection:
        a_subscriber(connection, "late@example.org", now=site.clock())
    site.client().post(f"/unsubscribe/{site.keys.unsubscribe(1)}")
    site.clock.forward(minutes=61)
    site.work()
    issue_mail = {one.rcpt_to for one in site.server.received if b"Subject: Spring" in one.content}
    assert issue_mail == {"spring1@example.org", "spring2@example.org", "late@example.org"}
    assert site.rows("issue")[0]["state"] == "finished"


def test_an_issue_waits_for_its_hours_and_notices_do_not(site: Site) -> None:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from mailer.settings import Hours

    now = datetime.now(UTC)  # the engine's clock is the real one
    later = Hours((now + timedelta(hours=2)).time(), (now + timedelta(hours=3)).time(), ZoneInfo("UTC"))
    smtp = replace(site.settings.smtp, hours=later)
    waiting = replace(site, settings=replace(site.settings, smtp=smtp))
    an_issue(site, 3)
    subscribe(site)
    work = waiting.work()
    ((_, outcome),) = work.issues
    assert outcome.sent == 0
    assert outcome.closed_until is not None
    assert timedelta(minutes=119) < outcome.closed_until - now < timedelta(minutes=121)
    assert work.left == ["spring: 3 are left."]
    assert [one.rcpt_to for one in site.server.received] == [ADA], "the confirmation went"


def test_who_never_confirmed_is_removed_on_schedule(site: Site) -> None:
    subscribe(site)
    site.work()
    site.clock.forward(days=13)
    subscribe(site, "bob@example.org")
    subscribe(site)
    site.work()
    site.clock.forward(days=2)
    assert site.work().expired == 0, "asked again two days ago"
    site.clock.forward(days=12, minutes=1)
    assert site.work().expired == 2
    for table in ("subscriber", "subscription", "consent"):
        assert site.rows(table) == []


def test_whose_question_still_waits_is_not_removed(site: Site) -> None:
    subscribe(site)
    with writing(site.engine) as connection:
        (waiting,) = outbox.claim(connection, 1, site.clock())
        outbox.put_off(connection, waiting, site.clock() + timedelta(days=60), "throttled", tried=False)
    site.clock.forward(days=30)
    assert site.work().expired == 0


@pytest.fixture
def running(site: Site) -> Iterator[tuple[Site, threading.Event]]:
    """The worker as ``mailer worker`` runs it, in a thread."""
    stop = threading.Event()
    shop = wiring.workshop(site.settings, site.engine, tell=lambda _sentence: None)
    done: list[Work] = []
    thread = threading.Thread(target=lambda: done.append(run_worker(shop, stop)))
    thread.start()
    try:
        yield site, stop
    finally:
        stop.set()
        site.server.holds = None
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive(), "the worker did not stop"


def test_a_notice_goes_within_seconds_while_a_slow_issue_is_under_way(
    running: tuple[Site, threading.Event],
) -> None:
    site, _ = running

    site.server.holds = lambda content: (
        b"Subject: Spring" in content and len(site.server.received) > 5 and not site.mail_to(ADA)
    )
    an_issue(site, 400)
    until(lambda: len(site.server.received) > 5)
    site.clock.now = site.clock.now + timedelta(seconds=1)
    subscribe(site)
    site.clock.now = site.clock.now + timedelta(seconds=1)
    until(lambda: site.mail_to(ADA))
    assert sum(row["state"] == "accepted" for row in site.rows("delivery")) < 400


def test_only_one_worker_works_on_a_sqlite_database(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/mailer.db")
    with only_worker(engine) as first, only_worker(engine) as second:
        assert (first, second) == (True, False)
    with only_worker(engine) as again:
        assert again
    engine.dispose()


def is_at_work(engine: Engine) -> bool:
    with only_worker(engine) as alone:
        return not alone


def test_the_lock_of_a_killed_worker_is_free_and_sigterm_ends_one_cleanly(tmp_path: Path) -> None:
    with smtp_server(Recorder()) as server:
        room = Newsroom.opened(tmp_path, server.port)
        room.run("db", "upgrade", check=True)
        engine = open_database(f"sqlite:///{tmp_path}/mailer.db")
        with room.started("worker") as killed:
            until(lambda: is_at_work(engine), process=killed)
            refused = room.run("worker", "--once")
            assert refused.returncode == 1
            assert "another worker" in refused.stderr
            killed.send_signal(signal.SIGKILL)
        assert room.run("worker", "--once", check=True).returncode == 0
        with room.started("worker") as ended:
            until(lambda: is_at_work(engine), process=ended)
            ended.send_signal(signal.SIGTERM)
            _, told = ended.communicate(timeout=PATIENCE_SECONDS)
        assert (ended.returncode, told) == (0, "")
        engine.dispose()


def test_send_at_a_time_leaves_it_to_the_worker(tmp_path: Path) -> None:
    with smtp_server(Recorder()) as server:
        room = Newsroom.opened(tmp_path, server.port, languages=("en",))
        people = room.invite(3, ("en",))
        issue = tmp_path / "2026-05-01-spring.md"
        issue.write_text("---\ntitle: Spring\ndate: 2026-05-01\n---\n\n# Spring\n\nThe harbour opens on Monday.\n")
        said = room.run("send", str(issue), "--yes", "--at", "2999-01-01T00:00Z")
        assert said.returncode == 2
        assert "more than a year" in said.stderr
        assert room.run("send", str(issue), "--yes", "--at", "23:59").returncode == 0
        assert room.status("2026-05-01-spring")["state"] == "scheduled"
        room.run("worker", "--once", check=True)
        assert server.received == []
        again = room.run("send", str(issue), "--yes")
        assert again.returncode == 2
        assert "--at now" in again.stderr
        assert room.run("send", str(issue), "--yes", "--at", "now").returncode == 0
        assert sorted(server.recipients()) == sorted(people)
