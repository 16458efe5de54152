"""Issues by jobs: everybody once however often a job runs, at the moment that was said; nothing is forgotten."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from mailer.flows import steer
from mailer.flows.dispatch import next_moment
from mailer.flows.scheduling import Wish, waits_until
from mailer.settings import Rate
from mailer.store import jobs, ledger, schedule
from mailer.store.database import reading, writing
from mailer.store.editions import find_issue
from mailer.store.states import DeliveryState
from tests.support.job_site import a_worker, defer_twice, planned, states, waiting_jobs, with_rate
from tests.support.people_site import Site
from tests.support.waiting import one_of_three, until

PEOPLE = 60


def finished(site: Site) -> bool:
    return all(row["state"] == "finished" for row in site.rows("issue"))


def each_once(site: Site, people: int, slug: str = "spring") -> bool:
    return sorted(site.server.recipients()) == sorted(f"{slug}{number}@example.org" for number in range(people))


def test_workers_share_an_issue_and_everybody_gets_it_once_though_jobs_run_many_times(site: Site) -> None:
    slow = with_rate(site, Rate(40, 1))
    issue_id = planned(slow, PEOPLE)
    with a_worker(slow), a_worker(slow):
        for _ in range(5):
            with writing(site.engine) as connection:
                defer_twice(connection, issue_id, 3)
            time.sleep(0.05)
        until(lambda: finished(site))
        until(lambda: not waiting_jobs(site.engine))
    assert each_once(site, PEOPLE)
    assert states(site.engine) == {"accepted": PEOPLE}


def test_planning_an_issue_leaves_one_job_however_often_it_is_expected(site: Site) -> None:
    issue_id = planned(site, 3)
    with writing(site.engine) as connection:
        jobs.expect_issue(connection, issue_id, timedelta(hours=1))
        jobs.expect_issue(connection, issue_id, timedelta(minutes=1))
    ((name, seconds),) = waiting_jobs(site.engine)
    assert name == "issue"
    assert seconds == pytest.approx(0, abs=30), "the earliest counts"
    with writing(site.engine) as connection:
        jobs.expect_issue(connection, issue_id, timedelta(hours=2), exactly=True)
    ((_, seconds),) = waiting_jobs(site.engine)
    assert seconds == pytest.approx(7200, abs=60)
    with writing(site.engine) as connection:
        jobs.expect_issue(connection, issue_id, timedelta(hours=1))
    ((_, seconds),) = waiting_jobs(site.engine)
    assert seconds == pytest.approx(3600, abs=60)
    with writing(site.engine) as connection:
        jobs.forget_issue(connection, issue_id)
    assert waiting_jobs(site.engine) == []


def test_nobody_takes_a_job_that_a_transaction_counts_upon_before_it_is_committed(site: Site) -> None:
    issue_id = planned(site, 1)
    with site.engine.connect() as connection:
        jobs.expect_issue(connection, issue_id)
        with site.engine.connect() as worker:
            fetch = text("SELECT id FROM procrastinate_fetch_job_v2(ARRAY['issue']::varchar[], NULL)")
            assert worker.scalar(fetch) is None
        connection.commit()
        with site.engine.connect() as worker:
            assert worker.scalar(fetch) is not None


def test_two_transactions_that_defer_the_same_job_both_succeed(site: Site) -> None:
    issue_id = planned(site, 1)
    with writing(site.engine) as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    with site.engine.connect() as first:
        jobs.expect_issue(first, issue_id)

        def second() -> None:
            with writing(site.engine) as connection:
                jobs.expect_issue(connection, issue_id)

        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        first.commit()
        thread.join(60)
        assert not thread.is_alive()
    assert [name for name, _ in waiting_jobs(site.engine)] == ["issue"]


def test_a_scheduled_issue_goes_when_its_time_has_come_and_not_before(site: Site) -> None:
    start_at = site.clock() + timedelta(seconds=4)
    planned(site, 5, start_at=start_at)
    ((_, seconds),) = waiting_jobs(site.engine)
    assert 0 < seconds <= 4
    with a_worker(site):
        until(lambda: len(site.server.received) == 5)
        until(lambda: finished(site))
    (issue,) = site.rows("issue")
    assert issue["started_at"] >= start_at
    assert each_once(site, 5)


def test_another_time_moves_the_job_also_to_a_later_one(site: Site) -> None:
    planned(site, 2, start_at=site.clock() + timedelta(seconds=1))
    with reading(site.engine) as connection:
        issue = find_issue(connection, "news", "spring")
    assert issue is not None
    later = Wish(start_at=site.clock() + timedelta(hours=3))
    waits_until(site.engine, issue, later, site.settings.newsletters["news"], site.clock())
    ((_, seconds),) = waiting_jobs(site.engine)
    assert seconds == pytest.approx(3 * 3600, abs=60)


def test_a_job_that_comes_too_early_starts_nothing_and_waits_again(site: Site) -> None:
    issue_id = planned(site, 2, start_at=site.clock() + timedelta(hours=1))
    with writing(site.engine) as connection:
        jobs.expect_issue(connection, issue_id)  # now
    with a_worker(site):
        until(lambda: [seconds for _, seconds in waiting_jobs(site.engine) if seconds > 3000])
    assert site.server.received == []
    assert len(waiting_jobs(site.engine)) == 1


def test_what_was_deferred_has_a_job_for_its_moment_and_goes_then(site: Site) -> None:
    refused = {"spring1@example.org", "spring3@example.org"}

    def judge(address: str) -> str | None:
        return "451 4.2.0 Greylisted" if address in refused else None

    site.server.judge_rcpt = judge
    planned(site, 6)
    with a_worker(site):
        until(lambda: states(site.engine) == {"accepted": 4, "deferred": 2})
        until(lambda: [seconds for _, seconds in waiting_jobs(site.engine) if seconds > 60])
        ((_, seconds),) = waiting_jobs(site.engine)
        due_at = min(row["next_attempt_at"] for row in site.rows("delivery") if row["state"] == "deferred")
        assert seconds == pytest.approx((due_at - site.clock()).total_seconds(), abs=30)
        refused.clear()
        with writing(site.engine) as connection:  # the minutes pass
            connection.execute(text("UPDATE delivery SET next_attempt_at = now() WHERE state = 'deferred'"))
            connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
        until(lambda: finished(site))
    assert each_once(site, 6)


def test_an_issue_whose_jobs_were_lost_is_found_by_housekeeping(site: Site) -> None:
    planned(site, 5)
    with writing(site.engine) as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    with a_worker(site):
        until(lambda: finished(site))
        planned(site, 5, slug="summer")
        with writing(site.engine) as connection:
            connection.execute(
                text("DELETE FROM procrastinate_jobs WHERE queue_name = 'issue' AND status = 'todo'")
            )
        until(lambda: finished(site))
    assert states(site.engine) == {"accepted": 15}, "the first five get both"


def test_jobs_of_a_dead_worker_are_taken_over(site: Site) -> None:
    """As a machine leaves them behind that lost its power: fetched, and no heartbeat any more."""
    planned(site, 5)
    assert site.client().post("/news/subscribe", data={"email": "ada@example.org"}).status_code == 200
    with writing(site.engine) as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
        dead = connection.scalar(text("SELECT worker_id FROM procrastinate_register_worker_v1()"))
        for queue in ("issue", "notices"):
            fetch = text("SELECT id FROM procrastinate_fetch_job_v2(ARRAY[:queue]::varchar[], :worker)")
            assert connection.scalar(fetch, {"queue": queue, "worker": dead}) is not None
    with writing(site.engine) as connection:
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"))
    with a_worker(site):
        until(lambda: finished(site))
        until(lambda: site.mail_to("ada@example.org"))
        until(lambda: not [row for row in site.rows("procrastinate_jobs") if row["worker_id"] == dead])
    assert states(site.engine) == {"accepted": 5}
    assert not [row for row in site.rows("procrastinate_jobs") if row["status"] == "failed"]


def test_a_server_that_is_away_is_tried_again_later_and_not_over_and_over(site: Site) -> None:
    away = replace(site, settings=replace(site.settings, smtp=replace(site.settings.smtp, port=1)))
    planned(site, 3)
    said: list[str] = []
    with a_worker(away, said=said):
        until(lambda: [sentence for sentence in said if "spring waits" in sentence])
        until(lambda: [seconds for _, seconds in waiting_jobs(site.engine) if seconds > 20])
        time.sleep(1)
    assert len(said) == 1, said
    with a_worker(site):
        until(lambda: finished(site))
    assert each_once(site, 3)


def test_an_issue_of_a_newsletter_that_is_not_in_the_settings_is_left_alone(site: Site) -> None:
    planned(site, 3)
    with writing(site.engine) as connection:
        connection.execute(text("UPDATE issue SET newsletter = 'other'"))
    said: list[str] = []
    with a_worker(site, said=said):
        until(
            lambda: (
                not [
                    row
                    for row in site.rows("procrastinate_jobs")
                    if row["status"] == "todo" and row["queue_name"] == "issue" and row["scheduled_at"] is None
                ]
            )
        )
    assert (site.server.received, said) == ([], [])


def test_a_worker_that_is_asked_to_end_finishes_what_is_in_flight_and_leaves_the_rest_to_others(
    site: Site,
) -> None:
    slow = with_rate(site, Rate(20, 1))
    planned(slow, 200)
    with a_worker(slow) as end:
        until(lambda: len(site.server.received) > 10)
        end()
    left = states(site.engine)
    assert set(left) == {"accepted", "queued"}, "nothing is in doubt, nothing is held by a lease"
    assert left["accepted"] == len(site.server.received) < 200
    ((name, seconds),) = waiting_jobs(site.engine)
    assert (name, seconds < 3) == ("issue", True)
    with a_worker(site):
        until(lambda: finished(site))
    assert each_once(site, 200)


def test_pause_resume_and_cancel_take_effect_within_two_seconds(site: Site) -> None:
    def trial(number: int) -> str:
        slug = f"issue{number}"
        slow = with_rate(site, Rate(20, 1))
        planned(slow, 500, slug=slug)
        received = site.server.received
        del received[:]
        with a_worker(slow):
            until(lambda: len(received) > 5)
            halted: list[float] = []
            for verb in ("pause", "cancel"):
                if verb == "pause":
                    steer.pause(site.engine, slug, None)
                else:
                    steer.cancel(site.engine, slug, None, site.clock())
                asked = time.monotonic()
                time.sleep(2.5)
                halted.append(received[-1].at - asked)
                count = len(received)
                time.sleep(0.5)
                assert len(received) == count, "it is halted for good"
                if len(halted) == 1:
                    steer.resume(site.engine, slug, None)
                    resumed = time.monotonic()
                    until(lambda: len(received) > count)  # noqa: B023 -- called at once
                    woken = received[count].at - resumed
                    until(lambda: len(received) > count + 5)  # noqa: B023 -- called at once
        late = [f"{seconds:.1f} s" for seconds in (*halted, woken) if seconds > 2]
        return ", ".join(late)

    one_of_three(trial)


def test_retry_by_hand_gets_a_job(site: Site) -> None:
    answers = {"spring0@example.org": "550 5.1.1 No such user"}
    site.server.judge_rcpt = answers.get
    planned(site, 2)
    with a_worker(site):
        until(lambda: finished(site))
        answers.clear()
        with writing(site.engine) as connection:
            connection.execute(text("DELETE FROM suppression"))
        steer.retry(site.engine, "spring", None, DeliveryState.REFUSED, site.clock())
        until(lambda: states(site.engine) == {"accepted": 2})


def test_the_next_moment_is_read_from_the_ledger(site: Site) -> None:
    now = site.clock()
    issue_id = planned(site, 3)

    def moment() -> object:
        with reading(site.engine) as connection:
            return next_moment(connection, issue_id, now)

    def change(statement: str) -> None:
        with writing(site.engine) as connection:
            connection.execute(text(statement), {"later": now + timedelta(hours=1)})

    assert moment() == now
    change("UPDATE delivery SET state = 'deferred', next_attempt_at = :later")
    assert moment() == now + timedelta(hours=1)
    for state in ("paused", "cancelled", "finished"):
        change(f"UPDATE issue SET state = '{state}'")
        assert moment() is None
    change("UPDATE issue SET state = 'sending'")
    with writing(site.engine) as connection:
        schedule.put_off(connection, issue_id, now + timedelta(days=2))
    assert moment() == now + timedelta(days=2)
    with writing(site.engine) as connection:
        ledger.skip_open(connection, issue_id, "gone", now)
        connection.execute(text("UPDATE issue SET state = 'sending'"))
    assert moment() == now, "it has to be marked as finished"
    with reading(site.engine) as connection:
        assert next_moment(connection, 999, now) is None


def test_jobs_and_workers_are_counted_for_whoever_watches(site: Site) -> None:
    planned(site, 1)
    planned(site, 1, slug="summer", start_at=site.clock() + timedelta(hours=1))
    shown = site.client().get("/metrics").get_data(as_text=True)
    assert "mailer_workers 0.0" in shown
    assert 'mailer_jobs{queue="issue",state="due"} 1.0' in shown
    assert 'mailer_jobs{queue="issue",state="later"} 1.0' in shown
    with a_worker(site):
        until(lambda: "mailer_workers 1.0" in site.client().get("/metrics").get_data(as_text=True))
    until(lambda: "mailer_workers 0.0" in site.client().get("/metrics").get_data(as_text=True))
