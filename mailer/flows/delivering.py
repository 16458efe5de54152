"""Running the engine in this process: signals stop it, progress is told, and it says what is left."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from mailer.delivery.engine import deliver
from mailer.delivery.model import Outcome, Progress, Sending, StopSignal


def deliver_here(sending: Sending, progress: Callable[[Progress], None] | None) -> Outcome:
    """Send until nothing is left that could go now. SIGTERM and Ctrl-C stop cleanly, a second one at once.

    Raises ServerError when the mail server cannot be used and DatabaseError when the ledger cannot be written;
    either way the ledger is true.
    """
    return asyncio.run(_deliver(sending, progress))


async def _deliver(sending: Sending, progress: Callable[[Progress], None] | None) -> Outcome:
    stop = StopSignal()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.request)
    try:
        return await deliver(sending, stop=stop, progress=progress)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
