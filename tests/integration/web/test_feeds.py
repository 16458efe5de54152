"""Feeds are valid, whole and cheap to ask again."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import feedparser
import pytest
from flask.testing import FlaskClient

from tests.builders.archive import Installation, an_installation

ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
NAMES = ["feed.atom", "feed.rss", "feed.json", "feed.de.atom", "feed.de.rss", "feed.de.json"]


def one(element: Xml.Element, name: str) -> Xml.Element:
    found = element.findall(f"{ATOM}{name}")
    assert len(found) == 1, f"{element.tag} has {len(found)} {name}"
    return found[0]


@pytest.mark.parametrize("language", ["", "de."])
def test_atom_keeps_the_rules_of_rfc_4287(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/harbour/feed.{language}atom")
    assert answer.mimetype == "application/atom+xml"
    feed = Xml.fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    assert ADDRESS.fullmatch(one(feed, "id").text or "")
    assert (one(feed, "title").text or "").strip()
    assert RFC3339.fullmatch(one(feed, "updated").text or "")
    assert one(one(feed, "author"), "name").text == "The Harbour Gazette"
    selves = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href") for link in selves] == [f"https://news.example.org/harbour/feed.{language}atom"]
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == (1 if language else 4)
    identities = [one(entry, "id").text or "" for entry in entries]
    assert len(set(identities)) == len(identities)
    for entry, identity in zip(entries, identities, strict=True):
        assert ADDRESS.fullmatch(identity)
        assert (one(entry, "title").text or "").strip()
        published, updated = one(entry, "published").text or "", one(entry, "updated").text or ""
        assert RFC3339.fullmatch(updated)
        assert published <= updated <= (one(feed, "updated").text or "")
        alternates = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        assert len({(link.get("type"), link.get("hreflang")) for link in alternates}) == len(alternates) == 1
        content = one(entry, "content")
        assert content.get("type") == "html"
        assert len(content) == 0  # escaped, as type="html" asks
        assert "<p>" in (content.text or "")


@pytest.mark.parametrize("name", NAMES[:2] + NAMES[3:5])
def test_a_feed_reader_finds_whole_issues(client: FlaskClient, name: str) -> None:
    parsed = feedparser.parse(client.get(f"/harbour/{name}").data)
    assert not parsed.bozo
    newest = parsed.entries[0]
    german = ".de." in name
    assert newest.title.startswith("The Harbour Gazette: ")
    assert newest.link == f"https://news.example.org/harbour/2026-05-01-spring/{'de' if german else 'en'}/"
    assert ("Wilhelmina, die den Netzboden" if german else "Wilhelmina, who looks") in newest.content[0].value
    assert newest.published_parsed[:5] == (2026, 5, 2, 8, 0)
    assert parsed.feed.language == ("de" if german else "en")


@pytest.mark.parametrize("name", ["feed.json", "feed.de.json"])
def test_json_feed_has_what_version_1_1_asks(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/harbour/{name}")
    assert answer.mimetype == "application/feed+json"
    feed = json.loads(answer.data)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["feed_url"] == f"https://news.example.org/harbour/{name}"
    for item in feed["items"]:
        assert item["id"]
        assert item["url"].startswith("https://")
        assert "<p>" in item["content_html"]
        assert RFC3339.fullmatch(item["date_published"])


def test_rss_names_each_item_by_something_that_stays(client: FlaskClient) -> None:
    channel = Xml.fromstring(client.get("/harbour/feed.rss").data).find("channel")
    assert channel is not None
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    guids = [item.find("guid") for item in channel.findall("item")]
    assert next(guid.text for guid in guids if guid is not None) == (
        "tag:gazette.harbour.example.org,2026-05-02:harbour/2026-05-01-spring/en"
    )
    assert {guid.get("isPermaLink") for guid in guids if guid is not None} == {"false"}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_new_is_said_in_a_few_bytes(client: FlaskClient, name: str) -> None:
    first = client.get(f"/harbour/{name}")
    assert first.headers["Last-Modified"] == "Sat, 02 May 2026 08:00:00 GMT"
    for headers in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(f"/harbour/{name}", headers=headers)
        assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"/harbour/{name}", headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_a_new_issue_and_a_correction_change_the_fingerprint(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    client = installation.app().test_client()
    seen = {client.get("/harbour/feed.atom").headers["ETag"]}
    installation.send(installation.write("one.md", "One."), now=datetime(2026, 1, 1, tzinfo=UTC))
    seen.add(client.get("/harbour/feed.atom").headers["ETag"])
    installation.send(installation.write("two.md", "Two.", title="Another"), now=datetime(2026, 2, 1, tzinfo=UTC))
    seen.add(client.get("/harbour/feed.atom").headers["ETag"])
    assert len(seen) == 3


def test_head_tells_what_get_would(client: FlaskClient) -> None:
    head, get = client.head("/harbour/feed.atom"), client.get("/harbour/feed.atom")
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.data == b""


def test_only_the_latest_issues_are_in_a_feed(tmp_path: Path) -> None:
    installation: Installation = an_installation(tmp_path)
    slugs = installation.send_several(22)
    feed = json.loads(installation.app().test_client().get("/harbour/feed.json").data)
    assert [item["url"].split("/")[-3] for item in feed["items"]] == slugs[:-21:-1]


@pytest.mark.parametrize("name", ["feed.xx.atom", "feed.xml", "feed.de.xml", "feed..atom", "feed.atom.de"])
def test_feeds_that_nobody_writes_are_not_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/harbour/{name}").status_code == 404


def test_words_that_xml_cannot_carry_do_not_break_a_feed(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    body = "Tom & Jerry <b>bold</b> ]]> &lt;ok&gt; \U0001f9ed \x0c and `</content>`"
    installation.send(installation.write("wild.md", body, title="A & B <c> ]]>"))
    client = installation.app().test_client()
    for kind in ("atom", "rss"):
        parsed = feedparser.parse(client.get(f"/harbour/feed.{kind}").data)
        assert not parsed.bozo
        assert "🧭" in parsed.entries[0].content[0].value
    assert json.loads(client.get("/harbour/feed.json").data)["items"][0]["title"] == "A & B <c> ]]>"
