"""Write the pages of the lint rules from their docstrings: ``python docs/lint/make.py`` (``--check`` compares)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from mailer.lint.engine import RULES
from mailer.lint.reached import REACHED
from mailer.lint.reading import READING
from mailer.lint.rule import Rule
from mailer.lint.translation import PAIR_RULES
from mailer.lint.translation.pair import PairRule

MEASURED = """\
How far they can be trusted: over 19 published issues of two newsletters they gave no error, and one warning at
the median for an issue by itself. Over issues of 18 other newsletters and blogs, with YAML, TOML, bare and no
headers, for which no rule was made, the median is one warning. Their errors were looked at one by one in samples
taken one after the other: of 18 in 240 issues four were wrong, of 15 in 138 further ones one was; all five are
mended since. What the others named was true: misspelt months in titles, links without a target, sections without
a text, mail over 102 KB.

Of 29 first versions of such issues, less than three fifths as long as the last one, 27 are refused; of the other
two one is whole as it stands, and from the other parts are missing that nothing in it tells of. That is what
rules cannot see, and a text that stops where a sentence might end.

Ten published translations, compared with their originals, gave ten warnings, two at most each: sections and links
that are in fact missing or other, and an hour that was left out. The language of all 19 issues was told right, and
of each under five wrong names.
"""
FOLDER = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Every page by its file name."""
    rules: list[Rule | PairRule] = [*RULES, *PAIR_RULES]
    return {f"{rule.id}.md": page(rule) for rule in rules} | {"README.md": index()}


def page(rule: Rule | PairRule) -> str:
    """A rule's docstring as Markdown: its samples become fenced code."""
    text = re.sub(
        r"^(PASS|FAIL):\n((?:(?: {4}[^\n]*)?\n)+)",
        _fenced,
        f"{(rule.page or '').rstrip()}\n\n",
        flags=re.MULTILINE,
    )
    state = "" if rule.is_on else " It is off unless the settings switch it on."
    head = f"# {rule.id}\n\nSeverity: {rule.severity}.{state}\n\n"
    foot = f"Switch it off for a part of an issue with `<!-- lint: off {rule.id} -->`.\n"
    return f"{head}{text.strip()}\n\n{foot}"


def _fenced(found: re.Match[str]) -> str:
    sample = re.sub(r"^ {4}", "", found[2], flags=re.MULTILINE).rstrip("\n")
    fence = "````" if "```" in sample else "```"
    return f"{'Passes' if found[1] == 'PASS' else 'Fails'}:\n\n{fence}markdown\n{sample}\n{fence}\n\n"


def index() -> str:
    """The list of all rules."""
    lines = [
        "# Lint rules\n",
        "`mailer lint` checks an issue against these. Errors stop a sending, warnings are shown. A rule of",
        "severity error gives a warning where it is not certain.\n",
        "`<!-- lint: off RULE -->` in an issue switches a rule off until `<!-- lint: on RULE -->` or the end;",
        "`<!-- lint: off-line RULE -->` does so for its own line; without a name they mean all rules.\n",
        MEASURED,
        "| rule | severity | what it finds |",
        "| --- | --- | --- |",
        *(f"| [{rule.id}]({rule.id}.md) | {_severity(rule)} | {rule.summary} |" for rule in RULES),
        "\nThese compare a translation with its original, the first file of an issue:\n",
        "| rule | severity | what it finds |",
        "| --- | --- | --- |",
        *(f"| [{rule.id}]({rule.id}.md) | {_severity(rule)} | {rule.summary} |" for rule in PAIR_RULES),
        "\nThese are found while an issue is read, or in the finished mail, and have no page:\n",
        "| rule | what it finds |",
        "| --- | --- |",
        *(f"| {name} | {sentence.rstrip('.')} |" for name, sentence in (READING | REACHED).items()),
    ]
    return "\n".join(lines) + "\n"


def _severity(rule: Rule | PairRule) -> str:
    return str(rule.severity) if rule.is_on else f"{rule.severity}, off"


def main(arguments: list[str]) -> int:
    wanted = pages()
    stale = [
        name
        for name, text in wanted.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    surplus = [path.name for path in FOLDER.glob("*.md") if path.name not in wanted]
    if "--check" in arguments:
        for name in [*stale, *surplus]:
            print(f"docs/lint/{name} is not what the rules say: run python docs/lint/make.py")
        return 1 if stale or surplus else 0
    for name in stale:
        (FOLDER / name).write_text(wanted[name], encoding="utf-8")
    for name in surplus:
        (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
