"""One Prefect task for each feature of a video service, and for cutting and publishing.

Each is a thin wrapper over the core, with its retries, cache policy, tags and name. They work at the desk that their
flow has opened; called alone, at one from the environment's settings.
"""

from tasks.animate_image import animate_image
from tasks.complete_production import complete_production
from tasks.cut_master import cut_master
from tasks.generate_video import generate_video
from tasks.give_up import give_up
from tasks.publish_production import publish_production
from tasks.reconcile_ledger import reconcile_ledger
from tasks.shoot_sequence import shoot_sequence

__all__ = [
    "animate_image",
    "complete_production",
    "cut_master",
    "generate_video",
    "give_up",
    "publish_production",
    "reconcile_ledger",
    "shoot_sequence",
]
