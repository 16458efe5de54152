"""Whole issues to look at: our own samples of what newsletters hold, and real ones beside the checkout, if any."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from mailer.issue.model import Issue
from mailer.issue.reader import read_issue
from mailer.newsletter import Newsletter
from mailer.render.edition import render_edition
from mailer.render.model import RenderedEdition, Translation
from mailer.render.templates import STANDARD
from mailer.resources import template_folders
from tests.builders.render import LANGUAGES, a_publication

_ROOT: Final = Path(__file__).resolve().parents[2]
_DEMO: Final = _ROOT / "mailer" / "demo" / "issue"
_REAL: Final = _ROOT.parent / "shared" / "corpus"
_COPIES: Final = 12
_VERY_LONG: Final = "very-long.md"

OWN: Final = (*sorted((_ROOT / "tests" / "samples").glob("*.md")), *sorted(_DEMO.glob("*.md")), Path(_VERY_LONG))
REAL: Final = tuple(sorted(path for path in _REAL.glob("*/*") if path.suffix in (".md", ".markdown")))


def name_of(path: Path) -> str:
    """What a test of this issue is called."""
    return path.name


def _content(path: Path) -> bytes:
    """The file; the very long one is the demo's issue over and over, its notes told apart by a number."""
    if path.name != _VERY_LONG:
        return path.read_bytes()
    head, body = (_DEMO / "2026-05-01-spring.md").read_text(encoding="utf-8").split("\n---\n", 1)
    copies = [body.replace("[^log]", f"[^log{number}]") for number in range(_COPIES)]
    return f"{head}\n---\n{''.join(copies)}".encode()


@cache
def sample(path: Path, theme: str = STANDARD) -> tuple[Issue, RenderedEdition]:
    """The issue as read and as rendered for a newsletter with everything in its footer."""
    newsletter = replace(newsletter_of(path), theme=theme)
    issue = read_issue(_content(path), path.name, newsletter)
    others = [Translation(tag, issue.title, newsletter.issue_url("x", tag)) for tag in ("en", "de", "ar", "ja")]
    return issue, render_edition(issue, newsletter, translations=others, template_folders=template_folders(None))


def newsletter_of(path: Path) -> Newsletter:
    """Who publishes it: ours, with a logo, or for a real issue one with the site of its relative links."""
    if path not in REAL:
        return a_publication(logo="https://harbour.example.org/logo.png")
    rust = path.parent.name == "twir"
    return Newsletter(
        key="real",
        name="A Real Newsletter",
        sender="A Real Newsletter <news@example.org>",
        list_id="news.example.org",
        site_url="https://this-week-in-rust.org" if rust else "https://xmpp.org",
        base_url="https://news.example.org",
        languages=LANGUAGES,
        postal_address="Example Street 1\n00000 Example",
        licence="CC BY-SA 4.0",
        accent="#0b57a4",
    )
