"""How a session leaves its connection, and its words for what stayed open; the same in lock step and pipelined."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

NO_ANSWER: Final = "the connection broke after the message was handed over: no answer"
NO_ANSWER_IN_TIME: Final = "the server did not answer in time after the message was handed over"
BROKEN: Final = "the connection broke before the message was handed over"
TOO_SLOW: Final = "the server did not answer in time"


class Parting(Enum):
    """How a session left its connection."""

    IDLE = auto()  # open, without work for a while
    DONE = auto()  # open, nothing more to come
    BROKEN = auto()  # gone
    LOST = auto()  # given up by us, because a row was taken away while the server waited for its body
    BUSY = auto()  # the server asked for patience (421)
