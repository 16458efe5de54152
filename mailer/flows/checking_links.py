"""The links of issues, asked: from memory where it is fresh, else from the web. Says what could not be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import mailer
from mailer.issue.model import Issue
from mailer.issue.problem import Problem
from mailer.lint.engine import LintSettings, lint_reached
from mailer.lint.reached import Answer, Outcome, addresses
from mailer.reach.crew import ask_all
from mailer.reach.fetcher import Fetcher, is_connected
from mailer.reach.memory import Key, Memory

AGENT = f"newsletter-mailer/{mailer.__version__} (link check)"
FEW_HOSTS = 3  # fewer that are all silent may really be gone
_NOTHING = frozenset({Outcome.NO_HOST, Outcome.SILENT})


@dataclass(frozen=True, slots=True)
class LinkCheck:
    """What was found, and how much of it was asked."""

    problems: tuple[Problem, ...]
    asked: int
    remembered: int
    unanswered: int  # by sites that answer no robots, or are in trouble
    not_asked: int  # offline
    is_offline: bool


def check_links(
    issues: Sequence[Issue],
    settings: LintSettings,
    memory: Memory,
    now: datetime,
    *,
    offline: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    fetcher: Fetcher | None = None,
) -> LinkCheck:
    """Ask the web about every link and image of ``issues``, each address once.

    Without a network nothing is a problem, and ``is_offline`` says so.
    """
    wanted: list[Key] = list(
        dict.fromkeys((one.url, one.is_image) for issue in issues for one in addresses(issue))
    )
    answers = {key: answer for key in wanted if (answer := memory.recall(key, now)) is not None}
    remembered, left = len(answers), [key for key in wanted if key not in answers]
    new: dict[Key, Answer] = {}
    if left and not offline:
        new = _ask(left, fetcher or Fetcher(AGENT), lambda done: progress(done, len(left)))
        offline = _is_offline(new)
        if offline:
            new = {}
        else:
            memory.remember(new, now)
    answers |= new
    return LinkCheck(
        tuple(problem for issue in issues for problem in lint_reached(issue, answers, settings=settings)),
        asked=len(new),
        remembered=remembered,
        unanswered=sum(answer.outcome is Outcome.REFUSED for answer in answers.values()),
        not_asked=len(wanted) - len(answers),
        is_offline=offline,
    )


def _ask(keys: Sequence[Key], fetcher: Fetcher, progress: Callable[[int], None]) -> dict[Key, Answer]:
    try:
        return ask_all(keys, lambda key: fetcher.ask(key[0], is_image=key[1]), progress=progress)
    finally:
        fetcher.close()


def _is_offline(answers: dict[Key, Answer]) -> bool:
    """Nobody answers at all: then it is not the links."""
    if any(answer.outcome not in _NOTHING for answer in answers.values()):
        return False
    hosts = {key[0].split("/", 3)[2] for key in answers}
    return len(hosts) > FEW_HOSTS or not is_connected()
