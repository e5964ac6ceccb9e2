"""The dialect of `/v1/audio/speech`: answers of all kinds, settings, and the studio that speaks it."""

from __future__ import annotations

import struct
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from callsheet.desk import Desk
from callsheet.errors import Incapable, MediaError, Rejected, SettingsError
from callsheet.features import Speech, TextToVideo
from callsheet.ledger.store import open_ledger
from callsheet.media.soundfile import measure_sound, wav_of
from callsheet.provider.dialects import make_provider
from callsheet.provider.http import HttpClient
from callsheet.provider.protocol import Delivery
from callsheet.provider.speech_services import SpeechService, speech_service
from callsheet.settings import Settings, settings_from_environment
from callsheet.speech_desk import open_speech_desk
from callsheet.storage import open_bucket

SAMPLES = bytes(range(1, 201)) * 4


def riff(samples: bytes, *, code: int = 1, bits: int = 16, channels: int = 1, size: int | None = None) -> bytes:
    """A WAV file with a chunk that nobody knows, and the size of its samples as it is or as it is said."""
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, code, channels, 24_000, 48_000, 2, bits)
    extra = struct.pack("<4sI", b"LIST", 3) + b"abc\0"
    body = struct.pack("<4sI", b"data", len(samples) if size is None else size) + samples
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + head + extra + body


@pytest.mark.parametrize("answer", [riff(SAMPLES), riff(SAMPLES, size=0xFFFFFFFF), riff(SAMPLES, code=0xFFFE)])
def test_a_streamed_header_is_put_right(answer: bytes, tmp_path: Path) -> None:
    path = tmp_path / "line.wav"
    path.write_bytes(wav_of(answer, "audio/wav", "wav"))
    found = measure_sound(path)
    assert (found.sample_rate, found.channels, found.bytes) == (24_000, 1, 44 + len(SAMPLES))
    assert path.read_bytes() == wav_of(SAMPLES + b"\1", "audio/pcm", "pcm")


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"{}", "application/json", "application/json, not a sound"),
        (b"ID3", "audio/mpeg", "audio/mpeg, not a sound"),
        (b"hello", "audio/wav", "no WAV file"),
        (riff(SAMPLES, bits=8), "audio/wav", "8 bits"),
        (riff(SAMPLES, code=85), "audio/wav", "code 85"),
        (riff(b"\0" * 400), "audio/wav", "without anything in it"),
        (riff(b""), "audio/wav", "without anything in it"),
        (riff(SAMPLES)[:40], "audio/wav", "without samples"),
    ],
)
def test_what_is_no_sound_is_told(answer: bytes, kind: str, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        wav_of(answer, kind, "wav")


def service(**change: object) -> SpeechService:
    found = speech_service(Settings.model_validate({"speech_url": "http://voices.test/v1/", **change}))
    assert found is not None
    return found


def test_no_address_means_the_built_in_voices() -> None:
    assert speech_service(Settings()) is None


def test_voices_and_prices_are_those_of_the_settings_before_those_of_the_data() -> None:
    plain = service()
    assert plain.identity == "openai-speech@http://voices.test/v1"
    assert plain.voice("teacher_male", "zh-CN") == "echo"
    assert plain.price.of("x" * 1_000, 0).amount == Decimal("0.015")
    own = service(speech_voices="female=Anna, zh-CN.female=Mei,*=Bob", speech_price="2 CNY per 1M characters")
    names = [own.voice(*each) for each in (("female", "zh-CN"), ("female", "en-US"), ("", "en-US"))]
    assert names == ["Mei", "Anna", "Bob"]
    assert str(own.price.of("字" * 500_000, 0)) == "1.00 CNY"
    assert service(speech_model="tts-1-hd").price.per_million_characters == Decimal("30.00")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"speech_model": "own"}, "own has no price of its own"),
        ({"speech_price": "cheap"}, "15 USD per 1M characters"),
        ({"speech_voices": "female"}, "NAME=VOICE"),
    ],
)
def test_what_can_not_be_bought_with_is_a_wrong_setting(change: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        service(**change)


def test_an_address_with_a_key_in_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_SPEECH_URL", "https://user:word@voices.test/v1")
    with pytest.raises(SettingsError, match="CALLSHEET_SPEECH_URL"):
        settings_from_environment()
    with pytest.raises(SettingsError, match="no voice for 'robot'"):
        service().voice("robot", "en-US")
    with pytest.raises(SettingsError, match="spoken lines and no clips"):
        make_provider(service().entry, "x", HttpClient("http://voices.test", None))
    assert "word" not in repr(service(speech_key=SecretStr("word")))


async def test_the_studio_speaks_lines_that_are_bought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSHEET_HOME", str(tmp_path))
    settings = Settings(home=tmp_path, speech_url="studio")
    found = speech_service(settings)
    assert found is not None and found.entry.rehearsal
    ledger = await open_ledger(settings.ledger_address())
    try:
        desk = Desk(settings, open_bucket(settings.bucket_url()), ledger)
        async with open_speech_desk(desk, found) as counter:
            assert (counter.identity, counter.entry.name) == ("studio-speech", "studio-speech")
            order = Speech(model="tts-1", voice="nova", text="Hello there.", response_format="pcm", speed=1.5)
            answer = await counter.provider.submit(order, "a" * 64, {})
            assert isinstance(answer, Delivery) and answer.cost is None
            await counter.provider.fetch(answer.clips[0].url, tmp_path / "line.wav")
            heard = measure_sound(tmp_path / "line.wav")
            assert heard.seconds == answer.clips[0].seconds and 0.3 < heard.seconds < 2.0
            job = await counter.provider.find("a" * 64)
            assert job is not None and job.delivery == answer
            with pytest.raises(Rejected) as unknown:
                await counter.provider.poll("b" * 64)
            assert unknown.value.status == 404
            for wrong in ({"voice": "robot"}, {"text": "。。。"}):
                with pytest.raises(Rejected) as refused:
                    await counter.provider.submit(order.model_copy(update=wrong), "c" * 64, {})
                assert refused.value.status == 400
            with pytest.raises(Incapable, match="speech only"):
                clip = TextToVideo(prompt="a lamp", duration=5, resolution="720p")
                await counter.provider.submit(clip, "d" * 64, {})
    finally:
        await ledger.close()
