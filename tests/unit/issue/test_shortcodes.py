from __future__ import annotations

import pytest

from mailer.issue.shortcodes import arguments
from mailer.issue.words import visible_words
from mailer.newsletter import Shortcode
from tests.builders.issue import an_issue, an_issues_newsletter
from tests.unit.issue.shown import shown, told

HEADER = "---\ntitle: A\nurl: /2025/a/\n---\n"


def page(body: str) -> str:
    issue = an_issue(body, header=HEADER)
    assert issue.problems == ()
    return shown(issue)


def test_arguments_are_named_or_positional_in_any_quotes() -> None:
    named, positional = arguments("""src="a b.png" alt='it''s' width=300 `raw "x"` "say \\"hi\\"" bare""")
    assert named == {"src": "a b.png", "alt": "it", "width": "300"}
    assert positional == ("s", 'raw "x"', 'say "hi"', "bare")


def test_a_figure_becomes_an_image_with_a_caption_of_markdown() -> None:
    assert page('{{< figure src="/a.png" caption="By *Ann* & Bob" width="300px" >}}') == (
        '<figure><img src="https://example.org/a.png" alt="By Ann &amp; Bob" width="300" />'
        "<figcaption>By <em>Ann</em> &amp; Bob</figcaption></figure>"
    )


def test_a_caption_stands_in_for_a_missing_alt_without_its_marks() -> None:
    said = page('{{< figure src="/a.png" caption="A [b](https://x.example/) `c` <b>d</b>" >}}')
    assert 'alt="A b c d"' in said


def test_a_figure_has_title_link_and_its_own_alt() -> None:
    assert page('{{< figure src="b.png" alt="B" title="T" caption="C" link="https://x.eu/?a=1&b=2" >}}') == (
        '<figure><a href="https://x.eu/?a=1&amp;b=2"><img src="https://example.org/2025/a/b.png" alt="B" /></a>'
        "<figcaption><strong>T</strong><br />\nC</figcaption></figure>"
    )


@pytest.mark.parametrize(
    "written",
    [
        '{{< figure "/a.png" >}}',
        "{{<figure src=/a.png>}}",
        "{{% figure src=`/a.png` %}}",
        '{{< figure\n  src="/a.png"\n>}}',
        "{% figure src='/a.png' %}",
        '{% include figure.html src="/a.png" %}',
        '{{ figure(src="/a.png") }}',
    ],
)
def test_every_dialect_of_a_figure_is_read(written: str) -> None:
    assert page(written) == '<figure><img src="https://example.org/a.png" alt="" /></figure>'


def test_a_figure_on_its_own_line_ends_the_paragraph_and_stays_in_its_list() -> None:
    assert page("before\n{{< figure src=/a.png >}}\nafter") == (
        '<p>before</p><figure><img src="https://example.org/a.png" alt="" /></figure><p>after</p>'
    )
    assert page("- one\n  {{< figure src=/a.png >}}\n- two") == (
        '<ul><li>one<figure><img src="https://example.org/a.png" alt="" /></figure></li><li>two</li></ul>'
    )


def test_a_figure_in_a_cell_or_a_sentence_is_an_image_with_its_caption_below() -> None:
    assert 'alt="C" /><br />\nC</td>' in page("| a |\n|---|\n| {{< figure src=/a.png caption=C >}} |")


def test_the_subscribe_form_of_the_site_disappears() -> None:
    assert page("a\n\n{{< newsletter-subscribe >}}\n\nb") == "<p>a</p><p>b</p>"


def test_references_become_addresses_of_the_site() -> None:
    assert (
        page('[x]({{< ref "posts/b.md#c" >}} "t") [y]({{% relref "/d/_index.md" %}}) [z](@/e.md)').count("href")
        == 3
    )
    assert 'href="https://example.org/posts/b/#c" title="t"' in page('[x]({{< ref "posts/b.md#c" >}} "t")')
    assert 'href="https://example.org/2021/03/05/b.html"' in page("[x]({% post_url 2021-03-05-b %})")


def test_films_become_links() -> None:
    assert page("{{< youtube dQw4w9WgXcQ >}}").count("https://www.youtube.com/watch?v=dQw4w9WgXcQ") == 2
    assert page('{{< vimeo id="12" title="The film" >}}') == '<p><a href="https://vimeo.com/12">The film</a></p>'
    assert '<a href="https://www.youtube.com/watch?v=a1">' in page('See {{ youtube(id="a1") }}.')


