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
from dataclasses import dataclass
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Kind
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.months import NUMBERS
from mailer.lint.rule import Rule
from mailer.lint.words import words

_HINT: Final = "Write what belongs there, or take the line out."
_OPENING: Final = r"[ \t>*_#/\-+|(\[\"'“„«~.\d\ue000]*"  # marks that may stand before the first word of a line
_CLOSING: Final = r"[ \t.!)\]|*_]*$"
_AFTER_TODO: Final = (
    r"(?!\s+(?:apps?|applications?|lists?|items?|comments?|manager|tracker|api|cli|tui|tool|program|project|"
    r"examples?|tutorial|tree|board|bot|mvc|macro|markers?|sections?|entry|entries|statements?|notes?|file|files|tasks?|txt)\b)"
)
_CAPITAL_VERBS: Final = (
    "ADD|INSERT|WRITE|FIX|CHECK|UPDATE|REPLACE|REMOVE|DELETE|FILL|MISSING|DESCRIBE|TRANSLATE|REVIEW|VERIFY|COMPLETE|"
    "EXPAND|FEHLT|FEHLEN|ERGÄNZEN|EINFÜGEN|HINZUFÜGEN|AÑADIR|AGREGAR|COMPLETAR|FALTA|FALTAN|AJOUTER|COMPLÉTER|MANQUE|"
    "AGGIUNGERE|INSERIRE|MANCA|MANCANO|ADICIONAR|INSERIR|PREENCHER"
)

