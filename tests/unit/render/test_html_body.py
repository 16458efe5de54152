import re
from html import unescape

import pytest

from mailer.render.html_body import HtmlBody, body_rows
from mailer.render.outline import outline
from mailer.render.tree import tree
from tests.builders.render import a_publication, a_written_issue


def html(markdown: str) -> str:
    issue = a_written_issue(markdown, newsletter=a_publication())
    order = outline(tree(issue.tokens), issue.sections)
    body = HtmlBody(order, "Notes")
    return "".join(body.blocks(part.nodes) for part in order.parts)


def test_headings_go_down_one_level_at_a_time_below_the_title() -> None:
    written = html("### First\n\n##### Second\n\n# Third\n\n#### Fourth\n\n## Fifth\n")
    assert re.findall(r"<h(\d)[^>]*>(\w+)", written) == [
        ("2", "First"),
        ("3", "Second"),
        ("2", "Third"),
        ("3", "Fourth"),
        ("3", "Fifth"),
    ]


def test_a_heading_keeps_its_anchor() -> None:
    assert html("## The tide clock") == '<h2 id="the-tide-clock">The tide clock</h2>'


def test_every_special_character_is_escaped_also_the_one_that_panics_mjml() -> None:
    assert html("café > thé < x & y `a>b`") == "<p>café &gt; thé &lt; x &amp; y <code>a&gt;b</code></p>"


def test_code_is_kept_as_written() -> None:
    assert html("```py\nif a < b:\n    c()\n```") == "<pre>if a &lt; b:\n    c()</pre>"


def test_an_address_that_not_every_client_can_follow_is_printed_too() -> None:
    assert html("[Room](xmpp:room@muc.example.org?join)") == (
        '<p><a href="xmpp:room@muc.example.org?join">Room</a> (xmpp:room@muc.example.org?join)</p>'
    )
    assert html("[room@muc.example.org](xmpp:room@muc.example.org?join)").endswith("room@muc.example.org</a></p>")
    assert html("[Mail](mailto:a@example.org)").endswith(">Mail</a></p>")


def test_an_image_by_itself_is_a_figure_with_its_title_as_caption() -> None:
    written = html('![Boats](https://example.org/b.png "At the quay")')
    assert written == (
        '<div class="figure"><img src="https://example.org/b.png" alt="Boats" class="wide" width="576"/>'
        '<p class="caption">At the quay</p></div>'
    )


def test_a_figure_keeps_its_link_its_width_and_its_caption() -> None:
    written = html(
        '{{< figure src="https://example.org/b.png" link="https://example.org/all" alt="Boats"'
        ' caption="At *the* quay" width="200" >}}'
    )
    assert '<a href="https://example.org/all"><img src="https://example.org/b.png" alt="Boats"' in written
    assert 'width="200"' in written
    assert '<p class="caption">At <em>the</em> quay</p>' in written


def test_a_figure_that_holds_more_than_an_image_loses_nothing() -> None:
    written = html(
        "<figure><img src='https://example.org/1.png' alt='one'><img src='https://example.org/2.png' alt='two'>"
        "<figcaption>Both</figcaption></figure>"
    )
    assert all(word in written for word in ('alt="one"', 'alt="two"', "Both"))


def test_an_image_between_words_stays_between_them() -> None:
    assert html("See ![ok](https://example.org/i.png) here") == (
        '<p>See <img src="https://example.org/i.png" alt="ok" class="inline"/> here</p>'
    )


def test_a_tight_list_has_no_paragraphs_and_a_list_keeps_its_first_number() -> None:
    assert html("3. a\n4. b") == '<ol start="3"><li>a</li><li>b</li></ol>'
    assert html("- [x] done\n- [ ] open") == "<ul><li>☑ done</li><li>☐ open</li></ul>"


def test_a_wide_table_carries_labels_for_the_phone_and_a_narrow_one_does_not() -> None:
    wide = html("| Name | Version | Platform |\n|---|---:|---|\n| Conversations | 2.17.2 | Android/GrapheneOS |")
    assert 'class="data cards"' in wide
    assert '<td align="right"><span class="label">Version: </span>2.17.2</td>' in wide
    assert 'class="label"' not in html("| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |")


