"""``mailer send --errata``: correct the archive of an issue that was sent, and say what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailer.cli.frame import Installation, say

if TYPE_CHECKING:
    from mailer.flows.prepare import PreparedIssue


def correct_archive(
    installation: Installation, prepared: Sequence[PreparedIssue], note: str, *, dry_run: bool
) -> None:
    """Correct each issue; with ``dry_run`` only say what would be."""
    from mailer import wiring
    from mailer.flows.errata import correct, find_corrections

    for issue in prepared:
        corrections = find_corrections(installation.database, issue, note)
        if not corrections:
            say(f"The archive shows {issue.slug} as it is written here; nothing to correct.", err=True)
            continue
        if not dry_run:
            correct(installation.database, corrections, wiring.now())
        done = "Would correct" if dry_run else "Corrected"
        for one in corrections:
            say(
                f"{done} {issue.slug} ({one.language}), from SHA-256 {one.before_sha256[:16]}… "
                f"to {one.after_sha256[:16]}…: {one.url}",
                err=True,
            )
        say("Nobody was mailed; who still waits for the issue gets it as it was planned.", err=True)
