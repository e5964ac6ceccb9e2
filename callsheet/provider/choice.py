"""Which provider makes a work: the one that is wanted, or the first of its fallbacks that can.

One is passed over when it is retired, when it can't make the plan even after lowering, when its settings are wrong or
its key is refused, and when it does not answer. A production in which money is stays where it was begun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from callsheet.approval import approve
from callsheet.budget import Caps
from callsheet.errors import (
    BudgetError,
    CallsheetError,
    Incapable,
    NotApproved,
    ProviderError,
    SettingsError,
    Unavailable,
)
from callsheet.money import Money
from callsheet.plan.lowering import Lowered
from callsheet.plan.model import Plan
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.options import Option
from callsheet.provider.speech_services import speech_service
from callsheet.settings import Settings

Why = Literal["retired", "incapable", "misconfigured", "down", "not begun here"]
Look = Callable[[Settings], Awaitable[CallsheetError | None]]


@dataclass(frozen=True)
class Passed:
    """A provider that was not taken, and why."""

    identity: str
    why: Why
    reason: str


@dataclass(frozen=True)
class Choice:
    """The option that is taken, of all that there were, the first choice first."""

    options: tuple[Option, ...]
    taken: int
    passed: tuple[Passed, ...] = ()

    @property
    def option(self) -> Option:
        return self.options[self.taken]

    @property
    def settings(self) -> Settings:
        """The settings to open a desk with: this provider's address, model and key, and nobody else's."""
        return self.option.settings

    @property
    def entry(self) -> CatalogueEntry:
        return self.option.entry

    @property
    def bills(self) -> bool:
        """Whether anybody charges real money here, for clips or for spoken lines."""
        service = speech_service(self.settings)
        return not self.entry.rehearsal or (service is not None and not service.entry.rehearsal)

    @property
    def identity(self) -> str:
        return self.option.place.identity

    @property
    def plan(self) -> Plan:
        """The plan as it is bought there."""
        return _lowered(self.option).plan

    @property
    def notes(self) -> tuple[str, ...]:
        """What about the plan is other than the brief asked for."""
        return _lowered(self.option).notes

    @property
    def currency(self) -> str:
        """The first choice's: what budgets and approvals are meant in."""
        return self.options[0].currency

    @property
    def expected(self) -> int:
        """The option that would be taken if everybody answered."""
        return next((n for n, option in enumerate(self.options) if option.error is None), self.taken)

    @property
    def quoted(self) -> Money:
        """The price that can be known without asking anybody, which is what a quote shows and `--yes` approves: that
        with the further takes where such may be bought.
        """
        return _lowered(self.options[self.expected]).plan.most

    @property
    def difference(self) -> Money | None:
        """What it costs more than the first choice, less than 0 for less; None where that can't be compared."""
        first, total = self.options[0].lowered, self.plan.total
        if self.taken == 0 or first is None or first.plan.total.currency != total.currency:
            return None
        return total - first.plan.total

    def lines(self) -> list[str]:
        """All of this in words, one line each; none where the first choice makes the work as it was asked."""
        found = [f"{passed.identity} is passed over, {passed.why}: {passed.reason}" for passed in self.passed]
        if self.taken:
            difference = self.difference
            more = "" if difference is None else f", {difference.amount:+.2f} {difference.currency} to the first choice"
            found.append(f"to be bought from {self.identity} for {self.plan.total}{more}")
        return found + [f"at {self.identity}, {note}" for note in self.notes]

    def report(self) -> dict[str, object]:
        """The same as plain JSON."""
        difference = self.difference
        return {
            "provider": self.identity,
            "passed_over": [{"provider": p.identity, "why": p.why, "reason": p.reason} for p in self.passed],
            "difference": None if difference is None else str(difference.amount),
            "notes": list(self.notes),
        }


def _lowered(option: Option) -> Lowered:
    if option.lowered is None:
        raise option.error or RuntimeError("an option without a plan was taken")
    return option.lowered


def expect(options: tuple[Option, ...]) -> Choice:
    """The choice as far as it is known without asking anybody: what a quote shows.

    Where all are ruled out, one that could make the plan still has a price. Raises the first choice's error otherwise.
    """
    able = [n for n, option in enumerate(options) if option.error is None]
    priced = [n for n, option in enumerate(options) if option.lowered is not None]
    if not able and not priced:
        raise _nobody([_passed(option, _error(option)) for option in options], options[0].error)
    taken = (able or priced)[0]
    ruled_out = [option for option in options[: taken + 1] if option.error is not None]
    return Choice(options, taken, tuple(_passed(option, _error(option)) for option in ruled_out))


