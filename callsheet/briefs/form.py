"""How a model looks as a form: its fields in a sensible order, and what may be left out as an empty box."""

from __future__ import annotations

from typing import Any

LAST = (
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

    A form can't leave a value out that it shows as "text or nothing": what may be null is shown as text that may stay
    empty. Choices and groups keep the nothing, as a form has no other way to take them back.
    """
    fields: dict[str, dict[str, Any]] = schema.get("properties", {})
    order = [name for name in fields if name not in LAST] + [name for name in LAST if name in fields]
    for position, name in enumerate(order):
        field = fields[name]
        choices = [one for one in field.get("anyOf", ()) if one != {"type": "null"}]
        if len(choices) == 1 and len(field.get("anyOf", ())) == 2 and not choices[0].keys() & {"$ref", "enum"}:
            del field["anyOf"]
            field.pop("default", None)
            field |= choices[0]
        field["title"] = title_of(name)
        field["position"] = position
    schema["properties"] = {name: fields[name] for name in order}


def title_of(name: str) -> str:
    """`product_images` as `Product images`."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
