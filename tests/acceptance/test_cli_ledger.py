"""status, report, retry, pause, resume and cancel on a real database, through the command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert

from mailer.cli import main
from mailer.configuration.starting import start_installation
from mailer.render.model import RenderedEdition
from mailer.store import ledger, workers
from mailer.store.database import open_database, writing
from mailer.store.editions import NewEdition, freeze
from mailer.store.migrate import prepare_database
from mailer.store.recording import Result as Recorded
from mailer.store.recording import record
from mailer.store.states import DeliveryState as S
from subscribers.tables import SubscriberRow, SubscriptionRow

NOW = datetime.now(UTC)
OUTCOMES = {1: S.ACCEPTED, 2: S.REFUSED, 3: S.DEFERRED, 4: S.ACCEPTED, 5: S.UNKNOWN}
"""By subscription; the others stay queued."""


def an_edition(language: str) -> RenderedEdition:
    return RenderedEdition(language, f"Spring ({language})", "", "<mjml/>", "<p>", "text", "0" * 64, "1" * 64)


def people(engine: Engine, count: int) -> None:
    with writing(engine) as connection:
        for number in range(1, count + 1):
            address = f"person{number}@example.org"
            connection.execute(
                insert(SubscriberRow),
                {
                    "id": number,
                    "address": address,
                    "address_key": address,
                    "address_hash": f"{number}",
                    "created_at": NOW,
                },
            )
            connection.execute(
                insert(SubscriptionRow),
                {
                    "id": number,
                    "subscriber_id": number,
                    "newsletter": "news",
                    "state": "subscribed",
                    "language": "de" if number % 2 else "en",
                    "since": NOW,
                    "source": "",
                    "created_at": NOW,
                },
            )


def sent(engine: Engine, slug: str, outcomes: dict[int, S]) -> None:
    """An issue to everybody, as if the engine had stopped after ``outcomes``."""
    now = datetime.now(UTC)  # the rate is that of the last minute, and the whole suite takes longer
    with writing(engine) as connection:
        issue_id, editions = freeze(
            connection,
            newsletter="news",
            slug=slug,
            title="Spring",
            issue_date=None,
            page_url="",
            editions=[NewEdition(an_edition("en"), b"en"), NewEdition(an_edition("de"), b"de")],
            now=now,
        )
        ledger.plan(connection, issue_id, "news", editions, "en", now)
        worker = workers.register(connection, now)
        rows = {
            row.subscription_id: row.delivery_id
            for row in ledger.lease(connection, issue_id, worker, len(outcomes), now)
        }
        record(connection, worker, list(rows.values()), [], now)
        results = [
            Recorded(
                rows[subscription],
                state,
                code={S.ACCEPTED: 250, S.REFUSED: 550, S.DEFERRED: 451}.get(state),
                enhanced_code={S.REFUSED: "5.1.1", S.DEFERRED: "4.7.1"}.get(state, ""),
                reply={S.REFUSED: "5.1.1 no such person", S.DEFERRED: "4.7.1 later"}.get(state, "ok"),
                next_attempt_at=now + timedelta(hours=1) if state is S.DEFERRED else None,
            )
            for subscription, state in outcomes.items()
        ]
        for result in results:
            record(connection, worker, [], [result], now)
        workers.end(connection, [worker], now)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    start_installation(tmp_path)
    engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    prepare_database(engine)
    people(engine, 8)
    sent(engine, "spring", OUTCOMES)
    engine.dispose()
    return tmp_path


def run(arguments: Sequence[str], exit_code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == exit_code, result.output
    return result


def status(slug: str = "spring") -> dict[str, object]:
    document: dict[str, object] = json.loads(run(["status", slug, "--json"]).stdout)
    return document


@pytest.mark.usefixtures("folder")
def test_status_as_json_has_the_promised_shape_and_adds_up() -> None:
    document = status()
    assert list(document) == [
        "slug", "newsletter", "state", "audience", "queued", "leased", "sending", "accepted", "deferred",
        "refused", "unknown", "skipped", "rate_per_second", "finish_at", "languages", "held",
    ]  # fmt: skip
    assert document["audience"] == 8
    assert document["held"] == []
    languages = document["languages"]
    assert isinstance(languages, dict)
    assert sum(count for counts in languages.values() for count in counts.values()) == 8
    assert sum(int(str(document[state.value])) for state in S) == 8
    assert (document["accepted"], document["queued"], document["state"]) == (2, 3, "sending")
    assert str(document["finish_at"]).endswith("Z")


@pytest.mark.usefixtures("folder")
def test_status_without_a_slug_lists_every_issue() -> None:
    assert [one["slug"] for one in json.loads(run(["status", "--json"]).stdout)] == ["spring"]
    shown = run(["status"]).stdout
    assert "spring (news): sending" in shown
    assert "= 8" in shown


@pytest.mark.usefixtures("folder")
def test_the_report_holds_each_person_once_in_every_form() -> None:
    as_json = json.loads(run(["report", "spring", "--format", "json"]).stdout)
    as_csv = list(csv.DictReader(io.StringIO(run(["report", "spring", "--format", "csv"]).stdout)))
    table = run(["report", "spring"]).stdout.splitlines()
    addresses = [f"person{number}@example.org" for number in range(1, 9)]
    assert [line["address"] for line in as_json] == addresses
    assert [line["address"] for line in as_csv] == addresses
    assert [line.split()[0] for line in table] == addresses
    assert list(as_json[0]) == list(as_csv[0])
    refused = as_json[1]
    assert (refused["outcome"], refused["code"], refused["enhanced_code"]) == ("refused", 550, "5.1.1")
    assert refused["language"] == "en"
    assert len({line["message_id"] for line in as_json}) == 8


@pytest.mark.usefixtures("folder")
def test_the_report_of_one_outcome_holds_nothing_else() -> None:
    lines = json.loads(run(["report", "spring", "--format", "json", "--outcome", "deferred"]).stdout)
    assert [line["address"] for line in lines] == ["person3@example.org"]
    assert json.loads(run(["report", "spring", "--json", "--outcome", "skipped"]).stdout) == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("only", ["deferred", "refused", "unknown"])
def test_retry_queues_one_outcome_again(only: str) -> None:
    before = status()
    run(["retry", "spring", "--only", only])
    after = status()
    assert after[only] == 0
    assert after["queued"] == int(str(before["queued"])) + 1
    assert after["audience"] == 8


@pytest.mark.usefixtures("folder")
def test_pause_and_resume_change_the_state_and_no_row() -> None:
    assert "mailer resume spring" in run(["pause", "spring"]).stderr
    paused = status()
    assert paused["state"] == "paused"
    run(["pause", "spring"])
    run(["resume", "spring"])
    assert status() | {"state": "", "finish_at": "", "rate_per_second": 0} == paused | {
        "state": "", "finish_at": "", "rate_per_second": 0,
    }  # fmt: skip
    assert status()["state"] == "sending"


@pytest.mark.usefixtures("folder")
def test_watching_ends_when_nothing_goes_on() -> None:
    run(["pause", "spring"])
    watched = run(["status", "spring", "--watch"])
    assert "spring (news): paused" in watched.stderr
    assert watched.stdout == ""
    assert run(["status", "--watch"]).stderr == watched.stderr
    assert run(["status", "--watch", "--json"], exit_code=2).stderr.startswith("Error: --watch")


@pytest.mark.usefixtures("folder")
def test_cancel_skips_what_is_left_and_keeps_what_happened() -> None:
    run(["cancel", "spring"])
    document = status()
    assert document["state"] == "cancelled"
    assert (document["accepted"], document["refused"], document["skipped"]) == (2, 1, 4)
    assert run(["resume", "spring"], exit_code=2).stderr.startswith("Error: ")


@pytest.mark.usefixtures("folder")
def test_a_wrong_slug_names_the_nearest() -> None:
    assert "Known: spring" in run(["report", "sprong"], exit_code=2).stderr


def test_a_long_report_comes_in_pages_without_a_gap(folder: Path) -> None:
    from mailer.store.report import find_issues, report_lines

    engine = open_database(f"sqlite:///{folder / 'mailer.db'}")
    with engine.connect() as connection:
        (issue,) = find_issues(connection)
    for page_rows in (1, 2, 3, 8, 9):
        lines = list(report_lines(engine, issue.id, str, page_rows=page_rows))
        assert [line.message_id for line in lines] == [str(number) for number in range(1, 9)]
    engine.dispose()


def test_without_settings_a_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(["status"], exit_code=2)
    assert "mailer init" in result.stderr
    assert result.stdout == ""
