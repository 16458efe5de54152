"""What a person's message costs, in microseconds: python -m tests.benchmarks.composing [HTML KILOBYTES].

The pieces of a prepared edition (plain, with an Ed25519, with an RSA signature), beside a message that the library
of Python builds per person, and beside a signature by dkimpy. The ratio is to the plain pieces.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from email import policy
from email.message import EmailMessage

import dkim

from mailer.bounce.return_path import ReturnPaths
from mailer.render.dkim import Signer, SigningKey
from mailer.render.message import compile_message
from mailer.render.model import PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, RenderedEdition
from tests.builders.keys import ed25519_pem, rsa_pem
from tests.builders.message import A_DATE, a_newsletter, a_recipient, an_edition, filled_html, filled_text

SECONDS_EACH = 1.0


def microseconds(work: Callable[[], object]) -> float:
    """The best of as many rounds as fit: the others were disturbed."""
    best, end = float("inf"), time.perf_counter() + SECONDS_EACH
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def an_edition_of(kilobytes: int) -> RenderedEdition:
    line = '<p style="margin:0 0 16px">Rain at last: the carrots are up, and so are the slugs. Grüße!</p>\n'
    body = line * (kilobytes * 1024 // len(line.encode()))
    return an_edition(html=f'{body}<a href="{UNSUBSCRIBE_SLOT}">leave</a> <a href="{PREFERENCES_SLOT}">choose</a>')


def built_per_person(edition: RenderedEdition) -> bytes:
    """The same mail as one usually makes it."""
    person = a_recipient()
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = a_newsletter().sender
    message["To"] = person.address
    message["Subject"] = edition.subject
    message["Message-ID"] = person.message_id
    message.set_content(filled_text(edition, person), cte="quoted-printable")
    message.add_alternative(filled_html(edition, person), subtype="html", cte="quoted-printable")
    return bytes(message)


def main(kilobytes: int) -> None:
    edition, person, newsletter = an_edition_of(kilobytes), a_recipient(), a_newsletter()
    ed25519 = Signer("example.org", (SigningKey.from_pem(ed25519_pem(), "news"),))
    rsa = Signer("example.org", (SigningKey.from_pem(rsa_pem(), "news"),))
    plain, with_ed25519, with_rsa = (
        compile_message(edition, newsletter, "x", signer=signer) for signer in (None, ed25519, rsa)
    )
    message = plain.as_bytes(person, A_DATE)
    paths = ReturnPaths([b"k" * 32], "bounces.example.org")
    ways: list[tuple[str, Callable[[], object]]] = [
        ("pieces", lambda: plain.pieces(person, A_DATE)),
        ("pieces, joined", lambda: plain.as_bytes(person, A_DATE)),
        ("pieces and Ed25519", lambda: with_ed25519.pieces(person, A_DATE)),
        ("pieces and RSA 2048", lambda: with_rsa.pieces(person, A_DATE)),
        ("RSA 2048 by dkimpy alone", lambda: dkim.sign(message, b"news", b"example.org", rsa_pem())),
        ("built per person by email", lambda: built_per_person(edition)),
        ("return path", lambda: paths.make(123_456_789)),
        ("preparing the edition", lambda: compile_message(edition, newsletter, "x")),
    ]
    print(f"{len(message) / 1024:.0f} KB a message{'':16}µs     ratio")
    reference = 0.0
    for name, work in ways:
        taken = microseconds(work)
        reference = reference or taken
        print(f"{name:28}{taken:10.1f}{taken / reference:10.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 80)
