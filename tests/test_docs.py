"""The documentation tells the truth: what it shows and lists is what the code does today."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, cast, get_args

import click
import pytest
import yaml

import tasks
from callsheet import errors, faults
from callsheet.brand import parse_brand
from callsheet.briefs import MarketingBrief, load_brief, parse_brief
from callsheet.briefs.files import read_files
from callsheet.cli import cli
from callsheet.cli.report import report
from callsheet.desk import Desk
from callsheet.features import FEATURES
from callsheet.ledger.states import TRANSITIONS
from callsheet.library import Library
from callsheet.manifest import Cost, Deliverable, Manifest, PurchaseRecord
from callsheet.media.probe import Probe
from callsheet.media.sound.moods import moods
from callsheet.media.speech.voices import languages, voices
from callsheet.money import ASPECTS, frame_size, price_list
from callsheet.plan.lengths import fit_lengths
from callsheet.plan.marketing import FPS
from callsheet.platforms import platforms
from callsheet.production import Outcome, Production
from callsheet.products import plan_of
from callsheet.prompts import style_names
from callsheet.provider.catalogue import catalogue, catalogue_entry
from callsheet.settings import Settings
from callsheet.storage import open_bucket
from callsheet.studio.app import PATHS
from callsheet.tiers import TierName, tier
from tests.markdown import PAGES, ROOT, codes, examples, links, name_of, prose, table, text_of
from tests.studios import small_plan

SMART_SPEAKER = ROOT / "examples" / "smart-speaker.yaml"
ALL = [name_of(path) for path in PAGES]
EXTRAS = {
    "CALLSHEET_FFMPEG",
    "CALLSHEET_STUDIO_KEY",
    "CALLSHEET_FAULT",
    "CALLSHEET_LOG",
    "CALLSHEET_TEST_POSTGRES",
    "CALLSHEET_TEST_BROWSER",
    "CALLSHEET_TEST_BRIEFS",
    "CALLSHEET_TEST_TRIGGERS",
    "CALLSHEET_TEST_REDIS",
}
"""Variables that are read by one part each and are not settings."""
FOLDERS = ("callsheet", "blocks", "tasks", "flows", "deployments", "tests", "docs", "examples", "benchmarks")


def first_code(cell: str) -> str:
    return codes(cell)[0]


# Examples


def test_every_brief_is_one() -> None:
    found = examples("yaml")
    assert len(found) >= 3
    for example in found:
        written = yaml.safe_load(example.text)
        if example.page == "docs/brand.md" and "kind" not in written:
            assert parse_brand(written).name if "name" in written else Library.model_validate(written).styles
        elif "versions" not in written:  # a price list is written in YAML too
            assert parse_brief(written).name, example.page


def test_the_readmes_brief_is_the_example() -> None:
    shown = parse_brief(yaml.safe_load(examples("yaml", "README.md")[0].text))
    meant = load_brief(SMART_SPEAKER)
    assert shown == meant.with_paths(lambda path: Path(path).relative_to(SMART_SPEAKER.parent).as_posix())


def test_the_readmes_quote_is_what_is_printed_today() -> None:
    command, shown = examples("console", "README.md")[0].text.split("\n", maxsplit=1)
    words = command.removeprefix("$ callsheet ").split()
    done = subprocess.run(
        [sys.executable, "-c", "from callsheet.cli import main; main()", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    printed = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
    assert [line.rstrip() for line in shown.strip("\n").splitlines()] == printed


def test_json_and_python_can_be_read() -> None:
    for example in examples("json"):
        assert isinstance(json.loads(example.text), dict), example.page
    for example in examples("python"):
        for node in ast.walk(ast.parse(example.text, example.page)):
            if isinstance(node, ast.ImportFrom):
                module = __import__(str(node.module), fromlist=[alias.name for alias in node.names])
                assert all(hasattr(module, alias.name) for alias in node.names), example.page


def test_the_object_of_json_has_the_shown_keys(tmp_path: Path) -> None:
    shown = json.loads(examples("json", "README.md")[0].text)
    bucket = open_bucket(str(tmp_path))
    production = Production(small_plan(), Desk(Settings(home=tmp_path), bucket, cast(Any, None)))
    master = Deliverable(kind="master", path="master.mp4", sha256="0" * 64, bytes=1, content_type="video/mp4")
    cost = Cost(currency="CNY", quoted=Decimal(1), charged=Decimal(1))
    construct: Any = Manifest.model_construct  # without what the report does not read
    manifest = construct(kind="marketing", work="video", cost=cost, purchases=(), deliverables=(master,))
    outcome = Outcome.model_construct(production_id=production.id, manifests=(manifest,), failed=())
    made = report(production, outcome, set(), {"": "x", "manifest.json": "y", "master.mp4": "z", "review.html": "r"})
    assert list(made) == list(shown)
    for name in ("cost", "purchases"):
        assert list(made[name]) == list(shown[name])
    assert list(made["deliverables"][0]) == list(shown["deliverables"][0])


def test_the_retired_providers_words_are_quoted() -> None:
    import datetime as dt

    with pytest.raises(errors.Incapable) as caught:
        catalogue_entry("sora").refuse_incapable(set(), address_is_default=True, today=dt.date(2026, 9, 24))
    assert caught.value.message in text_of("README.md")
    for day, default in ((dt.date(2026, 9, 23), True), (dt.date(2026, 9, 24), False)):
        catalogue_entry("sora").refuse_incapable(set(), address_is_default=default, today=day)


# Links, paths, variables, commands


@pytest.mark.parametrize("page", ALL)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in links(page):
        if "://" in target:
            continue
        assert ((ROOT / page).parent / target.partition("#")[0]).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", ALL)
def test_every_file_that_is_named_exists(page: str) -> None:
    for code in codes(prose(page)):
        if re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*", code):
            assert (ROOT / code).exists(), f"{page}: {code}"


def test_every_variable_is_one() -> None:
    known = {f"CALLSHEET_{name.upper()}" for name in Settings.model_fields} | EXTRAS
    for page in ALL:
        assert set(re.findall(r"CALLSHEET_[A-Z][A-Z_]*[A-Z]", text_of(page))) <= known, page


def test_the_table_of_settings_is_complete() -> None:
    first, second = (rows for rows in _tables_of_variables())
    assert [name for name, *_ in first] == [f"CALLSHEET_{name.upper()}" for name in Settings.model_fields]
    for (_, shown, _), (name, field) in zip(first, Settings.model_fields.items(), strict=True):
        default = "" if field.default in (None, ()) else str(field.default)
        assert shown.strip("`") == default, name
    assert {name for name, *_ in second} == EXTRAS
    source = "".join(path.read_text(encoding="utf-8") for folder in ("callsheet", "tests")
                     for path in (ROOT / folder).rglob("*.py"))  # fmt: skip
    assert all(f'"{name}"' in source for name in EXTRAS)


def _tables_of_variables() -> tuple[list[list[str]], list[list[str]]]:
    settings, extras = table("README.md", "Variable", "Default"), table("README.md", "Variable", "Read by")
    return [[first_code(row[0]), *row[1:]] for row in settings], [[first_code(row[0])] for row in extras]


CONTEXT = click.Context(cli)


def options(name: str) -> list[click.Option]:
    command = cli.get_command(CONTEXT, name)
    assert command is not None
    return [param for param in command.params if isinstance(param, click.Option)]


def test_commands_and_their_options_are_listed() -> None:
    rows = table("README.md", "Command", "Does")
    assert {first_code(row[0]).split()[1] for row in rows} == set(cli.list_commands(CONTEXT))
    for command, does in rows:
        name = first_code(command).split()[1]
        assert set(codes(does)) == {option.opts[0] for option in options(name)}, name
    shown = {first_code(row[0]): row[1] for row in table("docs/studio.md", "Option", "Default")}
    assert set(shown) == {option.opts[0] for option in options("studio")}
    for option in options("studio"):
        if isinstance(option.default, str | int | float):
            assert type(option.default)(shown[option.opts[0]].strip("`")) == option.default


def test_exit_codes_are_those_of_the_errors() -> None:
    shown = {name: int(row[0]) for row in table("README.md", "Code", "Meaning") for name in codes(row[2])}
    classes = [kind for kind in vars(errors).values() if inspect.isclass(kind)]
    kinds = [kind for kind in classes if issubclass(kind, errors.CallsheetError)]
    assert shown == {kind.__name__: kind.exit_code for kind in kinds}
    assert {0, 130} <= {int(row[0]) for row in table("README.md", "Code", "Meaning")}


# Briefs


def limits(schema: dict[str, Any]) -> set[str]:
    """Every number and allowed value that the schema of a field states, wherever in it."""
    found: set[str] = set()
    for key, value in schema.items():
        if key in ("minLength", "maxLength", "maxItems", "minimum", "maximum", "exclusiveMinimum", "gt"):
            found.add(f"{value:g}")
        elif key == "const":
            found.add(value)
        elif key == "enum":
            found |= {one for one in value if one}  # an empty box of a form is nobody's choice
        elif isinstance(value, dict):
            found |= limits(value)
        elif key == "anyOf":
            found = found.union(*(limits(one) for one in value))
    return found


def test_every_field_of_a_brief_is_there_with_its_default_and_limits() -> None:
    rows = {first_code(row[0]): row for row in table("docs/brief.md", "Field", "Default")}
    assert list(rows) == list(MarketingBrief.model_fields)
    properties = MarketingBrief.model_json_schema()["properties"]
    # What has a list of its own, on this page or another, which is compared with the code there.
    elsewhere = {*voices("zh-CN"), *moods(), *style_names(), *platforms(), *catalogue()}
    for name, field in MarketingBrief.model_fields.items():
        _, default, allowed, _ = rows[name]
        if field.is_required():
            assert default == "required", name
        else:
            assert default.strip("`") == ("none" if field.default in (None, ()) else str(field.default)), name
        stated, words = limits(properties[name]) - elsewhere, set(re.findall(r"[\w:-]+", allowed))
        assert stated <= words, name
        assert {word for word in words if word.isdigit()} == {limit for limit in stated if limit.isdigit()}, name


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Voices", voices("zh-CN")), ("Moods", moods()), ("Styles", style_names())],
)
def test_every_choice_is_listed(title: str, expected: list[str]) -> None:
    paragraph = next(part for part in text_of("docs/brief.md").split("\n\n") if part.startswith(f"**{title}**"))
    assert sorted(codes(paragraph)) == sorted(expected)
    assert all(voices(language) == voices("zh-CN") for language in languages())


def test_tiers_have_their_frames_and_prices() -> None:
    rows = table("docs/brief.md", "Tier", "Price of a second")
    assert [first_code(row[0]) for row in rows] == list(get_args(TierName))
    for name, price, *frames in rows:
        resolution = tier(cast(TierName, first_code(name))).resolution
        assert Decimal(price) == price_list("sora").price("text_to_video", resolution, 1).amount
        assert frames == ["{}x{}".format(*frame_size(resolution, aspect)) for aspect in ASPECTS]


def test_lengths_are_those_that_are_bought() -> None:
    for shots, duration, bought, joins in table("docs/brief.md", "Shots", "Duration"):
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (image|scenario)", shots)}
        wanted = [5] + [3] * counts.get("image", 0) + [4] * counts.get("scenario", 0)
        found = fit_lengths(wanted, int(duration.split()[0]), FPS)
        assert ", ".join(map(str, found.seconds)) == bought
        frames = re.search(r"(\d+) frames", joins)
        assert set(found.overlaps) == ({int(frames[1])} if frames else {0} if "cut" in joins else set())


# Features, purchases, manifest, blocks


def test_all_features_are_listed_with_their_paths() -> None:
    rows = table("docs/features.md", "Feature", "Model")
    shown = [(first_code(row[0]), first_code(row[1]), first_code(row[2])) for row in rows]
    assert shown == [(name, model.__name__, model.path) for name, model in FEATURES.items()]
    assert len(shown) == 13
    rendered = {first_code(row[0]) for row in rows if row[4] == "yes"}
    assert rendered == set(catalogue_entry("studio").features)
    assert {codes(row[5])[0] for row in rows} <= set(tasks.__all__)
    bought = {first_code(row[0]) for row in rows if "the marketing video" in row[5]}
    brief = load_brief(SMART_SPEAKER)
    assert bought == plan_of(brief, read_files(brief).media, price_list("sora")).features
    prices = price_list("sora").versions[-1]
    assert {first_code(row[0]) for row in rows if row[3] == "free"} == set(prices.free)
    assert {first_code(row[0]) for row in rows if row[3].startswith("input")} == {
        "extension",
        "perspective_change",
        "scene_evolution",
    }


def test_every_field_of_a_feature_is_listed() -> None:
    for name, fields in table("docs/features.md", "Feature", "Fields"):
        model = FEATURES[first_code(name)]
        wanted = {field.alias or key for key, field in model.model_fields.items()} - {"feature", "seed"}
        assert wanted <= set(codes(fields)), name
    assert "Each of them also takes a `seed`" in text_of("docs/features.md")


def test_paths_that_answer_501_and_refused_words_are_listed() -> None:
    able = catalogue_entry("studio").features
    paragraph = next(part for part in text_of("docs/studio.md").split("\n\n") if "answer 501" in part)
    assert {code for code in codes(paragraph) if code.startswith("/")} == {
        path for path, feature in PATHS.items() if feature not in able
    }
    refused = json.loads((ROOT / "callsheet/data/studio/moderation.json").read_text(encoding="utf-8"))["refused"]
    assert set(refused) <= set(codes(text_of("docs/studio.md")))
    assert {first_code(row[0]) for row in table("README.md", "Name", "What it is")} == set(catalogue())


def test_the_life_of_a_purchase_is_the_table_of_states() -> None:
    rows = table("docs/buying.md", "State", "Event")
    shown = {(first_code(row[0]), first_code(row[1])): first_code(row[2]) for row in rows}
    assert shown == {(str(state), str(event)): str(after) for (state, event), after in TRANSITIONS.items()}
    assert len(rows) == len(shown)


def test_fault_points_are_listed() -> None:
    assert tuple(first_code(row[0]) for row in table("ARCHITECTURE.md", "Killed at")) == faults.POINTS
    assert tuple(dict.fromkeys(c for c in codes(text_of("docs/buying.md")) if c.startswith("buy."))) == faults.POINTS


def test_the_manifest_is_described_field_by_field() -> None:
    def named(*head: str) -> list[str]:
        return [code for row in table("docs/manifest.md", *head) for code in codes(row[0])]

    assert named("Field", "Meaning") == list(Manifest.model_fields)
    assert named("Field of a purchase") == list(PurchaseRecord.model_fields)
    assert named("Field of a deliverable") == list(Deliverable.model_fields)
    assert sorted(named("Field of a probe")) == sorted(Probe.model_fields)


def test_blocks_are_listed_with_their_fields() -> None:
    import blocks
    from flows.marketing_video import marketing_video

    rows = table("docs/blocks.md", "Block", "Type slug")
    kinds: dict[str, Any] = {name: kind for name in blocks.__all__ if isinstance(kind := getattr(blocks, name), type)}
    assert {first_code(row[0]) for row in rows} == set(kinds)
    for name, slug, fields, parameter in rows:
        kind = kinds[first_code(name)]
        assert first_code(slug) == kind._block_type_slug
        assert set(kind.model_fields) <= set(codes(fields))
        secret = {code for code, mark in re.findall(r"`(\w+)` \((secret)\)", fields) if mark}
        assert secret == {n for n, f in kind.model_fields.items() if "SecretStr" in str(f.annotation)}
        known = {*inspect.signature(marketing_video.fn).parameters, "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK"}
        assert first_code(parameter) in known


def test_every_room_is_in_the_architecture() -> None:
    rows = [code.rstrip("/") for row in table("ARCHITECTURE.md", "Room", "Does") for code in codes(row[0])]
    there = {path.name for path in (ROOT / "callsheet").iterdir() if not path.name.startswith(("__", "py."))}
    assert set(rows) == there
