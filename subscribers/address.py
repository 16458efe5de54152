"""An email address as three things: what was typed, what goes on the wire, what is compared.

No look-up happens here: whether the domain exists is found out by the confirmation mail.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MAX_OCTETS: Final = 254  # RFC 5321 §4.5.3.1.3: 256 for a path, less its two angle brackets
MAX_LOCAL_OCTETS: Final = 64  # RFC 5321 §4.5.3.1.1
MAX_DOMAIN_OCTETS: Final = 253  # RFC 1035 §2.3.4, as written with dots
SPECIAL_USE: Final = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Top-level domains that the public internet does not deliver to (RFC 6761, 6762, 7686)."""

_ATEXT = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]"
_LABEL = r"(?!..--)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_PLAIN = re.compile(rf"({_ATEXT}+(?:\.{_ATEXT}+)*)@((?:{_LABEL}\.)+(?:{_LABEL})(?<=[a-zA-Z]))")
"""Plain ASCII addresses, which are nearly all. A test holds this to what email-validator says, both ways that
matter: whatever matches is accepted by it with the same result. Labels such as ``xn--`` go the long way."""

_SPECIAL_ENDINGS: Final = tuple(f".{name}" for name in SPECIAL_USE)
_BLANKS: Final = " \t\u00a0"  # what a paste brings along at either end; line ends are not forgiven


class AddressError(ValueError):
    """The text is no address that can be written to; ``reason`` is a sentence for the person who typed it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Address:
    """An address that passed. Two addresses are the same person when their ``key`` is equal."""

    as_typed: str  # without blanks around it; for showing
    wire: str  # domain in ASCII (IDNA); the local part is ASCII too unless needs_smtputf8
    key: str  # lower case, NFC, domain in ASCII; for comparing
    needs_smtputf8: bool  # RFC 6531: the server must offer SMTPUTF8 for the local part

    def __str__(self) -> str:
        return self.as_typed


def parse_address(text: str, *, special_use: bool = False) -> Address:
    """The address in ``text``, or AddressError.

    ``special_use`` also takes domains such as ``.test`` or ``.local``: an operator's own network, a rehearsal.
    Display names, comments, quoted local parts and domain literals are not taken.
    """
    typed = text.strip(_BLANKS)
    plain = _PLAIN.fullmatch(typed)
    if plain is not None and _is_ordinary(typed, plain[1], plain[2], special_use):
        return Address(typed, f"{plain[1]}@{plain[2].lower()}", typed.lower(), False)
    return _parse_slowly(typed, special_use)


def wire_form(stored: str) -> str:
    """What goes into the envelope for an address that was accepted earlier."""
    return stored if stored.isascii() else parse_address(stored, special_use=True).wire


def _is_ordinary(typed: str, local: str, domain: str, special_use: bool) -> bool:
    return (
        len(typed) <= MAX_OCTETS
        and len(local) <= MAX_LOCAL_OCTETS
        and len(domain) <= MAX_DOMAIN_OCTETS
        and "=?" not in local
        and (special_use or not domain.lower().endswith(_SPECIAL_ENDINGS))
    )


def _parse_slowly(typed: str, special_use: bool) -> Address:
    # Imported here: it brings dnspython along, and plain addresses do not need it.
    from email_validator import EmailNotValidError, validate_email

    _refuse_dangerous(typed)
    local, _, domain = typed.rpartition("@")
    stand_in, ending = _without_special_ending(domain) if special_use else (domain, "")
    try:
        found = validate_email(f"{local}@{stand_in}" if local else typed, check_deliverability=False)
    except EmailNotValidError as error:
        raise AddressError(str(error)) from None
    ascii_domain = (found.ascii_domain or "").lower()
    if ending:
        ascii_domain = ascii_domain[: -len(ending)] + ending
    local = unicodedata.normalize("NFC", local)
    if len(local.encode()) > MAX_LOCAL_OCTETS:
        raise AddressError(f"The part before the @-sign is longer than {MAX_LOCAL_OCTETS} octets.")
    wire = f"{local}@{ascii_domain}"
    if len(wire.encode()) > MAX_OCTETS:
        raise AddressError(f"The address is longer than {MAX_OCTETS} octets.")
    return Address(typed, wire, f"{_lower(local)}@{ascii_domain}", not local.isascii())


def _refuse_dangerous(typed: str) -> None:
    if not typed:
        raise AddressError("There is no address.")
    if len(typed) > MAX_OCTETS:
        raise AddressError(f"The address is longer than {MAX_OCTETS} octets.")
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in typed):
        raise AddressError("The address contains a line break or a control character.")
    if "=?" in typed:  # RFC 2047: some readers would decode it into something else
        raise AddressError("The address contains an encoded word.")


def _without_special_ending(domain: str) -> tuple[str, str]:
    """The domain with a twin of its special ending, which email-validator judges like any other, and the ending.

    The twin is as long as the ending, so that every length limit holds for the real one.
    """
    lowered = domain.lower()
    for ending in _SPECIAL_ENDINGS:
        if lowered.endswith(ending):
            return domain[:-1] + "x", ending
    return domain, ""


def _lower(local: str) -> str:
    return unicodedata.normalize("NFC", local.lower())
