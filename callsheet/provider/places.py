"""Where clips can be bought: a provider of the catalogue, at an address, with a model and a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator

from callsheet.errors import SettingsError
from callsheet.provider.catalogue import catalogue, catalogue_entry
from callsheet.provider.prices import OwnPrices
from callsheet.validation import faults_of

if TYPE_CHECKING:
    from callsheet.settings import Settings

IN_PROCESS = "studio.local"
"""The host of addresses at which the studio inside this process is asked."""
_ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")
_MODEL = re.compile(r"[A-Za-z0-9][\w.:/+-]{0,79}")


def plain_address(value: str | None) -> str | None:
    """An address stands in manifests, so it may hold nothing secret. Raises `ValueError` otherwise."""
    if value is not None and not _ADDRESS.fullmatch(value):
        raise ValueError("it must be http(s)://HOST/PATH, without user, password or query")
    return value


def plain_model(value: str | None) -> str | None:
    """A model's name, which stands in names of providers. Raises `ValueError` for one with a space, @ or #."""
    if value is not None and not _MODEL.fullmatch(value):
        raise ValueError("it must be the name of a model: at most 80 letters, digits and any of . : / + - _")
    return value


class Place(BaseModel):
    """A provider to buy from. Without `url` it is at the catalogue's address, without `model` the choice is open.

    `prices` are what it takes at this place; without them those of the settings and the catalogue hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    url: str | None = None
    model: str | None = None
    key: SecretStr | None = None
    hosts: tuple[str, ...] | None = None
    prices: OwnPrices | None = None

    @field_validator("name")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in catalogue():
            raise ValueError(f"it must be one of {', '.join(catalogue())}")
        return value

    _url = field_validator("url")(plain_address)
    _model = field_validator("model")(plain_model)

    @property
    def identity(self) -> str:
        """Name, model where one is set, and address: `studio`, `studio-videos#sora-2-pro`, `sora@https://host/path`.

        A key bought at one identity says nothing of another.
        """
        name = f"{self.name}#{self.model}" if self.model else self.name
        return name if self.in_process or not self.address else f"{name}@{self.address}"

    @property
    def address(self) -> str:
        """The base address, without a slash at its end."""
        return (self.url or catalogue_entry(self.name).base_url).rstrip("/")

    def renamed(self, name: str) -> Place:
        """Another provider at the same place."""
        return self.model_copy(update={"name": name})

    def with_model(self, model: str) -> Place:
        """The same place with this model. Raises `SettingsError` for a name that no model can have."""
        try:
            return self.model_copy(update={"model": plain_model(model)})
        except ValueError as error:
            raise SettingsError(f"model: {model!r} is not allowed; {error}") from error

    @property
    def in_process(self) -> bool:
        """Whether it is the studio inside this process."""
        return self.url is None and urlsplit(catalogue_entry(self.name).base_url).hostname == IN_PROCESS

    def over(self, settings: Settings) -> Settings:
        """The settings with this place in them; nothing of another place's address, model or key stays."""
        change: dict[str, Any] = {
            "provider": self.name,
            "provider_url": self.url,
            "provider_model": self.model,
            "provider_key": self.key,
        }
        if self.hosts is not None:
            change["provider_hosts"] = self.hosts
        if self.prices is not None:
            others = [prices for prices in settings.prices if prices.provider != self.name]
            change["prices"] = (self.prices, *others)
        return settings.model_copy(update=change)


def place_of(settings: Settings) -> Place:
    """The place that `settings` name first. Raises `SettingsError` for a provider that is not in the catalogue."""
    catalogue_entry(settings.provider)
    return Place(
        name=settings.provider,
        url=settings.provider_url,
        model=settings.provider_model,
        key=settings.provider_key,
        hosts=settings.provider_hosts,
    )


def read_places(text: str) -> tuple[Place, ...]:
    """`NAME`, `NAME=URL`, `NAME#MODEL` or `NAME#MODEL=URL`, comma-separated. Raises `ValueError`."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, url = part.partition("=")
        name, _, model = name.partition("#")
        try:
            found.append(Place(name=name.strip(), url=url.strip() or None, model=model.strip() or None))
        except ValidationError as error:
            raise ValueError(f"of {name.strip() or part!r}: {faults_of(error)[0].allowed}") from error
    return tuple(found)


def read_keys(secret: SecretStr | None, places: tuple[Place, ...]) -> Mapping[str, SecretStr]:
    """`NAME=KEY`, comma-separated, for these places. Raises `SettingsError`, which never holds a key."""
    keys: dict[str, SecretStr] = {}
    names = [place.name for place in places]
    text = "" if secret is None else secret.get_secret_value()
    for number, part in enumerate(filter(None, (part.strip() for part in text.split(","))), 1):
        name, _, key = part.partition("=")
        where = f"CALLSHEET_FALLBACK_KEYS: entry {number}"
        if not key or name.strip() not in catalogue():
            raise SettingsError(f"{where} must be NAME=KEY with a name of the catalogue")
        if names.count(name.strip()) > 1:  # a key for one server is not shown to another
            raise SettingsError(f"{where} is for {name.strip()}, which stands more than once in CALLSHEET_FALLBACK")
        keys[name.strip()] = SecretStr(key.strip())
    return keys
