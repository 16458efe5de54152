"""Real newsletters, rendered: nothing breaks, no word is lost, no mark-up of the source is left over."""

import html
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it.token import Token

from mailer.issue.model import Issue
from mailer.issue.reader import read_issue
from mailer.newsletter import Newsletter
from mailer.render.edition import render_edition
from mailer.render.model import SLOTS, RenderedEdition, Translation
from mailer.render.weights import encoded_bytes
from mailer.resources import template_folders

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
FILES = sorted(path for path in CORPUS.glob("*/*") if path.suffix in (".md", ".markdown"))
KILOBYTE = 1000

# what the authors themselves left in their files: links whose brackets do not match, an address with a blank in it
SLIPS = {
    "2022-03-05-newsletter.de.md": ("Tigase Swift",),
    "2024-09-05-newsletter.de.md": ("Mediengalerie in Monal",),
    "2025-06-10-newsletter.it.md": (
        "[xmpp.org](/categories/newsletter/",
        "https://xmpp-team.pages. debian",
        "igniterealtime. org",
    ),
}

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no real newsletters beside the checkout (../shared/corpus)"),
]


def newsletter_of(path: Path) -> Newsletter:
    rust = path.parent.name == "twir"
    return Newsletter(
        key="rust" if rust else "xmpp",
        name="A Newsletter",
        sender="A Newsletter <news@example.org>",
        list_id="news.example.org",
        site_url="https://this-week-in-rust.org" if rust else "https://xmpp.org",
        base_url="https://news.example.org",
        languages=("en", "de", "es", "fr", "it", "pt-br"),
        postal_address="Example Street 1, Example",
        licence="CC BY-SA 4.0",
    )


def rendered(path: Path) -> tuple[Issue, RenderedEdition]:
    newsletter = newsletter_of(path)
    issue = read_issue(path.read_bytes(), path.name, newsletter)
    others = [Translation(tag, "x", f"https://news.example.org/x/{tag}/") for tag in newsletter.languages]
    edition = render_edition(issue, newsletter, translations=others, template_folders=template_folders(None))
    return issue, edition


