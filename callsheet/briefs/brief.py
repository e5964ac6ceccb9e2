"""What every brief says: what the work is called, in which language and quality, who makes it, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator
from slugify import slugify

from callsheet.briefs.choices import ProviderName, Sum
from callsheet.briefs.form import Formed
from callsheet.budget import Caps
from callsheet.errors import BriefError, Fault
from callsheet.money import Money
from callsheet.prompts import style_words
from callsheet.provider.places import plain_model
from callsheet.tiers import TierName

Language = Literal["zh-CN", "en-US"]
Aspect = Literal["16:9", "9:16", "1:1", "4:5"]
BUDGETS = ("budget", "campaign_budget", "day_budget", "month_budget")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Brief(Formed):
    """What all kinds of brief have in common. `kind` names the product."""

    kind: str
    name: Line = Field(description="What it is called, as the viewer reads it.", examples=["智能音箱"])
    language: Language = Field(default="zh-CN", description="The language of speech, captions and prompts.")
    tier: TierName = Field(default="professional", description="480p, 720p, 1080p or 4K.")
    takes: dict[str, Annotated[int, Field(ge=1, le=99)]] = Field(
        default={},
        description="Shots of which another take is bought, by name: the same words again, another picture.",
        examples=[{"close-up": 2}],
    )
    brand: Line | None = Field(
        default=None, description="Path of the brand's YAML file: colours, logo, opening, music, words."
    )
    library: Line | None = Field(
        default=None, description="Path of a YAML file with named styles and shots: docs/brand.md."
    )
    named_style: Line | None = Field(
        default=None, description="A style of the library, or a preset, by its name; its words stand in the prompts."
    )
    style_text: Words | None = Field(
        default=None, description="The style in one's own words, which stand in the prompts instead of the preset's."
    )
    ai_label: bool = Field(
        default=False, description="Whether every rendition says in its picture that a model made it."
    )
    provider: ProviderName | None = Field(
        default=None, description="The provider of the catalogue to buy from, when not the settings'."
    )
    model: str | None = Field(default=None, description="The model to order, where the provider sells several.")
    campaign: Line | None = Field(default=None, max_length=120, description="The campaign that pays for it.")
    budget: Sum | None = Field(
        default=None, description="The most that this production may cost, in the currency of the price list."
    )
    campaign_budget: Sum | None = Field(default=None, description="The most that the whole campaign may cost.")
    day_budget: Sum | None = Field(default=None, description="The most that may be spent by everybody in a day.")
    month_budget: Sum | None = Field(default=None, description="The most that may be spent in a calendar month.")

    _model = field_validator("model")(plain_model)

    @field_validator(*BUDGETS)
    @classmethod
    def _budget_buys_something(cls, value: Decimal | None) -> Decimal | None:
        if value is not None and value <= 0:
            raise ValueError("it must be more than 0")
        return value

    @field_validator(*BUDGETS, mode="before")
    @classmethod
    def _budget_as_written(cls, value: Any) -> Any:
        """YAML reads `12.5` as a float; its shortest text is what the person wrote."""
        return repr(value) if isinstance(value, float) else value

    def style_words(self, preset: str) -> str:
        """What a prompt says of the style: the brief's own words, else the preset's."""
        return self.style_text or style_words(preset, self.language)

    def caps(self, currency: str) -> Caps:
        """The caps that this brief sets, in the currency of the price list."""
        amounts = (self.budget, self.campaign_budget, self.day_budget, self.month_budget)
        caps = [None if amount is None else Money(amount=amount, currency=currency) for amount in amounts]
        return Caps(production=caps[0], campaign=caps[1], day=caps[2], month=caps[3])

    @property
    def slug(self) -> str:
        """The name in letters a key may have: `zhi-neng-yin-xiang`; the kind where none of it can be kept."""
        return slugify(self.name, max_length=40, word_boundary=True) or self.kind

    def further(self) -> dict[str, Any] | None:
        """What may be bought beside the plan, as the fields of `callsheet.plan.model.Further`; None for nothing."""
        return None

    def parts(self) -> tuple[str, ...]:
        """The names of the works, where the brief can be made without some of them."""
        return ()

    def without(self, names: Sequence[str]) -> Self:
        """The brief without these works. Raises `BriefError` for names that it doesn't have, and for all of them."""
        raise BriefError([Fault("cells", ", ".join(names), f"a work of the kind {self.kind} is made whole")])

    def files(self) -> tuple[tuple[str, str], ...]:
        """Every file that the brief names, as (field, path), in order."""
        return ()

    def with_paths(self, place: Callable[[str], str]) -> Self:
        """The brief with `place(path)` instead of each path that it names."""
        return self

    def with_texts(self) -> Self:
        """The brief with the contents of the text files that it names. Raises `BriefError` for unreadable ones."""
        return self


def left_of(parts: Sequence[str], names: Sequence[str]) -> list[int]:
    """Which parts stay, by their numbers, without `names`. Raises `BriefError` for an unknown name, and for all."""
    unknown = [name for name in names if name not in parts]
    if unknown:
        raise BriefError([Fault("cells", ", ".join(unknown), f"it must be one of {', '.join(parts)}")])
    stay = [number for number, name in enumerate(parts) if name not in names]
    if not stay or len(stay) == len(parts):
        raise BriefError([Fault("cells", ", ".join(names) or "no name", "one must be left out, and one must stay")])
    return stay
