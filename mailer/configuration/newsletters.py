"""The tables [newsletters.NAME] of mailer.toml as values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from mailer.configuration import values
from mailer.configuration.reading import Table
from mailer.newsletter import LONGEST_WAIT_SECONDS, Newsletter, OnUnknown, Shortcode

_KEY: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
DEFAULT_ACCENT: Final = "#0b57a4"
COLOURS: Final = ("page", "card", "tint", "line", "text", "muted", "band")
"""What can be coloured beside the accent: a ``Scheme``'s fields that are not worked out."""
RESERVED: Final = frozenset(
    {"subscribe", "confirm", "unsubscribe", "preferences", "hooks", "healthz", "metrics", "static"}
)
"""First path parts of the web app, which a newsletter cannot be named after."""


def read_newsletter(key: str, table: Table, base_url: str) -> Newsletter:
    """One newsletter; what is wrong in its table is noted there. ``dkim`` is left to the caller."""
    if not _KEY.fullmatch(key):
        table.ledger.add(table.path, f"{'.'.join(table.path)}: a newsletter's name is a-z, 0-9 and -.")
    elif key in RESERVED:
        table.ledger.add(table.path, f"{'.'.join(table.path)}: the web app has a page of this name.")
    sender = table.require("sender", values.named_address)
    domain = values.bare_address(sender).rpartition("@")[2] if sender else "localhost"
    return Newsletter(
        key=key,
        name=table.require("name", values.some_text),
        sender=sender,
        list_id=table.take("list_id", values.list_id, f"{key}.{domain}"),
        site_url=table.take("site_url", values.site_url, ""),
        base_url=base_url,
        languages=table.take("languages", values.languages, ("en",)),
        bounce_domain=table.take("bounce_domain", values.host_name, ""),
        postal_address=table.take("postal_address", values.lines, ""),
        licence=table.take("licence", values.text, ""),
        accent=table.take("accent", values.colour, DEFAULT_ACCENT),
        logo=table.take("logo", values.web_url, ""),
        reply_to=table.take("reply_to", values.named_address, ""),
        owner=table.take("owner", values.address, ""),
        description=table.take("description", values.lines, ""),
        on_unknown=table.take("on_unknown", values.one_of(OnUnknown), OnUnknown.RESEND),
        shortcodes=_read_shortcodes(table.table("shortcodes")),
        lint=_read_lint(table.table("lint")),
        theme=table.take("theme", values.theme_name, "standard"),
        fonts=table.take("fonts", values.font_families, ""),
        footer=table.take("footer", values.lines, ""),
        colours=_read_colours(table.table("colours")),
        dark_colours=_read_colours(table.table("dark_colours")),
        translation_deadline_seconds=table.take("translation_deadline", values.span, LONGEST_WAIT_SECONDS),
    )


def _read_lint(table: Table | None) -> dict[str, str]:
    """Rules and what becomes of them; a name that is no rule is reported with the nearest one."""
    if table is None:
        return {}
    from mailer.lint.engine import KNOWN, WORDS  # brings every rule, which most commands can do without

    read = {name: table.take(name, _lint_word(WORDS), "") for name in sorted(KNOWN)}
    table.close()
    return {name: word for name, word in read.items() if word}


def _lint_word(words: Sequence[str]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"must be {', '.join(words[:-1])} or {words[-1]}")
        return str(value)

    return read


def _read_colours(table: Table | None) -> dict[str, str]:
    if table is None:
        return {}
    read = {name: table.take(name, values.colour, "") for name in COLOURS}
    table.close()
    return {name: colour for name, colour in read.items() if colour}


def _read_shortcodes(table: Table | None) -> dict[str, Shortcode]:
    if table is None:
        return {}
    shortcodes = {}
    for name, entry in table.tables():
        shortcode = Shortcode(
            drop=entry.take("drop", values.yes_or_no, False),
            text=entry.take("text", values.lines, ""),
            template=entry.take("template", values.lines, ""),
        )
        entry.close()
        if sum(map(bool, (shortcode.drop, shortcode.text, shortcode.template))) != 1:
            entry.ledger.add(
                entry.path, f"{'.'.join(entry.path)} needs one of drop = true, text or template, and only one."
            )
        shortcodes[name] = shortcode
    return shortcodes
