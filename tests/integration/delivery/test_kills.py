"""Killed at any statement of the engine: nobody lost, at most one message in doubt for each connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.delivery import a_database, a_planned_issue
from tests.support.kill_trial import kill_again_and_again


@pytest.mark.parametrize("pipelining", [False, True], ids=["lock-step", "pipelined"])
def test_killed_at_any_statement_the_ledger_is_true(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 1500)
    trial = kill_again_and_again(engine, issue_id, 20, pipelining=pipelining, seed=20250610)
    assert trial.kills == 20
