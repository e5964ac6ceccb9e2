"""Who could make a work: the provider that is asked for and its fallbacks, each with the plan as it would be there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from callsheet.errors import CallsheetError, Incapable, SettingsError
from callsheet.plan.lowering import Lowered, lower
from callsheet.plan.model import Plan
from callsheet.plan.speech import with_lines
from callsheet.provider.catalogue import CatalogueEntry, catalogue_entry
from callsheet.provider.places import Place, place_of
from callsheet.provider.speech_services import speech_service

if TYPE_CHECKING:
    from callsheet.settings import Settings


@dataclass(frozen=True)
class Option:
    """A provider that could make the work: the plan as it would be there, or the error that rules it out.

    A retired one has both, so that prices can be compared.
    """

    settings: Settings
    place: Place
    lowered: Lowered | None
    error: CallsheetError | None = None

    @property
    def entry(self) -> CatalogueEntry:
        return catalogue_entry(self.place.name)

    @property
    def currency(self) -> str:
        """What its price list is in."""
        return self.settings.prices_of(self.entry).currency


class Wishes(Protocol):
    """What a brief says of who is to make it."""

    @property
    def provider(self) -> str | None: ...

    @property
    def model(self) -> str | None: ...


def wished(brief: Wishes, provider: str | None = None, model: str | None = None) -> tuple[str | None, str | None]:
    """Provider and model by the brief, over which goes what whoever starts the run has said.

    The brief's model is of the brief's provider: with another one it is not asked for.
    """
    own = brief.model if provider is None or brief.provider in (None, provider) else None
    return provider or brief.provider, model or own


def find_place(settings: Settings, name: str | None = None, model: str | None = None) -> Place:
    """The place called `name`, a provider or an identity, among those of the settings; their first without a name.

    Address and key of the settings belong to the provider that they name. Where they name none they belong to whoever
    is asked for; a provider with no place of its own is at the catalogue's address, without a key.
    """
    own = place_of(settings)
    if name is not None:
        head, _, address = name.partition("@")
        called, _, said = head.partition("#")
        catalogue_entry(called)
        places = (own, *settings.fallbacks())
        same = [p for p in places if p.identity == name] or [
            p for p in places if p.name == called and address in ("", p.address)
        ]
        if same:
            own = same[0]
        else:
            own = Place(name=called) if "provider" in settings.model_fields_set else own.renamed(called)
        if address and own.address != address:
            raise SettingsError(f"provider: the settings have no {name}")
        model = model or said or None
    return own if model is None else own.with_model(model)


def options_of(
    plan: Plan, settings: Settings, *, name: str | None = None, model: str | None = None, today: dt.date | None = None
) -> tuple[Option, ...]:
    """The first choice and its fallbacks, each with the plan as it would be there. Asks nobody.

    `plan` is as it was planned from the brief, at whatever prices.
    """
    day = today or dt.datetime.now(dt.UTC).date()
    first = find_place(settings, name, model)
    places = {place.identity: place for place in (first, *settings.fallbacks())}
    places[first.identity] = first
    return tuple(_considered(plan, settings, place, day) for place in places.values())


def _considered(plan: Plan, settings: Settings, place: Place, today: dt.date) -> Option:
    entry, error = catalogue_entry(place.name), None
    there, at_default = place.over(settings), place.url is None
    try:
        entry.refuse_incapable(set(), address_is_default=at_default, today=today)
        for model in entry.models if at_default else ():
            if model.name is not None and model.name == place.model and model.retired_on and model.retired_on <= today:
                raise Incapable(f"{model.name} of {entry.name} was retired on {model.retired_on}")
    except (Incapable, SettingsError) as refusal:
        error = refusal
    try:
        lowered = lower(plan, entry, there.prices_of(entry), place.model)
        service = speech_service(there)
        if service is not None:
            lowered = replace(lowered, plan=with_lines(lowered.plan, service, there.speech_format))
    except (Incapable, SettingsError) as refusal:
        return Option(there, place, None, error or refusal)
    return Option(there, place, lowered, error)
