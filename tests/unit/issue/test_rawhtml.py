from __future__ import annotations

import nh3
import pytest

from mailer.issue.words import visible_words
from tests.builders.issue import an_issue
from tests.unit.issue.shown import shown, told

HEADER = "---\ntitle: A\n---\n"


def page(body: str) -> str:
    return shown(an_issue(body, header=HEADER))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a<br>b<br/>c", "<p>a<br />\nb<br />\nc</p>"),
        ("<b>x</b> <i>y</i> H<sub>2</sub>O", "<p><strong>x</strong> <em>y</em> H<sub>2</sub>O</p>"),
        ("<kbd>Ctrl</kbd> <abbr title='T'>a</abbr> <small>s</small>",
         '<p><kbd>Ctrl</kbd> <abbr title="T">a</abbr> <small>s</small></p>'),
        ("<code>a &lt; b</code>", "<p><code>a &lt; b</code></p>"),
        ("<span style='color:red' class=x>s</span> <font size=2>f</font>", "<p>s f</p>"),
        ("<q>said</q>", "<p>“said”</p>"),
        ("x <!-- gone --> y", "<p>x  y</p>"),
        ("<b>bold *x</b> y* z", "<p><strong>bold <em>x y</em></strong> z</p>"),
        ("<b>never closed", "<p><strong>never closed</strong></p>"),
        ("closed only</b>", "<p>closed only</p>"),
        ("<a href='https://x.example/'>a [b](/y)</a>", '<p><a href="https://x.example/">a b</a></p>'),
        ("<a name=here></a>x", '<p><span id="here"></span>x</p>'),
        ("a <div>b</div> c", "<p>a <br />\nb<br />\nc</p>"),
        ("<small>\n[x](https://x.example/)\n</small>", '<p><small><a href="https://x.example/">x</a></small></p>'),
    ],
)  # fmt: skip
def test_html_between_words_becomes_what_markdown_would_make(body: str, expected: str) -> None:
    issue = an_issue(body, header=HEADER)
    assert shown(issue).replace(" <br", "<br") == expected.replace(" <br", "<br")
    assert issue.problems == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<p align="center">x</p>', '<p style="text-align:center">x</p>'),
        ("<center>\n\n**x**\n\n</center>", '<div style="text-align:center"><p><strong>x</strong></p></div>'),
        ("<div class=x>\n\n- a\n\n</div>\n\nb", "<ul><li>a</li></ul><p>b</p>"),
        ("<h3 id=own>T</h3>", '<h3 id="own">T</h3>'),
        ("<ul><li>a<li>b <b>c</b></ul>", "<ul><li>a</li><li>b <strong>c</strong></li></ul>"),
        ("<ol start=3><li>a</li></ol>", '<ol start="3"><li>a</li></ol>'),
        ("<blockquote><p>a</p>b</blockquote>", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("<pre><code class='language-rust'>a &lt; b\nc</code></pre>",
         '<pre><code class="language-rust">a &lt; b\nc\n</code></pre>'),
        ("<dl><dt>a<dd>b</dl>", "<dl><dt>a</dt><dd>b</dd></dl>"),
        ("<hr>", "<hr />"),
        ("<figure><img src=https://x.example/a.png alt=A><figcaption>c</figcaption></figure>",
         '<figure><img src="https://x.example/a.png" alt="A" /><figcaption>c</figcaption></figure>'),
        ("<details>\n<summary>More <b>info</b></summary>\n\n*x*\n\n</details>",
         "<p><strong>More info</strong></p><p><em>x</em></p>"),
        ("<details><summary>S</summary>x</details>", "<p><strong>S</strong></p><p>x</p>"),
        ("- a\n  <div>b</div>\n- c", "<ul><li>a<p>b</p></li><li>c</li></ul>"),
        ("<!-- a\n\nb -->\n\nc", "<p>c</p>"),
        ("- <!-- x -->\n- a", "<ul><li>a</li></ul>"),
    ],
)  # fmt: skip
def test_html_between_paragraphs_becomes_what_markdown_would_make(body: str, expected: str) -> None:
    issue = an_issue(body, header=HEADER)
    assert shown(issue) == expected
    assert issue.problems == ()


def test_tables_get_head_and_body_and_words_in_their_cells() -> None:
    assert page("<table><tr><th>A<th>B<tr><td>1<td colspan=2><ul><li>x<li>y</ul></table>") == (
        "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td>"
        '<td colspan="2">• x<br />\n• y</td></tr></tbody></table>'
    )
    assert page("<table>\n<tr>\n<td>\n\n**x**\n\ny\n\n</td>\n</tr>\n</table>") == (
        "<table><tbody><tr><td><strong>x</strong><br />\ny</td></tr></tbody></table>"
    )


def test_an_indented_end_tag_is_no_code() -> None:
    said = page("<table>\n  <tr>\n    <td>\n\n**x**\n\n    </td>\n    <td>y</td>\n  </tr>\n</table>\n\n    </p>")
    assert said == (
        "<table><tbody><tr><td><strong>x</strong></td><td>y</td></tr></tbody></table>"
        "<pre><code>&lt;/p&gt;\n</code></pre>"
    )


