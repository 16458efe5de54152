"""What a notice in plain words says about each recipient: addresses in telling places, and the replies near them.

One scanner for every mail server that writes prose: qmail, Exim, sendmail, Postfix, Exchange, Notes, gateways.
Nothing here knows a product; it knows where an address can stand in a line, and what an SMTP reply looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailer.bounce.addresses import ADDRESS, cleaned, every_address
from mailer.bounce.bounce import DIAGNOSTIC_LIMIT
from mailer.bounce.incoming import Incoming, own_addresses
from mailer.bounce.phrases import ORDER, reason_of_text

ENTRIES_LIMIT: Final = 10  # one recipient an envelope is what we send: more is another mailer or an attack
WORDS_BUDGET: Final = 3000  # characters of a mail in which words without a code are looked for
OPENER_LINES: Final = 80  # lines with an address that are looked at
OPENER_WIDTH: Final = 400
WORDS_WIDTH: Final = 400  # of one line
BLOCK_LINES: Final = 12  # lines of one reply; what is longer is advice
PREAMBLE_LIMIT: Final = 60  # characters before a reply on its line that belong to it

_A: Final = rf"[<\"'(\[]{{0,2}}(?P<a>{ADDRESS})[>\"')\]]{{0,2}}"
_LABEL: Final = (
    r"(?:recipients?|address(?:es|ee)?|user ?(?:id|name)?|mailbox|to|rcpt to|expanded from|failed|failure|fail"
    r"|errors?|for|account|bounced"
    r"|undeliverable|empfänger|destinataires?|destinatari[oa]s?|destinatários?|получател\w+|адресат\w*|宛先|送信先|收件人)"
)
# An address that a line is about. Order matters only for speed.
# alone, or with its own copy beside it: ">>> a@b <a@b>", "* a@b", "a@b<mailto:a@b>"
_ALONE: Final = (
    rf"^[\s*>|\-+•·\d.)]{{0,12}}(?:smtp(?::| )|rfc822;|to:)?\s?{_A}"
    rf"(?:\s?[<(](?:mailto:|smtp:)?{ADDRESS}[>)])?\s?[:;,.]?\s*$"
)
# followed by what happened: "<a@b>: host said", "a@b... unknown", "a@b [User unknown]", "a@b on Thu, 29 Apr"
_FOLLOWED: Final = (
    rf"^[\s*>|\-+•]{{0,8}}{_A}\s?(?::|;|\.\.\.|,|\s-|\s\.{{3}}|\s?[\[(]|\son\s"
    r"|\s(?:was|is|has|does|could|failed|unknown|user)\b)\s*(?P<rest>.*)$"
)
# a reply that names it: "550 5.1.1 <a@b>... User unknown"
_IN_REPLY: Final = (
    rf"^[\s<>|]{{0,8}}(?P<reply>[45]\d\d[ \-](?:[45]\.\d+\.\d+ )?){_A}\s?(?:\.\.\.|:|\s|$)(?P<rest>.*)$"
)
# after a label: "RCPT TO:<a@b>", "Delivery failed: a@b", "could not be delivered to <a@b>"
_LABELLED: Final = rf"(?i)(?<![\w@.]){_LABEL}\s?(?::|\s|：)\s?(?:<<<|>>>|smtp:|rfc822;)?\s?{_A}(?P<rest>.*)$"
_OPENERS: Final = tuple(re.compile(pattern) for pattern in (_ALONE, _FOLLOWED, _IN_REPLY, _LABELLED))
_SENDER_LINE = re.compile(
    r"(?i)\b(?:mail from|(?<!expanded )from|sender|reply[- ]to|return-path|absender|expéditeur|remitente|mittente"
    r"|generated)\b[^@]{0,20}$"
)
# "For further assistance, please send mail to <postmaster@…>": nobody's recipient.
_HELP_AT = re.compile(
    r"(?i)assist|\bcontact|please (?:send|write|forward|reply|e-?mail|report)|questions?\b|for (?:more |further )?"
    r"(?:help|information|details)\b"
)
_ADVICE = re.compile(
    r"(?i)contact|support|help|question|forward this|reply to|postmaster|abuse@|assist|report|administrator"
    r"|visit|https?:|wrote:"
)
_REPLY_LINE = re.compile(
    r"(?<![\w.\-:/=+@#\[])[45][0-5]\d(?:[ \-](?=\S)|[ \t]*$|[:;,](?=\s))|(?<![\w.])[45]\.\d{1,2}\.\d{1,3}(?![\w.])"
)
_DIALOGUE_OUT = re.compile(
    r"^\s*(?:[\w\-/ ]{0,20}\d\d:\d\d:\d\d:?\s)?(?:>>>|In:|\w{0,16} ?[Ss]ent\s*(?:<<<|>>>|:)|C:|-?->)"
    r"\s?(?P<command>[A-Za-z]{4}.*)"
)
_SMTP_COMMAND = re.compile(r"(?im)(?:^|[\s\-])SMTP command\s*:?\s*\n?\s*(?P<command>DATA|MAIL|RCPT)\b")
_STEP = re.compile(r"(?im)^\s*(?:STEP|Stage|Phase)\s*:\s*(?P<command>DATA|MAIL|RCPT)\b")
_CONTINUES = re.compile(r"(?<![\w.\-])[45][0-5]\d-")
_NEW_REPLY = re.compile(r"^\s*(?:<<<\s*)?[245][0-5]\d\s")
_AFTER_RECIPIENT = re.compile(
    r"(?i)in reply to (?:the )?(?:end of )?data|after (?:the )?(?:end of )?data|\bTEXT command"
    r"|refused .{0,40}\(DATA\)"
    r"|\(state 1[78]\)|\[(?:DATA|BODY)\]"
    r"|end of (?:message|data)|failed after I sent the message|after (?:sending )?(?:the )?BDAT"
    r"|did not like our (?:DATA|message)|response to (?:the )?(?:end of )?data"
)
_AT_SENDER = re.compile(
    r"(?i)in reply to (?:the )?MAIL FROM|after (?:pipelined )?MAIL FROM|\[MAIL_FROM\]|our MAIL FROM"
    r"|response to MAIL FROM"
)
_AT_RECIPIENT = re.compile(
    r"(?i)in reply to (?:the )?RCPT|after (?:pipelined )?RCPT|\[RCPT_TO\]|our RCPT|response to (?:the )?RCPT"
    r"|\bin RCPT TO\b|recipient address rejected:"
    r"|\bRCPT (?:to )?command|SMTP:RCPT|RCPT TO\s?:\s?<[^\s<>]{1,254}>.{0,12}\b[45]\d\d\b"
    r"|\(state 1[345]\)|(?:not|n't) like (?:the )?recipient"
    r"|refused .{0,40}\(RCPT|remote server has rejected address"
)
_STATUS_NUMBER = re.compile(r"(?i)\b(?:message|id|queue|bytes|port|size|line)\W{0,3}$")


@dataclass(frozen=True, slots=True)
class Heard:
    """The words about one recipient, and the SMTP command that was refused ("DATA", "MAIL", "RCPT" or "")."""

    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One recipient of a notice, and the lines that follow its name."""

    recipient: str
    lines: tuple[str, ...]


