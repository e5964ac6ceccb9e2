"""Plan files: a plan as YAML that a person may edit, and the way back.

Prompts, request fields, takes, shots, titles and spoken lines are read back as they stand. Prices, the total, the
digest and the table of sharing are written for the reader and made anew. Input files are named by their paths.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from callsheet.brand import Brand
from callsheet.briefs.brief import Brief
from callsheet.briefs.files import Files
from callsheet.briefs.load import parse_brief
from callsheet.errors import BriefError, Fault
from callsheet.features import Speech
from callsheet.plan.deliverables import deliverables
from callsheet.plan.file_reading import Reading, located
from callsheet.plan.model import Plan, Purchase, Work
from callsheet.yaml_text import plain

FOLLOWING = ("course",)
"""Kinds whose works follow from the brief alone, so that a plan file doesn't have them."""
FORM = 1
"""The version of the form, in the field `callsheet_plan`."""
LARGEST_PLAN = 16 * 1024 * 1024
"""Bytes of a plan file."""
HEAD = """\
# A plan of Callsheet. Edit it, then: callsheet quote, callsheet approve, callsheet make.
# Read back: prompts and all request fields, takes, clips, works, timelines, budgets of the brief. A course has no works
# here: its cut follows from the script in its brief, which is read back, too.
# Made anew, edits have no effect: price, total, digest, sharing.
"""


@dataclass(frozen=True)
class Edited:
    """A plan that was read from a file, at the reference prices, with its files and the brief that it came of.

    `notes` are what a person should know of it, one line each.
    """

    plan: Plan
    brief: Brief
    files: Files
    notes: tuple[str, ...] = ()


class PlanFile(BaseModel):
    """A plan file's mapping as `placed` gives it, to be handed to a flow: its paths are this machine's."""

    model_config = ConfigDict(frozen=True)

    data: dict[str, Any]


class _Row(dict[str, Any]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    _Row, lambda dumper, row: dumper.represent_mapping("tag:yaml.org,2002:map", row.items(), flow_style=True)
)


def plan_text(plan: Plan, brief: Brief, files: Files, folder: Path, *, provider: str | None, model: str | None) -> str:
    """The plan as YAML for a file in `folder`. `provider` and `model` are those that were asked for."""
    paths = {media.sha256: os.path.relpath(path, folder) for path, media in files.media.items()}
    parts: list[dict[str, Any]] = [
        {"callsheet_plan": FORM, "kind": plan.kind, "slug": plan.slug, "name": plan.name}
        | {"language": plan.language, "tier": plan.tier, "provider": provider, "model": model}
        | {"total": str(plan.total), "digest": plan.digest},
        {"purchases": [_purchase(purchase, paths) for purchase in plan.purchases if not _spoken(purchase)]},
        {} if plan.kind in FOLLOWING else {"works": [_work(work) for work in plan.works]},
        {"sharing": {work.id: _shown(plan, work) for work in plan.works}},
        {"inputs": _by_path([media.model_dump(mode="json") for media in plan.inputs], paths)},
        {"brief": _brief(brief, folder)},
    ]
    written = (
        yaml.dump(part, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)
        for part in parts
        if part
    )
    return HEAD + "\n".join(written)


def _spoken(purchase: Purchase) -> bool:
    """What is bought of lines follows from the works' timelines, where they are edited."""
    return isinstance(purchase.request, Speech)


def _purchase(purchase: Purchase, paths: Mapping[str, str]) -> dict[str, Any]:
    request = purchase.request.model_dump(mode="json", exclude={"feature"}, exclude_none=True, by_alias=True)
    found: dict[str, Any] = {"id": purchase.id, "feature": purchase.request.feature, "take": purchase.take}
    found |= {"price": str(purchase.price), "clips": list(purchase.clips)}
    if purchase.basis is not None:
        found["basis"] = _Row(purchase.basis.model_dump(mode="json"))
        request.pop("image", None)  # it is a frame of a clip that is not bought yet
    if request.get("seed") == purchase.take > 1:
        del request["seed"]  # a further take has it of itself
    return found | {"request": _by_path(request, paths)}


def _work(work: Work) -> dict[str, Any]:
    found = work.model_dump(mode="json", exclude_defaults=True, exclude={"timeline", "deliverables"})
    timeline = work.timeline.model_dump(mode="json", exclude_defaults=True)
    for name in ("shots", "marks", "sounds"):
        if name in timeline:
            timeline[name] = [_Row(each) for each in timeline[name]]
    if work.deliverables != deliverables(work.timeline, work.platforms):
        found["deliverables"] = list(work.deliverables)
    return found | {"timeline": timeline}


def _shown(plan: Plan, work: Work) -> list[str]:
    clips = set(work.timeline.clips)
    return [purchase.id for purchase in plan.purchases if clips & set(purchase.clips)]


def _brief(brief: Brief, folder: Path) -> dict[str, Any]:
    there = located(brief, lambda path: os.path.relpath(path, folder))
    return {"kind": brief.kind} | there.model_dump(mode="json", exclude_defaults=True)


def _by_path(value: Any, paths: Mapping[str, str]) -> Any:
    """The value with ``{file: PATH}`` for each input file whose path is known."""
    if isinstance(value, dict):
        if value.keys() == {"sha256", "media_type", "bytes"} and value["sha256"] in paths:
            return _Row(file=paths[value["sha256"]])
        return {name: _by_path(each, paths) for name, each in value.items()}
    return [_by_path(each, paths) for each in value] if isinstance(value, list) else value


def read_mapping(path: Path) -> Any:
    """What a YAML or JSON file says. Raises `BriefError` for one that can't be read."""
    try:
        if path.stat().st_size > LARGEST_PLAN:
            raise BriefError([Fault(str(path), f"{path.stat().st_size} bytes", f"at most {LARGEST_PLAN} are read")])
        return plain(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BriefError([Fault(str(path), "this path", f"it can't be read: {error.strerror or error}")]) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BriefError([Fault(str(path), "its text", f"it must be YAML or JSON in UTF-8: {reason}")]) from error


def is_plan(data: Any) -> bool:
    """Whether a mapping is a plan file's, and no brief."""
    return isinstance(data, Mapping) and "callsheet_plan" in data


def placed(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The mapping of a plan file in `folder` as a flow takes it: plain JSON, with absolute paths."""

    def place(value: Any) -> Any:
        if isinstance(value, list):
            return [place(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"file"}:
            return {"file": str((folder / str(value["file"])).resolve())}
        return {name: place(each) for name, each in value.items()}

    made: dict[str, Any] = place(json.loads(json.dumps(dict(data), default=str)))
    brief = located(parse_brief(made["brief"]), lambda path: str((folder / path).resolve()))
    return made | {"brief": brief.model_dump(mode="json", exclude_unset=True) | {"kind": brief.kind}}


def edited(data: Mapping[str, Any], folder: Path, brand: Brand | None = None) -> Edited:
    """The plan that a file in `folder` says, with a fault for everything that is wrong with it.

    `brand` is that of a block; the one that the brief names without it.

    Raises `BriefError`: one line for each wrong field, with its value and what is allowed.
    """
    reading = Reading(folder, brand)
    plan, brief = reading.read(data)
    return Edited(plan, brief, reading.files, tuple(_notes(plan)))


def _notes(plan: Plan) -> list[str]:
    needed = plan.shown | {purchase.basis.clip for purchase in plan.purchases if purchase.basis}
    return [
        f"{purchase.id}: no work shows it; without it the plan costs {purchase.price} less"
        for purchase in plan.purchases
        if not needed & set(purchase.clips)
    ]
