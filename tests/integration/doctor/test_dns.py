from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mailer.doctor.case import Case
from mailer.doctor.checks import dkim, dmarc, return_path, reverse, spf
from mailer.doctor.finding import Finding, Result, worst
from mailer.doctor.names import Names, NoAnswer
from mailer.errors import UsageError
from mailer.render.dkim import SigningKey
from mailer.settings import DkimSettings
from tests.builders.doctor import SENDING, Zone, a_case, a_good_zone, a_newsletter, failures, quoted, warnings
from tests.builders.keys import ed25519_pem, rsa_pem
from tests.support.dns_server import BROKEN, SILENT, name_server
from tests.support.waiting import PATIENCE_SECONDS, one_of_three

Check = Callable[[Case], Iterable[Finding]]
Look = Callable[..., list[Finding]]


@pytest.fixture
def look(tmp_path: Path) -> Iterable[Look]:
    """Runs a check against a server with the good zone and ``changes``."""
    with ExitStack() as stack:

        def run(check: Check, changes: Zone | None = None, **case: Any) -> list[Finding]:
            zone = a_good_zone() | (changes or {})
            server = stack.enter_context(name_server({key: value for key, value in zone.items() if value}))
            patience = 0.6 if SILENT in zone.values() else PATIENCE_SECONDS
            case.setdefault("sending_addresses", (ipaddress.ip_address(SENDING),))
            return list(check(a_case(Names(server.address, seconds=patience), tmp_path, **case)))

        yield run


def txt(name: str, *records: str) -> Zone:
    return {(name, "TXT"): [quoted(record) for record in records]}


@pytest.mark.parametrize(
    "check",
    [spf.check, dkim.check, dmarc.check, reverse.check, return_path.check],
    ids=lambda check: check.__module__,
)
def test_a_domain_in_good_order_gives_nothing_but_ok(look: Look, check: Check) -> None:
    findings = look(check)
    assert findings
    assert worst(findings) is Result.OK, findings


SPF = "bounces.harbour.example"
ELEVEN = " ".join(f"a:h{n}.harbour.example" for n in range(11))


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (txt(SPF, "unrelated"), "has no SPF record"),
        (txt(SPF, "v=spf1 -all", "v=spf1 mx -all"), "2 SPF records"),
        (txt(SPF, "v=spf1 +all"), "everybody may send"),
        (txt(SPF, "v=spf1 all"), "everybody may send"),
        (txt(SPF, "v=spf1 include:nothing.example -all"), "has no SPF record"),
        (txt(SPF, "v=spf1 ip4:300.1.1.1 -all"), "names no network"),
        (txt(SPF, "v=spf1 ipv4:192.0.2.1 -all"), "no mechanism"),
        (txt(SPF, "v=spf1 ip4:198.51.100.0/24 -all"), "says fail"),
        (txt(SPF, "v=spf1 ~all"), "says softfail"),
        (txt(SPF, f"v=spf1 include:{SPF} -all"), "never ends"),
        (txt(SPF, f"v=spf1 {ELEVEN} ip4:192.0.2.0/24 -all"), "11 DNS"),
        (txt(SPF, "v=spf1 a:x1.example a:x2.example a:x3.example ip4:192.0.2.0/24 -all"), "what does not exist"),
    ],
)  # fmt: skip
def test_an_spf_record_that_fails_says_why_and_what_to_publish(look: Look, zone: Zone, said: str) -> None:
    hosts = {(f"h{n}.harbour.example", "A"): ["203.0.113.1"] for n in range(11)}
    bad = failures(look(spf.check, zone | hosts))
    assert any(said in finding.means for finding in bad), bad
    assert all(finding.mend for finding in bad)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (txt(SPF, "v=spf1 ip4:192.0.2.0/24"), "does not say that others may not"),
        (txt(SPF, "v=spf1 ip4:192.0.2.0/24 ?all"), "does not say that others may not"),
        (txt(SPF, "v=spf1 ip4:192.0.2.0/24 ptr -all"), "'ptr'"),
        (txt("harbour.example", "unrelated"), "the domain in From, has no SPF"),
        ({(SPF, "TXT"): BROKEN}, "could not be looked at"),
    ],
)
def test_a_doubtful_spf_record_is_a_warning(look: Look, zone: Zone, said: str) -> None:
    findings = look(spf.check, zone)
    assert not failures(findings)
    assert any(said in finding.means for finding in warnings(findings)), findings


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 a:mail.harbour.example -all",
        "v=spf1 mx:harbour.example -all",
        "v=spf1 a:net.harbour.example/24 -all",
        "v=spf1 redirect=_spf.harbour.example",
        "V=SPF1 IP4:192.0.2.25 -ALL",
        "v=spf1 exists:%{ir}.%{v}._ok.harbour.example -all",
        "v=spf1 ptr:harbour.example -all",
        "v=spf1  ip4:192.0.2.25   -all ",
    ],
)
def test_every_way_to_name_the_sending_host_passes(look: Look, record: str) -> None:
    zone = {
        **txt(SPF, record),
        ("net.harbour.example", "A"): ["192.0.2.1"],
        ("25.2.0.192.in-addr._ok.harbour.example", "A"): ["127.0.0.2"],
    }
    findings = look(spf.check, zone)
    assert not failures(findings), findings
    assert any("says pass" in finding.means for finding in findings)


