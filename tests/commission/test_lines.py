"""What is wrong is said in one set of lines: by the command line, before a submission, and by a run's first step."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from prefect.utilities.schema_tools.validation import validate

from callsheet.cli import cli
from callsheet.commission import brief_of, read_commission
from callsheet.errors import BriefError
from flows.ad_variants import ad_variants
from flows.content_matrix import content_matrix
from flows.course_video import course_video
from flows.marketing_video import marketing_video
from flows.product import Product
from flows.storyboard_film import storyboard_film

FLOWS: dict[str, Product] = {
    "course": course_video,
    "marketing": marketing_video,
    "matrix": content_matrix,
    "storyboard": storyboard_film,
    "variants": ad_variants,
}
BRIEFS: dict[str, dict[str, Any]] = {
    "course": {
        "name": "Rain",
        "language": "en-US",
        "duration": 60,
        "key_concepts": [{"name": "rain", "description": "rain on a lake"}],
        "script": "# One\nThe sun warms the sea. Water rises into the air. It cools up there. Clouds form from it.\n"
        "# Two\nSmall drops become large ones. They fall as rain on lakes. The rain feeds streams. They feed rivers.\n"
        "# Three\nRivers run to the sea. The sun warms it again. There it begins anew. Thank you for watching.",
    },
    "marketing": {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US"},
    "matrix": {"name": "Lamp", "message": "Light.", "language": "en-US"},
    "storyboard": {"name": "Lamp", "language": "en-US", "shots": [{"description": "a lamp"}]},
    "variants": {
        "name": "Lamp",
        "description": "a brass lamp",
        "language": "en-US",
        "variations": [{"style": "modern"}, {"style": "vintage"}],
    },
}
WRONG: list[tuple[str, dict[str, Any], bool]] = [
    ("marketing", {"duration": 100}, True),
    ("marketing", {"music_mood": "grim", "style": "baroque"}, True),
    ("marketing", {"slogan": ""}, True),
    ("marketing", {"name": None}, True),
    ("marketing", {"colour": "red"}, True),
    ("marketing", {"budget": "-1"}, True),
    ("marketing", {"platforms": ["myspace"]}, True),
    ("marketing", {"provider": "nobody"}, True),
    ("marketing", {"takes": {"nothing": 2}}, False),
    ("marketing", {"language": "zh-CN", "voice": "female_us"}, True),
    ("matrix", {"cells": [{"platform": "tiktok", "seconds": 2}]}, True),
    ("matrix", {"message": "word " * 38, "cells": [{"platform": "tiktok", "seconds": 5}]}, False),
    ("matrix", {"languages": ["zh-CN"]}, False),
    ("course", {"script": None, "chapters": [{"title": "One", "script": "Rain."}]}, False),
    ("course", {"duration": 5}, True),
    ("storyboard", {"shots": []}, False),
    ("storyboard", {"repair_budget": {"amount": "0"}}, False),
    ("variants", {"variations": [{"style": "modern"}, {"style": "modern"}]}, False),
    ("variants", {"seconds": 1}, True),
]
"""Kind, what is changed in its brief, and whether the form's schema can refuse it."""


def changed(kind: str, change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**BRIEFS[kind], **change}.items() if value is not None}


def schema_of(flow: Product) -> dict[str, Any]:
    return flow.parameters.model_dump_for_openapi()


@pytest.mark.parametrize(("kind", "change", "by_schema"), WRONG)
def test_a_wrong_brief_has_the_command_lines_lines(
    kind: str, change: dict[str, Any], by_schema: bool, tmp_path: Path
) -> None:
    brief = changed(kind, change)
    file = tmp_path / "brief.yaml"
    file.write_text(yaml.safe_dump({"kind": kind, **brief}, sort_keys=False), encoding="utf-8")
    shown = CliRunner().invoke(cli, ["quote", str(file)])
    assert isinstance(shown.exception, BriefError), shown.output
    with pytest.raises(BriefError) as before:
        read_commission(kind, {"brief": brief})
    assert before.value.message == shown.exception.message
    with pytest.raises(BriefError) as first:  # the body of the flow, as the engine calls it
        asyncio.run(FLOWS[kind].fn(brief=brief))
    assert first.value.message == before.value.message
    assert bool(validate({"brief": brief}, schema_of(FLOWS[kind]))) is by_schema


@pytest.mark.parametrize("kind", FLOWS)
def test_what_is_right_is_taken_by_schema_and_program(kind: str) -> None:
    schema = schema_of(FLOWS[kind])
    parameters = {"brief": BRIEFS[kind], "approve_up_to": "12.50", "approve_currency": "CNY", "dry_run": True}
    assert validate(parameters, schema) == []
    assert read_commission(kind, parameters).approve_up_to is not None
    reference = {"$ref": {"block_document_id": "5b0d1b8e-5f0b-4f7c-9f31-0b1a5a9b0001"}}
    for saved in ("works", reference):
        names = {name: saved for name in schema["properties"] if name.endswith("_block")}
        assert len(names) == 5
        assert validate({**parameters, **names}, schema) == []
        assert read_commission(kind, {**parameters, **names}).bucket_block == saved


