"""Haze and light bent so that together they give the photo the tones that it should have.

Ours: depth, airlight, exposure and mid-tones are each read with an error, and errors that are small one by one add up
where a veil lies under darkness: black and white points land anywhere. What the result should look like is known
better than how it came to look otherwise, so that the readings are moved, each as far as its own uncertainty allows, to
where the undone photo has the wanted tones.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares

from upzeroir_plugin.estimate.fuse import share
from upzeroir_plugin.estimate.learned import Learned
from upzeroir_plugin.estimate.light import decode, encode
from upzeroir_plugin.estimate.network import has
from upzeroir_plugin.estimate.odds import logistic, logit
from upzeroir_plugin.estimate.readings import Rows, believed
from upzeroir_plugin.estimate.undo import AIRLIGHT, FLOOR
from upzeroir_plugin.estimate.view import Array, block_means, luma

Vector = NDArray[np.float64]

LEAST_DOUBT = 0.01
"""Standard deviation below which no wanted tone is believed: two or three levels."""
THIN = 0.02
"""Least depth that the fit knows."""
LOWEST = np.array([math.log(THIN), 0.3, -1.0, -0.9])
HIGHEST = np.array([1.09, 1.0, 6.0, 0.9])
"""Bounds of (ln depth, airlight's luma, ev, ln mid-tones)."""
CURVE = 0.7
"""Standard deviation of the logarithm of mid-tones around a camera's own: a tone curve and little light darken much
alike, and light is the likelier (ours: val, |error| of ev .51 → .49, tones as before)."""
TRIES = 12
PRICE, TRUST, MOST = 2.0, 0.5, 3.0
"""Log-likelihood that a veil in the dark must gain, how much of the rest counts (tones and presence come from one
network), and the most log-odds that it may move (ours: val; dark +0.5 dB, mixtures +0.1 to +0.3)."""


def aimed(view: Array, depth: Array, seen: Learned, readings: Rows) -> Rows:
    """`readings` with those of haze and light moved for the view (h, w, 3), its veil shaped as `depth` (h, w), to get
    `seen.wanted`.

    A maximum of the posterior: wanted tones and readings are both taken as Gaussian. A group acts in it by its `share`,
    as it will in θ, and the wanted tones count as far as both act, so that the outcome is continuous in the evidence.
    One group alone keeps its readings: measured on val, the network reads it better than it knows the tones.
    """
    shares = share(readings["haze"][0].present), share(readings["light"][0].present)
    together = shares[0] * shares[1]
    if together == 0:
        return readings
    fit = _Fit(view, depth, seen, readings)
    best = fit.best(*shares, together).x
    haze = {r.name: r.value for r in readings["haze"]}
    shift = best[1] - fit.mean[1]
    values = {
        "haze.depth": math.exp(best[0]),
        **{name: min(max(haze[name] + shift, 0.0), 1.0) for name in AIRLIGHT},
        "light.ev": best[2],
        "light.midtones": math.exp(best[3]),
    }
    moved = {
        group: tuple(replace(row, value=float(values[row.name])) for row in readings[group])
        for group in ("haze", "light")
    }
    return {**readings, **moved}


def veiled(view: Array, depth: Array, seen: Learned, readings: Rows) -> Rows:
    """`readings` with the presence of haze moved by how much better a veil in the dark explains the view than darkness.

    It counts as far as darkness is there: a veil alone is for the network and the black point to tell.
    """
    haze, dark = readings["haze"][0].present, readings["light"][0].present
    if share(dark) == 0 or haze < 1e-3:
        return readings
    fit = _Fit(view, depth, seen, readings)
    gained = float(fit.best(0.0, 1.0, 1.0).cost - fit.best(1.0, 1.0, 1.0).cost)
    word = share(dark) * min(max(TRUST * (gained - PRICE), -MOST), MOST)
    present = logistic(logit(haze) + word)
    return {**readings, "haze": believed(readings["haze"], present)}


class _Fit:
    """Posterior of (ln depth, airlight's luma, ev, ln mid-tones) given the tones wanted of a view."""

    def __init__(self, view: Array, depth: Array, seen: Learned, readings: Rows) -> None:
        row = {r.name: r for group in ("haze", "light") for r in readings[group]}
        self.air = np.array([row[name].value for name in AIRLIGHT], np.float32)
        deep, ev, middle = row["haze.depth"], row["light.ev"], row["light.midtones"]
        thick = max(deep.value, THIN)
        self.mean = np.array([math.log(thick), float(luma(self.air)), ev.value, math.log(middle.value)])
        self.std = np.array([deep.std / thick, row["haze.green"].std, ev.std, middle.std / middle.value])
        # means, so that noise does not make the ends of the range
        self.view, self.depth, self.seen = block_means(view, 2), block_means(depth[..., None], 2), seen

    def best(self, veil: float, lift: float, weight: float) -> OptimizeResult:
        """The most probable point, with haze and light undone by their shares and the tones' misses times `weight`."""
        weights = weight / np.maximum(self.seen.wanted_std, LEAST_DOUBT)

        def misses(p: Vector) -> Vector:
            tones = np.clip(has(self._undone(p, veil, lift)), -0.2, 1.2)
            missed: Vector = np.concatenate(
                [(tones - self.seen.wanted) * weights, (p - self.mean) / self.std, p[3:] * weight / CURVE]
            )
            return missed

        start = np.clip(self.mean, LOWEST + 1e-3, HIGHEST - 1e-3)
        return least_squares(misses, start, bounds=(LOWEST, HIGHEST), max_nfev=TRIES, diff_step=[1e-3])

    def _undone(self, p: Vector, veil: float, lift: float) -> Array:
        """The view without darkening and the veil, not clipped."""
        power = np.float32(1 / (1 + lift * (math.exp(p[3]) - 1)))
        light: Array = encode(decode(self.view**power) * 2.0 ** (lift * p[2])).astype(np.float32)
        through = np.maximum(np.exp(np.float32(-veil * math.exp(p[0])) * self.depth), FLOOR)
        air = 0.9 + veil * (self.air + (p[1] - self.mean[1]) - 0.9)
        undone: Array = (air + (light - air) / through).astype(np.float32)
        return undone
