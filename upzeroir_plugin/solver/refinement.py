"""After the lift: noise cleaned once more, as it is there, and what the lift amplified of the first call's error."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics import clipping
from upzeroir_plugin.physics.box import box_mean
from upzeroir_plugin.solver.ensemble import OUTSIDE, TURNS, Window, averaged, by_colour
from upzeroir_plugin.solver.plan import sigma_of
from upzeroir_plugin.solver.told import AROUND, curvature

REFINE_SHARE = 0.15
"""Of the amplified error, what the call after the lift is told: what a posterior mean leaves is mostly lost detail,
which is not noise to be removed again (20 photos of val, hazy and noisy: SSIM .888 told 0.25, .890 told 0.15, .889
told 0.1, .884 told 0.05; the sharper the prior, the less).
"""
AFTER_SHARE, AFTER_LEAVES = 0.6, 0.5
"""Of the answer to the noisy scene (`_cleaned_after`) in its mean with the lifted answer, and what that mean leaves of
the lifted answer's error, which the last call is told of (8 crops of val, told θ. Without, eight flips before the
lift, and with, four each: 31.50 and 31.64 dB behind a veil, 37.22 and 37.38 in the dark, 34.54 and 34.74 with both,
31.39 and 31.58 behind a veil and JPEG 60; half and .75 of it are within .02 dB of that, .04 with JPEG. SSIM behind a
veil where it leaves .3, .4, .5, .67: .9042, .9046, .9047, .9041)."""
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
    that is expected of `clean`, (1, 1, h, w).
    """
    inside = full.clamp(-OUTSIDE, 1 + OUTSIDE)
    gain = gain.square().mean(1, keepdim=True).sqrt()
    calls = 0
    if window.plan.flips_after:
        answer, calls = _cleaned_after(window, clean, inside, gain)
        if calls:
            inside, error = torch.lerp(inside, answer, AFTER_SHARE), AFTER_LEAVES * error
    sigma = (REFINE_SHARE * gain * error).clamp(max=REFINE_MOST)
    answer, made = averaged(window.prior, inside, sigma, None, TURNS[:1], window.hook)
    best = torch.lerp(believable(answer, inside), full, _beyond_white(full))
    return best, float(sigma.median()), calls + made


def _cleaned_after(window: Window, clean: Tensor, full: Tensor, gain: Tensor) -> tuple[Tensor, int]:
    """(answer, network calls) to the scene with the photo's noise in it, amplified as the lift does.

    Ours: a veil's flat tones are not what the prior knows; it errs otherwise once they are undone, and the mean of two
    that err differently errs less. The noise comes onto the lifted picture by the delta rule.
    """
    sigma, loss = sigma_of(window.y, window.plan.theta, there=True)
    gain = torch.minimum(box_mean(gain, SMOOTH), REFINE_MOST / sigma.clamp_min(1e-6))

    def told(share: float) -> tuple[Tensor, int]:
        z = full + gain * noise(window.with_told(share * sigma), clean, window.plan.theta)
        return averaged(
            window.prior, z, share * gain * sigma, loss, TURNS[-window.plan.flips_after :], window.hook
        )

    return by_colour(told, window.plan)


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
