"""Is the result good? Tests of the residual y − H(x̂) against what the prior itself leaves at that noise level."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.blur import Blur
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import expected
from upzeroir_plugin.prior.calibrate import whiteness
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.solver.plan import sigma_of
from upzeroir_plugin.solver.slack import SLACK_STD, SLACK_WHITE


@dataclass(frozen=True, slots=True)
class Verdict:
    """`std`: of the residual over σ. `white`: its lag-1 autocorrelation."""

    std: float
    white: float
    accepted: bool


_BLUR = Blur()


def judge(y: Tensor, x: Tensor, theta: ParameterVector, place: Fields, prior: Prior) -> Verdict:
    """Test r = (y − H(x))/σ on unclipped pixels; y, x (1, 3, H, W).

    A posterior mean leaves var r < σ² and r not white, so both are compared with the quantiles that the prior shows on
    held-out photos at the median σ; correlated noise (`noise.size`) may be as correlated as it is known to be. Where
    JPEG makes the error, only too large a residual speaks against the result (its error is never white); where blur
    was undone, the residual is the noise itself: as large as σ, and white.
    """
    sigma, _ = sigma_of(y, theta)
    middle = float(sigma.median())
    if middle <= 0:
        return Verdict(0.0, 0.0, True)
    values = theta.values()
    residual = (y - expected(x, values, place)) / sigma
    inside = ((y > 1 / 255) & (y < 254 / 255)).all(1, keepdim=True)
    if float(inside.float().mean()) < 0.2:
        return Verdict(1.0, 0.0, True)
    std = float(residual[inside.expand_as(residual)].std())
    white = whiteness((residual * inside)[0].permute(1, 2, 0).numpy())
    if theta["jpeg.quality"] < 100:
        return Verdict(std, white, std <= 1 + SLACK_STD)
    if not _BLUR.is_neutral(values):
        return Verdict(std, white, abs(std - 1) <= SLACK_STD and white <= SLACK_WHITE)
    std_range, white_range = prior.residuals.at(middle)
    known = float(torch.exp(torch.tensor(-1.0 / max(values["noise.size"], 1e-3) ** 2)))
    fits = std_range[0] - SLACK_STD <= std <= std_range[2] + SLACK_STD
    plain = white_range[0] - SLACK_WHITE <= white <= white_range[2] + SLACK_WHITE + known
    return Verdict(std, white, fits and plain)
