"""SMTP message exchange, with PIPELINING or in lock step, as a sans-IO core: bytes in, events out. No clock.

Law (RFC 2920): MAIL, RCPT and DATA of one recipient travel together; the next group may follow a body; every
reply belongs to the oldest command without one. If no recipient was taken and DATA gets 354 all the same, the
message is ended empty and does not count. In lock step each command waits for the reply to the one before it.
Every change of a transaction is in ``CHANGES`` and ``LOCK_STEP``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from mailer.delivery.replies import Reply, Stage, read_reply

Tag = TypeVar("Tag")
LONGEST_LINE: Final = 8192
LONGEST_REPLY: Final = 32_768
"""RFC 5321 allows 512 octets a line; servers write more, but a server that never ends a reply is broken."""


class State(IntEnum):
    """What a transaction waits for. (Looked up four times a message: an int's hash is not Python code.)"""

    RESET = auto()  # the reply to RSET before it
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    READY = auto()  # 354 is here: its body may go
    BODY = auto()  # the reply to the final dot
    MAIL_FAILED = auto()  # RCPT's reply, which no longer matters
    FAILED = auto()  # DATA's reply, after MAIL or RCPT failed
    EMPTY = auto()  # the reply to an empty message that does not count
    DONE = auto()


S = State
CHANGES: Final = MappingProxyType(
    {
        # (waits for, the reply is the hoped-for one): what it waits for next
        (S.RESET, True): S.MAIL,
        (S.RESET, False): S.MAIL,
        (S.MAIL, True): S.RCPT,
        (S.MAIL, False): S.MAIL_FAILED,
        (S.RCPT, True): S.DATA,
        (S.RCPT, False): S.FAILED,
        (S.MAIL_FAILED, True): S.FAILED,
        (S.MAIL_FAILED, False): S.FAILED,
        (S.DATA, True): S.READY,
        (S.DATA, False): S.DONE,
        (S.FAILED, True): S.EMPTY,
        (S.FAILED, False): S.DONE,
        (S.BODY, True): S.DONE,
        (S.BODY, False): S.DONE,
        (S.EMPTY, True): S.DONE,
        (S.EMPTY, False): S.DONE,
    }
)
LOCK_STEP: Final = MappingProxyType({**CHANGES, (S.MAIL, False): S.DONE, (S.RCPT, False): S.DONE})
"""The same where each command waits for the one before: after a bad reply the others are never sent."""
STAGES: Final = MappingProxyType({S.MAIL: Stage.MAIL, S.RCPT: Stage.RCPT, S.DATA: Stage.DATA, S.BODY: Stage.BODY})
"""The states in which a reply can decide about the message, and what that reply answers."""


@dataclass(slots=True)
class Ready(Generic[Tag]):
    """The server waits for this body: write it and say so with ``body_sent``."""

    tag: Tag


@dataclass(slots=True)
class Settled(Generic[Tag]):
    """The server's word on a message."""

    tag: Tag
    stage: Stage
    reply: Reply


@dataclass(slots=True)
class Write:
    """Write these bytes now, before anything else."""

    data: bytes


@dataclass(slots=True)
class Closing:
    """The server said 421 or nonsense: close the connection. What is not settled is told by ``unsettled``."""

    why: str
    asked: bool  # it was a 421


Event = Ready[Tag] | Settled[Tag] | Write | Closing


@dataclass(slots=True)
class _Transaction(Generic[Tag]):
    tag: Tag
    state: State
    commands: Mapping[State, bytes]  # in lock step: what is sent when this state is entered
    stage: Stage | None = None  # what decided, with its reply
    code: int = 0
    said: bytes = b""


class Pipeline(Generic[Tag]):
    """One connection's exchange, after EHLO and AUTH."""

    def __init__(self, *, pipelining: bool = True) -> None:
        self.pipelining = pipelining
        self._changes = CHANGES if pipelining else LOCK_STEP
        self._rest = b""  # of a line that has not ended
        self._lines: list[bytes] = []  # of a reply that has more to come
        self._length = 0
        self._transactions: deque[_Transaction[Tag]] = deque()
        self._half_open = False  # the last transaction ended without a message: MAIL would be nested
        self._closed = False

    def envelope(self, tag: Tag, mail: bytes, rcpt: bytes) -> bytes:
        """The bytes that open a transaction. At most one may be open before it, with its body already sent; none
        in lock step."""
        before = self._transactions
        wrong = len(before) > 1 or (before and before[0].state is not S.BODY) if self.pipelining else before
        if self._closed or wrong:
            raise RuntimeError("an envelope was about to be sent out of turn")
        reset, self._half_open = self._half_open, False
        if not self.pipelining:
            commands = {S.MAIL: mail + b"\r\n", S.RCPT: rcpt + b"\r\n", S.DATA: b"DATA\r\n"}
            self._transactions.append(_Transaction(tag, S.RESET if reset else S.MAIL, commands))
            return b"RSET\r\n" if reset else commands[S.MAIL]
        self._transactions.append(_Transaction(tag, S.RESET if reset else S.MAIL, _NONE))
        return b"%s%s\r\n%s\r\nDATA\r\n" % (b"RSET\r\n" if reset else b"", mail, rcpt)

    def body_sent(self) -> None:
        """The body of the transaction that was Ready is being written, with its final dot."""
        if not self._transactions or self._transactions[0].state is not S.READY:
            raise RuntimeError("a body was sent that the server does not wait for")
        self._transactions[0].state = S.BODY

    def receive(self, data: bytes | bytearray | memoryview) -> list[Event[Tag]]:
        """Take what came over the wire, split anywhere; returns what it means, in order."""
        events: list[Event[Tag]] = []
        if self._closed:
            return events
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._line(line, events)
            if self.closed:
                return events
        if len(self._rest) > LONGEST_LINE:
            self._close(events, "the server's reply does not end", asked=False)
        return events

    @property
    def closed(self) -> bool:
        """Whether a Closing event was told: nothing may be written any more."""
        return self._closed

    def unsettled(self) -> Sequence[tuple[Tag, bool]]:
        """The messages on which the server said nothing final, oldest first, and whether the body had gone."""
        return [(transaction.tag, transaction.state is S.BODY) for transaction in self._transactions]

    def end(self) -> list[Event[Tag]]:
        """The connection is gone: a message whose envelope failed is settled, the rest stays ``unsettled``."""
        events: list[Event[Tag]] = []
        while self._transactions and self._transactions[0].stage is not None:
            self._settle(self._transactions.popleft(), events)
        self._closed = True
        return events

    def _line(self, line: bytes, events: list[Event[Tag]]) -> None:
        code, mark = _CODES.get(line[:3]), line[3:4]
        if mark == b" " and code is not None and not self._lines:
            self._reply(code, line, events)
            return
        line = line.rstrip(b"\r")
        mark = line[3:4]
        if code is None or mark not in _MARKS:
            self._close(events, f"the server said nonsense: {line[:60].decode('utf-8', 'replace')!r}", asked=False)
            return
        self._lines.append(line)
        self._length += len(line)
        if self._length > LONGEST_REPLY:
            self._close(events, "the server's reply does not end", asked=False)
        elif mark != b"-":
            whole = b"\n".join([self._lines[0], *(part[4:] for part in self._lines[1:])])
            self._lines.clear()
            self._length = 0
            self._reply(code, whole, events)

    def _reply(self, code: int, said: bytes, events: list[Event[Tag]]) -> None:
        """``said``: all of it, with the code in front of its first line."""
        transaction = self._transactions[0] if self._transactions else None
        if transaction is None or transaction.state is S.READY:
            self._close(events, f"the server said {code} unasked", asked=code == 421)
            return
        state = transaction.state
        hoped_for = code == 354 if state in _WANT_354 else 200 <= code < 300
        after = transaction.state = self._changes[state, hoped_for]
        if hoped_for and after in _COMMANDS:
            if not self.pipelining:
                events.append(Write(transaction.commands[after]))
            return
        if state is S.BODY or not hoped_for:
            self._decide(transaction, state, code, said)
        if code == 421:
            self._transactions.popleft()
            if transaction.stage is not None:
                self._settle(transaction, events)
            self._close(events, "the server closes the connection", asked=True)
        elif after is S.READY:
            events.append(Ready(transaction.tag))
        elif after is S.DONE:
            self._transactions.popleft()
            self._half_open = state in _NO_MESSAGE
            self._settle(transaction, events)
        elif after is S.EMPTY:
            events.append(Write(b".\r\n"))
        elif after in transaction.commands:  # after a RSET that was refused
            events.append(Write(transaction.commands[after]))

    def _decide(self, transaction: _Transaction[Tag], state: State, code: int, said: bytes) -> None:
        """The first bad reply, or the one to the body, is the word on the message."""
        stage = STAGES.get(state)
        if transaction.stage is None and (stage is not None or code == 421):
            transaction.stage, transaction.code, transaction.said = stage or Stage.MAIL, code, said

    def _settle(self, transaction: _Transaction[Tag], events: list[Event[Tag]]) -> None:
        if transaction.stage is None:
            raise RuntimeError("a transaction ended and no reply decided about it")
        reply = read_reply(transaction.code, transaction.said[4:].decode("utf-8", "replace"))
        events.append(Settled(transaction.tag, transaction.stage, reply))

    def _close(self, events: list[Event[Tag]], why: str, *, asked: bool) -> None:
        events.extend(self.end())
        events.append(Closing(why, asked))


_CODES: Final = MappingProxyType({b"%d" % code: code for code in range(200, 600)})
_MARKS: Final = (b" ", b"-", b"")
"""What follows the code: a blank before the words of the last line, a hyphen in those before it."""
_COMMANDS: Final = frozenset({S.MAIL, S.RCPT, S.DATA})
"""Entered after the hoped-for reply, they decide nothing: in lock step their command goes."""
_WANT_354: Final = frozenset({S.DATA, S.FAILED})
_NO_MESSAGE: Final = frozenset({S.RCPT, S.DATA, S.FAILED})
"""A transaction that ends with the reply to one of these leaves MAIL standing."""
_NONE: Final[Mapping[State, bytes]] = MappingProxyType({})
