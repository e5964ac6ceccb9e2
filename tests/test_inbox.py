"""The inbox: a good brief is told about once, whoever looks or is killed; a bad one gets its lines beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from callsheet.briefs.dropped import fetch_brief
from callsheet.briefs.load import load_brief
from callsheet.cli.planning import read_brief
from callsheet.desk import Desk
from callsheet.errors import BriefError
from callsheet.inbox import Dropped, deployments, look
from tests.ledger.fakes import Fake, desk_of
from tests.storage.conftest import Place, local_place, place, s3_clients, s3_place

__all__ = ["local_place", "place", "s3_clients", "s3_place"]
EXAMPLES = Path(__file__).parents[1] / "examples"
LAMP = {"name": "Lamp", "description": "a brass lamp", "slogan": "Light.", "language": "en-US", "duration": 5}


class Ears:
    """Hears what is told, or is deaf so many times."""

    def __init__(self, deaf: int = 0) -> None:
        self.deaf = deaf
        self.heard: list[Dropped] = []

    async def tell(self, found: Dropped) -> None:
        if self.deaf:
            self.deaf -= 1
            raise ConnectionError("nobody there")
        self.heard.append(found)


async def drop(desk: Desk, name: str, **change: object) -> None:
    await desk.bucket.put_bytes(f"inbox/{name}", yaml.safe_dump({**LAMP, **change}, allow_unicode=True).encode())


async def test_each_brief_is_told_about_once(place: Place, tmp_path: Path) -> None:
    from dataclasses import replace

    ears = Ears()
    async with desk_of(tmp_path, Fake()) as own:
        desk = replace(own, bucket=place.bucket)
        await drop(desk, "lamp.yaml")
        await drop(desk, "spring/board.yml", kind="marketing", description="a silver lamp")
        await drop(desk, "brands/acme.yaml")
        await place.bucket.put_bytes("inbox/read.me", b"how to")
        looks = await asyncio.gather(*(look(desk, ears.tell) for _ in range(4)))
        assert sorted(one.key for one in ears.heard) == ["inbox/lamp.yaml", "inbox/spring/board.yml"]
        assert sum(len(one.told) for one in looks) == 2
        assert {one.deployment for one in ears.heard} == {"marketing-video/main"}
        assert (await look(desk, ears.tell)).known == 2
        await drop(desk, "lamp.yaml", description="a copper lamp")  # changed, so another one
        await drop(desk, "again.yaml", description="a copper lamp")  # and the same once more
        assert len((await look(desk, ears.tell)).told) == 1
        assert len({one.event for one in ears.heard}) == 3


async def test_a_bad_one_gets_the_lines_of_the_command_line(one_home: Desk) -> None:
    desk, ears = one_home, Ears()
    await drop(desk, "lamp.yaml", duration=0, tier="golden", product_images=["images/none.jpg"])
    found = await look(desk, ears.tell)
    assert [one.key for one in found.refused] == ["inbox/lamp.yaml"]
    path = desk.settings.home / "lamp.yaml"
    path.write_bytes(await desk.bucket.get_bytes("inbox/lamp.yaml", 10_000))
    with pytest.raises(BriefError) as caught:
        read_brief(path, None)
    said = (await desk.bucket.get_bytes("inbox/lamp.yaml.errors.txt", 10_000)).decode()
    assert said == f"{caught.value.message}\n"
    assert len(said.splitlines()) == 2
    await drop(desk, "lamp.yaml", product_images=["images/none.jpg"])
    assert "inbox/images/none.jpg" in (await look(desk, ears.tell)).refused[0].errors
    image = (EXAMPLES / "images" / "smart-speaker" / "front.jpg").read_bytes()
    await desk.bucket.put_bytes("inbox/images/none.jpg", image)  # it comes later
    assert len((await look(desk, ears.tell)).told) == 1
    assert await desk.bucket.stat("inbox/lamp.yaml.errors.txt") is None


async def test_one_that_could_not_be_told_is_told_later_under_the_same_name(one_home: Desk) -> None:
    desk, ears = one_home, Ears(deaf=1)
    await drop(desk, "a.yaml")
    await drop(desk, "b.yaml", description="another lamp")
    with pytest.raises(ConnectionError):
        await look(desk, ears.tell)
    assert [one.key for one in ears.heard] == ["inbox/b.yaml"], "the other one had its turn"
    assert [one.key for one in (await look(desk, ears.tell)).told] == ["inbox/a.yaml"]


async def test_a_killed_teller_does_not_keep_it_to_himself(one_home: Desk) -> None:
    desk, ears = one_home, Ears()
    await drop(desk, "a.yaml")

    async def killed(found: Dropped) -> None:
        ears.heard.append(found)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await look(desk, killed)
    assert (await look(desk, ears.tell)).told == (), "he may still be at it"
    desk.ledger.clock.shift = 600
    assert len((await look(desk, ears.tell)).told) == 1
    assert len({one.event for one in ears.heard}) == 1, "the server knows it by its id"


@pytest.mark.parametrize("path", ["/etc/hostname", "../../../etc/hostname", "../lamp\0.jpg", "-x.jpg", ".hidden.jpg"])
async def test_no_path_leads_out_of_the_bucket(one_home: Desk, tmp_path: Path, path: str) -> None:
    await drop(one_home, "lamp.json", product_images=[path])
    with pytest.raises(BriefError, match="product_images"):
        await fetch_brief(one_home.bucket, "inbox/lamp.json", tmp_path)


@pytest.mark.parametrize(
    "text",
    [b"", b"\xff\xfe", b"a: [", b"- 1", b"!!python/object/apply:os.system ['true']", b"[" * 100_000, b"x" * 1_100_000],
)
async def test_what_is_no_brief_at_all_is_refused(one_home: Desk, text: bytes) -> None:
    await one_home.bucket.put_bytes("inbox/x.yaml", text)
    found = await look(one_home, Ears().tell)
    assert len(found.refused) == 1
    assert "Traceback" not in found.refused[0].errors


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
async def test_every_example_can_be_dropped(one_home: Desk, tmp_path: Path, example: str) -> None:
    for path in EXAMPLES.rglob("*"):
        key = f"inbox/{path.relative_to(EXAMPLES).as_posix()}"
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in key:
            await one_home.bucket.put_bytes(key, path.read_bytes())
    fetched = await fetch_brief(one_home.bucket, f"inbox/{example}", tmp_path)
    there = tmp_path / "dropped" / "inbox"
    assert fetched.with_paths(lambda path: Path(path).relative_to(there).as_posix()).model_dump(
        exclude={"brand"}
    ) == load_brief(EXAMPLES / example).with_paths(lambda path: Path(path).relative_to(EXAMPLES).as_posix()).model_dump(
        exclude={"brand"}
    )


def test_every_kind_has_a_deployment() -> None:
    from callsheet.briefs.load import KINDS

    assert set(deployments()) == set(KINDS)


@pytest.fixture
async def one_home(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_of(tmp_path / "home", Fake()) as desk:
        yield desk
