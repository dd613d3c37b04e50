from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.pictures import bad, noisy, psnr, scene
from tests.solver.helpers import nothing, planned, theta_of
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.prior.embedded import EmbeddedPrior, embedded
from upzeroir_plugin.solver.annealed import MISSED, Pixels, make_plan, probe, to_pixels, to_tensor
from upzeroir_plugin.solver.ensemble import Enough
from upzeroir_plugin.solver.kept import Kept, clean_key, full_key
from upzeroir_plugin.solver.plan import Plan
from upzeroir_plugin.solver.pointwise import Pointwise
from upzeroir_plugin.solver.quality import judge
from upzeroir_plugin.solver.refinement import believable
from upzeroir_plugin.solver.window import (
    Restored,
    finish,
    remaining,
    restore_window,
    small,
    tapered,
)

FULL = Amounts()
BOX = (0, 0, 96, 96)


def window(y: Pixels, plan: Plan) -> tuple[Restored, list[tuple[str, Pixels]]]:
    seen: list[tuple[str, Pixels]] = []
    box = (0, 0, y.shape[1], y.shape[0])
    made = restore_window(
        to_tensor(y), box, plan, embedded(), nothing,
        lambda label, present, _: seen.append((label, to_pixels(present().full))),
    )  # fmt: skip
    return made, seen


def test_pixels_and_tensors_are_each_others_inverse() -> None:
    x = scene(20, 30)
    assert np.array_equal(to_pixels(to_tensor(x)), x)


@pytest.mark.parametrize(
    ("values", "least"),
    [
        ({"noise_file": 20.0}, 3.0),
        ({"noise_read": 12.0, "noise_shot": 20.0}, 2.0),
        ({"jpeg_quality": 15.0}, 0.4),
        ({"blur_sigma": 1.6, "noise_file": 2.0}, 1.0),
        ({"blur_focus": 2.5, "noise_file": 2.0}, 1.0),
        ({"blur_length": 7.0, "blur_angle": 30.0, "noise_file": 2.0}, 1.0),
        ({"light_ev": 2.0, "noise_read": 4.0}, 8.0),
        ({"haze_depth": 0.9, "noise_file": 2.0}, 8.0),
        ({"colour_temperature": 60.0, "colour_tint": 20.0}, 8.0),
    ],
    ids=lambda v: "+".join(v) if isinstance(v, dict) else "",
)
def test_told_what_is_wrong_it_comes_nearer_to_the_scene(values: dict[str, float], least: float) -> None:
    """In dB, away from the border, where deblurring has to guess; the margins are far below what a prior gains."""
    x = scene(160, 160, seed=2)
    y = bad(x, **values)
    made, _ = window(y, planned(y, theta_of(**values)))
    inner = (slice(24, -24), slice(24, -24))
    assert psnr(np.clip(to_pixels(made.full), 0, 1)[inner], x[inner]) > psnr(y[inner], x[inner]) + least


def test_reports_show_the_scene_and_not_the_file() -> None:
    """A dark photo's first report is lifted already, as the draft before it was: previews do not flicker."""
    x = scene(96, 96, seed=2)
    y = bad(x, light_ev=2, noise_read=4)
    made, seen = window(y, planned(y, theta_of(light_ev=2, noise_read=4)))
    assert seen[0][0] == "noise"
    assert seen[0][1].mean() == pytest.approx(to_pixels(made.full).mean(), abs=0.03)
    assert seen[0][1].mean() > 1.5 * y.mean()


def test_reports_of_a_hazy_blur_are_without_the_veil() -> None:
    values = {"haze_depth": 0.9, "blur_sigma": 1.5, "noise_file": 3.0}
    y = bad(scene(96, 96, seed=2), **values)
    made, seen = window(y, planned(y, theta_of(**values)))
    assert [label for label, _ in seen].count("blur") == 8
    last = [picture for label, picture in seen if label == "blur"][-1]
    assert np.abs(last - to_pixels(made.full)).mean() < 2 / 255


