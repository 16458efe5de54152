"""A notice and its job: both or neither, in the web's own transaction; and one look for all that are waiting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from mailer.store import jobs
from mailer.store.database import writing
from subscribers.outbox import NEVER, Notice, post_notice
from tests.builders.people import a_subscriber
from tests.support.job_site import a_worker, waiting_jobs
from tests.support.people_site import Site
from tests.support.waiting import until

ADA = "ada@example.org"


def subscribe(site: Site, address: str = ADA) -> None:
    assert site.client().post("/news/subscribe", data={"email": address}).status_code == 200


def test_the_web_defers_a_job_with_the_notice_and_none_where_there_is_none(site: Site) -> None:
    subscribe(site)
    assert [row["kind"] for row in site.rows("outbox")] == ["confirm"]
    assert [name for name, _ in waiting_jobs(site.engine)] == ["notices"]
    site.client().post("/news/subscribe", data={"email": "no address"})
    site.client().get("/news/subscribe")
    assert len(waiting_jobs(site.engine)) == 1


@pytest.mark.parametrize("committed", [True, False])
def test_the_job_is_there_exactly_if_the_transaction_was_committed(site: Site, committed: bool) -> None:
    with site.engine.connect() as connection:
        post_notice_to(connection, site, ADA)
        mine = text("SELECT count(*) FROM procrastinate_jobs")
        assert connection.scalar(mine) == 1
        assert waiting_jobs(site.engine) == [], "nobody else sees it before the commit"
        if committed:
            connection.commit()
        else:
            connection.rollback()
    assert len(waiting_jobs(site.engine)) == len(site.rows("outbox")) == len(site.rows("subscriber")) == committed


def test_a_statement_that_writes_no_notice_defers_nothing(site: Site) -> None:
    with writing(site.engine) as connection:
        columns = "kind, address, newsletter, language, payload, created_at, next_attempt_at, attempts, error"
        connection.execute(text(f"INSERT INTO outbox ({columns}) SELECT {columns} FROM outbox WHERE false"))
    assert waiting_jobs(site.engine) == []


def test_a_worker_sends_a_notice_as_soon_as_it_is_committed(site: Site) -> None:
    with a_worker(site):
        subscribe(site)
        until(lambda: site.mail_to(ADA))
        until(lambda: site.rows("outbox")[0]["sent_at"])
        until(lambda: not waiting_jobs(site.engine))
    assert len(site.mail_to(ADA)) == 1


def test_people_who_come_together_share_a_job_which_waits_for_all_of_them(site: Site) -> None:
    with writing(site.engine) as connection:  # one that is too near, and one that is too far
        jobs.expect_notices(connection, timedelta(seconds=60))
    subscribe(site, "first@example.org")
    (near,) = (seconds for _, seconds in waiting_jobs(site.engine) if seconds < 30)
    assert near <= 1
    with writing(site.engine) as connection:
        near_ones = "queue_name = 'notices' AND scheduled_at < now() + interval '30 seconds'"
        pushed = "scheduled_at = clock_timestamp() + interval '1.4 seconds'"
        connection.execute(text(f"UPDATE procrastinate_jobs SET {pushed} WHERE {near_ones}"))
        for number in range(5):
            post_notice_to(connection, site, f"p{number}@example.org")
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 2
        connection.execute(
            text(f"UPDATE procrastinate_jobs SET scheduled_at = clock_timestamp() WHERE {near_ones}")
        )
        post_notice_to(connection, site, "late@example.org")
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 3


def post_notice_to(connection: Connection, site: Site, address: str) -> None:
    person = a_subscriber(connection, address, status="pending", now=site.clock())
    post_notice(
        connection,
        Notice.CONFIRM,
        subscription_id=person.subscription_id,
        address=address,
        newsletter="news",
        language="en",
        now=site.clock(),
        payload={"request": 1},
    )


def test_one_look_serves_all_the_jobs_that_piled_up(site: Site) -> None:
    people = [f"p{number}@d{number}.example" for number in range(25)]
    for address in people:
        subscribe(site, address)
    assert 1 <= len(waiting_jobs(site.engine)) <= 25
    with a_worker(site) as end:
        until(lambda: len(site.server.received) >= 25)
        until(lambda: not waiting_jobs(site.engine))
        end()
    assert sorted(site.server.recipients()) == sorted(people)
    assert site.server.connections <= 3


def test_two_workers_send_each_notice_once(site: Site) -> None:
    people = [f"p{number}@d{number}.example" for number in range(25)]
    with a_worker(site), a_worker(site):
        for address in people:
            subscribe(site, address)
        until(lambda: all(row["sent_at"] for row in site.rows("outbox")))
    assert sorted(site.server.recipients()) == sorted(people)


def test_a_notice_that_is_put_off_has_a_job_for_its_moment(site: Site) -> None:
    answers = ["451 4.7.1 Greylisted, try again later"]
    site.server.judge_data = lambda _address, _content: answers.pop() if answers else None
    with a_worker(site):
        subscribe(site)
        until(lambda: site.rows("outbox")[0]["error"])
        until(lambda: [name for name, after in waiting_jobs(site.engine) if 20 < after < 40] == ["notices"])
        with writing(site.engine) as connection:  # half a minute passes
            connection.execute(text("UPDATE outbox SET next_attempt_at = now()"))
            jobs.expect_notices(connection)
        until(lambda: site.mail_to(ADA))


def test_a_notice_whose_job_was_lost_is_found_by_housekeeping(site: Site) -> None:
    subscribe(site)
    with writing(site.engine) as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    with a_worker(site):
        until(lambda: site.rows("outbox")[0]["sent_at"])
        with writing(site.engine) as connection:  # also while it works
            connection.execute(text("UPDATE outbox SET sent_at = NULL, next_attempt_at = now()"))
        until(lambda: len(site.mail_to(ADA)) == 2)


def test_what_was_given_up_has_no_job(site: Site) -> None:
    site.server.judge_rcpt = lambda _address: "550 5.1.1 No such user"
    with a_worker(site):
        subscribe(site)
        until(lambda: site.rows("outbox")[0]["next_attempt_at"] >= NEVER - timedelta(days=1))
        until(lambda: not waiting_jobs(site.engine))


def test_a_worker_survives_that_the_database_cuts_every_connection(site: Site) -> None:
    said: list[str] = []
    with a_worker(site, said=said):
        subscribe(site)
        until(lambda: site.mail_to(ADA))
        until(lambda: site.rows("outbox")[0]["sent_at"])
        cut = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        with writing(site.engine) as connection:
            connection.execute(text(cut))
        site.engine.dispose()
        subscribe(site, "bob@example.org")
        until(lambda: site.mail_to("bob@example.org"))
    assert all("\n" not in sentence for sentence in said)
