"""`callsheet library search WORDS`: named styles and shots."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.errors import SettingsError


@click.group()
def library() -> None:
    """Named styles and shots: the presets, and those of one's own."""


@library.command()
@click.argument("words", nargs=-1)
@click.option(
    "--library",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A YAML file with styles and shots of one's own. May be repeated.",
)
@click.option("--language", default="en-US", show_default=True, metavar="L", help="The language of the printed words.")
def search(words: tuple[str, ...], paths: tuple[Path, ...], language: str) -> None:
    """Print what has all the WORDS in its name, group or text; everything without WORDS."""
    from callsheet.library import load_library

    found = load_library(*paths).search(" ".join(words))
    if not found:
        raise SettingsError(f"WORDS: nothing is called or described as {' '.join(words)!r}")
    for one in found:
        click.echo(f"{one.kind:<6} {one.name:<18} {one.entry.words(language)}")
