"""A feed as Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1. Pure: values in, bytes out; no clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as Xml

from mailer.render.tree import clean

ATOM: Final = "http://www.w3.org/2005/Atom"
CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE: Final = "http://purl.org/dc/elements/1.1/"
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without an entry changed last: Atom wants a time."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An edition: ``id`` stays the same for ever, wherever the archive moves; ``html`` is all of it."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    language: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A newsletter in one language, newest first. URLs are absolute."""

    url: str
    home_url: str
    title: str
    description: str
    language: str
    author: str
    rights: str
    icon: str  # "" for none
    entries: tuple[FeedEntry, ...]

    @property
    def updated(self) -> datetime:
        return max((entry.updated for entry in self.entries), default=NEVER)


def atom(feed: Feed) -> bytes:
    """Atom, with the whole HTML as content."""
    root = Xml.Element(_atom("feed"), {"xml:lang": feed.language})
    _add(root, _atom("id"), feed.url)
    _add(root, _atom("title"), feed.title)
    if feed.description:
        _add(root, _atom("subtitle"), feed.description)
    _add(root, _atom("updated"), _rfc3339(feed.updated))
    _add(_add(root, _atom("author")), _atom("name"), feed.author)
    _add(root, _atom("link"), rel="self", type="application/atom+xml", href=feed.url)
    _add(root, _atom("link"), rel="alternate", type="text/html", href=feed.home_url)
    if feed.rights:
        _add(root, _atom("rights"), feed.rights)
    if feed.icon:
        _add(root, _atom("logo"), feed.icon)
    for entry in feed.entries:
        one = _add(root, _atom("entry"))
        one.set("xml:lang", entry.language)
        _add(one, _atom("id"), entry.id)
        _add(one, _atom("title"), entry.title)
        _add(one, _atom("link"), rel="alternate", type="text/html", href=entry.url, hreflang=entry.language)
        _add(one, _atom("published"), _rfc3339(entry.published))
        _add(one, _atom("updated"), _rfc3339(entry.updated))
        if entry.summary:
            _add(one, _atom("summary"), entry.summary)
        content = _add(one, _atom("content"), entry.html, type="html")
        content.set("xml:base", entry.url)
    return _written(root)


def rss(feed: Feed) -> bytes:
    """RSS 2.0, with the whole HTML in content:encoded."""
    root = Xml.Element("rss", {"version": "2.0"})
    channel = _add(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.home_url)
    _add(channel, "description", feed.description or feed.title)
    _add(channel, "language", feed.language)
    if feed.rights:
        _add(channel, "copyright", feed.rights)
    _add(channel, "lastBuildDate", format_datetime(feed.updated))
    _add(channel, _atom("link"), rel="self", type="application/rss+xml", href=feed.url)
    if feed.icon:
        image = _add(channel, "image")
        for name, value in (("url", feed.icon), ("title", feed.title), ("link", feed.home_url)):
            _add(image, name, value)
    for entry in feed.entries:
        item = _add(channel, "item")
        _add(item, "title", entry.title)
        _add(item, "link", entry.url)
        _add(item, "guid", entry.id, isPermaLink="false")
        _add(item, "pubDate", format_datetime(entry.published))
        _add(item, f"{{{DUBLIN_CORE}}}creator", feed.author)
        _add(item, "description", entry.summary or entry.title)
        _add(item, f"{{{CONTENT}}}encoded", entry.html)
    return _written(root)


def json_feed(feed: Feed) -> bytes:
    """JSON Feed 1.1."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": clean(feed.title),
        "home_page_url": feed.home_url,
        "feed_url": feed.url,
        "description": clean(feed.description),
        "icon": feed.icon,
        "language": feed.language,
        "authors": [{"name": clean(feed.author)}],
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": clean(entry.title),
                "summary": clean(entry.summary),
                "content_html": clean(entry.html),
                "language": entry.language,
                "date_published": _rfc3339(entry.published),
                "date_modified": _rfc3339(entry.updated),
            }
            for entry in feed.entries
        ],
    }
    kept = {key: value for key, value in document.items() if value != ""}
    return json.dumps(kept, ensure_ascii=False, indent=1).encode()


@dataclass(frozen=True, slots=True)
class Format:
    """How a feed is written and what its bytes are called."""

    write: Callable[[Feed], bytes]
    media_type: str


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        "atom": Format(atom, "application/atom+xml"),
        "rss": Format(rss, "application/rss+xml"),
        "json": Format(json_feed, "application/feed+json"),
    }
)


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _add(parent: Xml.Element, name: str, words: str = "", **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, attributes)
    element.text = clean(words) or None
    return element


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _written(root: Xml.Element) -> bytes:
    names = {CONTENT: "content", DUBLIN_CORE: "dc"}
    names[ATOM] = "" if root.tag == _atom("feed") else "atom"
    _name(root, names)
    for address, prefix in names.items():
        if prefix != "" or address == ATOM:
            root.set(f"xmlns:{prefix}" if prefix else "xmlns", address)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))


def _name(element: Xml.Element, prefixes: Mapping[str, str]) -> None:
    """Write the names' prefixes out: ElementTree's own registry of them is shared by the whole process."""
    for one in element.iter():
        address, brace, name = one.tag.rpartition("}")
        if brace:
            prefix = prefixes[address[1:]]
            one.tag = f"{prefix}:{name}" if prefix else name
