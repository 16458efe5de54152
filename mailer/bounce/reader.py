"""The order in which the readers are asked about a mail, and the one function that the other rooms call.

Law: total. Any bytes give a list of at least one value; nothing raises; the work is bounded (see ``mime``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mailer.bounce.bounce import Bounce, Kind
from mailer.bounce.envelope import return_paths
from mailer.bounce.incoming import Incoming, read_incoming
from mailer.bounce.readers.arf import read_arf
from mailer.bounce.readers.auto_reply import read_auto_reply
from mailer.bounce.readers.dsn import read_dsn
from mailer.bounce.readers.json_notification import read_json_notification
from mailer.bounce.readers.notice import read_notice
from mailer.bounce.readers.second_opinion import read_second_opinion

READERS: Final[tuple[Callable[[Incoming], list[Bounce]], ...]] = (
    read_arf,
    read_dsn,
    read_json_notification,
    read_auto_reply,
    read_notice,
)
"""First answer wins. The reader of auto-replies leaves alone what a mail system signs (Exim marks its bounces
"auto-replied" too), and stands before the notices, because a vacation note may say "your message was not read"."""


def read_bounce(raw: bytes) -> list[Bounce]:
    """What a mail says, one value per recipient; a single ``unrecognised`` value for any other mail."""
    incoming = read_incoming(raw)
    for read in READERS:
        found = read(incoming)
        if found:
            return found
    return read_second_opinion(incoming, raw) or [
        Bounce(kind=Kind.UNRECOGNISED, recipient="", return_paths=return_paths(incoming), reader="")
    ]