@pytest.mark.parametrize("kind", FLOWS)
def test_a_choice_that_may_be_nothing_is_one_box_that_may_stay_empty(kind: str) -> None:
    """No tabs of which one is "None"; what a program says as null, the form says as an empty text."""
    schema = schema_of(FLOWS[kind])
    models = [one for one in schema["definitions"].values() if "properties" in one]
    fields = [field for model in models for field in model["properties"].values()]
    assert all("$ref" in one for field in fields for one in field.get("anyOf", ()) if one != {"type": "null"})
    for nothing in ("", None):
        parameters = {"brief": {**BRIEFS[kind], "provider": nothing}}
        assert validate(parameters, schema) == []
        read_commission(kind, parameters)
        assert brief_of(kind, parameters["brief"]) == brief_of(kind, BRIEFS[kind])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"approve_up_to": "many"}, 'approve_up_to: "many" is not allowed; it must be a decimal number such as 12.50'),
        ({"approve_currency": "yuan"}, 'approve_currency: "yuan" is not allowed; '),
        ({"provider": "nobody"}, 'provider: "nobody" is not allowed; it must be one of studio, '),
        ({"wait_for_approval_hours": -1}, "wait_for_approval_hours: -1 is not allowed; it must be at least 0"),
        ({"wait_for_approval_hours": 721}, "wait_for_approval_hours: 721 is not allowed; it must be at most 720"),
        ({"dry": True}, "dry: a field of this name is not allowed; check its spelling or leave it out"),
    ],
)
def test_a_wrong_parameter_is_one_line(change: dict[str, Any], line: str) -> None:
    parameters = {"brief": BRIEFS["marketing"], **change}
    with pytest.raises(BriefError) as caught:
        read_commission("marketing", parameters)
    assert caught.value.message.startswith(line)
    assert "\n" not in caught.value.message
    if "dry" not in change:  # the server takes unknown names, the run refuses them
        assert validate(parameters, schema_of(marketing_video))


def test_neither_brief_nor_key_is_one_line_and_another_kind_another() -> None:
    wrong: list[dict[str, Any]] = [{}, {"brief": None}, {"brief": {}}]
    for nothing in wrong:
        with pytest.raises(BriefError, match=r"^brief: a missing value is not allowed; give a brief, or the key"):
            read_commission("marketing", nothing)
    with pytest.raises(BriefError, match=r"^kind: marketing is not allowed; this product is made of .* matrix$"):
        read_commission("matrix", {"brief": {"kind": "marketing", **BRIEFS["marketing"]}})


@pytest.mark.parametrize("kind", FLOWS)
def test_the_form_is_in_order_and_says_what_each_field_is(kind: str) -> None:
    schema = schema_of(FLOWS[kind])
    fields = schema["properties"]
    assert list(fields)[:3] == ["brief", "brief_key", "dry_run"]
    assert [field["position"] for field in fields.values()] == [*range(len(fields))]
    for name, field in fields.items():
        assert field["title"][0].isupper(), name
        assert field["description"].endswith("."), name
    brief = schema["definitions"][type_of(schema)]["properties"]
    assert [field["position"] for field in brief.values()] == [*range(len(brief))]
    assert all(field["title"] for field in brief.values())
    for name in ("style", "voice", "tier"):
        assert len(brief[name]["enum"]) > 3, name
    pickers = [one for one in schema["definitions"].values() if "block_type_slug" in one]
    assert len(pickers) == 5
    assert all(set(one) == {"title", "type", "block_type_slug"} for one in pickers)  # nowhere to write a secret


def type_of(schema: dict[str, Any]) -> str:
    return str(schema["properties"]["brief"]["$ref"]).rpartition("/")[2]


@pytest.mark.parametrize("kind", FLOWS)
def test_an_untouched_form_is_taken(kind: str) -> None:
    """Prefect's form sends what it shows: the deployment's parameters, else the schema's default of each field."""
    schema = schema_of(FLOWS[kind])
    shown = {name: field["default"] for name, field in schema["properties"].items() if "default" in field}
    sent = {**shown, "brief": BRIEFS[kind]}
    validate(sent, schema, raise_on_error=True, ignore_required=False)
    commission = read_commission(kind, sent)
    assert (commission.brief_key, commission.provider, commission.approve_up_to) == (None, None, None)
    assert commission.wait_for_approval_hours == 24
    for name, wrong in {"provider": "nobody", "approve_currency": "cny", "brief_key": None}.items():
        with pytest.raises(Exception, match="Validation failed"):
            validate({**sent, name: wrong}, schema, raise_on_error=True, ignore_required=False)
