"""The spend report: exact sums by day, campaign, product and provider; real money and rehearsals apart."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from callsheet.desk import Desk
from callsheet.ledger.buy import buy
from callsheet.ledger.spend import GROUPS, HEAD, spend, yesterday
from callsheet.provider.protocol import JobStatus
from tests.ledger.fakes import Fake, desk_of, opened, order

DAY = 86400.0


async def three_purchases(desk: Desk) -> None:
    """Two of one production and campaign, one of another production, for 0.50 CNY each; then a day goes by."""
    await opened(desk, "lamp-1")
    await buy(order("lamp-1", campaign="spring"), desk)
    await buy(order("lamp-1", take=2, campaign="spring"), desk)
    await buy(order("lamp-2", take=3, campaign="=cmd()|x"), desk)
    desk.ledger.clock.shift = DAY


async def test_exact_sums_by_every_group(tmp_path: Path) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    async with desk_of(tmp_path, fake) as desk:
        await three_purchases(desk)
        made = await spend(desk.ledger, until=yesterday(desk.ledger), days=7)
        rows = list(csv.DictReader(io.StringIO(made.csv())))
        assert list(rows[0]) == list(HEAD)
        spent = {(row["by"], row["name"]): (row["purchases"], row["spent"]) for row in rows}
        assert spent == {
            ("day", made.until): ("3", "1.50"),
            ("campaign", "spring"): ("2", "1.00"),
            ("campaign", "'=cmd()|x"): ("1", "0.50"),
            ("product", "marketing"): ("2", "1.00"),
            ("product", "none"): ("1", "0.50"),
            ("provider", "studio"): ("3", "1.50"),
        }
        assert {row["money"] for row in rows} == {"rehearsal"} and {row["currency"] for row in rows} == {"CNY"}
        page = made.markdown()
        assert "- 1.50 CNY rehearsed in 3 purchases" in page
        assert "## Rehearsal money in CNY" in page and "## Real" not in page
        assert "| =cmd()\\|x |" not in page and "cmd\\(\\)\\|x" in page, "a name stays in its cell"
        assert page.count("| **total** | 3 | 1.50 |") == len(GROUPS)
        today = await spend(desk.ledger, until=desk.ledger.today(), days=1)
        assert today.reports[0].tables == () and "Nothing was bought." in today.markdown()
        assert made.key == f"reports/spend-{made.since}-to-{made.until}.csv"


async def test_real_money_and_rehearsals_stand_apart(tmp_path: Path) -> None:
    fake = Fake()
    fake.status = JobStatus.SUCCEEDED
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    async with desk_of(tmp_path, fake, url) as desk:
        await buy(order("lamp-1"), desk)
    async with desk_of(tmp_path, fake, url, provider="sora", provider_url="http://127.0.0.1:1/v1/sora") as desk:
        await buy(order("lamp-9"), desk)
        made = await spend(desk.ledger, until=desk.ledger.today(), days=1)
    assert made.totals() == ["0.50 CNY spent in 1 purchases", "0.50 CNY rehearsed in 1 purchases"]
    assert made.markdown().index("## Real money in CNY") < made.markdown().index("## Rehearsal money in CNY")
