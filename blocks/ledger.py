"""The ledger as a block."""

from __future__ import annotations

from typing import Any, ClassVar

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class PurchaseLedger(Block):
    """The database in which every purchase is recorded before it is made.

    Example:
        ```python
        from blocks import PurchaseLedger

        ledger = PurchaseLedger.load("BLOCK_NAME")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Callsheet purchase ledger"
    _block_type_slug: ClassVar[str | None] = "callsheet-purchase-ledger"

    url: SecretStr = Field(description="An address sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.")

    def overrides(self) -> dict[str, Any]:
        """The settings that this block decides."""
        return {"ledger_url": self.url.get_secret_value()}
