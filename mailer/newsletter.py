"""A newsletter as every room knows it: identity, languages, look. Values only; nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

LONGEST_WAIT_SECONDS: Final = 7 * 86_400
"""How long people wait for an issue in their language where the newsletter says nothing else."""


class OnUnknown(StrEnum):
    """What to do with a delivery whose message may or may not have arrived."""

    RESEND = "resend"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Shortcode:
    """How a shortcode of the site becomes mail: ``drop`` it, a fixed ``text``, or a ``template``.

    A template is HTML in which ``{name}`` stands for the argument of that name and ``{0}`` for a position.
    """

    drop: bool = False
    text: str = ""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Newsletter:
    """A publication: name, sender, List-Id, languages (the first is the fallback), site and look."""

    key: str  # the name of its settings table, its path in the web app
    name: str
    sender: str  # "Display Name <address>"
    list_id: str  # the label part inside the brackets of List-Id (RFC 2919)
    site_url: str = ""  # "https://xmpp.org", without a trailing slash
    base_url: str = ""  # where our web app is reached, without a trailing slash
    languages: tuple[str, ...] = ("en",)  # lower-case BCP 47: "pt-br"
    bounce_domain: str = ""  # "" : the domain of the sender
    postal_address: str = ""
    licence: str = ""
    accent: str = "#0b57a4"
    logo: str = ""  # absolute URL
    reply_to: str = ""
    owner: str = ""  # address for List-Owner; "" : the sender's
    description: str = ""
    on_unknown: OnUnknown = OnUnknown.RESEND
    shortcodes: Mapping[str, Shortcode] = field(default_factory=dict)
    lint: Mapping[str, str] = field(default_factory=dict)  # rule → "off", "on", "warning" or "error"
    theme: str = "standard"  # or "plain", or a folder of one's own in templates/themes
    fonts: str = ""  # CSS font families for text; "" : those of the reader's system
    footer: str = ""  # lines of one's own above the licence; addresses in it become links
    colours: Mapping[str, str] = field(default_factory=dict)  # "page", "text", … of light mode
    dark_colours: Mapping[str, str] = field(default_factory=dict)
    translation_deadline_seconds: int = LONGEST_WAIT_SECONDS  # 0: nobody waits for a translation

    @property
    def fallback_language(self) -> str:
        return self.languages[0]

    def issue_url(self, slug: str, language: str) -> str:
        """The web version of an edition in our archive."""
        return f"{self.base_url}/{self.key}/{slug}/{language}/"

    @property
    def subscribe_url(self) -> str:
        return f"{self.base_url}/{self.key}/subscribe"

    @property
    def archive_url(self) -> str:
        return f"{self.base_url}/{self.key}/"
