"""``mailer doctor`` from the command line: its forms, its exit code, and no network at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailer.render.dkim import SigningKey
from tests.builders.doctor import quoted
from tests.builders.keys import rsa_pem
from tests.support.dns_server import name_server
from tests.support.newsroom import Newsroom
from tests.support.smtp_server import Recorder, smtp_server

ISSUE = (
    "---\ntitle: News of the quay\n---\n\nHello!\n\n## Boats\n\nTwo [boats](https://example.org/boats) came in.\n"
)
KEYS = {"check", "result", "means", "mend"}


def a_zone() -> dict[tuple[str, str], list[str]]:
    key = SigningKey.from_pem(rsa_pem(), "news")
    return {
        ("example.org", "MX"): ["10 mx.example.org."],
        ("example.org", "TXT"): ['"v=spf1 ip4:192.0.2.25 -all"'],
        ("mx.example.org", "A"): ["192.0.2.25"],
        ("25.2.0.192.in-addr.arpa", "PTR"): ["mx.example.org."],
        ("news._domainkey.example.org", "TXT"): [quoted(key.dns_record())],
        ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=none; rua=mailto:d@example.org"'],
    }


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    room = Newsroom.opened(tmp_path, 1)
    (tmp_path / "dkim.pem").write_bytes(rsa_pem())
    (tmp_path / "dkim.pem").chmod(0o600)
    settings = tmp_path / "mailer.toml"
    settings.write_text(
        settings.read_text()
        + '[newsletters.news.dkim]\ndomain = "example.org"\nselector = "news"\nkey_file = "dkim.pem"\n'
    )
    (tmp_path / "issue.md").write_text(ISSUE)
    return room


def test_dns_in_order_exits_with_0_and_json_has_the_promised_shape(newsroom: Newsroom) -> None:
    with name_server(a_zone()) as dns:
        answer = newsroom.run(
            "doctor", "--json", "--only", "dns", "--resolver", dns.address, "--sending-ip", "192.0.2.25"
        )
    found = json.loads(answer.stdout)
    assert answer.returncode == 0, answer.stdout
    assert {finding["result"] for finding in found} == {"ok"}
    assert all(finding.keys() == KEYS for finding in found)
    assert answer.stderr == ""


def test_a_failure_exits_with_1_and_tells_the_record_to_publish_on_one_line(newsroom: Newsroom) -> None:
    with name_server(a_zone() | {("_dmarc.example.org", "TXT"): []}) as dns:
        answer = newsroom.run("doctor", "--only", "dns", "--resolver", dns.address)
    assert answer.returncode == 1
    assert '_dmarc.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org"\n' in answer.stdout
    assert "1 failed" in answer.stderr


def test_without_any_network_everything_is_said_and_nothing_crashes(newsroom: Newsroom) -> None:
    answer = newsroom.run("doctor", "--json", "--resolver", "127.0.0.1:1")
    assert answer.returncode == 1
    found = {(finding["check"], finding["result"]) for finding in json.loads(answer.stdout)}
    assert ("smtp-connect", "failure") in found
    assert ("dns-spf", "warning") in found
    assert "Traceback" not in answer.stderr


def test_settings_with_mistakes_are_findings_with_their_lines(newsroom: Newsroom) -> None:
    settings = newsroom.folder / "mailer.toml"
    settings.write_text(settings.read_text().replace("connections =", "conections ="))
    answer = newsroom.run("doctor", "--json", "--only", "installation")
    (first, *_) = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert (first["check"], first["result"]) == ("settings", "failure")
    assert "mailer.toml:" in first["means"]
    assert "smtp.connections" in first["mend"]


def test_a_key_that_others_may_read_does_not_hide_the_rest(newsroom: Newsroom) -> None:
    (newsroom.folder / "secret.key").chmod(0o644)
    answer = newsroom.run("doctor", "--json", "--only", "installation")
    found = {(finding["check"], finding["result"]) for finding in json.loads(answer.stdout)}
    assert {("settings", "failure"), ("files", "failure"), ("disk", "ok")} <= found


def test_without_settings_it_says_what_to_do(tmp_path: Path) -> None:
    answer = Newsroom(tmp_path).run("doctor")
    assert answer.returncode == 2
    assert "mailer init" in answer.stderr


def test_an_issue_is_looked_at_as_receivers_will_see_it(newsroom: Newsroom) -> None:
    with name_server(a_zone()) as dns:
        answer = newsroom.run("doctor", "--json", "--issue", "issue.md", "--resolver", dns.address)
    found = json.loads(answer.stdout)
    assert answer.returncode == 0, found
    assert any("verifies" in finding["means"] for finding in found)


def test_a_mail_that_arrived_is_looked_at_without_any_settings(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.run("render", "issue.md", check=True)
    (mail,) = tmp_path.glob("*.eml")
    answer = newsroom.run("doctor", "--json", "--message", str(mail), "--resolver", "127.0.0.1:1")
    found = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert [finding["check"] for finding in found if finding["result"] == "failure"] == ["dkim-signature"]
    missing = newsroom.run("doctor", "--message", "nothing.eml")
    assert (missing.returncode, "nothing.eml" in missing.stderr) == (2, True)


def test_a_real_message_goes_out_where_an_address_is_named(tmp_path: Path) -> None:
    recorder = Recorder()
    with smtp_server(recorder) as running:
        room = Newsroom.opened(tmp_path, running.port)
        answer = room.run(
            "doctor", "--json", "--only", "server", "--send-to", "me@example.net", "--resolver", "127.0.0.1:1"
        )
    assert recorder.recipients() == ["me@example.net"]
    assert answer.returncode == 0, answer.stdout
