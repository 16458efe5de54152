"""Why, by the words alone: the order in which the tables of ``words`` are asked, and the search.

The order is the law here: words that blame the sender stand before words that blame the address, because a
wrong "user unknown" costs a reader and a wrong "blocked" costs nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mailer.bounce.bounce import Reason
from mailer.bounce.words import about_address, about_sender, about_system

R = Reason
TEXT_LIMIT: Final = 600  # characters of a diagnostic that are searched

_LISTS: Final = (
    "spamhaus|spamcop|sorbs|barracudacentral|senderscore|uceprotect|spamrats|mailspike|abuseat|invaluement|surbl|"
    "cloudmark|backscatterer|dnsbl|proofpoint"
)
_BOX: Final = (
    r"(?:user|recipient|receiver|account|mail ?box|mail ?address|address|customer|subscriber|alias|benutzer"
    r"|empfänger"
    r"|postfach"
    r"|konto|destinataire|compte|utilisateur|destinatario|usuario|cuenta|buzón|casella|utente|destinatário|usuário"
    r"|conta|odbiorca|użytkownik|пользовател\w*|ящик\w*|адресат\w*|получател\w*|användare\w*|mottagare\w*"
    r"|modtager\w*|bruker\w*|mottaker\w*|käyttäjä\w*|vastaanottaja\w*|uživatel\w*|používateľ\w*|příjemce|adresát\w*"
    r"|felhasználó|címzett|utilizator\w*|destinatar\w*|kullanıcı|alıcı|користувач\w*|отримувач\w*|скриньк\w*"
    r"|παραλήπτης|χρήστης|gebruiker|geadresseerde|ontvanger|adresat)"
)
_NOT: Final = (
    r"(?:not|no|isn'?t|wasn'?t|doesn'?t|can'?t|cannot|couldn'?t|nicht|pas|inexistant|no se|non|não|не|nie"
    r"|inte|ikke|ei|nem|nu|niet|δεν)"
)

ORDER: Final = (
    R.REJECTED,
    R.AUTH_FAILURE,
    R.REQUIRE_PTR,
    R.SPEEDING,
    R.TOO_MANY_CONNECTIONS,
    R.SUSPEND,
    R.BLOCKED,
    R.VIRUS_DETECTED,
    R.SPAM_DETECTED,
    R.MAILBOX_FULL,
    R.MESSAGE_TOO_BIG,
    R.NO_RELAYING,
    R.NOT_ACCEPT,
    R.HOST_UNKNOWN,
    R.HAS_MOVED,
    R.USER_UNKNOWN,
    R.EXPIRED,
    R.NETWORK_ERROR,
    R.SYSTEM_FULL,
    R.MAILER_ERROR,
    R.FILTERED,
    R.CONTENT_ERROR,
    R.ON_HOLD,
    R.SYSTEM_ERROR,
    R.POLICY_VIOLATION,
    R.SYNTAX_ERROR,
)

_PHRASES: Final = about_sender.PHRASES | about_address.PHRASES | about_system.PHRASES
_MACROS: Final = {"{BOX}": _BOX, "{NOT}": _NOT, "{LISTS}": _LISTS}


def _compiled(table: str) -> re.Pattern[str]:
    pattern = re.sub(r"\n\s*\.\.\. ", "", table)
    for name, value in _MACROS.items():
        pattern = pattern.replace(name, value)
    return re.compile("|".join(f"(?:{line.strip()})" for line in pattern.split("\n") if line.strip()))


_COMPILED: Final = tuple((reason, _compiled(_PHRASES[reason])) for reason in ORDER)
_LINK = re.compile(r"(?:https?|ftp)://\S+|\bwww\.\S+", re.IGNORECASE)
# Chinese and Japanese put no space between an address and the sentence around it.
_ADDRESS = re.compile(r"<?[^\s<>@\u2e80-\uffef]{1,128}@[^\s<>@\u2e80-\uffef]{1,253}>?")
_HOST = re.compile(r"(?<![\w.\-])(?:[\w\-]{1,63}\.){2,8}[a-z]{2,24}(?![\w\-])")
_KNOWN_NAME = re.compile(_LISTS + r"|^resolver\.")  # the latter is how Exchange names its own errors


def reason_of_text(text: str) -> Reason | None:
    """Why, by the words alone; None when none of them is known.

    Addresses, links and host names are taken out first: "blocked@spam.example" is no reason.
    """
    return _searched(text[:TEXT_LIMIT])


@lru_cache(maxsize=32)  # the recipients of one notice often share its words
def _searched(text: str) -> Reason | None:
    plain = _LINK.sub(" ", text)
    if "@" in plain:
        plain = _ADDRESS.sub(" ", plain)
    plain = _HOST.sub(lambda host: host[0] if _KNOWN_NAME.search(host[0]) else " ", plain.lower())
    plain = re.sub(r"\s+", " ", plain).replace("’", "'")
    return next((reason for reason, pattern in _COMPILED if pattern.search(plain)), None)
