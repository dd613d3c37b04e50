"""The optimiser of convolutions: what orthogonal means, which weights it takes, and that it descends."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from upzeroir_plugin.prior.muon import Muon, orthogonal, parts
from upzeroir_plugin.prior.unet import DenoiserUNet


@pytest.mark.parametrize("shape", [(32, 288), (288, 32), (64, 64)])
def test_singular_values_become_about_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(shape) @ torch.diag(torch.linspace(0.2, 3, shape[1]))
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert values.max() < 1.25
    assert values.median() > 0.65


def test_its_directions_are_the_matrix_s_own() -> None:
    torch.manual_seed(0)
    matrix = torch.randn(40, 90)
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    wanted = left @ right
    found = orthogonal(matrix)
    assert float((found * wanted).sum() / (found.norm() * wanted.norm())) > 0.97


def test_nothing_stays_nothing() -> None:
    assert torch.equal(orthogonal(torch.zeros(32, 64)), torch.zeros(32, 64))


def test_it_takes_inner_convolutions_only() -> None:
    net = DenoiserUNet()
    inner, rest = parts(net)
    names = {id(p): name for name, p in net.named_parameters()}
    taken = {names[id(p)] for p in inner}
    assert {"d.0.0.a.weight", "dn.0.weight", "up.1.weight", "u.0.1.b.weight"} <= taken
    assert not taken & {"inp.weight", "out.weight", "d.0.0.a.bias"}
    assert len(inner) + len(rest) == len(names)


def test_a_step_is_as_long_as_the_rate_says_whatever_the_gradient() -> None:
    weight = nn.Parameter(torch.zeros(64, 64, 3, 3))
    optimiser = Muon([weight], 1e-3)
    torch.manual_seed(0)
    weight.grad = 1e4 * torch.randn_like(weight)
    optimiser.step()
    assert float(weight.detach().square().mean().sqrt()) == pytest.approx(0.2e-3, rel=0.25)


def test_it_descends_where_directions_differ_in_strength() -> None:
    torch.manual_seed(0)
    scales = torch.logspace(0, -2, 32)
    wanted = torch.randn(32, 32)
    weight = nn.Parameter(torch.zeros(32, 32))
    optimiser = Muon([weight], 0.05)
    losses = []
    for step in range(200):
        optimiser.param_groups[0]["lr"] = 0.05 * (1 - step / 200)
        optimiser.zero_grad()
        loss = ((weight - wanted) * scales).square().mean()
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    assert losses[-1] < 0.05 * losses[0]
