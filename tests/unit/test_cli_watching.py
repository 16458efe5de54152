from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mailer.cli.watching import View, bar, picture
from mailer.flows.status import Status
from mailer.store.editions import StoredIssue
from mailer.store.outcomes import Group, Trouble
from mailer.store.states import DeliveryState as S
from mailer.store.states import SendingState

NOW = datetime(2026, 5, 2, 8, 0, tzinfo=UTC)


def counts(**numbers: int) -> dict[S, int]:
    return {state: numbers.get(state.value, 0) for state in S}


def a_status(state: SendingState = SendingState.SENDING, **numbers: int) -> Status:
    found = counts(**numbers)
    issue = StoredIssue(1, "quay", "2026-05-01-spring", "Spring", state, "", sum(found.values()))
    return Status(issue, found, 41.5, NOW, None)


def shown(view: View, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(picture(view, width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(
    numbers=st.lists(st.integers(0, 10**7), min_size=len(S), max_size=len(S)).filter(any),
    width=st.integers(10, 200),
)
def test_a_bar_is_as_wide_as_it_should_be_and_hides_no_outcome(numbers: list[int], width: int) -> None:
    found = dict(zip(S, numbers, strict=True))
    line = bar(found, width)
    assert len(line.plain) == width
    assert line.plain.strip("█░") == ""


@pytest.mark.parametrize("width", [40, 70, 110, 200])
def test_the_view_tells_counts_domains_and_troubles_at_any_width(width: int) -> None:
    status = a_status(queued=300, accepted=690, refused=10)
    trouble = Trouble(NOW, "posteo.example", S.REFUSED, "550 5.1.1 <address>: no [such] user")
    view = View([status], [Group("posteo.example", status.counts)], [trouble], NOW)
    said = shown(view, width)
    assert "2026-05-01-spring" in said
    assert "700 of 1,000  70 %" in said
    assert "41.5/s" in said
    assert "690 accepted" in said
    assert max(map(len, said.splitlines())) <= width
    if width >= 110:
        assert "no [such] user" in said


def test_an_end_and_an_empty_ledger_are_said() -> None:
    done = View([a_status(SendingState.FINISHED, accepted=3)], [], [], NOW)
    assert "Nothing goes on any more." in shown(done, 80)
    assert "3 of 3  100 %" in shown(done, 80)
    assert "Nothing was sent yet" in shown(View([], [], [], NOW), 80)
