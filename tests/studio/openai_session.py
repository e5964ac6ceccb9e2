"""One session of the official `openai` package with a server of `/v1/videos`; prints what it saw as JSON.

Run by test_openai_sdk.py with one version of the package on the path: `openai_session.py BASE_URL < facts.json`.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

openai: Any = importlib.import_module("openai")

KEY = "sk-right"


def seen(video: Any) -> dict[str, Any]:
    """A video as the package's own model has it."""
    dumped: dict[str, Any] = video.model_dump(mode="json")
    return dumped


def refusal(call: Callable[[], Any]) -> list[Any]:
    """Class, status, code and field of the error that a call raises."""
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.status_code, error.code, error.param]
    return ["no error"]


def session(base_url: str, facts: dict[str, Any]) -> dict[str, Any]:
    client = openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=30, _strict_response_validation=True)
    videos = client.videos
    image = ("first.png", bytes.fromhex(facts["image"]), "image/png")
    order = {"prompt": "a lighthouse", "seconds": "4", "size": "1280x720"}

    created = videos.create(**order)
    same = [videos.create(**order, extra_headers={"Idempotency-Key": f"{facts['name']}-1"}).id for _ in range(2)]
    ended = videos.poll(created.id)
    pictured = videos.create_and_poll(prompt="it turns", input_reference=image, seconds="8", size="1280x720")
    remixed = videos.poll(videos.remix(created.id, prompt="a lighthouse in fog").id)
    contents = {}
    for variant in (None, "video", "thumbnail", "spritesheet"):
        content = videos.download_content(created.id, **({"variant": variant} if variant else {}))
        contents[str(variant)] = [content.response.headers["content-type"], content.content[:12].hex()]
    listed = [video.id for video in videos.list(limit=1, order="asc")]  # walks through the pages
    first = videos.list(limit=2)
    found = {
        "version": openai.__version__,
        "created": seen(created),
        "same": same,
        "ended": seen(ended),
        "pictured": seen(pictured),
        "remixed": seen(remixed),
        "contents": contents,
        "listed": listed,
        "newest": [video.id for video in first.data],
        "has_more": first.has_more,
    }
    wrong = openai.OpenAI(base_url=base_url, api_key="sk-wrong", max_retries=0, timeout=30)
    found["refusals"] = {
        "unknown": refusal(lambda: videos.retrieve("video_none")),
        "size of image": refusal(lambda: videos.create(prompt="x", size="720x1280", input_reference=image)),
        "seconds": refusal(lambda: videos.create(prompt="x", seconds="7")),
        "model": refusal(lambda: videos.create(prompt="x", model="sora-9")),
        "content": refusal(lambda: videos.create(prompt="much gore")),
        "key": refusal(lambda: wrong.videos.retrieve(created.id)),
        "idempotency": refusal(
            lambda: videos.create(prompt="other", extra_headers={"Idempotency-Key": f"{facts['name']}-1"})
        ),
    }
    videos.poll(same[0])
    gone = videos.delete(same[0])
    found["deleted"] = [gone.object, gone.deleted, gone.id, refusal(lambda: videos.retrieve(same[0]))]
    if hasattr(videos, "create_character"):
        found["later"] = later(client, created.id)
    webhook = facts["webhook"]
    client.webhooks.verify_signature(webhook["body"], webhook["headers"], secret=webhook["secret"])
    try:
        client.webhooks.verify_signature(webhook["body"] + " ", webhook["headers"], secret=webhook["secret"])
    except openai.InvalidWebhookSignatureError:
        found["webhook"] = "verified"
    return found


def later(client: Any, video: str) -> dict[str, Any]:
    """What the package can since 2.27.0: characters, and edits and extensions, whose `video` it can only upload."""
    videos = client.videos
    clip = videos.download_content(video).content
    character = videos.create_character(name="Ada", video=("ada.mp4", clip, "video/mp4"))
    again = videos.get_character(character.id)
    result: dict[str, Any] = {"character": [again.id == character.id, again.name]}
    for name, path, fields in (
        ("extended", "/videos/extensions", {"prompt": "the lamp is lit", "seconds": "4"}),
        ("edited", "/videos/edits", {"prompt": "by night"}),
    ):
        try:
            made = client.post(path, body={"video": {"id": video}, **fields}, cast_to=type(videos.retrieve(video)))
            result[name] = seen(videos.poll(made.id))
        except openai.APIStatusError as error:
            result[name] = [error.status_code, error.code]
    return result


if __name__ == "__main__":
    json.dump(session(sys.argv[1], json.load(sys.stdin)), sys.stdout)
