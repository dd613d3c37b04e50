"""The zeros of a photo's power spectrum: how well a disc, a motion or a Gaussian explains them.

Scenes have smooth spectra; blur of a hard-edged shape cuts dark rings or stripes into them (Cannon 1976). The logarithm
of the tiles' mean spectrum is fitted by a smooth function of frequency and direction plus the logarithm of the blur's
own; what is left is compared between blurs. Smooth transfer functions pass for scene: Gaussians are read from edges,
and here they only stand for "no zeros".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

Array = NDArray[np.float64]
Single = NDArray[np.float32]

SIDE, LEAST, TILES = 128, 48, 96
"""px of the tiles that are transformed, at most; px that a photo must have; how many tiles, about."""
LOWEST, HIGHEST = 0.03, 0.5
"""Cycles per px."""
MOST, FEWEST = 1500, 150
"""Frequencies that vote, drawn from those that stand above the noise."""
RAISED = 0.15
"""Share of the power that is left at least where the noise is taken off."""
TURNS = (6, 8, 10, 12)
SPIKE = 1.0
"""How far, in the logarithm, one frequency may rise above the smooth fit: straight edges and grids make spikes."""
FLOOR = 1e-4
"""Power in the zeros of a blur that is never quite the model's."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """K frequencies of a photo's spectrum, and what a smooth scene does not explain of it.

    `across` and `down` (K,) cycles per px; `weight` (K,) square roots of their weights; `left` (K,) what a smooth fit
    leaves of the spectrum's logarithm, weighted; `smooth` (K, n) the fit's basis, weighted and orthonormal; `veil` (K,)
    what noise leaves in the zeros, as a share of their surroundings; `leak` variance of the window's own spectrum, down
    and across, in (cycles per px)².
    """

    across: Array
    down: Array
    weight: Array
    left: Array
    smooth: Array
    veil: Array
    leak: tuple[float, float]

    def gaussian(self, sigma: Array) -> Array:
        """(n,) misfit under Gaussians: logarithm, below 0 where they explain something of the spectrum."""
        square = np.square(self.across) + np.square(self.down)
        return self._misfit(np.exp(-4 * np.pi**2 * np.square(sigma)[:, None] * square))

    def disc(self, radius: Array) -> Array:
        """(n,) misfit under discs of radii above 0."""
        around = 2 * np.pi * radius[:, None]
        z = around * np.hypot(self.across, self.down)
        slope = around * 2 * special.jv(2, z) / z
        return self._misfit(np.square(2 * special.j1(z) / z) + max(self.leak) * np.square(slope))

    def motion(self, length: Array, angle: Array) -> Array:
        """(n,) misfit under motions of lengths in px and angles in degrees, counter-clockwise."""
        turn = np.radians(angle)[:, None]
        x = length[:, None] * (self.across * np.cos(turn) - self.down * np.sin(turn))
        line = np.sinc(x)
        slope = length[:, None] * (np.cos(np.pi * x) - line) / np.where(np.abs(x) < 1e-6, np.inf, x)
        leak = self.leak[1] * np.cos(turn) ** 2 + self.leak[0] * np.sin(turn) ** 2
        return self._misfit(np.square(line) + leak * np.square(slope))

    def _misfit(self, power: Array) -> Array:
        logs = np.log(power + FLOOR)
        envelope = np.exp(((logs * self.weight) @ self.smooth) @ self.smooth.T / self.weight)
        logs = np.log(power + FLOOR + self.veil * envelope) * self.weight
        logs = logs - (logs @ self.smooth) @ self.smooth.T
        ratio: Array = np.log(np.square(self.left - logs).sum(-1) / np.square(self.left).sum())
        return ratio


def measure(luma: Single, noise: float, steps: Array) -> Spectrum | None:
    """The spectrum of tiles (N, h, w) with noise of σ `noise` and JPEG's `steps` (8, 8); None if little stands above.

    JPEG drops what is below half a step: a cut in the spectrum that is not the blur's.
    """
    if min(luma.shape[1:]) < LEAST:
        return None
    cut = _cut(luma)
    tall, wide = cut.shape[1:]
    window = np.outer(np.hanning(tall + 1)[:tall], np.hanning(wide + 1)[:wide]).astype(np.float32)
    window /= np.sqrt(np.square(window).sum())
    power = np.square(np.abs(np.fft.rfft2((cut - cut.mean((1, 2), keepdims=True)) * window)))
    down, across = np.fft.fftfreq(tall)[:, None], np.fft.rfftfreq(wide)
    radius = np.hypot(down, across)
    used = (radius > LOWEST) & (radius < HIGHEST) & ~((across == 0) & (down < 0))
    power = power[:, used]
    mean = _mean(power, noise)
    where = np.broadcast_to(across, used.shape)[used], np.broadcast_to(down, used.shape)[used]
    coefficient = np.abs(where[1]) * 16, where[0] * 16
    lost = noise**2 + np.square(ndimage.map_coordinates(steps, coefficient, order=1, mode="nearest")) / 12
    trust = _trust(_basis(*where), mean, lost)
    clear = np.flatnonzero(trust > 0.05)
    if len(clear) < FEWEST:
        return None
    some = np.random.default_rng(0).permutation(clear)[:MOST]
    logs = np.log(np.maximum(mean - lost, RAISED * mean))[some]
    return _fitted(
        where[0][some], where[1][some], logs, np.sqrt(trust[some]), (1 / (3 * tall**2), 1 / (3 * wide**2))
    )


def _cut(luma: Single) -> Single:
    """Tiles (n, h, w) of at most `SIDE` px, overlapping by half or spread so that there are about `TILES`."""
    height, width = (min(n, SIDE) for n in luma.shape[1:])
    room = luma.shape[1] - height, luma.shape[2] - width
    area = (room[0] / height + 1) * (room[1] / width + 1)
    thin = min(2.0, (TILES / len(luma) / area) ** 0.5)
    tops, lefts = (
        np.linspace(0, r, max(1, round(thin * r / n) + 1)).astype(int)
        for r, n in zip(room, (height, width), strict=True)
    )
    return np.concatenate([luma[:, t : t + height, x : x + width] for t in tops for x in lefts])


def _mean(power: Single, noise: float) -> Array:
    """Mean spectrum of the tiles, busy ones held down so that none decides alone."""
    energy = power.mean(1)
    weight = 1 / (energy + np.median(energy) + 3 * noise**2 + 1e-12)
    mean: Array = (weight / weight.sum()) @ power.astype(np.float64)
    return mean


def _trust(basis: Array, mean: Array, noise: Array) -> Array:
    """(K,) squared share of the signal in a smooth spectrum: zeros weigh what their surroundings do."""
    smooth, _ = np.linalg.qr(basis)
    level = np.exp(smooth @ (smooth.T @ np.log(np.maximum(mean, 1e-30))))
    trust: Array = np.square(np.clip(1 - noise / level, 0, 1))
    return trust


def _fitted(across: Array, down: Array, logs: Array, weight: Array, leak: tuple[float, float]) -> Spectrum:
    """The smooth fit, drawn below the spikes by three rounds of cutting them off."""
    basis = _basis(across, down) * weight[:, None]
    smooth, _ = np.linalg.qr(basis)
    for _ in range(3):
        fit = (smooth @ (smooth.T @ (logs * weight))) / weight
        logs = np.minimum(logs, fit + SPIKE)
    left = logs * weight
    left = left - smooth @ (smooth.T @ left)
    return Spectrum(across, down, weight, left, smooth, RAISED * (1 - weight) / weight, leak)


def _basis(across: Array, down: Array) -> Array:
    """(K, n): power laws and exponentials, up to four-fold in direction, and the excess on the axes."""
    f, angle = np.hypot(across, down), np.arctan2(-down, across)
    radial = [np.ones_like(f), np.log(f), np.log(f) ** 2, f, f**2]
    turning = [
        wave(k * angle) * part for k in (2, 4) for wave in (np.cos, np.sin) for part in (1, f, np.log(f))
    ]
    axes = [np.exp(-((part / 0.012) ** 2)) for part in (across, down)]
    return np.stack([*radial, *turning, *axes], 1)
