"""A note that addresses the people who write the issue, not those who read it.

Asking readers for news, texts or help is what newsletters do and stays; a note is told by whom it addresses
(“to everyone involved”, “note to translators”), or by what it asks for (“remove this section before publishing”).

PASS:
    Please consider sharing your news with us! Contributors are welcome, and translators too.

    _This issue was translated by Ada, Grace and Edsger._

    *Write to us to get your event listed here!*

PASS:
    We do not just drop links: we describe what a release brings.

FAIL:
    _To everyone involved, please write five lines about each release._

FAIL:
    **Note to translators:** leave the names as they are.

FAIL:
    Remove this section before publishing.

FAIL:
    Please do not just drop links, describe the outcome.

FAIL:
    - @ada can you write a sentence about it?

FAIL:
    **This is a draft, do not publish yet!**
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_WRITERS: Final = (
    r"(?:editors?|translators?|contributors?|reviewers?|authors?|writers?|self|maintainers?|proof-?readers?)"
)
_CERTAIN = re.compile(
    rf"^(?:to|dear)\s+(?:every(?:one|body)|all|any(?:one|body))\s+(?:who\s+is\s+)?(?:involved|contributing|writing|editing)"
    rf"|^dear\s+(?:community\s+)?{_WRITERS}\s*:"
    r"|^@[\w.-]+[\s,:]+(?:please|can\s+you|could\s+you|todo)\b"
    r"|\b(?:do\s+not|don['’]t|not\s+to\s+be)\s+(?:publish(?:ed)?|merged?)\s+(?:yet|this|before|until)\b"
    r"|^this\s+(?:document|newsletter|issue|post|page)\s+is\s+(?:still\s+|just\s+|only\s+)*(?:an?\s+|in\s+|under\s+)?"
    r"(?:early\s+)?(?:draft|work\s+in\s+progress|wip|construction)\b|^this\s+is\s+(?:still\s+|just\s+|only\s+)*"
    r"(?:an?\s+)?(?:early\s+)?draft(?=\s*(?:[.!,;:)–—-]|$))"
    rf"|^(?:important\s+)?(?:note|hint|reminder|instructions?|attention|info)\s+(?:to|for)\s+(?:the\s+|all\s+|our\s+)?{_WRITERS}\b"
    r"|\bplease\s+(?:do\s+not|don['’]t)\s+(?:just|only|simply)\s+(?:drop|paste|post|add|put)\b"
    r"|\b(?:remove|delete|replace)\s+(?:this|these)\s+(?:sections?|paragraphs?|texts?|notes?|comments?|blocks?|"
    r"placeholders?|instructions?|examples?|template)\b"
    r"|\b(?:remove|delete)\s+(?:this|these)\s+lines?\s+(?:before|when|once|after|if)\b|\bcopy\s+this\s+template\b"
    r"|^(?:please\s+)?(?:add|write|describe|fill\s+in|insert)\s+(?:your|a\s+short|the)\s+(?:\w+\s+){0,3}"
    r"(?:news|summary|description|text|paragraph|contribution|item|items|section)\s+(?:here|below|above)\b"
    r"|^(?:hinweis|notiz|anmerkung)\s+(?:an|für)\s+(?:die\s+|alle\s+)?(?:redaktion|übersetzer|mitwirkende|autoren)"
    r"|^nota\s+(?:para|a|per)\s+(?:los\s+|las\s+|i\s+|gli\s+|os\s+)?(?:editores|traductores|colaboradores|autores|"
    r"traduttori|redattori|editori|tradutores)"
    r"|^note\s+(?:aux|pour\s+les)\s+(?:traducteurs|rédacteurs|contributeurs|auteurs)"
    r"|\bdiesen\s+(?:abschnitt|absatz|hinweis)\s+(?:vor\s+dem\s+\w+\s+)?(?:löschen|entfernen)\b"
    r"|\b(?:borrar|eliminar|supprimer|cancellare|rimuovere|apagar|remover)\s+(?:este|esta|ce|cette|questo|questa)\s+"
    r"(?:sección|párrafo|texto|section|paragraphe|texte|sezione|paragrafo|testo|seção|parágrafo)\b",
    re.IGNORECASE,
)

_THANKS = re.compile(r"\b(?:thanks?|thank\s+you|danke|gracias|merci|grazie|obrigad[oa])\b", re.IGNORECASE)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for block in manuscript.paragraphs():
        text = block.text.lstrip("([{*_> ")
        found = _CERTAIN.search(text)
        if found and not block.quoted and not _THANKS.search(text):
            start, _ = manuscript.span(block)
            shown = text if len(text) <= 60 else text[:57].rstrip() + "…"
            yield Finding(
                start,
                f"this addresses the issue's writers, not its readers: “{shown}”",
                "Follow it and take it out.",
            )


RULE = Rule("instruction", Severity.ERROR, check, __doc__)
