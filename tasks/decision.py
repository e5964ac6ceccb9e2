"""The form by which a person decides on a plan and its price. Each plan has a form of its own."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, cast, get_args

from prefect.input import RunInput
from pydantic import BaseModel, ConfigDict, Field, create_model

from callsheet.money import Money
from callsheet.production import Alternatives, Planned
from tasks.quoting import quote_text

Choice = Literal["approve", "lower tier", "drop cells", "reject", "look again"]
"""`look again` is for who has approved the plan elsewhere: the run asks the ledger, and nothing else."""


class Decision(BaseModel):
    """What a person answered."""

    decision: Choice
    tier: str | None = None
    cells: list[str] = []
    reason: str = ""
    by: str = "somebody in Prefect"

    def told(self, total: Money) -> str:
        """In words, for the run's log."""
        what = {"lower tier": f" to {self.tier}", "drop cells": f" {', '.join(self.cells)}"}.get(self.decision, "")
        why = f": {self.reason}" if self.reason else ""
        return f"asked for {total}, {self.by} answered: {self.decision}{what}{why}"


class DecisionForm(RunInput):
    """What every form asks."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    decision: Any

    def decided(self) -> Decision:
        """The answer, whatever the form offered."""
        fields = {name: value for name, value in self.model_dump().items() if value not in (None, "")}
        return Decision.model_validate({name.replace("lower_to", "tier"): value for name, value in fields.items()})


def decision_form(planned: Planned, others: Alternatives, complaint: str = "") -> type[DecisionForm]:
    """The form for this plan: tiers and works are choices, where it has any."""
    names = planned.brief.parts() if not planned.edited else ()
    possible = {"lower tier": bool(others.tiers), "drop cells": len(names) > 1}
    offered = [choice for choice in get_args(Choice) if possible.get(choice, True)]
    fields: dict[str, Any] = {
        "decision": (
            Literal[tuple(offered)],
            Field(title="Decision", description="What is to be done.", json_schema_extra={"position": 0}),
        )
    }
    if others.tiers:
        prices = ", ".join(f"{name} {price}" for name, price in others.tiers.items())
        fields["lower_to"] = (
            Literal[tuple(others.tiers)],
            Field(
                default=next(reversed(others.tiers)),
                title="Lower tier",
                description=f"For `lower tier`: to which. {prices}.",
                json_schema_extra={"position": 1},
            ),
        )
    if len(names) > 1:
        fields["cells"] = (
            list[Literal[names]],  # type: ignore[valid-type]
            Field(
                default=[],
                title="Cells to drop",
                description="For `drop cells`: the works that are not to be made.",
                json_schema_extra={"position": 2},
            ),
        )
    for position, (name, said) in enumerate(
        (("reason", "Why, for whoever started the run."), ("by", "Who decides, for the ledger.")), 3
    ):
        shown: dict[str, Any] = {"title": name.capitalize(), "description": said}
        shown["json_schema_extra"] = {"position": position}
        fields[name] = (str, Field(default="", max_length=120, **shown))
    made = create_model("Approval", __base__=DecisionForm, **fields)
    head = f"**{planned.plan.total}** for “{planned.plan.name}”, by {planned.choice.identity}."
    made._description = "\n\n".join(filter(None, [complaint, head, quote_text(planned, others)]))
    return cast(type[DecisionForm], made)