def test_task_lists_have_boxes_of_text() -> None:
    assert visible_words(an_issue("- [ ] a\n- [x] b")) == ["a", "b"]
    said = page("- [ ] a\n- [x] b")
    assert "☐ a" in said
    assert "☑ b" in said


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("a\n\n<script>\nalert(1)\n\nx\n</script>\n\nb", "6:1"),
        ("a <script>alert('*x*')</script> b", "4:3"),
        ("a\n\n<style>p {}</style>\n\nb", "6:1"),
        ("a <svg><text>no</text></svg> b", "4:3"),
        ("a\n\nb <b onclick='x()'></b>", "6:3"),
        ("a\n\n<p onmouseover=x>b</p>", "6:1"),
    ],
)
def test_scripts_styles_and_handlers_go_and_are_told_in_place(body: str, place: str) -> None:
    issue = an_issue(body, header=HEADER)
    assert told(issue) == [f"{place} removed-html warning"]
    assert visible_words(issue) == ["a", "b"]


def test_frames_and_players_leave_a_link() -> None:
    issue = an_issue(
        'x\n\n<iframe src="//www.youtube.com/embed/dQw4w9WgXcQ?rel=0" title="The film"></iframe>', header=HEADER
    )
    assert shown(issue) == '<p>x</p><p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">The film</a></p>'
    assert told(issue) == ["6:1 removed-html warning"]
    video = page('<video poster="/p.png" controls><source src="/v.mp4">No video?</video>')
    assert (
        video
        == '<p><a href="https://example.org/v.mp4"><img src="https://example.org/p.png" alt="v.mp4" /></a></p>'
    )


@pytest.mark.parametrize(
    "form",
    [
        """<form action="https://tinyletter.com/x" method="post"
 onsubmit="window.open('y')">
<label>Join us</label>
<input type="text" name="email">
</form>""",
        '<form action="/here">\n\n<label>Join us</label>\n\n<input type="email">\n\n</form>',
        "- <form action=/subscribe><button>Join us</button></form>",
    ],
)
def test_a_subscription_form_leaves_a_link_to_our_page(form: str) -> None:
    issue = an_issue(f"a\n\n{form}\n\nb", header=HEADER)
    assert '<a href="https://news.example.org/example/subscribe">Join us</a>' in shown(issue)
    assert visible_words(issue) == ["a", "Join", "us", "b"]
    assert [line.split()[1:] for line in told(issue)] == [["removed-html", "error"]]
    assert told(issue)[0].startswith("6:")


def test_another_form_goes_without_a_link() -> None:
    issue = an_issue("<form action='https://search.example/'><input name=q></form>\n\nb", header=HEADER)
    assert visible_words(issue) == ["b"]
    assert told(issue) == ["4:1 removed-html error"]


def test_a_form_that_is_never_closed_takes_nothing_else_with_it() -> None:
    assert visible_words(an_issue("<form action=/x>\n\nstill *here*")) == ["still", "here"]


def test_a_comment_that_is_never_closed_is_an_error() -> None:
    assert told(an_issue("a\n\n<!-- oh\n\nb", header=HEADER)) == ["6:1 html-comment error"]


def test_what_is_no_element_is_shown_as_written() -> None:
    issue = an_issue("A Vec<T> of <destroy/>", header=HEADER)
    assert shown(issue) == "<p>A Vec&lt;T&gt; of &lt;destroy/&gt;</p>"
    assert told(issue) == ["4:6 unknown-html warning", "4:13 unknown-html warning"]


def test_site_marks_do_not_reach_a_reader() -> None:
    assert page("[TOC]\n\n* TOC\n{:toc}\n\na\n{: .lead}") == "<p>a</p>"
    assert page("> [!NOTE]\n> Mind") == "<blockquote><p><strong>Note</strong>\nMind</p></blockquote>"


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=alert(1)>",
        "<a href='java\nscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<svg/onload=alert(1)>",
        "<p style='background:url(javascript:x)'>x</p>",
        "<div id='\"><script>x</script>'>x</div>",
        "<math><mi xlink:href='data:x,<script>'></math>",
        "<scr<script>ipt>alert(1)</script>",
        "<iframe srcdoc='<script>x</script>'></iframe>",
        "[x](javascript:alert(1)) ![x](data:text/html,x) <javascript:alert(1)>",
        "<base href='https://evil.example/'><meta http-equiv=refresh content='0'><link rel=stylesheet href=x>",
    ],
)
def test_a_sanitiser_finds_nothing_left_to_take(attack: str) -> None:
    made = page(f"a {attack} b\n\n{attack}\n")
    tags = nh3.ALLOWED_TAGS | {"figure", "figcaption", "h1"}
    attributes = {tag: set(kept) | {"id", "lang", "dir", "title"} for tag, kept in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = {"id", "lang", "dir", "style", "class", "title"}
    cleaned = nh3.clean(made, tags=tags, attributes=attributes, url_schemes=nh3.ALLOWED_URL_SCHEMES, link_rel=None)
    assert nh3.clean_text(cleaned).count("&lt;") == nh3.clean_text(made).replace("&#32;&#47;&gt;", "&gt;").count(
        "&lt;"
    )
    assert "onerror" not in made
    assert '="javascript:' not in made
    assert '="data:' not in made
