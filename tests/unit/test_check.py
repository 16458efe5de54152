"""Lint skips the rendering only where the mail is surely small."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailer.configuration import default_settings
from mailer.flows.check import WORTH_WEIGHING_BYTES, check, most_bytes
from mailer.flows.gather import SourceFile, SourceSet
from mailer.flows.prepare import prepare, read_all
from mailer.newsletter import Newsletter
from mailer.resources import templates_folder

HEAD = "---\ntitle: Spring at the harbour\ndate: 2026-05-01\n---\n\nHello, harbour!\n\n"
HEAVY_FOR_THEIR_LENGTH = {
    "links": "[a](b) " * 900,
    "items": "- a\n" * 900,
    "table": "|a|b|c|d|\n|-|-|-|-|\n" + "|1|2|3|4|\n" * 300,
    "code": "`a` " * 900,
    "headings": "# a\n\nb\n\n" * 200,
    "quotes": "> a\n\n" * 300,
    "images": "![a](b)\n\n" * 150,
    "figures": '{{< figure src="a" >}}\n\n' * 150,
    "accents": "é" * 9000,
    "characters": "漢" * 9000,
    "brackets": "< & " * 3000,
    "fence": "```\n" + "a=b\n" * 3000 + "```\n",
    "footnotes": "".join(f"a[^{number}]\n\n[^{number}]: b\n\n" for number in range(100)),
    "addresses": "https://a.bc " * 400,
}


def a_newsletter() -> Newsletter:
    (newsletter,) = default_settings(Path.cwd()).newsletters.values()
    return replace(newsletter, site_url="https://example.org")


def an_issue_of(body: str) -> SourceSet:
    return SourceSet((SourceFile(Path("issue.md"), None, (HEAD + body).encode()),))


@pytest.mark.parametrize("body", HEAVY_FOR_THEIR_LENGTH.values(), ids=HEAVY_FOR_THEIR_LENGTH.keys())
def test_the_guess_is_never_below_what_is_rendered(body: str) -> None:
    sources = an_issue_of(body)
    (edition,) = prepare(sources, a_newsletter(), [templates_folder()]).editions
    assert most_bytes(read_all(sources, a_newsletter())[0]) > edition.html_size_bytes


def test_an_issue_of_usual_length_is_not_rendered_for_its_size() -> None:
    body = "".join(
        f"## Section {n}\n\nSome [news](https://example.org/{n}) of it. {'Words. ' * 80}\n\n" for n in range(20)
    )
    assert len(body) > 12_000
    assert most_bytes(read_all(an_issue_of(body), a_newsletter())[0]) < WORTH_WEIGHING_BYTES


def test_an_issue_that_gmail_would_cut_is_an_error_of_lint() -> None:
    checked = check(an_issue_of("|a|b|\n|-|-|\n" + "|1|2|\n" * 3000), a_newsletter(), [templates_folder()])
    assert "size" in {problem.rule for problem in checked.problems}
