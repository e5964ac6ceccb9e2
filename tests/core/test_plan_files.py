"""Plan files: what is written is read back as the same plan, and every wrong edit is one line."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from callsheet.approval import recorded_approval
from callsheet.briefs import Brief, load_brief
from callsheet.briefs.files import read_files
from callsheet.errors import BriefError, BudgetError
from callsheet.ledger.approvals import approval_of, approvals_of, record_approval
from callsheet.ledger.store import open_ledger
from callsheet.money import Money, price_list
from callsheet.plan import Plan
from callsheet.plan.files import edited, placed, plan_text, read_mapping
from callsheet.plan.retier import at_tier
from callsheet.production import prepare
from callsheet.products import plan_with
from callsheet.settings import Settings
from callsheet.timeline import Shot

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))


def planned(name: str, **change: Any) -> tuple[Brief, Plan]:
    brief = load_brief(EXAMPLES / f"{name}.yaml").model_copy(update=change)
    return brief, plan_with(brief, read_files(brief), price_list("sora"))


def written(folder: Path, name: str, **change: Any) -> tuple[Plan, Path]:
    brief, plan = planned(name, **change)
    path = folder / "work.plan.yaml"
    path.write_text(plan_text(plan, brief, read_files(brief), folder, provider=None, model=None), encoding="utf-8")
    return plan, path


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path, dict[str, Any]]:
    plan, path = written(tmp_path_factory.mktemp("plan"), "smart-speaker")
    return plan, path, yaml.safe_load(path.read_text(encoding="utf-8"))


def change(data: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """The mapping with another value at ``purchases.0.request.prompt``."""
    made = copy.deepcopy(data)
    *way, last = [int(part) if part.isdigit() else part for part in field.split(".")]
    at: Any = made
    for part in way:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_that_nobody_edited_is_the_same(tmp_path: Path, name: str) -> None:
    plan, path = written(tmp_path, name)
    read = edited(read_mapping(path), tmp_path)
    assert read.plan == plan
    assert read.plan.digest == plan.digest
    assert read.notes == ()
    again = placed(read_mapping(path), tmp_path)
    assert edited(json.loads(json.dumps(again)), Path("/")).plan.digest == plan.digest


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_that_nobody_edited_is_at_another_tier_that_of_its_brief(tmp_path: Path, name: str) -> None:
    _, path = written(tmp_path, name, tier="prototype")
    _, wanted = planned(name, tier="professional")
    data = at_tier(read_mapping(path), "professional")
    assert edited(data, tmp_path).plan.digest == wanted.digest
    assert at_tier(data, "prototype") == read_mapping(path)


def test_what_was_edited_holds_at_another_tier(speaker: tuple[Plan, Path, dict[str, Any]]) -> None:
    plan, path, data = speaker
    data = change(data, "purchases.0.request.prompt", "另一个特写")
    data = change(data, "purchases.1.request.resolution", "4K")
    first, second, *_ = edited(at_tier(data, "social"), path.parent).plan.purchases
    assert first.request.model_dump()["prompt"] == "另一个特写"
    assert (first.price.amount, second.price.amount) == (Decimal("1.20"), Decimal("4.80"))
    with pytest.raises(BriefError, match="tier: none is not allowed"):
        at_tier({**data, "tier": "none"}, "social")
    assert plan.tier == "professional"


def test_further_takes_come_back_with_their_seeds(tmp_path: Path) -> None:
    plan, path = written(tmp_path, "smart-speaker", takes={"close-up": 2, "usage-1": 3})
    assert edited(read_mapping(path), tmp_path).plan.digest == plan.digest
    assert "seed: 2" not in path.read_text(encoding="utf-8")


def test_edits_are_made_and_priced(speaker: tuple[Plan, Path, dict[str, Any]]) -> None:
    plan, path, data = speaker
    data = change(data, "purchases.0.request.prompt", "另一个特写")
    data = change(data, "purchases.0.request.duration", 8)
    data = change(data, "purchases.1.take", 2)
    data = change(data, "works.0.timeline.lines.0.text", "声音在家")
    data = change(data, "works.0.timeline.shots.4.clip", "usage-2")
    data |= {"total": "0.00 CNY", "digest": "f" * 64}
    read = edited(data, path.parent)
    first, second = read.plan.purchases[:2]
    assert first.request.model_dump()["prompt"] == "另一个特写"
    assert (second.take, second.request.seed) == (2, 2)
    assert read.plan.total.amount == plan.total.amount + 3 * Decimal("0.6")
    assert read.plan.works[0].timeline.lines[0].text == "声音在家"
    assert read.plan.digest != plan.digest


def test_a_shot_that_is_left_out_is_noted_with_what_it_costs(speaker: tuple[Plan, Path, dict[str, Any]]) -> None:
    _, path, data = speaker
    shots = data["works"][0]["timeline"]["shots"]
    shown = [shot for shot in shots if shot["clip"] != "image-3"] + [{"clip": "image-2", "frames": 78}]
    read = edited(change(data, "works.0.timeline.shots", shown), path.parent)
    assert read.notes == ("image-3: no work shows it; without it the plan costs 1.80 CNY less",)


@pytest.mark.parametrize(
    ("field", "value", "where", "allowed"),
    [
        ("purchases.0.request.duration", 25, "purchases[0].request.duration", "at most 20"),
        ("purchases.0.request.resolution", "9000p", "purchases[0].request.resolution", "it must be 480p"),
        ("purchases.0.request.style", "cubist", "purchases[0].request.style", "it must be one of"),
        ("purchases.0.request.zoom", 2, "purchases[0].request.zoom", "check its spelling"),
        ("purchases.4.request.shots.0.prompt", "", "purchases[4].request.shots[0].prompt", "must not be empty"),
        ("purchases.0.take", 0, "purchases[0].take", "at least 1"),
        ("purchases.0.feature", "dance", "purchases[0].feature", "it must be one of text_to_video"),
        ("purchases.0.request.duration", 4, "works[0].timeline.shots[0].frames", "120 frames"),
        ("purchases.1.request.image.file", "no.jpg", "purchases[1].request.image.file", "can be read"),
        ("purchases.1", None, "works[0].timeline.shots[1].clip", "it must be one of close-up"),
        ("works.0.timeline.shots.0.frames", -3, "works[0].timeline.shots[0].frames", "more than 0"),
        ("works.0.timeline.titles.0.start", 9000, "works[0].timeline", "runs past the end"),
        ("works.0.platforms", ["myspace"], "works[0].platforms[0]", "it must be one of"),
        ("brief.budget", -1, "brief.budget", "more than 0"),
        ("callsheet_plan", 2, "callsheet_plan", "at most 1"),
        ("tempo", 3, "tempo", "check its spelling"),
    ],
)  # fmt: skip
def test_a_wrong_edit_is_one_line(
    speaker: tuple[Plan, Path, dict[str, Any]], field: str, value: Any, where: str, allowed: str
) -> None:
    _, path, data = speaker
    with pytest.raises(BriefError) as caught:
        edited(change(data, field, value), path.parent)
    (fault,) = caught.value.faults
    assert fault.field == where
    assert allowed in str(fault)


def test_the_clips_of_a_course_are_edited_and_its_cut_follows(tmp_path: Path) -> None:
    plan, path = written(tmp_path, "course-zh")
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert "works" not in data
    longer = change(data, "purchases.1.request.duration", 12)
    read = edited(longer, tmp_path).plan
    assert read.total.amount == plan.total.amount + 6 * Decimal("0.24")
    [before], [after] = plan.works, read.works
    shown = [max(s.source_in + s.used for s in w.timeline.shots if isinstance(s, Shot) and s.clip == "concept-1-clip")
             for w in (before, after)]  # fmt: skip
    assert shown[0] <= 6 * 30 < shown[1] <= 12 * 30
    titled = change(data, "brief.chapters.0.title", "一滴水的年纪")
    assert edited(titled, tmp_path).plan.works[0].timeline.chapters[0].title == "一滴水的年纪"
    for wrong, said in (
        (change(data, "purchases.2", None), "nothing gives concept-2-clip is not allowed; the brief asks"),
        (data | {"works": [{}]}, "works: 1 works is not allowed; the cut of a course follows"),
        (change(data, "brief.duration", 300), "brief.duration: 300 s is not allowed"),
    ):
        with pytest.raises(BriefError) as caught:
            edited(wrong, tmp_path)
        assert [said in str(fault) for fault in caught.value.faults] == [True]


def real(home: Path) -> Settings:
    """A provider that bills, at an address where nobody answers."""
    return Settings(home=home, provider="sora", provider_url="http://127.0.0.1:9")


async def test_an_approval_is_of_one_plan_at_one_price(
    tmp_path: Path, speaker: tuple[Plan, Path, dict[str, Any]]
) -> None:
    _, path, data = speaker
    settings, brief = real(tmp_path), load_brief(EXAMPLES / "smart-speaker.yaml")
    with pytest.raises(BudgetError, match="nobody has approved"):
        await prepare(brief, settings, plan=placed(data, path.parent))
    ledger = await open_ledger(settings.ledger_address())
    twenty = Money(amount="20", currency="CNY")
    made = edited(data, path.parent).plan
    await record_approval(
        ledger,
        digest=made.digest,
        provider="sora@http://127.0.0.1:9",
        name="x",
        quoted=made.total,
        up_to=twenty,
        by="M",
    )
    for plan in (None, placed(data, path.parent)):  # the brief comes to the same plan
        assert (await prepare(brief, settings, plan=plan)).cap == twenty
    for field, value in (("purchases.0.request.prompt", "other"), ("purchases.0.take", 2)):
        with pytest.raises(BudgetError, match="nobody has approved"):
            await prepare(brief, settings, plan=placed(change(data, field, value), path.parent))
    with pytest.raises(BudgetError, match="nobody has approved"):
        await prepare(brief, settings, model="sora-2-pro")
    with pytest.raises(BudgetError, match="nobody has approved"):
        await prepare(brief.model_copy(update={"tier": "social"}), settings)
    await ledger.close()


async def test_the_newest_approval_counts_and_all_are_listed(ledger_url: str, tmp_path: Path) -> None:
    ledger = await open_ledger(ledger_url)
    fields: dict[str, Any] = {
        "digest": "d" * 64,
        "provider": "sora",
        "name": "光",
        "quoted": Money(amount="1.5", currency="CNY"),
    }
    for amount, who in (("2", "Mia"), ("3.50", "Li")):
        await record_approval(ledger, **fields, up_to=Money(amount=amount, currency="CNY"), by=who)
    found = await approval_of(ledger, "d" * 64, "sora")
    assert found is not None
    assert (found.by, str(found.up_to.amount), found.name) == ("Li", "3.50", "光")
    assert await approval_of(ledger, "d" * 64, "sora#pro") is None
    assert [one.by for one in await approvals_of(ledger)] == ["Mia", "Li"]
    await ledger.close()
    plan = planned("smart-speaker")[1]
    assert await recorded_approval(plan, "sora", Settings(home=tmp_path, ledger_url=ledger_url)) is None


async def test_a_flow_refuses_a_plan_of_another_kind(
    tmp_path: Path, speaker: tuple[Plan, Path, dict[str, Any]]
) -> None:
    _, path, data = speaker
    with pytest.raises(BriefError, match=r"plan\.kind: marketing"):
        await prepare(planned("matrix-en")[0], Settings(home=tmp_path), plan=placed(data, path.parent))
