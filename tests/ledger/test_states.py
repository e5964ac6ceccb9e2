from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.ledger.states import IN_FLIGHT, RESERVING, TRANSITIONS, UNFINISHED, Event, State, TransitionError, after

ABSOLVING = {Event.UNSENT, Event.UNKNOWN, Event.LOST, Event.REJECTED, Event.FAILED, Event.WRITTEN_OFF}
"""After one of these it is known that the order does not stand: it never left, nobody knows it, or it has ended."""


@given(st.lists(st.sampled_from(list(Event)), max_size=60))
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
        elif event is Event.FOUND:
            may_stand = True


def test_the_same_over_every_path_there_is() -> None:
    """The property again, over all reachable pairs of state and doubt instead of chosen paths."""
    seen, frontier = {(State.INTENDED, False)}, [(State.INTENDED, False)]
    while frontier:
        state, may_stand = frontier.pop()
        for (here, event), following in TRANSITIONS.items():
            if here is not state:
                continue
            assert not (event is Event.SUBMIT and may_stand), (state, event)
            doubt = event in (Event.SUBMIT, Event.FOUND) or (may_stand and event not in ABSOLVING)
            if (following, doubt) not in seen:
                seen.add((following, doubt))
                frontier.append((following, doubt))
    assert (State.INTENDED, True) not in seen
    assert {state for state, _ in seen} == set(State)


def test_only_what_is_paid_or_refused_for_its_content_is_final() -> None:
    moving = {state for (state, _), following in TRANSITIONS.items() if following is not state}
    assert set(State) - moving == {State.SETTLED, State.MODERATED}


def test_money_is_held_from_the_intent_until_the_end_is_known() -> None:
    assert set(State) - RESERVING == {State.SETTLED, State.REJECTED, State.MODERATED, State.FAILED, State.RELEASED}
    assert IN_FLIGHT < UNFINISHED < RESERVING


def test_what_the_table_does_not_hold_is_refused() -> None:
    with pytest.raises(TransitionError, match="submit can't happen to a purchase that is settled"):
        after(State.SETTLED, Event.SUBMIT)
