"""Which motions a prompt asks for, how strong they are, and where each of them stands at a moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from callsheet.studio.animate.order import Intensity

GAIN: dict[Intensity, float] = {"low": 0.55, "medium": 1.0, "high": 1.7}
"""Every amplitude is multiplied by this."""


def _words(*parts: str) -> tuple[str, ...]:
    return tuple(word for part in parts for word in part.split("|"))


# Chinese words stand anywhere; English ones begin a word, and short ones end it too.
WORDS: dict[str, tuple[str, ...]] = {
    "roll": _words("顺时针|逆时针|平面旋转|自转", "clockwise|counterclockwise|cartwheel|in-plane"),
    "turn": _words("旋转|转动|转身|环绕|360", "rotat|turn|spin|revolv|orbit|swivel"),
    "sweep": _words(
        "光|闪|质感",
        "light|shin|gleam|glint|highlight|sheen|reflect|sparkl|glisten|metallic|texture",
    ),
    "float": _words("漂浮|悬浮|浮动|飘|呼吸|起伏", "float|hover|levitat|bob|bobbing|breath"),
    "push": _words(
        "推近|推进|拉近|放大|靠近|特写|细节",
        "push in|push-in|zoom in|zoom-in|dolly in|dolly-in|closer|close-up|close up|closeup|detail|approach|magnif",
    ),
    "pull": _words(
        "拉远|后拉|缩小|远离",
        "pull out|pull-out|pull back|zoom out|zoom-out|dolly out|dolly-out|reveal",
    ),
    "dust": _words(
        "粒子|尘|星光|雪|萤火|火花|颗粒",
        "particle|dust|snow|firefl|spark|bokeh|mote|glitter",
    ),
    "drift": _words("背景|云|雾|流动", "background|backdrop|cloud|fog|mist|drift|ambient"),
    "pulse": _words(
        "led|灯环|环形灯|指示灯|脉动|脉冲|闪烁|发光|亮起",
        "glow|pulse|pulsat|pulsing|blink|lamp|neon",
    ),
    "pan": _words("平移|横移|摇镜|滑动|视差", "pan|pans|panning|slide|track|truck|parallax"),
}
MILD = _words("轻微|轻轻|微微|缓缓|缓慢|慢慢|柔和", "slight|subtl|gentl|soft|slow")
STRONG = _words("快速|强烈|大幅|迅速", "fast|quick|dramatic|strong|rapid|bold")
STILL = _words("静止|不动", "static|no motion|stand still")


@dataclass(frozen=True)
class Moves:
    """Amplitudes. Angles in radians, lengths as shares of the frame's width (pan, drift) or height (lift)."""

    turn: float = 0.0
    roll: float = 0.0
    pan: float = 0.0
    lift: float = 0.0
    push: float = 0.0
    """Growth at the end of a push-in; negative for a pull-out."""
    drift: float = 0.0
    sweep: float = 0.0
    shade: float = 0.0
    pulse: float = 0.0
    dust: float = 0.0


@dataclass(frozen=True)
class Pose:
    """Where everything stands in one frame. As Moves, with the light band's place (0..1 across the subject)."""

    turn: float
    roll: float
    pan_x: float
    pan_y: float
    lift: float
    zoom: float
    drift_x: float
    drift_y: float
    band: float
    sweep: float
    shade: float
    pulse: float


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def asked(text: str, words: tuple[str, ...]) -> bool:
    """Whether a lower-case text has one of the words."""
    for word in words:
        at = text.find(word)
        while at >= 0:
            before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
            # A short English word must end too: "led" is not in "ledge".
            inside = word[0].isascii() and (_latin(before) or (len(word) < 4 and _latin(after)))
            if not inside:
                return True
            at = text.find(word, at + 1)
    return False


def wanted(prompt: str) -> frozenset[str]:
    """The names of the motions that a prompt asks for; empty when it names none."""
    text = " ".join(prompt.lower().split())
    return frozenset(name for name, words in WORDS.items() if asked(text, words))


