"""Renders an issue in one language as mail: MJML, inlined HTML and plain text, with slots for the person.

Law: the same issue, newsletter and templates give the same bytes; no clock, no random number, no order of a set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from markupsafe import Markup

from mailer.errors import TemplateError
from mailer.issue.model import Issue
from mailer.newsletter import Newsletter
from mailer.render.colour import schemes
from mailer.render.html_body import body_rows
from mailer.render.html_escape import escape
from mailer.render.inline_css import inline_css
from mailer.render.licence import licence_of
from mailer.render.links import scheme_of
from mailer.render.mjml_html import compile_mjml
from mailer.render.model import (
    ADDRESS_SLOT,
    PREFERENCES_SLOT,
    UNSUBSCRIBE_SLOT,
    RenderedEdition,
    Translation,
)
from mailer.render.outline import Outline, outline
from mailer.render.phrases import Phrases, phrases_for
from mailer.render.templates import fill, themed, version
from mailer.render.text_body import TextBody
from mailer.render.tongue import date_in_words, direction, own_name
from mailer.render.tree import Node, clean, clean_url, plain, tree
from mailer.render.weights import weights

SANS: Final = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
MONO: Final = "Menlo,Consolas,monospace"
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
_EXCERPT_CHARACTERS: Final = 140  # about what a mail client shows after the subject
_NUMBER_KEYS: Final = ("number", "issue", "issue_number", "issue-number", "no")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents; ``url`` is "" where there is no web version."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another language of the issue, by the name that its readers call it."""

    language: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The body for ``issue.mjml``, a piece of HTML for each ``mj-text``; ``in_words`` has no pictures."""

    outline: Outline
    notes_title: str

    def __iter__(self) -> Iterator[Markup]:
        return map(Markup, body_rows(self.outline, self.notes_title))

    def in_words(self) -> Iterator[Markup]:
        return map(Markup, body_rows(self.outline, self.notes_title, pictures=False))


def render_edition(
    issue: Issue,
    newsletter: Newsletter,
    *,
    translations: Sequence[Translation] = (),
    template_folders: Sequence[Path],
) -> RenderedEdition:
    """The issue as mail. ``translations`` are its other languages; a template comes from the first folder with it.

    Raises TemplateError (a template is missing or broken) and SettingsError (the accent is no colour).
    """
    newsletter = _printable(newsletter)
    folders = themed(template_folders, newsletter.theme)
    order = outline(below_title(tree(issue.tokens), issue.title), issue.sections)
    phrases = phrases_for(issue.language)
    values = _values(issue, newsletter, translations, order, phrases)
    body = TextBody(order, phrases.notes).text()
    text = fill(folders, "issue/issue.txt", {**values, "body": body})
    mjml = fill(folders, "issue/issue.mjml", {**values, "rows": Rows(order, phrases.notes)})
    compiled = compile_mjml(mjml, language=issue.language, direction=direction(issue.language))
    html = inline_css(compiled, fill(folders, "issue/prose.css", values))
    for part, where in ((html, "issue/footer.mjml"), (text, "issue/issue.txt")):
        if UNSUBSCRIBE_SLOT not in part:
            raise TemplateError(
                "The mail has no way to unsubscribe.",
                where=where,
                hint="Put {{ slots.unsubscribe }} back into it.",
            )
    return RenderedEdition(
        language=issue.language,
        subject=str(values["subject"]),
        preheader=str(values["preheader"] or values["hidden_preheader"]),
        mjml=mjml,
        html=html,
        text=text.strip("\n") + "\n",
        source_sha256=issue.source_sha256,
        template_version=version(folders),
        weights=weights(html, order),
    )


def _values(
    issue: Issue, newsletter: Newsletter, translations: Sequence[Translation], order: Outline, phrases: Phrases
) -> Mapping[str, object]:
    """What every template may name. A user's own templates rely on these names."""
    way = direction(issue.language)
    light, dark = schemes(newsletter)
    web_url = _web_address(issue.web_url) or _web_address(issue.page_url)
    title = clean(issue.title).strip() or newsletter.name
    preheader = " ".join(clean(issue.preheader).split())
    return {
        "language": issue.language,
        "dir": way,
        "start": "left" if way == "ltr" else "right",
        "end": "right" if way == "ltr" else "left",
        "chrome": _chrome(phrases, issue.language),
        "phrases": phrases,
        "light": light,
        "dark": dark,
        "accent": newsletter.accent,
        "sans": newsletter.fonts or SANS,
        "mono": MONO,
        "newsletter": newsletter,
        "logo": _web_address(newsletter.logo),
        "show_name": newsletter.name.casefold() not in title.casefold(),
        "title": title,
        "subject": title,
        "preheader": preheader,
        "hidden_preheader": "" if preheader else _excerpt(order),
        "facts": _facts(issue, title, phrases),
        "contents": _contents(order, web_url),
        "web_url": web_url,
        "others": _others(translations, issue.language),
        "sender": _sender(newsletter),
        "footer": _footer(newsletter.footer),
        "licence": licence_of(newsletter.licence),
        "slots": {"unsubscribe": UNSUBSCRIBE_SLOT, "preferences": PREFERENCES_SLOT, "address": ADDRESS_SLOT},
    }


