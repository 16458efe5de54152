"""Issues for rendering tests: Markdown read by the real reader, rendered with the shipped templates."""

from __future__ import annotations

from pathlib import Path

from mailer.issue.model import Issue
from mailer.issue.reader import read_issue
from mailer.newsletter import Newsletter
from mailer.render.edition import render_edition
from mailer.render.model import RenderedEdition, Translation
from mailer.resources import template_folders

HEADER = "---\ntitle: News from the quay\ndate: 2026-05-01\nsummary: Boats are back.\n---\n\n"
LANGUAGES = ("en", "de", "es", "fr", "it", "pt-br", "ar", "he", "fa", "ja", "nl")


def a_publication(
    *,
    name: str = "The Harbour Gazette",
    sender: str = "Harbour office <gazette@harbour.example.org>",
    base_url: str = "https://news.example.org",
    postal_address: str = "North Quay 7, 24999 Example",
    licence: str = "CC BY-SA 4.0",
    accent: str = "#0f5c73",
    logo: str = "",
) -> Newsletter:
    """A newsletter with everything that a mail shows."""
    return Newsletter(
        key="harbour",
        name=name,
        sender=sender,
        list_id="gazette.harbour.example.org",
        site_url="https://harbour.example.org",
        base_url=base_url,
        languages=LANGUAGES,
        postal_address=postal_address,
        licence=licence,
        accent=accent,
        logo=logo,
    )


def a_written_issue(body: str, *, header: str = HEADER, language: str = "en", newsletter: Newsletter) -> Issue:
    """The issue that a file with this body is read as."""
    return read_issue((header + body).encode(), "2026-05-01-quay.md", newsletter, language=language)


def rendered(
    body: str,
    *,
    header: str = HEADER,
    language: str = "en",
    newsletter: Newsletter | None = None,
    translations: tuple[Translation, ...] = (),
    own_templates: Path | None = None,
) -> RenderedEdition:
    """The edition that a body of Markdown becomes."""
    publication = newsletter or a_publication()
    issue = a_written_issue(body, header=header, language=language, newsletter=publication)
    return render_edition(
        issue, publication, translations=translations, template_folders=template_folders(own_templates)
    )
