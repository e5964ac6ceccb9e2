"""Spoken lines are bought like clips: once, whatever happens between the order and its settlement."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.types import Receive, Scope, Send

from callsheet import faults
from callsheet.errors import BudgetError, InDoubt, ProviderError, Rejected
from callsheet.ledger import clarify, submit
from callsheet.ledger.assets import Asset
from callsheet.ledger.buy import buy
from callsheet.ledger.order import Bought, Order
from callsheet.ledger.queries import committed
from callsheet.ledger.resolve import resolve
from callsheet.ledger.states import State
from callsheet.ledger.store import open_ledger
from callsheet.media.soundfile import SoundFile
from callsheet.money import Money
from callsheet.plan.speech import speech_purchases
from callsheet.provider.http import HttpClient
from callsheet.provider.openai_speech import SpeechProvider
from callsheet.provider.speech_services import SpeechService, speech_service
from callsheet.settings import Settings
from callsheet.speech_desk import SpeechDesk
from callsheet.storage import open_bucket
from callsheet.studio.speech_api import _wav
from callsheet.timeline import Line, Shot, Timeline

TEXT = "Good morning, and welcome."


def timeline(*lines: Line, language: str = "en-US") -> Timeline:
    shots = (Shot(clip="c", frames=300),)
    return Timeline(name="w", width=320, height=180, language=language, voice="female", shots=shots, lines=lines)


@dataclass
class Voices:
    """A service of speech that says everything as a tone of half a second, and counts what it would charge."""

    home: Path
    spoken: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, bytes, str]] = field(default_factory=list)
    lose: int = 0
    change: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["path"] == "/v1/audio/speech"
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, answer, kind = self.answers.pop(0) if self.answers else (200, tone(), "audio/wav")
        if status == 200:
            self.spoken.append(json.loads(body))
        if self.lose:
            self.lose -= 1
            raise ConnectionResetError("the line is cut after the order was taken")
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def service(self) -> SpeechService:
        settings = Settings(home=self.home, speech_url="http://voices.test/v1", speech_key="secret", **self.change)
        service = speech_service(settings)
        assert service is not None
        return service

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[SpeechDesk]:
        settings = Settings(home=self.home, wait_seconds=30)
        ledger = await open_ledger(settings.ledger_address())
        bucket = open_bucket(settings.bucket_url())
        service = self.service()
        client = HttpClient(service.url, service.key, app=self)
        try:
            seller = SpeechProvider(service, client, bucket=bucket, folder=self.home / "speech")
            yield SpeechDesk(settings, bucket, ledger, seller)
        finally:
            await client.close()
            await ledger.close()

    async def buy(self, text: str = TEXT, **change: Any) -> Bought:
        purchase = speech_purchases([timeline(Line(text=text, start=0))], self.service())[0]
        order = Order(purchase=purchase, production_id="talk-1", tier="prototype", **change)
        async with self.desk() as desk:
            return await buy(order, desk)


def tone(seconds: float = 0.5) -> bytes:
    at = np.arange(round(seconds * 24_000)) / 24_000
    return _wav(np.asarray(8000 * np.sin(2 * np.pi * 220 * at), "<i2").tobytes())


@pytest.fixture
def voices(tmp_path: Path) -> Voices:
    return Voices(tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(submit, "PAUSE", 0.01)
    monkeypatch.setattr(clarify, "PAUSE", 0.01)
    yield
    faults.armed.clear()


class Crash(BaseException):
    """A stop that nobody catches, as a kill would be."""


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


async def test_a_line_is_bought_once_and_kept_by_its_content(voices: Voices) -> None:
    first, again = await voices.buy(), await voices.buy()
    assert first == again
    assert voices.spoken == [{"model": "tts-1", "voice": "nova", "input": TEXT, "response_format": "wav"}]
    assert first.charged == first.quoted == usd("0.00039")  # 26 characters at 15.00 for a million
    asset = first.assets[0]
    assert asset.key == f"clips/{asset.sha256[:2]}/{asset.sha256}.wav"
    assert isinstance(asset.probe, SoundFile) and asset.probe.seconds == 0.5
    assert Asset.model_validate_json(asset.model_dump_json()) == asset
    assert (voices.home / "bucket" / asset.key).read_bytes() == tone()
    assert not list((voices.home / "speech").iterdir())


@pytest.mark.parametrize("point", faults.POINTS)
async def test_stopped_anywhere_nothing_is_paid_twice(voices: Voices, point: str) -> None:
    def crash() -> None:
        raise Crash(point)

    faults.armed[point] = crash
    # The service is done at once: nobody ever waits for a job.
    with contextlib.nullcontext() if point in ("buy.submitted", "buy.ready") else pytest.raises(Crash):
        await voices.buy()
    faults.armed.clear()
    if point == "buy.submitting":  # nothing had left, which nobody can know
        with pytest.raises(InDoubt, match=r"0\.00 USD can't be found out"):
            await voices.buy()
        assert voices.spoken == []
        return
    bought = await voices.buy()
    assert len(voices.spoken) == 1
    assert bought.charged == usd("0.00039")
    async with voices.desk() as desk:
        assert await committed(desk.ledger, "talk-1", "USD") == usd("0.00039")


async def test_a_lost_reply_is_in_doubt_until_somebody_decides(voices: Voices) -> None:
    voices.answers = [(504, b"", "text/plain")]
    for _ in range(2):
        with pytest.raises(InDoubt):
            await voices.buy()
    assert voices.spoken == []
    async with voices.desk() as desk:
        purchase = speech_purchases([timeline(Line(text=TEXT, start=0))], voices.service())[0]
        key = Order(purchase=purchase, production_id="talk-1", tier="prototype").key(desk.identity)
        entry = await desk.ledger.get(key)
        assert entry is not None and entry.state is State.IN_DOUBT
        await resolve(desk.ledger, key, "lost")
    assert (await voices.buy()).charged == usd("0.00039")
    assert len(voices.spoken) == 1


async def test_an_answer_that_is_no_sound_may_have_been_charged(voices: Voices) -> None:
    voices.answers = [(200, b"{}", "application/json")]
    with pytest.raises(InDoubt):
        await voices.buy()
    assert len(voices.spoken) == 1


async def test_the_bucket_may_fail_after_the_answer_came(voices: Voices, monkeypatch: pytest.MonkeyPatch) -> None:
    from callsheet.storage import local

    async def broken(*_: object, **__: object) -> None:
        raise Crash("the bucket")

    with monkeypatch.context() as patch:
        patch.setattr(local.LocalBucket, "put_file", broken)
        with pytest.raises(Crash):
            await voices.buy()
    assert len(list((voices.home / "speech").glob("*.wav"))) == 1
    bought = await voices.buy()
    assert len(voices.spoken) == 1
    assert (voices.home / "bucket" / bought.assets[0].key).is_file()


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "invalid_field"), (401, "invalid_key"), (422, "value_error"), (429, "insufficient_quota")],
)
async def test_a_refused_line_costs_nothing(voices: Voices, status: int, code: str) -> None:
    voices.answers = [(status, json.dumps({"error": {"code": code, "message": "no"}}).encode(), "application/json")]
    with pytest.raises(Rejected, match="no"):
        await voices.buy()
    assert (await voices.buy()).charged == usd("0.00039")


async def test_a_line_over_the_cap_is_not_sent(voices: Voices) -> None:
    with pytest.raises(BudgetError):
        await voices.buy(cap=usd("0.0001"))
    assert voices.spoken == []


async def test_a_price_by_the_minute_is_charged_by_what_was_said(voices: Voices) -> None:
    voices.change = {"speech_price": "0.6 USD per minute", "speech_model": "own"}
    bought = await voices.buy()
    assert usd("0.01") <= bought.quoted <= usd("0.03")
    assert bought.charged == usd("0.005")


async def test_a_service_that_is_busy_is_asked_a_bounded_number_of_times(voices: Voices) -> None:
    voices.answers = [(429, b"{}", "application/json")] * 9
    async with voices.desk() as desk:
        purchase = speech_purchases([timeline(Line(text=TEXT, start=0))], voices.service())[0]
        with pytest.raises(ProviderError):
            await buy(Order(purchase=purchase, production_id="talk-1", tier="prototype"), desk)
    assert voices.spoken == []


def test_the_same_words_in_the_same_voice_are_one_purchase(voices: Voices) -> None:
    lines = [Line(text=TEXT, start=0), Line(text="Bye, then.", start=90), Line(text=TEXT, start=200),
             Line(text=TEXT, start=250, voice="male")]  # fmt: skip
    found = speech_purchases([timeline(*lines)], voices.service())
    assert [purchase.request.model_dump()["voice"] for purchase in found] == ["nova", "nova", "onyx"]
    assert len({purchase.id for purchase in found}) == 3
    assert speech_purchases([timeline(*lines)], voices.service()) == found
