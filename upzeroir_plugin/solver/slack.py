"""How far beyond the prior's own 5–95 % quantiles a residual may lie. No torch: a batch's summary ranks by it, too."""

from __future__ import annotations

SLACK_STD = 0.12
SLACK_WHITE = 0.12
"""Of its σ and of its lag-1 autocorrelation (ours: real noise is never quite the model's)."""
