"""Services of speech: which there are, what a line costs there, and whose voice speaks it. Facts are data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, SecretStr

from callsheet.errors import SettingsError
from callsheet.money import Amount, Money
from callsheet.provider.catalogue import CatalogueEntry

if TYPE_CHECKING:
    from callsheet.settings import Settings

STUDIO = "studio"
"""What `CALLSHEET_SPEECH_URL` says for the studio inside this process."""
MILLION = Decimal(1_000_000)
_PRICE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Z]{3})\s+(?:per|a|/)\s*(1M characters|million characters|minute)\s*")
_FINEST = Decimal("0.000001")


class SpeechPrice(BaseModel):
    """What a model costs: by the character, or by the minute of what it says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str
    per_million_characters: Amount | None = None
    per_minute: Amount | None = None

    def of(self, text: str, seconds: float) -> Money:
        """What a line costs that lasts `seconds`; charged in millionths, and a fraction of one is a whole one."""
        if self.per_million_characters is not None:
            amount = self.per_million_characters * len(text) / MILLION
        else:
            amount = (self.per_minute or Decimal(0)) * Decimal(str(round(seconds, 3))) / 60
        return Money(amount=amount.quantize(_FINEST, rounding="ROUND_CEILING"), currency=self.currency)


class SpeechService(BaseModel):
    """Where lines are bought: made of the settings by `speech_service`."""

    model_config = ConfigDict(frozen=True)

    entry: CatalogueEntry
    url: str
    key: SecretStr | None
    model: str
    price: SpeechPrice
    voices: Mapping[str, str]

    @property
    def in_process(self) -> bool:
        """Whether it is the studio inside this process."""
        return self.entry.rehearsal

    @property
    def identity(self) -> str:
        """Name and address; the model and the voice stand in each order."""
        return self.entry.name if self.in_process else f"{self.entry.name}@{self.url}"

    def voice(self, name: str, language: str) -> str:
        """The service's voice for one of a brief's. `LANGUAGE.NAME` goes before `NAME`, that before `*`.

        Raises `SettingsError` where there is none.
        """
        for key in (f"{language}.{name}", name, "*"):
            if key in self.voices:
                return self.voices[key]
        known = ", ".join(sorted(self.voices))
        raise SettingsError(f"CALLSHEET_SPEECH_VOICES: there is no voice for {name!r}; there are voices for {known}")


@cache
def _data() -> dict[str, Any]:
    file = resources.files("callsheet").joinpath("data", "providers", "speech.json")
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


def speech_service(settings: Settings) -> SpeechService | None:
    """The service that the settings name, None where lines are spoken by the built-in voices.

    Raises `SettingsError` for a model without a price, or a price or voice that can't be read.
    """
    url = settings.speech_url
    if url is None:
        return None
    name = "studio-speech" if url == STUDIO else "openai-speech"
    entry = CatalogueEntry.model_validate({"name": name, **_data()["services"][name]})
    model = settings.speech_model
    return SpeechService(
        entry=entry,
        url=entry.base_url if entry.rehearsal else url.rstrip("/"),
        key=settings.speech_key,
        model=model,
        price=_free() if entry.rehearsal and settings.speech_price is None else _price(settings.speech_price, model),
        voices=_data()["voices"] | read_voices(settings.speech_voices),
    )


def _free() -> SpeechPrice:
    """The studio's own voices, which cost nothing unless a rehearsal is to count what others would take."""
    return SpeechPrice(currency=_data()["currency"], per_million_characters=Decimal(0))


def read_voices(text: str) -> dict[str, str]:
    """`NAME=VOICE`, comma-separated, where a name is a brief's voice, `LANGUAGE.NAME` or `*`."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, voice = part.partition("=")
        if not sign or not name.strip() or not voice.strip():
            raise SettingsError(f"CALLSHEET_SPEECH_VOICES: {part!r} is not allowed; it must be NAME=VOICE")
        found[name.strip()] = voice.strip()
    return found


def _price(text: str | None, model: str) -> SpeechPrice:
    if text is not None:
        read = _PRICE.fullmatch(text)
        if read is None:
            allowed = "it must be such as 15 USD per 1M characters or 0.015 USD per minute"
            raise SettingsError(f"CALLSHEET_SPEECH_PRICE: {text!r} is not allowed; {allowed}")
        unit = "per_minute" if read[3] == "minute" else "per_million_characters"
        return SpeechPrice.model_validate({"currency": read[2], unit: read[1]})
    prices = _data()["prices"]
    if model not in prices:
        known = ", ".join(prices)
        raise SettingsError(f"CALLSHEET_SPEECH_PRICE: {model} has no price of its own; set one (known: {known})")
    return SpeechPrice.model_validate({"currency": _data()["currency"], **prices[model]})
