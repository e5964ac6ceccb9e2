"""What the server does by itself when something happens, or when something that should have happened doesn't."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.events.actions import ActionTypes, ChangeFlowRunState, DoNothing, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.server.schemas.states import StateType

from deployments.done import Done

PRODUCTS = {"prefect.resource.id": "prefect.tag.callsheet-product", "prefect.resource.role": "tag"}
"""Runs of the five products. Those of the operations are excluded: a repair that fails must not start itself."""
OURS = {"prefect.resource.id": "prefect.tag.callsheet", "prefect.resource.role": "tag"}

BEATS = 3
"""So many heartbeats may be missing: of a run that is swapping or whose network hiccups, one or two do."""
PENDING_LIMIT = dt.timedelta(minutes=15)
"""A container may have to be pulled meanwhile. A run that stays Pending holds its deployment's slot for ever."""
REMINDER = dt.timedelta(hours=4)
"""After so long a production that waits for a person is spoken of again."""

KINDS = {
    "marketing": "marketing-video",
    "matrix": "content-matrix",
    "course": "course-video",
    "variants": "ad-variants",
    "storyboard": "storyboard-film",
}
"""Kind of brief -> the flow that makes it."""


def automations(
    deployments: Mapping[str, UUID], notify: UUID | None = None, heartbeat: dt.timedelta = dt.timedelta(seconds=180)
) -> list[AutomationCore]:
    """All of them. `deployments` are the ids by the flow's name; `notify` is the block that people are told through.

    Without it, what would be told is only seen in the server's feed of events, as the automation's having fired.
    """

    def tell(subject: str, body: str) -> list[ActionTypes]:
        if notify is None:
            return [DoNothing()]
        return [SendNotification(block_document_id=notify, subject=f"Callsheet: {subject}", body=body)]

    def run(flow: str, parameters: Mapping[str, str]) -> RunDeployment:
        filled = {name: {"__prefect_kind": "jinja", "template": text} for name, text in parameters.items()}
        return RunDeployment(source="selected", deployment_id=deployments[flow], parameters=filled)

    what = "{{ event.resource.id }}: {{ event.payload }}"
    found = [
        _automation(
            "crashed-run",
            "A production whose process died goes on from the ledger in a fresh one, a few times at most.",
            [run("resume", {"flow_run_id": "{{ flow_run.id }}"}), *tell("a run crashed", "{{ flow_run.name }}")],
            expect={"prefect.flow-run.Crashed"},
            match_related=PRODUCTS,
        ),
        _automation(
            "zombie-run",
            "A run without a heartbeat is dead, though nobody was left to say so: it is marked as crashed.",
            [_crashed("Its heartbeat stopped.")],
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=OURS,
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *_ended(), "prefect.flow-run.Suspended", "prefect.flow-run.Paused"},
            within=heartbeat * BEATS,
            posture=Posture.Proactive,
        ),
        _automation(
            "stuck-run",
            "A run that stays Pending was taken by a worker that died: it is marked as crashed.",
            [_crashed("It was Pending for too long.")],
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related=OURS,
            after={"prefect.flow-run.Pending"},
            expect={"prefect.flow-run.Running", "prefect.flow-run.Scheduled", *_waiting(), *_ended()},
            within=PENDING_LIMIT,
            posture=Posture.Proactive,
        ),
        _automation(
            "late-run",
            "No worker has taken a run: none is up, or all are busy.",
            tell("a run is late", "{{ flow_run.name }}: is a worker up?"),
            expect={"prefect.flow-run.Late"},
            match_related=OURS,
        ),
        _automation(
            "budget",
            "A budget is nearly spent, or has refused a purchase.",
            tell("budget", what),
            match={"prefect.resource.id": "callsheet.budget.*"},
            expect={"callsheet.budget.low", "callsheet.budget.refused"},
        ),
        _automation(
            "waiting-approval",
            f"A production has waited for a person for {REMINDER.total_seconds() / 3600:g} hours.",
            tell("still waiting for approval", "{{ event.resource.id }}"),
            match={"prefect.resource.id": "callsheet.production.*"},
            after={"callsheet.production.awaiting-approval"},
            expect={"callsheet.production.published", "callsheet.production.failed"},
            within=REMINDER,
            posture=Posture.Proactive,
        ),
    ]
    for kind, flow in KINDS.items():
        dropped = _automation(
            f"dropped-{kind}",
            f"A {kind} brief dropped into the bucket's inbox is made.",
            [run(flow, {"brief_key": "{{ event.payload.key }}"})],
            match={"prefect.resource.id": "callsheet.brief.*", "callsheet.brief.kind": kind},
            expect={"callsheet.brief.dropped"},
        )
        found.append(dropped)
    return found


def _automation(
    name: str,
    description: str,
    actions: list[ActionTypes],
    *,
    within: dt.timedelta = dt.timedelta(0),
    posture: Literal[Posture.Reactive, Posture.Proactive] = Posture.Reactive,
    **trigger: Any,
) -> AutomationCore:
    """One for each thing that it happens to, named `callsheet-…`."""
    event = EventTrigger(for_each={"prefect.resource.id"}, posture=posture, threshold=1, within=within, **trigger)
    return AutomationCore(
        name=f"callsheet-{name}", description=description, tags=["callsheet"], trigger=event, actions=actions
    )


def _crashed(message: str) -> ChangeFlowRunState:
    return ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=message)


def _ended() -> set[str]:
    return {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Crashed", "Cancelled", "Cancelling")}


def _waiting() -> set[str]:
    return {f"prefect.flow-run.{state}" for state in ("AwaitingConcurrencySlot", "AwaitingRetry", "Late", "Suspended")}


async def set_up_automations(client: PrefectClient, wanted: list[AutomationCore]) -> list[Done]:
    """Makes those that are missing and corrects the others; one that a person has switched off stays off."""
    done: list[Done] = []
    for automation in wanted:
        there = await client.read_automations_by_name(automation.name)
        if not there:
            await client.create_automation(automation)
            done.append(Done("automation", automation.name, "made"))
            continue
        first = there[0]
        automation.enabled = first.enabled
        if AutomationCore.model_validate(first.model_dump()) == automation:
            done.append(Done("automation", automation.name, "as it was"))
        else:
            await client.update_automation(first.id, automation)
            done.append(Done("automation", automation.name, "changed"))
    return done
