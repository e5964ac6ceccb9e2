"""Clips to try effects on: rendered scenes, small and short, made once for all tests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from callsheet.features import REQUEST, TextToVideo
from callsheet.studio.inputs import PLACE
from callsheet.studio.rendering import render

SCENES = {
    "sea": ("waves on a beach with a sailing ship", "pan_right"),
    "bottle": ("steel water bottle product shot on a pedestal", "push_in"),
    "forest": ("a dog in a green forest", "tracking"),
}


def order(scene: str) -> TextToVideo:
    prompt, camera = SCENES[scene]
    fields = {"prompt": prompt, "duration": 2, "resolution": "320x180", "camera_movement": camera}
    request = REQUEST.validate_python({"feature": "text_to_video", **fields})
    assert isinstance(request, TextToVideo)
    return request


@cache
def _rendered(scene: str) -> Path:
    folder = Path(mkdtemp(prefix="callsheet-effects-"))
    render(order(scene), folder, {}, lambda _: None, lambda job, name: Path())
    return folder / "video.mp4"


def kept(home: Path, scene: str, *, own: bool) -> Path:
    """The clip of a scene as the studio keeps it among its inputs, with a note of its order where it is its own."""
    data = _rendered(scene).read_bytes()
    name = sha256(data).hexdigest()
    home.mkdir(parents=True, exist_ok=True)
    (home / f"{name}.mp4").write_bytes(data)
    if own:
        note = {"request": order(scene).model_dump(mode="json"), "name": "video.mp4"}
        (home / f"{name}.origin.json").write_text(json.dumps(note))
    return home / f"{name}.mp4"


def edited(tmp_path: Path, feature: str, clip: Path, **fields: Any) -> Path:
    """The file that an order of a feature makes of a clip."""
    url = f"{PLACE}/{clip.name}"
    named = "content_video_url" if feature == "style_transfer" else "video_url"
    files = {url: clip}
    for key, value in fields.items():
        if isinstance(value, Path):
            fields[key] = f"{PLACE}/{value.name}"
            files[fields[key]] = value
    request = REQUEST.validate_python({"feature": feature, named: url, **fields})
    folder = tmp_path / sha256(request.model_dump_json().encode()).hexdigest()[:12]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    render(request, folder, files, lambda _: None, lambda job, name: Path())
    return folder / "video.mp4"


def stack(frames: Sequence[Any]) -> np.ndarray:
    return np.stack(list(frames)).astype(np.float32)


def apart(a: Any, b: Any) -> float:
    """The mean difference of two pictures, in steps of 255."""
    return float(np.abs(np.asarray(a, np.float32) - np.asarray(b, np.float32)).mean())


def edges_alike(a: Any, b: Any) -> float:
    """How far two pictures agree on where their edges are: the correlation of their gradients' sizes, softened."""
    import cv2

    found = []
    for picture in (a, b):
        grey = cv2.GaussianBlur(cv2.cvtColor(np.asarray(picture, np.uint8), cv2.COLOR_BGR2GRAY), (0, 0), 1.5)
        grey = cv2.equalizeHist(grey).astype(np.float32)
        size = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        found.append(cv2.GaussianBlur(np.sqrt(size), (0, 0), 1.5).ravel())
    return float(np.corrcoef(found[0], found[1])[0, 1])
