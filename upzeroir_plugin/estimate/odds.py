"""Probabilities and their log-odds."""

from __future__ import annotations

import math


def logistic(x: float) -> float:
    """Probability of log-odds x; bounded, so that it never is 0 or 1."""
    return 1 / (1 + math.exp(-min(max(x, -40.0), 40.0)))


def logit(p: float) -> float:
    """Log-odds of a probability."""
    p = min(max(p, 1e-9), 1 - 1e-9)
    return math.log(p / (1 - p))
