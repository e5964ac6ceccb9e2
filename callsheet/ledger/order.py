"""What is asked of the ledger, a purchase on somebody's account, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from callsheet.budget import Caps
from callsheet.canonical import digest
from callsheet.desk import Desk
from callsheet.ledger.assets import Asset
from callsheet.ledger.caps import Account
from callsheet.ledger.entry import Entry, Intent
from callsheet.money import Money
from callsheet.plan.model import Plan, Purchase
from callsheet.provider.protocol import Delivery


class Order(BaseModel):
    """A purchase of a plan, on the account of a production and its campaign.

    `cap` is the price that was approved for the whole production; `caps` are those of the brief and of a budget block.
    """

    model_config = ConfigDict(frozen=True)

    purchase: Purchase
    production_id: str
    tier: str
    campaign: str | None = None
    cap: Money | None = None
    caps: Caps = Caps()

    def key(self, provider: str) -> str:
        """The purchase key: what is bought where, in which take. The request names its media by their digests."""
        return digest([provider, self.purchase.request, self.purchase.take])

    @property
    def feature(self) -> str:
        return self.purchase.request.feature

    def within(self, desk: Desk) -> Caps:
        """The lowest of all caps that it has to fit into: its own, the approved price, and those of the settings."""
        return self.caps.with_(Caps(production=self.cap)).with_(desk.settings.caps)

    def account(self, desk: Desk) -> Account:
        """Who pays for it today."""
        return Account(self.production_id, self.campaign, desk.entry.rehearsal, desk.ledger.today())

    def intent(self, desk: Desk) -> Intent:
        """What is written down before anything is sent."""
        request = self.purchase.request
        return Intent(
            key=self.key(desk.identity),
            production_id=self.production_id,
            campaign=self.campaign,
            purchase_id=self.purchase.id,
            feature=request.feature,
            provider=desk.identity,
            rehearsal=desk.entry.rehearsal,
            tier=self.tier,
            take=self.purchase.take,
            request=request.model_dump(mode="json"),
            clips=self.purchase.clips,
            quoted=self.purchase.price,
        )


def orders_of(
    plan: Plan, production_id: str, *, cap: Money | None, campaign: str | None = None, caps: Caps | None = None
) -> list[Order]:
    """All purchases of a plan as orders of its production."""
    return [
        Order(
            purchase=purchase,
            production_id=production_id,
            tier=plan.tier,
            campaign=campaign,
            cap=cap,
            caps=caps or Caps(),
        )
        for purchase in plan.purchases
    ]


async def reserve(orders: Sequence[Order], desk: Desk) -> None:
    """Reserves the price of all `orders` of one production, or of none of them: `BudgetError` names the cap.

    Real money and rehearsals are on two accounts. Where a plan has both, as when only its lines are really bought, the
    real part is reserved first.
    """
    desks = [(order, desk.selling(order.feature)) for order in orders]
    for rehearsal in (False, True):
        intents = [order.intent(at) for order, at in desks if at.entry.rehearsal is rehearsal]
        if intents:
            await desk.ledger.intend(intents, orders[0].within(desk))


class Bought(BaseModel):
    """A settled purchase. `production_id` is the production that paid for it.

    `missing` are the items of a batch that failed at the provider, and why; the others are there and paid for.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    purchase_id: str
    feature: str
    provider: str
    production_id: str
    take: int
    job_id: str | None
    quoted: Money
    charged: Money
    assets: tuple[Asset, ...]
    missing: dict[str, str] = {}


def bought(entry: Entry, order: Order) -> Bought:
    """The receipt of an entry; its clips are called as this order calls them, whoever ordered them first."""
    assets = [Asset.model_validate(asset) for asset in entry.assets]
    clips = order.purchase.clips
    named = [(clips[n if asset.index is None else asset.index], asset) for n, asset in enumerate(assets)]
    failed = Delivery.model_validate(entry.result).failed if entry.result else ()
    return Bought(
        key=entry.key,
        purchase_id=order.purchase.id,
        feature=entry.feature,
        provider=entry.provider,
        production_id=entry.production_id,
        take=entry.take,
        job_id=entry.job_id,
        quoted=entry.quoted,
        charged=entry.charged or entry.quoted,
        assets=tuple(asset.model_copy(update={"clip": clip}) for clip, asset in named),
        missing={clips[item.index]: item.reason for item in failed},
    )
