"""An issue file becomes an ``Issue``: every step of reading in its order, and nothing else.

Law: content never raises; what is wrong becomes a ``Problem`` with line and column of the file.

Rules of reading (lint adds its own; ``draft`` is a value of the issue, not a problem of reading):

=================  =======  ==========================================================================
front-matter       error    header not closed, no valid YAML or TOML, a key twice, an impossible value
date, language     error    a date nobody can read; a language that the newsletter has not
missing-title      error    no title (a warning where the only first heading is taken)
encoding           error    bytes that are not UTF-8 (UTF-16 with its mark is a warning)
control-character  warning  left out
shortcode          error    unknown or unclosed shortcode, variable, filter: it leaves nothing
removed-html       error    a form (a subscription form leaves a link to our subscribe page)
removed-html       warning  script, frame, player (leaves a link), event handler and the like
unknown-html       warning  ``<T>`` in the text is no element: shown as written
html-comment       error    a comment that is never closed
unsafe-link        error    ``javascript:``, ``data:``, … : the words stay, the link goes
unsafe-link        warning  a scheme that few mail clients open: the link stays
empty-link         error    no address: the words stay, the link goes
relative-link      error    cannot be made absolute (a warning: ``www.`` without https://, mended)
broken-link        warning  ``[text]((https://…)``, mended
markdown           error    nested too deep
=================  =======  ==========================================================================

Tokens of an issue: a flat list, well-formed (each ``*_open`` has its ``*_close``), ``level`` right,
``map`` of blocks in file lines from 0. There is no ``html_block`` and no ``html_inline``.

Blocks: ``heading`` (h1 to h6, always an ``id``), ``paragraph`` (``hidden`` in tight lists), ``bullet_list``,
``ordered_list`` (``start``), ``list_item`` (class ``task-list-item``; its box is a text ☐ or ☑), ``blockquote``,
``hr``, ``fence``, ``code_block``, ``table``/``thead``/``tbody``/``tr``/``th``/``td`` (style ``text-align:…``,
``colspan``, ``rowspan``; a table may lack its head), ``dl``/``dt``/``dd``, ``footnote_block``/``footnote``/
``footnote_anchor``, ``div`` (only with ``style``, ``id``, ``lang`` or ``dir``), and ``figure``:

    figure_open, inline (an image, perhaps in a link), figcaption_open, inline, figcaption_close, figure_close

The caption may be missing; raw HTML may put other blocks into a figure.

Inline: ``text``, ``softbreak``, ``hardbreak``, ``code_inline``, ``em``, ``strong``, ``s``, ``link``, ``image``
(``children`` are its alt text; ``width`` and ``height`` in pixels), ``footnote_ref``, and from raw HTML ``sub``,
``sup``, ``small``, ``kbd``, ``abbr`` (``title``), ``mark``, ``u``, ``span`` (``id``, ``lang``, ``dir``).
``link_open`` and ``image`` say in ``meta`` what was written and where: ``source``, ``line``, ``column``.
An ``inline`` from raw HTML or around a shortcode has no ``content``: read its ``children``.
"""

from __future__ import annotations

import hashlib

from markdown_it.token import Token

from mailer.issue.expansion import Expander, Page
from mailer.issue.findings import Findings
from mailer.issue.frontmatter import read_front_matter
from mailer.issue.headings import number_headings
from mailer.issue.links import Base, make_absolute
from mailer.issue.markdown import parse, parse_inline, plain_text
from mailer.issue.marks import Marks
from mailer.issue.metadata import one_line, read_metadata
from mailer.issue.model import Issue
from mailer.issue.problem import Place, Severity
from mailer.issue.rawhtml import without_raw_html
from mailer.issue.shortcodes import Hidden, hide
from mailer.issue.source import decode, printable
from mailer.newsletter import Newsletter


def read_issue(
    raw: bytes,
    path: str,
    newsletter: Newsletter,
    *,
    language: str | None = None,
    slug: str | None = None,
    folder: str = "",
) -> Issue:
    """Read one file. ``language`` and ``slug`` win over what file and header say.

    A translation of an issue must be read with the slug of the original. ``folder`` is the name of the folder that
    the file lies in, for an ``index.md`` whose path does not say it.
    """
    source = decode(raw, path)
    front, faults = read_front_matter(source)
    findings = Findings(source)
    findings.problems += faults
    said = read_metadata(
        front, path, newsletter, language=language, slug=slug, problems=findings.problems, folder=folder
    )
    web_url = newsletter.issue_url(said.slug, said.language)
    page = Page(newsletter, said.title, said.page_url, said.date.isoformat() if said.date else "", front.values)
    dropped = frozenset(name for name, shortcode in newsletter.shortcodes.items() if shortcode.drop)
    hidden = hide(source, front.body_line, dropped)
    try:
        tokens = _body(hidden, page, findings, Base(newsletter.site_url, said.page_url, web_url))
    except RecursionError:
        findings.error(source.place(front.body_line), "markdown", "the text is nested too deep to be read")
        tokens = []
    sections = number_headings(tokens)
    title = said.title or _title_in_text(tokens, front.places.get("title", source.place(1)), findings)
    return Issue(
        path=path,
        source=source.text,
        source_sha256=hashlib.sha256(raw).hexdigest(),
        front=front,
        title=title,
        slug=said.slug,
        language=said.language,
        date=said.date,
        preheader=one_line(plain_text(parse_inline(said.preheader))),
        authors=said.authors,
        draft=said.draft,
        page_url=said.page_url,
        web_url=web_url,
        tokens=tuple(tokens),
        sections=sections,
        problems=tuple(
            sorted(set(findings.problems), key=lambda p: (p.place, p.severity is Severity.WARNING, p.rule))
        ),
    )


def _title_in_text(tokens: list[Token], place: Place, findings: Findings) -> str:
    """The title of an issue whose header has none, with what is to be said about that; "" when there is none."""
    title = _only_heading(tokens)
    if title:
        findings.warning(
            place, "missing-title", "the header has no title: the first heading is taken", "Add title:."
        )
    else:
        findings.error(place, "missing-title", "the issue has no title", "Add “title: …” to the header.")
    return title


def _body(hidden: Hidden, page: Page, findings: Findings, base: Base) -> list[Token]:
    tokens, references = parse(hidden.text)
    _to_file_lines(tokens, hidden.file_lines)
    tokens = Marks(hidden, Expander(page, findings), references).resolve(tokens)
    tokens = without_raw_html(tokens, findings, page.newsletter, references)
    make_absolute(tokens, base, findings)
    _make_printable(tokens)
    return tokens


def _make_printable(tokens: list[Token]) -> None:
    for token in tokens:
        token.content = printable(token.content)
        for name, value in token.attrs.items():
            if isinstance(value, str):
                token.attrs[name] = printable(value)
        _make_printable(token.children or [])


def _to_file_lines(tokens: list[Token], file_lines: tuple[int, ...]) -> None:
    last = len(file_lines) - 1
    for token in tokens:
        if token.map is not None:
            first, end = token.map
            token.map = [file_lines[min(first, last)], file_lines[min(max(end - 1, first), last)] + 1]


def _only_heading(tokens: list[Token]) -> str:
    """The text of a first block that is the only heading of level 1."""
    if not tokens or tokens[0].type != "heading_open" or tokens[0].tag != "h1":
        return ""
    if sum(token.type == "heading_open" and token.tag == "h1" for token in tokens) != 1:
        return ""
    return one_line(plain_text(tokens[1].children))
