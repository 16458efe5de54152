"""Writing what an issue becomes, for looking at: HTML, plain text, MJML and one whole message a language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailer.errors import UsageError
from mailer.flows.prepare import PreparedEdition, PreparedIssue
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain
from mailer.render.message import Recipient, compile_message, message_id
from mailer.render.model import ADDRESS_SLOT, PREFERENCES_SLOT, UNSUBSCRIBE_SLOT

SAMPLE_ADDRESS: Final = "reader@example.org"
_UNDATED: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write_files(prepared: PreparedIssue, folder: Path) -> Iterator[Path]:
    """Write SLUG.LANG.html, .txt, .mjml and .eml for each language into ``folder``; gives each path written.

    The person in them is a sample; the same issue gives the same bytes, so the message is dated as the issue is.
    """
    for edition in prepared.editions:
        rendered = edition.rendered
        sample = _sample(prepared.newsletter, prepared.slug)
        contents = {
            "html": _for(sample, rendered.html).encode(),
            "txt": _for(sample, rendered.text).encode(),
            "mjml": rendered.mjml.encode(),
            "eml": _message(prepared, edition, sample),
        }
        for suffix, content in contents.items():
            yield _write(folder, f"{prepared.slug}.{rendered.language}.{suffix}", content)


def _message(prepared: PreparedIssue, edition: PreparedEdition, sample: Recipient) -> bytes:
    template = compile_message(edition.rendered, prepared.newsletter, prepared.slug)
    return template.as_bytes(sample, edition.issue.date or prepared.original.date or _UNDATED)


def _sample(newsletter: Newsletter, slug: str) -> Recipient:
    return Recipient(
        address=SAMPLE_ADDRESS,
        subscription_id=None,
        message_id=message_id(newsletter.key, slug, "sample", bounce_domain(newsletter)),
        unsubscribe_url=f"{newsletter.base_url}/unsubscribe/sample",
        preferences_url=f"{newsletter.base_url}/preferences/sample",
    )


def _for(sample: Recipient, rendered: str) -> str:
    values = {
        UNSUBSCRIBE_SLOT: sample.unsubscribe_url,
        PREFERENCES_SLOT: sample.preferences_url,
        ADDRESS_SLOT: sample.address,
    }
    for slot, value in values.items():
        rendered = rendered.replace(slot, value)
    return rendered


def _write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"cannot be written ({error.strerror}).", where=str(path), hint="Name another folder with --out."
        ) from error
    return path
