"""``mailer report --format html`` on real ledgers: one file, sums that add up, no address, nothing fetched."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from sqlalchemy import Engine, func, insert, select, update

from mailer.cli import main
from mailer.store import outcomes
from mailer.store.database import open_database
from mailer.store.states import DeliveryState as S
from mailer.store.tables import BounceRow, DeliveryRow, IssueRow
from subscribers.tables import ConsentRow
from tests.builders.archive import an_installation
from tests.builders.delivery import NOON, a_frozen_issue, some_subscribers
from tests.support.pictures import VIEWS, open_mail

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEOPLE = 60
REPLIES = {
    S.ACCEPTED: (250, "2.0.0", "250 2.0.0 queued as {q}"),
    S.REFUSED: (550, "5.1.1", "550 5.1.1 <{a}>: no such <user> & co"),
    S.DEFERRED: (451, "4.7.1", "451 4.7.1 greylisted ({q})"),
    S.UNKNOWN: (None, "", "the server closed the connection"),
    S.SKIPPED: (None, "", "unsubscribed"),
    S.QUEUED: (None, "", ""),
}
STATES = [
    state
    for state, count in {
        S.ACCEPTED: 40,
        S.REFUSED: 8,
        S.DEFERRED: 5,
        S.UNKNOWN: 2,
        S.SKIPPED: 3,
        S.QUEUED: 2,
    }.items()
    for _ in range(count)
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made = an_installation(tmp_path)
    fill(made.engine)
    made.engine.dispose()
    settings = tmp_path / "mailer.toml"
    settings.write_text(settings.read_text().replace("[newsletters.news]", "[newsletters.xmpp]"))
    return tmp_path


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        some_subscribers(connection, PEOPLE)
        issue_id, editions = a_frozen_issue(connection, languages=("en", "de"))
        connection.execute(update(IssueRow).values(title="June & <July>"))
        for number, state in enumerate(STATES):
            code, enhanced, reply = REPLIES[state]
            address = f"person{number}@{['Example.org', 'example.org', 'host.test'][number % 3]}"
            answered = state not in {S.SKIPPED, S.QUEUED}
            connection.execute(
                insert(DeliveryRow).values(
                    issue_id=issue_id,
                    subscription_id=number + 1,
                    edition_id=editions["de" if number % 4 == 0 else "en"],
                    address=address,
                    state=state.value,
                    attempts=int(answered),
                    code=code,
                    enhanced_code=enhanced,
                    reply=reply.format(a=address, q=f"4F{number:09}"),
                    at=NOON + timedelta(seconds=40 * number) if answered else None,
                )
            )
        for number in range(7):
            evidence = {"by": "one-click" if number < 5 else "link", "issue": "june" if number != 6 else "may"}
            connection.execute(
                insert(ConsentRow).values(
                    subscription_id=number + 1,
                    event="unsubscribed",
                    at=NOON + timedelta(hours=1),
                    evidence=evidence,
                )
            )
        connection.execute(
            insert(BounceRow).values(
                event_id="e1", source="mail", kind="hard", reason="no-such-address", issue_id=issue_id, at=NOON,
                recipient="person1@example.org", action="none",
            )
        )  # fmt: skip


def page(*more: str) -> str:
    answer = CliRunner().invoke(main, ["report", "june", "--format", "html", *more])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def cells(markup: str, heading: str) -> list[list[str]]:
    """The rows of the table in the section of that heading, as words."""
    section = markup.partition(f">{heading}</h2>")[2].partition("</section>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


@pytest.mark.usefixtures("folder")
def test_every_table_adds_up_to_the_audience() -> None:
    markup = page()
    assert "40 + 5 + 8 + 2 + 3" in markup
    for heading in ("By language", "By domain"):
        _, *rows, total = cells(markup, heading)
        columns = [[int(cell.replace(",", "").replace("–", "0")) for cell in row[1:-2]] for row in rows]
        sums = [sum(column) for column in zip(*columns, strict=True)]
        assert sums == [int(cell.replace("–", "0")) for cell in total[1:-2]]
        assert sums[0] == PEOPLE == sum(sums[1:])
    assert [row[0] for row in cells(markup, "By domain")[1:-1]] == ["example.org", "host.test"]


@pytest.mark.usefixtures("folder")
def test_replies_are_grouped_and_goodbyes_counted_from_the_consent() -> None:
    markup = page()
    said = cells(markup, "What servers said")[1:]
    assert said[0] == ["8", "refused", "550 5.1.1", "<address>: no such <user> & co"]
    assert said[1][:3] == ["5", "deferred", "451 4.7.1"]
    assert len(said) == 3
    assert "5 by the button" in markup
    assert "1 on the page behind the link" in markup
    assert "1: the address is dead (no-such-address)" in markup


@pytest.mark.usefixtures("folder")
def test_the_page_is_one_file_without_script_address_or_anything_to_fetch() -> None:
    markup = page()
    assert "<script" not in markup
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", markup)
    assert not re.search(r"[\w.]+@[\w-]+\.\w", markup.replace("@media", "").replace("@page", ""))
    assert "June &amp; &lt;July&gt;" in markup


def test_it_is_written_to_a_file_and_impossible_wishes_are_said(folder: Path) -> None:
    assert page("--out", "june.html") == ""
    assert (folder / "june.html").read_text().startswith("<!doctype html>")
    for wrong in (["--format", "csv", "--out", "x"], ["--format", "html", "--outcome", "refused"],
                  ["--format", "html", "--out", "no/such/folder.html"]):  # fmt: skip
        answer = CliRunner().invoke(main, ["report", "june", *wrong])
        assert answer.exit_code == 2, answer.output


def test_an_issue_that_nobody_answered_yet_has_a_page_too(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder / 'mailer.db'}")
    with engine.begin() as connection:
        connection.execute(update(DeliveryRow).values(state="queued", at=None, attempts=0))
    engine.dispose()
    assert "No server has answered yet" in page()


def test_the_sums_of_all_groupings_are_the_ledgers(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder / 'mailer.db'}")
    with engine.connect() as connection:
        issue_id = connection.scalar(select(IssueRow.id)) or 0
        begins = datetime(2025, 6, 10, 12, tzinfo=UTC)
        moments = outcomes.over_time(connection, issue_id, begins, timedelta(minutes=10))
        answered = connection.scalar(select(func.count()).where(DeliveryRow.at.is_not(None)))
        assert sum(sum(moment.counts.values()) for moment in moments) == answered == 55
        assert [moment.begins.minute for moment in moments] == [0, 10, 20, 30]
        assert outcomes.summed(outcomes.by_language(connection, issue_id)) == outcomes.summed(
            outcomes.by_domain(connection, issue_id, 100)
        )
        (newest, *_) = outcomes.last_troubles(connection, [issue_id], 3)
        assert (newest.state, newest.domain) == (S.UNKNOWN, "example.org")  # person54@Example.org
    engine.dispose()
    assert json.loads(CliRunner().invoke(main, ["report", "june", "--json"]).stdout)[0]["outcome"] == "accepted"


@pytest.mark.browser
@pytest.mark.usefixtures("folder")
def test_it_fits_a_phone_and_a_desk_in_light_and_dark(browser: Browser) -> None:
    markup = page()
    for view in VIEWS:
        with open_mail(browser, markup, view) as shown:
            excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert shown.evaluate(excess) == 0, view.name
            assert shown.locator("svg rect").count() > 3


@pytest.mark.browser
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it(browser: Browser, mode: Literal["light", "dark"]) -> None:
    context = browser.new_context(color_scheme=mode, bypass_csp=True)  # the page allows no script: axe is one
    try:
        shown = context.new_page()
        shown.set_content(page())
        found = Axe().run(shown).response
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
        assert len(found["passes"]) > 10
    finally:
        context.close()
