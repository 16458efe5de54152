import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailer.cli import main

LIST_KEYS = {"email", "newsletter", "status", "language", "since"}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret.key").write_text("0123456789abcdef0123456789abcdef\n")
    (tmp_path / "secret.key").chmod(0o600)
    (tmp_path / "mailer.toml").write_text(
        'secret_key_file = "secret.key"\n'
        "[newsletters.news]\n"
        'name = "The News"\nsender = "The News <news@example.org>"\nlist_id = "news.example.org"\n'
        'site_url = "https://example.org"\nlanguages = ["en", "de"]\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mailer(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["subscribers", *arguments], input=stdin, prog_name="mailer")


def listed(*arguments: str) -> list[dict[str, str]]:
    result = mailer("list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: list[dict[str, str]] = json.loads(result.stdout)
    return found


@pytest.mark.usefixtures("house")
def test_a_person_is_added_listed_shown_and_let_go() -> None:
    assert mailer("add", "Ada@example.org", "--language", "DE").exit_code == 0
    (ada,) = listed()
    assert set(ada) == LIST_KEYS
    assert (ada["email"], ada["newsletter"], ada["status"], ada["language"]) == (
        "Ada@example.org",
        "news",
        "subscribed",
        "de",
    )
    assert mailer("unsubscribe", "ada@EXAMPLE.org").exit_code == 0
    assert [one["status"] for one in listed()] == ["unsubscribed"]
    shown = json.loads(mailer("show", "ada@example.org", "--json").stdout)
    assert [line["event"] for line in shown["subscriptions"][0]["history"]] == ["added", "unsubscribed"]
    text = mailer("show", "ada@example.org").stdout
    assert "news: unsubscribed since" in text
    assert "by=mailer subscribers add" in text


@pytest.mark.usefixtures("house")
def test_what_cannot_be_done_is_said_in_a_sentence_with_its_exit_code() -> None:
    mailer("add", "ada@example.org")
    for arguments, code, said in (
        (("add", "ada@example.org"), 1, "is there already"),
        (("add", "ada at example"), 2, "is no address"),
        (("add", "eve@example.org", "--language", "Deutsch"), 2, "de or pt-br"),
        (("add", "eve@example.org", "--newsletter", "nws"), 2, "news"),
        (("unsubscribe", "eve@example.org"), 1, "no subscription"),
        (("unsuppress", "eve@example.org"), 1, "not suppressed"),
        (("show", "eve@example.org"), 1, "nothing is known"),
        (("import", "nowhere.csv"), 2, "nowhere.csv"),
    ):
        result = mailer(*arguments)
        assert result.exit_code == code, (arguments, result.output)
        assert said in result.stderr
        assert result.stdout == ""


def test_a_file_is_rehearsed_imported_and_imported_again(house: Path) -> None:
    (house / "people.csv").write_text("email,language,club\nada@example.org,de,x\nnobody,,\nADA@example.org,,\n")
    rehearsal = mailer("import", "people.csv", "--dry-run")
    assert rehearsal.exit_code == 0
    assert "1 would be imported" in rehearsal.stderr
    assert listed() == []
    first = mailer("import", "people.csv")
    assert first.exit_code == 0
    assert "people.csv:3: 'nobody' An email address must have an @-sign." in first.stderr
    for said in ("Left alone: club.", "3 rows: 1 imported (1 subscribed).", "1 twice in the file", "1 rejected"):
        assert said in first.stderr
    assert first.stdout == ""
    assert "1 there already" in mailer("import", "-", stdin=(house / "people.csv").read_text()).stderr
    assert [one["email"] for one in listed()] == ["ada@example.org"]


def test_a_file_without_addresses_is_refused_by_file_and_line(house: Path) -> None:
    (house / "people.csv").write_text("name,club\nAda,x\n")
    result = mailer("import", "people.csv")
    assert result.exit_code == 1
    assert "people.csv:1: the first line has no column `email`" in result.stderr


def test_suppressed_people_are_shown_as_such_and_stay_so(house: Path) -> None:
    mailer("add", "ada@example.org")
    assert mailer("suppress", "ADA@example.org").exit_code == 0
    (house / "people.csv").write_text("email\nada@example.org\n")
    assert "1 suppressed, and stay so" in mailer("import", "people.csv").stderr
    assert [one["email"] for one in listed("--status", "suppressed")] == ["ada@example.org"]
    assert listed("--status", "subscribed") == []
    assert mailer("list").stdout.split("\t")[:3] == ["ada@example.org", "news", "suppressed"]
    assert mailer("unsuppress", "ada@example.org").exit_code == 0
    assert len(listed("--status", "subscribed")) == 1


def test_an_export_brings_everything_back_into_an_empty_database(house: Path) -> None:
    (house / "people.csv").write_text(
        "email,language,status,subscribed_at,confirmed_at,source,ip\n"
        "ada@example.org,de,,2019-05-01,2019-05-02,web form,192.0.2.1\neve@example.org,,pending,,,,\n"
        "bo@example.org,,unsubscribed,,,,\nNever@example.org,de,suppressed,,,,\ncy@example.org,,,,,,\n"
    )
    assert mailer("import", "people.csv").exit_code == 0
    mailer("add", "dot@b\u00fccher.example")
    mailer("unsubscribe", "dot@b\u00fccher.example")
    with sqlite3.connect(house / "mailer.db") as database:
        database.execute("UPDATE subscription SET paused_until = '2030-01-02 03:04:05', waits = 1 WHERE id = 1")
    database.close()
    mailer("suppress", "cy@example.org")  # for all newsletters, though still subscribed
    assert mailer("export", "all.csv").exit_code == 0
    before, shown = listed(), {one["email"]: history_of(one["email"]) for one in listed()}
    (house / "mailer.db").unlink()
    imported = mailer("import", "all.csv")
    assert (imported.exit_code, imported.stderr.count("rejected")) == (0, 0)
    assert listed() == before
    for address, (history, suppressions) in shown.items():
        again, suppressed_again = history_of(address)
        assert again[:-1] == history
        assert again[-1]["event"].startswith("imported")
        assert suppressed_again == suppressions
    with sqlite3.connect(house / "mailer.db") as database:
        wishes = database.execute("SELECT id, paused_until FROM subscription WHERE waits").fetchall()
    database.close()
    assert wishes == [(1, "2030-01-02 03:04:05.000000")]
    assert mailer("unsuppress", "cy@example.org").exit_code == 0
    assert [one["status"] for one in listed() if one["email"] == "cy@example.org"] == ["subscribed"]


def history_of(address: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    shown = json.loads(mailer("show", address, "--json").stdout)
    return shown["subscriptions"][0]["history"], shown["suppressions"]


def test_a_person_is_erased_only_with_a_yes(house: Path) -> None:
    mailer("add", "ada@example.org")
    refused = mailer("erase", "ada@example.org")
    assert (refused.exit_code, "--yes" in refused.stderr) == (2, True)
    assert len(listed()) == 1
    assert mailer("erase", "ADA@example.org", "--yes").exit_code == 0
    assert listed() == []
    shown = json.loads(mailer("show", "ada@example.org", "--json").stdout)
    assert (shown["subscriptions"], shown["suppressions"][0]["reason"]) == ([], "erased")
    (house / "people.csv").write_text("email\nada@example.org\n")
    assert "1 suppressed, and stay so" in mailer("import", "people.csv").stderr
    assert mailer("erase", "nobody@example.org", "--yes").exit_code == 1


def test_a_cold_list_is_asked_and_growth_is_shown(house: Path) -> None:
    (house / "cold.txt").write_text("ada@example.org\nEve <eve@example.org>\n")
    assert mailer("import", "cold.txt", "--per-hour", "5").exit_code == 2
    asked = mailer("import", "cold.txt", "--reconfirm", "--per-hour", "1")
    assert asked.exit_code == 0
    assert "2 rows: 2 imported (2 pending)" in asked.stderr
    assert "asked once by mail, the last one at" in asked.stderr
    assert "2 there already" in mailer("import", "cold.txt", "--reconfirm").stderr
    mailer("add", "bo@example.org")
    stats = json.loads(mailer("stats", "--json").stdout)
    assert (stats["subscribed"], stats["weeks"][-1]["came"]) == (1, 1)
    assert "█" in mailer("stats").stdout
    assert mailer("stats", "--svg", "growth.svg").exit_code == 0
    assert (house / "growth.svg").read_text().startswith("<svg")


def test_an_export_is_a_file_that_import_reads_back(house: Path) -> None:
    mailer("add", "ada@example.org", "--language", "de")
    mailer("add", "info@bücher.example")
    mailer("unsubscribe", "info@bücher.example")
    printed = mailer("export").stdout
    assert mailer("export", "all.csv").exit_code == 0
    assert (house / "all.csv").read_bytes() == mailer("export").stdout_bytes
    assert (house / "all.csv").stat().st_mode & 0o777 == 0o600
    assert mailer("export", "all.csv").exit_code == 2
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [(row["email"], row["status"], row["language"]) for row in rows] == [
        ("ada@example.org", "subscribed", "de"),
        ("info@bücher.example", "unsubscribed", "en"),
    ]
    before = listed()
    (house / "mailer.db").unlink()
    assert mailer("import", "all.csv").exit_code == 0
    again = listed()
    assert [{**one, "since": ""} for one in again] == [{**one, "since": ""} for one in before]


@pytest.mark.usefixtures("house")
def test_with_several_newsletters_one_has_to_be_named(house: Path) -> None:
    with (house / "mailer.toml").open("a") as settings:
        settings.write(
            "[newsletters.other]\n"
            'name = "Other"\nsender = "Other <other@example.org>"\nlist_id = "other.example.org"\n'
            'site_url = "https://example.org"\nlanguages = ["fr"]\n'
        )
    assert mailer("add", "ada@example.org").exit_code == 2
    (house / "people.csv").write_text("email\nada@example.org\n")
    assert mailer("import", "people.csv").exit_code == 2
    assert mailer("import", "people.csv", "--newsletter", "other").exit_code == 0
    (house / "named.csv").write_text("email,newsletter\nada@example.org,news\neve@example.org,\n")
    result = mailer("import", "named.csv")
    assert result.exit_code == 0
    assert "use --newsletter" in result.stderr
    assert {(one["newsletter"], one["language"]) for one in listed()} == {("other", "fr"), ("news", "en")}
    assert len(listed("--newsletter", "other")) == 1
