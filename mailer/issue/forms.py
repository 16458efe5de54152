"""Forms and players that mail cannot show: what they were for, and the link that takes their place."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from mailer.issue.htmltags import Kind, pieces, text_of

LIST_PROVIDERS: Final = (
    "tinyletter.com", "list-manage.com", "list-manage1.com", "mailchimp.com", "mailchi.mp", "buttondown.email",
    "buttondown.com", "sendinblue.com", "brevo.com", "sibforms.com", "substack.com", "convertkit.com",
    "kit.com", "mailerlite.com", "mlsend.com", "aweber.com", "constantcontact.com", "getresponse.com",
    "feedburner.com", "feedburner.google.com", "getrevue.co", "sendgrid.com", "mailjet.com", "emailoctopus.com",
    "campaignmonitor.com", "createsend.com", "sendy.co", "beehiiv.com", "ghost.io", "follow.it", "mailgun.org",
    "moosend.com", "drip.com", "activehosted.com", "cleverreach.com", "rapidmail.de", "newsletter2go.com",
    "sendfox.com", "benchmarkemail.com",
)  # fmt: skip

_VIDEO_ID = re.compile(r"^[\w-]{6,20}$")


def is_subscription(action: str, inner: str) -> bool:
    """A form with an email field, or one that posts to a list provider or a subscribe page."""
    try:
        address = urlsplit(action)
        host, path = (address.hostname or "").lower(), address.path.lower()
    except ValueError:
        host, path = "", ""
    if any(host == provider or host.endswith("." + provider) for provider in LIST_PROVIDERS):
        return True
    if re.search(r"subscri|newsletter|mailman|sympa|listmonk|phplist", path):
        return True
    for piece in pieces(inner):
        if piece.kind is Kind.OPEN and piece.name == "input":
            said = " ".join(piece.attrs.get(key, "") for key in ("name", "id", "placeholder"))
            if piece.attrs.get("type", "").lower() == "email" or re.search(r"e-?mail", said, re.IGNORECASE):
                return True
    return False


def invitation(inner: str) -> str:
    """The words of a form that say what it is for: its label, else its button."""
    said = text_of(re.sub(r"<(select|textarea|button)\b.*?</\1\s*>", "", inner, flags=re.DOTALL | re.IGNORECASE))
    if said:
        return said
    button = re.search(r"<button\b[^>]*>(.*?)</button", inner, re.DOTALL | re.IGNORECASE)
    if button and text_of(button.group(1)):
        return text_of(button.group(1))
    for piece in pieces(inner):
        if piece.name == "input" and piece.attrs.get("type", "").lower() == "submit" and piece.attrs.get("value"):
            return piece.attrs["value"]
    return "Subscribe"


def watch_page(source: str) -> str:
    """The page where an embedded player's film can be seen; the source itself where we know no better."""
    address = f"https:{source}" if source.startswith("//") else source
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    host = (parts.hostname or "").removeprefix("www.")
    last = parts.path.rstrip("/").rsplit("/", 1)[-1]
    if host in ("youtube.com", "youtube-nocookie.com", "m.youtube.com") and "/embed/" in parts.path:
        playlist = parse_qs(parts.query).get("list", [""])[0]
        if last == "videoseries" and playlist:
            return f"https://www.youtube.com/playlist?list={playlist}"
        return f"https://www.youtube.com/watch?v={last}" if _VIDEO_ID.match(last) else address
    if host == "player.vimeo.com" and last.isdigit():
        return f"https://vimeo.com/{last}"
    if "/videos/embed/" in parts.path:  # PeerTube
        return address.replace("/videos/embed/", "/w/", 1)
    return address


def player_title(attrs: dict[str, str], page: str) -> str:
    """What a link to a player says: its title, unless that is a stock phrase; else the address or file name."""
    title = " ".join((attrs.get("title") or attrs.get("aria-label") or "").split())
    if title and title.lower() not in ("youtube video player", "video", "iframe"):
        return title
    return page if re.match(r"https?://", page, re.IGNORECASE) else page.rstrip("/").rsplit("/", 1)[-1]
