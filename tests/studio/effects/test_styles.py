"""Styled orders: every style its own in measure, strength monotone, sound, own settings."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from callsheet.features import REQUEST, StyledGenerate
from callsheet.prompts import style_names
from callsheet.studio.effects.custom import custom_fault
from callsheet.studio.effects.manner import sound_manner
from callsheet.studio.effects.soundmanner import in_manner
from callsheet.studio.limits import beyond
from callsheet.studio.styling import render_styled, styled_frames
from tests.studio.effects.clips import apart

PROMPTS = ("steel water bottle product shot on a pedestal", "a harbour by the sea with a ship")


def order(prompt: str = PROMPTS[0], style: str = "oil_painting", **fields: Any) -> StyledGenerate:
    given = {"prompt": prompt, "style_preset": style, "duration": 1, "resolution": "160x90", **fields}
    request = REQUEST.validate_python({"feature": "styled_generate", **given})
    assert isinstance(request, StyledGenerate)
    return request


def picture(*args: Any, **fields: Any) -> np.ndarray:
    return list(islice(styled_frames(order(*args, **fields)), 2))[1]


def signature(styled: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """What a style did to a picture, whatever is in it: colour, tone, fineness, borders."""
    found = []
    for frame in (styled, plain):
        lab = cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_BGR2Lab)
        light = lab[..., 0]
        fine = np.abs(light - cv2.GaussianBlur(light, (0, 0), 1.0)).mean()
        middle = np.abs(cv2.GaussianBlur(light, (0, 0), 1.0) - cv2.GaussianBlur(light, (0, 0), 4.0)).mean()
        rim = np.concatenate([light[:3].ravel(), light[-3:].ravel(), light[:, :3].ravel(), light[:, -3:].ravel()])
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        parts = [light.mean(), light.std(), lab[..., 1].mean(), lab[..., 2].mean(), chroma.mean(), fine * 6, middle * 4]
        found.append(np.array([*parts, rim.mean() * 0.5, np.percentile(light, 5), np.percentile(light, 95)]))
    return np.asarray(found[0] - found[1])


def test_styles_differ_more_than_the_prompts_within_one() -> None:
    plain = [picture(prompt, "photorealistic", style_strength=0) for prompt in PROMPTS]
    all_of = {}
    for style in style_names():
        bases = [picture(prompt, style, style_strength=0) for prompt in PROMPTS[:1]] + plain[1:]
        all_of[style] = [
            signature(picture(p, style, style_strength=1), base) for p, base in zip(PROMPTS, bases, strict=True)
        ]
    within = [float(np.linalg.norm(a - b)) for a, b in all_of.values()]
    middle = {style: (a + b) / 2 for style, (a, b) in all_of.items()}
    names = list(middle)
    between = [float(np.linalg.norm(middle[a] - middle[b])) for n, a in enumerate(names) for b in names[:n]]
    assert np.median(between) > 1.3 * np.median(within)
    nearest = [min(float(np.linalg.norm(middle[a] - middle[b])) for b in names if b != a) for a in names]
    assert min(nearest) > 1.5
    # And to the eye: the same frame in two styles is never nearly the same picture.
    frames = {style: picture(PROMPTS[1], style, style_strength=1) for style in names[:8]}
    assert min(apart(frames[a], frames[b]) for n, a in enumerate(frames) for b in list(frames)[:n]) > 2


@pytest.mark.parametrize("style", ["oil_painting", "cyberpunk", "minimalist", "2d_anime", "glitch_art", "vintage"])
def test_strength_is_monotone(style: str) -> None:
    frames = [picture(PROMPTS[1], style, style_strength=share) for share in (0, 0.25, 0.5, 0.75, 1)]
    far = [apart(frame, frames[0]) for frame in frames]
    assert far == sorted(far)
    assert far[0] == 0
    assert min(np.diff(far)) > 0.3


def test_the_sound_follows_the_style(tmp_path: Path) -> None:
    dice = np.random.Generator(np.random.Philox(3))
    sound = (dice.standard_normal((48000, 2)) * 0.05).astype(np.float32)

    def tilt(made: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(made.mean(1))) ** 2
        return float(power[6000:].sum() / power[:6000].sum())

    for style in style_names():
        made = in_manner(sound, sound_manner(style), 1.0, 5)
        assert made.shape == sound.shape
        assert float(np.abs(made - sound).mean()) > 0.002, style
        assert in_manner(sound, sound_manner(style), 0.0, 5) is sound
    assert tilt(in_manner(sound, sound_manner("vintage"), 1.0, 5)) < 0.3 * tilt(sound)
    for match in (True, False):
        (tmp_path / str(match)).mkdir()
        render_styled(order(style="vintage", audio_match_style=match), tmp_path / str(match), lambda _: None)
    with_style, without = ((tmp_path / name / "sound.wav").read_bytes() for name in ("True", "False"))
    assert with_style != without
    assert (tmp_path / "True/video.mp4").read_bytes() != (tmp_path / "False/video.mp4").read_bytes()


@pytest.mark.parametrize(
    ("given", "least"),
    [
        ({"brush_texture": "thick", "color_palette": "warm_classical"}, 4),
        ({"neon_intensity": "high", "color_scheme": "blue_purple_pink"}, 6),
        ({"rain_effect": True}, 4),
        ({"saturation": 0, "letterbox": True}, 4),
        ({"film_grain": 2.5}, 0.5),
        ({"outlines": 1, "paper_texture": 0.8}, 2),
    ],
)
def test_own_settings_are_seen(given: dict[str, Any], least: float) -> None:
    request = order(PROMPTS[1], "commercial", custom_style=given)
    assert beyond(request) is None
    styled = list(islice(styled_frames(request), 3))[2]
    assert apart(styled, list(islice(styled_frames(order(PROMPTS[1], "commercial")), 3))[2]) > least


@pytest.mark.parametrize(
    "given",
    [{"brush": 1}, {"neon_intensity": "blinding"}, {"rain_effect": 3}, {"saturation": 9}, {"color_palette": "x"}],
)
def test_what_is_not_known_of_own_settings_is_named(given: dict[str, Any]) -> None:
    fault = custom_fault(given)
    assert fault is not None
    assert fault.field == f"custom_style.{next(iter(given))}"
