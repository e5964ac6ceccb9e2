"""No secret of the settings is written anywhere: not in logs, errors, records, the bucket, the ledger or the studio."""

from __future__ import annotations

import contextlib
import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from callsheet.desk import open_desk
from callsheet.errors import CallsheetError
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.settings import Settings
from callsheet.studio.app import studio_app
from callsheet.studio.callbacks import CallbackPolicy
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.studios import small_plan

KEY, WRONG, FALLBACK = "canary-provider-4f1c", "canary-refused-2a6d", "canary-fallback-91ab"
ACCESS, SECRET, PASSWORD = "canary-access-77e0", "canary-s3secret-c3d4", "canary-dbpass-0b5e"
HOOK = "whsec_Y2FuYXJ5LWNhbGxiYWNrLXNlY3JldC0xMjM0NTY3"
CANARIES = (KEY, WRONG, FALLBACK, ACCESS, SECRET, PASSWORD, HOOK, HOOK.removeprefix("whsec_"))
REFUSED = "http://127.0.0.1:1"
"""Nobody listens at port 1."""


def settings(home: Path, address: str, key: str = KEY, **more: Any) -> Settings:
    """All secrets that there are are set, whether this run needs them or not."""
    return Settings(
        home=home,
        provider="studio",
        provider_url=address,
        provider_key=SecretStr(key),
        fallback="sora=https://other.example/v1/sora",
        fallback_keys=SecretStr(f"sora={FALLBACK}"),
        bucket_access_key=SecretStr(ACCESS),
        bucket_secret_key=SecretStr(SECRET),
        **{"wait_seconds": 30, **more},
    )


async def bought(chosen: Settings, prompt: str) -> Bought:
    plan = small_plan(description=prompt)
    async with open_desk(chosen) as desk:
        order = Order(purchase=plan.purchases[0], production_id=plan.production_id("studio"), tier=plan.tier, cap=None)
        return await buy(order, desk)


def shown(error: BaseException) -> list[bytes]:
    """All that a log or another process may see of an error, causes included."""
    texts = [repr(error), str(error), "".join(traceback.format_exception(error)), repr(vars(error))]
    pickled = [pickle.dumps(error)] if isinstance(error, CallsheetError) else []
    return [text.encode("utf-8", "replace") for text in texts] + pickled


async def refused(call: Any) -> list[bytes]:
    with pytest.raises(Exception) as caught:
        await call
    return shown(caught.value)


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def told_by(records: list[logging.LogRecord]) -> tuple[list[bytes], list[bytes]]:
    """All that log records hold: of everybody, and of the S3 client.

    At DEBUG botocore shows its signed requests, which name the access key itself: it says who asks. The secret key must
    not be there either.
    """
    everybody: list[bytes] = []
    signed: list[bytes] = []
    for record in records:
        texts = signed if record.name.startswith(("botocore", "urllib3", "boto3", "s3transfer")) else everybody
        texts.append(repr(record.__dict__).encode("utf-8", "replace"))
        with contextlib.suppress(TypeError):  # a record of another package whose arguments do not fit
            texts.append(record.getMessage().encode("utf-8", "replace"))
    return everybody, signed


async def open_only(chosen: Settings) -> None:
    async with open_desk(chosen, buying=False) as desk:
        await desk.bucket.get_bytes("clips/none.mp4", 10)


async def test_no_secret_is_written_anywhere(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    log_as_before: None,
) -> None:
    for name in ("", "httpx", "httpcore", "sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "botocore", "asyncpg"):
        caplog.set_level(logging.DEBUG, logger=name)
    home = tmp_path / "home"
    monkeypatch.setenv("CALLSHEET_LOG", "json")
    policy = CallbackPolicy(secret=SecretStr(HOOK))
    studio = Studio(tmp_path / "studio", renderer=flat_renderer(8), callbacks=policy)

    async def broken(_: Any) -> JSONResponse:
        return JSONResponse({"error": {"code": "oops", "message": "broken"}}, status_code=500)

    fault = Starlette(routes=[Route("/{path:path}", broken, methods=["GET", "POST"])])
    seen: list[bytes] = []
    with serving(studio_app(studio, key=SecretStr(KEY), serve=True)) as address, serving(fault) as faulty:
        base = f"{address}/v1/sora"
        good = settings(home, base)
        seen.append(repr(good).encode() + good.model_dump_json().encode() + repr(good.fallbacks()).encode())
        clips = await bought(good, "a brass lamp")
        seen.append(repr(clips).encode() + pickle.dumps(clips))
        seen += await refused(bought(settings(home, base, WRONG), "a lamp by a wrong key"))
        seen += await refused(bought(settings(home, f"{faulty}/v1/sora"), "a lamp at a broken server"))
        seen += await refused(
            bought(settings(home, f"{REFUSED}/v1/sora", wait_seconds=0.5), "a lamp that nobody sells")
        )
        database = SecretStr(f"postgresql://callsheet:{PASSWORD}@127.0.0.1:1/ledger")
        seen += await refused(open_only(settings(home, base, ledger_url=database)))
        bucket = {"bucket": "s3://productions/x", "bucket_endpoint": REFUSED}
        seen += await refused(open_only(settings(home, base, **bucket)))
    records, signed = told_by(caplog.records)
    seen += records
    assert not [text for text in signed if SECRET.encode() in text]
    captured = capfd.readouterr()
    assert '"logger": "callsheet.work"' in captured.err, "our own log was written"
    seen += [captured.out.encode(), captured.err.encode()]
    files = written(tmp_path)
    assert {"ledger.sqlite", "books.sqlite"} <= {path.name for path in files}
    assert any(path.suffix == ".mp4" and "bucket" in path.parts for path in files)
    assert any(record.name.startswith("httpcore") for record in caplog.records), "nothing was recorded"
    for canary in CANARIES:
        assert not [text[:300] for text in seen if canary.encode() in text], canary
        assert not [path for path in files if canary.encode() in path.read_bytes()], canary
