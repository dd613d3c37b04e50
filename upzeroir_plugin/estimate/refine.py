"""A coarse map made to follow the photo's edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from upzeroir_plugin.estimate.view import luma

Array = NDArray[np.float32]

RADIUS = 1 / 10
"""Reach of the guided filter in parts of the view's long side."""
EPSILON = 2e-3
"""Variance of luma below which the guide counts as flat."""


def edge_aware(coarse: Array, view: Array) -> Array:
    """`coarse` (h, w) stretched over `view` (H, W, 3) and bent to its edges; (H, W), the mean kept.

    Guided filter (He, Sun and Tang 2010, eq. 5–8) with the view's luma as guide.
    """
    height, width = view.shape[:2]
    stretched = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    source, guide = np.asarray(stretched, np.float64), luma(view).astype(np.float64)
    side = 2 * max(1, round(RADIUS * max(height, width))) + 1
    mean_guide, mean_source = _mean(guide, side), _mean(source, side)
    covariance = _mean(guide * source, side) - mean_guide * mean_source
    variance = _mean(guide * guide, side) - mean_guide**2
    slope = covariance / (variance + EPSILON)
    offset = mean_source - slope * mean_guide
    bent = _mean(slope, side) * guide + _mean(offset, side)
    bent *= source.mean() / max(bent.mean(), 1e-6)
    return bent.astype(np.float32)


def _mean(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    average: NDArray[np.float64] = ndimage.uniform_filter(values, side, mode="nearest")
    return average
