"""What a shortcode becomes in mail: HTML that ``rawhtml.py`` reads like the author's own, or plain text.

A name is looked up in the newsletter's settings, then in the tables here; an unknown one is an error.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from mailer.issue.findings import Findings
from mailer.issue.markdown import parse_inline, plain_text
from mailer.issue.shortcodes import Form, Tag
from mailer.newsletter import Newsletter

_HINT: Final = "Remove it, put it between backticks, or map it in [newsletters.…shortcodes] of mailer.toml."


@dataclass(frozen=True, slots=True)
class Expansion:
    """What stands in place of a shortcode: ``text`` as it is (also inside an address), or ``html``."""

    text: str = ""
    html: str = ""

    @property
    def as_html(self) -> str:
        return self.html or html.escape(self.text)


NOTHING: Final = Expansion()


@dataclass(frozen=True, slots=True)
class Page:
    """What shortcodes may ask about the issue they stand in."""

    newsletter: Newsletter
    title: str
    page_url: str
    date: str
    front: Mapping[str, object]

    def site(self, path: str) -> str:
        """A path on the site as an absolute address; as it is when the site is not known."""
        return urljoin(self.newsletter.site_url.rstrip("/") + "/", path) if self.newsletter.site_url else path


class Expander:
    """Shortcodes of one issue; each problem is told once, at its place."""

    def __init__(self, page: Page, findings: Findings) -> None:
        self._page = page
        self._findings = findings
        self._told: set[Tag] = set()

    def expand(self, tag: Tag) -> Expansion:
        if tag.form is Form.LITERAL:
            return Expansion(text=tag.written)
        if tag.form is Form.UNCLOSED:
            return self._unknown(tag, f"shortcode “{tag.name}” is never closed", "Close it on the same line.")
        if tag.form is Form.VARIABLE:
            return self._variable(tag)
        mapped = self._page.newsletter.shortcodes.get(tag.name)
        if mapped is not None:
            if mapped.drop or tag.closing:
                return NOTHING
            return _template(mapped.template, tag) if mapped.template else Expansion(text=mapped.text)
        if tag.closing or (tag.form is Form.LIQUID and tag.name in ("", "raw", "comment")):
            return NOTHING  # its opening is expanded or reported
        known = KNOWN.get(tag.name)
        if known is not None:
            return known(tag, self._page)
        return self._unknown(tag, f"unknown shortcode “{tag.name}”", _HINT)

    def _unknown(self, tag: Tag, message: str, hint: str) -> Expansion:
        self._findings.error(tag.place, "shortcode", message, hint)
        return NOTHING

    def _variable(self, tag: Tag) -> Expansion:
        name = tag.name.strip("\"'") if tag.name[:1] in "\"'" else tag.name
        filters = [part.split(":")[0].strip() for part in tag.filters.split("|") if part.strip()]
        if tag.name[:1] in "\"'":
            value: str | None = name
        else:
            value = self._value(name.lower().removeprefix("."))
        unknown = [part for part in filters if part not in FILTERS]
        if value is None or unknown:
            what = f"unknown variable “{name}”" if value is None else f"unknown filter “{unknown[0]}”"
            return self._unknown(tag, what, _HINT)
        for part in filters:
            value = FILTERS[part](value, self._page)
        return Expansion(text=value)

    def _value(self, name: str) -> str | None:
        page = self._page
        table = {
            "site.url": page.newsletter.site_url,
            "site.baseurl": "",
            "site.base_url": page.newsletter.site_url,
            "siteurl": page.newsletter.site_url,
            "config.base_url": page.newsletter.site_url,
            "site.title": page.newsletter.name,
            "site.name": page.newsletter.name,
            "page.title": page.title,
            "page.url": page.page_url,
            "page.date": page.date,
            "title": page.title,
        }
        if name in table:
            return table[name]
        own = page.front.get(name.removeprefix("page.")) if name.startswith("page.") else None
        return str(own) if isinstance(own, str | int | float) else None


FILTERS: Final[dict[str, Callable[[str, Page], str]]] = {
    "relative_url": lambda value, page: page.site(value),
    "absolute_url": lambda value, page: page.site(value),
    "url": lambda value, page: page.site(value),  # Eleventy's
    "prepend": lambda value, page: page.site(value),
    "escape": lambda value, page: value,
    "xml_escape": lambda value, page: value,
    "strip": lambda value, page: value.strip(),
    "upcase": lambda value, page: value.upper(),
    "downcase": lambda value, page: value.lower(),
    "date": lambda value, page: value[:10],
    "date_to_string": lambda value, page: value[:10],
    "safe": lambda value, page: value,
}


def _attribute(name: str, value: str) -> str:
    return f' {name}="{html.escape(value)}"' if value else ""


def figure(tag: Tag, page: Page) -> Expansion:
    """``figure`` of Hugo: an image, perhaps linked, with title and caption below it."""
    source = tag.argument("src", 0) or tag.argument("url") or tag.argument("path")
    caption = tag.argument("caption", 1)
    title = tag.argument("title")
    alt = tag.argument("alt", 2) or plain_text(parse_inline(caption))
    picture = (
        f"<img{_attribute('src', source)}{_attribute('alt', alt)}"
        f"{_attribute('width', tag.argument('width'))}{_attribute('height', tag.argument('height'))}>"
    )
    if tag.argument("link"):
        picture = f"<a{_attribute('href', tag.argument('link'))}>{picture}</a>"
    if not source:
        picture = ""
    credit = tag.argument("attr")
    if credit and tag.argument("attrlink"):
        credit = f"<a{_attribute('href', tag.argument('attrlink'))}>{credit}</a>"
    words = [f"<strong>{title}</strong>" if title else "", caption, credit]
    below = "<br>".join(part for part in words if part)
    return Expansion(
        html=f"<figure>{picture}" + (f"<figcaption>{below}</figcaption>" if below else "") + "</figure>"
    )


def liquid_image(tag: Tag, page: Page) -> Expansion:
    """``img`` of liquid-tags: an optional class, an address, optional sizes, then title and alt."""
    named = tag.argument("src") or tag.argument("path") or tag.argument("url")
    words = list(tag.positional)
    source = named or next((word for word in words if re.search(r"[/.]", word)), "")
    rest = words[words.index(source) + 1 :] if source in words else words
    sizes = [word for word in rest if re.fullmatch(r"\d+(px)?", word)]
    texts = [word for word in rest if word not in sizes]
    alt = tag.argument("alt") or (texts[-1] if texts else "")
    width = tag.argument("width") or (sizes[0] if sizes else "")
    return Expansion(html=f"<img{_attribute('src', source)}{_attribute('alt', alt)}{_attribute('width', width)}>")


def _film(address: str) -> Callable[[Tag, Page], Expansion]:
    def linked(tag: Tag, page: Page) -> Expansion:
        film = (tag.argument("id", 0) or tag.argument("video")).strip()
        target = film if re.match(r"https?://", film) else address + film
        title = tag.argument("title") or tag.argument("label") or tag.argument("caption")
        shown = html.escape(title or target)
        return Expansion(html=f'<a href="{html.escape(target)}">{shown}</a>' if film else "")

    return linked


def reference(tag: Tag, page: Page) -> Expansion:
    """``ref`` and ``relref``: the page that a content file becomes, as the site usually names it."""
    return Expansion(text=page_of_file(tag.argument("path", 0), page))


def page_of_file(path: str, page: Page) -> str:
    """The address of another content file: its path without ``.md``, or an anchor of this issue."""
    file, sharp, anchor = path.partition("#")
    if not file:
        return f"#{anchor}"
    stem = re.sub(r"(^|/)_?index$", r"\1", re.sub(r"\.(md|markdown|rst|html?)$", "", file, flags=re.IGNORECASE))
    stem = stem.removeprefix("@").removeprefix("content/")  # Zola writes @/folder/file.md
    target = page.site("/" + stem.strip("/") + "/") if stem.strip("/") else page.site("/")
    return target + sharp + anchor


def post_url(tag: Tag, page: Page) -> Expansion:
    """``post_url`` of Jekyll: ``2021-03-05-name`` is /2021/03/05/name.html on a site with the usual permalinks."""
    name = tag.argument("", 0)
    dated = re.match(r"(?:.*/)?(\d{4})-(\d{2})-(\d{2})-(.+)$", name)
    return Expansion(text=page.site("/{}/{}/{}/{}.html".format(*dated.groups()) if dated else f"/{name}"))


def social_post(tag: Tag, page: Page) -> Expansion:
    """``tweet`` and ``x``: the post's own page."""
    user, post = tag.argument("user", 0), tag.argument("id", 1)
    if user.isdigit() and not post:
        user, post = "i/web", user
    address = html.escape(f"https://twitter.com/{user}/status/{post}")
    return Expansion(html=f'<a href="{address}">{address}</a>' if post else "")


