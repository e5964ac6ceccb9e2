"""Faults of sound that no loudness meter shows: an offset, a dead channel, channels that cancel out, clipped tops.

The samples pass once, in pieces, so that an hour needs no more memory than a second.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from callsheet.media.check.facts import Levels

Samples = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

_FLOOR = 1e-6  # -120 dBFS: what is quieter counts as this, so that ratios of silence stay numbers
_SILENT = 1e-4  # RMS below -80 dBFS: no channel to compare with

# Clipping leaves many samples in one narrow range of level. Levels are counted in quarters of a decibel.
_STEP_DB, _LOWEST_DB, _HIGHEST_DB = 0.25, -40.0, 6.0
_EDGES = 10.0 ** (np.arange(_LOWEST_DB, _HIGHEST_DB + _STEP_DB, _STEP_DB) / 20.0)
_PLATEAU = 3.5
"""How many times more samples a plateau holds than the levels under it. Pure sines reach 2.7, noise and speech 1.3;
what was clipped by 3 dB or more, 4 and above. Measured on sines and pink noise, as PCM and as AAC."""
_TOP_SHARE = 0.003
_REACH = round(8 / _STEP_DB)
"""A codec's ripple reaches up to 8 dB over the plateau."""


def levels(pieces: Iterator[Samples]) -> Levels:
    """`pieces` are float samples (channels, n), full scale 1."""
    tally: _Tally | None = None
    for piece in pieces:
        if tally is None:
            tally = _Tally(len(piece))
        tally.add(piece)
    return tally.levels() if tally and tally.samples else Levels(0.0, 0.0, None, 0.0)


class _Tally:
    def __init__(self, channels: int) -> None:
        self.samples = 0
        self.sums = np.zeros(channels)
        self.squares = np.zeros(channels)
        self.product = 0.0
        self.counts: Counts = np.zeros((channels, len(_EDGES) - 1), np.int64)
        self.tops = np.zeros(channels)
        self.at_top = np.zeros(channels, np.int64)

    def add(self, piece: Samples) -> None:
        exact = piece.astype(np.float64)
        self.samples += exact.shape[1]
        self.sums += exact.sum(axis=1)
        self.squares += np.square(exact).sum(axis=1)
        if len(exact) == 2:
            self.product += float(exact[0] @ exact[1])
        heights = np.abs(exact)
        for channel, height in enumerate(heights):
            self.counts[channel] += np.histogram(height, _EDGES)[0]
            top = float(height.max(initial=0.0))
            if top > self.tops[channel]:
                self.tops[channel], self.at_top[channel] = top, 0
            high = height >= self.tops[channel]
            # A tone meets its peak again and again, but never three samples long.
            self.at_top[channel] += int((high[2:] & high[1:-1] & high[:-2]).sum())

    def levels(self) -> Levels:
        means = self.sums / self.samples
        rms = np.sqrt(self.squares / self.samples)
        return Levels(
            offset=float(np.abs(means).max()),
            balance=self._balance(rms),
            correlation=self._correlation(means),
            flat_tops=max(map(self._flat, range(len(self.sums)))),
        )

    def _balance(self, rms: npt.NDArray[np.float64]) -> float:
        pair = np.maximum(rms[:2], _FLOOR)
        if len(pair) < 2 or pair.max() < _SILENT:
            return 0.0
        return float(20.0 * np.log10(pair.max() / pair.min()))

    def _correlation(self, means: npt.NDArray[np.float64]) -> float | None:
        if len(self.sums) != 2:
            return None
        spread = self.squares / self.samples - np.square(means)
        if spread.min() < _SILENT**2:
            return None
        return float((self.product / self.samples - means.prod()) / np.sqrt(spread.prod()))

    def _flat(self, channel: int) -> float:
        """The share of samples on a plateau: of the very same height in PCM, smeared over a decibel by a codec."""
        # Samples of silence are all of the same height, too.
        same = self.at_top[channel] / self.samples if self.tops[channel] > _SILENT else 0.0
        return float(max(same, self._smeared(self.counts[channel], self.tops[channel])))

    def _smeared(self, counts: Counts, top: float) -> float:
        highest = min(int(np.searchsorted(_EDGES, top)), len(counts) - 3)
        for at in range(highest, max(9, highest - _REACH), -1):
            share = counts[at - 2 :].sum() / self.samples
            under = counts[at - 9 : at - 3].mean()
            if share > _TOP_SHARE and counts[at - 2 : at + 3].mean() > _PLATEAU * max(under, 1.0):
                return float(share)
        return 0.0
