"""PTR: does the address that mail leaves from have a name, and does that name lead back to it?"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.names import Address, NoAnswer

CHECK = "dns-ptr"


def check(case: Case) -> Iterator[Finding]:
    """PASS: 192.0.2.5 -> mail.example.org -> 192.0.2.5. FAIL: no PTR, or one that leads elsewhere."""
    senders = case.senders
    if not senders.addresses:
        yield ok(
            CHECK,
            f"the address that mail leaves from is not known here ({senders.why}); name it with --sending-ip to "
            "have "
            "its PTR record checked.",
        )
    for address in senders.addresses:
        try:
            fault, mend = _fault(case, address)
        except NoAnswer as silence:
            yield warning(CHECK, f"the PTR of {address} could not be looked at: {silence}.", "Run it again later.")
            continue
        if not fault:
            yield ok(CHECK, f"{address} ({senders.why}) has a PTR record that confirms.")
        elif senders.known:
            yield failure(CHECK, f"{fault}: Gmail and others refuse mail from there.", mend)
        else:
            yield warning(
                CHECK, f"{fault}. If mail leaves from there ({senders.why}), Gmail and others refuse it.", mend
            )


def _fault(case: Case, address: Address) -> tuple[str, str]:
    """What is wrong and how to mend it; ("", "") when it confirms."""
    host = case.settings.smtp.helo or case.settings.smtp.host
    ask = (
        f"Whoever gave you the address publishes it:\n{address.reverse_pointer}. IN PTR {host}.\n"
        f"{host}. IN {'A' if address.version == 4 else 'AAAA'} {address}"
    )
    found = case.names.reverse(address)
    if not found:
        return f"{address} has no PTR record", ask
    kind = ("A",) if address.version == 4 else ("AAAA",)
    if any(address in case.names.addresses(name, kinds=kind) for name in found):
        return "", ""
    return f"the PTR record of {address} names {', '.join(found[:3])}, which does not lead back to it", ask
