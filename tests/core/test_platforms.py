"""Platform contracts: whole, sourced, and what they say of themselves is consistent."""

from __future__ import annotations

import json
from datetime import date
from importlib import resources

import pytest

from callsheet.errors import BriefError
from callsheet.platforms import Platform, platform, platforms
from tests.markdown import text_of

NAMES = "bilibili douyin instagram_feed instagram_reels linkedin tiktok wechat_channels x xiaohongshu youtube"
EVERY = list(platforms().values())


def test_all_platforms_are_there_under_the_names_of_their_files() -> None:
    assert list(platforms()) == [*NAMES.split(), "youtube_shorts"]
    folder = resources.files("callsheet").joinpath("data", "platforms")
    assert {file.name for file in folder.iterdir()} == {f"{name}.json" for name in platforms()}


def test_an_unknown_platform_is_refused_with_the_names_that_are_allowed() -> None:
    with pytest.raises(BriefError, match="'myspace' is not allowed; it must be one of bilibili, douyin") as caught:
        platform("myspace")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("one", EVERY, ids=lambda one: str(one.name))
def test_what_is_delivered_is_allowed(one: Platform) -> None:
    assert one.aspect_min - 1e-4 <= one.width / one.height <= one.aspect_max + 1e-4
    assert one.container in one.containers
    assert one.video.codec in one.video.codecs
    assert one.video.fps_min <= one.video.fps <= one.video.fps_max
    assert one.video.bit_rate < one.video.bit_rate_max
    assert one.seconds_min < one.seconds_max
    assert one.safe.top + one.safe.bottom < one.height * 0.6
    assert one.safe.left + one.safe.right < one.width * 0.6
    assert len(one.source) > 20
    assert date.fromisoformat(one.read_on) <= date(2026, 11, 22)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: str(one.name))
def test_every_number_that_is_ours_names_a_field(one: Platform) -> None:
    plain = json.loads(one.model_dump_json())
    for path in one.ours:
        value = plain
        for part in path.split("."):
            assert part in value, path
            value = value[part]


def test_shapes_of_the_content_matrix() -> None:
    sizes = {name: (platform(name).width, platform(name).height) for name in platforms()}
    assert sizes["tiktok"] == sizes["youtube_shorts"] == (1080, 1920)
    assert sizes["instagram_feed"] == (1080, 1350)
    assert sizes["wechat_channels"] == (1080, 1080)


def test_chinese_platforms_want_the_label_in_the_picture() -> None:
    visible = {one.name for one in EVERY if one.ai_label.visible}
    assert visible == {"douyin", "wechat_channels", "xiaohongshu", "bilibili"}


def test_safe_area_as_shares() -> None:
    left, top, right, bottom = platform("tiktok").safe_shares
    assert (left * 1080, top * 1920, right * 1080, bottom * 1920) == pytest.approx((60, 150, 150, 440))


def rows() -> list[str]:
    """The table of docs/renditions.md."""
    head = ["Platform", "Size", "Seconds", "File", "Mb/s", "Fps", "Sound", "Covered", "Captions", "Label", "Cover"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in EVERY:
        video, safe, cover = one.video, one.safe, one.thumbnail
        cells = [
            f"`{one.name}`",
            f"{one.width}x{one.height}",
            f"{one.seconds_min:g} to {one.seconds_max:,g}",
            f"{one.bytes_max / 1e6:,g} MB",
            f"{video.bit_rate / 1e6:g}, at most {video.bit_rate_max / 1e6:g}",
            f"{video.fps_min:g} to {video.fps_max:g}",
            f"{one.audio.bit_rate / 1000:g}",
            f"{safe.top}, {safe.bottom}, {safe.left}, {safe.right}",
            one.captions.rule,
            one.ai_label.rule,
            f"{cover.width}x{cover.height}, {cover.bytes_max / 1e6:g} MB",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def test_the_table_of_the_documentation_is_the_data() -> None:
    assert "\n".join(rows()) in text_of("docs/renditions.md")
