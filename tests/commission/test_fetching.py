"""Briefs and plan files by their key: what they name is fetched from the bucket, and nothing else is ever read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from pydantic import SecretStr

from callsheet import fetching
from callsheet.briefs import Brief
from callsheet.briefs import fetching as brief_fetching
from callsheet.commission import Commission
from callsheet.errors import BriefError
from callsheet.plan.files import PlanFile
from callsheet.settings import Settings
from tests.servers import S3Server

LAMP: dict[str, Any] = {
    "kind": "marketing",
    "name": "Lamp",
    "description": "a brass lamp",
    "slogan": "Light.",
    "language": "en-US",
    "tier": "prototype",
    "duration": 8,
}


def png(path: Path, colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (640, 640), colour).save(path)
    return path


class Bench:
    """A folder as a bucket, and a folder to fetch to."""

    def __init__(self, folder: Path) -> None:
        self.bucket, self.folder = folder / "bucket", folder / "fetched"
        self.settings = Settings(home=folder / "home", bucket=str(self.bucket))

    def put(self, key: str, said: Any) -> None:
        path = self.bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(said if isinstance(said, bytes) else yaml.safe_dump(said).encode())

    def fetched(self, key: str | None = None, given: Any = None, kind: str = "marketing") -> Brief | PlanFile:
        commission = Commission(brief=given, brief_key=key)
        return asyncio.run(fetching.fetch(commission, kind, self.settings, self.folder))

    def refused(self, key: str | None = None, given: Any = None) -> list[str]:
        with pytest.raises(BriefError) as caught:
            self.fetched(key, given)
        assert str(self.folder) not in str([fault.value for fault in caught.value.faults])
        return [f"{fault.field}: {fault.value}: {fault.allowed}" for fault in caught.value.faults]

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_files_lie_beside_the_brief(bench: Bench) -> None:
    png(bench.bucket / "campaigns/lamp/images/front.png")
    png(bench.bucket / "campaigns/others/side.png")
    images = ["images/front.png", "../others/side.png"]
    bench.put("campaigns/lamp/brief.yaml", {**LAMP, "product_images": images})
    brief = bench.fetched("campaigns/lamp/brief.yaml")
    assert isinstance(brief, Brief)
    there = ["campaigns/lamp/images/front.png", "campaigns/others/side.png"]
    assert [path for _, path in brief.files()] == [str(bench.folder / name) for name in there]
    assert bench.files == there
    given = bench.fetched(given={**LAMP, "product_images": ["campaigns/others/side.png"]})
    assert isinstance(given, Brief)
    assert [path for _, path in given.files()] == [str(bench.folder / "campaigns/others/side.png")]


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "../../../etc/hostname",
        "images/../../../../x.png",
        "..",
        "./",
        "file:///etc/hostname",
        "s3://other/x.png",
        "http://127.0.0.1/x.png",
        ".hidden.png",
        "images//../../../x.png",
        "-rf.png",
        "C:\\x.png",
        "正面.png",
    ],
)
def test_no_name_leads_out_of_the_bucket(bench: Bench, name: str) -> None:
    bench.bucket.mkdir()
    png(bench.bucket.parent / "x.png")
    bench.put("a/brief.yaml", {**LAMP, "product_images": [name]})
    for refused in (bench.refused("a/brief.yaml"), bench.refused(given={**LAMP, "product_images": [name]})):
        (line,) = refused
        assert line.startswith(f"product_images[0]: {name}: "), line
    assert bench.files == []


def test_every_fault_is_named_with_its_field(bench: Bench) -> None:
    png(bench.bucket / "here.png")
    names = ["here.png", "nowhere.png", "/etc/passwd"]
    assert bench.refused(given={**LAMP, "product_images": names, "brand": "brand.yaml"}) == [
        "product_images[1]: nowhere.png: there is no such key in the bucket",
        "product_images[2]: /etc/passwd: it must be a key of the bucket, beside the brief; not a path",
        "brand: brand.yaml: there is no such key in the bucket",
    ]


def test_a_brand_brings_what_stands_beside_itself(bench: Bench) -> None:
    png(bench.bucket / "brands/acme/logo.png")
    bench.put("brands/acme/brand.yaml", {"name": "Acme", "logo": "logo.png"})
    bench.put("work/brief.yaml", {**LAMP, "brand": "../brands/acme/brand.yaml"})
    brief = bench.fetched("work/brief.yaml")
    assert isinstance(brief, Brief) and brief.brand == str(bench.folder / "brands/acme/brand.yaml")
    assert bench.files == ["brands/acme/brand.yaml", "brands/acme/logo.png"]
    bench.put("brands/bad/brand.yaml", {"name": "Acme", "logo": "/etc/passwd"})
    (line,) = bench.refused(given={**LAMP, "brand": "brands/bad/brand.yaml"})
    assert line.startswith("brand.logo: ") and "beside the brief; not a path" in line, line


@pytest.mark.parametrize(
    ("key", "said", "line"),
    [
        ("none.yaml", None, "brief_key: none.yaml: there is no such key in "),
        ("../brief.yaml", None, "brief_key: ../brief.yaml: key '../brief.yaml' has a part that is not of"),
        ("/etc/hostname", None, "brief_key: /etc/hostname: key '/etc/hostname' is absolute or has an empty part"),
        ("s3://x/", None, "brief_key: s3://x/: it must be as s3://BUCKET/KEY: "),
        ("s3://NO/brief.yaml", None, "brief_key: s3://NO/brief.yaml: it must be as s3://BUCKET/KEY: "),
        ("s3://other/../brief.yaml", None, "brief_key: s3://other/../brief.yaml: it must be as s3://BUCKET/KEY: "),
        ("a.yaml", b"name: [", "brief_key: a.yaml: it must be YAML or JSON in UTF-8: "),
        ("a.yaml", b"\xff\xfe\x00", "brief_key: a.yaml: it must be YAML or JSON in UTF-8: "),
        ("a.yaml", b"!!python/object:os.system {}", "brief_key: a.yaml: it must be YAML or JSON in UTF-8: "),
        ("a.yaml", b"[" * 200_000, "brief_key: a.yaml: it must be YAML or JSON in UTF-8: it nests deeper"),
        ("a.yaml", b"just words", "(the whole): str: a brief is a mapping"),
        ("a.yaml", b"", "(the whole): NoneType: a brief is a mapping"),
        ("a.yaml", b"kind: matrix\nname: x", "message: a missing value: it is required"),
    ],
)
def test_a_key_that_is_no_brief_is_said_in_lines(bench: Bench, key: str, said: bytes | None, line: str) -> None:
    bench.bucket.mkdir()
    if said is not None:
        bench.put(key, said)
    found = bench.refused(key)
    assert any(one.startswith(line) for one in found), found
    assert all(len(one) < 600 and "\n" not in one for one in found)


def test_what_is_too_large_is_not_fetched(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    png(bench.bucket / "front.png")
    bench.put("brief.yaml", {**LAMP, "product_images": ["front.png"]})
    size = (bench.bucket / "front.png").stat().st_size
    monkeypatch.setattr(brief_fetching, "LARGEST_GIVEN", size - 1)
    (line,) = bench.refused("brief.yaml")
    assert line == f"product_images[0]: front.png: it has {size} bytes; at most {size - 1} are taken"
    monkeypatch.setattr(brief_fetching, "LARGEST_TEXT", 20)
    (line,) = bench.refused("brief.yaml")
    assert line.startswith("brief_key: brief.yaml: ") and "20" in line
    assert bench.files == []


def test_a_plan_file_brings_its_files_and_hides_none(bench: Bench) -> None:
    png(bench.bucket / "plans/front.png")
    outside = png(bench.bucket.parent / "secret.png", "blue")
    plan = {"callsheet_plan": 1, "brief": LAMP, "purchases": [{"request": {"image": {"file": "front.png"}}}]}
    bench.put("plans/lamp.yaml", plan)
    found = bench.fetched("plans/lamp.yaml")
    assert isinstance(found, PlanFile)
    assert found.data["purchases"][0]["request"]["image"] == {"file": str(bench.folder / "plans/front.png")}
    assert bench.files == ["plans/front.png"]
    plan["purchases"] = [{"request": {"image": {"file": str(outside)}}}]
    bench.put("plans/out.yaml", plan)
    (line,) = bench.refused("plans/out.yaml")
    assert line == f"file: {outside}: it must be a key of the bucket, beside the brief; not a path"
    head = yaml.safe_dump({"callsheet_plan": 1, "brief": LAMP}).encode()
    hidden = b"purchases: !!omap [image: {file: %s}]\n" % json.dumps(str(outside)).encode()
    bench.put("plans/hidden.yaml", head + hidden)
    (line,) = bench.refused("plans/hidden.yaml")
    assert line.startswith(f"file: {outside}: ")
    bench.put("plans/dated.yaml", head + b"2026-11-29: x\n")
    (line,) = bench.refused("plans/dated.yaml")
    assert line.startswith("brief_key: this plan file: names of fields are text")


def test_another_bucket_of_the_same_server(s3_server: S3Server, tmp_path: Path) -> None:
    client = s3_server.client()
    client.create_bucket(Bucket="others")
    client.put_object(Bucket="others", Key="c/brief.yaml", Body=yaml.safe_dump({**LAMP, "product_images": ["a.png"]}))
    client.put_object(Bucket="others", Key="c/a.png", Body=png(tmp_path / "a.png").read_bytes())
    bench = Bench(tmp_path)
    keys = {name: SecretStr(getattr(s3_server, name)) for name in ("access_key", "secret_key")}
    bench.settings = Settings(
        home=tmp_path,
        bucket=f"s3://{s3_server.bucket}/works",
        bucket_endpoint=s3_server.endpoint,
        **{f"bucket_{name}": value for name, value in keys.items()},  # type: ignore[arg-type]
    )
    brief = bench.fetched("s3://others/c/brief.yaml")
    assert isinstance(brief, Brief) and bench.files == ["c/a.png"]
    for key, said in {"s3://others/none.yaml": "no such key", "s3://nowhere/c/brief.yaml": ""}.items():
        (line,) = bench.refused(key)
        assert line.startswith("brief_key: ") and said in line, line
