"""Words that an editor leaves where text is still to come.

`TODO:`, `TBD`, `XXX`, `???`, “insert … here”, `LINK_HERE`, lorem ipsum, “ADD MISSING NEWS”. Code, comments and
link targets are not looked at, and a TODO app, a TODO list or “TBD” as the place of an event stay what they are:
the latter is a warning only.

PASS:
    We built a TODO app with it, and a [TODO: MVC in Rust](https://example.net/todo) tutorial.

    Who would have thought that???

    Run `todo-txt --add "TODO: tea"` and you will see. UPDATE: it works.

    Todo está listo. Vraiment ??? The compiler had a long-standing
    FIXME and lets you insert elements here.

PASS:
    To add your event, write to us. You can add it here until Friday. Dates are in the format YYYY-MM-DD. It was
    still to be added.

    We fixed servers, clients, libraries, …

    ## Work in Progress

    - [**Work in progress**](#work-in-progress)

    The words INSERT INTO stay. [What to do next: TODO lists](https://example.net/)

    [TODO list in Rust](https://example.net/)

FAIL:
    TODO: describe the release

FAIL:
    - Server 2.0 is out (TODO)

FAIL:
    The meeting is on XXX.

FAIL:
    TBD

FAIL:
    Insert the picture of the sprint here

FAIL:
    ADD MISSING SERVER NEWS

FAIL:
    Lorem ipsum dolor sit amet.

FAIL:
    ???

FAIL:
    - Release notes: DESCRIPTION_HERE

FAIL:
    (to be added)

FAIL:
    Rusty events between YYYY-MM-DD and YYYY-MM-DD

FAIL:
    // TODO name those who helped

FAIL:
    In May, …

FAIL:
    ---
    title: The Newsletter of MONTH YEAR
    date: 2024-06-05
    ---
    Welcome!

FAIL:
    {{< figure src="/images/sprint.png" caption="TODO" >}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Kind
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.signs import ANYWHERE, LINE, PERHAPS

_HINT: Final = "Write what belongs there, or take the line out."
_ONGOING: Final = re.compile(r"wip|work\s+in\s+progress", re.IGNORECASE)
_FILE_DATE: Final = re.compile(r"(?:^|[/\\])(?P<mark>20\d\d-(?:\d\d|XX|MM)-(?:XX|DD))[-_.][^/\\]*$", re.IGNORECASE)
_NO_TEXT: Final = re.compile(r"\?{2,}|(?:article|item|link|page)\s+(?:title|name|text)", re.IGNORECASE)
_SUMMARY_KEYS: Final = ("preheader", "summary", "description", "excerpt")
_SAID: Final = "“{}” stands for text"


def check(manuscript: Manuscript) -> Iterator[Finding]:
    seen: list[tuple[int, int]] = []
    for found, message, is_certain in _found(manuscript):
        start = found.start("mark")
        end = start + len(found["mark"].rstrip(" \t*_"))  # a link's target behind it is blanked out
        is_sentence = " " in found["mark"]  # several words may be an article's whole title, too
        if manuscript.is_in_link_text(start, end, or_all=is_sentence):
            continue
        if any(first < end and start < last for first, last in seen):
            continue
        seen.append((start, end))
        message = message.format(" ".join(found["mark"].split()))
        yield Finding(start, message, _HINT, is_certain and not _is_quoted(manuscript, start, end))
    for link in manuscript.links:
        is_seen = any(first < link.text_end and link.text_start < last for first, last in seen)
        if link.text_start >= 0 and not is_seen and _NO_TEXT.fullmatch(link.text.strip(" *_")):
            yield Finding(link.text_start, f"“{link.text}” stands for a link's text", _HINT)
    yield from _file_name(manuscript)
    yield from _header(manuscript)
    yield from _captions(manuscript)


def _found(manuscript: Manuscript) -> Iterator[tuple[re.Match[str], str, bool]]:
    """Every match, what is said of it, and whether it is certain."""
    prose, start = manuscript.prose, manuscript.body_start
    for sign in ANYWHERE:
        yield from ((found, sign.message, True) for found in sign.finditer(prose, start))
    says_all = manuscript.issue.language.partition("-")[0] in ("es", "pt")  # “todo” is a word there
    for block in manuscript.blocks:
        if block.kind not in (Kind.PARAGRAPH, Kind.HEADING):
            continue
        found = LINE.match(prose, manuscript.offset(block.line))
        if found and block.kind is Kind.HEADING and _ONGOING.fullmatch(found["mark"]):
            continue  # a section on what is not released yet
        if found and not (says_all and found["mark"] in ("todo", "Todo")):
            yield found, _SAID, True
    for sign in PERHAPS:
        yield from ((found, sign.message, False) for found in sign.finditer(prose, start))


def _is_quoted(manuscript: Manuscript, start: int, end: int) -> bool:
    """In a quotation: whoever said it may have meant it so."""
    line = manuscript.source.rfind("\n", 0, start) + 1
    is_in_quote = manuscript.source[line:start].lstrip().startswith(">")
    return is_in_quote or manuscript.is_in_quotation(start, end)


def is_known(text: str) -> bool:
    """True for a text in which this rule is certain of a placeholder."""
    return LINE.match(text) is not None or any(sign.search(text) for sign in ANYWHERE)


def _header(manuscript: Manuscript) -> Iterator[Finding]:
    """Title and summary, which stand in everybody's list of mails."""
    issue = manuscript.issue
    key = next((name for name in _SUMMARY_KEYS if name in issue.front.places), "")
    for name, text, where in (("title", issue.title, "the title"), (key, issue.preheader, "the summary")):
        whole = LINE.match(text)
        said = [(found, sign.message) for sign in ANYWHERE if (found := sign.search(text))]
        for found, message in [*said, *([(whole, _SAID)] if whole else [])][:1]:
            offset = manuscript.header_offset(name, found["mark"])
            message = f"in {where}, {message.format(found['mark'])}"
            yield Finding(offset, message, "Write what readers shall see.")


def _file_name(manuscript: Manuscript) -> Iterator[Finding]:
    """``2024-09-XX-news.md``: the day on which it appears is not known yet."""
    found = _FILE_DATE.search(manuscript.issue.path)
    if found:
        message = f"the file's name says “{found['mark']}”, which is no date yet"
        hint = "Name the file by the day on which the issue appears."
        yield Finding(0, message, hint, manuscript.issue.date is None)


def _captions(manuscript: Manuscript) -> Iterator[Finding]:
    """Captions and descriptions in shortcodes and tags, which are no prose."""
    for link in manuscript.links:
        if link.image and link.form in (Form.SHORTCODE, Form.HTML) and is_known(link.text):
            offset = max(manuscript.source.find(link.text, link.start, link.end), link.start)
            yield Finding(offset, f"the image's description “{link.text}” is still to come", _HINT)


RULE = Rule("placeholder", Severity.ERROR, check, __doc__)
