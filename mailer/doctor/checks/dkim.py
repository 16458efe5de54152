"""DKIM (RFC 6376): is the public half of our key published, so that receivers can verify what we sign?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailer.doctor import signatures
from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.names import NoAnswer
from mailer.doctor.records import txt_line
from mailer.errors import MailerError
from mailer.newsletter import Newsletter
from mailer.render.dkim import KeyFault, Signer, SigningKey
from mailer.render.headers import bounce_domain
from mailer.render.message import Recipient, compile_message, message_id
from mailer.render.model import SLOTS, RenderedEdition
from mailer.settings import DkimSettings

CHECK = "dns-dkim"


def check(case: Case) -> Iterator[Finding]:
    """PASS: a message that we sign verifies with the published key. FAIL: no key, another one, t=y, p= empty."""
    for newsletter in case.newsletters:
        settings = case.settings.dkim.get(newsletter.key)
        if settings is None:
            yield _relay_signs(newsletter)
            continue
        if case.without_secrets:
            continue  # the settings' own findings say what is wrong with the key file
        for file, selector in _files(settings):
            try:
                key = SigningKey.from_pem(file.read_bytes(), selector)
                yield from _key(case, newsletter, Signer(settings.domain, (key,)), key)
            except (KeyFault, OSError) as error:
                reason = str(error) if isinstance(error, KeyFault) else f"cannot be read ({error.strerror})."
                yield failure(
                    CHECK,
                    f"the DKIM key {file} {reason} Nothing can be sent.",
                    f"Make one with: openssl genrsa -out {file.name} 2048 && chmod 600 {file.name}",
                )


def _relay_signs(newsletter: Newsletter) -> Finding:
    return warning(
        CHECK,
        f"nothing here signs the mail of {newsletter.key!r}, so the mail server has to; the big receivers refuse "
        "mail without DKIM.",
        "Send a copy to yourself (--send-to ADDRESS), save what arrives and look at it: mailer doctor --message "
        f"FILE.eml. Or sign here: [newsletters.{newsletter.key}.dkim] in docs/settings.md.",
    )


def _files(settings: DkimSettings) -> Iterator[tuple[Path, str]]:
    yield settings.key_file, settings.selector
    if settings.ed25519_key_file is not None:
        yield settings.ed25519_key_file, settings.ed25519_selector


def _key(case: Case, newsletter: Newsletter, signer: Signer, key: SigningKey) -> Iterator[Finding]:
    place = f"{key.selector}._domainkey.{signer.domain}"
    publish = f"Publish exactly this, and nothing else there:\n{txt_line(place, key.dns_record())}"
    try:
        published = signatures.published_key(case.names, key.selector, signer.domain)
    except NoAnswer as silence:
        yield warning(CHECK, f"the key at {place} could not be looked at: {silence}.", "Run it again later.")
        return
    except signatures.RecordFault as fault:
        yield failure(CHECK, f"nobody can verify our DKIM signatures: {fault} ({place}).", publish)
        return
    if published.material != _public(key) and not _same_key(published, key):
        yield failure(
            CHECK,
            f"the key published at {place} is not the public half of ours: every signature fails.",
            publish,
        )
        return
    if published.testing:
        yield warning(
            CHECK,
            f"the key at {place} says t=y (testing): receivers treat the mail as if it were not signed.",
            f"Take t=y out of the record. {publish}",
        )
    yield _round_trip(case, newsletter, signer, place, publish, published)


def _public(key: SigningKey) -> bytes:
    if key.algorithm == "rsa-sha256":
        return key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _same_key(published: signatures.PublishedKey, key: SigningKey) -> bool:
    """Equal numbers in another wrapping: p= may hold a bare RSAPublicKey."""
    return published.key == key.private.public_key()


def _round_trip(
    case: Case,
    newsletter: Newsletter,
    signer: Signer,
    place: str,
    publish: str,
    published: signatures.PublishedKey,
) -> Finding:
    """Sign a message as a sending does and verify it as a receiver does."""
    try:
        raw = signed_sample(newsletter, signer, case.now())
        fields, body = signatures.split_message(raw)
        (signature,) = signatures.signatures(fields)
        if isinstance(signature, signatures.BadSignature):
            raise signature
        signatures.verify(signature, fields, body, case.names, case.now())
    except (signatures.BadSignature, NoAnswer) as fault:
        return failure(CHECK, f"a message signed with our key does not verify by {place}: {fault}.", publish)
    except MailerError as error:
        return failure(CHECK, f"no message can be made to try the key at {place}: {error}", "Mend the settings.")
    size = f"{published.bits} bits" if published.kind == "rsa" else "Ed25519"
    return ok(CHECK, f"a message signed with our key verifies by {place} ({size}).")


def signed_sample(
    newsletter: Newsletter, signer: Signer | None, now: datetime, *, to: str = "doctor@example.org"
) -> bytes:
    """A small message made as a sending makes them."""
    template = compile_message(sample_edition(newsletter), newsletter, "doctor", signer=signer)
    identity = message_id(newsletter.key, "doctor", now.astimezone(UTC).isoformat(), bounce_domain(newsletter))
    link = f"{newsletter.base_url or 'https://example.org'}/unsubscribe/none"
    return template.as_bytes(Recipient(to, None, identity, link, link), now)


def sample_edition(newsletter: Newsletter) -> RenderedEdition:
    """A test mail that says what it is, with every slot."""
    words = (
        f"This is a test of the way that {newsletter.name} takes, sent by `mailer doctor`.\n"
        "Nobody else got it, and no archive holds it."
    )
    leave, prefer, address = SLOTS
    text = f"{words}\n\nLeave: {leave}\nPreferences: {prefer}\nSent to {address}\n"
    if newsletter.postal_address:
        text += f"\n{newsletter.postal_address}\n"
    paragraphs = "".join(f"<p>{_escaped(line)}</p>\n" for line in text.splitlines() if line)
    html = (
        '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n'
        '<meta charset="utf-8">\n<title>Test</title>\n</head>\n'
        f'<body lang="en" dir="ltr">\n{paragraphs}</body>\n</html>\n'
    )
    return RenderedEdition("en", f"Test of {newsletter.name}", "", "", html, text, "0" * 64, "doctor")


def _escaped(line: str) -> str:
    from html import escape

    return escape(line, quote=False)
