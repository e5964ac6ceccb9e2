"""Light transport: direct light from every lamp, one diffuse bounce, one glossy bounce, many samples a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imaging.geometry import Floats, basis, dot, mix, unit, vec
from imaging.studio import Scene, Surface

EPSILON = 1.2e-3
# R2 low-discrepancy sequence (Martin Roberts, 2018): powers of the plastic number.
R2 = (0.7548776662466927, 0.5698402909980532)


@dataclass
class Dice:
    """Well spread random pairs for one sample of every pixel; each `pair` number is its own stream."""

    rotation: Floats
    orders: np.ndarray
    number: int

    def pair(self, pair: int, rays: np.ndarray) -> tuple[Floats, Floats]:
        step = int(self.orders[pair, self.number])
        u = self.rotation[2 * pair, rays] + np.float32((step * R2[0]) % 1.0)
        v = self.rotation[2 * pair + 1, rays] + np.float32((step * R2[1]) % 1.0)
        return u - np.floor(u), v - np.floor(v)


def march(
    scene: Scene, origin: Floats, direction: Floats, reach: Floats | None = None, *, quick: bool = True
) -> Floats:
    """Distance along each ray to the distance field, inf where nothing is met before `reach`.

    `quick` is for bounces and shadows: longer least steps, fewer of them."""
    least, touch, steps = (3.0 * EPSILON, 1.2 * EPSILON, 44) if quick else (0.4 * EPSILON, 0.5 * EPSILON, 110)
    inverse = 1.0 / np.where(np.abs(direction) < 1e-9, 1e-9, direction)
    a, b = (scene.low - origin) * inverse, (scene.high - origin) * inverse
    near = np.maximum(np.minimum(a, b).max(axis=0), 0.0)
    far = np.maximum(a, b).min(axis=0)
    if reach is not None:
        far = np.minimum(far, reach)
    found = np.full(direction.shape[1], np.inf, np.float32)
    live = np.flatnonzero(near < far)
    t, o, d, end = near[live], origin[:, live], direction[:, live], far[live]
    for _ in range(steps):
        if not live.size:
            break
        gap = scene.distance(o + d * t)
        met = (gap < touch) & (t < end)
        found[live[met]] = t[met]
        t = t + np.where(t < end, np.maximum(gap, least), np.float32(0.0))
        keep = ~met & (t < end)
        if keep.mean() < 0.85:
            live, t, o, d, end = live[keep], t[keep], o[:, keep], d[:, keep], end[keep]
        else:
            end = np.where(met, np.float32(0), end)
            if not keep.any():
                break
    return found


def normals(scene: Scene, p: Floats, width: float = 1.5e-3) -> Floats:
    total = np.zeros_like(p)
    for corner in (vec(1, -1, -1), vec(-1, -1, 1), vec(-1, 1, -1), vec(1, 1, 1)):
        total += corner * scene.distance(p + corner * width)
    return unit(total)


def _floor_distance(scene: Scene, origin: Floats, direction: Floats) -> Floats:
    t = -origin[1] / np.where(np.abs(direction[1]) < 1e-7, -1e-7, direction[1])
    return np.where((t > 1e-4) & (direction[1] < 0), t, np.inf).astype(np.float32)


def _merge(parts: list[tuple[np.ndarray, Surface]], count: int) -> Surface:
    def gather(name: str, shape: tuple[int, ...]) -> Floats:
        out = np.zeros(shape, np.float32)
        for where, part in parts:
            out[..., where] = getattr(part, name)
        return out

    wide, flat = (3, count), (count,)
    return Surface(
        gather("normal", wide), gather("albedo", wide), gather("rough", flat), gather("f0", wide),
        gather("emission", wide), gather("stretch", flat), gather("sheen", flat),
    )  # fmt: skip


def _look(
    scene: Scene, origin: Floats, direction: Floats, *, quick: bool = True
) -> tuple[Floats, Floats, np.ndarray, Surface]:
    """Distance, points, rays that hit something, and the surfaces there."""
    t_body = march(scene, origin, direction, quick=quick)
    t_floor = _floor_distance(scene, origin, direction)
    if scene.floor(np.zeros((3, 1), np.float32)) is None:
        t_floor = np.full_like(t_floor, np.inf)
    t = np.minimum(t_body, t_floor)
    hits = np.flatnonzero(np.isfinite(t))
    points = origin[:, hits] + direction[:, hits] * t[hits]
    on_body = t_body[hits] <= t_floor[hits]
    body, ground = np.flatnonzero(on_body), np.flatnonzero(~on_body)
    parts: list[tuple[np.ndarray, Surface]] = []
    if body.size:
        p = points[:, body]
        parts.append((body, scene.surface(p, normals(scene, p))))
    if ground.size:
        surface = scene.floor(points[:, ground])
        if surface is not None:
            parts.append((ground, surface))
    return t, points, hits, _merge(parts, hits.size)


def _direct(scene: Scene, p: Floats, s: Surface, dice: Dice, rays: np.ndarray, first: int) -> Floats:
    """Diffuse light straight from every lamp, with its shadow: one point on each lamp a sample."""
    total = np.zeros_like(p)
    start = p + s.normal * (2.5 * EPSILON)
    for number, light in enumerate(scene.lights):
        u, v = dice.pair(first + number, rays)
        at, facing, radiance = light.point(u, v)
        gap = at - start
        reach = np.sqrt(dot(gap, gap))
        to = gap / reach
        cosine = np.maximum(dot(to, s.normal), 0.0)
        # Fibres scatter round the edge of the shadow, so their terminator is softer.
        cosine = np.maximum(mix(cosine, (dot(to, s.normal) + 0.35) / 1.35, s.sheen), 0.0)
        lamp = np.maximum(-dot(to, facing), 0.0) * light.area / (np.pi * np.maximum(reach, 0.04) ** 2)
        weight = cosine * lamp
        lit = np.flatnonzero(weight > 1e-6)
        if not lit.size:
            continue
        clear = np.isinf(march(scene, start[:, lit], to[:, lit], reach[lit] - 4 * EPSILON))
        total[:, lit] += radiance[:, lit] * (weight[lit] * clear)
    return total


def _unshadowed(scene: Scene, p: Floats, normal: Floats) -> Floats:
    """A cheap guess of the light at a point that is only seen in a bounce."""
    total = 0.6 * scene.surroundings(normal)
    half = np.full(1, 0.5, np.float32)
    for light in scene.lights:
        at, facing, radiance = light.point(half, half)
        gap = at - p
        reach2 = np.maximum(dot(gap, gap), 0.05)
        to = gap / np.sqrt(reach2)
        facing_us = np.maximum(-dot(to, facing), 0.0) if np.any(facing) else np.ones(p.shape[1], np.float32)
        total = total + 0.7 * radiance * (np.maximum(dot(to, normal), 0.0) * facing_us * light.area / (np.pi * reach2))
    return np.asarray(total, np.float32)


def _bounce(scene: Scene, origin: Floats, direction: Floats, *, lamps: bool) -> Floats:
    """Radiance that comes along rays leaving a surface. `lamps`: whether lights themselves are seen."""
    t, points, hits, surface = _look(scene, origin, direction)
    out = scene.surroundings(direction)
    if hits.size:
        fade = np.zeros(hits.size, np.float32)
        grounded = points[1] < 2 * EPSILON
        fade[grounded] = scene.floor_fade(points[:, grounded])
        seen = (surface.albedo + 0.35 * surface.f0) * _unshadowed(scene, points, surface.normal)
        if lamps:
            seen = seen + surface.emission
        out[:, hits] = mix(seen, out[:, hits], fade)
    if lamps:
        for light in scene.lights:
            distance, radiance = light.seen(origin, direction)
            out = np.where(distance < t, radiance, out)
    return np.asarray(out, np.float32)


def _glossy(p: Floats, view: Floats, s: Surface, u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Mirror directions off a rough microfacet (slopes drawn from a Gaussian) and their Fresnel weight."""
    tangent, upward = basis(s.normal)
    radius = np.sqrt(-2.0 * np.log(np.maximum(u, 1e-6))) * 0.7071
    alpha = s.rough**2
    slope_t = alpha * radius * np.cos(2 * np.pi * v)
    slope_b = np.minimum(alpha * s.stretch, 0.8) * radius * np.sin(2 * np.pi * v)
    half = unit(s.normal + tangent * slope_t + upward * slope_b)
    cosine = np.clip(-dot(view, half), 0.0, 1.0)
    out = view + half * (2.0 * cosine)
    below = dot(out, s.normal)
    out = unit(out + s.normal * np.maximum(0.02 - below, 0.0))
    fresnel = s.f0 + (np.maximum(1.0 - s.rough, s.f0) - s.f0) * (1.0 - cosine) ** 5
    return out, fresnel