def gist(tag: Tag, page: Page) -> Expansion:
    address = html.escape("https://gist.github.com/" + "/".join(tag.positional[:2]))
    return Expansion(html=f'<a href="{address}">{address}</a>')


def summary(tag: Tag, page: Page) -> Expansion:
    """``details`` of Hugo: what it hides is shown below its summary."""
    words = tag.argument("summary") or tag.argument("title", 0)
    return Expansion(html=f"<p><strong>{words}</strong></p>" if words else "")


def parameter(tag: Tag, page: Page) -> Expansion:
    value = page.front.get(tag.argument("name", 0).lower(), "")
    return Expansion(text=str(value) if isinstance(value, str | int | float) else "")


def nothing(tag: Tag, page: Page) -> Expansion:
    return NOTHING


KNOWN: Final[dict[str, Callable[[Tag, Page], Expansion]]] = {
    "figure": figure,
    "image": figure,
    "img": liquid_image,
    "newsletter-subscribe": nothing,
    "ref": reference,
    "relref": reference,
    "link": reference,
    "post_url": post_url,
    "youtube": _film("https://www.youtube.com/watch?v="),
    "vimeo": _film("https://vimeo.com/"),
    "video": _film(""),
    "tweet": social_post,
    "x": social_post,
    "gist": gist,
    "instagram": _film("https://www.instagram.com/p/"),
    "details": summary,
    "param": parameter,
    "rawhtml": nothing,
    "toc": nothing,
    "more": nothing,
}


def _template(template: str, tag: Tag) -> Expansion:
    """A template of the settings: ``{name}`` and ``{0}`` are arguments; one that is missing is empty."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        return html.escape(tag.argument(name.lower(), int(name) if name.isdigit() else None))

    return Expansion(html=re.sub(r"\{([\w-]+)\}", value, template))