def test_a_merged_record_keeps_the_terms_of_both(look: Look) -> None:
    (bad,) = failures(look(spf.check, txt(SPF, "v=spf1 mx -all", "v=spf1 include:_spf.harbour.example ~all")))
    assert bad.mend.splitlines()[-1] == f'{SPF}. IN TXT "v=spf1 include:_spf.harbour.example mx ~all"'


KEY = "news._domainkey.harbour.example"
RECORD = SigningKey.from_pem(rsa_pem(), "news").dns_record()


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({(KEY, "TXT"): None}, "there is no TXT record"),
        (txt(KEY, "v=DKIM1; k=rsa; p="), "revoked"),
        (txt(KEY, RECORD[:255]), "cut off after 255"),
        (txt(KEY, RECORD.replace(";", "\\;")), "backslashes"),
        (txt(KEY, RECORD, RECORD + ";"), "2 records"),
        (txt(KEY, RECORD.replace("k=rsa", "k=ed25519")), "no Ed25519 key"),
        (txt(KEY, RECORD.replace("v=DKIM1", "v=DKIM2")), "v= must be DKIM1"),
        (txt(KEY, f"{RECORD}; s=tlsrpt"), "does not allow mail"),
        (txt(KEY, f"{RECORD}; h=sha1"), "does not allow sha256"),
        (txt(KEY, SigningKey.from_pem(rsa_pem(3072), "x").dns_record()), "not the public half of ours"),
    ],
)
def test_a_key_that_nobody_can_verify_with_fails_and_the_record_is_given(
    look: Look, zone: Zone, said: str
) -> None:
    (bad,) = failures(look(dkim.check, zone))
    assert said in bad.means
    record = bad.mend.splitlines()[-1]
    assert record.startswith(f"{KEY}. IN TXT ( ")
    assert "".join(record.split('"')[1::2]) == RECORD


def test_a_key_under_test_is_a_warning(look: Look) -> None:
    findings = look(dkim.check, txt(KEY, RECORD.replace("k=rsa;", "k=rsa; t=y;")))
    assert "t=y" in warnings(findings)[0].means
    assert not failures(findings)


def test_the_second_key_is_looked_at_too(look: Look, tmp_path: Path) -> None:
    second = tmp_path / "ed.pem"
    second.write_bytes(ed25519_pem())
    both = {"quay": DkimSettings("harbour.example", "news", tmp_path / "dkim.pem", "ed", second)}
    (bad,) = failures(look(dkim.check, settings={"dkim": both}))
    assert "ed._domainkey.harbour.example" in bad.means
    record = SigningKey.from_pem(ed25519_pem(), "ed").dns_record()
    good = look(dkim.check, txt("ed._domainkey.harbour.example", record), settings={"dkim": both})
    assert [finding.result for finding in good] == [Result.OK, Result.OK]


def test_where_the_relay_signs_it_says_how_to_make_sure(look: Look) -> None:
    (found,) = warnings(look(dkim.check, settings={"dkim": {}}))
    assert "--message" in found.mend


DMARC = "_dmarc.harbour.example"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({(DMARC, "TXT"): None}, "has no DMARC record"),
        (txt(DMARC, "v=DMARC1; p=none", "v=DMARC1; p=reject"), "2 DMARC records"),
        (txt(DMARC, "v=DMARC1; rua=mailto:a@harbour.example"), "no p="),
        (txt(DMARC, "v=DMARC1; p=maybe"), "is no policy"),
        (txt(DMARC, "v=DMARC1; p=none; p=reject"), "twice"),
    ],
)
def test_a_dmarc_record_that_does_not_count_fails(look: Look, zone: Zone, said: str) -> None:
    bad = failures(look(dmarc.check, zone))
    assert any(said in finding.means for finding in bad), bad


def test_reports_that_go_nowhere_are_warnings(look: Look) -> None:
    (alone,) = warnings(look(dmarc.check, txt(DMARC, "v=DMARC1; p=reject")))
    assert alone.mend.endswith('"v=DMARC1; p=reject; rua=mailto:dmarc@harbour.example"')
    elsewhere = txt(DMARC, "v=DMARC1; p=reject; rua=mailto:x@reports.example")
    (silent,) = warnings(look(dmarc.check, elsewhere))
    assert 'harbour.example._report._dmarc.reports.example. IN TXT "v=DMARC1"' in silent.mend
    agreed = txt("harbour.example._report._dmarc.reports.example", "v=DMARC1")
    assert not warnings(look(dmarc.check, elsewhere | agreed))


