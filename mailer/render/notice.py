"""Renders a notice, a mail to one person that is not an issue: from MJML as issues are, with a plain text beside.

Laws: it holds nothing that anybody typed into a form; the person's links are slots, so that one rendering serves
everybody who gets that notice in that language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from mailer.newsletter import Newsletter
from mailer.render.colour import schemes
from mailer.render.edition import MONO, SANS
from mailer.render.inline_css import inline_css
from mailer.render.links import scheme_of
from mailer.render.mjml_html import compile_mjml
from mailer.render.model import ADDRESS_SLOT, PREFERENCES_SLOT, UNSUBSCRIBE_SLOT
from mailer.render.notice_words import notice_words
from mailer.render.phrases import phrases_for
from mailer.render.templates import fill
from mailer.render.tongue import direction
from mailer.render.tree import clean, clean_url

ACTION_SLOT: Final = PREFERENCES_SLOT
"""What the button leads to stands where an issue has its preferences link."""
WITH_A_WAY_OUT: Final = frozenset({"welcome", "preferences"})
"""Notices to somebody subscribed: they carry the unsubscribe link, in the mail and in its headers."""


@dataclass(frozen=True, slots=True)
class RenderedNotice:
    """A notice in one language, with slots."""

    language: str
    subject: str
    html: str
    text: str
    one_click: bool  # whether List-Unsubscribe belongs to it


def render_notice(
    kind: str,
    newsletter: Newsletter,
    language: str,
    *,
    latest: tuple[str, str] = ("", ""),
    template_folders: Sequence[Path],
) -> RenderedNotice:
    """The notice ``kind`` ("confirm", …). ``latest`` is title and address of the newest issue, for "welcome".

    Raises TemplateError (a template is missing or broken) and SettingsError (the accent is no colour).
    """
    newsletter = replace(
        newsletter,
        name=" ".join(clean(newsletter.name).split()),
        postal_address=clean(newsletter.postal_address).strip(),
    )
    spoken, found = notice_words(kind, language)
    words = found.about(newsletter.name)
    way = direction(spoken)
    light, dark = schemes(newsletter)
    values = {
        "language": spoken,
        "dir": way,
        "start": "left" if way == "ltr" else "right",
        "end": "right" if way == "ltr" else "left",
        "words": words,
        "subject": words.subject,
        "phrases": phrases_for(spoken),
        "light": light,
        "dark": dark,
        "sans": newsletter.fonts or SANS,
        "mono": MONO,
        "newsletter": newsletter,
        "logo": clean_url(newsletter.logo) if scheme_of(newsletter.logo) in ("http", "https") else "",
        "sender": _sender(newsletter),
        "latest_title": clean(latest[0]),
        "latest_url": clean_url(latest[1]),
        "leaving": kind in WITH_A_WAY_OUT,
        "slots": {"action": ACTION_SLOT, "unsubscribe": UNSUBSCRIBE_SLOT, "address": ADDRESS_SLOT},
    }
    mjml = fill(template_folders, "notice/notice.mjml", {**values, "body": f"notice/{kind}/body.mjml"})
    styles = fill(template_folders, "notice/notice.css", values)
    text = fill(template_folders, "notice/notice.txt", {**values, "body": f"notice/{kind}/body.txt"})
    return RenderedNotice(
        language=spoken,
        subject=words.subject,
        html=inline_css(compile_mjml(mjml, language=spoken, direction=way), styles),
        text=text.strip("\n") + "\n",
        one_click=kind in WITH_A_WAY_OUT,
    )


def _sender(newsletter: Newsletter) -> str:
    name, address = parseaddr(clean(newsletter.sender))
    return address if name in ("", newsletter.name) else f"{name} <{address}>"
