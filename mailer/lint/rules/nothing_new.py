"""“No new … this month” left beside items that are new.

PASS:
    - No new proposals this month.

    ## Next

    - *No papers were submitted this week.*

PASS:
    - No-nonsense servers are back
    - No proposals were made this week by [us](https://example.net/us) or [them](https://example.net/them).
    - [A proposal](https://example.net/proposal)

FAIL:
    - [A proposal](https://example.net/proposal)
    - No new proposals this month.

FAIL:
    - Es wurden in diesem Monat keine neuen Vorschläge gemacht.
    - [Ein Vorschlag](https://example.net/proposal)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Item
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_NOTHING = re.compile(
    r"(?:no|there\s+(?:were|are)\s+no)\s+[^.]*\b(?:this|last)\s+(?:month|week|time)"
    r"|[^.]*\bkeine[nrs]?\b[^.]*\b(?:diesen|diesem|letzten)\s+(?:monat|woche)|(?:diesen|in\s+diesem)\s+monat[^.]*\bkeine[nrs]?\b[^.]*"
    r"|es\s+wurden?\s+in\s+diesem\s+monat\s+kein[^.]*"
    r"|(?:no\s+(?:hay|hubo)|ning[uú]n[ao]?)\b[^.]*\b(?:este|esta)\s+(?:mes|semana)"
    r"|(?:aucune?|pas\s+de)\b[^.]*\b(?:ce\s+mois(?:-ci)?|cette\s+semaine)"
    r"|nessun[oa']?\b[^.]*\b(?:questo\s+mese|questa\s+settimana)"
    r"|(?:não\s+há|nenhuma?)\b[^.]*\b(?:n?este\s+mês|nesse\s+mês|n?esta\s+semana)",
    re.IGNORECASE,
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    by_list: dict[int, list[Item]] = defaultdict(list)
    for item in manuscript.items:
        by_list[item.list_number].append(item)
    for siblings in by_list.values():
        nothing = [item for item in siblings if _says_nothing(item)]
        news = [item for item in siblings if item not in nothing and any(block.has_link for block in item.blocks)]
        if not news:
            continue
        for item in nothing:
            message = f"“{item.blocks[0].text[:60]}” stands beside {len(news)} that are new"
            yield Finding(manuscript.span(item.blocks[0])[0], message, "Take the line out.")


def _says_nothing(item: Item) -> bool:
    if len(item.blocks) != 1 or item.has_children or item.blocks[0].has_link:
        return False
    return _NOTHING.match(item.blocks[0].text) is not None


RULE = Rule("nothing-new", Severity.WARNING, check, __doc__)
