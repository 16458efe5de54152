"""Words that an editor leaves where text is still to come.

`TODO:`, `TBD`, `XXX`, `???`, “insert … here”, `LINK_HERE`, lorem ipsum, “ADD MISSING NEWS”. Code, comments and
link targets are not looked at, and a TODO app, a TODO list or “TBD” as the place of an event stay what they are:
the latter is a warning only.

PASS:
    We built a TODO app with it, and a [TODO: MVC in Rust](https://example.net/todo) tutorial.

    Who would have thought that???

    Run `todo-txt --add "TODO: tea"` and you will see. UPDATE: it works.

    Todo está listo. Vraiment ???

PASS:
    To add your event, write to us. You can add it here until Friday.

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
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_HINT: Final = "Write what belongs there, or take the line out."
_OPENING: Final = r"[\s>*_#\-+|(\[\"'“„«~.\d\ue000]*"  # marks that may stand before the first word of a line
_AFTER_TODO: Final = (
    r"(?!\s+(?:apps?|applications?|lists?|items?|comments?|manager|tracker|api|cli|tui|tool|program|project|"
    r"examples?|tutorial|tree|board|bot|mvc|macro|marker|markers|notes?|file|files|tasks?|txt)\b)"
)
_CAPITAL_VERBS: Final = (
    "ADD|INSERT|WRITE|FIX|CHECK|UPDATE|REPLACE|REMOVE|DELETE|FILL|MISSING|DESCRIBE|TRANSLATE|REVIEW|VERIFY|COMPLETE|"
    "EXPAND|FEHLT|FEHLEN|ERGÄNZEN|EINFÜGEN|HINZUFÜGEN|AÑADIR|AGREGAR|COMPLETAR|FALTA|FALTAN|AJOUTER|COMPLÉTER|MANQUE|"
    "AGGIUNGERE|INSERIRE|MANCA|MANCANO|ADICIONAR|INSERIR|PREENCHER"
)

# what is searched, whether it is certain, what is said of it
_CERTAIN: Final = (
    (re.compile(rf"^{_OPENING}(?P<mark>TODO|FIXME)\b{_AFTER_TODO}", re.MULTILINE), "“{}” marks unfinished text"),
    (re.compile(r"[(\[]\s*(?P<mark>TODO|FIXME|TBD|TBC)\b"), "“{}” marks unfinished text"),
    (re.compile(r"(?<![\w.-])(?P<mark>TODO|FIXME|TBD)\s*:"), "“{}” marks unfinished text"),
    (re.compile(r"[:=|–—-]\s*(?P<mark>TODO|FIXME)\b[\s.)\]|*_]*$", re.MULTILINE), "“{}” marks unfinished text"),
    (
        re.compile(rf"^{_OPENING}(?P<mark>TBD|TBC|tbd|tbc|todo|Todo)[\s.!)\]*_]*$", re.MULTILINE),
        "“{}” stands for text",
    ),
    (re.compile(r"^[\s>*_#\-+(\[]*(?P<mark>todo)\s*:", re.MULTILINE), "“{}:” marks unfinished text"),
    (re.compile(r"(?<![\w.-])(?P<mark>X{3,})(?![\w-])"), "“{}” stands for something that is not known yet"),
    (re.compile(rf"^{_OPENING}(?P<mark>x{{3,}})[\s.!)\]*_]*$", re.MULTILINE), "“{}” stands for text"),
    (
        re.compile(r"(?<!\w)(?P<mark>XX[./-]XX(?:[./-](?:\d{2,4}|X{2,4}))?|20\d\d[-/]XX\b|20XX\b)"),
        "“{}” is no date yet",
    ),
    (re.compile(r"(?:^|[(\[|:=–—/\"])[ \t>*_#+-]*(?P<mark>\?{3,})", re.MULTILINE), "“{}” stands for text"),
    (re.compile(r"\b(?P<mark>lorem\s+ipsum)\b", re.IGNORECASE), "“{}” is filler text"),
    (re.compile(r"\b(?P<mark>[A-Z]+(?:_[A-Z]+)*_HERE)\b"), "“{}” stands for text"),
    (re.compile(r"\b(?P<mark>PLACEHOLDER|CHANGEME|CHANGE_ME|TKTK)\b"), "“{}” stands for text"),
    (
        re.compile(
            rf"\b(?P<mark>(?:(?:{_CAPITAL_VERBS})(?:\s+[A-ZÀ-Þ]{{2,}})+|[A-ZÀ-Þ]{{3,}}\s+(?:MISSING|FEHLT|FEHLEN|FALTA))"
            r"(?:\s+[A-ZÀ-Þ]{2,})*)\b(?![a-z])"
        ),
        "“{}” is a note to an editor",
    ),
    (re.compile(r"(?P<mark>\binsert\b[^.!?\n]{0,50}\bhere\b)", re.IGNORECASE), "“{}” stands for text"),
    (
        re.compile(
            rf"^{_OPENING}(?P<mark>(?:please\s+)?(?:add|put|paste|enter|fill\s+in|place|describe)\b[^.!?\n]{{0,40}}\bhere)"
            r"[\s.!)\]*_]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
        "“{}” stands for text",
    ),
    (
        re.compile(
            rf"(?:^{_OPENING}|\[)(?P<mark>[^.!?\n\[]{{0,30}}\bhier\s+(?:[\w-]+\s+){{0,4}}(?:einfügen|ergänzen|eintragen)|"
            r"(?:insertar|insérer|inserire|inserir|añadir|ajouter|aggiungere|adicionar)\b[^.!?\n]{0,40}"
            r"\b(?:aquí|ici|qui|aqui))[\s.!)\]*_]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
        "“{}” stands for text",
    ),
    (
        re.compile(
            rf"^{_OPENING}(?P<mark>(?:(?:still\s+)?to\s+be\s+(?:added|written|filled(?:\s+in)?|completed|described|done)"
            r"|(?:needs|missing)\s+(?:a\s+)?(?:description|text|summary|link|image|screenshot)"
            r"|(?:description|text|summary|link|image|screenshot)\s+(?:missing|needed|to\s+follow|goes\s+here)"
            r"|(?:noch\s+)?(?:zu\s+ergänzen|nachzutragen)|por\s+(?:completar|escribir)|à\s+(?:compléter|rédiger)"
            r"|da\s+(?:completare|scrivere)|a\s+(?:completar|escrever)))[\s.!)\]*_]*$",
            re.IGNORECASE | re.MULTILINE,
        ),
        "“{}” stands for text",
    ),
)
_UNCERTAIN: Final = (
    (re.compile(r"(?<![\w.-])(?P<mark>TBD)(?![\w-])"), "“{}” leaves something open"),
    (re.compile(r"\b(?P<mark>XEP-X{2,4})(?!\w)", re.IGNORECASE), "“{}” has no number"),
    (re.compile(r"(?<![\w.-])(?P<mark>v?X\.(?:X|Y)(?:\.[XZ])?)(?![\w-])"), "“{}” stands for a number"),
    (re.compile(r"\b(?P<mark>YYYY[-/.]MM[-/.]DD|DD[-/.]MM[-/.]YYYY)\b"), "“{}” stands for a date"),
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    seen: list[tuple[int, int]] = []
    titles = [(link.text_start, link.text_end) for link in manuscript.links if link.text_start >= 0]
    for patterns, certain in ((_CERTAIN, True), (_UNCERTAIN, False)):
        for pattern, message in patterns:
            for found in pattern.finditer(manuscript.prose, manuscript.body_start):
                start, end = found.span("mark")
                if any(first < end and start < last for first, last in seen):
                    continue
                if any(first <= start and end <= last and end - start < last - first for first, last in titles):
                    continue  # a part of a link's text: the title of somebody's article
                seen.append((start, end))
                yield Finding(start, message.format(" ".join(found["mark"].split())), _HINT, certain)
    yield from _title(manuscript)


def _title(manuscript: Manuscript) -> Iterator[Finding]:
    title = manuscript.issue.title
    for pattern, message in _CERTAIN:
        found = pattern.search(title)
        if found:
            offset = manuscript.header_offset("title", found["mark"])
            yield Finding(
                offset, f"in the title, {message.format(found['mark'])}", "Write the title that readers see."
            )
            return


RULE = Rule("placeholder", Severity.ERROR, check, __doc__)
