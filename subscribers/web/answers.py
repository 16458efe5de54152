"""How a page for people is answered: in the reader's language, and kept by nobody where a link is personal."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final

from flask import Response, g, render_template, request

from subscribers.consent import Evidence
from subscribers.rules import KeepNetwork
from subscribers.web.phrases import people_phrases

LONGEST_URL: Final = 200
_PRIVATE: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def page(
    template: str, *, newsletter: str = "", name: str = "", address: str = "", status: int = 200, **values: object
) -> Response:
    """A page of ``templates/web/people``; ``say`` fills in the sentences' own names."""
    g.newsletter = newsletter or None
    phrases = people_phrases(g.get("language") or "en")

    def say(sentence: str, **more: str) -> str:
        return sentence.format(newsletter=name, address=address, **more)

    body = render_template(
        f"web/people/{template}.html", p=phrases, say=say, address=address, name=name, key=newsletter, **values
    )
    return Response(body, status, mimetype="text/html")


def private(answer: Response) -> Response:
    """An answer to a personal link: no cache, no search engine and no other site learns of it."""
    answer.headers.update(_PRIVATE)
    return answer


def masked(address: str) -> str:
    """``a•••@example.org``: enough for the person to recognise, too little for whom a mail was forwarded to."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def form_url() -> str:
    """Where the form stood that was sent in, without query and fragment, "" when the browser does not tell."""
    referrer = request.headers.get("Referer", "") or request.headers.get("Origin", "")
    kept = "".join(character for character in referrer if character.isprintable())
    return kept.partition("?")[0].partition("#")[0][:LONGEST_URL]


def network_kept(keep: KeepNetwork) -> str:
    """The network address for the consent record, as far as the operator keeps it."""
    try:
        found = ipaddress.ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return ""
    if keep is KeepNetwork.WHOLE:
        return str(found)
    if keep is KeepNetwork.NONE:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def evidence(by: str, keep: KeepNetwork) -> Evidence:
    """What is written down beside something that the person did here."""
    told: Evidence = {"by": by}
    if network := network_kept(keep):
        told["ip"] = network
    return told
