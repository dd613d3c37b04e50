"""PSNR and SSIM as the field's papers count them (pyiqa's definitions)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Picture = NDArray[np.float32]
LUMA = np.array([0.299, 0.587, 0.114])
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
SIGMA, HALF = 1.5, 5


def eight_bit(picture: Picture) -> NDArray[np.float64]:
    """A picture in [0, 1] as a file would hold it: clipped, rounded, 0 to 255."""
    return np.round(np.clip(picture, 0, 1).astype(np.float64) * 255)


def psnr(picture: Picture, reference: Picture) -> float:
    """DB over RGB of the 8-bit pictures, (H, W, 3); 100 for identical ones."""
    error = float(((eight_bit(picture) - eight_bit(reference)) ** 2).mean())
    return 100.0 if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(picture: Picture, reference: Picture) -> float:
    """SSIM (Wang 2004) of rounded luma (Y of YIQ): 11 × 11 Gaussian of σ 1.5, valid, contrast term ≥ 0."""
    x, y = (np.round(eight_bit(p) @ LUMA) for p in (picture, reference))
    mx, my = _mean(x), _mean(y)
    sxx, syy, sxy = _mean(x * x) - mx * mx, _mean(y * y) - my * my, _mean(x * y) - mx * my
    contrast = np.maximum((2 * sxy + C2) / (sxx + syy + C2), 0)
    return float((((2 * mx * my + C1) / (mx * mx + my * my + C1)) * contrast).mean())


def _mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(-(np.arange(-HALF, HALF + 1) ** 2) / (2 * SIGMA**2))
    weights /= weights.sum()
    smooth = ndimage.correlate1d(ndimage.correlate1d(x, weights, axis=0), weights, axis=1)
    inside: NDArray[np.float64] = smooth[HALF:-HALF, HALF:-HALF]
    return inside