def understand(prompt: str, intensity: Intensity) -> Moves:
    """The amplitudes for a prompt. What names no motion gets a parallax dolly, a slight turn and a sweep of light.

    Whatever is asked is carried by a little parallax, for a picture whose camera stands still looks like a picture."""
    names = wanted(prompt)
    text = prompt.lower()
    gain = GAIN[intensity]
    gain *= 0.75 if asked(text, MILD) else 1.0
    gain *= 1.3 if asked(text, STRONG) else 1.0
    gain *= 0.35 if asked(text, STILL) and not names else 1.0
    if not names:
        moves = Moves(turn=0.10, pan=0.016, push=0.030, sweep=0.55, shade=0.05)
    else:
        moves = Moves(pan=0.008, shade=0.03)
        if "turn" in names:
            moves = replace(moves, turn=0.26, pan=0.016, shade=0.10)
        if "roll" in names:
            moves = replace(moves, roll=0.16)
        if "sweep" in names:
            moves = replace(moves, sweep=0.95, shade=max(moves.shade, 0.12))
        if "float" in names:
            moves = replace(moves, lift=0.016, turn=max(moves.turn, 0.05))
        if "push" in names:
            moves = replace(moves, push=0.13 if "turn" not in names else 0.075)
        if "pull" in names:
            moves = replace(moves, push=-0.13)
        if "dust" in names:
            moves = replace(moves, dust=0.8, push=moves.push or 0.03)
        if "drift" in names:
            moves = replace(moves, drift=0.014)
        if "pulse" in names:
            moves = replace(moves, pulse=0.55, push=moves.push or 0.025)
        if "pan" in names:
            moves = replace(moves, pan=0.034)
    scaled = {field.name: getattr(moves, field.name) * gain for field in fields(moves)}
    # Light and particles are seen by their presence; above this they would wash the picture out.
    scaled["turn"] = min(scaled["turn"], 0.36)
    scaled["sweep"] = min(scaled["sweep"], 1.35)
    scaled["shade"] = min(scaled["shade"], 0.2)
    scaled["pulse"] = min(scaled["pulse"], 0.9)
    scaled["pan"] = min(scaled["pan"], 0.05)
    return Moves(**scaled)


def pose(moves: Moves, u: float, seconds: float, *, loop: bool) -> Pose:
    """Everything at u (0 at the first frame; in a loop 1 is the first frame again, else 1 is the last frame).

    In a loop every part is periodic in u. Without one the camera starts and ends gently but never quite stands, so
    that a cut into or out of the shot does not catch it frozen."""
    circle = 2.0 * math.pi * u
    if loop:
        swing, travel = math.sin(circle), 0.5 - 0.5 * math.cos(circle)
        sway = math.cos(circle)
    else:
        eased = u - 0.72 * math.sin(circle) / (2.0 * math.pi)
        swing, travel = 2.0 * eased - 1.0, eased
        sway = 0.4 * math.cos(math.pi * eased)
    # Slow organic motions keep their own tempo of about four seconds; in a loop a whole number of times.
    cycles = float(max(1, round(seconds / 4.0))) if loop else seconds / 4.0
    wave = 2.0 * math.pi * cycles * u
    pulses = float(max(1, round(seconds / 2.0))) if loop else seconds / 2.0
    breath = 0.5 - 0.5 * math.cos(2.0 * math.pi * pulses * u)
    # The band of light enters and leaves outside the subject.
    cross = min(max((u - 0.08) / 0.84, 0.0), 1.0)
    cross = cross - 0.5 * math.sin(2.0 * math.pi * cross) / (2.0 * math.pi)
    zoom = moves.push * travel if moves.push >= 0 else -moves.push * (1.0 - travel)
    return Pose(
        turn=moves.turn * swing,
        roll=moves.roll * (math.sin(circle) if loop else swing),
        pan_x=moves.pan * swing,
        pan_y=0.12 * moves.pan * sway,
        lift=moves.lift * math.sin(wave),
        zoom=zoom,
        drift_x=moves.drift * math.sin(wave),
        drift_y=0.5 * moves.drift * (math.cos(wave) - 1.0),
        band=-0.35 + 1.7 * cross,
        sweep=moves.sweep,
        shade=moves.shade * swing,
        pulse=moves.pulse * breath,
    )
