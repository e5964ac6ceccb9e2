"""A plan file at another tier: the same shots, words and cut, in other sizes and at other prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from callsheet.errors import BriefError, Fault
from callsheet.money import ASPECTS, frame_size
from callsheet.plan.course import demonstration_size
from callsheet.tiers import TierName, tier


def at_tier(data: Mapping[str, Any], name: TierName) -> dict[str, Any]:
    """What a plan file says, with every size of its own tier replaced by that of the tier `name`.

    A size that was edited to be none of its tier stays. Raises `BriefError` for a file whose own tier is none.
    """
    own = data.get("tier")
    if own not in get_args(TierName):
        allowed = "it must be the tier whose sizes the plan has: prototype, social, professional or broadcast"
        raise BriefError([Fault("tier", str(own), allowed)])
    change = _Change(tier(own).resolution, tier(name).resolution)
    made = {**data, "tier": name}
    if isinstance(data.get("brief"), Mapping):
        made["brief"] = {**data["brief"], "tier": name}
    made["purchases"] = change.requests(data.get("purchases"))
    if data.get("kind") == "course":
        made["purchases"] = _demonstrations(made["purchases"], data.get("purchases"), change)
    if isinstance(data.get("works"), list):
        made["works"] = [change.work(work) for work in data["works"]]
    return made


def _demonstrations(made: Any, asked: Any, change: _Change) -> Any:
    """The purchases with the demonstrations of a course, which are smaller than the rest at the upper tiers."""
    old, new = demonstration_size(change.old), demonstration_size(change.new)
    if not isinstance(asked, list):
        return made
    return [
        {**purchase, "request": {**purchase["request"], "resolution": new}}
        if isinstance(before, Mapping)
        and before.get("feature") == "text_to_video"
        and isinstance(before.get("request"), Mapping)
        and before["request"].get("resolution") == old
        else purchase
        for purchase, before in zip(made, asked, strict=True)
    ]


class _Change:
    """From the sizes of one resolution to those of another."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new
        self.short, self.shorter = (min(frame_size(resolution, "1:1")) for resolution in (old, new))

    def requests(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {
                key: self.resolution(x) if key == "resolution" and isinstance(x, str) else self.requests(x)
                for key, x in value.items()
            }
        return [self.requests(x) for x in value] if isinstance(value, list) else value

    def resolution(self, text: str) -> str:
        if text == self.old:
            return self.new
        wide, _, high = text.partition("x")
        if not (wide.isdecimal() and high.isdecimal()):
            return text
        return "x".join(map(str, self.size(int(wide), int(high))))

    def work(self, value: Any) -> Any:
        line = value.get("timeline") if isinstance(value, Mapping) else None
        if not isinstance(line, Mapping) or not all(type(line.get(side)) is int for side in ("width", "height")):
            return value
        wide, high = self.size(line["width"], line["height"])
        return {**value, "timeline": {**line, "width": wide, "height": high}}

    def size(self, wide: int, high: int) -> tuple[int, int]:
        """The size of the same shape; another one where it isn't the tier's."""
        if min(wide, high) != self.short:
            return wide, high
        for aspect in ASPECTS:
            if frame_size(self.old, aspect) == (wide, high):
                return frame_size(self.new, aspect)
        long = round(max(wide, high) * self.shorter / self.short / 2) * 2
        return (long, self.shorter) if wide > high else (self.shorter, long)