@pytest.mark.parametrize("after", [0, 5, 40, 75])
def test_kept_goes_on_without_the_network(after: int) -> None:
    """From any point on: light is still undone, and what the network did so far is not lost."""
    values = {"light_ev": 2.0, "blur_sigma": 1.5, "noise_read": 3.0}
    y = bad(scene(96, 96, seed=2), **values)
    plan = replace(planned(y, theta_of(**values)), flips=1)
    count = 0

    def hook() -> None:
        nonlocal count
        count += 1
        if count > after:
            raise Enough

    kept = Kept()
    made = restore_window(to_tensor(y), BOX, plan, embedded(), hook, lambda *_: None, kept)
    whole, _ = window(y, plan)
    assert to_pixels(made.full).mean() == pytest.approx(to_pixels(whole.full).mean(), abs=0.03)
    assert torch.equal(made.clean, to_tensor(y)) == (after < 12)
    assert made.calls < whole.calls
    assert kept.get(full_key(BOX, plan, embedded())) is None
    assert (kept.get(clean_key(BOX, plan, embedded())) is None) == (after < 12)


@pytest.mark.parametrize("done", [1, 3])
def test_kept_takes_the_mean_of_the_flips_made_so_far(done: int) -> None:
    y = noisy(scene(96, 96, seed=2), 15)
    plan = replace(planned(y, theta_of(noise_file=15)), flips=8)
    count, blocks = 0, 0

    def counting() -> None:
        nonlocal blocks
        blocks += 1

    def hook() -> None:
        nonlocal count
        count += 1
        if count > done * blocks:
            raise Enough

    once = replace(plan, flips=1)
    restore_window(to_tensor(y), BOX, once, embedded(), counting, lambda *_: None)
    kept = Kept()
    made = restore_window(to_tensor(y), BOX, plan, embedded(), hook, lambda *_: None, kept)
    expected, _ = window(y, replace(plan, flips=done))
    assert made.calls == done
    assert torch.allclose(made.full, expected.full, atol=1e-6)
    assert kept.get(clean_key(BOX, plan, embedded())) is None


def test_amounts_put_back_what_they_leave() -> None:
    """All amounts at 0: the photo itself again, by physics; in between, in between."""
    values = {"light_ev": 1.5, "haze_depth": 0.5, "colour_temperature": 40.0, "noise_file": 6.0}
    x = scene(96, 96, seed=2)
    y = bad(x, **values)
    plan = planned(y, theta_of(**values))
    restored, _ = window(y, plan)
    points = Pointwise(plan.theta, Fields())

    def at(amount: float) -> Pixels:
        amounts = Amounts(dict.fromkeys(("haze", "light", "colour", "noise", "jpeg", "blur"), amount))
        return to_pixels(finish(to_tensor(y), restored, plan, points, amounts, 1.0))

    distances = [np.abs(at(a) - y).mean() for a in (0, 0.25, 0.5, 0.75, 1)]
    assert distances[0] < 0.6 / 255
    assert distances == sorted(distances)
    assert distances[-1] > 10 / 255


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_strength_blends_with_the_photo(strength: float) -> None:
    y = noisy(scene(64, 64), 12)
    plan = planned(y, theta_of(noise_file=12))
    restored, _ = window(y, plan)
    made = finish(to_tensor(y), restored, plan, Pointwise(plan.theta, Fields()), FULL, strength)
    expected = to_tensor(y) + strength * (restored.full - to_tensor(y))
    assert torch.allclose(made, expected, atol=1e-6)


def test_remaining_is_neutral_at_full_amounts() -> None:
    theta = theta_of(light_ev=2, light_midtones=1.5, haze_depth=1, colour_tint=9, noise_file=5, blur_sigma=1)
    neutral = ParameterVector().values()
    left = remaining(theta, FULL)
    assert all(left[n] == neutral[n] for n in ("light.ev", "light.midtones", "haze.depth", "noise.file"))
    half = remaining(theta, Amounts({"light": 0.5, "haze": 0.25}))
    assert half["light.ev"] == 1
    assert half["light.midtones"] == pytest.approx(1.5**0.5)
    assert half["haze.depth"] == 0.75


def test_inner_edges_fade_into_their_blur_and_the_middle_stays() -> None:
    y = scene(128, 128)
    plan = replace(planned(y, theta_of(blur_focus=2)), size=(400, 400))
    inner = to_pixels(tapered(to_tensor(y), plan, (100, 100, 128, 128)))
    assert np.abs(inner - y)[40:88, 40:88].max() < 1e-6
    assert np.abs(inner[:3] - y[:3]).max() > 0.02


