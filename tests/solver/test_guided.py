from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.pictures import Pixels, bad, noisy, photo, psnr, scene
from tests.solver.helpers import theta_of
from upzeroir_plugin.errors import CancelledError, TooLargeError, UsageError
from upzeroir_plugin.estimate.readings import Estimate
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import Amounts, Entry, ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.model import forward
from upzeroir_plugin.prior.embedded import EmbeddedPrior
from upzeroir_plugin.restore import Control, Options, Progress, Result, Step, restore
from upzeroir_plugin.solver import gennormal
from upzeroir_plugin.solver.annealed import make_plan, to_pixels, to_tensor
from upzeroir_plugin.solver.degloss import ONLY_MSE, Discriminator, quality, residual
from upzeroir_plugin.solver.dqr import Refinement, Thresholds
from upzeroir_plugin.solver.guided import Guided, Settings, noised, schedule, solve
from upzeroir_plugin.solver.kept import Kept
from upzeroir_plugin.solver.niqe import niqe
from upzeroir_plugin.solver.pcdm import Kind, Pcdm, Redegradation
from upzeroir_plugin.solver.quality import Verdict
from upzeroir_plugin.solver.schedule import Spacing, spaced
from upzeroir_plugin.solver.space import PixelSpace

LATENT = gennormal.of(2.0, 0.1)
GOOD, BAD = Verdict(0.9, 0.1, True), Verdict(2.0, 0.6, False)


def solved(y: Pixels, prior: EmbeddedPrior, settings: Settings, seed: int = 0, **values: float) -> Guided:
    plan = make_plan(y, theta_of(**values), Maps(), Amounts(), prior, False, None)
    size = (0, 0, y.shape[1], y.shape[0])
    return solve(
        to_tensor(y), size, plan, PixelSpace(prior), prior, settings, seed, lambda: None, lambda _p: None
    )


def run(y: Pixels, options: Options, kept: Kept | None = None, **values: float) -> Result:
    last = list(restore(photo(y), Estimate(theta_of(**values), Maps()), options, None, kept))[-1]
    assert isinstance(last, Step)
    assert last.result is not None
    return last.result


# PCDM


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_network_is_as_light_as_promised() -> None:
    assert Pcdm(generator(), silent=True).macs() <= 20_000


def test_the_network_is_the_formula() -> None:
    """f3(f2(f1 x) + l·f1 x): with l = 0 and f2 = 0 nothing but f3's bias is left, and l counts."""
    net = Pcdm(generator(), silent=False)
    x = torch.rand(1, 3, 16, 16)
    first = net.f1(x)
    told = net.condition(torch.stack([LATENT.shape.log(), LATENT.scale.log()]))[:, None, None]
    assert torch.allclose(net(x, LATENT), net.f3(net.f2(first) + told * first))
    assert not torch.allclose(net(x, LATENT), net(x, gennormal.of(1.0, 0.4)))


@pytest.mark.parametrize("kind", ["physics", "both"])
def test_re_degradation_starts_as_the_physics(kind: Kind) -> None:
    theta = theta_of(light_ev=1.5, haze_depth=0.5)
    x = torch.rand(1, 3, 24, 24)
    made = Redegradation(kind, theta, generator())(x, Fields(), LATENT)
    assert torch.allclose(made, forward(x, theta.values(), Fields(), jpeg=False), atol=1e-6)


def test_theta_moves_only_where_the_estimate_is_unsure_and_within_a_deviation() -> None:
    theta = ParameterVector().with_entries(
        {"light.ev": Entry(1.0, 0.5, 1.5), "haze.depth": Entry(0.5, 0.5, 0.5)}
    )
    phi = Redegradation("physics", theta, generator())
    assert set(phi.spread) == {"light.ev"}
    with torch.no_grad():
        phi.moves[0].fill_(50.0)
        assert float(phi.theta()["light.ev"]) == pytest.approx(1 + 1 / 3.29, abs=1e-4)
    assert not Redegradation("physics", theta.pinned({"light.ev": 1.0}), generator()).learns()


# DegLoss and quality


def test_clipped_values_speak_only_against_what_is_darker() -> None:
    y = torch.tensor([1.0, 1.0, 0.0, 0.5]).view(1, 1, 1, 4)
    made = torch.tensor([1.2, 0.8, -0.1, 0.7]).view(1, 1, 1, 4)
    assert residual(y, made).flatten().tolist() == pytest.approx([0, 0.2, 0, -0.2])


