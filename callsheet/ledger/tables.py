"""The ledger's tables, the same for SQLite and PostgreSQL. `callsheet.ledger.migrations` makes them.

Amounts are text, because SQLite has no exact decimal. What is summed, `held`, is kept beside them in millionths of the
currency, as a whole number. Times are UTC, in ISO 8601 text: text that sorts as the times do.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

purchases = Table(
    "purchases",
    metadata,
    Column("key", String(64), primary_key=True, comment="sha256 of provider, request, media and take"),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, comment="1, and one more each time it is begun again"),
    Column("production_id", String(120), nullable=False, comment="the production that pays for it"),
    Column("campaign", String(120), comment="the campaign that pays for it"),
    Column("purchase_id", String(60), nullable=False, comment="its name in that production's plan"),
    Column("feature", String(40), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("rehearsal", Integer, nullable=False, server_default="0", comment="1: nobody is billed for it"),
    Column("tier", String(20), nullable=False),
    Column("take", Integer, nullable=False),
    Column("request", JSON, nullable=False),
    Column("clips", JSON, comment="names of the clips that come of it, in the order of the result"),
    Column("currency", String(3), nullable=False),
    Column("quoted", String(40), nullable=False),
    Column("charged", String(40), comment="the provider's word; null until it is known"),
    Column("held", BigInteger, nullable=False, server_default="0", comment="millionths that count against the caps"),
    Column("booked_on", String(10), comment="the day, in the budget's time zone, that pays for it"),
    Column("job_id", Text),
    Column("result", JSON, comment="the provider's finished result, with its addresses"),
    Column("assets", JSON, comment="what is in the bucket: one entry for each clip"),
    Column("error", String(1000)),
    Column("lease_owner", String(120)),
    Column("lease_until", String(32)),
    Column("submitted_at", String(32), comment="when its latest request was about to be sent"),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("purchases_by_production", "production_id"),
    Index("purchases_by_state", "state", "provider"),
    Index("purchases_by_day", "booked_on"),
    Index("purchases_by_campaign", "campaign"),
    Index("purchases_by_job", "job_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("provider", String(200), primary_key=True),
    Column("job_id", Text, primary_key=True),
    Column("key", String(64), ForeignKey("purchases.key"), nullable=False),
    Column("attempt", Integer, nullable=False, comment="the attempt at the purchase that it came of"),
)

productions = Table(
    "productions",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("campaign", String(120)),
    Column("provider", String(200), nullable=False),
    Column("digest", String(64), nullable=False, comment="of its plan"),
    Column("currency", String(3), nullable=False),
    Column("quoted", String(40), nullable=False),
    Column("status", String(16), nullable=False, comment="open, published or cancelled"),
    Column("run", String(64), comment="the flow run that worked on it last"),
    Column("needs", JSON, comment="keys of what it was given: images, and files of its brand"),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("productions_by_run", "run"),
)

uses = Table(
    "uses",
    metadata,
    Column("production_id", String(120), primary_key=True),
    Column("key", String(64), ForeignKey("purchases.key"), primary_key=True),
    Column("at", String(32), nullable=False),
    Index("uses_by_key", "key"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), ForeignKey("purchases.key"), nullable=False),
    Column("at", String(32), nullable=False),
    Column("event", String(16), nullable=False),
    Column("state", String(16), nullable=False, comment="the state that followed"),
    Column("note", String(1000)),
    Index("history_by_key", "key", "id"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, comment="of the plan: what is bought, in which words, at which price"),
    Column("provider", String(200), nullable=False, comment="the identity, with its model, that it may be bought from"),
    Column("name", String(200), nullable=False, comment="of the work, for whoever reads the list"),
    Column("currency", String(3), nullable=False),
    Column("quoted", String(40), nullable=False),
    Column("up_to", String(40), nullable=False, comment="the most that it may cost"),
    Column("by", String(120), nullable=False),
    Column("at", String(32), nullable=False),
    Index("approvals_by_digest", "digest", "provider"),
)

briefs = Table(
    "briefs",
    metadata,
    Column("digest", String(64), primary_key=True, comment="of the brief's text and the folder that it lies in"),
    Column("key", String(600), nullable=False, comment="where it lies in the bucket"),
    Column("kind", String(40), nullable=False),
    Column("state", String(16), nullable=False, comment="found, then told"),
    Column("event", String(36), nullable=False, comment="the id under which it is told, however often"),
    Column("at", String(32), nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(64), primary_key=True, comment="the webhook-id, the same for every address and attempt"),
    Column("address", String(20), primary_key=True, comment="digest of the address, or prefect"),
    Column("type", String(40), nullable=False),
    Column("resource", String(200), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False, comment="due, delivered or given_up"),
    Column("attempts", Integer, nullable=False),
    Column("due_at", String(32), nullable=False),
    Column("sender", String(60)),
    Column("lease_until", String(32)),
    Column("fault", String(1000)),
    Column("at", String(32), nullable=False),
    Index("notices_by_state", "state", "due_at"),
)

pace = Table(
    "pace",
    metadata,
    Column("provider", String(200), primary_key=True),
    Column("next_at", String(32), comment="when the evenly spaced requests so far will have been worked off"),
    Column("closed_until", String(32), comment="it asked us to wait until then"),
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("webhook_id", String(200), primary_key=True),
    Column("at", String(32), nullable=False),
)
