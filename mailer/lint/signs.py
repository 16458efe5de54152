"""The words that stand where text is still to come, as tables: what the rule ``placeholder`` looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailer.lint.months import NUMBERS
from mailer.lint.words import words

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
class Sign:
    """A pattern with a group ``mark``; ``words`` of which a text that matches holds at least one."""

    words: frozenset[str]
    pattern: re.Pattern[str]
    message: str

    def finditer(self, text: str, start: int = 0) -> Iterator[re.Match[str]]:
        if any(word in text for word in self.words):
            yield from self.pattern.finditer(text, start)

    def search(self, text: str) -> re.Match[str] | None:
        return next(self.finditer(text), None)


def _compiled(*rows: tuple[frozenset[str], str, str]) -> tuple[Sign, ...]:
    return tuple(Sign(needed, re.compile(pattern, re.MULTILINE), message) for needed, pattern, message in rows)


ANYWHERE: Final = _compiled(*_CERTAIN)
PERHAPS: Final = _compiled(*_UNCERTAIN)
LINE: Final = re.compile(
    rf"{_OPENING}(?P<mark>(?-i:(?:TODO|FIXME)\b{_AFTER_TODO})|todo(?=\s*:)|(?:{'|'.join(_WHOLE)}){_CLOSING})",
    re.IGNORECASE | re.MULTILINE,
)