class Visible(HTMLParser):
    """The words that a person sees, without those of links' addresses and without hidden labels."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.code: list[str] = []
        self._off = 0
        self._in_code = 0
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._off += tag in ("style", "title", "script")
        self._in_code += tag in ("code", "pre")
        self.words.extend((dict(attrs).get("alt") or "").split())

    def handle_endtag(self, tag: str) -> None:
        self._off -= tag in ("style", "title", "script")
        self._in_code -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._off:
            self.words.append(data)
            if self._in_code:
                self.code.append(data)

    @property
    def prose(self) -> str:
        return "\n".join(piece for piece in self.words if piece not in self.code)


def words_of(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def words_of_source(path: Path) -> Counter[str]:
    """Words of the body as an editor sees them, by a reading of our own that knows nothing of tokens."""
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n").removeprefix("\ufeff")
    text = "\n".join(
        line for line in text.split("\n") if not any(slip in line for slip in SLIPS.get(path.name, ()))
    )
    text = re.sub(r"\A(?:---\n.*?\n---\n|(?:[\w-]+:.*\n)+)", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", " ", text, flags=re.DOTALL)
    text = re.sub(r"<form.*?</form>", " ", text, flags=re.DOTALL)
    text = re.sub(r'\{\{<[^>]*?caption="([^"]*)"[^>]*?>\}\}', r" \1 ", text)
    text = re.sub(r"\{\{[<%].*?[>%]\}\}|\{%.*?%\}", " ", text)
    text = re.sub(r"^[ ]{0,3}\[[^\]]+\]:\s+\S+.*$", " ", text, flags=re.MULTILINE)  # link definitions
    text = re.sub(r"\]\s?\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)", " ", text)
    text = re.sub(r"\]\[[^\]]*\]", " ", text)
    text = re.sub(r"(?:https?://|xmpp:|mailto:|www\.)\S+", " ", text)
    text = re.sub(r"</?(?:p|br|small|b|i|u|div|span|a|label|input)\b[^>]*>", " ", text)
    text = re.sub(r"^\s*\d+[.)]\s", " ", text, flags=re.MULTILINE)  # numbers of lists are drawn, not written
    return words_of(re.sub(r"[*_`~\\]", "", html.unescape(text)))


def words_of_tokens(tokens: tuple[Token, ...]) -> Counter[str]:
    said: list[str] = []
    for token in tokens:
        if token.type in ("fence", "code_block"):
            said.append(token.content)
        said.extend(_said(token.children or []))
    return words_of("\n".join(said))


def _said(children: list[Token]) -> list[str]:
    said = [""]
    for child in children:
        if child.type in ("text", "code_inline"):
            said[-1] += child.content
        elif child.type == "image":
            said.extend([*_said(child.children or []), ""])
        else:
            said.append("")
    return said


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_word_of_a_real_issue_is_lost_in_either_part(path: Path) -> None:
    issue, edition = rendered(path)
    wanted = words_of_tokens(issue.tokens)
    for part in (" ".join(Visible(edition.html).words), edition.text):
        # parts of a word may be set apart by mark-up (H<sub>2</sub>O), so what is missing is looked for as text
        there = words_of(part)
        joined = "".join(part.split())
        missing = {word for word, count in wanted.items() if there[word] < count and word not in joined}
        assert not missing, sorted(missing)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_paragraph_stands_in_the_page_with_its_blanks(path: Path) -> None:
    issue, edition = rendered(path)
    page = " ".join("".join(Visible(re.sub(r"<br[^>]*>", " ", edition.html)).words).split())
    for token in issue.tokens:
        children = token.children or []
        if any(child.type == "image" or "xmpp:" in str(child.attrs.get("href", "")) for child in children):
            continue
        said = "".join(" " if child.type.endswith("break") else child.content for child in children)
        assert " ".join(said.split()) in page


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_words_that_an_editor_sees_in_the_file_are_in_the_mail(path: Path) -> None:
    _, edition = rendered(path)
    wanted = words_of_source(path)
    for part in (" ".join(Visible(edition.html).words), edition.text):
        joined = re.sub(r"\W", "", part)
        missing = sorted(word for word in wanted if re.sub(r"_", "", word) not in joined.replace("_", ""))
        assert len(missing) <= len(wanted) / 500, missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_mark_up_of_the_source_leaks(path: Path) -> None:
    _, edition = rendered(path)
    visible = Visible(edition.html).prose
    text = "\n".join(line for line in edition.text.split("\n") if not line.startswith("    "))
    for part in (visible, text):
        for leak in (
            r"\]\(",
            r"!\[",
            r"^#{1,6} ",
            r"\{\{",
            r"\}\}",
            r"\{%",
            r"```",
            r"<!--",
            r"</\w+>",
            r"&(?:amp|lt|gt|quot|nbsp);",
        ):
            for found in re.finditer(leak, part, re.MULTILINE):
                around = " ".join(part[max(0, found.start() - 60) : found.end() + 60].split())
                assert any(" ".join(slip.split()) in around for slip in SLIPS.get(path.name, ())), around
    for whole in (edition.html, edition.text):
        assert set(re.findall(r"@@[A-Z_]+@@", whole)) == set(SLOTS)
        assert all(whole.count(slot) == 1 for slot in SLOTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_issue_stays_small_and_its_lines_short(path: Path) -> None:
    issue, edition = rendered(path)
    size = encoded_bytes(edition.html)
    if path.stat().st_size <= 23 * KILOBYTE:
        assert size <= 80 * KILOBYTE
    assert size <= 102 * KILOBYTE
    assert len(edition.weights) == len(issue.sections)
    assert sum(weight.size_bytes for weight in edition.weights) < size
    for line in edition.text.split("\n"):
        without_reference = re.sub(r"(?: \[\d+\])+\W*$", "", line.strip("- >"))
        assert len(line) <= 72 or " " not in without_reference or line.startswith(("    ", "[")), line


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_headings_are_in_order_and_links_are_absolute(path: Path) -> None:
    issue, edition = rendered(path)
    reported = " ".join(problem.message for problem in issue.problems)
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", edition.html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    for url in re.findall(r'(?:href|src)="([^"]*)"', edition.html):
        assert re.match(r"(?:[a-z][a-z0-9+.-]*:|@@[A-Z_]+@@)", url) or html.unescape(url) in reported, url


def test_the_same_issue_gives_the_same_bytes_again() -> None:
    assert rendered(FILES[0])[1] == rendered(FILES[0])[1]
