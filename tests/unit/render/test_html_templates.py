"""Our own templates, linted: MJML drops in silence what it does not know, premailer and mail clients do too."""

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from mailer.render.mjml_html import compile_mjml
from mailer.render.templates import FILES
from mailer.resources import templates_folder
from tests.builders.render import HEADER, a_publication, rendered

# those that mjml-python was seen to honour, and no more than we need
COMPONENTS = {"mjml", "mj-head", "mj-title", "mj-preview", "mj-attributes", "mj-all", "mj-raw", "mj-style"}
COMPONENTS |= {"mj-body", "mj-section", "mj-column", "mj-text"}
BODY = "Words\n\n## One\n\na\n\n## Two\n\nb\n\n## Three\n\nc\n"


@pytest.fixture(scope="module")
def sources() -> list[str]:
    """Every branch of the templates: both directions, with a logo, with and without a summary."""
    publication = a_publication(logo="https://example.org/logo.png")
    headers = (HEADER, "---\ntitle: Bare\n---\n\n")
    return [
        rendered(BODY, newsletter=publication, language=language, header=header).mjml
        for language in ("en", "ar")
        for header in headers
    ]


def components(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """MJML's own elements, not the HTML in them."""
    yield root
    if root.tag not in ("mj-text", "mj-raw", "mj-style", "mj-title", "mj-preview"):
        for child in root:
            yield from components(child)


def test_only_components_that_mjml_knows_are_used(sources: list[str]) -> None:
    used = {element.tag for source in sources for element in components(ElementTree.fromstring(source))}
    assert used == COMPONENTS


def test_every_attribute_that_we_set_changes_what_comes_out(sources: list[str]) -> None:
    effective: dict[tuple[str, str], bool] = defaultdict(bool)
    for source in sources:
        root = ElementTree.fromstring(source)
        whole = _compiled(root)
        for element in components(root):
            for name, value in list(element.attrib.items()):
                del element.attrib[name]
                effective[element.tag, name] |= _compiled(root) != whole
                element.attrib[name] = value
    assert [key for key, has_effect in effective.items() if not has_effect] == []
    assert ("mj-section", "css-class") in effective


def _compiled(root: ElementTree.Element) -> str:
    return compile_mjml(ElementTree.tostring(root, encoding="unicode"), language="en", direction="ltr")


def test_every_template_is_in_the_list_that_the_version_is_made_of() -> None:
    folder = templates_folder()
    assert sorted(FILES) == sorted(str(path.relative_to(folder)) for path in (folder / "issue").iterdir())


def test_styles_of_the_head_are_what_mjml_can_carry() -> None:
    style = (templates_folder() / "issue/head.css").read_text()
    assert ">" not in style
    assert style.isascii()
    assert "<!--" not in style


def test_prose_styles_hold_nothing_that_cannot_be_inlined() -> None:
    style = (templates_folder() / "issue/prose.css").read_text()
    assert "@media" not in style
    assert "@font-face" not in style
    assert ":hover" not in style
    assert "!important" not in style


def test_every_class_that_is_dressed_is_worn(sources: list[str]) -> None:
    folder = templates_folder() / "issue"
    styles = "".join((folder / name).read_text() for name in ("prose.css", "head.css"))
    dressed = set(
        re.findall(
            r"\.([a-z][a-z-]*)(?=[ ,.{])", re.sub(r"\{\{.*?\}\}|\{#.*?#\}|/\*.*?\*/", "", styles, flags=re.S)
        )
    )
    table = "| Name | Version | Platform |\n|---|---|---|\n| Conversations | 2.17.2 | Android/GrapheneOS |\n"
    everything = (
        f"![a](https://example.org/a.png 'b')\n\nx ![c](https://example.org/c.png) [^1]\n\n{table}\n\n[^1]: note\n"
    )
    worn: set[str] = set()
    dense = "\n".join(table for _ in range(30))
    for source in [*sources, rendered(everything).mjml, rendered(dense).mjml]:
        for names in re.findall(r'(?:css-)?class="([^"]*)"', source):
            worn |= set(names.split())
    assert dressed <= worn, dressed - worn


def test_no_downlevel_revealed_conditional_stands_in_a_template() -> None:
    for name in FILES:
        assert "<![if" not in (templates_folder() / name).read_text()