async def choose(options: tuple[Option, ...], *, insist: bool = False, look: Look | None = None) -> Choice:
    """The choice, before anything is bought. With one option it asks nobody, and raises that option's error.

    Where the ledger has purchases of this very work at one of the options, that one is taken: a production never
    changes its provider by itself. `insist` says that a person has named the first option, which then goes first.
    Raises `Unavailable` or `Incapable` with every reason when all are passed over.
    """
    if len(options) == 1:
        if options[0].error is not None:
            raise options[0].error
        return Choice(options, 0)
    begun = await _begun(options[:1] if insist else options)
    if begun:
        taken, number = begun
        return _stay(options, taken, number)
    if look is None:
        from callsheet.provider import reach  # it loads the HTTP client, which a quote does without

        look = reach.look
    passed: list[Passed] = []
    for taken, option in enumerate(options):
        error = option.error or await look(option.settings)
        if error is None:
            return Choice(options, taken, tuple(passed))
        passed.append(_passed(option, error))
    raise _nobody(passed, options[0].error)


async def _begun(options: tuple[Option, ...]) -> tuple[int, int] | None:
    """The first option at which purchases of this work were sent, and how many."""
    from callsheet.ledger.queries import entries
    from callsheet.ledger.states import UNFINISHED, State
    from callsheet.ledger.store import open_ledger

    settings = options[0].settings
    ledger = await open_ledger(settings.ledger_address(), settings.budget_time_zone)
    try:
        for number, option in enumerate(options):
            if option.lowered is not None:
                production = option.lowered.plan.production_id(option.place.identity)
                sent = sorted(UNFINISHED | {State.SETTLED, State.IN_DOUBT})
                found = await entries(ledger, states=sent, production=production)
                if found:
                    return number, len(found)
    finally:
        await ledger.close()
    return None


def _stay(options: tuple[Option, ...], taken: int, number: int) -> Choice:
    where = options[taken].place.identity
    there = f"{number} {'purchase' if number == 1 else 'purchases'} of this work were sent to {where}"
    if options[taken].error is not None:
        raise Incapable(
            f"{options[taken].error}; {there}, and it does not go on elsewhere by itself: name another provider to "
            "begin it anew there"
        )
    return Choice(
        options, taken, tuple(Passed(option.place.identity, "not begun here", there) for option in options[:taken])
    )


def _error(option: Option) -> CallsheetError:
    return option.error or Incapable("it was not taken")


def _passed(option: Option, error: CallsheetError) -> Passed:
    why: Why = "incapable"
    if isinstance(error, SettingsError):
        why = "misconfigured"
    elif isinstance(error, Unavailable):
        why = "down"
    elif option.lowered is not None and option.error is not None:
        why = "retired"
    return Passed(option.place.identity, why, error.message)


def _nobody(passed: list[Passed], first: CallsheetError | None) -> CallsheetError:
    if len(passed) == 1 and first is not None:
        return first
    kind: type[ProviderError] = Unavailable if any(one.why == "down" for one in passed) else Incapable
    return kind("nobody can make it:\n" + "\n".join(f"{one.identity}, {one.why}: {one.reason}" for one in passed))


def approve_choice(choice: Choice, *, caps: Caps, up_to: Money | None, auto_below: Decimal) -> Money:
    """The cap under which the plan of the choice may be bought; see `approve`. Raises `BudgetError`.

    The brief's `caps` and `auto_below` are in the first choice's currency. An approval is for a price: a fallback that
    costs more than was approved, or whose price is in another currency, is refused.
    """
    total, own = choice.plan.total, choice.currency
    if total.currency != own and (caps != Caps() or choice.plan.further is not None):
        raise BudgetError(f"the brief's budgets are in {own}, {choice.identity} makes it for {total}: name it instead")
    if up_to is not None and up_to.currency != total.currency:
        if total.amount and choice.bills:
            raise NotApproved(f"approved are {up_to}, and {choice.identity} makes it for {total}: name it instead")
        up_to = None
    if choice.taken and up_to is not None and total > up_to:
        raise NotApproved(
            f"{choice.identity} makes it for {total}, approved are {up_to}: name it as the provider to buy there; "
            + "; ".join(f"{one.identity} is passed over, {one.why}" for one in choice.passed)
        )
    return approve(
        choice.plan,
        rehearsal=not choice.bills,
        budget=None if caps.production is None else caps.production.amount,
        up_to=None if up_to is None else up_to.amount,
        auto_below=auto_below if total.currency == own else Decimal(0),
    )