def test_small_keeps_the_mean_and_the_proportions() -> None:
    x = to_tensor(scene(90, 180))
    assert small(x, 60).shape[-2:] == (30, 60)
    assert small(x, 60).mean().item() == pytest.approx(x.mean().item(), abs=1e-3)
    assert small(x, 200) is x


def test_the_right_sigma_is_accepted_and_a_wrong_one_is_not() -> None:
    x = scene(160, 160, seed=2)
    y = noisy(x, 15)
    for told, accepted in ((15, True), (6, False), (40, False)):
        plan = planned(y, ParameterVector().with_values({"noise.file": told}))
        verdict = probe(y, plan, embedded(), nothing, Kept(0)).verdict
        assert verdict.accepted is accepted


def test_an_answer_that_breaks_out_into_a_lattice_is_not_believed_there() -> None:
    rows, columns = torch.meshgrid(torch.arange(96), torch.arange(96), indexing="ij")
    z = (0.3 + 0.2 * rows / 96).expand(1, 3, 96, 96)
    lattice = torch.where((rows + columns) % 2 == 0, 0.1, -0.1) * ((rows - 48).abs() < 12)
    answer = z + 0.02 + lattice
    kept = believable(answer, z)
    assert (kept - z)[..., 40:56, :].abs().max() < 0.03
    assert torch.allclose(kept[..., :12, 8:-8], answer[..., :12, 8:-8], atol=1e-6)
    assert torch.allclose(believable(z + 0.02, z), z + 0.02, atol=1e-6)


@pytest.mark.parametrize("soft", [True, False])
def test_a_blur_that_was_not_there_is_missed_in_the_residual(soft: bool) -> None:
    """Also where so little noise is there that a true blur, undone, leaves a residual well above it."""
    theta = theta_of(blur_sigma=1.6, noise_file=1.5)
    x = scene(160, 160, seed=2)
    y = bad(x, 1, blur_sigma=1.6, noise_file=1.5) if soft else noisy(x, 1.5)
    tested = probe(y, planned(y, theta), embedded(), nothing, Kept(0))
    assert (tested.missed < MISSED) is soft


def test_a_result_that_kept_the_noise_or_ate_the_picture_is_not_accepted() -> None:
    x, theta = scene(160, 160, seed=2), theta_of(noise_file=10)
    y = noisy(x, 10)
    assert judge(to_tensor(y), to_tensor(x), theta, Fields(), embedded()).std == pytest.approx(1, abs=0.05)
    assert not judge(to_tensor(y), to_tensor(y), theta, Fields(), embedded()).accepted
    flat = torch.full((1, 3, 160, 160), float(x.mean()))
    eaten = judge(to_tensor(y), flat, theta, Fields(), embedded())
    assert not eaten.accepted
    assert eaten.white > 0.5


def test_clipped_pictures_are_not_judged() -> None:
    y = torch.zeros(1, 3, 64, 64)
    assert judge(y, y, theta_of(noise_file=10), Fields(), embedded()).accepted


@pytest.mark.parametrize(
    "values", [{"blur_sigma": 1.6}, {"blur_focus": 4.0}, {"blur_length": 16.0}], ids="+".join
)
def test_a_window_with_its_context_answers_as_the_whole(
    exact_prior: EmbeddedPrior, values: dict[str, float]
) -> None:
    y = bad(scene(96, 360, seed=5), noise_file=2.0, **values)
    plan = make_plan(y, theta_of(noise_file=2.0, **values), Maps(), FULL, exact_prior, False, None)
    left = (200 - plan.context) // 8 * 8
    whole, part = (
        restore_window(to_tensor(y[:, x:]), (x, 0, 360 - x, 96), plan, exact_prior, nothing, lambda *_: None)
        for x in (0, left)
    )
    there, here = whole.full[..., 200:280], part.full[..., 200 - left : 280 - left]
    assert left > 0
    assert (here - there).abs().max() < 1 / 255
    assert (there - to_tensor(y)[..., 200:280]).abs().max() > 0.05
