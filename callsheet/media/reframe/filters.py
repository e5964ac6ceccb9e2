"""A framing as ffmpeg filters. Numbers are rounded, so that the same framing gives the same words."""

from __future__ import annotations

from callsheet.media.reframe.paths import Framing, Hold

BLUR = "blur"
SHORT_SUM = 12
"""Terms that are added in a row."""


def picture_filters(framing: Framing, width: int, height: int, fill: str, into: str, out: str) -> list[str]:
    """Chains that bring ``[into]`` to `width` x `height` at ``[out]``; `fill` is "blur" or a colour "#RRGGBB"."""
    if framing.share >= 1:
        return [f"[{into}]{_scale(width, height)}[{out}]"]
    if not framing.fills:
        return [f"[{into}]{_crop(framing, width, height)}[{out}]"]
    if not framing.crops:
        return _filled(framing, width, height, fill, into, out)
    whole = "+".join(_during(framing, hold) for hold in framing.holds if not hold.places)
    chains = [f"[{into}]split=2[{out}m][{out}n]", f"[{out}m]{_crop(framing, width, height)}[{out}c]"]
    chains += _filled(framing, width, height, fill, f"{out}n", f"{out}f")
    return [*chains, f"[{out}c][{out}f]overlay=eof_action=pass:enable='{whole}'[{out}]"]


def _scale(width: int, height: int) -> str:
    return f"scale={width}:{height}:flags=bicubic"


def _even(value: float) -> int:
    return max(2, 2 * round(value / 2))


def _crop(framing: Framing, width: int, height: int) -> str:
    """A crop that moves is taken from the enlarged picture, where its smallest step is smallest."""
    along_x = framing.axis == "x"
    side = framing.width if along_x else framing.height
    if not framing.moves:
        part = _even(side * framing.share)
        place = _place(framing, side)
        if along_x:
            return f"crop={part}:{framing.height}:x='{place}':y=0,{_scale(width, height)}"
        return f"crop={framing.width}:{part}:x=0:y='{place}',{_scale(width, height)}"
    if along_x:
        cover = _even(width / framing.share)
        return f"{_scale(cover, height)},crop={width}:{height}:x='{_place(framing, cover)}':y=0"
    cover = _even(height / framing.share)
    return f"{_scale(width, cover)},crop={width}:{height}:x=0:y='{_place(framing, cover)}'"


def _place(framing: Framing, side: int) -> str:
    """The crop's edge in pixels over the time t: each shot's first place, and its straight lines from there."""
    # The middle of a shot that is shown whole: what stands under the fill must be a number too.
    centre = (1 - framing.share) / 2
    words = [f"{(framing.holds[0].places or (centre,))[0] * side:.2f}"]
    last = (framing.holds[0].places or (centre,))[0]
    for number, hold in enumerate(framing.holds):
        places = hold.places or (centre,)
        if number and abs(places[0] - last) * side >= 0.005:
            words.append(f"{(places[0] - last) * side:+.2f}*gte(t,{_time(framing, hold.first)})")
        for start, end, here, there in zip(hold.knots, hold.knots[1:], places, places[1:], strict=False):
            rise = (there - here) * side
            if abs(rise) >= 0.005:
                seconds = (end - start) / framing.fps
                words.append(f"{rise / seconds:+.3f}*clip(t-{start / framing.fps:.4f},0,{seconds:.4f})")
        last = places[-1]
    return _sum(words)


def _sum(words: list[str]) -> str:
    """The sum of signed terms. ffmpeg refuses an expression nested deeper than a hundred, and a plain row of terms
    nests with each of them: from a dozen on they are added in pairs of pairs."""
    if len(words) <= SHORT_SUM:
        return "".join(words)
    half = len(words) // 2
    return f"({_sum(words[:half])})+({_sum(words[half:])})"


def _time(framing: Framing, frame: int) -> str:
    """Half a frame early, so that rounding can't move a cut."""
    return f"{max(0.0, (frame - 0.5) / framing.fps):.4f}"


def _during(framing: Framing, hold: Hold) -> str:
    return f"gte(t,{_time(framing, hold.first)})*lt(t,{_time(framing, hold.end)})"


def _filled(framing: Framing, width: int, height: int, fill: str, into: str, out: str) -> list[str]:
    """The whole picture in the middle, on itself out of focus and darker, or on a colour."""
    inner = (width, _even(height * framing.share)) if framing.axis == "x" else (_even(width * framing.share), height)
    if fill != BLUR:
        colour = f"0x{fill.removeprefix('#')}"
        return [f"[{into}]{_scale(*inner)},pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:color={colour}[{out}]"]
    # Blurred small, which costs a sixteenth and looks the same.
    small = (_even(width / 4), _even(height / 4))
    cover = f"scale={small[0]}:{small[1]}:force_original_aspect_ratio=increase,crop={small[0]}:{small[1]}"
    back = f"{cover},setsar=1,gblur=sigma=12,eq=brightness=-0.08:saturation=0.9,{_scale(width, height)}"
    return [
        f"[{into}]split=2[{out}a][{out}b]",
        f"[{out}a]{back}[{out}k]",
        f"[{out}b]{_scale(*inner)},setsar=1[{out}i]",
        f"[{out}k]setsar=1[{out}l]",
        f"[{out}l][{out}i]overlay=(W-w)/2:(H-h)/2[{out}]",
    ]
