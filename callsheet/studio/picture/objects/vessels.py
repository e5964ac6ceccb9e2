"""Bottles, cups and glasses."""

from __future__ import annotations

import math

import cv2
import numpy as np

from callsheet.studio.picture.objects.model import Builder, Make, Model, mottled
from callsheet.studio.picture.spec import F32, Rgb
from callsheet.studio.picture.trace.solids import Material, Solid, limbs_solid, torus, turned


def label_skin(accent: Rgb, low: float, high: float) -> F32:
    """Gains of a printed band between two heights (0..1) with a simple mark, front and back."""
    skin = np.ones((512, 2048, 3), np.float32)
    lo, hi = int(low * 512), int(high * 512)
    tint = np.array(accent, np.float32) * 0.8 + 0.1
    for centre in (512, 1536):
        cv2.ellipse(skin, (centre, (lo + hi) // 2), (74, (hi - lo) // 3), 0, 0, 360, tint.tolist(), -1, cv2.LINE_AA)
        cv2.ellipse(skin, (centre, (lo + hi) // 2), (56, (hi - lo) // 4), 0, 20, 300, (1.0, 1.0, 1.0), 12, cv2.LINE_AA)
        cv2.rectangle(skin, (centre - 330, (lo + hi) // 2 - 3), (centre - 120, (lo + hi) // 2 + 3), tint.tolist(), -1)
        cv2.rectangle(skin, (centre + 120, (lo + hi) // 2 - 3), (centre + 330, (lo + hi) // 2 + 3), tint.tolist(), -1)
    return skin


def steel_bottle(make: Make) -> Model:
    """An insulated flask: brushed or coated body, steel neck, a lid with a carrying loop."""
    coat = make.body
    steel = sum(coat) / 3 > 0.5 and max(coat) - min(coat) < 0.12
    body = Material(coat, rough=0.3 if steel else 0.38, metal=1.0 if steel else 0.0, spec=0.06)
    r = 0.037
    shape = [
        (0, 0),
        (r - 0.005, 0),
        (r, 0.006),
        (r, 0.172),
        (r - 0.003, 0.184),
        (r - 0.013, 0.2),
        (0.021, 0.207),
        (0, 0.207),
    ]
    neck = turned(
        (0, 0.206, 0),
        [(0, 0), (0.0225, 0), (0.0225, 0.006), (0, 0.006)],
        Material((0.78, 0.78, 0.8), rough=0.18, metal=1.0),
    )
    band = turned(
        (0, 0.004, 0),
        [(0, 0), (r + 0.0006, 0), (r + 0.0006, 0.012), (0, 0.012)],
        Material((0.72, 0.72, 0.74), rough=0.22, metal=1.0),
    )
    cap_mat = Material((0.05, 0.05, 0.055), rough=0.45)
    cap = turned((0, 0.212, 0), [(0, 0), (0.0265, 0), (0.0265, 0.022), (0.024, 0.027), (0, 0.0275)], cap_mat)
    loop = limbs_solid(
        [
            (
                (0.014 * math.cos(a), 0.24 + 0.014 * math.sin(a), 0),
                (0.014 * math.cos(b), 0.24 + 0.014 * math.sin(b), 0),
                0.0035,
                0.0035,
            )
            for a, b in ((math.pi * i / 6, math.pi * (i + 1) / 6) for i in range(6))
        ],
        cap_mat,
        blend=0.0004,
    )
    return Model(
        (turned((0, 0, 0), shape, body, tag="skin"), neck, band, cap, loop),
        0.258,
        0.08,
        round=True,
        skin=label_skin(make.accent, 0.4, 0.62),
    )


def wine(make: Make) -> Model:
    """A wine bottle with a paper label and a foil."""
    glass = Material(tuple(0.35 * v + 0.01 for v in make.body), rough=0.08, spec=0.07)  # type: ignore[arg-type]
    r = 0.038
    shape = [
        (0, 0),
        (r - 0.003, 0),
        (r, 0.004),
        (r, 0.19),
        (r - 0.004, 0.207),
        (0.0155, 0.238),
        (0.0145, 0.29),
        (0, 0.29),
    ]
    paper = turned(
        (0, 0.06, 0),
        [(0, 0), (r + 0.0005, 0), (r + 0.0005, 0.085), (0, 0.085)],
        Material((0.9, 0.87, 0.8), rough=0.85),
        tag="skin",
    )
    foil = turned(
        (0, 0.245, 0),
        [(0, 0), (0.0162, 0), (0.0158, 0.05), (0.0165, 0.053), (0, 0.054)],
        Material(make.accent, rough=0.3, metal=0.7),
    )
    return Model(
        (turned((0, 0, 0), shape, glass), paper, foil), 0.3, 0.08, round=True, skin=label_skin(make.accent, 0.2, 0.8)
    )


def perfume(make: Make) -> Model:
    """A serum or perfume flacon: tinted glossy glass and a metal cap."""
    tint = Material(make.body, rough=0.06, spec=0.08)
    shape = [(0, 0), (0.026, 0), (0.03, 0.004), (0.03, 0.07), (0.026, 0.08), (0.012, 0.088), (0, 0.088)]
    gold = Material((0.95, 0.78, 0.5), rough=0.16, metal=1.0)
    cap = turned((0, 0.088, 0), [(0, 0), (0.014, 0), (0.014, 0.034), (0.012, 0.038), (0, 0.038)], gold)
    collar = turned((0, 0.084, 0), [(0, 0), (0.016, 0), (0.016, 0.005), (0, 0.005)], gold)
    return Model(
        (turned((0, 0, 0), shape, tint, tag="skin"), cap, collar),
        0.127,
        0.062,
        round=True,
        skin=label_skin(make.accent, 0.3, 0.7),
    )


def mug(make: Make) -> Model:
    """A mug with coffee in it."""
    glaze = Material(make.body, rough=0.18, spec=0.05)
    wall = turned(
        (0, 0, 0),
        [
            (0, 0),
            (0.031, 0),
            (0.037, 0.006),
            (0.04, 0.03),
            (0.041, 0.092),
            (0.0395, 0.094),
            (0.037, 0.092),
            (0.036, 0.076),
            (0, 0.076),
        ],
        glaze,
    )
    handle = Solid(torus(0.025, 0.0062, axis="z"), (0.032, 0.032, 0.007), glaze, (0.042, 0.043, 0))
    brew = turned(
        (0, 0.074, 0),
        [(0, 0), (0.0362, 0), (0.0362, 0.004), (0, 0.004)],
        Material(rough=0.12, paint=mottled((0.3, 0.17, 0.08), 0.25, 0.03)),
    )
    stripe = turned(
        (0, 0.018, 0), [(0, 0), (0.0405, 0), (0.0412, 0.014), (0, 0.014)], Material(make.accent, rough=0.25)
    )
    return Model((wall, handle, brew, stripe), 0.095, 0.115, swing=0.7, face=0.5)


def glass_cup(make: Make) -> Model:
    """A tumbler with a coloured drink."""
    drink = Material(make.body, rough=0.07, spec=0.07)
    shape = [(0, 0), (0.026, 0), (0.029, 0.004), (0.036, 0.11), (0.034, 0.112), (0.033, 0.1), (0, 0.1)]
    straw = limbs_solid([((0.005, 0.08, 0), (0.03, 0.165, 0.01), 0.003, 0.003)], Material(make.accent, rough=0.4))
    return Model((turned((0, 0, 0), shape, drink), straw), 0.165, 0.075, swing=0.9)


MODELS: dict[str, Builder] = {
    "bottle": steel_bottle,
    "wine": wine,
    "perfume": perfume,
    "mug": mug,
    "drink": glass_cup,
}
