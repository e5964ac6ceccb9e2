"""The same product elsewhere: a provider over sockets, works in S3, settings from blocks, the command line on top."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pytest
from pydantic import SecretStr

from callsheet.briefs import load_brief, parse_brief
from callsheet.briefs.files import read_files
from callsheet.errors import ProviderError, SettingsError
from callsheet.money import price_list
from callsheet.products import plan_of
from callsheet.studio.app import studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.flows.conftest import run_flow
from tests.servers import S3Server

EXAMPLE = Path(__file__).parents[2] / "examples" / "trail-bottle.yaml"
COMMAND = [sys.executable, "-c", "from callsheet.cli import main; main()"]
LIMIT = 240


@pytest.fixture
def shop_url(tmp_path: Path) -> Iterator[str]:
    """A studio behind a socket, for `CALLSHEET_PROVIDER=sora`; renders flat colours, so that tests are quick."""
    app: Any = None

    async def made_in_its_own_loop(scope: Any, receive: Any, send: Any) -> None:
        nonlocal app
        app = app or studio_app(
            Studio(tmp_path / "shop", renderer=flat_renderer(4)), key=SecretStr("right"), serve=True
        )
        await app(scope, receive, send)

    with serving(made_in_its_own_loop) as url:
        yield f"{url}/v1/sora"


def lamp(**fields: Any) -> Any:
    good = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US"}
    return parse_brief({**good, "tier": "prototype", "duration": 5, **fields})


def sora(monkeypatch: pytest.MonkeyPatch, url: str, key: str = "right") -> None:
    monkeypatch.setenv("CALLSHEET_PROVIDER", "sora")
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", url)
    monkeypatch.setenv("CALLSHEET_PROVIDER_KEY", key)
    monkeypatch.setenv("CALLSHEET_AUTO_APPROVE_BELOW", "1.00")


def test_a_work_is_published_to_s3(
    prefect_server: None, shop_url: str, s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sora(monkeypatch, shop_url)
    monkeypatch.setenv("CALLSHEET_BUCKET", f"s3://{s3_server.bucket}/works")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    manifest = run_flow(tmp_path, lamp())
    client = s3_server.client()
    base = f"works/{manifest.production_id}"
    written = json.loads(client.get_object(Bucket=s3_server.bucket, Key=f"{base}/manifest.json")["Body"].read())
    assert written["plan_digest"] == manifest.plan_digest
    for item in manifest.deliverables:
        head = client.head_object(Bucket=s3_server.bucket, Key=f"{base}/{item.path}")
        assert head["ContentLength"] == item.bytes
        assert head["ContentType"] == item.content_type
        assert head["Metadata"]["sha256"] == item.sha256
    assert "Uploads" not in client.list_multipart_uploads(Bucket=s3_server.bucket)
    text = json.dumps(written)
    assert "right" not in text
    assert s3_server.secret_key not in text
    assert Books(tmp_path / "shop" / "books.sqlite").charged() == manifest.cost.charged
    assert run_flow(tmp_path, lamp()) == manifest


def test_blocks_decide_by_name(
    prefect_server: None, shop_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blocks import BrandKit, MediaBucket, PurchaseLedger, VideoProvider

    monkeypatch.setenv("CALLSHEET_AUTO_APPROVE_BELOW", "1.00")

    async def save() -> None:
        shop = VideoProvider(provider="sora", url=shop_url, key=SecretStr("right"))
        await shop.asave("shop", overwrite=True)
        await MediaBucket(url=str(tmp_path / "works")).asave("works", overwrite=True)
        ledger = PurchaseLedger(url=SecretStr(f"sqlite:///{tmp_path / 'books.sqlite'}"))
        await ledger.asave("books", overwrite=True)
        await BrandKit(style="vintage", music_mood="calm").asave("brand", overwrite=True)

    asyncio.run(save())
    names = {"provider_block": "shop", "bucket_block": "works", "ledger_block": "books", "brand_block": "brand"}
    manifest = run_flow(tmp_path / "home", lamp(), **names)
    assert (tmp_path / "works" / manifest.production_id / "master.mp4").is_file()
    assert (tmp_path / "books.sqlite").is_file()
    assert manifest.provider.name == "sora"
    assert manifest.timeline.music is not None
    assert manifest.timeline.music.mood == "calm"
    assert not (tmp_path / "home" / "bucket").exists()
    with pytest.raises(SettingsError, match="callsheet-media-bucket/nowhere"):
        run_flow(tmp_path / "home", lamp(), bucket_block="nowhere")


def test_a_wrong_key_is_the_providers_error_and_nothing_is_published(
    prefect_server: None, shop_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sora(monkeypatch, shop_url, key="wrong-secret")
    with pytest.raises(ProviderError, match="the key is not valid") as caught:
        run_flow(tmp_path, lamp())
    assert "wrong-secret" not in str(caught.value)
    assert list((tmp_path / "bucket").rglob("manifest.json")) == []
    assert Books(tmp_path / "shop" / "books.sqlite").charges() == []
    sora(monkeypatch, shop_url)
    run_flow(tmp_path, lamp())


@dataclass
class Served:
    """`callsheet studio` in a process of its own."""

    url: str
    home: Path

    @property
    def books(self) -> Books:
        return Books(self.home / "books.sqlite")


@contextmanager
def served_studio(home: Path) -> Iterator[Served]:
    process = subprocess.Popen(
        [*COMMAND, "studio", "--port", "0", "--home", str(home)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        words = _line(process.stderr, "studio at ")
        yield Served(words.split()[2].rstrip(","), home)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) is not None
        process.stderr.close()


def _line(stream: IO[str], start: str) -> str:
    """The first line that starts so. A watchdog ends the wait where none comes."""
    watchdog = threading.Timer(LIMIT, stream.close)
    watchdog.start()
    try:
        for line in stream:
            if line.startswith(start):
                return line
    finally:
        watchdog.cancel()
    raise AssertionError(f"no line starts with {start!r}")


def _environment(home: Path, studio: Served) -> dict[str, str]:
    from prefect.settings import PREFECT_API_URL

    return {
        **os.environ,
        "CALLSHEET_HOME": str(home),
        "CALLSHEET_PROVIDER": "sora",
        "CALLSHEET_PROVIDER_URL": studio.url,
        "CALLSHEET_PROVIDER_KEY": "any",
        "PREFECT_API_URL": PREFECT_API_URL.value() or "",
    }


def test_the_command_makes_buys_once_and_goes_on_after_an_interruption(prefect_server: None, tmp_path: Path) -> None:
    """Real sockets, real rendering: interrupted after the orders were placed, then run twice more."""
    make = [*COMMAND, "make", str(EXAMPLE), "--tier", "prototype", "--yes", "--json", "--out", str(tmp_path / "out")]
    with served_studio(tmp_path / "studio") as studio:
        environment = _environment(tmp_path / "home", studio)
        first = subprocess.Popen(make, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert first.stderr is not None
        _line(first.stderr, "usage: ordered")
        first.send_signal(signal.SIGINT)
        out, err = first.communicate(timeout=LIMIT)
        assert (first.returncode, out) == (130, "")
        assert "interrupted" in err
        assert "Traceback" not in err

        reports = []
        for _ in range(2):
            done = subprocess.run(make, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
            assert done.returncode == 0, done.stderr
            reports.append(json.loads(done.stdout))
        charges = studio.books.charges()
    _measured(reports, charges, tmp_path / "out")


def _measured(reports: list[Any], charges: list[Any], out: Path) -> None:
    second, third = reports
    assert list(second) == [
        "production_id", "location", "manifest", "manifests", "review", "beside", "deliverables", "cost", "purchases",
        "failed",
    ]  # fmt: skip
    assert (second["cost"]["currency"], second["cost"]["quoted"]) == ("CNY", "2.20")
    assert 0 < Decimal(second["cost"]["spent"]) <= Decimal("2.20")
    assert third["cost"] == {"currency": "CNY", "quoted": "2.20", "spent": "0.00"}
    bought = second["purchases"]["bought"]
    assert third["purchases"] == {"bought": 0, "reused": 5}
    assert second["purchases"] == {"bought": bought, "reused": 5 - bought}
    assert sorted(reason for _, _, reason in charges) == ["accepted"] * 5
    assert len({reference for reference, _, _ in charges}) == 5
    assert second["location"] == str(out.resolve())
    assert {item["kind"] for item in second["deliverables"]} == {
        "master", "stem", "captions", "edit", "poster", "contact_sheet",
    }  # fmt: skip
    for item in second["deliverables"]:
        assert Path(item["path"]).stat().st_size == item["bytes"]
        assert re.fullmatch(r"[0-9a-f]{64}", item["sha256"])
    manifest = json.loads(Path(second["manifest"]).read_text())
    brief = load_brief(EXAMPLE).model_copy(update={"tier": "prototype"})
    plan = plan_of(brief, read_files(brief).media, price_list("sora"))
    assert manifest["plan_digest"] == plan.digest
    assert {p["id"]: len(p["clips"]) for p in manifest["purchases"]} == {
        "close-up": 1, "image-1": 1, "image-2": 1, "image-3": 1, "usage": 2,
    }  # fmt: skip
