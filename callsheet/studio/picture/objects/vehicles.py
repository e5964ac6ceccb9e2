"""Cars and bicycles."""

from __future__ import annotations

import math

from callsheet.studio.picture.objects.model import Builder, Make, Model
from callsheet.studio.picture.trace.solids import Material, Solid, brick, extrude, torus, turned


def car(make: Make) -> Model:
    """A coupe, side on, one twentieth of a real one (it is lit and framed like a product)."""
    k = 0.05
    body_line = [
        (-2.2, 0.28),
        (-2.28, 0.55),
        (-2.2, 0.82),
        (-1.7, 0.92),
        (-0.6, 0.98),
        (0.9, 0.92),
        (1.7, 0.82),
        (2.2, 0.66),
        (2.3, 0.45),
        (2.22, 0.26),
    ]
    roof_line = [(-1.9, 0.88), (-1.15, 1.3), (-0.55, 1.42), (0.1, 1.4), (0.6, 1.22), (1.15, 0.9)]
    paint = Material(make.body, rough=0.12, spec=0.07)
    glass = Material((0.02, 0.025, 0.03), rough=0.05, spec=0.08)
    body_sdf, body_half = extrude([(x * k, (y - 0.6) * k) for x, y in body_line], 0.9 * k, 0.22 * k)
    roof_sdf, roof_half = extrude([(x * k, (y - 1.15) * k) for x, y in roof_line], 0.74 * k, 0.2 * k)
    top_sdf, top_half = extrude(
        [(x * k * 0.86 - 0.2 * k, (y - 1.15) * k * 1.04 + 0.045 * k) for x, y in roof_line], 0.62 * k, 0.2 * k
    )
    solids: list[Solid] = [
        Solid(body_sdf, body_half, paint, (0, 0.6 * k, 0)),
        Solid(roof_sdf, roof_half, glass, (0, 1.15 * k, 0)),
        Solid(top_sdf, top_half, paint, (0.06 * k, 1.15 * k, 0)),
    ]
    tyre = Material((0.03,) * 3, rough=0.8)
    rim = Material((0.72, 0.73, 0.75), rough=0.2, metal=1.0)
    for x in (-1.42, 1.42):
        for z in (-0.82, 0.82):
            side = -1 if z < 0 else 1
            solids.append(
                Solid(torus(0.27 * k, 0.1 * k, axis="z"), (0.37 * k, 0.37 * k, 0.1 * k), tyre, (x * k, 0.36 * k, z * k))
            )
            disc = turned(
                (0, 0, 0), [(0, 0), (0.22 * k, 0), (0.22 * k, 0.05 * k), (0.1 * k, 0.03 * k), (0, 0.05 * k)], rim
            )
            solids.append(
                Solid(
                    disc.sdf,
                    disc.half,
                    rim,
                    (x * k, 0.36 * k, (z + side * 0.06) * k),
                    (0.0, -side * math.pi / 2 * -1, 0.0),
                )
            )
    for z in (-0.55, 0.55):
        solids.append(
            brick((2.2 * k, 0.62 * k, z * k), (0.09 * k, 0.06 * k, 0.2 * k), Material(emit=(5.0, 4.6, 3.8)), 0.03 * k)
        )
        solids.append(
            brick(
                (-2.22 * k, 0.72 * k, z * k), (0.06 * k, 0.05 * k, 0.25 * k), Material(emit=(3.2, 0.15, 0.1)), 0.03 * k
            )
        )
    solids.append(brick((0, 0.42 * k, 0), (2.15 * k, 0.05 * k, 0.905 * k), Material(make.accent, rough=0.3), 0.03 * k))
    return Model(tuple(solids), 1.45 * k, 4.6 * k, swing=0.7, face=-0.5)


MODELS: dict[str, Builder] = {"car": car}
