"""SPF (RFC 7208): does the return path's domain say that mail may come from where ours does?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mailer.delivery.connect import is_loopback
from mailer.doctor import spf
from mailer.doctor.case import Case, Senders
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.names import Address, Names, NoAnswer
from mailer.doctor.records import shown, txt_line
from mailer.settings import Settings

CHECK = "dns-spf"
_NOBODY_ELSE = {"-all", "~all"}


def check(case: Case) -> Iterator[Finding]:
    """PASS: one record, at most 10 look-ups and 2 void, and it names the sending server. FAIL: anything else."""
    seen: set[str] = set()
    for _, from_domain, return_domain in case.domains():
        for domain, is_return_path in ((return_domain, True), (from_domain, False)):
            if domain in seen:
                continue
            seen.add(domain)
            try:
                yield from _domain(case, domain, is_return_path=is_return_path)
            except NoAnswer as silence:
                yield warning(CHECK, f"SPF of {domain} could not be looked at: {silence}.", "Run it again later.")


def _domain(case: Case, domain: str, *, is_return_path: bool) -> Iterator[Finding]:
    records = spf.spf_records(case.names.texts(domain))
    if len(records) > 1:
        yield failure(
            CHECK,
            f"{domain} has {len(records)} SPF records; receivers then take none of them, and SPF fails.",
            f"Merge them into one and take the others away, for example:\n{_merged(domain, records)}",
        )
        return
    if not records:
        yield _missing(case, domain, is_return_path=is_return_path)
        return
    record = records[0]
    found = spf.evaluate(case.names, domain, record)
    problems = [*_cost(domain, found), *_ending(domain, record, found)]
    yield from problems
    if is_return_path and not found.faults:
        yield from _sending_host(case, domain, record)
    elif not problems:
        yield ok(CHECK, f"{domain} has one SPF record with {found.lookups} look-ups.")


def _missing(case: Case, domain: str, *, is_return_path: bool) -> Finding:
    record = f"v=spf1 {_mechanisms(case.settings, case.senders)} -all"
    mend = (
        f"Publish, with the address or include that the mail server's operator names:\n{txt_line(domain, record)}"
    )
    if is_return_path:
        return failure(
            CHECK,
            f"{domain}, the domain of the return path, has no SPF record: the big receivers refuse such mail.",
            mend,
        )
    return warning(CHECK, f"{domain}, the domain in From, has no SPF record; some receivers ask for one.", mend)


def _mechanisms(settings: Settings, senders: Senders) -> str:
    named = [
        f"ip{address.version}:{address}" for address in senders.addresses if address.is_global or senders.known
    ]
    return " ".join(named) or _mechanism(settings.smtp.host)


def _mechanism(host: str) -> str:
    """How SPF names the mail server (RFC 7208 section 5); what the world sees of a local one is not known here."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "mx" if is_loopback(host) else f"a:{host}"
    return f"ip{address.version}:{address}" if address.is_global else "mx"


def _merged(domain: str, records: list[str]) -> str:
    """All records in one, their terms once each, with the mildest of their endings."""
    words = list(dict.fromkeys(word for record in sorted(records) for word in record.split()[1:]))
    endings = [word for word in words if word.lower() in {"-all", "~all", "?all", "+all", "all"}]
    ending = "~all" if "~all" in endings else (endings or ["~all"])[0]
    kept = [word for word in words if word not in endings]
    return txt_line(domain, " ".join(["v=spf1", *kept, ending]))


def _cost(domain: str, found: spf.Evaluation) -> Iterator[Finding]:
    for fault in found.faults[:3]:
        yield failure(
            CHECK,
            f"the SPF record of {domain} cannot be used ({shown(fault)}): receivers take it for an error.",
            "Take that term out of the record, or mend the record that it refers to.",
        )
    if found.lookups > spf.MOST_LOOKUPS:
        number = f"more than {spf.GIVE_UP}" if found.lookups > spf.GIVE_UP else str(found.lookups)
        yield failure(
            CHECK,
            f"the SPF record of {domain} needs {number} DNS look-ups; after {spf.MOST_LOOKUPS} receivers give up, "
            "and SPF fails.",
            "Take out includes of services that do not send for you any more, or write their networks as ip4: and "
            "ip6:.",
        )
    if found.void > spf.MOST_VOID:
        names = ", ".join(dict.fromkeys(found.void_names))
        yield failure(
            CHECK,
            f"the SPF record of {domain} asks {found.void} times for what does not exist ({shown(names)}); after "
            f"{spf.MOST_VOID} receivers give up.",
            "Take the terms with those names out of the record.",
        )


def _ending(domain: str, record: str, found: spf.Evaluation) -> Iterator[Finding]:
    if found.last.lower() in {"all", "+all"}:
        yield failure(
            CHECK,
            f"the SPF record of {domain} ends with {found.last!r}: everybody may send in its name, and receivers "
            "count that against it.",
            f"Publish instead:\n{txt_line(domain, record.replace(found.last, '-all'))}",
        )
    elif found.last.lower() not in _NOBODY_ELSE and "redirect=" not in record.lower():
        yield warning(
            CHECK,
            f"the SPF record of {domain} does not say that others may not send in its name.",
            f"Publish instead:\n{txt_line(domain, f'{record.removesuffix(found.last).rstrip()} -all')}",
        )
    if found.uses_ptr:
        yield warning(
            CHECK,
            f"the SPF record of {domain} uses 'ptr', which is slow and which some receivers pass over.",
            "Write the networks as ip4: and ip6: instead (RFC 7208 section 5.5).",
        )


def _sending_host(case: Case, domain: str, record: str) -> Iterator[Finding]:
    senders = case.senders
    if not senders.addresses:
        yield ok(
            CHECK,
            f"{domain} has an SPF record. Whether it names the server that mail leaves from cannot be told from "
            "here; "
            "name its address with --sending-ip.",
        )
        return
    for address in senders.addresses:
        verdict = _verdict(case.names, domain, record, address)
        if verdict == "pass":
            yield ok(CHECK, f"{domain}: SPF says pass for {address} ({senders.why}).")
            continue
        said = f"{domain}: SPF says {verdict} for mail from {address} ({senders.why})"
        mend = f"Name that address in the record:\n{txt_line(domain, _with(record, address))}"
        if senders.known:
            yield failure(CHECK, f"{said}: receivers refuse it or call it spam.", mend)
        else:
            yield warning(
                CHECK,
                f"{said}. If mail leaves from there, receivers refuse it or call it spam.",
                f"If it leaves from another address, look again with --sending-ip ADDRESS. {mend}",
            )


def _verdict(names: Names, domain: str, record: str, address: Address) -> str:
    return spf.verdict(names, domain, record, address, f"bounce@{domain}")


def _with(record: str, address: Address) -> str:
    head, _, rest = record.partition(" ")
    return f"{head} ip{address.version}:{address} {rest}".rstrip()