@pytest.mark.parametrize(
    ("bounces", "signing", "record", "result"),
    [
        ("bounces.harbour.example", "harbour.example", "p=none", Result.OK),
        ("bounces.relay.example", "harbour.example", "p=none", Result.WARNING),
        ("bounces.harbour.example", "relay.example", "p=none", Result.WARNING),
        ("bounces.relay.example", "relay.example", "p=none", Result.FAILURE),
        ("bounces.harbour.example", "harbour.example", "p=none; aspf=s", Result.WARNING),
        ("bounces.harbour.example", "mail.harbour.example", "p=none; aspf=s; adkim=s", Result.FAILURE),
    ],
)
def test_alignment_is_judged_as_dmarc_does(
    look: Look, tmp_path: Path, bounces: str, signing: str, record: str, result: Result
) -> None:
    findings = look(
        dmarc.check,
        txt(DMARC, f"v=DMARC1; {record}; rua=mailto:d@harbour.example"),
        newsletter=a_newsletter(bounce_domain=bounces),
        settings={"dkim": {"quay": DkimSettings(signing, "news", tmp_path / "dkim.pem")}},
    )
    (alignment,) = [finding for finding in findings if finding.check == "dns-alignment"]
    assert alignment.result is result, alignment


def test_a_policy_of_the_organisation_holds_for_names_below_it(look: Look) -> None:
    findings = look(dmarc.check, newsletter=a_newsletter(sender="Quay <quay@lists.harbour.example>"))
    assert not failures(findings)


PTR = "25.2.0.192.in-addr.arpa"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({(PTR, "PTR"): None}, "has no PTR record"),
        ({(PTR, "PTR"): ["host-25.provider.example."]}, "does not lead back"),
    ],
)
def test_an_address_without_a_name_that_confirms_fails_when_it_was_named(
    look: Look, zone: Zone, said: str
) -> None:
    (bad,) = failures(look(reverse.check, zone))
    assert said in bad.means
    assert f"{PTR}. IN PTR mail.harbour.example." in bad.mend
    guessed = look(reverse.check, zone, sending_addresses=())
    assert not failures(guessed)
    assert said in warnings(guessed)[0].means


@pytest.mark.parametrize(
    ("zone", "result", "said"),
    [
        ({(SPF, "MX"): ["0 ."]}, Result.FAILURE, "null MX"),
        ({(SPF, "MX"): None}, Result.FAILURE, "neither MX nor address"),
        ({(SPF, "MX"): None, (SPF, "A"): ["192.0.2.9"]}, Result.WARNING, "has no MX"),
        ({(SPF, "MX"): ["5 gone.harbour.example."]}, Result.FAILURE, "which has no address"),
        ({(SPF, "MX"): ["5 gone.harbour.example.", "9 mail.harbour.example."]}, Result.WARNING, "gone.harbour"),
    ],
)
def test_a_return_path_that_takes_no_mail_is_found(look: Look, zone: Zone, result: Result, said: str) -> None:
    findings = look(return_path.check, zone)
    (found,) = [finding for finding in findings if finding.result is not Result.OK]
    assert (found.result, said in found.means) == (result, True), found


def test_a_silent_server_costs_seconds_and_is_named_as_such(tmp_path: Path) -> None:
    zone = {(name, "*"): SILENT for name in ("harbour.example", SPF, DMARC, KEY, PTR)}
    with name_server(zone) as server:
        case = a_case(
            Names(server.address, seconds=0.3), tmp_path, sending_addresses=(ipaddress.ip_address(SENDING),)
        )

        def trial(_attempt: int) -> str:
            began = time.monotonic()
            findings = [
                finding
                for check in (spf.check, dkim.check, dmarc.check, reverse.check, return_path.check)
                for finding in check(case)
            ]
            took = time.monotonic() - began
            assert findings
            assert worst(findings) is Result.WARNING
            assert any("no DNS server answers" in finding.means for finding in findings)
            return "" if took < 3 else f"{took:.1f} seconds"

        one_of_three(trial)


def test_a_long_record_comes_over_tcp() -> None:
    with name_server(txt("long.example", "x" * 900)) as server:
        assert Names(server.address).texts("long.example") == ["x" * 900]
        assert server.asked == [("long.example", "TXT")] * 2


def test_what_is_no_name_is_no_answer_and_a_wrong_resolver_is_said() -> None:
    with name_server({("a.example", "A"): ["192.0.2.1"]}) as server:
        names = Names(server.address)
        for wild in ("a..b", "x" * 64 + ".example", "ä" * 300, "\udce4.example"):
            with pytest.raises(NoAnswer):
                names.texts(wild)
        assert names.addresses("a.example") == [ipaddress.ip_address("192.0.2.1")]
    for wrong in ("dns.example", "127.0.0.1:0", "127.0.0.1:x", "1.2.3.4.5"):
        with pytest.raises(UsageError):
            Names(wrong)
