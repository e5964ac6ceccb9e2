"""`callsheet cut TIMELINE`: a timeline of ours or of an editing program, cut into a finished work."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callsheet.errors import MediaError, SettingsError
from callsheet.settings import settings_from_environment

if TYPE_CHECKING:
    from callsheet.media.cut import CutResult
    from callsheet.settings import Settings
    from callsheet.timeline import Timeline


def _size(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """``WIDTHxHEIGHT`` in even pixels."""
    if value is None:
        return None
    sides = value.split("x")
    if len(sides) != 2 or not all(side.isascii() and side.isdigit() and len(side) < 5 for side in sides):
        raise click.BadParameter(f"{value} is not allowed; it must be WIDTHxHEIGHT, such as 1920x1080", context, option)
    if not all(16 <= int(side) <= 8192 and int(side) % 2 == 0 for side in sides):
        raise click.BadParameter(f"{value} is not allowed; both sides must be even, 16 to 8192", context, option)
    return int(sides[0]), int(sides[1])


@click.command()
@click.argument("timeline", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="The folder to make; NAME-cut without.")
@click.option(
    "--media",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder that may be read, and in which missing media are found by name. May be repeated.",
)
@click.option(
    "--size",
    metavar="WxH",
    callback=_size,
    help="Pixels of the picture, instead of the timeline's or the first clip's.",
)
@click.option("--fps", type=click.IntRange(1, 120), help="Frames a second, instead of the timeline's own.")
@click.option("--language", metavar="L", help="The language of the spoken lines, such as en-US.")
@click.option("--voice", metavar="V", help="Who speaks them.")
@click.option("--burn", metavar="L", help="The language whose captions are drawn into the picture.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def cut(
    timeline: Path,
    out: Path | None,
    folders: tuple[Path, ...],
    size: tuple[int, int] | None,
    fps: int | None,
    language: str | None,
    voice: str | None,
    burn: str | None,
    as_json: bool,
) -> None:
    """Cut TIMELINE, an OTIO file or a timeline of ours as JSON, into a master with its stems, captions and edit lists.

    Media are read from the timeline's folder, from our bucket, and from --media. Nothing else is opened.
    """
    from callsheet.cli.cut_folder import Target

    settings = settings_from_environment()
    changes = {"language": language, "voice": voice, "burnt": burn}
    target = Target(out if out is not None else Path(f"{timeline.stem}-cut"))
    report = asyncio.run(
        _cut(timeline, target, folders, size, fps, {key: said for key, said in changes.items() if said}, settings)
    )
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for item in report["files"]:
        click.echo(f"  {item['kind']:<14} {target.folder / item['path']}")
    click.echo(
        f"{report['name']}: {report['frames']} frames in {report['seconds']:.2f} s, "
        f"{report['lufs']:.1f} LUFS, {report['true_peak_dbtp']:.1f} dBTP"
    )


async def _cut(
    path: Path,
    target: Any,
    folders: tuple[Path, ...],
    size: tuple[int, int] | None,
    fps: int | None,
    changes: dict[str, Any],
    settings: Settings,
) -> dict[str, Any]:
    from callsheet.cli.cut_media import Places
    from callsheet.media.cut import cut as make
    from callsheet.scratch import scratch_folder

    target.refuse_others()
    async with scratch_folder(settings.scratch()) as scratch:
        places = Places(path.parent, folders, settings, scratch, target.folder)
        timeline, clips = await _read(path, places, size, fps, changes)
        with target.being_made() as folder:
            try:
                result = await asyncio.wait_for(make(timeline, clips, folder, on_progress=_tell), settings.cut_seconds)
            except TimeoutError as error:
                raise MediaError(f"{path.name}: the cut took more than {settings.cut_seconds:g} s") from error
            finally:
                _tell(None)
            return target.keep(folder, _report(timeline, result, folder))  # type: ignore[no-any-return]


async def _read(
    path: Path, places: Any, size: tuple[int, int] | None, fps: int | None, changes: dict[str, Any]
) -> tuple[Timeline, dict[str, Any]]:
    """The timeline and its clips on this machine."""
    if path.suffix.lower() == ".json":
        return await _read_json(path, places, size, fps, changes)
    from callsheet.media.otio import read
    from callsheet.media.otio_read import media_of, rate_of, timeline_from_otio, whole_rate
    from callsheet.media.otio_words import facts_of

    if path.suffix.lower() != ".otio":
        raise SettingsError(f"TIMELINE: {path.name} is not allowed; it must be an .otio or .json file")
    made = read(_there(path))
    media = media_of(made)
    clips, begins = await places.clips(media), {}
    for one in media:
        clock = places.clock(one, clips[one.name].path)
        if clock is not None:
            begins[one.name] = clock
    facts = facts_of(made)
    first = next((clips[one.name].path for one in media), None)
    if first is not None and (fps is None or size is None):
        from callsheet.media.index import measure

        said = fps is not None or rate_of(made) is not None
        if not said or (size is None and "width" not in facts):
            found = (await asyncio.to_thread(measure, first)).probe
            fps = fps if said else whole_rate(found.rate, made.name)
            if size is None and "width" not in facts:
                size = (found.width - found.width % 2, found.height - found.height % 2)
    return timeline_from_otio(made, fps=fps, size=size, begins=begins, **changes), clips


async def _read_json(
    path: Path, places: Any, size: tuple[int, int] | None, fps: int | None, changes: dict[str, Any]
) -> tuple[Timeline, dict[str, Any]]:
    from pydantic import ValidationError

    from callsheet.media.otio_media import Media
    from callsheet.timeline import Timeline

    if fps is not None:
        raise SettingsError("--fps: is not allowed with a timeline in JSON, whose frames are counted at its own rate")
    try:
        written = json.loads(_there(path).read_text(encoding="utf-8"))
        if not isinstance(written, dict):
            raise MediaError(f"{path.name}: not a timeline; it must be a JSON object")
        changes |= {"width": size[0], "height": size[1]} if size else {}
        timeline = Timeline.model_validate(written | changes)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"]) or "timeline"
        raise MediaError(f"{path.name}: {field}: {str(fault['msg']).removeprefix('Value error, ')}") from error
    except (ValueError, RecursionError) as error:
        raise MediaError(f"{path.name}: not a timeline in JSON ({' '.join(str(error).split())})") from error
    return timeline, await places.clips([Media(name, name, ()) for name in timeline.clips], by_name=True)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise SettingsError(f"TIMELINE: there is no file {path}")
    return path


def _tell(done: float | None) -> None:
    """How far it is, on a terminal only."""
    if sys.stderr.isatty():
        click.echo("\r            \r" if done is None else f"\rcutting {done:4.0%}", nl=False, err=True)


def _report(timeline: Timeline, result: CutResult, folder: Path) -> dict[str, Any]:
    import hashlib

    files = []
    for kind, path in result.files.items():
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        place = path.relative_to(folder).as_posix()
        files.append({"kind": kind, "path": place, "sha256": sha256, "bytes": path.stat().st_size})
    return {
        "name": timeline.name,
        "frames": result.frames,
        "seconds": round(result.seconds, 6),
        "lufs": result.lufs,
        "true_peak_dbtp": result.true_peak_dbtp,
        "files": files,
    }
