"""What receivers will see of a mail: its headers and parts, its signatures, and a spam filter's verdict."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr
from typing import Final

from mailer.doctor import dmarc, signatures
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.headers import RULES, Mail, read_mail
from mailer.doctor.names import Names, NoAnswer
from mailer.doctor.records import shown

DKIM: Final = "dkim-signature"
ALIGNED: Final = "dmarc-aligned"
RECEIVER: Final = "receiver"
SPAM: Final = "spamassassin"
SPAM_SECONDS: Final = 90.0  # its first run compiles its rules
NEEDED: Final = ("from", "subject", "date", "to", "list-unsubscribe", "list-unsubscribe-post")


def look_at(
    raw: bytes, names: Names, now: datetime, *, on_its_way: bool = False, spam_filter: bool = True
) -> Iterator[Finding]:
    """Everything that can be said about a mail as it was received. Raises nothing for any bytes.

    ``on_its_way``: it has yet to pass the mail server, which may sign it.
    """
    mail = read_mail(raw)
    for rule in RULES:
        yield from rule(mail)
    yield from _signatures(raw, mail, names, now, on_its_way=on_its_way)
    yield from _receiver(mail)
    if spam_filter:
        yield from spam_verdict(raw)


def _signatures(raw: bytes, mail: Mail, names: Names, now: datetime, *, on_its_way: bool) -> Iterator[Finding]:
    fields, body = signatures.split_message(raw)
    found = signatures.signatures(fields)
    if not found and on_its_way:
        yield warning(
            DKIM,
            "nothing here signs it: the mail server has to, or the big receivers refuse it.",
            "Look at a copy that arrived (--message FILE.eml), or sign here ([newsletters.NAME.dkim]).",
        )
        return
    if not found:
        yield failure(
            DKIM,
            "the mail has no DKIM signature: the big receivers refuse bulk mail without one.",
            "Sign here ([newsletters.NAME.dkim] in docs/settings.md), or let the mail server sign.",
        )
        return
    good = []
    for signature in found:
        try:
            if isinstance(signature, signatures.BadSignature):
                raise signature
            key = signatures.verify(signature, fields, body, names, now)
        except signatures.BadSignature as fault:
            yield failure(
                DKIM, f"a DKIM signature{_whose(signature)} fails: {fault}.", "`mailer doctor` looks at our key."
            )
            continue
        except NoAnswer as silence:
            yield warning(
                DKIM, f"a DKIM signature{_whose(signature)} could not be verified: {silence}.", "Try again later."
            )
            continue
        good.append(signature.domain)
        yield from _quality(signature, key, mail)
    if good:
        yield _aligned(mail, good, names)


def _whose(signature: signatures.Signature | signatures.BadSignature) -> str:
    if isinstance(signature, signatures.BadSignature):
        return ""
    return f" of {shown(signature.domain, 100)} ({shown(signature.selector, 60)})"


def _quality(signature: signatures.Signature, key: signatures.PublishedKey, mail: Mail) -> Iterator[Finding]:
    size = f"{key.bits} bits" if key.kind == "rsa" else "Ed25519"
    if key.testing:
        yield warning(
            DKIM,
            f"the key of {signature.domain} says t=y (testing): the signature counts for nothing.",
            "Take t=y away.",
        )
    if key.kind == "rsa" and key.bits < signatures.GOOD_RSA_BITS:
        yield warning(
            DKIM, f"the key of {signature.domain} has {size}; 2048 are expected today.", "Make a new key."
        )
    if signature.tags.get("l"):
        yield warning(
            DKIM, f"the signature of {signature.domain} has l=: anybody may add to the mail.", "Sign without l=."
        )
    unsigned = [name for name in NEEDED if mail.values(name) and name not in signature.signed]
    if unsigned:
        yield warning(
            DKIM,
            f"the signature of {signature.domain} leaves out {', '.join(unsigned)}: somebody in between may "
            "change them; "
            "RFC 8058 asks for the unsubscribe headers to be signed.",
            "Let the signer cover them.",
        )
    else:
        yield ok(DKIM, f"the DKIM signature of {signature.domain} verifies ({key.kind}, {size}).")


def _aligned(mail: Mail, domains: list[str], names: Names) -> Finding:
    sender = parseaddr(mail.value("From"))[1].rpartition("@")[2].lower()
    try:
        policies = dmarc.policy_for(names, sender)
        strict = len(policies) == 1 and policies[0].strict("adkim")
        if any(dmarc.aligned(names, sender, domain, strict=strict) for domain in domains):
            return ok(ALIGNED, f"the signature counts as {sender}, the domain in From: DMARC passes.")
    except NoAnswer as silence:
        return warning(ALIGNED, f"whether DMARC passes could not be looked at: {silence}.", "Try again later.")
    return failure(
        ALIGNED,
        f"no signature counts as {sender}, the domain in From: DMARC rests on SPF alone, or fails.",
        f"Let a key of {sender} sign.",
    )


def _receiver(mail: Mail) -> Iterator[Finding]:
    """What the server that received it wrote down (RFC 8601); only the topmost can be believed."""
    results = mail.value("Authentication-Results")
    if not results:
        return
    server = results.partition(";")[0].split()[:1] or ["the receiver"]
    for method, outcome in re.findall(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", results.lower()):
        said = f"{shown(server[0], 80)} says: {method}={outcome}"
        if outcome == "pass":
            yield ok(RECEIVER, f"{said}.")
        else:
            yield failure(
                RECEIVER, f"{said}.", f"`mailer doctor` looks at {method.upper()} and says how to mend it."
            )


def spam_verdict(raw: bytes) -> Iterator[Finding]:
    """SpamAssassin's, where it is installed; it asks nobody on the network (-L)."""
    program = shutil.which("spamassassin")
    if program is None:
        yield ok(SPAM, "SpamAssassin is not installed here, so it was not asked.")
        return
    try:
        answer = subprocess.run(  # noqa: S603 -- a fixed command; the mail is its input only
            [program, "-L", "-t"], input=raw, capture_output=True, timeout=SPAM_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield warning(
            SPAM, f"SpamAssassin did not answer ({type(error).__name__}).", "Run: spamassassin -D -L -t < FILE"
        )
        return
    said = answer.stdout.decode("utf-8", "replace")
    score = re.search(
        r"^X-Spam-Status:\s*(Yes|No),\s*score=(-?[0-9.]+)\s+required=(-?[0-9.]+)", said, re.MULTILINE
    )
    if score is None:
        yield warning(SPAM, "SpamAssassin's answer cannot be read.", "Run: spamassassin -D -L -t < FILE")
        return
    rules = _points(said)
    told = f"SpamAssassin gives {score[2]} points of {score[3]}{f' ({rules})' if rules else ''}."
    if score[1] == "Yes":
        yield failure(SPAM, told, "Mend what the rules name; https://spamassassin.apache.org/tests.html")
    else:
        yield ok(SPAM, told)


def _points(said: str) -> str:
    """The rules that count against the mail, the heaviest first."""
    rows = re.findall(r"^\s*\*?\s*(-?\d+(?:\.\d+)?)\s+([A-Z][A-Z0-9_]{3,})\b", said, re.MULTILINE)
    against = sorted({(float(points), name) for points, name in rows if float(points) > 0}, reverse=True)
    return ", ".join(f"{name} {points}" for points, name in against[:5])
