from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.issue.links import Base, resolve
from mailer.issue.words import visible_words
from tests.builders.issue import an_issue, an_issues_newsletter
from tests.unit.issue.shown import shown, told
from tests.unit.issue.wellformed import check

BASE = Base("https://example.org", "https://example.org/2025/a/", "https://news.example.org/example/a/en/")
HEADER = "---\ntitle: A\nurl: /2025/a/\n---\n"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("/x.png", "https://example.org/x.png"),
        ("./x.png", "https://example.org/2025/a/x.png"),
        ("x.png", "https://example.org/2025/a/x.png"),
        ("../b/", "https://example.org/2025/b/"),
        ("?q=1", "https://example.org/2025/a/?q=1"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("#news", "https://news.example.org/example/a/en/#news"),
        ("{static}/images/x.png", "https://example.org/images/x.png"),
        ("{static}images/x.png", "https://example.org/images/x.png"),
        ("{attach}x.png", "https://example.org/2025/a/x.png"),
        ("{filename}/posts/b.md#c", "https://example.org/posts/b.html#c"),
        ("|filename|/posts/b.rst", "https://example.org/posts/b.html"),
        ("{tag}news", "https://example.org/tag/news.html"),
        ("https://x.example/a b?c=ü", "https://x.example/a%20b?c=%C3%BC"),
        ("https://x.example/100%/%20", "https://x.example/100%25/%20"),
        ("https://x.example/a?b=1&c=2#d", "https://x.example/a?b=1&c=2#d"),
        ("https://bücher.example:8080/", "https://xn--bcher-kva.example:8080/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://日本語.example/話", "https://xn--wgv71a119e.example/%E8%A9%B1"),
        ("HTTPS://Bücher.Example/", "https://xn--bcher-kva.example/"),
        ("mailto:a@bücher.example?subject=ü", "mailto:a@xn--bcher-kva.example?subject=%C3%BC"),
        ("xmpp:room@muc.example.org?join", "xmpp:room@muc.example.org?join"),
        ("tel:+49-30-123", "tel:+49-30-123"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
    ],
)
def test_an_address_is_made_to_work_from_a_mailbox(written: str, address: str) -> None:
    assert resolve(written, BASE) == (address, None)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("javascript:alert(1)", "unsafe-link"),
        (" JaVa\tScript:alert(1)", "unsafe-link"),
        ("data:text/html,x", "unsafe-link"),
        ("file:///etc/passwd", "unsafe-link"),
        ("search-ms:query=x", "unsafe-link"),
        ("", "empty-link"),
        ("  ", "empty-link"),
    ],
)
def test_an_address_that_cannot_be_sent_goes(written: str, rule: str) -> None:
    address, fault = resolve(written, BASE)
    assert address == ""
    assert fault is not None
    assert fault.rule == rule


def test_a_scheme_that_few_know_stays_a_link_with_a_warning() -> None:
    address, fault = resolve("mumble://voice.example.org/room", BASE)
    assert address == "mumble://voice.example.org/room"
    assert fault is not None
    assert (fault.rule, fault.removed) == ("unsafe-link", False)


def test_an_image_may_not_come_by_another_way_than_the_web() -> None:
    assert resolve("xmpp:a@example.org", BASE, image=True)[0] == ""


@pytest.mark.parametrize("written", ["/x", "./x", "x.html", "#a"])
def test_without_a_known_site_a_relative_address_is_a_problem(written: str) -> None:
    address, fault = resolve(written, Base("", "", ""))
    assert address == written
    assert fault is not None
    assert (fault.rule, fault.removed) == ("relative-link", True)


@pytest.mark.parametrize("written", ["www.example.net/x", "conversejs.org", "news.example.com/a"])
def test_a_host_without_its_scheme_is_mended_with_a_warning(written: str) -> None:
    address, fault = resolve(written, BASE)
    assert address == f"https://{written}"
    assert fault is not None
    assert not fault.removed


