"""Every check, in the order in which findings are shown; and the examination, which runs them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from mailer.doctor.case import Case
from mailer.doctor.checks import (
    dkim,
    dmarc,
    installation,
    mailboxes,
    return_path,
    reverse,
    round_trip,
    server,
    spf,
    templates,
    web,
)
from mailer.doctor.finding import Finding, Theme, failure

SIDE_BY_SIDE: Final = 6


@dataclass(frozen=True, slots=True)
class Check:
    """A check and what it is about."""

    theme: Theme
    run: Callable[[Case], Iterable[Finding]]

    @property
    def name(self) -> str:
        return f"{self.run.__module__.rpartition('.')[2]}.{self.run.__name__}"


CHECKS: Final = (
    Check(Theme.INSTALLATION, installation.check_settings),
    Check(Theme.INSTALLATION, installation.check_database),
    Check(Theme.INSTALLATION, templates.check),
    Check(Theme.INSTALLATION, installation.check_files),
    Check(Theme.INSTALLATION, installation.check_disk),
    Check(Theme.INSTALLATION, mailboxes.check_bounces),
    Check(Theme.SERVER, server.check),
    Check(Theme.SERVER, round_trip.check),
    Check(Theme.DNS, spf.check),
    Check(Theme.DNS, dkim.check),
    Check(Theme.DNS, dmarc.check),
    Check(Theme.DNS, reverse.check),
    Check(Theme.DNS, return_path.check),
    Check(Theme.DNS, mailboxes.check),
    Check(Theme.WEB, web.check),
    Check(Theme.WEB, web.check_clock_of_site),
)


def examine(case: Case, themes: Iterable[Theme] = tuple(Theme)) -> Iterator[tuple[Theme, Finding]]:
    """Run the checks of ``themes``; findings come in the registry's order as soon as they are known."""
    wanted = set(themes)
    chosen = [check for check in CHECKS if check.theme in wanted]
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="doctor") as pool:
        running = [(check, pool.submit(run, check, case)) for check in chosen]
        for check, future in running:
            for finding in future.result():
                yield check.theme, finding


def run(check: Check, case: Case) -> list[Finding]:
    """The findings of one check. A check that breaks is a finding too: the others still tell what they know."""
    found: list[Finding] = []
    try:
        found.extend(check.run(case))
    except Exception as error:
        found.append(
            failure(
                check.name,
                f"this check itself broke ({type(error).__name__}); what it looks at is not known.",
                "Please report this as a fault of newsletter-mailer, with what `mailer --debug doctor` shows.",
            )
        )
    return found