def entries(incoming: Incoming) -> list[Entry]:
    """Recipients that the notice names in telling places, in order, each once."""
    own = own_addresses(incoming)
    opened = _opened(incoming.notice, frozenset(own))
    if not opened:
        # a notice to oneself, or anonymised samples in which everybody has one name
        opened = _opened(incoming.notice, frozenset())
    if not opened:
        mention = _mention(incoming.notice, own)
        opened = [mention] if mention else []
    merged: dict[str, Entry] = {}
    for entry in opened:
        known = merged.get(entry.recipient.lower())
        lines = (*known.lines, *entry.lines) if known else entry.lines
        merged[entry.recipient.lower()] = Entry(known.recipient if known else entry.recipient, lines)
    return list(merged.values())[:ENTRIES_LIMIT]


class Listener:
    """Answers what a notice says about a recipient; reads the notice once, however many recipients ask."""

    def __init__(self, incoming: Incoming) -> None:
        self._notice = incoming.notice
        self.named = {entry.recipient: entry.lines for entry in entries(incoming)}
        self._lines = {recipient.lower(): lines for recipient, lines in self.named.items()}
        self._to_all: Heard | None = None
        self._words_left = WORDS_BUDGET

    def said_about(self, recipient: str) -> Heard:
        """What the notice says about that recipient; what it says about everybody, when it does not name them."""
        lines = self._lines.get(recipient.lower())
        if lines is not None and len(self._lines) > 1:
            return self._hear((lines,))
        if self._to_all is None:
            self._to_all = self._hear((lines, self._notice) if lines else (self._notice,))
        return self._to_all

    def _hear(self, places: tuple[tuple[str, ...], ...]) -> Heard:
        """The first reply in one of these places, else the first telling words; the nearest place goes first."""
        for lines in places:
            for find in (_reply_in, self._words_in):
                found = find(lines)
                if found is not None:
                    number, text = found
                    return Heard(text, _command(lines, number))
        return Heard(_joined([line for line in places[0] if line.strip()][:4]))

    def _words_in(self, lines: tuple[str, ...]) -> tuple[int, str] | None:
        told: list[tuple[int, int]] = []
        for number, line in enumerate(lines):
            if self._words_left <= 0:
                break
            searched = line.strip()[:WORDS_WIDTH]
            self._words_left -= len(searched)
            reason = reason_of_text(searched) if searched else None
            if reason is not None:
                told.append((ORDER.index(reason), number))
        if told:
            number = min(told)[1]
            return number, _joined(_block(lines, number)[:4])
        joined = _joined(list(lines[:20]))
        return (0, joined) if joined and reason_of_text(joined) is not None else None


