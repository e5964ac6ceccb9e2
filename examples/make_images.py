"""Photograph the example products: `python examples/make_images.py [--width N] [--samples N] [NAME ...]`.

Writes JPEG files under examples/images/. Everything is computed here; the same arguments give the same pictures.
A full run takes about half an hour on one core; the pictures are kept in the repository."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
from imaging import bottle, speaker
from imaging.finish import photograph
from imaging.render import render
from imaging.studio import Scene

SETS: dict[str, Callable[[], Scene]] = {
    "smart-speaker/front": speaker.front,
    "smart-speaker/side": speaker.side,
    "smart-speaker/detail": speaker.detail,
    "trail-bottle/front": bottle.front,
    "trail-bottle/cap": bottle.cap,
    "trail-bottle/scene": bottle.scene,
}
LIMIT_BYTES = 350_000


def save(image: object, path: Path) -> int:
    """Write the JPEG at the best quality that stays under the limit; gives that quality."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in range(94, 60, -2):
        done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])  # type: ignore[call-overload]
        if done and len(data) < LIMIT_BYTES:
            path.write_bytes(data.tobytes())
            return quality
    raise SystemExit(f"{path} does not fit into {LIMIT_BYTES} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SETS))
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    for name in chosen.names:
        linear = render(SETS[name](), chosen.width, chosen.width * 3 // 4, chosen.samples, seed=7)
        quality = save(photograph(linear), chosen.out / f"{name}.jpg")
        print(f"{name}: quality {quality}")


if __name__ == "__main__":
    main()
