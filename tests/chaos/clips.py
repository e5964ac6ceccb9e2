"""What is bought in these tests: briefs unlike each other, and clips of which the test knows every byte."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from callsheet.briefs import parse_brief
from callsheet.canonical import digest
from callsheet.features import AnyRequest, TextToVideo
from callsheet.media.images import Media, media_of
from callsheet.money import price_list
from callsheet.plan import Plan
from callsheet.products import plan_of
from callsheet.studio.rendering import Heartbeat, Output
from callsheet.testing import flat_renderer
from tests.chaos.processes import LIMIT


class Stamping:
    """A renderer that makes one clip of each length, and every other one from it: with the order's digest in a box.

    `weight` bytes are added to each. `gate` must be set for a job to end.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._render = flat_renderer(8)
        self._lock = threading.Lock()
        self.weight = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(
        self, request: AnyRequest, folder: Path, images: Mapping[str, Path], heartbeat: Heartbeat, output_path: Any
    ) -> list[Output]:
        assert self.gate.wait(LIMIT)
        outputs: list[Output] = []
        for number, (_, seconds) in enumerate(request.billed(), 1):
            name = f"shot-{number}.mp4" if request.feature == "sequence" else "video.mp4"
            folder.joinpath(name).write_bytes(self.clip(request, number))
            outputs.append({"name": name, "kind": "video", "seconds": seconds, "shot_number": number})
        return outputs

    def clip(self, request: AnyRequest, number: int) -> bytes:
        """The bytes of one clip of an order: different for every order, the same each time."""
        seconds = list(request.billed())[number - 1][1]
        mark = digest([request.model_dump(mode="json"), number]).encode() + bytes(self.weight)
        return self._plain(seconds) + (len(mark) + 8).to_bytes(4, "big") + b"free" + mark

    def _plain(self, seconds: int) -> bytes:
        path = self._folder / f"{seconds}.mp4"
        with self._lock:
            if not path.exists():
                order = TextToVideo(prompt="a flat colour", duration=seconds, resolution="480p")
                (made,) = self._render(order, self._folder, {}, lambda _: None, None)
                (self._folder / str(made["name"])).rename(path)
        return path.read_bytes()


def brief_of(number: str | int) -> tuple[Plan, tuple[tuple[Media, bytes], ...]]:
    """Four purchases, five clips, two of the orders with an image: nothing of it like those of another number."""
    import numpy as np
    from PIL import Image

    images = []
    for image in range(2):
        colours = np.frombuffer(bytes.fromhex(digest([number, image])), np.uint8)[:24].reshape(2, 4, 3)
        data = io.BytesIO()
        Image.fromarray(colours).resize((32, 32)).save(data, "PNG")
        images.append((media_of(data.getvalue()), data.getvalue()))
    fields: dict[str, Any] = {"name": "Lamp", "description": f"a brass lamp, number {number}"}
    fields |= {"slogan": "Light.", "language": "en-US"}
    scenarios = ["on a desk", "by a bed"]
    files = {f"{number}.png": media for number, (media, _) in enumerate(images)}
    fields |= {"tier": "prototype", "duration": 17, "scenarios": scenarios, "product_images": list(files)}
    return plan_of(parse_brief(fields), files, price_list("sora")), tuple(images)
