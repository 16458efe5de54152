"""Title, address, opening or number speak of another month, year or number than the issue's date.

An issue about May may appear in May, June or at the end of April: a month to either side is fine, and so are
double issues. Only a mention with its month is compared; “FOSDEM 2025” says nothing about the issue.

PASS:
    ---
    title: News of February 2021
    date: 2021-03-05
    url: 2021/03/news-02-february/
    ---
    This issue covers the month of February 2021. In May 2019 we were smaller.

PASS:
    ---
    title: The News, 6 August 2020
    date: 2020-08-06
    aliases: ["/2020/08/news-06-august/"]
    ---
    Welcome to the issue covering July 2020, the best after June.

FAIL:
    ---
    title: News of February 2021
    date: 2021-05-05
    ---
    Welcome!

FAIL:
    ---
    title: News of February 2020
    date: 2021-03-05
    ---
    Welcome!

FAIL:
    ---
    title: News of February 2021
    date: 2021-03-05
    url: 2021/01/news-02/
    ---
    Welcome!

FAIL:
    ---
    title: News of February 2021
    date: 2021-03-05
    ---
    This issue covers the month of January 2021.

FAIL:
    Title: Our Week 12
    Number: 11
    Date: 2021-03-05

    Welcome!
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.months import Mention, mentions
from mailer.lint.rule import Rule
from mailer.lint.rules.month_name import ADDRESS_KEYS

_PATH = re.compile(r"(?<!\d)(20\d\d)[/-](\d{1,2})(?=[/-])(?:/[^/\s\"']*?(?<!\d)(\d\d)(?=[-/_\s\"']|$))?")
_FILE_DATE = re.compile(r"(?:^|[/\\])(20\d\d)-(\d\d)-(\d\d)[-_.][^/\\]*$")
_COVERS = re.compile(
    r"\b(?:covers|covering|behandelt|umfasst|deckt|cubre|cubriendo|couvre|couvrant|copre|aborda|cobre)\b[^.!?]{0,60}",
    re.IGNORECASE,
)
_NUMBER_KEYS: Final = ("number", "issue", "issue_number")
_OPENING_PARAGRAPHS: Final = 10
_FAR_DAYS: Final = 45
_HINT: Final = "One of the two is left from another issue."


def check(manuscript: Manuscript) -> Iterator[Finding]:
    day = manuscript.issue.date
    if day is not None:
        yield from _title(manuscript, day.date())
        yield from _addresses(manuscript, day.date())
        yield from _file_name(manuscript, day.date())
        yield from _opening(manuscript, day.date())
    yield from _number(manuscript)


def _months_apart(named: Mention, day: date) -> int:
    """Months from the issue's date to the month named, the nearest such month when no year is named."""
    if named.year is not None:
        return (named.year - day.year) * 12 + named.month - day.month
    return (named.month - day.month + 6) % 12 - 6


def _title(manuscript: Manuscript, day: date) -> Iterator[Finding]:
    named = list(mentions(manuscript.issue.title))
    if named and all(abs(_months_apart(each, day)) > 1 for each in named):
        text = named[0].name + (f" {named[0].year}" if named[0].year else "")
        yield Finding(
            manuscript.header_offset("title", named[0].name), f"the title says {text}, the date is {day}", _HINT
        )


def _addresses(manuscript: Manuscript, day: date) -> Iterator[Finding]:
    seen: set[str] = set()
    for key in ADDRESS_KEYS:
        for found in _PATH.finditer(str(manuscript.issue.front.values.get(key, ""))):
            year, month = int(found[1]), int(found[2])
            if found[0] in seen or not 1 <= month <= 12:
                continue
            seen.add(found[0])
            offset = manuscript.header_offset(key, f"{found[1]}{found[0][4]}{found[2]}")
            if abs((year - day.year) * 12 + month - day.month) > 1:
                yield Finding(offset, f"the address says {found[1]}/{found[2]}, the date is {day}", _HINT)
            number = int(found[3]) if found[3] else month
            if number <= 12 and number not in (month, (month - 2) % 12 + 1) and abs(number - day.day) > 1:
                message = f"the address says {found[1]}/{found[2]} and then number {found[3]}"
                yield Finding(offset, message, _HINT)


def _file_name(manuscript: Manuscript, day: date) -> Iterator[Finding]:
    found = _FILE_DATE.search(manuscript.issue.path)
    if not found:
        return
    try:
        named = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return
    if abs((named - day).days) > _FAR_DAYS:
        yield Finding(manuscript.header_offset("date"), f"the file's name says {named}, the date is {day}", _HINT)


def _opening(manuscript: Manuscript, day: date) -> Iterator[Finding]:
    titled = {each.month for each in mentions(manuscript.issue.title)}
    opening = [block for block in manuscript.paragraphs() if not block.lists][:_OPENING_PARAGRAPHS]
    for block in opening:
        start, end = manuscript.span(block)
        for covers in _COVERS.finditer(manuscript.prose, start, end):
            named = list(mentions(covers[0]))
            if not named or any(each.month in titled and abs(_months_apart(each, day)) <= 3 for each in named):
                continue
            if titled or all(abs(_months_apart(each, day)) > 2 for each in named):
                if titled and len(titled) == 1 and any(_is_month_before(each, titled, day) for each in named):
                    continue
                text = named[0].name + (f" {named[0].year}" if named[0].year else "")
                where = "the title" if titled else f"the date ({day})"
                message = f"this covers {text}, {where} says otherwise"
                yield Finding(covers.start() + named[0].start, message, _HINT)


def _is_month_before(named: Mention, titled: set[int], day: date) -> bool:
    """An issue named by the day on which it appears (“6 August”) is about the month before."""
    return titled == {day.month} and _months_apart(named, day) == -1


def _number(manuscript: Manuscript) -> Iterator[Finding]:
    for key in _NUMBER_KEYS:
        value = str(manuscript.issue.front.values.get(key, "")).strip()
        found = re.search(r"(?:^|\s|#)(\d{1,5})\s*$", manuscript.issue.title)
        if value.isdigit() and found and int(found[1]) != int(value):
            offset = manuscript.header_offset(key, value)
            yield Finding(offset, f"the header says number {value}, the title {found[1]}", _HINT)


RULE = Rule("date-mismatch", Severity.WARNING, check, __doc__)
