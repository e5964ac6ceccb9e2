"""The brief of a marketing video: a product, what it looks like, where it is used, and the sentence to remember."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from slugify import slugify

from callsheet.budget import Caps
from callsheet.features.request import Style
from callsheet.media.sound.moods import moods
from callsheet.media.speech.voices import voices
from callsheet.money import Amount, Money
from callsheet.provider.catalogue import catalogue
from callsheet.provider.places import plain_model
from callsheet.tiers import TierName

Language = Literal["zh-CN", "en-US"]
BUDGETS = ("budget", "campaign_budget", "day_budget", "month_budget")
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class MarketingBrief(BaseModel):
    """One marketing video.

    It becomes a close-up of the product, each product image animated, and one shot for each usage scenario, joined to
    `duration` seconds with music and the slogan spoken. The order of the fields is that of a form.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["marketing"] = Field(default="marketing", description="The product this brief is for.")
    name: Line = Field(description="The product's name, as the viewer reads it.", examples=["智能音箱"])
    description: Line = Field(
        description="What it looks like: form, material, colour. It leads every prompt.",
        examples=["现代简约设计的智能音箱，黑色外壳带LED环形灯"],
    )
    product_images: tuple[Line, ...] = Field(
        default=(),
        max_length=8,
        description="Paths of JPEG, PNG or WebP images, each at most 20 MiB; relative to the brief's folder.",
    )
    scenarios: tuple[Line, ...] = Field(
        default=(), max_length=6, description="Places of use, one shot each.", examples=[["客厅沙发旁", "卧室床头柜"]]
    )
    slogan: Line = Field(description="The sentence to remember; it is spoken and captioned.")
    language: Language = Field(default="zh-CN", description="The language of slogan, captions and prompts.")
    voice: str = Field(default="female", description="The speaker of the slogan.")
    music_mood: str = Field(default="uplifting", description=f"One of {', '.join(moods())}.")
    tier: TierName = Field(default="professional", description="480p, 720p, 1080p or 4K.")
    duration: int = Field(default=20, ge=5, le=60, description="Seconds of the finished work.")
    aspect: Literal["16:9", "9:16", "1:1", "4:5"] = Field(default="16:9", description="Shape of the picture.")
    style: Style = Field(default="commercial", description="Style preset of the generated shots.")
    takes: dict[str, Annotated[int, Field(ge=1, le=99)]] = Field(
        default={},
        description="Shots of which another take is bought, by name: the same words again, another picture.",
        examples=[{"close-up": 2}],
    )
    provider: str | None = Field(
        default=None, description="The provider of the catalogue to buy from, when not the settings'."
    )
    model: str | None = Field(default=None, description="The model to order, where the provider sells several.")
    campaign: Line | None = Field(default=None, max_length=120, description="The campaign that pays for it.")
    budget: Amount | None = Field(
        default=None, description="The most that this production may cost, in the currency of the price list."
    )
    campaign_budget: Amount | None = Field(default=None, description="The most that the whole campaign may cost.")
    day_budget: Amount | None = Field(default=None, description="The most that may be spent by everybody in a day.")
    month_budget: Amount | None = Field(default=None, description="The most that may be spent in a calendar month.")

    @field_validator("voice")
    @classmethod
    def _voice_speaks_the_language(cls, value: str, info: ValidationInfo) -> str:
        voice, language = value.strip().lower(), info.data.get("language", "zh-CN")
        if voice not in voices(language):
            raise ValueError(f"for {language} it must be one of {', '.join(voices(language))}")
        return voice

    @field_validator("provider")
    @classmethod
    def _provider_is_known(cls, value: str | None) -> str | None:
        if value is not None and value not in catalogue():
            raise ValueError(f"it must be one of {', '.join(catalogue())}")
        return value

    _model = field_validator("model")(plain_model)

    @field_validator("music_mood")
    @classmethod
    def _mood_is_known(cls, value: str) -> str:
        mood = value.strip().lower()
        if mood not in moods():
            raise ValueError(f"it must be one of {', '.join(moods())}")
        return mood

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

    def caps(self, currency: str) -> Caps:
        """The caps that this brief sets, in the currency of the price list."""
        amounts = (self.budget, self.campaign_budget, self.day_budget, self.month_budget)
        caps = [None if amount is None else Money(amount=amount, currency=currency) for amount in amounts]
        return Caps(production=caps[0], campaign=caps[1], day=caps[2], month=caps[3])

    @property
    def slug(self) -> str:
        """The name in letters a key may have: `zhi-neng-yin-xiang`; `marketing` where none of it can be kept."""
        return slugify(self.name, max_length=40, word_boundary=True) or self.kind
