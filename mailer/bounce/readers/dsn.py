"""Delivery status notifications (RFC 3464), also those whose parts, fields or types are broken or pasted as "
"text."""

from __future__ import annotations

import re
from typing import Final

from mailer.bounce.addresses import typed_address
from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Bounce
from mailer.bounce.classify import classify
from mailer.bounce.codes import is_generic
from mailer.bounce.envelope import return_paths
from mailer.bounce.evidence import from_system, is_list_mail, opens_text_readers, unquoted
from mailer.bounce.incoming import Incoming
from mailer.bounce.mime import Header, read_headers
from mailer.bounce.readers.transcript import Listener, command_in, without_repeated_code
from mailer.bounce.told import told

_RECIPIENT_FIELDS: Final = ("final-recipient", "original-recipient", "x-actual-recipient")
_STATUS = re.compile(r"([245])\s*\.\s*(\d{1,3})\s*\.\s*(\d{1,3})")
_FIELD_LINE = re.compile(
    r"(?i)^[ \t]*(?:reporting-mta|final-recipient|original-recipient|action|status|diagnostic-code|remote-mta"
    r"|original-envelope-id|arrival-date|last-attempt-date|x-actual-recipient)[ \t]*:"
)
_FINAL = re.compile(r"(?i)^[ \t]*(?:final|original)-recipient[ \t]*:")
RECIPIENTS_LIMIT: Final = 10  # one recipient an envelope is what we send
Group = tuple[Header, ...]


def read_dsn(incoming: Incoming) -> list[Bounce]:
    """One value per recipient group. Delivery-status fields in plain text count when a mail system wrote them."""
    groups = incoming.status
    trusted = incoming.root.content_type == "multipart/report" and not incoming.root.parameter("sniffed")
    if not trusted and not from_system(incoming):
        groups = ()
    if not groups and opens_text_readers(incoming, names_somebody=True):
        groups = _pasted(incoming)
    if not groups or (is_list_mail(incoming) and not from_system(incoming)):
        return []
    envelope = return_paths(
        incoming, *(value for group in groups for key, value in group if key == "original-envelope-id")
    )
    listener = Listener(incoming)
    found: dict[str, Bounce] = {}
    for group in _by_recipient(groups)[:RECIPIENTS_LIMIT]:
        bounce = _bounce(incoming, dict(reversed(group)), envelope, listener)
        if bounce is not None:
            found.setdefault(bounce.recipient.lower(), bounce)
    return list(found.values())


def _pasted(incoming: Incoming) -> tuple[Group, ...]:
    lines = unquoted(incoming.notice)
    start = next((number for number, line in enumerate(lines) if _FINAL.match(line)), None)
    if start is None:
        return ()
    while start > 0 and _FIELD_LINE.match(lines[start - 1]):
        start -= 1
    blocks: list[list[str]] = [[]]
    for line in lines[start : start + 400]:
        if not line.strip():
            blocks.append([])
        elif _FIELD_LINE.match(line):
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks[-1].append(" " + line.strip())
    groups = (read_headers("\n".join(block).encode("utf-8", "replace")) for block in blocks)
    return tuple(group for group in groups if any(_FIELD_LINE.match(f"{key}:") for key, _ in group))


def _by_recipient(groups: tuple[Group, ...]) -> list[Group]:
    """Groups as written by servers that forget, or sprinkle, the blank lines: a recipient's fields together."""
    joined: list[list[Header]] = []
    loose: list[Header] = []  # fields that stand before any recipient: the message's, or the next recipient's
    for group in groups:
        names = [key for key, _ in group]
        if "final-recipient" not in names and "original-recipient" not in names:
            if joined and ("status" in names or "diagnostic-code" in names) and not _complete(joined[-1]):
                joined[-1].extend(group)
            else:
                loose.extend(group)
            continue
        current: list[Header] = [field for field in loose if field[0] in {"status", "action", "diagnostic-code"}]
        loose = []
        for field in group:
            if field[0] == "final-recipient" and any(key == "final-recipient" for key, _ in current):
                joined.append(current)
                current = []
            current.append(field)
        joined.append(current)
    if not joined and any(key in {"status", "diagnostic-code"} for key, _ in loose):
        joined.append(loose)
    return [tuple(group) for group in joined]


def _complete(group: list[Header]) -> bool:
    names = {key for key, _ in group}
    return "status" in names and "diagnostic-code" in names


def _bounce(
    incoming: Incoming, fields: dict[str, str], envelope: tuple[str, ...], listener: Listener
) -> Bounce | None:
    recipient = _recipient(incoming, fields, listener)
    diagnostic = _diagnostic(fields.get("diagnostic-code", ""))
    match = _STATUS.search(fields.get("status", ""))
    status = f"{match[1]}.{int(match[2])}.{int(match[3])}" if match else ""
    action = re.sub(r"[^a-z].*", "", fields.get("action", "").strip().lower())
    if not (recipient or status or diagnostic or action):
        return None
    heard = listener.said_about(recipient)
    if not diagnostic or (is_generic(status) and len(diagnostic) < len(heard.text) and _says_little(diagnostic)):
        diagnostic = heard.text or diagnostic
    verdict = classify(
        diagnostic,
        status=status,
        action=action,
        command=command_in(diagnostic) or heard.command,
        context=heard.text,
        relayed=True,
    )
    diagnostic = diagnostic or fields.get("status", "")
    return told(incoming, recipient, verdict, diagnostic, reader="dsn", paths=envelope)


def _recipient(incoming: Incoming, fields: dict[str, str], listener: Listener) -> str:
    found = [typed_address(fields[name]) for name in _RECIPIENT_FIELDS if fields.get(name)]
    full = next((address for address in found if address.find("@") > 0), "")
    if full:
        return full
    failed = typed_address(incoming.header("x-failed-recipients").partition(",")[0])
    if failed:
        return failed
    if len(listener.named) == 1:
        return next(iter(listener.named))
    returned = typed_address(incoming.returned_header("to"))
    return returned or next((address for address in found if address), "")


def _diagnostic(value: str) -> str:
    """Without its type ("smtp;") and on one line."""
    text = re.sub(
        r"(?i)^\s*(?:smtp|x-[\w-]+|dns|x\.?\w*|expired)\s*;\s*",
        lambda m: "x-unix; " if "unix" in m[0] else "",
        value,
    )
    return without_repeated_code(re.sub(r"\s+", " ", text).strip())[: 2 * DIAGNOSTIC_LIMIT]


def _says_little(diagnostic: str) -> bool:
    return not re.search(r"[^\W\d_]{3,}.*[^\W\d_]{3,}|[^\W\d_]{6,}", re.sub(r"<[^<>]*>|\S+@\S+", "", diagnostic))
