"""Lines that are bought: in the quote and under the approval, once, heard in the work, and driving a course."""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callsheet.briefs import parse_brief
from callsheet.cli import cli
from callsheet.errors import BudgetError, SettingsError
from callsheet.manifest import Manifest
from callsheet.media.soundfile import PCM_RATE, SoundFile
from callsheet.media.speech import kokoro
from callsheet.media.speech.estimate import estimate
from callsheet.media.wave import read_sound
from callsheet.studio import jobs
from callsheet.studio.jobs import Studio
from callsheet.testing import flat_renderer, serving
from tests.flows.test_course_video import BRIEF as COURSE
from tests.flows.test_course_video import _in_step

ADVERT: dict[str, Any] = {
    "kind": "marketing",
    "name": "Lamp",
    "description": "a brass lamp",
    "slogan": "Light, wherever you are.",
    "language": "en-US",
    "tier": "prototype",
    "duration": 5,
}
PITCH = 220.0


@dataclass
class Voices:
    """A service of speech that says everything as a tone, a little slowly, and counts what it says."""

    said: list[dict[str, Any]] = field(default_factory=list)

    async def speak(self, request: Request) -> Response:
        order = await request.json()
        self.said.append(order)
        language = "zh-CN" if re.search("[\u4e00-\u9fff]", order["input"]) else "en-US"
        at = np.arange(round(1.3 * estimate([order["input"]], language) * PCM_RATE)) / PCM_RATE
        wave = np.asarray(8000 * np.sin(2 * np.pi * PITCH * at), "<i2")
        return Response(wave.tobytes(), media_type="audio/pcm")


@pytest.fixture
def voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Voices]:
    def silent(*_: Any) -> Any:
        raise AssertionError("a built-in voice speaks")

    made = Voices()
    monkeypatch.setattr(kokoro, "synthesise", silent)
    monkeypatch.setattr(jobs, "Studio", functools.partial(Studio, renderer=flat_renderer(2)))
    with serving(Starlette(routes=[Route("/v1/audio/speech", made.speak, methods=["POST"])])) as address:
        for name, value in {
            "HOME": str(tmp_path),
            "SPEECH_URL": f"{address}/v1",
            "SPEECH_KEY": "speech-key-0123456789",
            "SPEECH_PRICE": "1000 CNY per 1M characters",
            "SPEECH_FORMAT": "pcm",
        }.items():
            monkeypatch.setenv(f"CALLSHEET_{name}", value)
        yield made


def advert(**parameters: Any) -> Manifest:
    from flows.marketing_video import marketing_video

    return Manifest.model_validate(asyncio.run(marketing_video(brief=cast(Any, parse_brief(ADVERT)), **parameters)))


def test_a_bought_line_is_quoted_approved_heard_and_bought_once(
    prefect_server: None, tmp_path: Path, voices: Voices
) -> None:
    brief = tmp_path / "lamp.yaml"
    brief.write_text(json.dumps(ADVERT))
    quoted = json.loads(CliRunner().invoke(cli, ["quote", str(brief), "--json"]).output)
    price = Decimal("0.000024") * 1000  # 24 characters
    assert {line["feature"]: Decimal(line["amount"]) for line in quoted["lines"]}["speech"] == price
    assert Decimal(quoted["total"]) == sum(Decimal(line["amount"]) for line in quoted["lines"])

    # The studio bills nobody for its clips, but this line is real money.
    with pytest.raises(BudgetError, match="nobody has approved it"):
        advert()
    assert voices.said == []
    made = advert(approve_up_to=Decimal(quoted["total"]))
    assert made.plan_digest == quoted["digest"]
    (line,) = [one for one in made.purchases if one.feature == "speech"]
    assert (line.quoted, line.charged) == (price, price)
    assert made.cost.charged == made.cost.quoted == Decimal(quoted["total"])
    assert isinstance(line.clips[0].probe, SoundFile)
    assert [order["input"] for order in voices.said] == [ADVERT["slogan"]]

    folder = tmp_path / "bucket" / made.production_id
    heard = read_sound(folder / "stems/voice.wav")[:, 0]
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.fft.rfftfreq(len(heard), 1 / 48_000)[int(spectrum.argmax())] == pytest.approx(PITCH, abs=2)
    for path in folder.rglob("*"):
        assert path.is_dir() or b"speech-key-0123456789" not in path.read_bytes(), path

    (folder / "manifest.json").unlink()  # cut again, from what was bought
    assert advert(approve_up_to=Decimal(quoted["total"])).purchases == made.purchases
    assert len(voices.said) == 1


def test_a_price_in_another_currency_is_refused_before_anything(
    voices: Voices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLSHEET_SPEECH_PRICE", "15 USD per 1M characters")
    with pytest.raises(SettingsError, match=r"CALLSHEET_SPEECH_PRICE: .* it must be the price in CNY"):
        advert(approve_up_to=Decimal(100))
    assert voices.said == []


def test_bought_sentences_drive_a_course(prefect_server: None, tmp_path: Path, voices: Voices) -> None:
    from flows.course_video import course_video

    brief = parse_brief(COURSE)
    made = Manifest.model_validate(
        asyncio.run(course_video(brief=cast(Any, brief), approve_up_to=Decimal(10), approve_currency="CNY"))
    )
    folder = tmp_path / "bucket" / made.production_id
    assert made.measures.seconds == pytest.approx(60, abs=1 / 30)
    assert len(voices.said) == len({order["input"] for order in voices.said}) == 18  # nine sentences, two languages
    assert sum(one.feature == "speech" for one in made.purchases) == 18
    assert made.cost.charged == made.cost.quoted
    _in_step(made, folder / "stems/voice.wav", folder / "captions/en-US.srt", 9)
    _in_step(made, folder / "voices/zh-CN.wav", folder / "captions/zh-CN.srt", 9)
