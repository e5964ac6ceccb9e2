"""Timelines that another program wrote: everything that can be cut, and one clear line for what can't."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from callsheet.errors import MediaError
from callsheet.media.otio import timeline_from_otio
from callsheet.media.otio_media import Media, find
from callsheet.media.otio_read import media_of, rate_of
from callsheet.timeline import Card, Shot, Timeline, Transition
from tests.media.timelines import EVERY_JOINT

Gap = otio.schema.Gap


def time(frames: float, rate: float = 30) -> Any:
    return otio.opentime.RationalTime(frames, rate)


def span(start: float, frames: float, rate: float = 30) -> Any:
    return otio.opentime.TimeRange(time(start, rate), time(frames, rate))


def clip(name: str, start: float = 0, frames: float = 30, rate: float = 30, **more: Any) -> Any:
    media = otio.schema.ExternalReference(more.pop("url", f"{name}.mp4"), more.pop("available", None))
    made = otio.schema.Clip(name, media, span(start, frames, rate))
    made.effects.extend(more.pop("effects", []))
    return made


def gap(frames: float) -> Any:
    return otio.schema.Gap(duration=time(frames))


def joint(before: float, after: float, kind: str = "SMPTE_Dissolve", name: str = "") -> Any:
    return otio.schema.Transition(name, kind, time(before), time(after))


def track(*items: Any, name: str = "Video 1", kind: str = "Video") -> Any:
    made = otio.schema.Track(name, kind=kind)
    made.extend(items)
    return made


def timeline(*tracks: Any, **settings: Any) -> Timeline:
    made = otio.schema.Timeline("theirs")
    made.tracks.extend(tracks)
    settings = {"fps": 30, "size": (320, 180), **settings}
    return timeline_from_otio(otio.adapters.read_from_string(made.to_json_string(), "otio_json"), **settings)


def rows(cut: Timeline) -> list[tuple[Any, ...]]:
    """Each shot as (record frame, name, source frame, frames)."""
    return [
        (start, shot.clip, shot.source_in if isinstance(shot, Shot) else None, shot.frames)
        for start, shot in zip(cut.starts(), cut.shots, strict=True)
    ]


def test_an_upper_track_covers_a_lower_one_and_its_gaps_do_not() -> None:
    cut = timeline(
        track(clip("a", 10, 60), gap(5), clip("b", 0, 25)),
        track(gap(20), clip("c", 7, 10), gap(40), clip("d", 0, 30), name="Video 2"),
    )
    assert rows(cut) == [
        *((0, "a", 10, 20), (20, "c", 7, 10), (30, "a", 40, 30)),
        *((60, "black", None, 5), (65, "b", 0, 5), (70, "d", 0, 30)),
    ]
    assert cut.frames == 100


def test_stacks_and_tracks_inside_are_opened() -> None:
    inner = track(clip("b", 0, 20), clip("c", 5, 20))
    nest = otio.schema.Stack("nest", children=[inner, track(gap(30), clip("d", 0, 5))], source_range=span(10, 25))
    cut = timeline(track(clip("a", 0, 10), nest, track(clip("e", 0, 40), name="in a track"), name="V"))
    assert rows(cut) == [(0, "a", 0, 10), (10, "b", 10, 10), (20, "c", 5, 10), (30, "d", 0, 5), (35, "e", 0, 40)]


def test_media_of_other_rates_and_clocks_keep_their_place() -> None:
    an_hour = span(3600 * 25, 250, 25)
    cut = timeline(
        track(clip("a", 3600 * 25 + 50, 25, 25, available=an_hour), clip("b", 12, 24, 24), clip("c", 24, 12, 23.976))
    )
    assert rows(cut) == [(0, "a", 60, 30), (30, "b", 15, 30), (60, "c", 30, 15)]
    late = timeline(track(clip("a", 108_010)), begins={"a": Fraction(3600)})
    assert rows(late) == [(0, "a", 10, 30)]


def test_nothing_drifts_in_a_thousand_cuts_at_another_rate() -> None:
    cut = timeline(track(*(clip("a", 0, 7, 23.976) for _ in range(1000))))
    exact = [Fraction(number * 7 * 1001, 24000) * 30 for number in range(1001)]
    assert all(abs(start - at) <= Fraction(1, 2) for start, at in zip([*cut.starts(), cut.frames], exact, strict=True))


@pytest.mark.parametrize(("before", "after"), [(6, 6), (0, 12), (12, 0), (5, 7), (7, 5)])
def test_a_transition_shows_the_same_frames_wherever_its_cut_point_is(before: int, after: int) -> None:
    first, second = clip("a", 0, 48 + before), clip("b", before, 60 - before)
    cut = timeline(track(first, joint(before, after), second))
    assert rows(cut) == [(0, "a", 0, 60), (48, "b", 0, 60)]
    assert cut.shots[1].transition == Transition(kind="dissolve", frames=12)
    # Written again it lies in the middle, and nothing that is seen has changed.
    from callsheet.media.otio import to_otio

    assert timeline_from_otio(to_otio(cut, {}, {})).shots == cut.shots


def test_a_fade_from_and_to_nothing_is_one_from_and_to_black() -> None:
    cut = timeline(track(joint(0, 10), clip("a"), joint(8, 0)))
    assert rows(cut) == [(0, "black", None, 10), (0, "a", 0, 30), (22, "black-2", None, 8)]
    assert cut.frames == 30


def test_a_transition_in_an_upper_track_mixes_with_what_lies_below() -> None:
    cut = timeline(track(clip("a", 10, 60)), track(gap(20), joint(5, 5), clip("b", 20, 40), name="Video 2"))
    assert rows(cut) == [(0, "a", 10, 25), (15, "b", 15, 45)]


def test_wipes_and_dips_are_known_by_their_names() -> None:
    clips = [clip(name, 20, 40) for name in "abcd"]
    joints = [joint(5, 5, "SMPTE_Wipe"), joint(5, 5, "Custom_Transition", "Dip to Black"), joint(5, 5)]
    cut = timeline(track(*[one for pair in zip(clips, [*joints, gap(1)], strict=True) for one in pair]))
    assert [shot.transition.kind for shot in cut.shots if shot.transition] == ["wipe", "fade", "dissolve"]


def test_speed_and_held_pictures() -> None:
    twice, half = otio.schema.LinearTimeWarp(time_scalar=2.0), otio.schema.LinearTimeWarp(time_scalar=0.5)
    cut = timeline(
        track(
            clip("a", 10, 30, effects=[twice]),
            clip("b", 10, 30, effects=[half]),
            clip("c", 10, 30, effects=[otio.schema.FreezeFrame()]),
        )
    )
    assert [(shot.source_in, shot.used, shot.speed) for shot in cut.shots if isinstance(shot, Shot)] == [
        *((10, 60, 2), (10, 15, Fraction(1, 2)), (10, 1, 0)),
    ]


def test_a_cover_over_a_fast_clip_goes_on_at_its_speed() -> None:
    twice = otio.schema.LinearTimeWarp(time_scalar=2.0)
    cut = timeline(track(clip("a", 10, 60, effects=[twice])), track(gap(20), clip("b"), name="Video 2"))
    assert rows(cut) == [(0, "a", 10, 20), (20, "b", 0, 30), (50, "a", 110, 10)]


def test_one_name_for_two_files_is_two_clips() -> None:
    cut = timeline(
        track(clip("a", url="one.mp4"), clip("a", url="two.mp4"), clip("a", url="one.mp4"), clip("", url="x/y.mp4"))
    )
    assert [shot.clip for shot in cut.shots] == ["a", "a-2", "a", "y"]


def audio(*items: Any, name: str = "Audio 1") -> Any:
    return track(*items, name=name, kind="Audio")


def test_a_clips_own_sound_beside_it_is_its_own() -> None:
    picture = track(clip("a", 0, 30), clip("b", 0, 30), clip("c", 0, 30))
    # Two channels of a, b not heard, c heard somewhere else.
    cut = timeline(
        picture,
        audio(clip("a", 0, 30), gap(20), clip("c", 0, 40)),
        audio(clip("a", 0, 30), name="Audio 2"),
    )
    assert [shot.mute for shot in cut.shots if isinstance(shot, Shot)] == [False, True, True]
    assert [(cue.clip, cue.role, cue.start, cue.frames) for cue in cut.sounds] == [("c", "ambience", 50, 40)]
    # A timeline without any sound leaves the clips theirs.
    assert not any(shot.mute for shot in timeline(picture.deepcopy()).shots if isinstance(shot, Shot))


def test_sounds_get_their_place_and_their_role() -> None:
    cut = timeline(
        track(clip("a", 0, 90)),
        audio(clip("song", 48_000, 48_000, 48_000, url="song.wav"), joint(3, 3), clip("two", 10, 200), name="Music"),
        audio(gap(12), clip("bang", 0, 10), name="FX"),
        audio(gap(12), clip("bang", 0, 10), name="FX right"),
    )
    assert [(cue.clip, cue.role, cue.source_in, cue.start, cue.frames) for cue in cut.sounds] == [
        ("song", "music", 30, 0, 33),
        ("bang", "effects", 0, 12, 10),
        ("two", "music", 7, 27, 63),
    ]
    assert (cut.sounds[0].fade_out, cut.sounds[2].fade_in) == (6, 6)


def test_tracks_and_clips_that_are_switched_off_are_not_there() -> None:
    off = clip("b", 0, 10)
    off.enabled = False
    hidden = track(clip("c", 0, 100), name="Video 2")
    hidden.enabled = False
    assert rows(timeline(track(clip("a"), off, clip("d")), hidden)) == [
        *((0, "a", 0, 30), (30, "black", None, 10), (40, "d", 0, 30)),
    ]


def test_the_clock_of_23_976_says_the_same_at_24() -> None:
    made = otio.schema.Timeline("film", global_start_time=time(86_400, 24000 / 1001))
    made.tracks.append(track(clip("a", 0, 24, 24000 / 1001)))
    assert timeline_from_otio(made, fps=24, size=(320, 180)).timecode_start == "01:00:00:00"
    for rate in (24000 / 1001, 23.976, 29.97, 59.94):
        made.global_start_time = time(0, rate)
        with pytest.raises(MediaError, match=r"^film: \d\d\.9\d\d frames/s can't be cut; give --fps"):
            rate_of(made)


def speeded(effect: Any) -> Any:
    return track(clip("a", effects=[effect]))


IMAGES = otio.schema.Clip("i", otio.schema.ImageSequenceReference("f", "n", ".png"), span(0, 10))
BARS = otio.schema.Clip("bars", otio.schema.GeneratorReference(generator_kind="SMPTEBars"), span(0, 10))
SLOW = otio.schema.Stack("slow", children=[track(clip("a"))], effects=[otio.schema.LinearTimeWarp(time_scalar=2)])


@pytest.mark.parametrize(
    ("tracks", "said"),
    [
        ([], "no picture"),
        ([track(clip("a", 0, 10), joint(0, 1), clip("b", 5))], "has 1 frame"),
        ([track(clip("a", 0, 20), joint(5, 5), clip("b", 3))], "track Video 1, clip b: needs 2 frames before"),
        ([track(clip("a", 0, 20), joint(5, 5, "Star"), clip("b", 9))], "a Star can't be cut; allowed are dissolve"),
        ([track(joint(2, 5), clip("b", 9))], "begins before the timeline"),
        ([track(clip("b", 9), joint(5, 2))], "ends after the timeline"),
        ([speeded(otio.schema.LinearTimeWarp(time_scalar=-1.0))], "clip a: a speed of -1.0 can't be cut"),
        ([speeded(otio.schema.LinearTimeWarp(time_scalar=100.0))], "a speed is from 1/20 to 20"),
        ([speeded(otio.schema.Effect("", "Blur"))], "track Video 1, clip a: its effect Blur can't be cut"),
        ([track(IMAGES)], "clip i: a ImageSequenceReference can't be cut"),
        ([track(BARS)], "clip bars: a GeneratorReference can't be cut"),
        ([track(SLOW)], "stack slow: has the effect"),
        ([track(otio.schema.Clip("a", otio.schema.ExternalReference("a.mp4")))], "says neither"),
        ([track(clip("a", 0, 0))], "has no length"),
        ([track(clip("a", 0, 0.2))], "is shorter than a frame"),
        ([track(clip("a", 0, float("inf")))], "a time of inf"),
        ([track(clip("a", 0, 30, 0))], "frames/s is none"),
        ([track(clip("a")), audio(gap(40), clip("s"))], "clip s: lies behind the last picture"),
        (
            [track(clip("a")), audio(clip("s", effects=[otio.schema.LinearTimeWarp(time_scalar=2)]))],
            "a sound at another speed",
        ),
        (
            [track(clip("a"), joint(5, 5), clip("b", 9)), track(gap(28), clip("c"), name="Video 2")],
            "track Video 1, transition: is covered or cut off in part",
        ),
    ],
)
def test_what_can_not_be_cut_is_refused_in_one_line(tracks: list[Any], said: str) -> None:
    made = otio.schema.Timeline("theirs")
    made.tracks.extend([one.deepcopy() for one in tracks])
    with pytest.raises(MediaError) as caught:
        timeline_from_otio(made, fps=30, size=(320, 180))
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_a_stack_in_a_stack_without_end_is_refused() -> None:
    inner: Any = track(clip("a"))
    for _ in range(60):
        inner = otio.schema.Stack(children=[inner])
    with pytest.raises(MediaError, match="nest them less deeply"):
        timeline(track(inner))


def test_what_was_put_over_a_cut_of_ours_is_cut_into_it() -> None:
    from callsheet.media.otio import to_otio

    made = to_otio(EVERY_JOINT, {}, {})
    made.tracks.insert(1, track(gap(45), clip("theirs", 3, 10), name="V2"))
    cut = timeline_from_otio(made)
    assert (cut.titles, cut.frames) == (EVERY_JOINT.titles, EVERY_JOINT.frames)
    assert rows(cut)[2] == (45, "theirs", 3, 10)
    assert not any(isinstance(shot, Card) for shot in cut.shots)


# Media


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("edit/clips/a b.mp4", "edit/b%20c.mp4", "media/deep/a.mp4", "secret.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "edit" / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (tmp_path / "edit" / "loop.mp4").symlink_to(tmp_path / "edit" / "loop.mp4")
    return tmp_path


Place = Callable[[str], Media]


def at(*places: str) -> Media:
    return Media("a", "a", places)


def test_media_are_found_by_path_and_file_url(place: Path) -> None:
    edit = place / "edit"
    there = edit / "clips" / "a b.mp4"
    for url in ("clips/a b.mp4", "clips/a%20b.mp4", there.as_uri(), str(there), "../edit/clips/a b.mp4"):
        assert find(at(url), edit) == there, url
    assert find(at("b%20c.mp4"), edit) == edit / "b%20c.mp4"
    assert find(at("s3://bucket/a.mp4"), edit) == "s3://bucket/a.mp4"
    # The file goes before the bucket.
    assert find(at("s3://bucket/a.mp4", there.as_uri()), edit) == there


@pytest.mark.parametrize("url", ["../secret.mp4", "link.mp4", "{}/secret.mp4", "file://{}/secret.mp4"])
def test_nothing_outside_the_folder_is_read_unless_it_is_allowed(place: Path, url: str) -> None:
    media = at(url.format(place))
    with pytest.raises(MediaError, match=r"clip a: .* lies outside .*; allow its folder with --media"):
        find(media, place / "edit")
    assert find(media, place / "edit", [place]) == place / "secret.mp4"


@pytest.mark.parametrize(
    "url",
    [
        "http://x/a.mp4",
        "https://x/a.mp4",
        "concat:a.mp4",
        "file://server/a.mp4",
        "loop.mp4",
        "no.mp4",
        "a\0.mp4",
        "",
        ".",
    ],
)
def test_what_is_no_file_is_refused(place: Path, url: str) -> None:
    with pytest.raises(MediaError, match=r"^clip a: ") as caught:
        find(at(url), place / "edit")
    assert "\n" not in caught.value.message


def test_media_are_found_again_by_name(place: Path) -> None:
    for media in (
        at(),
        at("/Volumes/Disk/a.mp4"),
        at("C:\\clips\\a.mp4"),
        at("https://x/y/a.mp4?z"),
        at("s3://b/a.mp4"),
    ):
        assert find(media, place / "edit", [place / "media"]) == place / "media" / "deep" / "a.mp4"
    other = Media("close-up", "a", ("/gone/nothing.mov",))
    assert find(other, place / "edit", [place / "media"]) == place / "media" / "deep" / "a.mp4"


def test_every_medium_is_named_once() -> None:
    made = otio.schema.Timeline("theirs")
    made.tracks.extend([track(clip("a"), clip("a", url="z.mp4")), audio(gap(2), clip("s", 0, 5), clip("a", 0, 5))])
    assert [(media.name, media.places) for media in media_of(made)] == [
        *(("a", ("a.mp4",)), ("a-2", ("z.mp4",)), ("s", ("s.mp4",))),
    ]
