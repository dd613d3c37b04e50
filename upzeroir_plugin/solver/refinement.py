"""After the lift: what it amplified of the first call's error is taken out, by a call that sees the noise once more."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import clipping
from upzeroir_plugin.physics.box import box_mean
from upzeroir_plugin.solver.ensemble import OUTSIDE, TURNS, Window, averaged
from upzeroir_plugin.solver.told import AROUND, curvature

REFINE_SHARE = 0.15
"""Of the amplified error, what the call after the lift is told where no noise is left in: what a posterior mean leaves
is mostly lost detail, which is not noise to be removed again (20 photos of val, hazy and noisy: SSIM .888 told 0.25,
.890 told 0.15, .889 told 0.1, .884 told 0.05; the sharper the prior, the less)."""
AMONG_NOISE, MOST_REMAINS = 0.3, 6 / 255
"""The same beside the noise left in, and the most (12 crops of val in six mixtures: .15, .4, .7 give 31.52, 31.53,
31.34 dB behind a veil, 34.71, 34.76, 34.64 in the dark too; without a most, 8, 5 and 3 levels 29.22, 29.40, 29.37,
29.35 in the dark by 3 stops, and elsewhere the same)."""
STAYS, MOST_LEFT = 0.7, 14 / 255
"""Of the noise, what is left in the lifted scene for the call after the lift, and the σ of that at most. Ours, 6 crops
of val, told θ, one call before and one after; none, .5, .7 and all of it: 31.81, 31.89, 31.81, 31.63 dB behind a veil
in noise of 15, 37.30, 37.45, 37.51, 37.49 in the dark, 34.82, 34.93, 34.96, 34.84 with both and noise of 5, 31.57,
31.82, 32.02, 31.82 behind a veil and JPEG 60. The stronger it is, the less of it is best (docs/experiments.md)."""
SMOOTH = 31
"""Side in px of the square over which the gain for that call is averaged: one that follows every edge of a dark photo
makes noise that no photo has (the same crops in the dark: 35.13 dB as it is, 35.80 averaged over 15, 31 or 63 px)."""
REFINE_MOST = 0.3
"""The most that calls after the lift are told: a wrong veil under 4 stops of darkness
amplifies past all that the prior was trained on, and it answers with coloured lattices (seen on lol-noise)."""
LEAST_DETAIL, MORE_DETAIL, MOST_DETAIL = 0.5 / 255, 1.5, 3.0
"""Fine detail that is nothing, and how many times its input's an answer may have: it counts whole up to the first,
not at all from the second (`believable`)."""
EVERY = 4
"""Every fourth row and column is looked at for that: enough for squares of `AROUND` px, four times as fast, and the
same ones in a photo, a tile and a region, which begin on multiples of 8."""


def refined(
    window: Window, clean: Tensor, full: Tensor, gain: Tensor, error: Tensor
) -> tuple[Tensor, float, int]:
    """(the lifted scene without what the lift amplified, the σ told for that, network calls).

    `clean`, `full`: the window before and after the lift, (1, 3, h, w); `gain` of the lift in each channel; `error`
    that is expected of `clean` where its noise is white, (1, 1, h, w).
    """
    inside = full.clamp(-OUTSIDE, 1 + OUTSIDE)
    gain = gain.square().mean(1, keepdim=True).sqrt()
    amplified = gain * error
    if window.plan.blur_calls:
        sigma = REFINE_SHARE * window.white.spread * amplified
        answer, calls = averaged(
            window.prior, inside, sigma.clamp(max=REFINE_MOST), None, TURNS[:1], window.hook
        )
        answer = believable(answer, inside)
    else:
        answer, sigma, calls = _cleaned_again(window, clean, inside, gain, amplified)
    return torch.lerp(answer, full, _beyond_white(full)), float(sigma.median()), calls


def _cleaned_again(
    window: Window, clean: Tensor, inside: Tensor, gain: Tensor, amplified: Tensor
) -> tuple[Tensor, Tensor, int]:
    """(answer to the lifted scene with part of the noise in it, σ told, network calls); `amplified`: the error that is
    expected of the scene without noise.

    Ours: a veil's flat tones and the dark are not what the prior knows best. Asked once more where they are undone, it
    takes back what it erred before. The noise comes onto the lifted picture by the delta rule.
    """
    plan = window.plan
    sigma, _ = window.sigma_and_loss
    remains = (AMONG_NOISE * amplified).clamp(max=MOST_REMAINS)
    stays = torch.minimum(STAYS * box_mean(gain, SMOOTH), MOST_LEFT / sigma.clamp_min(1e-6))

    level = (remains.square() + (stays * sigma).square()).sqrt().clamp(max=REFINE_MOST)
    z = inside + stays * noise(window.with_told, clean, plan.theta)
    answer, calls = window.answered(z, level, TURNS[-plan.flips_after :])
    return (believable(answer, z) if calls else inside), level, calls


def noise(y: Tensor, clean: Tensor, theta: ParameterVector) -> Tensor:
    """What the first call took out of y: noise of mean 0, and of detail what it mistook for that.

    What comes after a lift gets it by the delta rule: a lift's own curve would bend noise around black into a veil.
    """
    return y - clipping.expected(clean, theta.values())


def believable(answer: Tensor, z: Tensor) -> Tensor:
    """A denoiser's answer to z, both (1, 3, h, w), with z itself where the answer holds far more fine detail than z.

    Ours: a denoiser takes away. Told of noise in a smooth z that has none, which deblurring does and training hardly
    did, it can break out into a coloured lattice at some place, and later calls take that for detail.
    """
    if min(z.shape[-2:]) < EVERY:
        return answer
    side = AROUND // EVERY
    before, after = (box_mean(curvature(x, EVERY), side).sqrt() for x in (z, answer))
    keep = ((MOST_DETAIL - after / (before + LEAST_DETAIL)) / (MOST_DETAIL - MORE_DETAIL)).clamp(0, 1)
    if bool((keep == 1).all()):
        return answer
    return z + F.interpolate(box_mean(keep, side), size=z.shape[-2:], mode="bilinear") * (answer - z)


def _beyond_white(x: Tensor) -> Tensor:
    """0 to 1: how far places of x (1, 3, h, w) are what a float file's highlights are and noise is not, in the mean."""
    return ((box_mean(x, AROUND) - (1 + OUTSIDE)) / OUTSIDE).clamp(0, 1)