def test_quality_counts_drift_of_light_and_colour_and_not_detail() -> None:
    start = torch.full((1, 3, 64, 64), 0.4)
    brighter, redder = start + 0.1, start + torch.tensor([0.1, -0.05, 0.0])[:, None, None]
    detail = start + 0.1 * (torch.arange(64) % 2 * 2 - 1)
    assert float(quality(start, start, 0.02)) == 0
    assert float(quality(detail, start, 0.02)) < 1e-6
    assert float(quality(brighter, start, 0.02)) > 10
    assert float(quality(redder, start, 0.02)) > 10


def test_the_adversary_learns_what_is_real() -> None:
    critic = Discriminator(generator())
    optimizer = torch.optim.Adam(critic.parameters(), 1e-2)
    real, false = torch.rand(1, 3, 32, 32, generator=generator(1)), torch.full((1, 3, 32, 32), 0.5)
    for _ in range(40):
        optimizer.zero_grad()
        loss = (
            torch.nn.functional.softplus(-critic(real)).mean()
            + torch.nn.functional.softplus(critic(false)).mean()
        )
        loss.backward()
        optimizer.step()
    assert float(critic(real).detach().mean()) > 0 > float(critic(false).detach().mean())


# NIQE and DQR


def test_the_score_knows_noise_and_blur_from_a_good_photo() -> None:
    good = scene(192, 192, 5)
    soft = bad(good, blur_sigma=2.5)
    score = niqe(to_tensor(good))
    assert niqe(to_tensor(noisy(good, 25))) > score
    assert niqe(to_tensor(soft)) > score
    assert niqe(torch.zeros(1, 3, 20, 20)) == 0


def judged(*seen: tuple[int, float, float, Verdict], restarts: int = 1) -> list[str]:
    """Decisions for (step, sigma, score, verdict) of a schedule of ten; the scene never changes."""
    scores = iter([s[2] for s in seen])
    refinement = Refinement(10, 0.05, lambda _x: next(scores), Thresholds(restarts=restarts))
    x = torch.zeros(1, 3, 8, 8)
    return [refinement.judge(step, sigma, x, x, verdict) for step, sigma, _, verdict in seen]


def test_refinement_exits_early_when_all_is_well() -> None:
    assert judged((3, 0.3, 3.0, GOOD), (6, 0.04, 3.0, GOOD)) == ["go on", "exit"]


def test_refinement_goes_on_while_noise_is_left_or_the_residual_speaks() -> None:
    assert judged((3, 0.3, 3.0, GOOD), (4, 0.3, 3.0, GOOD), (6, 0.04, 3.0, BAD)) == ["go on"] * 3


def test_refinement_noises_again_once_and_ends() -> None:
    assert judged((9, 0.02, 3.0, BAD), (9, 0.02, 3.0, BAD)) == ["renoise", "exit"]
    assert judged((9, 0.02, 3.0, BAD), restarts=0) == ["exit"]


def test_refinement_noises_again_when_the_picture_has_become_worse_and_keeps_the_better() -> None:
    scores = iter([3.0, 4.0])
    refinement = Refinement(10, 0.05, lambda _x: next(scores))
    a, b = torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    assert refinement.judge(5, 0.04, a, a, GOOD) == "go on"
    assert refinement.judge(6, 0.03, b, b, GOOD) == "renoise"
    assert refinement.best is a
    assert refinement.back() == 5
    assert [c["decision"] for c in refinement.report()["history"]] == ["go on", "renoise"]


# The trajectory


@pytest.mark.parametrize("spacing", ["logarithm", "ddim", "karras"])
@pytest.mark.parametrize("steps", [2, 20, 1000])
def test_the_schedule_falls_from_the_top_of_the_prior_to_below_the_noise(
    spacing: Spacing, steps: int
) -> None:
    levels = schedule((0.002, 0.6), 0.05, Settings(steps=steps, spacing=spacing))
    assert len(levels) == steps
    assert levels[0] == pytest.approx(0.6)
    assert levels[-1] == pytest.approx(0.35 * 0.05)
    assert levels == sorted(set(levels), reverse=True)