def _sample(scene: Scene, x: Floats, y: Floats, aspect: float, dice: Dice) -> Floats:
    everyone = np.arange(x.size)
    lens = dice.pair(1, everyone)
    origin, view = scene.camera.rays(x, y, aspect, *lens)
    _, p, rays, s = _look(scene, origin, view, quick=False)
    out = scene.backdrop(view, x, y)
    if not rays.size:
        return out
    fade = np.zeros(rays.size, np.float32)
    grounded = p[1] < 2 * EPSILON
    fade[grounded] = scene.floor_fade(p[:, grounded])
    keep = fade < 0.999
    rays, p, fade = rays[keep], p[:, keep], fade[keep]
    s = Surface(
        *(getattr(s, name)[..., keep] for name in ("normal", "albedo", "rough", "f0", "emission", "stretch", "sheen"))
    )
    incoming = view[:, rays]
    start = p + s.normal * (2.5 * EPSILON)
    u, v = dice.pair(2, rays)
    tangent, upward = basis(s.normal)
    radius, angle = np.sqrt(u), 2 * np.pi * v
    scatter = tangent * (radius * np.cos(angle)) + upward * (radius * np.sin(angle)) + s.normal * np.sqrt(1.0 - u)
    fill = _bounce(scene, start, scatter, lamps=False)
    diffuse = _direct(scene, p, s, dice, rays, 4) + fill
    mirror, fresnel = _glossy(p, incoming, s, *dice.pair(3, rays))
    # A rough surface meets a small bright lamp rarely; its share is in the diffuse light, so the sparkle is cut off.
    gloss = np.minimum(_bounce(scene, start, mirror, lamps=True), np.where(s.rough > 0.55, 1.5, 14.0))
    grazing = np.clip(1.0 + dot(incoming, s.normal), 0.0, 1.0) ** 3
    colour = (s.albedo + s.sheen * grazing * 0.09) * (1.0 - fresnel) * diffuse + fresnel * gloss + s.emission
    out[:, rays] = mix(colour, out[:, rays], fade)
    return out


def render(scene: Scene, width: int, height: int, samples: int, seed: int) -> Floats:
    """Linear RGB radiance, float32 (height, width, 3), averaged over `samples` samples a pixel."""
    random = np.random.Generator(np.random.Philox(seed))
    pairs = 4 + len(scene.lights)
    orders = np.stack([random.permutation(samples) for _ in range(pairs)])
    rotation = random.random((2 * pairs, width * height), dtype=np.float32)
    column, row = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    everyone = np.arange(width * height)
    total = np.zeros((3, width * height), np.float32)
    rows = max(1, 120_000 // width) * width
    for number in range(samples):
        for begin in range(0, width * height, rows):
            part = slice(begin, begin + rows)
            dice = Dice(rotation[:, part], orders, number)
            u, v = dice.pair(0, everyone[: rotation[:, part].shape[1]])
            x = 2.0 * (column.ravel()[part] + u) / width - 1.0
            y = 1.0 - 2.0 * (row.ravel()[part] + v) / height
            # One stray bright sample must not become a white dot.
            total[:, part] += np.minimum(_sample(scene, x, y, width / height, dice), 6.0)
    return np.ascontiguousarray((total / samples).T.reshape(height, width, 3)) * np.float32(scene.exposure)
