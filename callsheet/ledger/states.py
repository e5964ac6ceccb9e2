"""The life of a purchase, as one pure table.

::

    intended ──submit──▶ submitting ──accepted──▶ submitted ──delivered──▶ ready ──stored──▶ stored ──settled──▶ settled
     ▲ ▲  │               │  │  │ └──final────────────────────────────────▶ ┘ │
     │ │  └release▶       │  │  │                     │└─moderated─▶ moderated │
     │ │     released     │  │  │                     └──failed──▶ failed ◀────┘ (what came is not what was ordered)
     │ └──again──┘        │  │  └──rejected──▶ rejected ──again──▶ intended
     │                    │  └─────moderated─▶ moderated       failed ──again──▶ intended   (only when refunded)
     └──unsent, unknown───┘└──doubt──▶ in_doubt ──bought──▶ submitted, ──written_off──▶ failed, ──lost──▶ intended

    found: intended, released, in_doubt ──▶ submitted     (the provider has a job of ours after all)
    final: intended, released, in_doubt ──▶ ready         (its final reply comes after all)
    doubt: submitted, ready ──▶ in_doubt                  (the provider has lost the job, or its clips)
    corrected: settled, failed, moderated stay as they are (the provider changed its charge)

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
    RELEASED = "released"


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
    WRITTEN_OFF = "written_off"
    LOST = "lost"
    FOUND = "found"
    AGAIN = "again"
    RELEASE = "release"
    CORRECTED = "corrected"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.INTENDED, Event.SUBMIT): State.SUBMITTING,
    (State.INTENDED, Event.RELEASE): State.RELEASED,
    (State.INTENDED, Event.FOUND): State.SUBMITTED,
    (State.INTENDED, Event.FINAL): State.READY,
    (State.SUBMITTING, Event.UNSENT): State.INTENDED,
    (State.SUBMITTING, Event.UNKNOWN): State.INTENDED,
    (State.SUBMITTING, Event.ACCEPTED): State.SUBMITTED,
    (State.SUBMITTING, Event.FINAL): State.READY,
    (State.SUBMITTING, Event.REJECTED): State.REJECTED,
    (State.SUBMITTING, Event.MODERATED): State.MODERATED,
    (State.SUBMITTING, Event.DOUBT): State.IN_DOUBT,
    (State.SUBMITTED, Event.DOUBT): State.IN_DOUBT,
    (State.SUBMITTED, Event.DELIVERED): State.READY,
    (State.SUBMITTED, Event.MODERATED): State.MODERATED,
    (State.SUBMITTED, Event.FAILED): State.FAILED,
    (State.READY, Event.STORED): State.STORED,
    (State.READY, Event.DOUBT): State.IN_DOUBT,
    (State.READY, Event.FAILED): State.FAILED,
    (State.STORED, Event.SETTLED): State.SETTLED,
    (State.REJECTED, Event.AGAIN): State.INTENDED,
    (State.FAILED, Event.AGAIN): State.INTENDED,
    (State.RELEASED, Event.AGAIN): State.INTENDED,
    (State.RELEASED, Event.FINAL): State.READY,
    (State.RELEASED, Event.FOUND): State.SUBMITTED,
    (State.IN_DOUBT, Event.BOUGHT): State.SUBMITTED,
    (State.IN_DOUBT, Event.FINAL): State.READY,
    (State.IN_DOUBT, Event.FOUND): State.SUBMITTED,
    (State.IN_DOUBT, Event.WRITTEN_OFF): State.FAILED,
    (State.IN_DOUBT, Event.LOST): State.INTENDED,
    (State.SETTLED, Event.CORRECTED): State.SETTLED,
    (State.FAILED, Event.CORRECTED): State.FAILED,
    (State.MODERATED, Event.CORRECTED): State.MODERATED,
}

RESERVING = frozenset({State.INTENDED, State.SUBMITTING, State.SUBMITTED, State.READY, State.STORED, State.IN_DOUBT})
"""States in which the quoted price is held against the caps; afterwards the charge counts, whatever it was."""
IN_FLIGHT = frozenset({State.SUBMITTING, State.SUBMITTED})
"""States in which a job may take one of the places that a provider gives us."""
UNFINISHED = frozenset({State.SUBMITTING, State.SUBMITTED, State.READY, State.STORED})
"""States from which anybody can go on without spending anything."""


class TransitionError(ValueError):
    """An event that may not happen in this state: a fault of the program, never of the provider."""


def after(state: State, event: Event) -> State:
    """The state that follows. Raises `TransitionError` for what the table does not allow."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TransitionError(f"{event} can't happen to a purchase that is {state}") from None
