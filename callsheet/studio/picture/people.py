"""Stylised people: a proportioned figure of limbs with head, hair, clothes, posed for standing, sitting, walking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from callsheet.studio.picture.spec import Design, Rgb, stream
from callsheet.studio.picture.trace.solids import (
    Limb,
    Material,
    Solid,
    brick,
    ellipsoid,
    limbs,
    limbs_solid,
    melted,
    moved,
)

Vec = tuple[float, float, float]

SKINS: tuple[Rgb, ...] = ((0.93, 0.76, 0.64), (0.88, 0.68, 0.54), (0.78, 0.57, 0.42), (0.58, 0.4, 0.28))
HAIRS: tuple[Rgb, ...] = ((0.1, 0.08, 0.07), (0.2, 0.13, 0.09), (0.34, 0.22, 0.14), (0.14, 0.12, 0.12))
TOPS: tuple[Rgb, ...] = (
    (0.86, 0.83, 0.77),
    (0.28, 0.42, 0.52),
    (0.72, 0.4, 0.32),
    (0.42, 0.52, 0.42),
    (0.82, 0.66, 0.36),
    (0.34, 0.35, 0.5),
)
TROUSERS: tuple[Rgb, ...] = ((0.2, 0.24, 0.32), (0.32, 0.3, 0.28), (0.55, 0.5, 0.42), (0.16, 0.17, 0.19))


@dataclass(frozen=True)
class Figure:
    """A posed person: solids standing on y = 0 facing -z, and the joints about which tagged parts may sway."""

    solids: tuple[Solid, ...]
    joints: dict[str, Vec]
    high: float


def joints_at(joints: Mapping[str, Vec], at: Vec, yaw: float) -> dict[str, Vec]:
    """Where a figure's joints are when it stands at a point (metres) and is turned by `yaw` (radians)."""
    c, s = math.cos(yaw), math.sin(yaw)
    return {name: (at[0] + x * c + z * s, at[1] + y, at[2] - x * s + z * c) for name, (x, y, z) in joints.items()}


@dataclass(frozen=True)
class Bones:
    """Joint positions of a pose, metres; mirrored sides are _l (x < 0, the picture's left) and _r."""

    hips: Vec
    chest: Vec
    neck: Vec
    head: Vec
    hand_l: Vec
    hand_r: Vec
    foot_l: Vec
    foot_r: Vec
    knee_out: float = 0.03
    elbow_back: float = 0.12


def bend(a: Vec, b: Vec, upper: float, lower: float, toward: Vec) -> tuple[Vec, Vec]:
    """The elbow (or knee) of a limb from a to b with two lengths, bent toward a direction; and the end it can reach."""
    va, vb, vt = np.array(a), np.array(b), np.array(toward, np.float64)
    way = vb - va
    far = float(np.linalg.norm(way))
    reach = min(far, (upper + lower) * 0.995)
    unit = way / max(far, 1e-6)
    end = va + unit * reach
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = math.sqrt(max(0.0, upper**2 - along**2))
    side = vt - unit * float(vt @ unit)
    side /= max(float(np.linalg.norm(side)), 1e-6)
    mid = va + unit * along + side * out
    return (float(mid[0]), float(mid[1]), float(mid[2])), (float(end[0]), float(end[1]), float(end[2]))


def figure(pose: str, seed: int, *, role: str = "user", holding: str = "", design: Design | None = None) -> Figure:
    """A person in a pose: stand, sit, walk, teach, drink, hold. The look is the design, or depends on the seed only."""
    design = design or _by_lot(seed, role)
    bones = _bones(pose)
    build = _Builder(bones, design, role=role)
    solids = build.solids(pose, holding)
    joints = {"head": bones.neck, "arm_r": build.shoulder(1), "arm_l": build.shoulder(-1), "body": bones.hips}
    high = bones.head[1] + 0.14
    if role == "child":
        solids = moved(solids, (0, 0, 0), scale=0.72)
        joints = {k: (v[0] * 0.72, v[1] * 0.72, v[2] * 0.72) for k, v in joints.items()}
        high *= 0.72
    return Figure(tuple(solids), joints, high)


