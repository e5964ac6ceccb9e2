"""The review page as a person uses it: in a browser, from a file, at a desk and on a phone; and nothing leaves."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from callsheet.manifest import ConsistencyRecord, FurtherTake
from callsheet.media.consistency import Consistency, Scores
from callsheet.plan import Plan
from callsheet.review import content as pages
from callsheet.review import plan_page, review_page
from callsheet.review.content import Seen, content
from callsheet.review.rendering import words
from callsheet.timeline import Chapter
from tests.review.conftest import Folder, matrix

HOSTILE = """</script><script>document.title='owned'</script><img src=x onerror="document.title='owned'">'"&{{7*7}}"""
LIMIT = 60_000
"""Milliseconds for one step of the browser on a busy machine."""


@contextlib.contextmanager
def opened(browser: Any, path: Path, width: int, height: int) -> Iterator[Any]:
    """The page in a window of its own. Fails when it asks for anything but files, or its policy or script complains."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(LIMIT)
    asked: list[str] = []
    said: list[str] = []

    def route(way: Any) -> None:
        asked.append(way.request.url)
        way.continue_() if way.request.url.startswith(("file:", "data:")) else way.abort()

    context.route("**/*", route)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    try:
        yield page
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert said == []
    finally:
        context.close()


def shown(page: Any, kind: str) -> list[str]:
    """The panels of a kind that can be seen."""
    found: list[str] = page.eval_on_selector_all(kind, "all => all.filter(e => e.offsetParent).map(e => e.id)")
    return found


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_it_is_used_by_mouse_and_keyboard(browser: Any, written: Path, width: int, height: int) -> None:
    with opened(browser, written, width, height) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert shown(page, ".version") == ["v-1-master"]
        video = page.locator("#v-1-master video")
        page.wait_for_function("document.querySelector('#v-1-master video').readyState >= 1")
        assert video.evaluate("v => [v.error, v.videoWidth > 0, v.textTracks[0].mode]") == [None, True, "showing"]
        page.wait_for_function("document.querySelector('#v-1-master video').textTracks[0].cues?.length === 1")
        for key in ("sharing", "checks", "captions", "money", "provenance", "files", "calendar", "storyboard"):
            page.click(f"#tab-{key}")
            assert shown(page, "section.card > [role=tabpanel]") == [key]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, key
        page.focus("#tab-storyboard")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == "tab-sharing"
        page.keyboard.press("End")
        assert shown(page, "section.card > [role=tabpanel]") == ["calendar"]
        page.keyboard.press("2")
        assert shown(page, ".version") == ["v-1-tiktok"]
        overlay = page.locator("#v-1-tiktok svg.safe")
        assert overlay.is_visible()
        page.keyboard.press("s")
        assert not overlay.is_visible()
        page.check("#v-1-tiktok .safe-toggle")
        assert overlay.is_visible()
        box, frame = overlay.bounding_box(), page.locator("#v-1-tiktok video").bounding_box()
        assert abs(box["width"] - frame["width"]) < 1 and abs(box["height"] - frame["height"]) < 1
        assert abs(box["width"] / box["height"] - 1080 / 1920) < 0.01
        page.keyboard.press("]")
        assert shown(page, ".version") == ["v-2-master"]
        page.keyboard.press("c")
        assert page.evaluate("document.querySelector('#v-2-master video').textTracks[0].mode") == "disabled"


def test_the_language_and_the_shot_can_be_chosen(browser: Any, written: Path) -> None:
    with opened(browser, written, 1280, 900) as page:
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.locator("#tab-checks").inner_text().split()[0] == "Checks"
        page.keyboard.press("l")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"
        assert page.locator("#tab-checks").inner_text().split()[0] == "检查"
        assert page.get_attribute("[data-tabs=section]", "aria-label") == "内容"
        page.click("#language")
        assert page.locator("#tab-checks").inner_text().split()[0] == "Checks"
        page.keyboard.press("]")
        page.locator(".jump").nth(1).click()
        starts = page.evaluate("JSON.parse(document.querySelector('#v-2-master video').dataset.starts)")
        clip = page.locator(".jump").nth(1).get_attribute("data-clip")
        now = page.evaluate("document.querySelector('#v-2-master video').currentTime")
        assert now == pytest.approx(min(starts[clip], 2.0), abs=0.3)  # the test's film has 2 s


def test_what_a_brief_says_is_only_shown(browser: Any, folder: Folder) -> None:
    plan = matrix(name=HOSTILE[:200], message=HOSTILE[:150])
    manifests = [made.model_copy(update={"name": HOSTILE}) for made in folder.manifests]
    evil = Seen(captions={"en-US": f"WEBVTT\n\n00:00.000 --> 00:01.000\n{HOSTILE}\n"})
    path = folder.root / "hostile.html"
    wrong = {plan.works[0].id: HOSTILE}
    path.write_text(review_page(plan, folder.id, manifests, wrong, {manifests[0].work: evil}), encoding="utf-8")
    with opened(browser, path, 800, 600) as page:
        assert page.title() == f"{plan.name} · Callsheet"
        assert page.locator("h1").inner_text() == plan.name
        assert page.locator("script").count() == 1
        assert page.locator("img[src=x]").count() == 0


def test_a_script_that_was_slipped_in_does_not_run(browser: Any, written: Path, tmp_path: Path) -> None:
    """Even if something were not escaped: the policy lets only our own script run."""
    text = written.read_text(encoding="utf-8").replace("<main>", "<main><script>document.title='owned'</script>")
    path = tmp_path / "planted.html"
    path.write_text(text, encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri(), timeout=LIMIT)
    assert page.title() == "Trail lamp · Callsheet"
    context.close()


def test_the_storyboard_of_a_plan(browser: Any, tmp_path: Path) -> None:
    from PIL import Image

    from callsheet.review.pictures import small_jpeg

    plan = matrix()
    drafts = {clip: small_jpeg(Image.new("RGB", (180, 320), "#446"), 320) for p in plan.purchases for clip in p.clips}
    path = tmp_path / "lamp.plan.html"
    path.write_text(plan_page(plan, "studio", "lamp.plan.yaml", drafts, ("a note",)), encoding="utf-8")
    with opened(browser, path, 390, 844) as page:
        assert page.locator(".shot img").count() == len(drafts)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert "lamp.plan.yaml" in page.locator("pre").inner_text()


def test_money_and_sharing_add_up(folder: Folder) -> None:
    made = content(folder.plan, folder.id, folder.manifests)
    records = {one.id: one for manifest in folder.manifests for one in manifest.purchases}
    assert made["money"]["quoted"] == str(folder.plan.total)
    paid = sum(one.charged for one in records.values() if not one.reused)
    assert made["money"]["charged"] == f"{paid:.2f} CNY"
    alone = sum(manifest.cost.quoted for manifest in folder.manifests)
    assert made["money"]["shared"] == f"{alone - sum(one.quoted for one in records.values()):.2f} CNY"
    assert made["fails"] == 1
    gone = [version for work in made["works"] for version in work["versions"] if version["src"] is None]
    assert [version["key"] for version in gone] == ["youtube-shorts"]


def test_every_link_leads_to_a_file_beside_it(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    found = {target for target in re.findall(r'(?:href|src)="([^"]+)"', text) if not target.startswith("data:")}
    assert len(found) > 8
    there = {target for target in found if (written.parent / target).is_file()}
    # The synthetic production has neither manifests nor what is written when all works are there.
    missing = {target.rpartition("/")[2] for target in found - there}
    assert missing == {"manifest.json", "calendar.ics", "production.json"}
    saved = re.findall(r'href="([^"]+)" download="([^"]+)"', text)
    assert "tiktok.mp4" in {name for _, name in saved}, "not tiktok-tiktok.mp4"
    for path, name in saved:
        work, file = path.split("/")[0], path.rpartition("/")[2]
        assert name == (file if file == f"{work}.mp4" else f"{work}-{file}")


def test_every_word_is_there_in_both_languages() -> None:
    for key, (zh, en) in words().items():
        assert zh and en, key
        assert set(re.findall(r"{(\w+)}", zh)) == set(re.findall(r"{(\w+)}", en)), key


def test_a_failed_work_says_why(folder: Folder) -> None:
    plan: Plan = folder.plan
    text = review_page(plan, folder.id, folder.manifests[:1], {plan.works[1].id: "the provider refused"})
    assert "the provider refused" in text


def test_a_page_of_very_many_works_shows_those_with_faults_first(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said of all of them counts all of them."""
    monkeypatch.setattr(pages, "MOST_SCREENED", 1)
    last = folder.plan.works[-1].id  # its rendition failed its check
    made = pages.content(folder.plan, folder.id, folder.manifests)
    assert [work["id"] for work in made["works"]] == [last]
    assert (made["there"], made["left_out"]) == (len(folder.plan.works), len(folder.plan.works) - 1)
    text = review_page(folder.plan, folder.id, folder.manifests)
    assert f"{made['left_out']} more are in production.json" in text