# what is searched at any place: words of which one must be there, the pattern, and what is said of it; most issues
# hold none of the words, and looking for a word is a hundred times as fast
_CERTAIN: Final = (
    (words("TODO FIXME TBD TBC"), r"[(\[]\s*(?P<mark>TODO|FIXME|TBD|TBC)\b", "“{}” marks unfinished text"),
    (words("TODO FIXME TBD"), r"(?<![\w.-])(?P<mark>TODO|FIXME|TBD)\s*:", "“{}” marks unfinished text"),
    (words("TODO FIXME"), rf"[:=|–—-]\s*(?P<mark>TODO|FIXME)\b{_CLOSING}", "“{}” marks unfinished text"),
    (words("XXX"), r"(?<![\w.-])(?P<mark>X{3,})(?![\w-])", "“{}” stands for something that is not known yet"),
    (
        words("XX 202x 202X"),
        r"(?<!\w)(?P<mark>XX[./-]XX(?:[./-](?:\d{2,4}|X{2,4}))?|20\d\d[-/]XX\b|20XX\b|202[xX]\b)",
        "“{}” is no date yet",
    ),
    (
        words("XX"),
        rf"\b(?P<mark>XX)(?=(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?(?i:{'|'.join(sorted(NUMBERS))})\b)",
        "“{}” is no day yet",
    ),
    (
        words("?"),
        r"[(\[]\s*(?P<mark>(?i:link|source|url|date|name|who|when|version|check|correct|image|quelle|enlace|lien)\s*\?+)\s*[)\]]",
        "“{}” asks for something",
    ),
    (words("???"), r"(?:^|[(\[|:=–—/\"@])[ \t>*_#+-]*(?P<mark>\?{3,})", "“{}” stands for text"),
    (
        words("???"),
        r"\b(?:to|by|of|in|on|at|the|from|with|for|is|von|am|bei|mit|par|por|di|le|la)[ \t]+(?P<mark>\?{3,})",
        "“{}” stands for text",
    ),
    (
        words("YYYY"),
        r"^(?![^\n]*\bformat\b)[^\n]*?\b(?P<mark>YYYY[-/.]MM[-/.]DD|DD[-/.]MM[-/.]YYYY)\b",
        "“{}” is no date yet",
    ),
    (
        words("MONTH Month"),
        r"(?P<mark>\b(?:MONTH|Month)\s+(?:YEAR|Year|20\d\d|20[\dX]X)\b|\b[Mm]onth\s+of\s+MONTH\b)",
        "“{}” stands for a month",
    ),
    (words("orem OREM"), r"(?i:\b(?P<mark>lorem\s+ipsum)\b)", "“{}” is filler text"),
    (words("_HERE"), r"\b(?P<mark>[A-Z]+(?:_[A-Z]+)*_HERE)\b", "“{}” stands for text"),
    (
        words("PLACEHOLDER CHANGEME CHANGE_ME TKTK"),
        r"\b(?P<mark>PLACEHOLDER|CHANGEME|CHANGE_ME|TKTK)\b",
        "“{}” stands for text",
    ),
    (
        words(f"{_CAPITAL_VERBS.replace('|', ' ')} MISSING FEHLT FEHLEN FALTA"),
        (
            rf"\b(?P<mark>(?:(?:{_CAPITAL_VERBS})(?:\s+(?!(?:INTO|FROM|SET|ON|TABLE|COLUMN|WHERE|AND|OR|NOT)\b)[A-ZÀ-Þ]{{2,}})"
            r"|[A-ZÀ-Þ]{3,}\s+(?:MISSING|FEHLT|FEHLEN|FALTA))(?:\s+[A-ZÀ-Þ]{2,})*)\b(?![a-z])"
        ),
        "“{}” is a note to an editor",
    ),
    (
        words("nsert NSERT"),
        r"[(\[<]\s*(?P<mark>(?i:please\s+insert|insert)\b[^.!?\n]{0,50}\bhere\b)",
        "“{}” stands for text",
    ),
    (words("INSERT"), r"(?P<mark>\bINSERT\b[^.!?\n]{0,50}\bHERE\b)", "“{}” stands for text"),
)
# what is searched at the start of a paragraph, item or heading only, and must be all of its first line
_WHOLE: Final = (
    r"tb[dc]|todo|x{3,}|wip|work\s+in\s+progress",
    r"(?:please\s+)?(?:review|check|verify|proof-?read|rephrase|reword|rewrite|expand|shorten)(?:\s+(?:this|that|it|me))?",
    r"(?:still\s+)?needs\s+(?:a\s+)?(?:review|rewording|rewrite|rewriting|update|check|checking|proof-?reading)",
    r"(?:please\s+)?insert\b[^.!?\n]{0,60}\bhere|(?:add|put|paste|enter|fill\s+in|place|describe)\b[^.!?\n]{0,40}\bhere",
    r"[^.!?\n\[]{0,30}\bhier\s+(?:[\w-]+\s+){0,4}(?:einfügen|ergänzen|eintragen)",
    r"(?:insertar|insérer|inserire|inserir|añadir|ajouter|aggiungere|adicionar)\b[^.!?\n]{0,40}\b(?:aquí|ici|qui|aqui)",
    r"(?:(?:still\s+)?to\s+be|needs\s+to\s+be|will\s+be)\s+(?:added|written|filled(?:\s+in)?|completed|described|translated)",
    r"(?:needs|missing)\s+(?:a\s+)?(?:description|text|summary|link|image|screenshot|translation)",
    r"(?:description|text|summary|link|image|translation|content)\s+(?:is\s+)?(?:missing|needed|pending|to\s+follow)",
    r"(?:description|text|summary|link|image|translation|content|picture|screenshot)\s+(?:goes\s+|comes\s+)?here",
    r"(?:noch\s+)?(?:zu\s+ergänzen|nachzutragen|zu\s+übersetzen)|(?:text|bild|link|übersetzung)\s+(?:fehlt|folgt)(?:\s+noch)?",
    r"por\s+(?:completar|escribir|traducir)|à\s+(?:compléter|rédiger|traduire)|da\s+(?:completare|scrivere|tradurre)",
    r"a\s+(?:completar|escrever|traduzir)",
    r"(?:[^\W\d_]+\s+){0,2}[^\W\d_]+,\s*(?:\.\.\.|…)",
    r"foo(?:\s*bar)?(?:\s*baz)?|asdf\w*|qwerty|bla+h?(?:[\s,]+bla+h?)+|(?:sample|some|dummy|your)\s+text|text\s+text",
    r"(?:optional\s+)?(?:article|item|event|project|news)\s+description",
    r"(?:article|item|event|section|project|news|link|page)\s+(?:title|name|heading)|title\s+of\s+(?:the\s+)?\w+",
)
# places where a thing may be open for good
_UNCERTAIN: Final = (
    (words("TBD"), r"(?<![\w.-])(?P<mark>TBD)(?![\w-])", "“{}” leaves something open"),
    (words("XX xx Xx xX"), r"\b(?P<mark>(?i:XEP-\d?X{2,4}))(?!\w)", "“{}” has no number"),
    (
        words("X. x."),
        r"(?<![\w.-])(?P<mark>v?X\.(?:X|Y)(?:\.[XZ])?|v?x\.y\.z|v?x\.x\.x)(?![\w-])",
        "“{}” stands for a number",
    ),
    (words("... …"), rf"^[ \t>*_+-]*(?P<mark>\.\.\.|…){_CLOSING}", "“{}” stands for text"),
)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A pattern with a group ``mark``; ``words`` of which a text that matches holds at least one."""

    words: frozenset[str]
    pattern: re.Pattern[str]
    message: str

    def finditer(self, text: str, start: int = 0) -> Iterator[re.Match[str]]:
        if any(word in text for word in self.words):
            yield from self.pattern.finditer(text, start)

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)


def _compiled(*rows: tuple[frozenset[str], str, str]) -> tuple[_Sign, ...]:
    return tuple(_Sign(needed, re.compile(pattern, re.MULTILINE), message) for needed, pattern, message in rows)


_ANYWHERE: Final = _compiled(*_CERTAIN)
_PERHAPS: Final = _compiled(*_UNCERTAIN)
_LINE: Final = re.compile(
    rf"{_OPENING}(?P<mark>(?-i:(?:TODO|FIXME)\b{_AFTER_TODO})|todo(?=\s*:)|(?:{'|'.join(_WHOLE)}){_CLOSING})",
    re.IGNORECASE | re.MULTILINE,
)
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
    for sign in _ANYWHERE:
        yield from ((found, sign.message, True) for found in sign.finditer(prose, start))
    says_all = manuscript.issue.language.partition("-")[0] in ("es", "pt")  # “todo” is a word there
    for block in manuscript.blocks:
        if block.kind not in (Kind.PARAGRAPH, Kind.HEADING):
            continue
        found = _LINE.match(prose, manuscript.offset(block.line))
        if found and block.kind is Kind.HEADING and _ONGOING.fullmatch(found["mark"]):
            continue  # a section on what is not released yet
        if found and not (says_all and found["mark"] in ("todo", "Todo")):
            yield found, _SAID, True
    for sign in _PERHAPS:
        yield from ((found, sign.message, False) for found in sign.finditer(prose, start))


def _is_quoted(manuscript: Manuscript, start: int, end: int) -> bool:
    """In a quotation: whoever said it may have meant it so."""
    line = manuscript.source.rfind("\n", 0, start) + 1
    is_in_quote = manuscript.source[line:start].lstrip().startswith(">")
    return is_in_quote or manuscript.is_in_quotation(start, end)


def is_known(text: str) -> bool:
    """True for a text in which this rule is certain of a placeholder."""
    return _LINE.match(text) is not None or any(sign.search(text) for sign in _ANYWHERE)


def _header(manuscript: Manuscript) -> Iterator[Finding]:
    """Title and summary, which stand in everybody's list of mails."""
    issue = manuscript.issue
    key = next((name for name in _SUMMARY_KEYS if name in issue.front.places), "")
    for name, text, where in (("title", issue.title, "the title"), (key, issue.preheader, "the summary")):
        whole = _LINE.match(text)
        said = [(found, sign.message) for sign in _ANYWHERE if (found := sign.search(text))]
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