def test_variables_of_the_site_are_filled_in() -> None:
    assert 'href="https://example.org/x"' in page("[x]({{ site.url }}/x)")
    assert 'href="https://example.org/y"' in page("[y]({{ '/y' | relative_url }})")
    assert 'href="https://example.org/y"' in page("[y]({{ '/y' | url }})")
    assert 'src="https://example.org/z.png"' in page('<img src="{{ site.baseurl }}/z.png">')
    assert page("{{ page.title }}") == "<p>A</p>"


def test_settings_map_a_name_to_nothing_a_text_or_a_template() -> None:
    newsletter = an_issues_newsletter(
        shortcodes={
            "ad": Shortcode(drop=True),
            "brand": Shortcode(text="A & B <ltd>"),
            "note": Shortcode(template='<div align="center"><b>{title}</b> {0} <script>x</script></div>'),
        }
    )
    dropped = "x {{< ad >}}buy *this*{{< /ad >}} y\n\n{{% ad %}}\n\n- more\n\n{{% /ad %}}\n\n"
    body = dropped + '{{< brand >}}\n\n{{< note "p" title="<T>" >}}'
    issue = an_issue(body, newsletter=newsletter, header=HEADER)
    assert shown(issue) == (
        "<p>x  y</p><p>A &amp; B &lt;ltd&gt;</p>"
        '<div style="text-align:center"><p><strong>&lt;T&gt;</strong> p</p></div>'
    )


def test_an_unknown_shortcode_is_an_error_in_place_and_its_content_stays() -> None:
    issue = an_issue(
        "One {{< fancy a=1 >}} two\n\n{{% box %}}\n*inner*\n{{% /box %}}\n\n{% widget %} {{ odd.name }}",
        header=HEADER,
    )
    assert told(issue) == [
        "5:5 shortcode error",
        "7:1 shortcode error",
        "11:1 shortcode error",
        "11:14 shortcode error",
    ]
    assert visible_words(issue) == ["One", "two", "inner"]
    assert "fancy" in issue.problems[0].message


def test_lines_after_a_shortcode_of_several_lines_keep_their_numbers() -> None:
    issue = an_issue(
        '{{< figure\n  src="/a.png"\n>}}\n\n{% comment %}\nx\n{% endcomment %}\n\n{{< odd >}}\n\n## Title',
        header=HEADER,
    )
    assert told(issue) == ["13:1 shortcode error"]
    assert issue.sections[0].line == 15


def test_an_unclosed_shortcode_is_an_error_in_place() -> None:
    issue = an_issue('text\n\n{{< figure src="/a.png"\n\nmore', header=HEADER)
    assert told(issue) == ["7:1 shortcode error"]
    assert visible_words(issue) == ["text", "more"]


@pytest.mark.parametrize(
    "body",
    [
        "`{{< odd >}}`",
        "```\n{{< odd >}}\n```",
        "    {{< odd >}}",
        "~~~\n{% odd %}\n{{ a.b }}\n~~~",
        "``{% raw %}``",
    ],
)
def test_shortcodes_in_code_are_code(body: str) -> None:
    said = page(body)
    assert "{{" in said or "{%" in said


def test_escaped_and_raw_shortcodes_are_shown() -> None:
    assert page("{{</* figure src=x */>}}") == "<p>{{&lt; figure src=x &gt;}}</p>"
    assert page("{% raw %}{{ site.x }} *em*{% endraw %}") == "<p>{{ site.x }} <em>em</em></p>"


def test_highlighted_code_becomes_a_code_block() -> None:
    expected = '<pre><code class="language-rust">let x = &quot;{{}}&quot;;\n</code></pre>'
    assert page('{% highlight rust %}\nlet x = "{{}}";\n{% endhighlight %}') == expected
    assert page('{{< highlight rust "linenos=1" >}}\nlet x = "{{}}";\n{{< /highlight >}}') == expected


def test_braces_that_are_no_shortcode_are_text() -> None:
    assert page("set {{1, 2}} and {{}} and {% %} and { x }") == "<p>set {{1, 2}} and {{}} and {% %} and { x }</p>"
