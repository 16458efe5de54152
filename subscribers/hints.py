"""What may be wrong with an address that is well-formed: a mistyped provider, a role, a throw-away domain. Pure.

Law: a hint is shown and never forced; nothing here tells whether an address is known to us.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

PROVIDERS: Final = (
    "gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "live.com", "msn.com", "yahoo.com", "yahoo.co.uk",
    "yahoo.fr", "yahoo.es", "yahoo.it", "yahoo.com.br", "yahoo.de", "ymail.com", "aol.com", "icloud.com", "me.com",
    "mac.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "t-online.de", "freenet.de",
    "posteo.de", "mailbox.org", "proton.me", "protonmail.com", "pm.me", "tutanota.com", "tuta.io", "fastmail.com",
    "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "alice.it",
    "tiscali.it", "uol.com.br", "bol.com.br", "terra.com.br", "hotmail.fr", "hotmail.es", "hotmail.it",
    "hotmail.de", "hotmail.co.uk", "outlook.de", "outlook.fr", "outlook.es", "outlook.com.br", "btinternet.com",
    "comcast.net", "verizon.net", "att.net", "yandex.ru", "mail.ru", "qq.com", "163.com", "zoho.com",
)  # fmt: skip
"""The largest, and what somebody who means one of them could be corrected to."""
_KNOWN: Final = frozenset(PROVIDERS)
_LARGEST: Final = (
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "googlemail.com",
    "web.de",
)
_WRONG_ENDINGS: Final = ("con", "cmo", "vom", "xom", "comm", "cm", "om", "co", "ocm", "coom", "cpm", "clm")
SHORTEST_FOR_TYPOS: Final = 5  # "me.com" and "pm.me" are one letter away from too many honest names

ROLES: Final = frozenset(
    {
        "abuse", "admin", "administrator", "billing", "contact", "ftp", "help", "helpdesk", "hostmaster", "info",
        "kontakt", "mailer-daemon", "marketing", "no-reply", "noc", "noreply", "office", "postmaster", "root",
        "sales", "security", "support", "sysadmin", "webmaster",
    }
)  # fmt: skip
"""Names of a task and not of a person (RFC 2142 and common ones)."""
_SIGN: Final = r"[^@\s\x00-\x1f\x7f\ud800-\udfff<>,;]"  # half characters come by JSON
_WELL_FORMED: Final = re.compile(rf"{_SIGN}{{1,64}}@{_SIGN}+\.(?!\.){_SIGN}{{2,}}")
LONGEST: Final = 254


def is_well_formed(text: str) -> bool:
    """Whether somebody who typed this meant an address; whether it is one that can be written to is not said."""
    return len(text) <= LONGEST and _WELL_FORMED.fullmatch(text) is not None


def suggested_domain(domain: str) -> str:
    """The provider that was probably meant, "" when the domain looks as it should."""
    domain = domain.lower()
    if not domain or domain in _KNOWN or len(domain) > 40:
        return ""
    name, _, ending = domain.rpartition(".")
    if ending in _WRONG_ENDINGS and f"{name}.com" in _KNOWN:
        return f"{name}.com"
    for known in _LARGEST:
        if len(known) > SHORTEST_FOR_TYPOS and _one_slip(domain, known):
            return known
    return ""


def _one_slip(typed: str, meant: str) -> bool:
    """Whether one letter too many, too few, another one or two swapped ones lie between them; the first letter
    and the ending are right, else honest domains ("mail.com") would be doubted."""
    if typed[0] != meant[0] or typed.rpartition(".")[2] != meant.rpartition(".")[2] or typed == meant:
        return False
    if len(typed) == len(meant):
        different = [index for index, pair in enumerate(zip(typed, meant, strict=True)) if pair[0] != pair[1]]
        if len(different) == 1:
            return True
        first, *others = different
        swapped = typed[first] == meant[first + 1] and typed[first + 1] == meant[first]
        return others == [first + 1] and swapped
    shorter, longer = sorted((typed, meant), key=len)
    if len(longer) - len(shorter) != 1:
        return False
    return any(longer[:index] + longer[index + 1 :] == shorter for index in range(len(longer)))


def is_role(local_part: str) -> bool:
    """Whether a task and not a person reads that mailbox."""
    return local_part.lower().partition("+")[0] in ROLES


def is_under(domain: str, domains: Iterable[str]) -> bool:
    """Whether ``domain`` is one of ``domains`` or below one."""
    labels = domain.lower().split(".")
    listed = frozenset(domains)
    return any(".".join(labels[index:]) in listed for index in range(len(labels)))
