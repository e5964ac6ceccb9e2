"""Reading a plan file back: every field checked where it stands, prices made anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callsheet.brand import Brand
from callsheet.briefs.brief import Brief
from callsheet.briefs.choices import PlatformName
from callsheet.briefs.course import CourseBrief
from callsheet.briefs.dressing import dress
from callsheet.briefs.files import Files, read_files
from callsheet.briefs.load import KINDS, parse_brief
from callsheet.errors import BriefError, Fault, Incapable
from callsheet.features import FEATURES, AnyRequest, Request, Speech
from callsheet.media.given import Given
from callsheet.media.images import Media, read_image
from callsheet.money import Money, price_list
from callsheet.plan.branding import dressed
from callsheet.plan.clip_lengths import clip_prompts, clip_seconds, lengths_of
from callsheet.plan.course import course_work
from callsheet.plan.deliverables import deliverables
from callsheet.plan.model import Basis, Plan, Purchase, Work
from callsheet.plan.quote import REFERENCE, price_of
from callsheet.timeline import Card, Shot, Timeline
from callsheet.validation import faults_of

Model = TypeVar("Model", bound=BaseModel)
FREE = Money.zero("CNY")
FOLLOWS = "the cut of a course follows from its script: leave it out, and change the brief"


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _File(_Line):
    callsheet_plan: int = Field(ge=1, le=1)
    kind: str
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    name: str = Field(min_length=1, max_length=200)
    language: str
    tier: str
    provider: str | None = None
    model: str | None = None
    total: Any = None
    digest: Any = None
    purchases: list[dict[str, Any]] = Field(min_length=1, max_length=2000)
    works: list[dict[str, Any]] = Field(default=[], max_length=500)
    sharing: Any = None
    inputs: list[dict[str, Any]] = []
    brief: dict[str, Any]


class _Bought(_Line):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    feature: str
    take: int = Field(default=1, ge=1, le=99)
    price: Any = None
    clips: tuple[str, ...] = Field(min_length=1)
    basis: Basis | None = None
    request: dict[str, Any]


class _Shown(_Line):
    platforms: tuple[PlatformName, ...] = ()
    timeline: dict[str, Any]


class Reading:
    """One reading of a plan file in `folder`: gathers all faults, and the files that the plan names."""

    def __init__(self, folder: Path, brand: Brand | None = None) -> None:
        self._folder = folder
        self._brand = brand
        self._given: dict[str, Given] = {}
        self._faults: list[Fault] = []
        self._media: dict[str, Media] = {}
        self._data: dict[str, bytes] = {}

    @property
    def files(self) -> Files:
        """The files that the plan names, by their absolute paths, and the brand's."""
        return Files(self._media, self._data, self._brand, self._given)

    def read(self, data: Mapping[str, Any]) -> tuple[Plan, Brief]:
        """The plan at the reference prices, and its brief. Raises `BriefError` with every fault."""
        plain = self._with_media(json.loads(json.dumps(dict(data), default=str)), "")
        file = self._checked(_File, plain, "")
        if file is None:
            raise BriefError(self._faults)
        brief = self._brief(file)
        purchases = [self._purchase(each, f"purchases[{n}]") for n, each in enumerate(file.purchases)]
        works = self._works(file, brief, purchases)
        inputs = [self._checked(Media, each, f"inputs[{n}]") for n, each in enumerate(file.inputs)]
        self._stop()
        bought = [purchase for purchase in purchases if purchase is not None]
        made = [work for work in works if work is not None]
        self._shots_fit(bought, made)
        self._words_allowed(bought, made)
        self._stop()
        fields = {name: getattr(file, name) for name in ("kind", "slug", "name", "language", "tier")}
        needed = [media for purchase in bought for media in purchase.request.media() if purchase.basis is None]
        given = [media for media in inputs if media is not None]
        fields |= {"purchases": tuple(bought), "works": tuple(made), "price_list": price_list(REFERENCE).name}
        fields |= {"inputs": tuple(dict.fromkeys([*given, *needed])), "given": tuple(self._given.values())}
        if brief is not None:
            fields["further"] = brief.further()
        plan = self._checked(Plan, fields, "")
        self._stop()
        assert plan is not None and brief is not None  # noqa: S101 (both have a fault otherwise)
        return plan, brief

    def _stop(self) -> None:
        if self._faults:
            raise BriefError(self._faults)

    def _checked(self, model: type[Model], value: Any, prefix: str) -> Model | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            self._faults += faults_of(error, prefix)
            return None

    def _with_media(self, value: Any, field: str) -> Any:
        """The value with the content of each ``{file: PATH}`` in its place."""
        if isinstance(value, list):
            return [self._with_media(each, f"{field}[{n}]") for n, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if value.keys() != {"file"}:
            return {
                name: each if not field and name == "brief" else self._with_media(each, f"{field}.{name}".strip("."))
                for name, each in value.items()
            }
        path = str((self._folder / str(value["file"])).resolve())
        try:
            if path not in self._media:
                self._media[path], self._data[path] = read_image(Path(path))
        except ValueError as error:
            self._faults.append(Fault(f"{field}.file", str(value["file"]), str(error)))
            return {"sha256": "0" * 64, "media_type": "image/png", "bytes": 1}  # so that the other faults are found
        return self._media[path].model_dump(mode="json")

    def _brief(self, file: _File) -> Brief | None:
        try:
            brief = parse_brief(file.brief)
        except BriefError as error:
            self._faults += [Fault(f"brief.{fault.field}", fault.value, fault.allowed) for fault in error.faults]
            return None
        if file.kind != brief.kind or file.kind not in KINDS:
            self._faults.append(Fault("kind", file.kind, f"it must be that of its brief, {brief.kind}"))
        placed = located(brief, lambda name: str((self._folder / name).resolve()))
        try:  # for the brand that it names; its images are those that the plan names
            found = read_files(placed.model_copy(update=_without_images(placed)), self._brand)
        except BriefError as error:
            self._faults += [Fault(f"brief.{fault.field}", fault.value, fault.allowed) for fault in error.faults]
            return None
        self._brand, self._given = found.brand, dict(found.given)
        return placed.model_copy(update={"provider": file.provider, "model": file.model})

    def _purchase(self, value: dict[str, Any], field: str) -> Purchase | None:
        line = self._checked(_Bought, value, field)
        if line is None:
            kind, written = FEATURES.get(str(value.get("feature"))), value.get("request")
            if kind is not None and isinstance(written, dict) and "basis" not in value:
                self._checked(kind, {**written, "feature": value["feature"]}, f"{field}.request")
            return None
        models: dict[str, type[Request]] = {**FEATURES, "speech": Speech}
        model = models.get(line.feature)
        if model is None:
            self._faults.append(Fault(f"{field}.feature", line.feature, f"it must be one of {', '.join(FEATURES)}"))
            return None
        written = dict(line.request)
        if line.basis is not None:
            written["image"] = line.basis.to_come().model_dump(mode="json")
        if line.take > 1:
            written.setdefault("seed", line.take)  # the same words again, another picture
        request: Any = self._checked(model, {**written, "feature": line.feature}, f"{field}.request")
        if request is None:
            return None
        lengths = clip_seconds(request, line.clips)
        if lengths is not None and len(lengths) != len(line.clips):
            many = f"there must be one name for each clip of the request, {len(lengths)}"
            self._faults.append(Fault(f"{field}.clips", f"{len(line.clips)} names", many))
            return None
        price = self._price(request, field)
        fields = {"id": line.id, "request": request, "clips": line.clips, "take": line.take, "basis": line.basis}
        return self._checked(Purchase, {**fields, "price": price}, field)

    def _price(self, request: AnyRequest, field: str) -> Money:
        try:
            return price_of(request, price_list(REFERENCE))
        except (Incapable, ValueError) as error:
            self._faults.append(Fault(f"{field}.request", request.feature, f"it has no price here: {error}"))
            return FREE

    def _works(self, file: _File, brief: Brief | None, purchases: list[Purchase | None]) -> list[Work | None]:
        """What is made: as the file has it, except of a course, whose cut follows from its script."""
        if isinstance(brief, CourseBrief):
            if file.works:
                self._faults.append(Fault("works", f"{len(file.works)} works", FOLLOWS))
            return [self._lesson(brief, [purchase for purchase in purchases if purchase is not None])]
        if not file.works:
            self._faults.append(Fault("works", "none", "there must be one"))
        return [self._work(each, f"works[{n}]") for n, each in enumerate(file.works)]

    def _lesson(self, brief: CourseBrief, purchases: list[Purchase]) -> Work | None:
        """The course of a brief, of clips as long as they are ordered."""
        try:
            dressed_brief = dress(brief, self._brand) if self._brand else brief
            work = course_work(dressed_brief, lengths_of(purchases))
        except BriefError as error:
            self._faults += [Fault(f"brief.{fault.field}", fault.value, fault.allowed) for fault in error.faults]
            return None
        bought = {clip for purchase in purchases for clip in purchase.clips}
        missing = [clip for clip in work.timeline.clips if clip not in bought]
        if missing and not self._faults:
            allowed = "the brief asks for its picture: keep its purchase, or change the brief"
            self._faults += [Fault("purchases", f"nothing gives {clip}", allowed) for clip in dict.fromkeys(missing)]
        if self._brand is None:
            return work
        return work.model_copy(update={"timeline": dressed(work.timeline, self._brand, self._given)})

    def _work(self, value: dict[str, Any], field: str) -> Work | None:
        own = {name: each for name, each in value.items() if name in _Shown.model_fields}
        shown = self._checked(_Shown, own, field)
        timeline = None if shown is None else self._timeline(shown.timeline, f"{field}.timeline")
        if shown is None or timeline is None:
            return None
        rest = {**value, "platforms": shown.platforms, "timeline": timeline}
        rest.setdefault("deliverables", deliverables(timeline, shown.platforms))
        return self._checked(Work, rest, field)

    def _timeline(self, value: dict[str, Any], field: str) -> Timeline | None:
        """Each shot is checked as what it is: else it would be wrong as a shot and, once more, as a card."""
        before, shots = len(self._faults), []
        rows = value.get("shots")
        for n, row in enumerate(rows if isinstance(rows, list) else []):
            kind: type[Shot | Card] = Card if isinstance(row, dict) and "card" in row else Shot
            shots.append(self._checked(kind, row, f"{field}.shots[{n}]"))
        if len(self._faults) > before:
            return None
        return self._checked(Timeline, {**value, "shots": shots} if isinstance(rows, list) else value, field)

    def _shots_fit(self, purchases: list[Purchase], works: list[Work]) -> None:
        """No work shows a clip that is not bought, or more of it than is bought."""
        bought = {clip for purchase in purchases for clip in purchase.clips}
        bought |= {given.name for given in self._given.values()}
        lengths = lengths_of(purchases)
        for w, work in enumerate(works):
            for n, shot in enumerate(work.timeline.shots):
                field = f"works[{w}].timeline.shots[{n}]"
                if isinstance(shot, Card):
                    continue
                if shot.clip not in bought:
                    allowed = f"it must be one of {', '.join(sorted(bought))}"
                    self._faults.append(Fault(f"{field}.clip", shot.clip, allowed))
                    continue
                room = lengths.get(shot.clip, 0) * work.timeline.fps
                if room and shot.source_in + shot.used > room:
                    said = f"{shot.clip} has {room} frames: show fewer, or raise its duration"
                    self._faults.append(Fault(f"{field}.frames", f"{shot.used} from {shot.source_in} on", said))

    def _words_allowed(self, purchases: list[Purchase], works: list[Work]) -> None:
        """No word that the brand forbids is ordered or spoken."""
        if self._brand is None:
            return
        words = [
            (f"purchases[{n}].request ({clip})", prompt)
            for n, purchase in enumerate(purchases)
            for clip, prompt in clip_prompts(purchase.request, purchase.clips).items()
        ]
        words += [
            (f"works[{w}].timeline.lines[{n}]", line.text)
            for w, work in enumerate(works)
            for n, line in enumerate(work.timeline.lines)
        ]
        for field, text in words:
            try:
                self._brand.check_words(field, text)
            except BriefError as error:
                self._faults += error.faults


def located(brief: Brief, place: Callable[[str], str]) -> Brief:
    """The brief with `place(path)` for each path in it, its brand's and its library's among them."""
    found = brief.with_paths(place)
    beside = {field: place(named) for field in ("brand", "library") if (named := getattr(brief, field))}
    return found.model_copy(update=beside)


def _without_images(brief: Brief) -> dict[str, Any]:
    """What makes a brief name no images: every field of it that `files` speaks of, emptied."""
    fields = {field.partition("[")[0].partition(".")[0] for field, _ in brief.files()}
    return {name: type(brief).model_fields[name].get_default(call_default_factory=True) for name in fields}