def _opened(lines: tuple[str, ...], refused: frozenset[str]) -> list[Entry]:
    found: list[tuple[str, list[str]]] = []
    asked = 0
    for line in lines:
        asked += "@" in line
        opener = _opener(line[:OPENER_WIDTH], refused) if "@" in line and asked <= OPENER_LINES else None
        if opener is not None:
            recipient, rest = opener
            if found and found[-1][0].lower() == recipient.lower():
                found[-1][1].append(line)
            elif len(found) < 4 * ENTRIES_LIMIT:
                found.append((recipient, [rest, *_continued(line, rest)]))
        elif found:
            found[-1][1].append(line)
    return [Entry(recipient, tuple(rest)) for recipient, rest in found]


def _continued(line: str, rest: str) -> list[str]:
    return [line] if not rest.strip() else []


def _opener(line: str, refused: frozenset[str]) -> tuple[str, str] | None:
    for pattern in _OPENERS:
        match = pattern.search(line)
        if match is None:
            continue
        address = cleaned(match["a"])
        before = line[: match.start("a")]
        if not address or address.lower() in refused or _SENDER_LINE.search(before) or _HELP_AT.search(before):
            continue
        groups = match.groupdict()
        return address, (groups.get("reply") or "") + (groups.get("rest") or "").strip()
    return None


def _mention(lines: tuple[str, ...], own: frozenset[str]) -> Entry | None:
    for number, line in enumerate(lines[: 2 * OPENER_LINES]):
        if "@" not in line or _ADVICE.search(line) or _SENDER_LINE.search(line.partition("@")[0]):
            continue
        for address in every_address(line):
            if address.lower() not in own:
                return Entry(address, lines[number:])
    return None


def _reply_in(lines: tuple[str, ...]) -> tuple[int, str] | None:
    for number, line in enumerate(lines):
        match = _REPLY_LINE.search(line)
        if match and not _STATUS_NUMBER.search(line[: match.start()]):
            block = _block(lines, number)
            if match.start() > PREAMBLE_LIMIT:
                block[0] = line[match.start() :]  # a sentence of advice stands before the reply itself
            return number, _joined(block)
    return None


def _block(lines: tuple[str, ...], number: int) -> list[str]:
    """A reply with its wrapped lines; a new dialogue line or a blank one ends it."""
    block = [lines[number]]
    several = _CONTINUES.search(lines[number]) is not None
    for line in lines[number + 1 : number + BLOCK_LINES]:
        if not line.strip() or _DIALOGUE_OUT.match(line) or line.lstrip().startswith(("---", "===", "***", "___")):
            break
        if _NEW_REPLY.match(line) and not several:
            break
        block.append(line)
    return block


def _joined(lines: list[str]) -> str:
    text = re.sub(r"\s+", " ", " ".join(lines)).strip()
    text = without_repeated_code(text)
    return re.sub(r"^(?:<<<|>>>|Out:|Received >>>|\(reason:)\s*", "", text)[: DIAGNOSTIC_LIMIT * 2]


def without_repeated_code(text: str) -> str:
    """ "550-5.1.1 first 550-5.1.1 second 550 5.1.1 last" is one reply of three lines: its code is said once."""
    first = _CONTINUES.search(text)
    if first is None:
        return text
    again = re.compile(rf"(?<=\s){first[0][:-1]}[- ](?:[245]\.\d{{1,3}}\.\d{{1,3}} )?")
    return text[: first.end()] + again.sub("", text[first.end() :])


def _command(lines: tuple[str, ...], number: int) -> str:
    """The SMTP command that the reply on that line answers, from the dialogue above it or a remark below."""
    for line in reversed(lines[max(0, number - 3) : number]):
        match = _DIALOGUE_OUT.match(line)
        if match:
            return _named(match["command"])
    told = command_in(" ".join(lines[max(0, number - 2) : number + 4]))
    if told:
        return told
    text = "\n".join(lines[number : number + 15])
    remark = _SMTP_COMMAND.search(text) or _STEP.search(text)
    if remark:
        return remark["command"].upper()
    dialogue = "\n".join(lines[number : number + 8])
    below = re.search(
        r"(?m)^\s*>>>\s?(\w{4})[^\n]*\n(?:\s*<<<\s*[245]\d\d[^\n]*\n){0,3}?\s*<<<\s*5", dialogue + "\n"
    )
    return _named(below[1]) if below else ""


def command_in(text: str) -> str:
    """The SMTP command that was refused, as a sentence tells it ("in reply to end of DATA command")."""
    if _AFTER_RECIPIENT.search(text):
        return "DATA"
    if _AT_SENDER.search(text):
        return "MAIL"
    return "RCPT" if _AT_RECIPIENT.search(text) else ""


def _named(command: str) -> str:
    verb = command[:4].upper()
    return verb if verb in {"DATA", "MAIL", "RCPT"} else ""
