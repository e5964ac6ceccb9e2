"""One Prefect task for each feature of a video service, and for cutting and publishing.

Each is a thin wrapper over the core, with its retries, cache policy, tags and name. They work at the desk that their
flow has opened; called alone, at one from the environment's settings.
"""

from tasks.animate_image import animate_image
from tasks.buy_batch import buy_batch
from tasks.change_perspective import change_perspective
from tasks.check_consistency import check_consistency
from tasks.complete_production import complete_production
from tasks.cut_master import cut_master
from tasks.evolve_scene import evolve_scene
from tasks.extend_video import extend_video
from tasks.generate_styled import generate_styled
from tasks.generate_video import generate_video
from tasks.give_up import give_up
from tasks.make_variants import make_variants
from tasks.narrate import narrate
from tasks.publish_production import publish_production
from tasks.reconcile_ledger import reconcile_ledger
from tasks.repair_sequence import repair_sequence
from tasks.shoot_character import shoot_character
from tasks.shoot_sequence import shoot_sequence
from tasks.speak_line import speak_line
from tasks.transfer_style import transfer_style

BUY = {
    "text_to_video": generate_video,
    "image_to_video": animate_image,
    "extension": extend_video,
    "perspective_change": change_perspective,
    "scene_evolution": evolve_scene,
    "sequence": shoot_sequence,
    "character_sequence": shoot_character,
    "styled_generate": generate_styled,
    "style_transfer": transfer_style,
    "complete_production": complete_production,
    "variants_batch": make_variants,
    "discounted_batch": buy_batch,
    "speech": speak_line,
}
"""The task that buys a feature, by the feature's name."""

__all__ = [
    "BUY",
    "animate_image",
    "buy_batch",
    "change_perspective",
    "check_consistency",
    "complete_production",
    "cut_master",
    "evolve_scene",
    "extend_video",
    "generate_styled",
    "generate_video",
    "give_up",
    "make_variants",
    "narrate",
    "publish_production",
    "reconcile_ledger",
    "repair_sequence",
    "shoot_character",
    "shoot_sequence",
    "speak_line",
    "transfer_style",
]
