"""What finished issues hold, and what no rule may speak of; own samples in the manner of published newsletters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.issue import Severity
from mailer.lint.engine import RULES, lint
from tests.builders.manuscript import HEADER, a_manuscript, a_source

QUIET = [
    "- [[add] a flag, MISSING LINK](https://s.example/1) and [UPDATE README](https://s.example/2)\n",
    "```\n<<<<<<< HEAD\n```\n",
    "In the XX century, at the XX Congress (really?), on 20 May.\n",
    "- Gajim:\n\n  Text.\n- Dino:\n  - 0.5\n- Others: none.\n",
    "To everyone involved, thank you!\n",
    "To everyone contributing: thanks a lot.\n",
    "This is work in progress, says its author.\n",
    "[Up](..), [there](.), [insert mode](insert-mode.html), [add](add-a-link.html), [src](src/main)\n",
    "Use `{name}` or https://api.s.example/{version}/x, or [that](https://api.s.example/{name}).\n",
    # words that look like placeholders
    "We wrote a TODO app, and the TODO list\nTODO apps are made of.\n",
    "* [TODO: a todo.txt client](https://s.example/todo)\n* [remove FIXME from the parser](https://s.example/1)\n",
    "* [fix a FIXME: wrong span](https://s.example/2)\n* [resolve `// TODO` comments](https://s.example/3)\n",
    "Todo el mundo está invitado. Todos: gracias.\n",
    "The `XXX` type, `???`, `TBD`.\n\n```\nTODO: nothing\n[IMAGE]\n```\n\n    TODO: indented code\n",
    "Why??? Because we can. Vraiment ???\n",
    "> 1. ??? 2. Profit\n",
    "Please find more here. Add it to your roster, and you are here.\n",
    "It was still a lot\nto be added.\n",
    "The image is missing from the old page, so we added one.\n",
    "UPDATE: the server is back. NOTE: it MUST NOT be used, see RFC 2119.\n",
    "The SQL keywords INSERT INTO and UPDATE SET, and MUC, OMEMO, XMPP, SASL2 and FAST.\n",
    "XMPP OMEMO MUC\n",
    "Dates have the format YYYY-MM-DD.\n",
    "The May issue; in May 2024 we march on. Mars 2024, março de 2024.\n",
    "JuliaCon 2024 and Julia 2024, Marco 2024, Junior 2024, the Match 2024.\n",
    # brackets
    "- A talk [DE / EN], a video [video], a paper [PDF], [PT-BR] and [IT]\n",
    ("- [disposition: merge] [Tracking issue](https://s.example/1)\n"
    "- [series] [video] [Part 2](https://s.example/2)\n"),
    "She wrote “it works […] well” and [sic], [1], [2024], [citation needed].\n",
    "- [ ] a task\n- [x] a task done\n",
    "Vec<T>, Option<Name>, Result<Url, Error> and HashMap<String, Vec<u8>> are types.\n",
    "Use arr[i], map[KEY] and `[IMAGE]`.\n",
    "{% raw %} and {0} and {} and {{}} and ${} and 100%\n",
    # links
    "[a](https://s.example/(x)) [b](<https://s.example/a b>) [c](xmpp:room@muc.s.example?join) [d](/e/)\n",
    "<https://s.example/?a=b&c=d#e>, <mailto:a@s.example>, https://s.example/x_(y), www.s.example.\n",
    ("[![badge](https://s.example/b.png)](https://s.example/ci) and [*em* `code` [x]](https://s.example/n)\n"
    "\nWith enough words around it, so that an image is not all there is.\n"),
    "http://localhost:8080/ and <http://myserver:5280/admin> in prose\n",
    "[one][]\n\n[two]\n\n[three][One]\n\n[one]: https://s.example/1\n[TWO]: <https://s.example/2> 'T'\n",
    "A note[^1] and [another][^2].\n\n[^1]: Text of the note.\n[^2]: More.\n",
    "[Bücher](https://bücher.example/), [例え](https://例え.テスト/)\n",
    "[web](https://web.archive.net/web/2020/https://s.example/a)\n",
    "[a](https://s.example/a)[EN] [b](https://s.example/b) [DE]\n",
    "[matrix](https://matrix.s.example/#/#room:s.example) [q](https://s.example/?q=[x])\n",
    # structure
    ("## One\n\n### Two\n\nText.\n\n## Three\n\n![Logo](/p.png)\n\n## Four\n\n| a | b |\n| - | - |\n| c | d |\n"
    "\nA table, a picture and a few words more.\n"),
    ("## One\n\n```\ncode\n```\n\n## Two\n\n<div>html</div>\n\n## Three\n\n> quoted\n"
    "\n## Four\n\n{{< newsletter-subscribe >}}\n"),
    "## New\n\n- No XEPs this month.\n\n## Deferred\n\n- Keine XEPs in diesem Monat.\n\n## Last\n\nNone.\n",
    "## Licence\n\nCC0.\n\n## Crate\n\n[serde](https://s.example/serde)\n\n## Editor\n\n*Anna*\n",
    "Our parts are:\n\n## Clients\n\nGajim.\n",
    "## News\n\nTwo kinds of news:\n\n### Good\n\nGajim is out\n\n### Bad\n\nDino is late\n",
    "## Talk\n\nWhat is it good for\n\n## Next\n\nThis is what we are up to, and what it is made of.\n",
    "Best regards,\n\nAnna\n",
    "- One,\n- two,\n- and three\n",
    "- Parts of it:\n  - One\n  - Two\n- Others:\n\n  Text.\n",
    "- [A](https://s.example/a)\n- [B](https://s.example/b)\n- [C](https://s.example/c): new\n",
    "<!-- more -->\n\n<!-- Please read README before TODO -->\n\nText. <!-- XXX -->\n",
    "Setext\n======\n\nText.\n\nOther\n-----\n\nText.\n",
    "Émile, Größe, naïve, ação, señor, “quotes”, 100 €, ½, №, …, Ünïcödé, Łódź, İstanbul, Việt Nam, Ελληνικά.\n",
    "*Tweet us at [@news](https://s.example/@news) to get your job offers listed here!*\n",
    "_This issue was translated by Anna, Bernd and Clara._\n",
    "Dear contributors, thank you all! Dear readers, please share this newsletter.\n",
    "If you are an author, please do not hesitate to send us your articles.\n",
    "Replace the following line in your configuration, and remove this line: `x = 1`.\n",
    "We need contributors and translators; note to self-hosters: upgrade.\n",
]  # fmt: skip


@pytest.mark.parametrize("text", QUIET)
def test_nothing_is_said_of_what_is_finished(text: str) -> None:
    assert [str(problem) for problem in lint(a_source(text))] == []


TITLES = [
    ("The XMPP Newsletter February 2021", "2021-03-05"),
    ("The XMPP Newsletter December 2023 & January 2024", "2024-02-05"),
    ("The XMPP Newsletter, 1 June 2018", "2018-06-01"),
    ("News, FOSDEM 2020 and May 4th", "2020-05-04"),
    ("Lettre d'information de décembre 2023", "2024-01-05"),
    ("Newsletter: Dezember 2023", "2024-01-05"),
    ("O Boletim - Março de 2025", "2025-04-10"),
    ("This Week in Rust 2019", "2030-03-06"),
    ("XMPP and March of progress", "2021-09-05"),
    ("Google Summer of Code 2024 and more", "2025-01-05"),
]


@pytest.mark.parametrize(("title", "date"), TITLES)
def test_titles_of_the_month_or_the_month_before_are_right(title: str, date: str) -> None:
    assert lint(a_source(f'---\ntitle: "{title}"\ndate: {date}\n---\nWelcome to a new issue of ours!\n')) == []


def test_low_findings_of_a_kind_are_one_warning() -> None:
    many = "".join(f"Get it [here](https://s.example/{number}?utm_source=x).\n\n" for number in range(9))

    assert [problem.rule for problem in lint(a_source(many))] == ["link-text", "tracking-parameter"]


@given(st.text(alphabet="[]()<>{}#*_-`~!|:/\\ \n\t.=%@x1Aé’\u200b…>", max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_is_too_wild(body: str) -> None:
    manuscript = a_manuscript(HEADER + body)

    assert len(manuscript.prose) == len(manuscript.markup) == len(manuscript.source)
    for rule in RULES:
        for finding in rule.check(manuscript):
            place = manuscript.place(finding.offset)
            assert 0 <= finding.offset <= len(manuscript.source)
            assert manuscript.offset(place.line, place.column) == finding.offset


@given(st.text(max_size=100))
@settings(max_examples=100, deadline=None)
def test_any_file_at_all_can_be_judged(text: str) -> None:
    problems = lint(a_source(text.encode("utf-8", "ignore").decode()))

    assert all(problem.severity in Severity for problem in problems)
