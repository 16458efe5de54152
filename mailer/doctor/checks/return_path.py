"""MX: can mail that comes back, and answers of readers, be delivered at all?"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.names import NoAnswer

CHECK = "dns-mx"


def check(case: Case) -> Iterator[Finding]:
    """PASS: an MX whose host has an address. FAIL: none at all, a null MX, hosts without addresses."""
    seen: set[str] = set()
    for _, from_domain, return_domain in case.domains():
        for domain, what in ((return_domain, "the return path"), (from_domain, "From")):
            if domain in seen:
                continue
            seen.add(domain)
            try:
                yield _domain(case, domain, what)
            except NoAnswer as silence:
                yield warning(
                    CHECK, f"the MX of {domain} could not be looked at: {silence}.", "Run it again later."
                )


def _domain(case: Case, domain: str, what: str) -> Finding:
    lost = (
        "bounces cannot come back, and receivers refuse mail whose return path leads nowhere"
        if what == "the return path"
        else "nobody can answer, and receivers refuse mail from a domain that takes none"
    )
    mend = f"Publish, with the host that takes mail for it:\n{domain}. IN MX 10 {_likely_host(case, domain)}."
    exchanges = case.names.exchanges(domain)
    hosts = [exchange.host for exchange in exchanges if exchange.host]
    if exchanges and not hosts:
        return failure(CHECK, f"{domain}, the domain of {what}, has a null MX (it takes no mail): {lost}.", mend)
    if not exchanges:
        if not case.names.addresses(domain):
            return failure(CHECK, f"{domain}, the domain of {what}, has neither MX nor address: {lost}.", mend)
        return warning(
            CHECK,
            f"{domain}, the domain of {what}, has no MX; senders try its own address, and some receivers ask "
            "for an "
            "MX.",
            mend,
        )
    dead = [host for host in hosts if not case.names.addresses(host)]
    if len(dead) == len(hosts):
        return failure(
            CHECK,
            f"the MX of {domain} leads to {', '.join(dead[:3])}, which has no address: {lost}.",
            f"Give it an address:\n{dead[0]}. IN A 192.0.2.1   (the server's own address)",
        )
    if dead:
        return warning(
            CHECK,
            f"of the mail hosts of {domain}, {', '.join(dead[:3])} has no address.",
            f"Take it out of the MX records, or give it an address:\n{dead[0]}. IN A 192.0.2.1   (its own)",
        )
    return ok(CHECK, f"{domain}, the domain of {what}, takes mail at {', '.join(hosts[:3])}.")


def _likely_host(case: Case, domain: str) -> str:
    """The mail host of the organisation, as a guess that can be pasted."""
    parent = domain.partition(".")[2]
    try:
        hosts = (
            [exchange.host for exchange in case.names.exchanges(parent) if exchange.host] if "." in parent else []
        )
    except NoAnswer:
        hosts = []
    return hosts[0] if hosts else f"mail.{domain}"
