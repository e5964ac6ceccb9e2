"""The four products at their full size, from brief to published files: ``python -m benchmarks.products [NAME ...]``.

Each is made by `callsheet make` with a home of its own, by the studio. The limit is the work's own length on two cores:
twice as many CPU seconds as it lasts. `--keep FOLDER` leaves what was made there.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from callsheet.manifest import Manifest

ROOT = Path(__file__).parents[1]
BRIEFS = {"marketing": "smart-speaker", "matrix": "matrix-en", "course": "course-zh", "variants": "variants-en"}
LIMIT = 5400.0
"""Seconds that one may take."""
RATE = 48_000


def made(brief: Path, home: Path) -> dict[str, Any]:
    """Makes it; what the command reports, with `cpu` and `wall` seconds. Raises RuntimeError when it fails."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [str(Path(sys.executable).parent / "callsheet"), "make", str(brief), "--yes", "--json"]
    environment = {**os.environ, "CALLSHEET_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode:
        raise RuntimeError(f"{brief.name}: exit {done.returncode}\n{done.stderr[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"cpu": cpu, "wall": time.monotonic() - began}


def manifests(report: dict[str, Any]) -> list[tuple[Path, Manifest]]:
    """The published works with their folders."""
    paths = [Path(path) for path in report["manifests"].values()]
    return [(path.parent, Manifest.model_validate_json(path.read_bytes())) for path in paths]


def out_of_step(folder: Path, manifest: Manifest) -> float:
    """Of all spoken lines the most, in seconds, by which the voice is heard before or after its caption is shown."""
    import pysubs2

    from callsheet.media.wave import read_sound

    loud = np.abs(read_sound(folder / "stems" / "voice.wav")).max(axis=1) > 0.01
    cues = [event.start / 1000 for event in pysubs2.load(str(folder / "captions" / f"{manifest.language}.srt"))]
    worst = 0.0
    for line in manifest.measures.lines:
        begin = max(0, int((line.start - 0.2) * RATE))
        heard = (begin + int(np.flatnonzero(loud[begin : begin + RATE])[0])) / RATE
        worst = max(worst, min(abs(heard - cue) for cue in cues))
    return worst


def row(name: str, report: dict[str, Any]) -> str:
    """One line of the table."""
    works = manifests(report)
    seconds = sum(manifest.measures.seconds for _, manifest in works)
    off = max(abs(made.measures.seconds - made.timeline.seconds) for _, made in works)
    spoken = [(folder, made) for folder, made in works if made.measures.lines]
    step = max((out_of_step(folder, made) for folder, made in spoken), default=0.0)
    reports = [check for _, made in works for check in made.checks]
    passed = sum(check.passed for check in reports)
    cost = report["cost"]
    equal = "=" if Decimal(cost["spent"]) == Decimal(cost["quoted"]) else "not"
    return (
        f"| {name} | {len(works)} | {seconds:.1f} | {off:.3f} | {1000 * step:.0f} | {passed} of {len(reports)} |"
        f" {cost['spent']} {equal} {cost['quoted']} | {report['cpu']:.0f} | {report['cpu'] / 2 / seconds:.2f} |"
        f" {report['wall']:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("names", nargs="*", choices=[*BRIEFS, []], help="which; all of them without")
    parser.add_argument("--keep", type=Path, help="where what is made stays")
    asked = parser.parse_args()
    columns = ("", "works", "seconds", "length off by, s", "voice off its caption by, ms", "checks passed")
    columns += ("spent, quoted", "CPU s", "CPU of two cores for its length", "wall s")
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.names or BRIEFS:
            home = (asked.keep or Path(folder)) / name
            print(row(name, made(ROOT / "examples" / f"{BRIEFS[name]}.yaml", home)), flush=True)


if __name__ == "__main__":
    main()