def test_shots_that_do_not_fit_are_told_before_all_else(folder: Folder) -> None:
    scores = Scores(items={"color_consistency": 0.2}, shots=(), pairs=())
    odd = Consistency(consistency_score=0.2, inconsistent_shots=(2, 3), scores=scores)
    record = ConsistencyRecord(items=("color_consistency",), before=odd, after=odd)
    manifests = [folder.manifests[0].model_copy(update={"consistency": record}), *folder.manifests[1:]]
    text = review_page(folder.plan, folder.id, manifests)
    assert "Not like the other shots: shot 2, 3" in text[: text.index('id="screening"')]
    assert "The shots belong together" not in text


def test_chapters_are_gone_to_and_a_repair_is_shown(browser: Any, folder: Folder) -> None:
    def found(score: float) -> Consistency:
        odd = (2,) if score < 0.85 else ()
        scores = Scores(items={"color_consistency": score}, shots=(), pairs=())
        return Consistency(consistency_score=score, inconsistent_shots=odd, scores=scores)

    record = ConsistencyRecord(
        items=("color_consistency",),
        before=found(0.61),
        after=found(0.93),
        further_takes=(FurtherTake(purchase="shot-2", take=2, charged=Decimal("0.50"), kept=True),),
    )
    made = folder.manifests[0]
    chapters = (Chapter(title="Why", start=0), Chapter(title="How <b>", start=made.timeline.fps))
    timeline = made.timeline.model_copy(update={"chapters": chapters})
    manifests = [made.model_copy(update={"timeline": timeline, "consistency": record}), *folder.manifests[1:]]
    path = folder.root / "chapters.html"
    path.write_text(review_page(folder.plan, folder.id, manifests), encoding="utf-8")
    with opened(browser, path, 390, 844) as page:
        page.wait_for_function("document.querySelector('#v-1-master video').readyState >= 1")
        assert page.locator("#v-1-master .seek").all_inner_texts() == ["0:00 Why", "0:01 How <b>"]
        page.locator("#v-1-master .seek").nth(1).click()
        assert page.evaluate("document.querySelector('#v-1-master video').currentTime") == pytest.approx(1, abs=0.1)
        assert "The shots belong together" in page.locator(".verdict").inner_text()
        page.click("#tab-checks")
        rows = "th => { const r = document.createRange(); r.selectNodeContents(th); return r.getClientRects().length; }"
        shown_in = page.locator("#checks thead th >> text=measured >> visible=true").first
        assert shown_in.evaluate(rows) == 1, "no word is broken where the table could scroll"
        text = page.locator("#checks").inner_text()
        assert all(words in text for words in ("all do", "0.61", "0.93", "shot-2 · take 2 · 0.50 CNY · used"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
