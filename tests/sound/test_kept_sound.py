"""The sound of a work that sounds like another: taken from the shelf, and never where anything else is heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.media import kept_sound
from callsheet.media.kept_sound import LONGEST, make_sound
from callsheet.media.mix import STEMS
from callsheet.media.shelf import Shelf
from callsheet.media.soundtrack import soundtrack
from callsheet.media.wave import write_wav
from callsheet.timeline import Card, Chapter, Mark, Music, Shot, Timeline, Title, Transition
from tests.sound.test_mix import noise, speech
from tests.sound.test_soundtrack import cue, tone

FADE = Transition(kind="fade", frames=15)


def work(**change: object) -> Timeline:
    """A little of all that is heard and seen."""
    values: dict[str, object] = {
        "name": "work",
        "fps": 30,
        "width": 320,
        "height": 180,
        "shots": (
            Shot(clip="room", frames=60),
            Card(card="points", layout="points", heading="Two", lines=("one", "two"), frames=45, transition=FADE),
            Shot(clip="hum", frames=30, gain_db=-6.0),
        ),
        "titles": (Title(text="The end", subtitle="now", start=100, frames=20, style="closing"),),
        "marks": (Mark(image="logo"),),
        "music": Music(mood="calm", seed=3),
        "sounds": (cue("bell", "effects", 20),),
        "chapters": (Chapter(title="First", start=0),),
        **change,
    }
    return Timeline.model_validate(values)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sounds")
    sounds = {"room": noise(4, 0.05, 1), "hum": tone(440, 4), "bell": tone(1000, 2, 0.02), "said": speech(1.0)}
    for name, sound in sounds.items():
        write_wav(folder / f"{name}.wav", sound)
    return {name: folder / f"{name}.wav" for name in sounds}


def made(
    timeline: Timeline, files: dict[str, Path], folder: Path, shelf: Shelf | None = None, said: float = 0.5
) -> dict[str, bytes]:
    (folder / "scratch").mkdir(parents=True)
    stems: dict[str, Path] = {stem: folder / f"{stem}.wav" for stem in STEMS}
    coded, scratch = folder / "sound.mp4", folder / "scratch"
    make_sound(timeline, files, [(said, files["said"])], stems=stems, coded=coded, scratch=scratch, shelf=shelf)
    return {path.name: path.read_bytes() for path in (*stems.values(), coded)}


def test_nothing_that_is_heard_is_left_out(files: dict[str, Path], tmp_path: Path) -> None:
    stems: dict[str, Path] = {stem: tmp_path / f"{stem}.wav" for stem in STEMS}
    coded = tmp_path / "sound.mp4"
    mix = tmp_path / "mix.wav"
    soundtrack(work(), files, [(0.5, files["said"])], stems=stems, mix=mix, coded=coded, scratch=tmp_path)
    whole = {path.name: path.read_bytes() for path in (*stems.values(), coded)}
    assert made(work(), files, tmp_path / "a") == whole


def test_a_work_that_sounds_the_same_is_not_mixed_again(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed: list[str] = []

    def counted(timeline: Timeline, *given: object, **more: object) -> object:
        mixed.append(timeline.name)
        return soundtrack(timeline, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_sound, "soundtrack", counted)
    shelf = Shelf(tmp_path / "shelf")
    first = made(work(), files, tmp_path / "first", shelf)
    titles = (Title(text="Now", start=100, frames=20),)
    other = work(width=180, height=320, titles=titles, marks=(), chapters=(), loudness_lufs=-14.0)
    assert made(other, files, tmp_path / "second", shelf) == first
    assert len(mixed) == 1
    heard_otherwise = [
        work(name="another"),  # its whooshes are of another seed
        work(music=Music(mood="calm", seed=4)),
        work(loudness_lufs=-16.0),
        work(titles=()),  # no shimmer
        work(shots=(Shot(clip="hum", frames=135),)),
    ]
    for number, timeline in enumerate(heard_otherwise, 2):
        assert made(timeline, files, tmp_path / f"other-{number}", shelf) != first
        assert len(mixed) == number
    assert made(work(), files, tmp_path / "later", shelf, said=0.7) != first
    assert made(work(), {**files, "room": files["hum"]}, tmp_path / "clip", shelf) != first
    # Where only some of it is there, all of it is made.
    for mix in shelf.folder.glob("*-music.wav"):
        mix.unlink()
    assert made(work(), files, tmp_path / "again", shelf) == first


def test_the_sound_of_a_long_work_is_not_kept(files: dict[str, Path], tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    seconds = round(LONGEST) + 1
    made(work(shots=(Card(card="c", layout="blank", frames=30 * seconds),), titles=(), sounds=(), music=None), files,
         tmp_path / "long", shelf)  # fmt: skip
    assert not list(shelf.folder.iterdir())