def test_schedules_are_the_ones_of_diffusers() -> None:
    from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

    kept = DDIMScheduler().alphas_cumprod
    sigmas = ((1 - kept) / kept).sqrt()
    ddim = spaced(float(sigmas[900]), float(sigmas[0]), 10, "ddim")
    assert ddim == pytest.approx([float(sigmas[t]) for t in range(900, -1, -100)], rel=1e-4)
    scheduler = DPMSolverMultistepScheduler(use_karras_sigmas=True)
    scheduler.set_timesteps(10)
    karras = spaced(float(scheduler.sigmas[0]), float(scheduler.sigmas[9]), 10, "karras")
    assert karras == pytest.approx(scheduler.sigmas[:10].tolist(), rel=1e-4)


def test_noising_shrinks_the_noise_that_was_there() -> None:
    code = torch.zeros(1, 1, 2, 2)
    z = torch.ones(1, 1, 2, 2)
    made = noised(z, code, 0.5, torch.full((1, 1, 2, 2), 0.1), 0.0, lambda: z)
    assert torch.allclose(made, torch.full_like(z, 0.2))


QUICK = Settings(steps=12)


@pytest.mark.parametrize("kind", ["physics", "both"])
def test_each_kind_of_phi_removes_noise(kind: Kind, exact_prior: EmbeddedPrior) -> None:
    x = scene(64, 64, 2)
    y = noisy(x, 15)
    made = solved(y, exact_prior, replace(QUICK, phi=kind), noise_file=15)
    assert psnr(to_pixels(made.scene), x) > psnr(y, x) + 3
    assert torch.isfinite(made.latent.scale)


@pytest.mark.parametrize("free", [False, True])
def test_theta_moves_only_if_it_is_free(free: bool, exact_prior: EmbeddedPrior) -> None:
    y = bad(scene(64, 64, 2), haze_depth=0.5, noise_file=4.0)
    theta = theta_of(noise_file=4.0).with_entries({"haze.depth": Entry(0.5, 0.3, 0.7, 0.9)})
    plan = make_plan(y, theta, Maps(), Amounts(), exact_prior, False, None)
    space, told = PixelSpace(exact_prior), replace(QUICK, free=free)
    made = solve(
        to_tensor(y), (0, 0, 64, 64), plan, space, exact_prior, told, 0, lambda: None, lambda _p: None
    )
    assert (made.report["learned"].get("haze.depth", 0.5) != 0.5) is free


@pytest.mark.parametrize("weights", [ONLY_MSE, Settings().weights])
def test_dark_hazy_and_noisy_at_once(weights: object, exact_prior: EmbeddedPrior) -> None:
    x = scene(64, 64, 2)
    values = {"light_ev": 1.0, "haze_depth": 0.5, "noise_file": 4.0}
    made = solved(bad(x, **values), exact_prior, replace(QUICK, weights=weights), **values)  # type: ignore[arg-type]
    assert psnr(to_pixels(made.scene), x) > 22


def test_the_same_seed_gives_the_same_whatever_ran_before(exact_prior: EmbeddedPrior) -> None:
    y, quick = noisy(scene(48, 48), 12), replace(QUICK, steps=6)
    first = solved(y, exact_prior, quick, noise_file=12).scene
    solved(noisy(scene(48, 48, 4), 30), exact_prior, quick, 7, noise_file=30)
    assert torch.equal(first, solved(y, exact_prior, quick, noise_file=12).scene)
    assert not torch.equal(first, solved(y, exact_prior, quick, 1, noise_file=12).scene)


def test_it_is_stable_over_seeds(exact_prior: EmbeddedPrior) -> None:
    x = scene(48, 48, 2)
    y = noisy(x, 12)
    short = replace(QUICK, steps=8)
    scores = [psnr(to_pixels(solved(y, exact_prior, short, s, noise_file=12).scene), x) for s in range(5)]
    assert float(np.std(scores)) < 0.5


