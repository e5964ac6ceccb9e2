"""The extended mode: clips of more than one generation, in parts whose seams are not seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from callsheet.features import LONGEST_GENERATION, REQUEST
from callsheet.media.probe import probe
from callsheet.media.wave import read_sound
from callsheet.studio.app import PREFIX, studio_app
from callsheet.studio.effects.reading import open_clip, read
from callsheet.studio.effects.seam import FROZEN, differences, sound_seam
from callsheet.studio.jobs import Studio
from callsheet.studio.orders import LONGEST_TAKE
from callsheet.studio.picture import SceneOrder
from callsheet.studio.takes import SEAM, parts_of
from callsheet.testing import serving
from tests.studio.served import KEY, error

SIZE = "96x54"
LIMIT = 120.0


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    app = studio_app(Studio(tmp_path_factory.mktemp("studio")), serve=True)
    with serving(app) as server, httpx.Client(base_url=server, headers=KEY, timeout=LIMIT, trust_env=False) as client:
        yield client


def test_a_clip_of_two_parts_has_no_seam_and_a_linear_price(studio: httpx.Client, tmp_path: Path) -> None:
    order = {"prompt": "a sailing boat in a harbour", "duration": 21, "resolution": SIZE}
    result = studio.post(f"{PREFIX}/generate", json=order).json()
    assert (result["duration"], result["cost"]) == (21, 2.1)
    path = tmp_path / "long.mp4"
    path.write_bytes(studio.get(result["video_url"]).content)
    found = probe(path)
    assert (found.frames, found.width, found.height) == (630, 96, 54)
    steps, _ = differences(read(open_clip(path)))
    assert min(steps) > FROZEN
    around = slice(300 - SEAM, 300 + 2 * SEAM)
    assert max(steps[around]) < 1.3 * max(steps[: around.start])  # the boat passes there as lively as here
    quietest, click = sound_seam(read_sound(path, 21), 10)
    assert quietest > 0.4
    assert click < 2
    body = {"video_url": result["video_url"], "extension_prompt": "it goes on", "extension_duration": 1}
    longer = studio.post(f"{PREFIX}/extend-video", json=body)
    assert (longer.status_code, longer.json()["duration"]) == (200, 22)  # a clip of parts is continued as any clip is


@pytest.mark.parametrize("seconds", [LONGEST_TAKE + 1, 1e999, "1e9", [30], True, 20.5])
def test_other_lengths_are_refused_by_name(studio: httpx.Client, seconds: Any) -> None:
    order: Any = {"prompt": "x", "duration": seconds, "resolution": SIZE}
    if seconds is True:
        order["duration"] = 0
    content = str(order).replace("'", '"').replace("inf", "1e999")
    response = studio.post(f"{PREFIX}/generate", content=content, headers={"content-type": "application/json"})
    assert error(response) == (400, "invalid_field", "duration")


@pytest.mark.parametrize("seconds", [21, 30, 41, 60])
def test_parts_are_even_and_none_is_too_long(seconds: int) -> None:
    parts = parts_of(SceneOrder("a lamp", seconds, 320, 180, world_seed=5))
    assert sum(part.frame_count for part in parts) == seconds * 30
    assert max(part.seconds for part in parts) - min(part.seconds for part in parts) <= 1
    assert all(part.seconds <= LONGEST_GENERATION and part.world_seed == 5 for part in parts)
    assert len({part.seed for part in parts}) == len(parts)
    assert len({part.camera for part in parts}) == len(parts)
    held = parts_of(SceneOrder("a lamp", seconds, 320, 180, camera="static"))
    assert {part.camera for part in held} == {"static"}


def test_callsheet_itself_orders_one_generation_at_most() -> None:
    fields = {"feature": "text_to_video", "prompt": "x", "resolution": "480p"}
    assert REQUEST.validate_python({**fields, "duration": 20})
    with pytest.raises(ValueError, match="less than or equal to 20"):
        REQUEST.validate_python({**fields, "duration": 21})


def test_parts_show_the_same_place(studio: httpx.Client) -> None:
    from callsheet.studio.picture.render import span

    one, two = parts_of(SceneOrder("a red car on a city street", 30, 128, 72, seed=1, world_seed=1, camera="static"))
    first, second = (next(span(part, 30, 31)).astype(np.float32).mean((0, 1)) for part in (one, two))
    assert np.abs(first - second).max() < 12
