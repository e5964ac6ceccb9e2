"""A person alone before a plain wall, as a reference image of a character should be."""

from __future__ import annotations

import numpy as np

from callsheet.studio.picture.look import Look
from callsheet.studio.picture.people import figure
from callsheet.studio.picture.spec import F32, U8, stream
from callsheet.studio.picture.styles import style
from callsheet.studio.picture.trace.light import Air, Light
from callsheet.studio.picture.trace.rays import Eye
from callsheet.studio.picture.trace.shade import shoot

WALL = (0.25, 0.36, 0.46)
"""A linear light blue that neither skin nor clothes nor shoes have: a cut-out needs an edge all around."""
AIR = Air(
    (0.55, 0.56, 0.58),
    (0.45, 0.45, 0.46),
    (0.3, 0.29, 0.28),
    lights=(Light((-1.6, 2.9, -2.6), (1.3, 1.25, 1.2), 0.6, 3.2), Light((2.2, 1.9, -1.8), (0.4, 0.42, 0.45), 0.6, 3.0)),
)


def portrait(role: str, seed: int, height: int) -> U8:
    """Somebody of a `role` of the vocabulary standing, from head to foot, HxWx3 BGR; the look hangs on the seed."""
    person = figure("stand", int(stream("portrait", seed).integers(1, 2**31)), role=role)
    middle = person.high / 2
    size = (round(height * 0.6), height)
    eye = Eye.plate((0.25, middle + 0.1, -5.2), (0.0, middle, 0.0), 0.42, size, 0.0)

    def wall(x: F32, y: F32, z: F32) -> F32:
        del y, z
        return np.broadcast_to(np.array(WALL, np.float32), (len(x), 3))

    shot = shoot(person.solids, eye, AIR, backdrop=wall, coarse=2)
    return np.ascontiguousarray(Look(style("photorealistic")).plate(shot.rgb, height)[..., :3])
