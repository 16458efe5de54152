import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.consent import Event
from subscribers.subscription import CHANGES, Refusal, SubscriptionState, apply

S, E = SubscriptionState, Event
IMPORTS = (E.IMPORTED, E.IMPORTED_PENDING, E.IMPORTED_UNSUBSCRIBED)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(Event), max_size=12))
def test_nobody_is_subscribed_without_somebody_who_answers_for_it(events: list[Event]) -> None:
    state: SubscriptionState | None = None
    for event in events:
        before, outcome = state, apply(state, event)
        if isinstance(outcome, Refusal):
            assert outcome.reason
            continue
        state = outcome
        if state is S.SUBSCRIBED and before is not S.SUBSCRIBED:
            assert event in {E.CONFIRMED, E.ADDED, E.IMPORTED, E.RESUBSCRIBED}
        if before is S.SUBSCRIBED and state is not S.SUBSCRIBED:
            assert event is E.UNSUBSCRIBED
        if before is S.UNSUBSCRIBED and state is not S.UNSUBSCRIBED:
            assert event in {E.REQUESTED, E.RESUBSCRIBED}


def test_every_event_has_an_answer_in_every_state() -> None:
    for event, row in CHANGES.items():
        assert set(row) == {None, *S}, event
    for event in Event:
        for state in (None, *S):
            apply(state, event)


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("event", IMPORTS)
def test_an_import_changes_nobody_who_is_there(state: SubscriptionState, event: Event) -> None:
    assert isinstance(apply(state, event), Refusal)


def test_confirming_twice_is_fine_and_an_old_link_does_not_bring_back_who_left() -> None:
    assert apply(S.PENDING, E.CONFIRMED) is S.SUBSCRIBED
    assert apply(S.SUBSCRIBED, E.CONFIRMED) is S.SUBSCRIBED
    assert isinstance(apply(S.UNSUBSCRIBED, E.CONFIRMED), Refusal)
    assert isinstance(apply(None, E.CONFIRMED), Refusal)


def test_a_note_in_the_history_leaves_the_state_alone() -> None:
    assert apply(S.PENDING, E.LANGUAGE_CHANGED) is S.PENDING
    assert isinstance(apply(None, E.PAUSED), Refusal)