def _printable(newsletter: Newsletter) -> Newsletter:
    """The newsletter with words that a page can carry: settings come from people too."""
    return replace(
        newsletter,
        name=" ".join(clean(newsletter.name).split()),
        sender=" ".join(clean(newsletter.sender).split()),
        postal_address=clean(newsletter.postal_address).strip(),
        footer=clean(newsletter.footer).strip(),
        licence=" ".join(clean(newsletter.licence).split()),
    )


def below_title(nodes: list[Node], title: str) -> list[Node]:
    """The body without a first heading that only says the title again."""
    first = nodes[0] if nodes else None
    says_title = first is not None and first.type == "heading" and plain(first) == " ".join(clean(title).split())
    return nodes[1:] if says_title else nodes


def _web_address(url: str) -> str:
    return clean_url(url) if scheme_of(url) in ("http", "https") else ""


def _chrome(phrases: Phrases, language: str) -> Markup:
    """Attributes for our own sentences where they are not in the language of the issue."""
    if phrases.language.split("-")[0] == language.split("-")[0]:
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(phrases.language, direction(phrases.language))


def _facts(issue: Issue, title: str, phrases: Phrases) -> list[str]:
    """Number, day and authors: the line under the title."""
    facts: list[str] = []
    number = next((str(issue.front.values[key]) for key in _NUMBER_KEYS if key in issue.front.values), "").strip()
    if number and len(number) <= 12 and number not in title:
        facts.append(phrases.issue_number.format(number=clean(number)))
    if issue.date is not None:
        facts.append(date_in_words(issue.date.date(), issue.language))
    if issue.authors:
        facts.append(phrases.by.format(authors=", ".join(map(clean, issue.authors))))
    return facts


def _contents(order: Outline, web_url: str) -> list[Entry]:
    """The big headings, when there are enough of them to choose from."""
    named = [heading for heading in order.top if heading.title]
    if len(named) < 3:
        return []
    return [
        Entry(heading.title, f"{web_url}#{clean_url(heading.anchor)}" if web_url and heading.anchor else web_url)
        for heading in named
    ]


def _others(translations: Sequence[Translation], language: str) -> list[Other]:
    return [
        Other(other.language, own_name(other.language), clean_url(other.url))
        for other in translations
        if other.language != language and _web_address(other.url)
    ]


def _footer(text: str) -> list[Markup]:
    """The operator's own lines, with the addresses in them as links."""
    return [
        Markup(_ADDRESS.sub(r'<a href="\g<0>">\g<0></a>', escape(line)))  # noqa: S704 - escaped before
        for line in text.splitlines()
        if line.strip()
    ]


def _sender(newsletter: Newsletter) -> str:
    """Who sends: the display name and address, the address alone when the name says no more."""
    name, address = parseaddr(newsletter.sender)
    if not address:
        return newsletter.sender
    return address if name in ("", newsletter.name) else f"{name} <{address}>"


def _excerpt(order: Outline) -> str:
    """The first words of the body: what a mail client shows after the subject when the issue has no summary."""
    first = next((plain(node) for part in order.parts for node in part.nodes if node.type == "paragraph"), "")
    if len(first) <= _EXCERPT_CHARACTERS:
        return first
    return first[:_EXCERPT_CHARACTERS].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
