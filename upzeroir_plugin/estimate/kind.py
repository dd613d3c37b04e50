"""Whether a picture is of a kind that is dark, pale or flat on purpose: a starry sky, a screen, a product before paper.

Ours: told from what the learned estimator's network saw, by a small network of its own (`train_kind.py`), so that what
the other says of all other photos stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from upzeroir_plugin.estimate.view import Array

NAME = "kind.safetensors"
"""Its weights' file beside those of the network whose features it was trained on."""
HIDDEN = 64
REACH = 8.0
"""Standard deviations beyond which a feature says no more."""


def log_odds(features: Array, weights: Mapping[str, Array]) -> float:
    """Log-odds that a picture is of such a kind, of its features (`network.FEATURES`,)."""
    scaled = np.clip((features - weights["mean"]) / weights["spread"], -REACH, REACH)
    hidden = np.maximum(weights["a.weight"] @ scaled + weights["a.bias"], 0)
    return float((weights["b.weight"] @ hidden + weights["b.bias"])[0])
