"""The stage: a studio over loopback that outlives its buyers, a ledger, a bucket, and the look behind all of them."""

from __future__ import annotations

import asyncio
import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from callsheet.canonical import digest
from callsheet.ledger.entry import Entry
from callsheet.ledger.money import millionths
from callsheet.ledger.order import Bought
from callsheet.ledger.queries import entries, in_flight
from callsheet.ledger.resolve import resolve
from callsheet.ledger.states import State
from callsheet.ledger.store import Ledger, open_ledger
from callsheet.plan import Plan
from callsheet.settings import Settings
from callsheet.studio import jobs as floor
from callsheet.studio.app import studio_app
from callsheet.studio.jobs import Studio
from callsheet.testing import serving
from tests.chaos.buyer import Errand
from tests.chaos.clips import Stamping, brief_of
from tests.chaos.manners import Door, Manners, NoKeys
from tests.chaos.processes import LIMIT
from tests.servers import S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass
class Stage:
    """`settings` are those of every buyer on it."""

    settings: Settings
    studio: Studio
    door: Door
    renderer: Stamping
    s3: S3Server | None
    plans: int = field(default=0)

    def errand(self, **how: Any) -> Errand:
        """To buy a plan that nobody has bought."""
        self.plans += 1
        plan, images = brief_of(self.plans)
        return Errand(self.settings, plan, images, self.door.manners.lost_replies, **how)

    def quiet(self) -> None:
        """Waits until nothing that a dead process has sent is still on its way into the books.

        Its connections are older than these two, and the studio's loop takes what has come in turn.
        """
        for _ in range(2):
            url = f"{self.settings.provider_url}/jobs/none"
            asked = urllib.request.Request(url, headers={"Authorization": "Bearer x"})  # noqa: S310 - on loopback
            try:
                urllib.request.urlopen(asked, timeout=LIMIT).close()  # noqa: S310 - on loopback
            except urllib.error.HTTPError as answer:
                answer.close()
        self.door.empty(LIMIT)

    def resolve(self) -> int:
        """Says what a person would find out from the studio's books of everything in doubt; how much that was."""

        async def say(ledger: Ledger) -> int:
            doubts, sold = await entries(ledger, states=[State.IN_DOUBT]), self.studio.books.since(0)
            for entry in doubts:
                jobs = [job.job_id for job in sold if job.body_digest == digest(entry.purchase().request)]
                await resolve(ledger, entry.key, "bought" if jobs else "lost", *jobs)
            return len(doubts)

        resolved: int = self.asked(say)
        return resolved

    def asked(self, question: Any) -> Any:
        """The answer of `question(ledger)`."""

        async def ask() -> Any:
            ledger = await open_ledger(self.settings.ledger_address())
            try:
                return await question(ledger)
            finally:
                await ledger.close()

        return asyncio.run(ask())

    @cached_property
    def client(self) -> S3Client | None:
        """To see what is really in the S3 bucket."""
        return None if self.s3 is None else self.s3.client()

    def entries(self) -> list[Entry]:
        """Every purchase in the ledger."""
        found: list[Entry] = self.asked(entries)
        return found

    def charges(self, plan: Plan) -> dict[str, list[str]]:
        """What the studio's own books say was charged for each purchase of a plan."""
        ids = {digest(purchase.request): purchase.id for purchase in plan.purchases}
        names = {job.job_id: ids[job.body_digest] for job in self.studio.books.since(0) if job.body_digest in ids}
        with self.studio.books._open() as db:
            rows = db.execute("SELECT job_id, amount FROM charges ORDER BY id").fetchall()
        return {name: [row[1] for row in rows if names.get(row[0]) == name] for name in ids.values()}

    def object(self, key: str) -> bytes:
        """What is in the bucket, read past the program."""
        if self.s3 is None or self.client is None:
            return (self.settings.home / "bucket" / key).read_bytes()
        place = f"{str(self.settings.bucket).rpartition('/')[2]}/{key}"
        return self.client.get_object(Bucket=self.s3.bucket, Key=place)["Body"].read()

    def leftovers(self) -> list[str]:
        """What nobody would ever clean away: files under way, here, in the bucket's folder, at the S3 server."""
        home = self.settings.home
        found = [str(path) for path in (home / "scratch").iterdir()]
        found += [str(path) for path in (home / "bucket").rglob(".callsheet-part-*")]
        return found + self.uploads()

    def uploads(self) -> list[str]:
        """Uploads in parts that are neither finished nor aborted."""
        if self.s3 is None or self.client is None:
            return []
        open_ones = self.client.list_multipart_uploads(Bucket=self.s3.bucket).get("Uploads", [])
        return [str(upload["Key"]) for upload in open_ones]

    def check(self, errand: Errand, result: list[Bought]) -> None:
        """All that must be so when a plan is bought, however often its buyers were killed."""
        plan = errand.plan
        prices = {purchase.id: [str(purchase.price.amount)] for purchase in plan.purchases}
        assert self.charges(plan) == prices
        for purchase, bought in zip(plan.purchases, result, strict=True):
            wanted = [self.renderer.clip(purchase.request, number + 1) for number in range(len(purchase.clips))]
            digests = [hashlib.sha256(clip).hexdigest() for clip in wanted]
            assert [asset.sha256 for asset in bought.assets] == digests
            assert [self.object(asset.key) for asset in bought.assets] == wanted
        keys = {bought.key for bought in result}
        everything, flying = self.asked(_standing)
        rows = [entry for entry in everything if entry.key in keys]
        assert [entry.state for entry in rows] == [State.SETTLED] * len(plan.purchases)
        assert sum(entry.held for entry in rows) == millionths(plan.total.amount)
        assert [entry.lease_owner for entry in rows] == [None] * len(rows)
        assert len({entry.job_id for entry in rows}) == len(rows)
        assert flying == 0
        assert self.leftovers() == []


async def _standing(ledger: Ledger) -> tuple[list[Entry], int]:
    """Every purchase, and how many of them may have a job under way."""
    found = await entries(ledger)
    return found, sum([await in_flight(ledger, provider) for provider in {entry.provider for entry in found}])


@contextmanager
def stage(folder: Path, ledger_url: str, manners: Manners, s3: S3Server | None) -> Iterator[Stage]:
    """A stage, while the block runs."""
    floor.GATHER = 0.0  # nothing here has to be rendered in a good order
    made = folder / "made"
    made.mkdir(parents=True)
    renderer = Stamping(made)
    studio = Studio(folder / "studio", renderer=renderer)
    if manners.names and "idempotency_key" not in manners.lost_replies:
        studio.books = NoKeys(folder / "studio" / "books.sqlite")
    door = Door(manners, studio.books, studio_app(studio, serve=True))
    bucket: dict[str, Any] = {}
    if s3 is not None:
        keys = {"bucket_access_key": SecretStr(s3.access_key), "bucket_secret_key": SecretStr(s3.secret_key)}
        prefix = f"chaos-{digest([str(folder), time.time()])[:12]}"
        bucket = {"bucket": f"s3://{s3.bucket}/{prefix}", "bucket_endpoint": s3.endpoint, **keys}
    with serving(door) as address:
        settings = Settings(
            home=folder / "home",
            provider_url=f"{address}/v1/sora",
            provider_key=SecretStr("any"),
            ledger_url=SecretStr(ledger_url),
            wait_seconds=30,
            **bucket,
        )
        yield Stage(settings, studio, door, renderer, s3)
