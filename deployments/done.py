"""What setting up did to each thing that it looks after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Did = Literal["made", "changed", "as it was"]


@dataclass(frozen=True)
class Done:
    """One thing on the server: what it is, what it is called, and what became of it."""

    kind: str
    name: str
    did: Did

    def __str__(self) -> str:
        return f"{self.kind:<12} {self.name:<40} {self.did}"
