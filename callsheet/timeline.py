"""The cut as data: which clip stands where, what is said, written and played over it. Pure; no media is touched here.

All times are whole frames at the timeline's own rate. Record time 0 is the first frame of the master; the *timecode* of
that frame is `Timeline.timecode_start` (non-drop-frame, ``HH:MM:SS:FF``).
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from callsheet.canonical import digest

TransitionKind = Literal["cut", "fade", "dissolve", "wipe"]

CardLayout = Literal["blank", "title", "chapter", "points", "quote", "diagram", "recap", "end"]

Frames = Annotated[int, Field(ge=0)]
Decibels = Annotated[float, Field(ge=-96.0, le=24.0)]
Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]

FASTEST = 20
"""Times as fast, or as slow, as a clip may be shown: beyond it a slow motion is a row of stills."""

_TIMECODE = re.compile(r"(\d\d):([0-5]\d):([0-5]\d):(\d\d)")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Transition(_Frozen):
    """How a shot is entered. `frames` is the overlap with the shot before it: 0 for a cut, at least 2 otherwise.

    ``dissolve`` mixes both pictures, ``fade`` goes through black, ``wipe`` pushes an edge across the picture.
    """

    kind: TransitionKind = "cut"
    frames: Frames = 0

    @model_validator(mode="after")
    def _a_cut_has_no_length(self) -> Self:
        if (self.kind == "cut") != (self.frames == 0):
            raise ValueError("a cut has 0 frames, every other transition has some")
        if self.frames == 1:
            raise ValueError("a transition has at least 2 frames")
        return self


class Shot(_Frozen):
    """`frames` of the clip called `clip`, from its frame `source_in` on (counted at the timeline's rate).

    `source_frames` is how much of the clip is shown in that time, at even speed: as much as `frames` when it is None,
    twice as much at double speed. With `hold` the picture at `source_in` stands still. `fit` says what becomes of a
    clip of another shape: ``cover`` crops it, ``contain`` shows it whole before a blurred copy, ``auto`` decides by how
    much would be lost. Its own sound is raised by `gain_db`, or left out with `mute`; at another speed it is left out.
    """

    clip: str = Field(min_length=1)
    source_in: Frames = 0
    frames: int = Field(gt=0)
    source_frames: int | None = Field(default=None, gt=0)
    hold: bool = False
    fit: Literal["auto", "cover", "contain"] = "auto"
    gain_db: Decibels = 0.0
    mute: bool = False
    transition: Transition | None = None

    @model_validator(mode="after")
    def _speed_can_be_shown(self) -> Self:
        if self.source_frames is not None:
            if self.hold:
                raise ValueError(f"shot {self.clip}: a picture that is held has no source_frames")
            if not self.frames <= self.source_frames * FASTEST or not self.source_frames <= self.frames * FASTEST:
                raise ValueError(f"shot {self.clip}: a speed is from 1/{FASTEST} to {FASTEST}")
        return self

    @property
    def overlap(self) -> int:
        """Frames that this shot shares with the one before it."""
        return self.transition.frames if self.transition else 0

    @property
    def used(self) -> int:
        """Frames of the clip that are shown, from `source_in` on."""
        return 1 if self.hold else self.source_frames or self.frames

    @property
    def speed(self) -> Fraction:
        """1 as it was shot, 2 twice as fast, 0 held."""
        return Fraction(0) if self.hold else Fraction(self.used, self.frames)


class Card(_Frozen):
    """A picture that the cutting room draws itself, at no charge; it stands in the row of the shots.

    `heading` is big, `lines` come one after the other below it: at even times, or each when so many frames of the card
    have passed as its cue says. `picture` names what is shown on the card among the clips: an image, or a video, of
    which it is the picture in the middle. A ``blank`` card is
    a plain field of `background`, black by default: a gap.
    """

    card: str = Field(min_length=1)
    layout: CardLayout
    heading: str = ""
    lines: tuple[str, ...] = Field(default=(), max_length=8)
    cues: tuple[Frames, ...] = ()
    picture: str | None = None
    background: Colour | None = None
    frames: int = Field(gt=0)
    transition: Transition | None = None

    @model_validator(mode="after")
    def _cues_are_its_lines(self) -> Self:
        if self.cues and (len(self.cues) != len(self.lines) or list(self.cues) != sorted(self.cues)):
            raise ValueError(f"card {self.card}: there is one cue for each line, in order, or none")
        if self.cues and self.cues[-1] >= self.frames:
            raise ValueError(f"card {self.card}: a line comes after its end")
        return self

    @property
    def clip(self) -> str:
        """Its name in edit lists: a card is a clip that we make."""
        return self.card

    @property
    def overlap(self) -> int:
        """Frames that this card shares with the shot before it."""
        return self.transition.frames if self.transition else 0


class Chapter(_Frozen):
    """A part of the work that a player lists by its title; it lasts until the next one."""

    title: str = Field(min_length=1)
    start: Frames


class Title(_Frozen):
    """Words drawn over the picture by the cutting room: `text` big, `subtitle` under it.

    ``closing`` stands in the middle and stays, ``lower_third`` on the left below; ``auto`` is closing where the title
    runs to the end of the work, and a lower third elsewhere.
    """

    text: str = Field(min_length=1)
    subtitle: str = ""
    start: Frames
    frames: int = Field(gt=0)
    style: Literal["auto", "closing", "lower_third"] = "auto"


class Mark(_Frozen):
    """A logo or watermark: the image called `image` among the clips, in a corner, for `frames` (to the end when None).

    `size` is its longer side as a share of the picture's shorter side, `opacity` from 0 to 1.
    """

    image: str = Field(min_length=1)
    corner: Literal["top_left", "top_right", "bottom_left", "bottom_right"] = "top_right"
    size: float = Field(default=0.14, gt=0.0, le=1.0)
    opacity: float = Field(default=0.9, gt=0.0, le=1.0)
    start: Frames = 0
    frames: int | None = Field(default=None, gt=0)


class Line(_Frozen):
    """A spoken line. `start` is the plan's estimate; the cutting room places it by the measured speech.

    `said` is how it is spoken, where that is not how it is written. `voice` is another speaker than the timeline's,
    `translations` have the words in other languages, for captions.
    """

    text: str = Field(min_length=1)
    start: Frames
    said: str | None = None
    voice: str | None = None
    translations: dict[str, str] = Field(default={})


class Music(_Frozen):
    """Music under the whole work. `volume_db` is its level under the voice-free parts, in dB relative to full scale."""

    mood: str = Field(min_length=1)
    volume_db: float = Field(default=-18.0, le=0.0, ge=-60.0)
    seed: int = 0


class AudioCue(_Frozen):
    """A piece of a sound file among the clips, laid at record frame `start` into the stem `role`.

    `source_in` and `frames` count at the timeline's rate; fades are at equal power; with `duck` it gives way to speech.
    """

    clip: str = Field(min_length=1)
    role: Literal["voice", "music", "ambience", "effects"] = "effects"
    source_in: Frames = 0
    start: Frames
    frames: int = Field(gt=0)
    gain_db: Decibels = 0.0
    fade_in: Frames = 0
    fade_out: Frames = 0
    duck: bool = False

    @model_validator(mode="after")
    def _fades_fit(self) -> Self:
        if self.fade_in + self.fade_out > self.frames:
            raise ValueError(f"sound {self.clip}: its fades are longer than its {self.frames} frames")
        return self


class Caption(_Frozen):
    """Words that are shown from `start` for `frames`; line breaks are where the text has them."""

    text: str = Field(min_length=1)
    start: Frames
    frames: int = Field(gt=0)


class CaptionTrack(_Frozen):
    """Captions in one language whose times are known. Spoken lines need none: theirs are measured."""

    language: Language
    captions: tuple[Caption, ...] = Field(min_length=1)


class Look(_Frozen):
    """The colours in which titles, cards and fills are drawn."""

    accent: Colour = "#FFB44F"
    ink: Colour = "#FFFFFF"
    ground: Colour = "#101318"


class Timeline(_Frozen):
    """One work. Width and height are pixels and even (4:2:0 video has no odd sizes); `loudness_lufs` is integrated.

    `burnt` is the language whose captions are drawn into the master itself; the others are files beside it.
    """

    name: str = Field(min_length=1)
    fps: int = Field(default=30, ge=1, le=120)
    width: int = Field(ge=16, le=8192, multiple_of=2)
    height: int = Field(ge=16, le=8192, multiple_of=2)
    timecode_start: str = "00:00:00:00"
    language: str = "zh-CN"
    voice: str = ""
    shots: tuple[Shot | Card, ...] = Field(min_length=1)
    titles: tuple[Title, ...] = ()
    marks: tuple[Mark, ...] = ()
    lines: tuple[Line, ...] = ()
    music: Music | None = None
    sounds: tuple[AudioCue, ...] = ()
    captions: tuple[CaptionTrack, ...] = ()
    burnt: Language | None = None
    chapters: tuple[Chapter, ...] = ()
    look: Look = Look()
    loudness_lufs: float = Field(default=-14.0, ge=-40.0, le=-5.0)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        timecode_to_frames(self.timecode_start, self.fps)
        if self.shots[0].overlap:
            raise ValueError("the first shot has nothing before it to overlap with")
        for before, shot in pairwise(self.shots):
            if before.overlap + shot.overlap > before.frames or shot.overlap > shot.frames:
                raise ValueError(
                    f"shot {shot.clip}: its transition of {shot.overlap} frames is longer than the shots allow"
                )
        cards = [shot.card for shot in self.shots if isinstance(shot, Card)]
        if len(set(cards)) < len(cards) or set(cards) & {shot.clip for shot in self.shots if isinstance(shot, Shot)}:
            raise ValueError("a card's name is its own: no other card and no clip has it")
        self._all_inside()
        starts = [chapter.start for chapter in self.chapters]
        if starts and (starts[0] != 0 or any(later <= start for start, later in pairwise(starts))):
            raise ValueError("chapters: the first begins at 0, and each after the one before it")
        if self.burnt is not None and self.burnt not in self.caption_languages:
            raise ValueError(f"burnt: there are no captions in {self.burnt}")
        return self

    def _all_inside(self) -> None:
        spans = [("title", title.text, title.start, title.frames) for title in self.titles]
        spans += [("mark", mark.image, mark.start, mark.frames or 1) for mark in self.marks]
        spans += [("sound", sound.clip, sound.start, sound.frames) for sound in self.sounds]
        spans += [
            ("caption", caption.text, caption.start, caption.frames)
            for track in self.captions
            for caption in track.captions
        ]
        for kind, name, start, frames in spans:
            if start + frames > self.frames:
                raise ValueError(f"{kind} {name}: runs past the end ({self.frames} frames)")
        for chapter in self.chapters:
            if chapter.start >= self.frames:
                raise ValueError(f"chapter {chapter.title}: starts after the end ({self.frames} frames)")
        for line in self.lines:
            if line.start >= self.frames:
                raise ValueError(f"line {line.text}: starts after the end ({self.frames} frames)")

    @property
    def clips(self) -> tuple[str, ...]:
        """Every file that the work is cut from, once, in the order of its first use: video, images and sound."""
        names = [shot.clip for shot in self.shots if isinstance(shot, Shot)]
        names += [shot.picture for shot in self.shots if isinstance(shot, Card) and shot.picture]
        names += [mark.image for mark in self.marks] + [sound.clip for sound in self.sounds]
        return tuple(dict.fromkeys(names))

    @property
    def caption_languages(self) -> tuple[str, ...]:
        """Languages in which there are captions: of the spoken lines, of their translations, and given ones."""
        spoken = [self.language] if self.lines else []
        translated = [name for line in self.lines for name in line.translations]
        return tuple(dict.fromkeys([*spoken, *translated, *(track.language for track in self.captions)]))

    @property
    def frames(self) -> int:
        """Length of the master."""
        return sum(shot.frames - shot.overlap for shot in self.shots)

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def starts(self) -> list[int]:
        """Record frame on which each shot is first seen (the first frame of its transition, if it has one)."""
        starts = [0]
        for before, shot in pairwise(self.shots):
            starts.append(starts[-1] + before.frames - shot.overlap)
        return starts

    def chapter_spans(self) -> list[tuple[Chapter, int, int]]:
        """Each chapter with its first frame and the first one after it."""
        edges = [*(chapter.start for chapter in self.chapters), self.frames]
        return [(chapter, *span) for chapter, span in zip(self.chapters, pairwise(edges), strict=True)]

    def timecode(self, frame: int) -> str:
        """The timecode of a record frame, counted from `timecode_start`."""
        return frames_to_timecode(timecode_to_frames(self.timecode_start, self.fps) + frame, self.fps)


def line_clip(line: Line, timeline: Timeline) -> str:
    """What a bought line is called: the same for the same words, as they are spoken, in the same voice."""
    return line_name(timeline.language, line.voice or timeline.voice, line.said or line.text)


def line_name(language: str, voice: str, words: str) -> str:
    """The same, of words as they are spoken."""
    return f"line-{digest([language, voice, words])[:12]}"


def timecode_to_frames(timecode: str, fps: int) -> int:
    """``HH:MM:SS:FF`` non-drop-frame to a frame count. Raises ValueError if it is not one at this rate."""
    match = _TIMECODE.fullmatch(timecode)
    if match is None:
        raise ValueError(f"{timecode!r} is not a timecode HH:MM:SS:FF")
    hours, minutes, seconds, frames = (int(part) for part in match.groups())
    if frames >= fps or hours > 23:
        raise ValueError(f"{timecode!r} does not exist at {fps} frames/s")
    return ((hours * 60 + minutes) * 60 + seconds) * fps + frames


def frames_to_timecode(frames: int, fps: int) -> str:
    """A frame count to ``HH:MM:SS:FF`` non-drop-frame; it wraps at 24 hours as a deck does."""
    seconds, rest = divmod(frames % (24 * 3600 * fps), fps)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest:02}"
