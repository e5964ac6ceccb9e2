"""A commission: everything that whoever starts a production says, be it in a form, by a call or on a schedule.

Its fields are the parameters of every product's flow. The form that Prefect shows is made of them, and whoever starts a
run from a program is told by `read_commission` what is wrong before anything is submitted, in the lines of the command
line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from callsheet.briefs import Brief, parse_brief
from callsheet.briefs.choices import Sum, known_provider
from callsheet.errors import BriefError, Fault
from callsheet.money import price_list
from callsheet.plan.file_reading import located
from callsheet.plan.files import PlanFile, is_plan
from callsheet.plan.quote import REFERENCE
from callsheet.products import plan_of
from callsheet.provider.catalogue import catalogue
from callsheet.provider.places import plain_model
from callsheet.validation import faults_of

LONGEST_WAIT = 24 * 30
"""Hours that a run may wait for a person."""
Block = str | dict[str, Any]
"""A saved block by its name, or by what Prefect's picker writes: ``{"$ref": {"block_document_id": ID}}``."""
Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Given = Brief | PlanFile | dict[str, Any]
"""A brief of this machine, whose paths are this machine's, or the mapping of one, whose paths are keys of the bucket.
"""


def _maker(value: str) -> str:
    """A provider's name, or an identity such as sora@https://host/path."""
    known_provider(re.split(r"[#@]", value, maxsplit=1)[0])
    return value


Maker = Annotated[str, AfterValidator(_maker), WithJsonSchema({"type": "string", "enum": [*catalogue()]})]


class Commission(BaseModel):
    """What is to be made, on which terms."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    brief: Given | None = Field(
        default=None, description="What is to be made. Files that it names are keys in the bucket."
    )
    brief_key: Key | None = Field(
        default=None,
        description="Instead of the brief above: the key in the bucket of one in YAML or JSON, or its s3:// "
        "address. The files that it names lie beside it. It goes before the brief.",
    )
    dry_run: bool = Field(
        default=False, description="Plan and quote only: plan, price and storyboard are shown, nothing is bought."
    )
    approve_up_to: Sum | None = Field(
        default=None, gt=0, description="The most that this may cost, as 12.50. A price above it waits for a person."
    )
    approve_currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        default=None, description="The currency of that, as CNY; that of the first choice's price list without it."
    )
    provider: Maker | None = Field(
        default=None, description="Who is to make it; without it the block, the brief or the worker's settings say."
    )
    model: str | None = Field(default=None, description="The model to order, where the provider sells several.")
    provider_block: Block | None = Field(
        default=None, description="A saved video provider; the worker's settings without it."
    )
    bucket_block: Block | None = Field(
        default=None, description="A saved media bucket; the worker's settings without it."
    )
    ledger_block: Block | None = Field(
        default=None, description="A saved purchase ledger; the worker's settings without it."
    )
    budget_block: Block | None = Field(
        default=None, description="A saved budget: its caps hold beside those of the brief and of the settings."
    )
    brand_block: Block | None = Field(default=None, description="A saved brand kit, for what the brief leaves open.")
    wait_for_approval_hours: float = Field(
        default=24,
        ge=0,
        le=LONGEST_WAIT,
        description="How long a run that nobody has approved waits for a person; 0 refuses at once.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_nothing(cls, value: Any) -> Any:
        """A box of a form that was left empty."""
        return None if value == "" else value

    @field_validator("approve_up_to", mode="before")
    @classmethod
    def _as_written(cls, value: Any) -> Any:
        return repr(value) if isinstance(value, float) else value

    _model = field_validator("model")(plain_model)


def read_commission(kind: str, parameters: Mapping[str, Any]) -> Commission:
    """The commission that `parameters` are, for the product of `kind`, checked as far as that goes without the bucket.

    Raises `BriefError` with every line at once: those of the brief are the ones that the command line gives.
    """
    faults: list[Fault] = []
    made: Commission | None = None
    try:
        made = Commission.model_validate(dict(parameters))
    except ValidationError as error:
        faults += faults_of(error)
    given = parameters.get("brief")
    if not parameters.get("brief_key"):
        try:
            check_given(kind, given)
        except BriefError as error:
            faults += error.faults
    if made is None or faults:
        raise BriefError(faults)
    return made


def check_given(kind: str, given: Any) -> None:
    """Raises `BriefError` for what is wrong with a brief before its files are looked at."""
    if given in (None, {}):
        raise BriefError([Fault("brief", "a missing value", "give a brief, or the key of one as brief_key")])
    if isinstance(given, PlanFile) or is_plan(given):
        return
    brief = given if isinstance(given, Brief) else brief_of(kind, given)
    of_kind(kind, brief)
    if not named_in(brief):
        plan_of(brief, {}, price_list(REFERENCE))


def brief_of(kind: str, data: Any) -> Brief:
    """The brief that a mapping is; one that does not say its kind is of the product that is asked. `BriefError`."""
    return of_kind(kind, parse_brief({"kind": kind, **data} if isinstance(data, Mapping) else data))


def of_kind(kind: str, brief: Brief) -> Brief:
    """The brief itself, when it is for this product."""
    if brief.kind != kind:
        raise BriefError([Fault("kind", brief.kind, f"this product is made of briefs of the kind {kind}")])
    return brief


def named_in(brief: Brief) -> list[str]:
    """Every file that a brief names, its brand's among them."""
    names: list[str] = []

    def seen(name: str) -> str:
        names.append(name)
        return name

    located(brief, seen)
    return names
