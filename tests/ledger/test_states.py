from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.ledger.states import RESERVING, TRANSITIONS, Event, State, TransitionError, after

ABSOLVING = {Event.UNSENT, Event.UNKNOWN, Event.LOST, Event.REJECTED, Event.FAILED}
"""After one of these it is known that the order does not stand: it never left, nobody knows it, or it has ended."""


@given(st.lists(st.sampled_from(list(Event)), max_size=40))
def test_nothing_is_submitted_twice_without_a_word(events: list[Event]) -> None:
    state, may_stand = State.INTENDED, False
    for event in events:
        try:
            state = after(state, event)
        except TransitionError:
            continue
        if event is Event.SUBMIT:
            assert not may_stand
            may_stand = True
        elif event in ABSOLVING:
            may_stand = False


def test_every_state_is_reached_and_only_two_are_final() -> None:
    reached, frontier = {State.INTENDED}, [State.INTENDED]
    while frontier:
        here = frontier.pop()
        for (state, _), following in TRANSITIONS.items():
            if state is here and following not in reached:
                reached.add(following)
                frontier.append(following)
    assert reached == set(State)
    assert set(State) - {state for state, _ in TRANSITIONS} == {State.SETTLED, State.MODERATED}


def test_money_is_held_from_the_intent_until_the_end_is_known() -> None:
    assert set(State) - RESERVING == {State.SETTLED, State.REJECTED, State.MODERATED, State.FAILED}


def test_what_the_table_does_not_hold_is_refused() -> None:
    with pytest.raises(TransitionError, match="submit can't happen to a purchase that is settled"):
        after(State.SETTLED, Event.SUBMIT)