def test_a_table_without_a_head_and_with_spans_is_still_a_table() -> None:
    written = html("<table><tr><td colspan='2'>Both</td></tr><tr><td>a</td><td>b</td></tr></table>")
    assert "<thead>" not in written
    assert '<td colspan="2">Both</td>' in written


def test_notes_stand_at_the_end_with_their_numbers() -> None:
    written = html("Log[^1].\n\n[^1]: Nothing is *kept*.\n")
    assert "<p>Log<sup>1</sup>.</p>" in written
    assert "<p><sup>1</sup> Nothing is <em>kept</em>.</p>" in written


def test_what_the_reader_keeps_of_raw_html_is_shown() -> None:
    written = html('<p align="center">H<sub>2</sub>O <kbd>Ctrl</kbd> <span lang="fr">mer</span></p>')
    assert written == (
        '<p style="text-align:center">H<sub>2</sub>O <kbd>Ctrl</kbd> <span lang="fr">mer</span></p>'
    )


def test_lists_as_deep_as_the_reader_lets_them_be_are_rendered() -> None:
    deep = "".join(f"{'  ' * level}- level {level}\n" for level in range(28))
    assert unescape(html(deep)).count("level") == 28


@pytest.mark.parametrize("slot", ["@@ADDRESS@@", "@@UNSUBSCRIBE_URL@@", "@@PREFERENCES_URL@@"])
def test_a_slot_that_an_author_wrote_is_disarmed(slot: str) -> None:
    written = html(
        f"{slot} `{slot}` [{slot}](https://example.org/{slot}) ![{slot}](https://example.org/{slot}.png)"
    )
    assert slot not in written
    assert slot.strip("@") in written


def test_small_parts_share_a_row_and_large_ones_have_their_own() -> None:
    markdown = "Intro\n\n## One\n\na\n\n## Two\n\n" + "word " * 900 + "\n\n## Three\n\nb\n"
    issue = a_written_issue(markdown, newsletter=a_publication())
    rows = body_rows(outline(tree(issue.tokens), issue.sections), "Notes")
    assert [re.findall(r"<h2[^>]*>(\w+)", row) for row in rows] == [["One"], ["Two"], ["Three"]]
    assert '<h2 class="follows" id="one">' in rows[0]
    assert '<h2 id="two">' in rows[1]


def body(markdown: str) -> str:
    """The rows of the whole body."""
    issue = a_written_issue(markdown, newsletter=a_publication())
    return "".join(body_rows(outline(tree(issue.tokens), issue.sections), "Notes"))


def a_table(lines: int) -> str:
    line = "| Conversations | https://example.org/releases | 2.17.2 |\n"
    return f"| Project | Address | Version |\n|---|---|---|\n{line * lines}\n"


def test_an_issue_full_of_tables_leaves_out_what_each_cell_would_carry() -> None:
    few, many = body(a_table(4)), body(a_table(20) * 3)
    assert few.count('<span class="label">') == 12
    assert 'class="label"' not in many
    assert many.count('<table class="dense cards"') == 3


def test_twelve_columns_have_less_room_around_their_words_than_four() -> None:
    def padding(columns: int) -> int:
        line = "| 3.42 " * columns
        found = re.search(r'cellpadding="(\d+)"', body(f"{line}|\n{'|---' * columns}|\n{line}|\n"))
        assert found is not None
        return int(found[1])

    assert padding(4) > padding(7) > padding(12) > 0


def test_what_the_caption_says_already_is_not_said_again_by_the_image() -> None:
    written = html('{{< figure src="https://example.org/c.jpg" alt="The new crane." caption="The *new* crane" >}}')
    assert 'alt=""' in written
    assert written.count("crane</p>") == 1
    linked = html('[![Map](https://example.org/m.png "Map")](https://example.org/map)')
    assert '<a href="https://example.org/map" aria-label="Map"><img' in linked
    assert "Map</p>" in linked


def test_only_cells_with_a_long_word_may_break_it_anywhere() -> None:
    written = html("| Berth | Call |\n|---|---|\n| 1 | `tides.next(station='north-quay')` |\n")
    assert written.count('class="long"') == 1
    assert "<td>1</td>" in written