def _by_lot(seed: int, role: str) -> Design:
    rng = stream("person", seed, role)
    skin = SKINS[int(rng.integers(0, len(SKINS) - 1))]
    hair = HAIRS[int(rng.integers(0, len(HAIRS)))]
    top = TOPS[int(rng.integers(0, len(TOPS)))]
    legs = TROUSERS[int(rng.integers(0, len(TROUSERS)))]
    woman = role == "woman" or (role not in ("man",) and rng.random() < 0.5)
    if role == "teacher":
        top, legs = (0.2, 0.26, 0.38), (0.16, 0.17, 0.2)
    if role == "hiker":
        top, legs = (0.82, 0.34, 0.16), (0.27, 0.28, 0.26)
    if role == "astronaut":
        top, legs, hair = (0.9, 0.9, 0.92), (0.88, 0.88, 0.9), (0.9, 0.9, 0.92)
    shoes: Rgb = (0.24, 0.17, 0.12) if role == "hiker" else (0.88, 0.87, 0.85)
    return Design(skin, hair, top, legs, shoes, woman)


def _bones(pose: str) -> Bones:
    if pose == "sit":
        return Bones(
            hips=(0, 0.5, 0.12),
            chest=(0, 0.86, 0.2),
            neck=(0, 1.02, 0.17),
            head=(0, 1.16, 0.12),
            hand_l=(-0.12, 0.72, -0.22),
            hand_r=(0.1, 0.8, -0.24),
            foot_l=(-0.13, 0.06, -0.34),
            foot_r=(0.15, 0.06, -0.3),
        )
    if pose == "walk":
        return Bones(
            hips=(0, 0.93, 0),
            chest=(0, 1.3, -0.03),
            neck=(0, 1.46, -0.04),
            head=(0, 1.6, -0.07),
            hand_l=(-0.24, 0.92, -0.28),
            hand_r=(0.25, 0.9, 0.16),
            foot_l=(-0.1, 0.07, 0.3),
            foot_r=(0.1, 0.07, -0.3),
        )
    if pose == "teach":
        return Bones(
            hips=(0, 0.93, 0),
            chest=(0, 1.3, 0.0),
            neck=(0, 1.46, -0.01),
            head=(0, 1.6, -0.03),
            hand_l=(-0.5, 1.42, 0.02),
            hand_r=(0.2, 1.06, -0.26),
            foot_l=(-0.12, 0.07, 0.02),
            foot_r=(0.13, 0.07, -0.04),
        )
    if pose == "drink":
        return Bones(
            hips=(0, 0.93, 0),
            chest=(0, 1.3, 0.02),
            neck=(0, 1.46, 0.03),
            head=(0, 1.6, 0.02),
            hand_l=(-0.2, 1.0, -0.2),
            hand_r=(0.1, 1.56, -0.24),
            foot_l=(-0.13, 0.07, 0.05),
            foot_r=(0.14, 0.07, -0.05),
        )
    if pose == "hold":
        return Bones(
            hips=(0, 0.93, 0),
            chest=(0, 1.3, 0.0),
            neck=(0, 1.46, -0.02),
            head=(0, 1.59, -0.07),
            hand_l=(-0.1, 1.14, -0.32),
            hand_r=(0.1, 1.2, -0.33),
            foot_l=(-0.12, 0.07, 0.0),
            foot_r=(0.12, 0.07, -0.03),
        )
    return Bones(
        hips=(0, 0.93, 0),
        chest=(0, 1.3, 0.0),
        neck=(0, 1.46, -0.01),
        head=(0, 1.6, -0.03),
        hand_l=(-0.27, 0.86, -0.06),
        hand_r=(0.27, 0.86, -0.06),
        foot_l=(-0.12, 0.07, 0.0),
        foot_r=(0.12, 0.07, -0.02),
    )


