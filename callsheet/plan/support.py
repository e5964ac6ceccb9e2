"""What a provider sells of the thirteen features, what is made of its other features, and what can't be had there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from callsheet.features import FEATURES
from callsheet.provider.catalogue import CatalogueEntry, catalogue, catalogue_entry

Kind = Literal["native", "lowered", "refused"]


@dataclass(frozen=True)
class Support:
    """How a feature is had: bought as it is, made of what `how` says, or not at all."""

    kind: Kind
    how: str


WAYS: Mapping[str, tuple[tuple[str | None, str], ...]] = {
    "extension": (("image_to_video", "the last frame by `image_to_video`, joined in the cut"),),
    "sequence": (("text_to_video", "each shot by itself, from the reference image where `image_to_video` is sold"),),
    "character_sequence": (("image_to_video", "each scene by `image_to_video` from the character's image"),),
    "consistency_check": ((None, "measured on this machine"),),
    "styled_generate": (("text_to_video", "`text_to_video` in the words of the style"),),
    "style_transfer": ((None, "a grade on this machine, by the colours of the reference"),),
    "complete_production": (("text_to_video", "shots by `text_to_video`, cut, spoken and mixed on this machine"),),
    "variants_batch": (("text_to_video", "each variation by itself"),),
    "discounted_batch": (("text_to_video", "each request by itself, without the discount"),),
}
"""Feature -> ways to make it, the best first, each with the feature that it needs of the provider, None for none."""


def support(feature: str, entry: CatalogueEntry) -> Support:
    """How `feature` is had at a provider. Raises `KeyError` for what is no feature."""
    FEATURES[feature]
    if feature in entry.features:
        return Support("native", "sold as it is")
    for needed, how in WAYS.get(feature, ()):
        if needed is None or needed in entry.features:
            return Support("lowered", how)
    return Support("refused", "neither sold nor made of what is")


def table() -> str:
    """Feature by provider of the catalogue, as the table that stands in docs/features.md."""
    names = list(catalogue())
    head = "| Feature \\ provider | " + " | ".join(f"`{name}`" for name in names) + " |"
    lines = [head, "|---" * (len(names) + 1) + "|"]
    for feature in FEATURES:
        kinds = [support(feature, catalogue_entry(name)).kind for name in names]
        lines.append(f"| `{feature}` | " + " | ".join(kinds) + " |")
    return "\n".join(lines)
