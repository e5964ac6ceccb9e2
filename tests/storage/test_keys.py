"""Keys are made of facts, and nothing that came from outside becomes a path."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.errors import StorageError
from callsheet.storage import keys

DIGEST = "3f" + "a" * 62
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
productions = st.from_regex(keys.PRODUCTION, fullmatch=True).filter(lambda name: name not in keys.RESERVED)
anything = st.text(max_size=40) | st.text("./\\~:-_aA0 \n\0%", max_size=12)

MAKERS: list[Callable[[str], str]] = [
    keys.master_key,
    keys.poster_key,
    keys.contact_sheet_key,
    keys.manifest_key,
    keys.review_key,
    lambda production: keys.stem_key(production, "voice"),
    lambda production: keys.caption_key(production, "zh-CN", ".vtt"),
    lambda production: keys.edit_key(production, ".otio"),
    lambda production: keys.rendition_key(production, "douyin"),
]
NAMED: list[Callable[[str], str]] = [
    lambda name: keys.stem_key("ad-1", name),
    lambda name: keys.caption_key("ad-1", name, ".srt"),
    lambda name: keys.caption_key("ad-1", "zh-CN", name),
    lambda name: keys.edit_key("ad-1", name),
    lambda name: keys.rendition_key("ad-1", name),
    lambda name: keys.clip_key(DIGEST, name),
    keys.clip_key,
    keys.master_key,
]


def stays_inside(key: str) -> bool:
    """By the rules of both families of file systems, and not by the code under test."""
    posix, windows = PurePosixPath(key), PureWindowsPath(key)
    parts = key.split("/")
    return (
        not posix.is_absolute()
        and not windows.is_absolute()
        and not windows.drive
        and list(posix.parts) == list(windows.parts) == parts
        and all(part.isascii() and part.isprintable() and not part.startswith((".", "-")) for part in parts)
        and len(key.encode()) <= 512
    )


def test_where_things_lie() -> None:
    assert keys.clip_key(DIGEST) == f"clips/3f/{DIGEST}.mp4"
    assert keys.clip_key(DIGEST, ".png") == f"clips/3f/{DIGEST}.png"
    assert [make("ad-1") for make in MAKERS] == [
        "ad-1/master.mp4",
        "ad-1/poster.jpg",
        "ad-1/contact-sheet.jpg",
        "ad-1/manifest.json",
        "ad-1/review.html",
        "ad-1/stems/voice.wav",
        "ad-1/captions/zh-CN.vtt",
        "ad-1/edit/cut.otio",
        "ad-1/renditions/douyin.mp4",
    ]


@given(sha256=digests, suffix=st.sampled_from(sorted(keys.CLIP_SUFFIXES)))
def test_a_clip_is_found_by_its_content_alone(sha256: str, suffix: str) -> None:
    key = keys.clip_key(sha256, suffix)
    assert keys.check_key(key) == key
    assert stays_inside(key)
    assert key.split("/")[1] == sha256[:2]
    assert keys.content_type(key).split("/")[0] in ("video", "image", "audio")


@given(production=productions)
def test_what_belongs_to_a_production_lies_below_it(production: str) -> None:
    made = [make(production) for make in MAKERS]
    assert len(set(made)) == len(made)
    for key in made:
        assert keys.check_key(key) == key
        assert stays_inside(key)
        assert key.startswith(f"{production}/")


@given(key=anything)
def test_a_key_passes_only_when_it_stays_inside(key: str) -> None:
    try:
        assert keys.check_key(key) == key
    except StorageError as error:
        assert "\n" not in error.message
        assert len(error.message) < 300
        assert not error.retryable
    else:
        assert stays_inside(key)


@given(key=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,20}){0,5}", fullmatch=True))
def test_a_sound_key_passes(key: str) -> None:
    assert keys.check_key(key) == key
    assert keys.check_prefix(key + "/") == key


@given(name=anything)
@pytest.mark.parametrize("make", NAMED)
def test_a_foreign_name_is_refused_or_harmless(make: Callable[[str], str], name: str) -> None:
    try:
        key = make(name)
    except StorageError as error:
        assert "\n" not in error.message
    else:
        assert stays_inside(key)
        assert key.count("/") in (1, 2)


@pytest.mark.parametrize(
    "production", ["clips", "probe", "ad", "Ad-1", "-ad", "ad/1", "ad_1", "ad-1\n", "a" * 82, "", "广告"]
)
def test_what_is_no_production(production: str) -> None:
    with pytest.raises(StorageError, match="not a production id"):
        keys.master_key(production)


@pytest.mark.parametrize("sha256", ["", "3F" + "a" * 62, "3f", "g" * 64, "a" * 65, "a" * 64 + "\n"])
def test_what_is_no_digest(sha256: str) -> None:
    with pytest.raises(StorageError, match="not a SHA-256 digest"):
        keys.clip_key(sha256)


def test_limits_are_exact() -> None:
    longest = "/".join(["a" * 127] * 4)
    assert keys.check_key(longest) == longest
    assert keys.check_key("a" * 128)
    with pytest.raises(StorageError, match="a part longer than 128"):
        keys.check_key("a" * 129)
    assert len(longest) == 511
    assert keys.check_key(longest[:-127] + "b" * 128)
    with pytest.raises(StorageError, match="longer than 512"):
        keys.check_key(longest + "/a")


def test_types() -> None:
    assert keys.content_type("ad-1/master.mp4") == "video/mp4"
    assert keys.content_type("ad-1/POSTER.JPG") == "image/jpeg"
    assert keys.content_type("ad-1/captions/zh-CN.srt") == "application/x-subrip"
    assert keys.content_type("ad-1/review.html") == "text/html; charset=utf-8"
    assert keys.content_type("ad-1/unknown.xyz") == keys.content_type("ad-1/none") == "application/octet-stream"
    with pytest.raises(StorageError):
        keys.content_type("../a.mp4")


def test_a_refusal_is_one_line_and_stays_one_between_processes() -> None:
    error = pickle.loads(pickle.dumps(keys.refusal("two\nlines")))  # noqa: S301 (our own bytes)
    assert error.message == "two lines"
    assert error.retryable is False
    assert StorageError("another").retryable is True
