"""What every way in needs to know: whom to hand a mail to, and what the answer means for where the mail lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Take = Callable[[bytes, Sequence[str]], bool]
"""Takes a mail and the envelope's recipients (empty where nobody knows them). True: it was understood, so it may
be moved out of the way. Raises MailerError when it could not be stored: the mail then stays, to be read again."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many mails were read, and how many of them were understood."""

    read: int = 0
    understood: int = 0

    @property
    def left(self) -> int:
        return self.read - self.understood