@given(st.text(max_size=40), st.booleans())
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_the_address_is_ascii_and_safe(written: str, image: bool) -> None:
    address, fault = resolve(written, BASE, image=image)
    assert address.isascii()
    assert address or fault
    assert not address.lower().startswith(("javascript:", "data:", "vbscript:"))
    assert not set(address) & set(' \t\r\n<>"')


def test_unsafe_links_lose_their_address_and_keep_their_words() -> None:
    issue = an_issue("a [b *c*](javascript:x) ![d](data:image/png;base64,xx) [e]()", header=HEADER)
    assert shown(issue) == "<p>a b <em>c</em> d e</p>"
    assert told(issue) == ["5:11 unsafe-link error", "5:30 unsafe-link error", "5:58 empty-link error"]


def test_what_stood_in_a_removed_link_moves_up_a_level() -> None:
    check(an_issue("a [b *c*](javascript:x) d", header=HEADER))


def test_every_link_knows_what_was_written_and_where() -> None:
    issue = an_issue(
        "one\n\n- two [x](/y) ![z](./a.png)\n- [r]\n- <https://bücher.example/>\n\n[r]: /r\n", header=HEADER
    )
    found = [
        (child.meta["source"], child.meta["line"], child.meta["column"])
        for token in issue.tokens
        for child in token.children or []
        if child.type in ("link_open", "image")
    ]
    assert found == [("/y", 7, 11), ("./a.png", 7, 20), ("/r", 11, 6), ("https://bücher.example/", 9, 4)]


def test_idn_hosts_stay_readable_in_the_text() -> None:
    said = shown(an_issue("<https://bücher.example/> https://bücher.example/p", header=HEADER))
    assert said.count(">https://bücher.example/") == 2
    assert said.count('href="https://xn--bcher-kva.example/') == 2


@pytest.mark.parametrize(
    ("body", "words", "address"),
    [
        ("[x]((https://x.example/1) y", "x y", "https://x.example/1"),
        ("[x] (https://x.example/1) y", "x y", "https://x.example/1"),
        ("[x](https://x.example/a b) y", "x y", "https://x.example/a%20b"),
        ("[x](https://x. example/a) y", "x y", "https://x.example/a"),
        ("[x](https://x.example/1", "x", "https://x.example/1"),
        ("[x](/1\ny", "x y", "https://example.org/1"),
        ("[x] (y)](https://x.example/1)", "x y", "https://x.example/1"),
    ],
)
def test_slips_in_links_are_mended_with_a_warning(body: str, words: str, address: str) -> None:
    issue = an_issue(body, header=HEADER)
    assert " ".join(visible_words(issue)) == words
    assert f'href="{address}"' in shown(issue)
    assert [problem.rule for problem in issue.problems] == ["broken-link"]


@pytest.mark.parametrize(
    "body",
    ["[[a]](https://x.example/)", "[a [b] c](https://x.example/)", "[EN] (see below) [a](https://x.example/)"],
)
def test_links_that_are_right_are_left_alone(body: str) -> None:
    issue = an_issue(body, header=HEADER)
    assert issue.problems == ()
    assert 'href="https://x.example/"' in shown(issue)


def test_footnotes_tables_and_definitions_are_read() -> None:
    issue = an_issue(
        "a[^1] ~~b~~\n\n[^1]: note\n\n| x | y |\n|:-:|--:|\n| 1 | 2 |\n\nTerm\n: meaning\n", header=HEADER
    )
    types = {token.type for token in issue.tokens}
    assert {"footnote_block_open", "table_open", "thead_open", "dl_open", "dd_open"} <= types
    assert issue.problems == ()
    assert visible_words(issue) == ["a", "b", "x", "y", "1", "2", "Term", "meaning", "note"]


def test_a_newsletter_without_a_site_reports_each_relative_link_once() -> None:
    issue = an_issue("[x](/y) and [z](/y)", header=HEADER, newsletter=an_issues_newsletter(site_url=""))
    assert told(issue) == ["5:5 relative-link error", "5:17 relative-link error"]
