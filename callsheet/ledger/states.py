"""The life of a purchase, as one pure table.

::

    intended ──submit──▶ submitting ──accepted──▶ submitted ──delivered──▶ ready ──stored──▶ stored ──settled──▶ settled
       ▲                  │  │  │ └──final────────────────────────────────▶ ┘
       └───unsent─────────┘  │  │                     │└─moderated─▶ moderated
                             │  │                     └──failed──▶ failed ──again──▶ intended   (only when refunded)
       └───unknown───────────┘  ├──rejected──▶ rejected ──again──▶ intended
       (the provider says so)   ├──moderated─▶ moderated
                                └──doubt─────▶ in_doubt ──bought──▶ submitted, ──lost──▶ intended

`submitting` means that a byte may have left this machine. From there the only ways back to `intended`, from where a
request may be sent, are the proof that nothing left (`unsent`), the provider's own word that it knows nothing of it
(`unknown`), or a person's word (`lost`).
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a purchase stands."""

    INTENDED = "intended"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    READY = "ready"
    STORED = "stored"
    SETTLED = "settled"
    REJECTED = "rejected"
    MODERATED = "moderated"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class Event(StrEnum):
    """What can happen to it."""

    SUBMIT = "submit"
    UNSENT = "unsent"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    FINAL = "final"
    DELIVERED = "delivered"
    STORED = "stored"
    SETTLED = "settled"
    REJECTED = "rejected"
    MODERATED = "moderated"
    FAILED = "failed"
    DOUBT = "doubt"
    BOUGHT = "bought"
    LOST = "lost"
    AGAIN = "again"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.INTENDED, Event.SUBMIT): State.SUBMITTING,
    (State.SUBMITTING, Event.UNSENT): State.INTENDED,
    (State.SUBMITTING, Event.UNKNOWN): State.INTENDED,
    (State.SUBMITTING, Event.ACCEPTED): State.SUBMITTED,
    (State.SUBMITTING, Event.FINAL): State.READY,
    (State.SUBMITTING, Event.REJECTED): State.REJECTED,
    (State.SUBMITTING, Event.MODERATED): State.MODERATED,
    (State.SUBMITTING, Event.DOUBT): State.IN_DOUBT,
    (State.SUBMITTED, Event.DELIVERED): State.READY,
    (State.SUBMITTED, Event.MODERATED): State.MODERATED,
    (State.SUBMITTED, Event.FAILED): State.FAILED,
    (State.READY, Event.STORED): State.STORED,
    (State.STORED, Event.SETTLED): State.SETTLED,
    (State.REJECTED, Event.AGAIN): State.INTENDED,
    (State.FAILED, Event.AGAIN): State.INTENDED,
    (State.IN_DOUBT, Event.BOUGHT): State.SUBMITTED,
    (State.IN_DOUBT, Event.LOST): State.INTENDED,
}

RESERVING = frozenset({State.INTENDED, State.SUBMITTING, State.SUBMITTED, State.READY, State.STORED, State.IN_DOUBT})
"""States in which the quoted price is held against the caps; afterwards the charge counts, whatever it was."""


class TransitionError(ValueError):
    """An event that may not happen in this state: a fault of the program, never of the provider."""


def after(state: State, event: Event) -> State:
    """The state that follows. Raises `TransitionError` for what the table does not allow."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TransitionError(f"{event} can't happen to a purchase that is {state}") from None
