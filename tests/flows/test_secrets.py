"""A whole run with every secret that there is: none stands in Prefect's database and results, logs, S3 or any file."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_HOME, PREFECT_SERVER_DATABASE_CONNECTION_URL
from pydantic import SecretStr

from blocks import MediaBucket, PurchaseLedger, VideoProvider
from tests.flows.conftest import run_flow
from tests.flows.test_places import lamp
from tests.servers import S3Server
from tests.test_secrets import HOOK, PASSWORD, shown, told_by, written

KEY, FIRST, BAD = "canary-flow-used-e5b1", "canary-flow-first-0a77", "canary-flow-wrong-6cc2"
NOTICE, TOKEN = "whsec_Y2FuYXJ5LW5vdGljZS1zZWNyZXQtMDEyMzQ1Njc4OQ==", "canary-token-4d1f"
DOWN = "http://127.0.0.1:1/v1/sora"
"""Nobody listens at port 1."""
PRICES = {
    "provider": "sora",
    "currency": "CNY",
    "source": "the contract",
    "read_on": "2026-11-22",
    "versions": [{"valid_from": "2026-01-01", "per_second": {"480p": "0.10"}}],
}


@pytest.fixture
def shop_url(tmp_path: Path) -> Any:
    from callsheet.studio.app import studio_app
    from callsheet.studio.jobs import Studio
    from callsheet.testing import flat_renderer, serving

    with serving(
        studio_app(Studio(tmp_path / "shop", renderer=flat_renderer(4)), key=SecretStr(KEY), serve=True)
    ) as at:
        yield f"{at}/v1/sora"


async def saved(shop_url: str, server: S3Server, home: Path) -> dict[str, str]:
    """Blocks with all secrets; the first provider does not answer, so its fallback's key is the one in use."""
    shop = VideoProvider(provider="studio", url=shop_url, key=SecretStr(KEY))
    await shop.asave("secret-shop", overwrite=True)
    first = VideoProvider(provider="sora", url=DOWN, key=SecretStr(FIRST), fallback=["secret-shop"], prices=PRICES)
    await first.asave("secret-first", overwrite=True)
    wrong = VideoProvider(provider="studio", url=shop_url, key=SecretStr(BAD))
    await wrong.asave("secret-wrong", overwrite=True)
    keys = {"access_key": SecretStr(server.access_key), "secret_key": SecretStr(server.secret_key)}
    bucket = MediaBucket(url=f"s3://{server.bucket}/secrets", endpoint=server.endpoint, **keys)
    await bucket.asave("secret-bucket", overwrite=True)
    address = SecretStr(f"sqlite:///{home / 'books.sqlite'}")
    await PurchaseLedger(url=address).asave("secret-ledger", overwrite=True)
    database = SecretStr(f"postgresql://callsheet:{PASSWORD}@127.0.0.1:1/ledger")
    await PurchaseLedger(url=database).asave("secret-database", overwrite=True)
    return {"provider_block": "secret-first", "bucket_block": "secret-bucket", "ledger_block": "secret-ledger"}


ANSWERS: dict[Any, dict[str, Any]] = {
    "/flow_runs/filter": {"sort": "START_TIME_DESC"},
    "/task_runs/filter": {"sort": "EXPECTED_START_TIME_DESC"},
    "/artifacts/filter": {"sort": "CREATED_DESC"},
    "/logs/filter": {"sort": "TIMESTAMP_DESC"},
    "/events/filter": {"filter": {"order": "DESC"}},
    "/block_documents/filter": {"include_secrets": False},
    "/block_schemas/filter": {},
    "/deployments/filter": {},
    "/automations/filter": {},
    "/variables/filter": {},
}
"""What whoever may read the server's API is answered, the newest first."""


async def answered() -> dict[str, bytes]:
    """Each answer as it is sent; the server shows 200 of each kind, far more than this test's own."""
    found: dict[str, bytes] = {}
    async with get_client() as client:
        for path, body in ANSWERS.items():
            reply = await client.request("POST", path, json={"limit": 50 if "events" in path else 200, **body})
            found[path] = reply.content
    return found


def test_no_secret_is_written_by_a_run(
    prefect_server: None,
    shop_url: str,
    s3_server: S3Server,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("", "prefect", "httpx", "httpcore", "sqlalchemy.engine", "aiosqlite", "botocore", "boto3", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setenv("CALLSHEET_CALLBACK_SECRET", HOOK)
    monkeypatch.setenv("CALLSHEET_NOTICE_SECRET", NOTICE)
    monkeypatch.setenv("CALLSHEET_NOTICE_URLS", f"{DOWN}/{TOKEN}, {DOWN}?token={TOKEN}")
    blocks = asyncio.run(saved(shop_url, s3_server, tmp_path))
    manifest = run_flow(tmp_path / "home", lamp(), **blocks)
    assert manifest.provider.name == "studio"  # by its fallback key
    seen = [repr(manifest).encode() + manifest.model_dump_json().encode() + pickle.dumps(manifest)]
    for change in ({"provider_block": "secret-wrong"}, {"ledger_block": "secret-database"}):
        with pytest.raises(Exception) as caught:
            run_flow(tmp_path / "home", lamp(description="a copper lamp"), **{**blocks, **change})
        seen += shown(caught.value)

    told = asyncio.run(answered())
    for path, expected in {
        "/flow_runs/filter": b"secret-database",
        "/artifacts/filter": manifest.production_id.encode(),
        "/logs/filter": b"ledger",
        "/block_documents/filter": b"secret-shop",
        "/events/filter": b"prefect.flow-run.",
    }.items():
        assert expected in told[path], path
    seen += [*told.values()]

    client = s3_server.client()
    listed = client.list_objects_v2(Bucket=s3_server.bucket, Prefix="secrets/")["Contents"]
    for item in listed:
        object_ = client.get_object(Bucket=s3_server.bucket, Key=item["Key"])
        seen.append(item["Key"].encode() + json.dumps(object_["Metadata"]).encode() + object_["Body"].read())
    keys = [item["Key"] for item in listed]
    assert [key for key in keys if key.endswith("/manifest.json")], "a work was published"
    assert {Path(key).suffix for key in keys} >= {".mp4", ".wav", ".edl", ".otio", ".srt", ".json", ".jpg"}

    records, signed = told_by(caplog.records)
    captured = capfd.readouterr()
    seen += records
    signed += [captured.out.encode(), captured.err.encode()]  # Prefect's handler shows botocore's records there too
    address: Any = PREFECT_SERVER_DATABASE_CONNECTION_URL.value()
    plain = address.get_secret_value() if isinstance(address, SecretStr) else str(address)
    database = Path(plain.partition(":///")[2])
    files = [*written(tmp_path), *written(PREFECT_HOME.value()), *written(database.parent)]
    assert b"marketing-video" in database.read_bytes() + _beside(database)
    secrets = (KEY, FIRST, BAD, PASSWORD, HOOK, HOOK.removeprefix("whsec_"), NOTICE, TOKEN, s3_server.secret_key)
    for secret in secrets:
        assert not [text for text in signed if secret.encode() in text], secret
        assert not [path for path in files if secret.encode() in path.read_bytes()], secret
    for canary in (*secrets, s3_server.access_key):
        assert not [text[:300] for text in seen if canary.encode() in text], canary


def _beside(database: Path) -> bytes:
    """What is not yet in the file itself."""
    log = database.with_name(f"{database.name}-wal")
    return log.read_bytes() if log.exists() else b""
