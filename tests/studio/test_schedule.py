"""When a callback is tried again."""

from __future__ import annotations

from callsheet.webhooks.sending import BACKOFF


def test_the_schedule_is_that_of_the_specification() -> None:
    assert len(BACKOFF) == 9
    assert sum(BACKOFF) == 75 * 3600 + 35 * 60 + 5
