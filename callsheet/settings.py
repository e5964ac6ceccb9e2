"""Settings by environment. A block or a flow's parameter overrules them; nothing else is configuration."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from callsheet.budget import Caps
from callsheet.errors import SettingsError
from callsheet.money import Money, PriceList, price_list
from callsheet.provider.catalogue import CatalogueEntry
from callsheet.provider.places import Place, plain_address, plain_model, read_keys, read_places
from callsheet.provider.prices import OwnPrices, read_prices
from callsheet.validation import faults_of


def _money(value: Any) -> Any:
    """`200 CNY` as money."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Z]{3})\s*", value)
    if not found:
        raise ValueError("it must be an amount with its currency, such as 200 CNY")
    return Money(amount=Decimal(found[1]), currency=found[2])


Cap = Annotated[Money, NoDecode, BeforeValidator(_money)]


class Settings(BaseSettings):
    """Every setting has the environment variable `CALLSHEET_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="CALLSHEET_", extra="ignore", frozen=True)

    home: Path = Field(default=Path("~/.callsheet"), description="Where state is kept.")
    provider: str = Field(default="studio", description="A provider of the catalogue.")
    provider_url: str | None = Field(default=None, description="Its base address, when not the catalogue's.")
    provider_key: SecretStr | None = Field(default=None, description="Its key.")
    provider_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="More hosts, as HOST or HOST:PORT, from which results may be fetched; comma-separated."
    )
    provider_model: str | None = Field(
        default=None, description="The model to order, where the provider sells several."
    )
    fallback: Annotated[tuple[Place, ...], NoDecode] = Field(
        default=(), description="Providers for when this one can't be bought from: NAME, NAME#MODEL=URL, …"
    )
    fallback_keys: SecretStr | None = Field(default=None, description="Their keys: NAME=KEY, …")
    prices: Annotated[tuple[OwnPrices, ...], NoDecode] = Field(
        default=(), description="Price lists of one's own, for relays and contracts: paths, comma-separated."
    )
    bucket: str | None = Field(default=None, description="s3://BUCKET/PREFIX or a folder; below `home` by default.")
    bucket_endpoint: str | None = Field(
        default=None, description="S3 endpoint, when not AWS's own or AWS_ENDPOINT_URL."
    )
    bucket_access_key: SecretStr | None = Field(default=None, description="S3 access key, when not from the AWS chain.")
    bucket_secret_key: SecretStr | None = Field(default=None, description="S3 secret key, with the access key.")
    ledger_url: SecretStr | None = Field(
        default=None, description="sqlite:///PATH or postgresql://…; below `home` by default."
    )
    wait_seconds: float = Field(default=1800, gt=0, description="How long a call waits for one purchase.")
    cut_seconds: float = Field(default=3600, gt=0, description="How long one cut may take.")
    works_per_run: int = Field(
        default=25, ge=1, le=1000, description="Works of a content matrix that one run makes; more are made in parts."
    )
    runs_at_once: int = Field(default=4, ge=1, le=100, description="Parts of one matrix that are made at a time.")
    auto_approve_below: Decimal = Field(
        default=Decimal(0), ge=0, description="A real purchase up to this sum needs no other approval."
    )

    speech_url: str | None = Field(
        default=None,
        description="Base address of a service of /v1/audio/speech, or `studio`; without it built-in voices speak.",
    )
    speech_key: SecretStr | None = Field(default=None, description="Its key.")
    speech_model: str = Field(default="tts-1", description="The model to order lines from.")
    speech_voices: str = Field(
        default="", description="Its voice for each of ours: NAME=VOICE, LANGUAGE.NAME=VOICE, *=VOICE."
    )
    speech_price: str | None = Field(
        default=None,
        description="What it costs: 15 USD per 1M characters, or 0.015 USD per minute; the data file's without.",
    )
    speech_format: Literal["wav", "pcm"] = Field(default="wav", description="What it is asked to send.")
    callback_url: str | None = Field(
        default=None, description="Where `callsheet listen` is reached by the provider; orders ask for callbacks there."
    )
    callback_secret: SecretStr | None = Field(default=None, description="The whsec_… that callbacks are signed with.")
    notice_urls: SecretStr | None = Field(
        default=None, description="Who is told of what was published, failed or refused: addresses, comma-separated."
    )
    notice_secret: SecretStr | None = Field(default=None, description="The whsec_… that these notices are signed with.")
    cap_production: Cap | None = Field(default=None, description="The most that one production may cost: 50 CNY.")
    cap_campaign: Cap | None = Field(default=None, description="The most that each campaign may cost.")
    cap_day: Cap | None = Field(default=None, description="The most that may be spent in a day.")
    cap_month: Cap | None = Field(default=None, description="The most that may be spent in a calendar month.")
    budget_time_zone: str = Field(default="UTC", description="Whose days and months these are: Asia/Shanghai.")
    provider_in_flight: int | None = Field(
        default=None, ge=1, description="Jobs under way at a time, over all processes; the catalogue's number without."
    )
    provider_per_minute: float | None = Field(
        default=None, gt=0, description="Orders a minute, over all processes; the catalogue's number without."
    )
    reservation_hours: float = Field(
        default=24, gt=0, description="After so long an intent that nobody sent gives its reservation back."
    )
    in_doubt_rule: Literal["hold", "bought", "lost"] = Field(
        default="hold",
        description="What becomes of a purchase in doubt after `in_doubt_hours`; hold waits for a person.",
    )
    in_doubt_hours: float = Field(default=24, gt=0, description="When the rule for what is in doubt is applied.")
    signing_certificate: Path | None = Field(
        default=None, description="The PEM chain that published files are signed with; a self-made one without."
    )
    signing_key: SecretStr | None = Field(default=None, description="Its key, as PEM or the path of a PEM file.")
    sign_prompts: bool = Field(default=False, description="Whether prompts are published, not only their digests.")
    content_producer: str = Field(
        default="callsheet", min_length=1, max_length=200, description="Who is named as ContentProducer of GB 45438."
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            return value.expanduser().resolve()
        except RuntimeError as error:
            raise ValueError("it must be a folder that can be made") from error

    _address = field_validator("provider_url", "callback_url")(plain_address)
    _model = field_validator("provider_model", "speech_model")(plain_model)

    @field_validator("speech_url")
    @classmethod
    def _speech(cls, value: str | None) -> str | None:
        return value if value == "studio" else plain_address(value)

    @field_validator("fallback", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return read_places(value) if isinstance(value, str) else value

    @field_validator("prices", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return read_prices(str(value)) if isinstance(value, str | Path) else value

    @field_validator("provider_hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def fallbacks(self) -> tuple[Place, ...]:
        """The providers to fall back to, in their order, with their keys."""
        keys = read_keys(self.fallback_keys, self.fallback)
        return tuple(
            place if place.key is not None else place.model_copy(update={"key": keys.get(place.name)})
            for place in self.fallback
        )

    def prices_of(self, entry: CatalogueEntry) -> PriceList:
        """What a provider is priced by: the list that is set for it, else the catalogue's."""
        own = [prices for prices in self.prices if prices.provider == entry.name]
        return own[0] if own else price_list(entry.price_list)

    def bucket_url(self) -> str:
        """Where works and clips are kept."""
        return self.bucket or str(self.home / "bucket")

    def ledger_address(self) -> str:
        """Where purchases are recorded."""
        return self.ledger_url.get_secret_value() if self.ledger_url else f"sqlite:///{self.home / 'ledger.sqlite'}"

    @property
    def caps(self) -> Caps:
        """The caps among the settings."""
        return Caps(production=self.cap_production, campaign=self.cap_campaign, day=self.cap_day, month=self.cap_month)

    def scratch(self) -> Path:
        """A folder for files under way; each user of it makes and removes a folder of its own inside."""
        folder = self.home / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def settings_from_environment(**overrides: Any) -> Settings:
    """The settings; `overrides` that are not None win. Raises `SettingsError` with a line for each wrong variable."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        lines = [f"CALLSHEET_{fault.field.upper()}: {fault.value} is not allowed; {fault.allowed}"
                 for fault in faults_of(error)]  # fmt: skip
        raise SettingsError("\n".join(lines)) from error
