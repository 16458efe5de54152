"""Problems as text with a caret, as JSON, as GitHub annotations and as SARIF. Pure: strings in, string out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from unicodedata import combining, east_asian_width
from urllib.parse import quote

from mailer.issue import Problem, Severity
from mailer.lint.rule import Rule

_STYLES: Final = {Severity.ERROR: "\x1b[31m", Severity.WARNING: "\x1b[33m"}
_BOLD: Final = "\x1b[1m"
_FAINT: Final = "\x1b[2m"
_RESET: Final = "\x1b[0m"
_WIDTH: Final = 100  # characters of a source line that are shown around the column
_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(problems: Sequence[Problem], sources: Mapping[str, str], *, colour: bool = False) -> str:
    """Like a compiler: place, severity, message and rule, the line with a caret, the hint; a count at the end.

    ``sources`` gives the text of each file by its path; a line is not shown where it is missing.
    """
    pieces = [_one(problem, sources.get(problem.place.path), colour) for problem in problems]
    return "".join(f"{piece}\n" for piece in [*pieces, count(problems)])


def count(problems: Iterable[Problem]) -> str:
    """“2 errors, 1 warning”, or that nothing was found."""
    severities = [problem.severity for problem in problems]
    parts = []
    for severity in Severity:
        number = severities.count(severity)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts) or "no problems"


def _one(problem: Problem, source: str | None, colour: bool) -> str:
    place, severity = str(problem.place), str(problem.severity)
    message, rule = _printable(problem.message), f"[{problem.rule}]"
    if colour:
        place = f"{_BOLD}{place}{_RESET}"
        severity = f"{_STYLES[problem.severity]}{severity}{_RESET}"
        rule = f"{_FAINT}{rule}{_RESET}"
    lines = [f"{_printable(place) if not colour else place}: {severity}: {message} {rule}"]
    if source is not None:
        lines.extend(_excerpt(problem, source, colour))
    if problem.hint:
        lines.append(f"    hint: {_printable(problem.hint)}")
    return "\n".join(lines)


def _excerpt(problem: Problem, source: str, colour: bool) -> list[str]:
    rows = source.split("\n")
    if not 1 <= problem.place.line <= len(rows) or not rows[problem.place.line - 1].strip():
        return []
    row = _printable(rows[problem.place.line - 1].replace("\t", " "))
    column = min(problem.place.column, len(row) + 1) - 1
    start = max(0, min(column - _WIDTH // 2, len(row) - _WIDTH))
    shown = row[start : start + _WIDTH]
    before, after = ("…" if start else ""), ("…" if start + _WIDTH < len(row) else "")
    caret = f"{_STYLES[problem.severity]}^{_RESET}" if colour else "^"
    padding = " " * (len(before) + _columns(row[start:column]))
    return [f"    {before}{shown}{after}", f"    {padding}{caret}"]


def _columns(text: str) -> int:
    """Cells that a text takes on a terminal: wide characters take two, combining ones none."""
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def _printable(text: str) -> str:
    """Text that cannot steer a terminal: a control character becomes its picture."""
    return "".join("\ufffd" if ord(each) < 32 or 127 <= ord(each) < 160 else each for each in text)


def as_json(problems: Iterable[Problem]) -> str:
    """One JSON list: file, line, column, rule, severity, message, hint."""
    rows = [
        {
            "file": problem.place.path,
            "line": problem.place.line,
            "column": problem.place.column,
            "rule": problem.rule,
            "severity": str(problem.severity),
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def as_github(problems: Iterable[Problem]) -> str:
    """Workflow commands: a runner of GitHub Actions shows each beside its line."""
    return "".join(
        f"::{problem.severity} file={_property(problem.place.path)},line={problem.place.line},"
        f"col={problem.place.column},title={_property(problem.rule)}::"
        f"{_data(f'{problem.message} {problem.hint}'.strip())}\n"
        for problem in problems
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(problems: Sequence[Problem], rules: Iterable[Rule], version: str) -> str:
    """SARIF 2.1.0, for code scanning; columns count UTF-16 code units unless told, so we tell."""
    known = {rule.id: rule for rule in rules}
    used = sorted({problem.rule for problem in problems})
    descriptions = [
        {"id": name, "shortDescription": {"text": known[name].summary if name in known else name}} for name in used
    ]
    results = [
        {
            "ruleId": problem.rule,
            "ruleIndex": used.index(problem.rule),
            "level": str(problem.severity),
            "message": {"text": f"{problem.message} {problem.hint}".strip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(problem.place.path)},
                        "region": {"startLine": problem.place.line, "startColumn": problem.place.column},
                    }
                }
            ],
        }
        for problem in problems
    ]
    driver = {"name": "newsletter-mailer", "semanticVersion": version, "rules": descriptions}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return (
        json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)
        + "\n"
    )


def _uri(path: str) -> str:
    return quote(path.replace("\\", "/"))
