"""`callsheet provenance`: what a file says of where it comes from, and whether that holds."""

from __future__ import annotations

from pathlib import Path

import click

from callsheet.errors import CheckError, SettingsError


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--anchors", type=click.Path(path_type=Path), help="A PEM file of the authorities to trust; without it, none is."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def provenance(file: Path, anchors: Path | None, as_json: bool) -> None:
    """Read a file's Content Credentials and AIGC field. Exit code 5 when the credentials are absent or don't hold."""
    from callsheet.media.provenance.reading import verify

    try:
        trusted = None if anchors is None else anchors.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise SettingsError(f"--anchors: {anchors} is not allowed; it must be a PEM file that can be read") from error
    report = verify(file, anchors=trusted)
    if as_json:
        click.echo(report.model_dump_json(indent=2))
    else:
        lines = {
            "credentials": report.state,
            "generator": report.generator,
            "signed by": report.signed_by,
            "certificate": report.certificate,
            "source": report.source_type,
            "clips": ", ".join(
                one.name if one.credentials == "absent" else f"{one.name} ({one.credentials})"
                for one in report.ingredients
            ),
            "AIGC": ", ".join(f"{name} {value}" for name, value in (report.aigc or {}).items() if value),
            "problems": ", ".join(report.problems),
        }
        for name, value in lines.items():
            if value:
                click.echo(f"{name:<12} {value}")
    if not report.holds:
        raise CheckError(f"{file.name}: its credentials are {report.state.lower()}")
