"""The guided solver on a rectangle of a photo: its limits, its window, and what is reported and kept of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from upzeroir_plugin.errors import TooLargeError, UsageError
from upzeroir_plugin.parameters import LATENT
from upzeroir_plugin.prior.embedded import Prior
from upzeroir_plugin.prior.tiles import Box
from upzeroir_plugin.prior.unet import Hook
from upzeroir_plugin.solver.gennormal import of
from upzeroir_plugin.solver.guided import STEPS, Guided, Report, Settings, solve
from upzeroir_plugin.solver.kept import Kept, restoring
from upzeroir_plugin.solver.plan import Plan, neutralised
from upzeroir_plugin.solver.space import PixelSpace, Space

MOST_PIXELS = 1 << 20
LEAST_SIDE = 16
MINUTES = 0.12
"""A step and megapixel on one busy core (ours: about half a second a step at 256 by 256 px)."""


def check_size(area: Box, steps: int | None) -> None:
    """Raises TooLargeError, with the time that it would take, above a megapixel, UsageError below 16 px a side.

    Of so few pixels the prior knows nothing at the top of its noise range, and would make something up.
    """
    if min(area[2:]) < LEAST_SIDE:
        raise UsageError(
            "Guided restoration needs at least 16 px a side.", "Choose the effort fast or thorough."
        )
    megapixels = area[2] * area[3] / 1e6
    if area[2] * area[3] > MOST_PIXELS:
        minutes = max(1, round(MINUTES * megapixels * (steps or STEPS)))
        raise TooLargeError(
            f"Guided restoration of {megapixels:.1f} megapixels would take about {minutes} minutes.",
            "Choose a region of at most 1 megapixel, or the effort thorough.",
        )


def check_told(shape: float | None, scale: float | None) -> None:
    """Raises UsageError for a shape or a scale of the encoded degradation that makes no sense."""
    for row, value in zip(LATENT.values(), (shape, scale), strict=True):
        if value is not None and not row.low <= value <= row.high:
            raise UsageError(f"{row.name} = {value:g}: it takes a number from {row.low:g} to {row.high:g}.")


def around(area: Box, plan: Plan) -> Box:
    """The area with as much of its surround as the plan wants, within the photo."""
    reach = plan.context + 16
    x, y, w, h = area
    left, top = max(0, x - reach), max(0, y - reach)
    left, top = left - left % 8, top - top % 8
    right, bottom = min(plan.size[0], x + w + reach), min(plan.size[1], y + h + reach)
    return left, top, right - left, bottom - top


def point_values(plan: Plan) -> dict[str, float]:
    """θ with nothing but haze, light and cast."""
    return neutralised(plan.theta, {"noise", "jpeg", "blur"}).values()


def solve_kept(
    y: Tensor,
    window: Box,
    plan: Plan,
    space: Space | None,
    prior: Prior,
    settings: Settings,
    seed: int,
    hook: Hook,
    report: Report,
    kept: Kept,
) -> Guided:
    """`guided.solve` in `space` (None: in the pixels of `prior`), unless an earlier run has left the scene."""
    space = space or PixelSpace(prior)
    key = "guided", window, restoring(plan, prior), space.sha256, space.dtype, settings, seed
    found = kept.get(key)
    if found is not None:
        scene, latent = found
        return Guided(scene, 0, {"kept": True}, of(*latent.tolist()), True)
    made = solve(y, window, plan, space, prior, settings, seed, hook, report)
    if made.whole:
        kept.put(key, made.scene, torch.stack([made.latent.shape, made.latent.scale]))
    return made


def told(found: Guided) -> dict[str, Any]:
    """What the report says of a guided run beside the residual."""
    return {
        "latent.shape": round(float(found.latent.shape), 4),
        "latent.scale": round(float(found.latent.scale), 5),
        **found.report,
    }
