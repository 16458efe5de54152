"""What the header says about an issue: title, date, slug, preheader, authors, language, draft, page.

Pure tables of key names over ``FrontMatter``; each doubt is a problem at the key's place.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from mailer.issue.model import FrontMatter
from mailer.issue.problem import Place, Problem, Severity
from mailer.issue.source import printable
from mailer.issue.translations import language_tag, split_language
from mailer.newsletter import Newsletter

TITLE_KEYS: Final = ("title",)
DATE_KEYS: Final = ("date", "published", "publishdate")
PREHEADER_KEYS: Final = ("preheader", "summary", "description", "excerpt")
AUTHOR_KEYS: Final = ("authors", "author")
LANGUAGE_KEYS: Final = ("lang", "language", "locale")
PAGE_KEYS: Final = ("url", "permalink", "save_as", "path", "aliases", "alias")
TRUE_WORDS: Final = frozenset({"true", "yes", "on", "1", "y"})
FALSE_WORDS: Final = frozenset({"false", "no", "off", "0", "n", "", "none"})
DRAFT_STATES: Final = frozenset({"draft", "hidden", "skip", "unpublished"})
DATE_FORMATS: Final = ("%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y")

_INDEX_NAMES = frozenset({"index", "_index", "readme"})
_UNSAFE_IN_SLUG = re.compile(r"[^\w.~-]+")
_DATED_NAME = re.compile(r"((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})[-_.]")
_ISO_TIGHT = re.compile(
    r"^(\d{4}-\d{1,2}-\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The header in our own words; texts are one line, "" when missing."""

    title: str
    slug: str
    language: str
    date: datetime | None
    preheader: str
    authors: tuple[str, ...]
    draft: bool
    page_url: str


def read_metadata(
    front: FrontMatter,
    path: str,
    newsletter: Newsletter,
    *,
    language: str | None,
    slug: str | None,
    problems: list[Problem],
    folder: str = "",
) -> Metadata:
    """Everything that the header and the file name say. A missing title is left to the reader of the body."""
    page = page_path(front)
    return Metadata(
        title=_text_of(front, TITLE_KEYS),
        slug=slug or _slug(front, page, path, newsletter, folder),
        language=_language(front, path, newsletter, language, problems),
        date=_date(front, path, problems),
        preheader=_text_of(front, PREHEADER_KEYS),
        authors=_authors(front),
        draft=_draft(front, path, problems),
        page_url=_page_url(page, newsletter.site_url),
    )


def one_line(text: str) -> str:
    """White space of any kind becomes one space, control characters go."""
    return printable(" ".join(text.split()))


def _text_of(front: FrontMatter, keys: Iterable[str]) -> str:
    for key in keys:
        value = front.values.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and one_line(str(value)):
            return one_line(str(value))
    return ""


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return _texts(value.get("name", ""))
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [] if value is None else [str(value)]


def _authors(front: FrontMatter) -> tuple[str, ...]:
    for key in AUTHOR_KEYS:
        found: list[str] = []
        for text in _texts(front.values.get(key)):
            separator = ";" if ";" in text else ","
            found.extend(text.split(separator) if key == "authors" or separator == ";" else [text])
        names = tuple(one_line(name) for name in found if one_line(name))
        if names:
            return names
    return ()


def _place(front: FrontMatter, path: str, key: str) -> Place:
    return front.places.get(key, Place(path))


def _date(front: FrontMatter, path: str, problems: list[Problem]) -> datetime | None:
    for key in DATE_KEYS:
        value = front.values.get(key)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        text = one_line(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not text:
            continue
        parsed = parse_date(text)
        if parsed is None:
            problems.append(
                Problem(
                    _place(front, path, key),
                    "date",
                    Severity.ERROR,
                    f"“{text[:60]}” is no date",
                    "Write it as 2021-03-05 or 2021-03-05 22:00.",
                )
            )
        return parsed
    return _date_of_name(path)


def _date_of_name(path: str) -> datetime | None:
    """The day in a file's name: ``2021-03-05-news.md``, which is all that Jekyll asks for."""
    found = _DATED_NAME.match(posixpath.basename(path.replace("\\", "/")))
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC) if found else None
    except ValueError:
        return None