class _Builder:
    def __init__(self, bones: Bones, design: Design, *, role: str) -> None:
        self.b, self.woman, self.role = bones, design.woman, role
        self.skin = Material(design.skin, rough=0.55, spec=0.035, sheen=0.25)
        self.hair = Material(design.hair, rough=0.5, spec=0.05)
        self.top = Material(design.top, rough=0.92, sheen=0.5, bump=0.05, bump_scale=0.35)
        self.legs = Material(design.legs, rough=0.92, sheen=0.35, bump=0.05, bump_scale=0.3)
        self.shoes = Material(design.shoes, rough=0.7)
        self.wide = 0.15 if design.woman else 0.175

    def shoulder(self, side: int) -> Vec:
        chest, neck = self.b.chest, self.b.neck
        return (side * self.wide, neck[1] - 0.055, (chest[2] + neck[2]) / 2)

    def _arm(self, side: int) -> tuple[list[Limb], list[Limb]]:
        hand = self.b.hand_r if side > 0 else self.b.hand_l
        start = self.shoulder(side)
        elbow, end = bend(start, hand, 0.275, 0.25, (side * 0.7, -0.6, 0.35))
        wrist = tuple(e + (x - e) * 0.84 for e, x in zip(elbow, end, strict=True))
        sleeve: list[Limb] = [(start, elbow, 0.057, 0.047), (elbow, (wrist[0], wrist[1], wrist[2]), 0.047, 0.038)]
        palm: list[Limb] = [((wrist[0], wrist[1], wrist[2]), end, 0.03, 0.036)]
        tip = tuple(x + (x - w) * 0.55 for x, w in zip(end, wrist, strict=True))
        palm.append((end, (tip[0], tip[1], tip[2]), 0.032, 0.02))
        return sleeve, palm

    def solids(self, pose: str, holding: str) -> list[Solid]:
        b = self.b
        hip, chest, neck, head = b.hips, b.chest, b.neck, b.head
        mid = ((hip[0] + chest[0]) / 2, (hip[1] + chest[1]) / 2, (hip[2] + chest[2]) / 2)
        waist = 0.1 if self.woman else 0.115
        torso: list[Limb] = [
            ((-0.055, hip[1] + 0.1, hip[2]), (0.055, hip[1] + 0.1, hip[2]), 0.112, 0.112),
            ((-0.035, mid[1], mid[2]), (0.035, mid[1], mid[2]), waist, waist),
            ((-0.07, chest[1], chest[2]), (0.07, chest[1], chest[2]), 0.118, 0.118),
            (
                (-self.wide + 0.02, neck[1] - 0.06, chest[2] * 0.5 + neck[2] * 0.5),
                (self.wide - 0.02, neck[1] - 0.06, chest[2] * 0.5 + neck[2] * 0.5),
                0.062,
                0.062,
            ),
        ]
        out = [limbs_solid(torso, self.top, blend=0.09, tag="body")]
        for side, tag in ((-1, "arm_l"), (1, "arm_r")):
            sleeve, palm = self._arm(side)
            out.append(limbs_solid(sleeve, self.top, blend=0.03, tag=tag))
            out.append(limbs_solid(palm, self.skin, blend=0.02, tag=tag))
            if (holding == "phone" and side > 0) or (holding == "pen" and side > 0):
                out.append(self._held(holding, palm[-1][0], tag))
        out += self._legs(pose)
        out += self._head(neck, head)
        if self.role == "hiker":
            pack = Material((0.2, 0.34, 0.36), rough=0.85, sheen=0.4)
            out.append(brick((0, chest[1] - 0.06, chest[2] + 0.21), (0.155, 0.25, 0.1), pack, 0.08, tag="body"))
            out.append(
                brick(
                    (0, chest[1] + 0.22, chest[2] + 0.2),
                    (0.15, 0.055, 0.07),
                    Material((0.75, 0.6, 0.3), rough=0.9),
                    0.05,
                    tag="body",
                )
            )
            for side in (-1, 1):
                strap: list[Limb] = [
                    (
                        (side * 0.095, chest[1] + 0.12, chest[2] - 0.06),
                        (side * 0.1, chest[1] - 0.12, chest[2] - 0.118),
                        0.02,
                        0.02,
                    )
                ]
                out.append(limbs_solid(strap, pack, tag="body"))
        return out

    def _held(self, holding: str, at: Vec, tag: str) -> Solid:
        if holding == "phone":
            screen = Material((0.02,) * 3, rough=0.1, emit=(0.5, 0.75, 1.1))
            return brick(
                (at[0], at[1] + 0.05, at[2] - 0.02), (0.037, 0.076, 0.005), screen, 0.004, (0.25, 0.5, 0.0), tag=tag
            )
        return limbs_solid(
            [((at[0], at[1], at[2]), (at[0] - 0.03, at[1] + 0.08, at[2] - 0.06), 0.006, 0.005)],
            Material((0.1, 0.1, 0.12)),
            tag=tag,
        )

    def _legs(self, pose: str) -> list[Solid]:
        b = self.b
        seat: list[Limb] = [
            ((-0.062, b.hips[1] - 0.005, b.hips[2]), (0.062, b.hips[1] - 0.005, b.hips[2]), 0.122, 0.122)
        ]
        out = [limbs_solid(seat, self.legs, tag="body")]
        for side, foot in ((-1, b.foot_l), (1, b.foot_r)):
            start = (side * 0.085, b.hips[1], b.hips[2])
            front = (side * b.knee_out, 0.3 if pose == "sit" else 0.0, -1.0)
            knee, ankle = bend(start, (foot[0], foot[1] + 0.03, foot[2]), 0.44, 0.43, front)
            leg: list[Limb] = [(start, knee, 0.092, 0.066), (knee, ankle, 0.066, 0.048)]
            out.append(limbs_solid(leg, self.legs, blend=0.04, tag="legs"))
            shoe: list[Limb] = [
                (
                    (ankle[0], 0.045 + foot[1] - 0.07, ankle[2] + 0.03),
                    (ankle[0], 0.04 + foot[1] - 0.07, ankle[2] - 0.14),
                    0.045,
                    0.04,
                )
            ]
            out.append(limbs_solid(shoe, self.shoes, tag="legs"))
        return out

    def _head(self, neck: Vec, head: Vec) -> list[Solid]:
        x, y, z = head
        throat: list[Limb] = [((neck[0], neck[1] - 0.05, neck[2]), (x, y - 0.05, z + 0.02), 0.05, 0.048)]
        features: list[Limb] = [((0, -0.002, -0.106), (0, -0.026, -0.114), 0.009, 0.013)]
        for side in (-1, 1):
            features.append(((side * 0.1, 0.004, 0.008), (side * 0.1, -0.02, 0.006), 0.015, 0.011))
        shape = melted(
            (
                (ellipsoid(0.101, 0.106, 0.108), (0.0, 0.03, 0.004)),
                (ellipsoid(0.079, 0.088, 0.084), (0.0, -0.034, -0.016)),
                (limbs(features, 0.004), (0.0, 0.0, 0.0)),
            ),
            0.03,
        )
        out = [
            limbs_solid(throat, self.skin, tag="head"),
            Solid(shape, (0.122, 0.142, 0.132), self.skin, (x, y, z), tag="head"),
        ]
        dark = Material((0.06, 0.05, 0.05), rough=0.15, spec=0.06)
        for side in (-1, 1):
            out.append(
                limbs_solid(
                    [
                        (
                            (x + side * 0.036, y + 0.018, z - 0.0985),
                            (x + side * 0.036, y + 0.011, z - 0.0985),
                            0.0105,
                            0.0105,
                        )
                    ],
                    dark,
                    tag="head",
                )
            )
            brow: list[Limb] = [
                ((x + side * 0.02, y + 0.05, z - 0.102), (x + side * 0.054, y + 0.047, z - 0.089), 0.006, 0.0045)
            ]
            out.append(limbs_solid(brow, self.hair, tag="head"))
        mouth: list[Limb] = [
            ((x - 0.021, y - 0.058, z - 0.0905), (x, y - 0.063, z - 0.0945), 0.0035, 0.0042),
            ((x, y - 0.063, z - 0.0945), (x + 0.021, y - 0.058, z - 0.0905), 0.0042, 0.0035),
        ]
        out.append(limbs_solid(mouth, Material((0.66, 0.34, 0.31), rough=0.4), tag="head"))
        out.append(self._hair(x, y, z))
        return out

    def _hair(self, x: float, y: float, z: float) -> Solid:
        cap: list[Limb] = [
            ((x, y + 0.06, z + 0.034), (x, y + 0.06, z + 0.034), 0.104, 0.104),
            ((x - 0.05, y + 0.105, z - 0.04), (x + 0.055, y + 0.11, z - 0.035), 0.042, 0.046),
            ((x - 0.085, y + 0.03, z + 0.03), (x - 0.082, y + 0.07, z), 0.035, 0.035),
            ((x + 0.085, y + 0.03, z + 0.03), (x + 0.082, y + 0.07, z), 0.035, 0.035),
        ]
        if self.woman:
            for side in (-1, 1):
                cap.append(
                    ((x + side * 0.078, y + 0.04, z + 0.045), (x + side * 0.075, y - 0.13, z + 0.05), 0.05, 0.036)
                )
            cap.append(((x, y, z + 0.085), (x, y - 0.13, z + 0.075), 0.07, 0.055))
        return limbs_solid(cap, self.hair, blend=0.04, tag="head")


def with_bottle(person: Figure, body: Rgb) -> Figure:
    """A person in the pose `drink` with a bottle at the mouth."""
    steel = sum(body) / 3 > 0.5
    coat = Material(body, rough=0.25, metal=1.0 if steel else 0.0, spec=0.06)
    barrel: list[Limb] = [((0.045, 1.575, -0.205), (0.105, 1.632, -0.345), 0.036, 0.036)]
    neck: list[Limb] = [((0.012, 1.538, -0.128), (0.04, 1.57, -0.19), 0.017, 0.02)]
    lid = Material((0.06, 0.06, 0.06), rough=0.4)
    held = (limbs_solid(barrel, coat, tag="arm_r"), limbs_solid(neck, lid, tag="arm_r"))
    return replace(person, solids=(*person.solids, *held))
