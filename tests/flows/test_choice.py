"""Whole runs with a provider that can't be bought from: another makes the work, or nothing is spent."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from callsheet.briefs import parse_brief
from callsheet.errors import BudgetError, SettingsError
from callsheet.provider.places import place_of
from callsheet.studio import jobs
from callsheet.studio.app import studio_app
from callsheet.studio.books import Books
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.cli.test_commands import callsheet_command
from tests.flows.conftest import run_flow


@pytest.fixture
def dead() -> Iterator[str]:
    """An address at which nobody answers."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{nobody.getsockname()[1]}"


def lamp(**fields: Any) -> Any:
    good = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US"}
    return parse_brief({**good, "tier": "prototype", "duration": 5, **fields})


def test_a_fallback_makes_the_work_by_v1_videos_and_keeps_it(
    prefect_server: None, dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(4)))
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", f"{dead}/v1/sora")
    monkeypatch.setenv("CALLSHEET_FALLBACK", "studio-videos")
    manifest = run_flow(tmp_path, lamp(provider="sora"))
    assert (manifest.provider.identity, manifest.provider.rehearsal) == ("studio-videos", True)
    assert (manifest.cost.currency, manifest.cost.quoted, manifest.cost.charged) == (
        "USD",
        Decimal("0.80"),
        Decimal("0.80"),
    )
    assert manifest.purchases[0].clips[0].probe.seconds == pytest.approx(8, abs=0.1)
    assert manifest.measures.seconds == pytest.approx(5, abs=0.1)
    assert manifest.timeline.frames == 150
    monkeypatch.delenv("CALLSHEET_PROVIDER_URL")
    again = run_flow(tmp_path, lamp(), provider="studio-videos")
    assert again == manifest
    assert len(Books(tmp_path / "studio" / "books.sqlite").charges()) == 1


def test_a_dearer_fallback_is_refused_before_anything_is_spent(
    prefect_server: None, dead: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: Any = None

    async def made_in_its_own_loop(scope: Any, receive: Any, send: Any) -> None:
        nonlocal app
        app = app or studio_app(Studio(tmp_path / "shop", renderer=flat_renderer(4)), serve=True)
        await app(scope, receive, send)

    with serving(made_in_its_own_loop) as url:
        environment = {
            "CALLSHEET_PROVIDER": "openai",
            "CALLSHEET_PROVIDER_URL": f"{dead}/v1",
            "CALLSHEET_PROVIDER_MODEL": "sora-2",
            "CALLSHEET_FALLBACK": f"openai#sora-2-pro={url}/v1",
            "CALLSHEET_FALLBACK_KEYS": "openai=any",
        }
        path = tmp_path / "brief.json"
        path.write_text(lamp().model_dump_json(exclude_unset=True))
        done = callsheet_command("make", path, "--yes", CALLSHEET_HOME=str(tmp_path / "home"), **environment)
        assert (done.returncode, done.stdout) == (3, "")
        assert "is passed over, down: " in done.stderr
        assert "+1.60 USD to the first choice" in " ".join(done.stderr.split())
        assert "makes it for 2.40 USD, approved are 0.80 USD" in done.stderr
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BudgetError, match=r"makes it for 2.40 USD, approved are 1.00 USD"):
            run_flow(tmp_path / "home", lamp(), approve_up_to=Decimal("1.00"))
    assert Books(tmp_path / "shop" / "books.sqlite").charges() == []


def test_a_quote_says_who_is_passed_over_without_asking_anybody(dead: str, tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_text(lamp(provider="sora").model_dump_json(exclude_unset=True))
    environment = {"CALLSHEET_FALLBACK": f"vllm-omni={dead}/v1,studio", "CALLSHEET_HOME": str(tmp_path / "home")}
    done = callsheet_command("quote", path, **environment)
    assert (done.returncode, "0.00" in done.stdout) == (0, True)
    assert "sora@https://api.apiyi.com/v1/sora is passed over, retired" in done.stderr
    assert f"to be bought from vllm-omni@{dead}/v1 for 0.00 USD" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_block_decides_the_whole_place_and_names_its_fallbacks(
    prefect_server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blocks import VideoProvider, settings_from_blocks

    monkeypatch.setenv("CALLSHEET_PROVIDER", "sora")
    monkeypatch.setenv("CALLSHEET_PROVIDER_URL", "http://paid/v1/sora")
    monkeypatch.setenv("CALLSHEET_PROVIDER_KEY", "not-for-others")
    monkeypatch.setenv("CALLSHEET_FALLBACK", "studio")

    async def saved() -> Any:
        await VideoProvider(provider="studio-videos").asave("spare-studio", overwrite=True)
        gpu = VideoProvider(provider="vllm-omni", url="http://gpu/v1", model="wan", key=SecretStr("k"), hosts=["cdn"])
        await gpu.asave("spare-gpu", overwrite=True)
        first = VideoProvider(provider="studio", fallback=["spare-gpu", "spare-studio"])
        await first.asave("spare-first", overwrite=True)
        await VideoProvider(provider="nobody").asave("spare-wrong", overwrite=True)
        with pytest.raises(SettingsError, match=r"name: .nobody. is not allowed"):
            await settings_from_blocks(provider="spare-wrong")
        return await settings_from_blocks(provider="spare-first"), await settings_from_blocks(provider="spare-studio")

    first, alone = asyncio.run(saved())
    assert (place_of(first).identity, first.provider_key) == ("studio", None)
    assert [place.identity for place in first.fallbacks()] == ["vllm-omni#wan@http://gpu/v1", "studio-videos"]
    assert [place.key and place.key.get_secret_value() for place in first.fallbacks()] == ["k", None]
    assert first.fallbacks()[0].over(first).provider_hosts == ("cdn",)
    assert [place.identity for place in alone.fallbacks()] == ["studio"]
