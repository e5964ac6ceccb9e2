"""The catalogue of providers: what each can do, sells at, and how a lost reply is found again. Facts are data."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from callsheet.errors import Incapable, SettingsError
from callsheet.provider.offer import Model, Quirks


class CatalogueEntry(BaseModel):
    """One provider. `rehearsal` means that its charges are counted but nobody is billed.

    `base_url` is empty where everybody runs a server of their own. `submits_per_minute` and `max_in_flight` are what
    the provider allows, None where it does not say. `takes` is how it gets a clip to work on: as an upload, by an
    address that it can reach, or only as one that it has made itself. `models` is empty where the dialect names none.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    dialect: Literal["sora", "openai_videos", "openrouter", "openai_speech"]
    base_url: str
    title: str
    rehearsal: bool
    price_list: str
    features: tuple[str, ...]
    lost_replies: tuple[Literal["client_reference", "idempotency_key", "listing"], ...]
    poll_seconds: float
    retired_on: dt.date | None
    retirement_note: str | None
    models: tuple[Model, ...] = ()
    submits_per_minute: int | None = None
    max_in_flight: int | None = None
    quirks: Quirks = Quirks()
    takes: Literal["upload", "link", "own"] = "link"

    def refuse_incapable(self, features: set[str], *, address_is_default: bool, today: dt.date) -> None:
        """Raises `Incapable` when a feature is not sold here, or the service behind the default address has closed.

        Raises `SettingsError` when there is no default address and none was given.
        """
        if address_is_default and not self.base_url:
            raise SettingsError(f"CALLSHEET_PROVIDER_URL: {self.name} has no address of its own; give your server's")
        if address_is_default and self.retired_on and self.retired_on <= today:
            raise Incapable(f"{self.name} was retired on {self.retired_on}: {self.retirement_note}")
        missing = sorted(features - set(self.features))
        if missing:
            able = [name for name in catalogue() if set(missing) <= set(catalogue_entry(name).features)]
            raise Incapable(
                f"{self.name} does not offer {', '.join(missing)}; "
                + (f"{', '.join(able)} would" if able else "no provider in the catalogue does")
            )


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Provider name -> its entry as it stands in the data file."""
    file = resources.files("callsheet").joinpath("data", "providers", "catalogue.json")
    providers: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["providers"]
    return providers


def catalogue_entry(name: str) -> CatalogueEntry:
    """The entry of a provider. Raises `SettingsError` naming those there are."""
    try:
        return CatalogueEntry.model_validate({"name": name, **catalogue()[name]})
    except KeyError:
        raise SettingsError(f"provider: {name!r} is not known; it must be one of {', '.join(catalogue())}") from None
