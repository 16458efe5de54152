"""What the web answered to an issue's links and images, and what an editor should know of it. No network here.

Law: what a site may do to any robot (401, 403, 429, 5xx) is no fault of the issue, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from mailer.issue import Issue, Place, Problem, Severity

REACHED: Final = {
    "link-broken": "A link that the web answers with 404 or 410, or whose host is not there (`--check-links`).",
    "link-moved": "A link that was moved for good; the new address is named (`--check-links`).",
    "link-certificate": "A link whose certificate a browser would not accept (`--check-links`).",
    "image-heavy": "An image of more than 1 MB (`--check-links`).",
    "image-wide": "An image of more than 2,000 pixels' width; mail shows some 600 (`--check-links`).",
}
"""Rules that need the network: they run with ``mailer lint --check-links`` only."""
HEAVY_BYTES: Final = 1_000_000
WIDE_PIXELS: Final = 2_000


class Outcome(StrEnum):
    """What became of a request."""

    FOUND = "found"
    GONE = "gone"  # 404, 410
    REFUSED = "refused"  # another answer from 400 on: not for robots, or in trouble
    NO_HOST = "no-host"  # the name leads nowhere
    SILENT = "silent"  # no connection, or no answer in time
    CERTIFICATE = "certificate"
    LOOP = "loop"  # redirects without end


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address gave."""

    outcome: Outcome
    status: int = 0  # HTTP's, 0 without an answer
    moved_to: str = ""  # where permanent redirects lead
    detail: str = ""  # one sentence or less, for a certificate
    size_bytes: int | None = None  # of an image
    width: int | None = None  # of an image, in pixels


@dataclass(frozen=True, slots=True)
class Address:
    """A web address of an issue, without its fragment, and where it stands first."""

    url: str
    is_image: bool
    place: Place


def addresses(issue: Issue) -> list[Address]:
    """The web addresses to look at, each once; not the issue's own pages, which are to come."""
    own = tuple(url.rstrip("/") for url in (issue.page_url, issue.web_url) if url.startswith("http"))
    found: dict[tuple[str, bool], Address] = {}
    for token in issue.tokens:
        for child in token.children or ():
            is_image = child.type == "image"
            if not is_image and child.type != "link_open":
                continue
            url = str(child.attrs.get("src" if is_image else "href", "")).partition("#")[0]
            if not url.lower().startswith(("http://", "https://")) or (own and url.rstrip("/") in own):
                continue
            place = issue.place(int(child.meta.get("line", 1)), int(child.meta.get("column", 1)))
            found.setdefault((url, is_image), Address(url, is_image, place))
    return list(found.values())


def reached_problems(issue: Issue, answers: Mapping[tuple[str, bool], Answer]) -> Iterator[Problem]:
    """What to say of the answers; ``answers`` are by address and whether it is an image."""
    for address in addresses(issue):
        answer = answers.get((address.url, address.is_image))
        if answer is not None:
            yield from (
                Problem(address.place, rule, Severity.WARNING, message, hint)
                for rule, message, hint in _said(address, answer)
            )


def _said(address: Address, answer: Answer) -> Iterator[tuple[str, str, str]]:
    url = address.url if len(address.url) <= 80 else f"{address.url[:77]}…"
    host = urlsplit(address.url).hostname
    match answer.outcome:
        case Outcome.GONE:
            yield "link-broken", f"{url} is not there ({answer.status})", "Look for where it went, or take it out."
        case Outcome.NO_HOST:
            yield "link-broken", f"there is no host {host}", "Look for a slip in the address."
        case Outcome.SILENT:
            yield "link-broken", f"{url} does not answer", "Open it in a browser before you send."
        case Outcome.LOOP:
            yield "link-broken", f"{url} redirects without end", "Open it in a browser before you send."
        case Outcome.CERTIFICATE:
            said = f": {answer.detail}" if answer.detail else ""
            yield "link-certificate", f"browsers warn of {host}{said}", "Tell them, or link to somewhere else."
        case _:
            pass
    if answer.moved_to and answer.outcome not in (Outcome.GONE, Outcome.LOOP):
        if urlsplit(answer.moved_to).path in ("", "/") and urlsplit(address.url).path not in ("", "/"):
            hint = "That is a home page: the page itself may be gone."
        else:
            hint = f"Write {answer.moved_to}"
        yield "link-moved", f"{url} moved for good to {answer.moved_to}", hint
    if address.is_image and answer.size_bytes is not None and answer.size_bytes > HEAVY_BYTES:
        megabytes = f"{answer.size_bytes / 1_000_000:.1f} MB"
        yield "image-heavy", f"the image has {megabytes}, which is slow on a phone", "Save it smaller: 200 KB do."
    if address.is_image and answer.width is not None and answer.width > WIDE_PIXELS:
        yield "image-wide", f"the image is {answer.width:,} pixels wide; mail shows some 600", "1,200 are enough."
