"""Many addresses at once, and few of one host: twenty threads, two of them at a host, with a pause between."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

from mailer.lint.reached import Answer
from mailer.reach.memory import Key

AT_ONCE: Final = 20
AT_ONE_HOST: Final = 2
PAUSE_SECONDS: Final = 0.15  # between two requests of a thread to the same host
Ask = Callable[[Key], Answer]


def ask_all(
    keys: Collection[Key],
    ask: Ask,
    *,
    progress: Callable[[int], None] = lambda _: None,
    pause_seconds: float = PAUSE_SECONDS,
) -> dict[Key, Answer]:
    """The answer for each key; ``progress`` is told how many there are. Ctrl-C ends it with what is on its way."""
    answers: dict[Key, Answer] = {}
    lock = threading.Lock()
    stopped = threading.Event()

    def work(lane: deque[Key]) -> None:
        while not stopped.is_set():
            try:
                key = lane.popleft()
            except IndexError:
                return
            answer = ask(key)
            with lock:
                answers[key] = answer
                progress(len(answers))
            if lane:
                time.sleep(pause_seconds)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="links") as pool:
        running = [pool.submit(work, lane) for lane in _lanes(keys)]
        try:
            for each in running:
                each.result()
        except BaseException:
            stopped.set()
            raise
    return answers


def _lanes(keys: Collection[Key]) -> Iterator[deque[Key]]:
    """Who works through what: the longest first, and a host with many addresses twice."""
    by_host: dict[str, deque[Key]] = {}
    for key in keys:
        by_host.setdefault((urlsplit(key[0]).hostname or "").lower(), deque()).append(key)
    for lane in sorted(by_host.values(), key=len, reverse=True):
        for _ in range(min(AT_ONE_HOST, len(lane))):
            yield lane
