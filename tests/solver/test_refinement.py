"""After the lift: the prior sees part of the noise once more, and comes nearer to the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.pictures import Pixels, bad, psnr, scene
from tests.solver.helpers import automatic, nothing, planned
from upzeroir_plugin.prior.embedded import EmbeddedPrior, embedded
from upzeroir_plugin.solver import refinement
from upzeroir_plugin.solver.annealed import to_pixels, to_tensor
from upzeroir_plugin.solver.ensemble import Enough, Hook
from upzeroir_plugin.solver.kept import Kept, clean_key, full_key
from upzeroir_plugin.solver.plan import FLIPS, Plan
from upzeroir_plugin.solver.refinement import REFINE_MOST
from upzeroir_plugin.solver.window import Restored, restore_window

SIDE = 96
BOX = (0, 0, SIDE, SIDE)
HAZY = {"haze_depth": 0.9, "noise_file": 12.0}
DARK = {"light_ev": 2.0, "noise_file": 5.0}


def run(y: Pixels, plan: Plan, hook: Hook = nothing, kept: Kept | None = None) -> Restored:
    return restore_window(to_tensor(y), BOX, plan, embedded(), hook, lambda *_: None, kept)


def test_half_of_the_flips_come_after_a_lift() -> None:
    y = bad(scene(SIDE, SIDE, seed=2), **HAZY)
    plan = planned(y, automatic(**HAZY))
    assert (plan.flips, plan.flips_before, plan.flips_after, plan.calls) == (8, 4, 4, 8)
    assert run(y, plan).calls == plan.calls
    blurred = planned(y, automatic(**HAZY, blur_sigma=1.5))
    assert (blurred.flips_before, blurred.flips_after, blurred.after_calls) == (8, 0, blurred.refine)
    plain = planned(y, automatic(noise_file=12.0))
    assert (plain.flips_before, plain.flips_after, plain.after_calls) == (8, 0, 0)
    large = planned(np.tile(y, (8, 8, 1)), automatic(**HAZY))
    assert (large.flips_before, large.flips_after, large.calls) == (1, 1, 2)


@pytest.mark.parametrize("flips", [1, FLIPS])
@pytest.mark.parametrize("values", [HAZY, DARK, {**HAZY, "light_ev": 1.0}, {**HAZY, "jpeg_quality": 60.0}])
def test_it_comes_nearer_to_the_truth(
    values: dict[str, float], flips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Than as many calls before the lift as there are flips, and as many after it that see no noise."""
    gains = []
    for seed in range(3):
        x = scene(SIDE, SIDE, seed=seed)
        y = bad(x, seed, **values)
        plan = replace(planned(y, automatic(**values)), flips=flips)
        both = psnr(to_pixels(run(y, plan).full), x)
        with monkeypatch.context() as patch:
            patch.setattr(Plan, "flips_after", flips)
            patch.setattr(Plan, "flips_before", flips)
            patch.setattr(refinement, "STAYS", 0.0)
            patch.setattr(refinement, "AMONG_NOISE", refinement.REFINE_SHARE)
            gains.append(both - psnr(to_pixels(run(y, plan).full), x))
    assert np.mean(gains) > 0.02


def test_a_haze_that_changes_costs_no_call_before_the_lift() -> None:
    y = bad(scene(SIDE, SIDE, seed=2), **HAZY)
    kept = Kept()
    plan = planned(y, automatic(**HAZY))
    first = run(y, plan, kept=kept)
    other = planned(y, automatic(**{**HAZY, "haze_depth": 0.8}))
    second = run(y, other, kept=kept)
    assert second.calls == other.after_calls == FLIPS // 2
    assert torch.equal(first.clean, second.clean)
    assert run(y, plan, kept=kept).calls == 0


def test_kept_in_the_middle_takes_what_is_there() -> None:
    """Stopped after the calls before the lift, and after one of those behind it: lifted, and nothing kept as whole."""
    y = bad(scene(SIDE, SIDE, seed=2), **HAZY)
    plan = planned(y, automatic(**HAZY))
    blocks = 0

    def counting() -> None:
        nonlocal blocks
        blocks += 1

    whole = run(y, plan, counting)
    for calls in (plan.first_calls, plan.first_calls + 1):
        left = calls * (blocks // plan.calls)

        def hook() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Enough

        kept = Kept()
        made = run(y, plan, hook, kept)
        assert made.calls == calls
        assert torch.equal(made.clean, whole.clean)
        assert float((made.full - whole.full).abs().mean()) < 4 / 255
        assert kept.get(full_key(BOX, plan, embedded())) is None
        assert kept.get(clean_key(BOX, plan, embedded())) is not None


def test_the_prior_is_told_of_no_noise_beyond_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four stops too many under a thick veil amplify noise past all that there is."""
    y = bad(scene(SIDE, SIDE, seed=2), noise_file=15.0)
    plan = planned(y, automatic(haze_depth=2.5, light_ev=4.0, noise_file=15.0))
    assert plan.flips_after
    told: list[float] = []
    real = EmbeddedPrior.denoise

    def watched(prior: EmbeddedPrior, z: Tensor, sigma: Tensor, *rest: object) -> Tensor:
        told.append(float(sigma.max()))
        return real(prior, z, sigma, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(EmbeddedPrior, "denoise", watched)
    full = run(y, plan).full
    assert len(told) == plan.calls
    assert max(told[plan.first_calls :]) <= REFINE_MOST + 1e-6
    assert bool(full.isfinite().all())