def parse_date(text: str) -> datetime | None:
    """An aware time from the ways that headers write dates; UTC when no zone is named."""
    iso = _ISO_TIGHT.match(text)
    try:
        if iso:
            year, month, day = (int(part) for part in iso.group(1).split("-"))
            clock = [int(part) for part in (iso.group(2) or "0:0").split(":")]
            zone = (iso.group(3) or "Z").upper()
            zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
            written = f"{year:04}-{month:02}-{day:02}T" + ":".join(f"{part:02}" for part in clock) + zone
            return datetime.fromisoformat(written)
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        pass
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        return _aware(parsedate_to_datetime(text))  # RFC 5322 section 3.3
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _draft(front: FrontMatter, path: str, problems: list[Problem]) -> bool:
    status = _text_of(front, ("status",)).lower()
    if status in DRAFT_STATES:
        return True
    published = front.values.get("published")
    if isinstance(published, bool) and not published:
        return True
    value = front.values.get("draft", False)
    if isinstance(value, bool):
        return value
    word = one_line(str(value)).lower() if value is not None else ""
    if word in TRUE_WORDS:
        return True
    if word not in FALSE_WORDS:
        problems.append(
            Problem(
                _place(front, path, "draft"),
                "front-matter",
                Severity.ERROR,
                f"“draft: {word[:40]}” is neither true nor false",
                "Write draft: true, or leave it out.",
            )
        )
        return True
    return False


def _language(
    front: FrontMatter, path: str, newsletter: Newsletter, given: str | None, problems: list[Problem]
) -> str:
    if given:
        return language_tag(given)
    for key in LANGUAGE_KEYS:
        written = language_tag(_text_of(front, (key,)))
        if not written:
            continue
        for language in newsletter.languages:
            if language_tag(language) == written:
                return language
        related = [
            language
            for language in newsletter.languages
            if language_tag(language) == written.split("-")[0] or language_tag(language).split("-")[0] == written
        ]
        if related:
            return related[0]
        problems.append(
            Problem(
                _place(front, path, key),
                "language",
                Severity.ERROR,
                f"the newsletter has no language “{written[:40]}”",
                f"It has {', '.join(newsletter.languages)}.",
            )
        )
        break
    return split_language(posixpath.basename(path.replace("\\", "/")), newsletter.languages)[1] or (
        newsletter.fallback_language
    )


def page_path(front: FrontMatter) -> str:
    """The page's own path or address on the site as the header gives it, without ``index.html``."""
    for key in PAGE_KEYS:
        for text in _texts(front.values.get(key)):
            address = text.strip()
            if address and not re.search(r"[{}\s]", address):
                return re.sub(r"(^|/)index\.html?$", r"\1", address)
    return ""


def _slug(front: FrontMatter, page: str, path: str, newsletter: Newsletter, folder: str) -> str:
    candidates = [_text_of(front, ("slug",)), _last_segment(page), _file_stem(path, newsletter, folder)]
    return next((slug for slug in map(safe_slug, candidates) if slug), "issue")


def safe_slug(text: str) -> str:
    """A slug that is one safe segment of a path."""
    composed = unicodedata.normalize("NFC", text).strip("/").rsplit("/", 1)[-1]
    return _UNSAFE_IN_SLUG.sub("-", composed).strip("-.~")[:120]


def _last_segment(page: str) -> str:
    try:
        segments = [part for part in urlsplit(page).path.split("/") if part]
    except ValueError:
        return ""
    return re.sub(r"\.html?$", "", unquote(segments[-1])) if segments else ""


def _file_stem(path: str, newsletter: Newsletter, folder: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts:
        return ""
    stem = split_language(parts[-1], newsletter.languages)[0]
    if stem.lower() in _INDEX_NAMES:
        return parts[-2] if len(parts) > 1 else folder or stem
    return stem


def _page_url(page: str, site_url: str) -> str:
    if re.match(r"https?://", page, re.I):
        return page
    if not page or not site_url or re.match(r"[A-Za-z][\w+.-]*:", page):
        return ""
    return f"{site_url.rstrip('/')}/{page.lstrip('/')}"
