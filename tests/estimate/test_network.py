from __future__ import annotations

import numpy as np
import torch

from upzeroir_plugin.estimate import network
from upzeroir_plugin.estimate.train import Estimator, TorchOps, from_scaled, gated, to_scaled


def random_weights(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(0, 0.3 / max(np.prod(shape[1:]), 1) ** 0.5, shape).astype(np.float32)
        for name, shape in network.shapes().items()
    }


def test_numpy_and_torch_say_the_same() -> None:
    weights = random_weights(0)
    rng = np.random.default_rng(1)
    view = rng.normal(0, 1, (2, network.PLANES, 24, 40)).astype(np.float32)
    tones = rng.normal(0, 1, (2, network.TONES)).astype(np.float32)
    ours = network.forward(view, tones, weights, network.NumpyOps())
    tensors = {name: torch.from_numpy(value) for name, value in weights.items()}
    theirs = network.forward(torch.from_numpy(view), torch.from_numpy(tones), tensors, TorchOps())
    assert ours[0].shape == (2, network.OUTPUTS)
    assert ours[1].shape == (2, 1, 6, 10)
    assert ours[2].shape == (2, network.FEATURES)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.numpy(), atol=2e-4)


def test_it_is_small() -> None:
    assert sum(int(np.prod(shape)) for shape in network.shapes().values()) <= 1_000_000
    assert sum(p.numel() for p in Estimator().parameters()) <= 1_000_000


def test_planes_are_padded_to_multiples_of_eight() -> None:
    view = np.random.default_rng(2).uniform(0, 0.2, (61, 90, 3)).astype(np.float32)
    planes = network.planes(view)
    assert planes.shape == (network.PLANES, 64, 96)
    np.testing.assert_allclose(planes[:3, :61, :90], view.transpose(2, 0, 1) * 2 - 1, atol=1e-6)
    assert planes[3:6].max() > 0.9, "the second copy has its white point at 1"


def test_one_pixel_is_enough() -> None:
    planes = network.planes(np.full((1, 1, 3), 0.5, np.float32))
    tones = network.tones_of(np.full((1, 1, 3), 0.5, np.float32))
    outputs, depth, _ = network.forward(planes[None], tones[None], random_weights(3), network.NumpyOps())
    assert np.isfinite(outputs).all()
    assert depth.shape == (1, 1, 2, 2)


def test_scaling_and_back() -> None:
    theta = torch.tensor([[0.7, 0.8, 0.85, 0.9, 2.0, 1.3, -40.0, 12.0]])
    torch.testing.assert_close(from_scaled(to_scaled(theta)), theta)


def test_absent_groups_are_neutral() -> None:
    theta = torch.tensor([[0.7, 0.5, 0.5, 0.5, 2.0, 1.3, -40.0, 12.0]])
    neutral = gated(theta, torch.zeros(1, 3))
    torch.testing.assert_close(neutral, torch.tensor([[0.0, 0.9, 0.9, 0.9, 0.0, 1.0, 0.0, 0.0]]))
    torch.testing.assert_close(gated(theta, torch.ones(1, 3)), theta)
