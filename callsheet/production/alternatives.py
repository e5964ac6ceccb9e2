"""What else a commission could come to: at a lower tier, or without some of its works. Nothing is bought."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from callsheet.errors import BriefError, CallsheetError
from callsheet.money import Money, price_list
from callsheet.plan.quote import REFERENCE
from callsheet.production.preparing import Planned
from callsheet.products import plan_with
from callsheet.provider.options import options_of
from callsheet.tiers import TierName

MOST_PRICED = 24
"""Works of which each is priced away; of more, a person says which ones and is shown the new price."""
TIERS: tuple[TierName, ...] = get_args(TierName)


@dataclass(frozen=True)
class Alternatives:
    """Prices by the name of the tier, and by the name of the work that is left out. Both are empty for edited plans."""

    tiers: dict[str, Money]
    cells: dict[str, Money]


def alternatives(planned: Planned) -> Alternatives:
    """What the same brief costs from the same provider at each lower tier, and without each of its works."""
    if planned.edited:
        return Alternatives({}, {})
    names = planned.brief.parts()
    lower = TIERS[: TIERS.index(planned.brief.tier)]
    each = names if 1 < len(names) <= MOST_PRICED else ()
    return Alternatives(
        {name: price for name in lower if (price := _price(planned, tier=name)) is not None},
        {name: price for name in each if (price := _price(planned, dropped=[name])) is not None},
    )


def changed(planned: Planned, *, tier: TierName | None = None, dropped: Sequence[str] = ()) -> Planned:
    """The brief at another tier and without some works, planned anew for the same provider.

    Raises `BriefError` for a work that it doesn't have or can't be without, and the provider's error where it can't
    make that.
    """
    brief = planned.brief.without(dropped) if dropped else planned.brief
    brief = brief if tier is None else brief.model_copy(update={"tier": tier})
    reference = plan_with(brief, planned.files, price_list(REFERENCE))
    choice = planned.choice
    here = choice.option.place
    options = options_of(reference, choice.settings, name=here.name, model=here.model)
    if options[0].error is not None:
        raise options[0].error
    if options[0].place.identity != here.identity:
        raise BriefError(f"{here.identity} would not make it; start another run")
    taken = [*choice.options]
    taken[choice.taken] = options[0]
    return dataclasses.replace(planned, brief=brief, choice=dataclasses.replace(choice, options=tuple(taken)))


def _price(planned: Planned, *, tier: TierName | None = None, dropped: Sequence[str] = ()) -> Money | None:
    try:
        return changed(planned, tier=tier, dropped=dropped).plan.total
    except CallsheetError:
        return None  # it can't be made so, and is not offered
