"""Builders for examinations: a domain in good order, and a case that looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, Result
from mailer.doctor.names import Names
from mailer.doctor.records import txt_line
from mailer.newsletter import Newsletter
from mailer.render.dkim import SigningKey
from mailer.settings import DkimSettings, Settings, SmtpSettings, Tls
from tests.builders.keys import rsa_pem

SENDING = "192.0.2.25"
Zone = dict[tuple[str, str], Any]


def a_newsletter(**changes: Any) -> Newsletter:
    news = Newsletter(
        key="quay",
        name="The Quay",
        sender="The Quay <quay@harbour.example>",
        list_id="quay.harbour.example",
        base_url="https://news.harbour.example",
        bounce_domain="bounces.harbour.example",
        postal_address="1 North Quay",
    )
    return replace(news, **changes)


def quoted(record: str) -> str:
    """A TXT record as a zone file has it."""
    return txt_line("x", record).removeprefix("x. IN TXT ").removeprefix("( ").removesuffix(" )")


def a_good_zone() -> Zone:
    """DNS in which nothing is wrong for ``a_newsletter()`` sent from 192.0.2.25."""
    key = SigningKey.from_pem(rsa_pem(), "news")
    return {
        ("harbour.example", "MX"): ["10 mail.harbour.example."],
        ("harbour.example", "TXT"): ['"v=spf1 mx -all"', '"some-verification=1"'],
        ("bounces.harbour.example", "MX"): ["10 mail.harbour.example."],
        ("bounces.harbour.example", "TXT"): ['"v=spf1 include:_spf.harbour.example -all"'],
        ("_spf.harbour.example", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"'],
        ("mail.harbour.example", "A"): [SENDING],
        ("news._domainkey.harbour.example", "TXT"): [quoted(key.dns_record())],
        ("_dmarc.harbour.example", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:dmarc@harbour.example"'],
        ("25.2.0.192.in-addr.arpa", "PTR"): ["mail.harbour.example."],
    }


def a_case(names: Names, folder: Path, **changes: Any) -> Case:
    """An examination of ``a_newsletter()``, signed here with ``rsa_pem()``, sent from 192.0.2.25."""
    key_file = folder / "dkim.pem"
    key_file.write_bytes(rsa_pem())
    key_file.chmod(0o600)
    newsletter = changes.pop("newsletter", None) or a_newsletter()
    settings = Settings(
        folder=folder,
        database=f"sqlite:///{folder / 'mailer.db'}",
        base_url="https://news.harbour.example",
        secret_keys=(b"k" * 43,),
        smtp=SmtpSettings(host="mail.harbour.example", tls=Tls.REQUIRED),
        newsletters={newsletter.key: newsletter},
        dkim={newsletter.key: DkimSettings("harbour.example", "news", key_file)},
    )
    settings = replace(settings, **changes.pop("settings", {}))
    case = Case(
        settings=settings,
        config_path=folder / "mailer.toml",
        names=names,
        now=lambda: datetime.now(UTC),
        newsletters=(newsletter,),
        seconds=3.0,
    )
    return replace(case, **changes)


def failures(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.result is Result.FAILURE]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.result is Result.WARNING]
