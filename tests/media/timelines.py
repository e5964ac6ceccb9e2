"""Timelines that the tests share, and a strategy that makes any."""

from __future__ import annotations

from hypothesis import strategies as st

from callsheet.timeline import (
    AudioCue,
    Caption,
    CaptionTrack,
    Card,
    Line,
    Look,
    Mark,
    Music,
    Shot,
    Timeline,
    Title,
    Transition,
)

DISSOLVE = Transition(kind="dissolve", frames=12)
WIPE = Transition(kind="wipe", frames=10)
FADE = Transition(kind="fade", frames=15)

HARD_CUTS = Timeline(
    name="Fast cuts",
    fps=30,
    width=320,
    height=180,
    shots=(
        Shot(clip="ramp", source_in=10, frames=20),
        Shot(clip="dark", frames=15, transition=Transition()),
        Shot(clip="light", source_in=5, frames=25),
        Shot(clip="ramp", frames=30),
    ),
)

EVERY_JOINT = Timeline(
    name="每种转场",
    fps=30,
    width=320,
    height=180,
    timecode_start="01:00:00:00",
    shots=(
        Shot(clip="ramp", frames=40),
        Shot(clip="dark", frames=40, transition=DISSOLVE),
        Shot(clip="light", source_in=3, frames=30),
        Shot(clip="dark", frames=40, transition=WIPE),
        Shot(clip="light", frames=45, transition=FADE),
    ),
    titles=(Title(text="智能音箱", subtitle="用声音点亮您的家", start=100, frames=48),),
)

EVERY_SHAPE = Timeline(
    name="Every shape",
    fps=30,
    width=320,
    height=180,
    timecode_start="10:00:00:00",
    shots=(
        Shot(clip="film", frames=60),
        Shot(clip="square", frames=20),
        Shot(clip="tall", frames=20),
        Shot(clip="other", source_in=6, frames=45, transition=Transition(kind="dissolve", frames=6)),
    ),
)

GOLDEN = {"hard-cuts": HARD_CUTS, "every-joint": EVERY_JOINT, "every-shape": EVERY_SHAPE}

_words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


@st.composite
def timelines(draw: st.DrawFn, kinds: tuple[str, ...] = ("cut", "fade", "dissolve", "wipe")) -> Timeline:
    """Any timeline that holds together, of up to seven shots of four clips."""
    shots: list[Shot] = []
    for number in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(kinds)) if number else "cut"
        before = shots[-1] if shots else None
        room = before.frames - before.overlap if before else 0
        overlap = draw(st.integers(2, 20)) if kind != "cut" and room >= 20 else 0
        transition: Transition | None = draw(st.sampled_from([None, Transition()])) if number else None
        if overlap:
            transition = Transition.model_validate({"kind": kind, "frames": overlap})
        frames = draw(st.integers(max(overlap, 1), 200))
        source_in = draw(st.integers(0, 300))
        clip = draw(st.sampled_from(["close-up", "image-1", "usage-scenario-1", "usage-scenario-2"]))
        shots.append(Shot(clip=clip, source_in=source_in, frames=frames, transition=transition))
    total = sum(shot.frames - shot.overlap for shot in shots)
    start = draw(st.integers(0, total - 1))
    return Timeline(
        name=draw(_words),
        fps=draw(st.sampled_from([24, 25, 30, 60])),
        width=1920,
        height=1080,
        timecode_start=draw(st.sampled_from(["00:00:00:00", "01:00:00:00", "23:59:59:23"])),
        voice=draw(st.sampled_from(["", "female"])),
        shots=tuple(shots),
        titles=(Title(text=draw(_words), subtitle=draw(_words), start=start, frames=total - start),),
        lines=tuple(Line(text=draw(_words), start=at) for at in sorted({0, start})),
        music=draw(st.none() | st.builds(Music, mood=_words, seed=st.integers(0, 2**64))),
        loudness_lufs=draw(st.sampled_from([-14.0, -16.0, -23.0])),
    )


_decibels = st.floats(-96.0, 24.0)
_roles = st.sampled_from(["voice", "music", "ambience", "effects"])


@st.composite
def works(draw: st.DrawFn) -> Timeline:
    """Any timeline that holds together, with everything that one can have."""
    plain = draw(timelines())
    shots: list[Shot | Card] = []
    for number, shot in enumerate(plain.shots):
        assert isinstance(shot, Shot)
        kind = draw(st.sampled_from(["shot", "shot", "speed", "hold", "card", "black"]))
        if kind in {"card", "black"}:
            card = {"card": f"card {number}", "layout": "blank", "frames": shot.frames, "transition": shot.transition}
            if kind == "card":
                card |= {"layout": draw(st.sampled_from(["blank", "title", "points", "end"])), "heading": draw(_words)}
                card |= {"lines": tuple(draw(st.lists(_words, max_size=3))), "background": "#204060"}
                card |= {"picture": draw(st.sampled_from([None, "logo"]))}
            shots.append(Card.model_validate(card))
            continue
        changes: dict[str, object] = {"fit": draw(st.sampled_from(["auto", "cover", "contain"]))}
        changes |= {"gain_db": draw(_decibels), "mute": draw(st.booleans()), "hold": kind == "hold"}
        if kind == "speed":
            most = shot.frames * 20
            changes["source_frames"] = draw(st.integers(-(-shot.frames // 20), most))
        shots.append(shot.model_copy(update=changes))
    total = plain.frames
    spans = st.integers(0, total - 1).flatmap(lambda start: st.tuples(st.just(start), st.integers(1, total - start)))
    titles = [
        Title.model_validate({"text": draw(_words), "start": start, "frames": frames, "style": style})
        for start, frames in draw(st.lists(spans, max_size=3))
        for style in [draw(st.sampled_from(["auto", "closing", "lower_third"]))]
    ]
    marks = [
        Mark(image="logo", start=start, frames=draw(st.sampled_from([None, frames])), size=0.25, opacity=0.5)
        for start, frames in draw(st.lists(spans, max_size=2))
    ]
    sounds = [
        AudioCue.model_validate(
            {
                **{"clip": draw(st.sampled_from(["chime", "close-up"])), "role": draw(_roles), "start": start},
                **{"source_in": draw(st.integers(0, 90)), "frames": frames, "gain_db": draw(_decibels)},
                **{"fade_in": frames // 3, "fade_out": frames // 2, "duck": draw(st.booleans())},
            }
        )
        for start, frames in draw(st.lists(spans, max_size=4))
    ]
    captions = tuple(
        CaptionTrack(
            language=language,
            captions=tuple(Caption(text=draw(_words), start=start, frames=frames) for start, frames in found),
        )
        for language in ("en-US", "fr")
        if (found := draw(st.lists(spans, max_size=2)))
    )
    lines = [
        line.model_copy(
            update={"voice": draw(st.sampled_from([None, "narrator"])), "translations": {"fr": draw(_words)}}
        )
        for line in plain.lines
    ]
    whole = plain.model_copy(
        update={
            **{"shots": tuple(shots), "titles": (*plain.titles, *titles), "marks": tuple(marks)},
            **{"sounds": tuple(sounds), "lines": tuple(lines), "captions": captions},
            **{"burnt": draw(st.sampled_from([None, "zh-CN", "fr"])), "look": Look(accent="#00FF88")},
        }
    )
    return Timeline.model_validate(whole.model_dump())
