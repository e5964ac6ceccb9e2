"""How a model looks as a form: its fields in a sensible order, and what may be left out as an empty box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, model_validator

LAST = (
    "library",
    "named_style",
    "style_text",
    "takes",
    "brand",
    "ai_label",
    "campaign",
    "budget",
    "campaign_budget",
    "day_budget",
    "month_budget",
    "provider",
    "model",
    "kind",
)
"""What few people change stands at the end of a brief's form."""


def shaped(schema: dict[str, Any]) -> None:
    """Numbers the fields as they are to be shown, and gives each a title that a person would write.

    A form can't leave a value out that it shows as "text or nothing", and shows a choice that may be nothing as two
    tabs. What may be null is shown as text, or as a choice, that may stay empty; a `Formed` model reads it so. Only
    groups keep the nothing, as a form has no other way to take them back.
    """
    fields: dict[str, dict[str, Any]] = schema.get("properties", {})
    order = [name for name in fields if name not in LAST] + [name for name in LAST if name in fields]
    for position, name in enumerate(order):
        field = fields[name]
        choices = [one for one in field.get("anyOf", ()) if one != {"type": "null"}]
        if len(choices) == 1 and len(field.get("anyOf", ())) == 2 and "$ref" not in choices[0]:
            del field["anyOf"]
            default = field.pop("default", None)
            field |= choices[0]
            if "enum" in field:
                # null is no offer of the form, and what programs write.
                field |= {"type": ["string", "null"], "enum": ["", *field["enum"], None], "default": default or ""}
        field["title"] = title_of(name)
        field["position"] = position
    schema["properties"] = {name: fields[name] for name in order}


class Formed(BaseModel):
    """What people write, in a file or in a form: nothing unknown, and an empty box is nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=shaped)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_nothing(cls, data: Any) -> Any:
        """Null for each empty text that stands where null may stand."""
        if not isinstance(data, Mapping):
            return data
        may = {name for name, field in cls.model_fields.items() if type(None) in get_args(field.annotation)}
        return {name: None if value == "" and name in may else value for name, value in data.items()}


def title_of(name: str) -> str:
    """`product_images` as `Product images`."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
