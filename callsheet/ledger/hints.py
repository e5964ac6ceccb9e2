"""What a callback brings about: the job that it names is asked for. What it says of the job is never believed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from callsheet.desk import Desk
from callsheet.errors import CallsheetError, JobFailed, LeaseLost, Moderated, Unavailable
from callsheet.ledger.adopt import adopt
from callsheet.ledger.lease import adoptable
from callsheet.ledger.queries import entries
from callsheet.ledger.states import State

if TYPE_CHECKING:
    from callsheet.provider.callbacks import CallbackEvent

logger = logging.getLogger(__name__)


async def follow(event: CallbackEvent, desk: Desk) -> None:
    """Hurries whoever waits for the job in this process; fetches it here when nobody anywhere waits for it.

    A job that stands in no purchase, or one that somebody else works on, is left alone: the poller is the backstop.
    """
    desk.nudge(event.job_id)
    now = desk.ledger.clock.stamp()
    for entry in await entries(desk.ledger, states=(State.SUBMITTED,), provider=desk.identity, job=event.job_id):
        if not adoptable(entry, now):
            continue
        try:
            await adopt(desk, entry)
        except (JobFailed, Moderated, LeaseLost, Unavailable) as error:
            logger.info("%s of %s: %s", entry.purchase_id, entry.production_id, error.message)
        except CallsheetError as error:
            logger.warning("%s of %s: %s", entry.purchase_id, entry.production_id, error.message)