@pytest.mark.parametrize(
    "y",
    [
        np.zeros((40, 40, 3)),
        np.ones((40, 40, 3)),
        np.full((40, 40, 3), 0.5),
        np.full((33, 21, 3), (0.9, 0.02, 0.02)),
    ],
    ids=["black", "white", "flat", "red"],
)
def test_nothing_is_made_of_pictures_with_nothing_in_them(y: np.ndarray, exact_prior: EmbeddedPrior) -> None:
    made = solved(y.astype(np.float32), exact_prior, replace(QUICK, steps=5), noise_file=8, light_ev=0.5)
    assert torch.isfinite(made.scene).all()
    assert float(made.scene.std((-2, -1)).max()) < 0.05


def test_without_refinement_all_steps_are_walked(exact_prior: EmbeddedPrior) -> None:
    made = solved(noisy(scene(48, 48), 12), exact_prior, replace(QUICK, refine=False), noise_file=12)
    assert made.calls == QUICK.steps
    assert made.report["restarts"] == 0


# As users meet it


def test_guided_keeps_the_contract_of_restore() -> None:
    x = scene(64, 64, 2)
    y = noisy(x, 12)
    seen = list(
        restore(photo(y), Estimate(theta_of(noise_file=12), Maps()), Options(effort="guided", steps=8))
    )
    steps = [e for e in seen if isinstance(e, Step)]
    result = steps[-1].result
    assert isinstance(seen[0], Progress)
    assert result is not None
    assert (result.solver, result.effort) == ("guided", "guided")
    assert result.network_calls == len(steps) - 1
    assert [s.sigma for s in steps[:3]] == sorted((s.sigma for s in steps[:3]), reverse=True)
    assert {"latent.shape", "latent.scale", "history", "thresholds"} <= set(result.quality)
    assert psnr(result.photo.pixels, x) > psnr(y, x) + 1.5


def test_a_changed_strength_needs_no_network_call() -> None:
    y, kept = noisy(scene(48, 48), 12), Kept()
    options = Options(effort="guided", steps=5)
    whole = run(y, options, kept, noise_file=12)
    half = run(y, replace(options, strength=0.5), kept, noise_file=12)
    assert half.network_calls == 0
    assert np.allclose(half.photo.pixels, (y + whole.photo.pixels) / 2, atol=1e-5)
    assert half.quality["latent.scale"] == pytest.approx(whole.quality["latent.scale"], abs=1e-4)


def test_region_and_mask_leave_the_rest_alone() -> None:
    y = noisy(scene(64, 64), 12)
    options = Options(effort="guided", steps=4)
    part = run(y, replace(options, region=(8, 16, 24, 32)), noise_file=12)
    assert part.photo.pixels.shape == (32, 24, 3)
    mask = np.zeros((64, 64), np.float32)
    mask[:, :32] = 1
    masked = run(y, replace(options, mask=mask), noise_file=12).photo.pixels
    assert np.array_equal(masked[:, 32:], y[:, 32:])
    assert not np.array_equal(masked[:, :32], y[:, :32])


def test_a_clean_photo_is_left_alone() -> None:
    y = scene(64, 64)
    result = run(y, Options(effort="guided"))
    assert not result.changed
    assert result.solver == "guided"


def test_more_than_a_megapixel_is_refused_with_the_time_and_a_way_out() -> None:
    y = np.zeros((1100, 1100, 3), np.float32)
    with pytest.raises(TooLargeError, match=r"minutes.*region"):
        run(y, Options(effort="guided"), noise_file=12)
    assert run(y, Options(effort="guided", steps=2, region=(0, 0, 32, 32)), noise_file=12).network_calls


@pytest.mark.parametrize("keep", [False, True])
def test_it_stops_at_once_when_told(keep: bool) -> None:
    y = np.tile(noisy(scene(128, 128), 12), (3, 3, 1))
    control = Control()
    found = Estimate(theta_of(noise_file=12), Maps())
    events = restore(photo(y), found, Options(effort="guided"), control)
    while not isinstance(next(events), Step):
        pass
    began = time.monotonic()
    threading.Timer(0, control.keep if keep else control.cancel).start()
    if keep:
        last = list(events)[-1]
        assert isinstance(last, Step)
        assert last.result is not None
        assert last.result.changed
    else:
        with pytest.raises(CancelledError):
            list(events)
    assert time.monotonic() - began < 6  # 0.3 s on a quiet machine for cancel; keeping judges the picture too


def test_less_than_sixteen_pixels_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="16 px"):
        run(np.full((3, 40, 3), 0.3, np.float32), Options(effort="guided"), noise_file=12)
