"""Configured resources as Prefect blocks. Each only builds the settings of a core object; none has logic of its own.

A flow takes a block by its name or as a reference, never its content: parameters are stored in the clear and
shown in the UI.
"""

from blocks.brand_kit import BrandKit
from blocks.bucket import MediaBucket
from blocks.budget import Budget, caps_from_block
from blocks.ledger import PurchaseLedger
from blocks.provider import VideoProvider
from blocks.results import ResultBucket
from blocks.saved import Saved, load
from blocks.settings import settings_from_blocks

__all__ = [
    "BrandKit",
    "Budget",
    "MediaBucket",
    "PurchaseLedger",
    "ResultBucket",
    "Saved",
    "VideoProvider",
    "caps_from_block",
    "load",
    "settings_from_blocks",
]
