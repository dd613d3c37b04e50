from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from torch import Tensor

from upzeroir_plugin.parameters import ParameterVector
from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.physics.jpeg import Jpeg, equivalent_sigma
from upzeroir_plugin.physics.jpeg_tables import ijg_tables

NEUTRAL = ParameterVector().values()


def pixels(height: int = 104, width: int = 120) -> np.ndarray:
    """Coloured texture of every scale, with edges, away from the ends of the range."""
    rng = np.random.default_rng(4)
    noise = [
        sum(ndimage.gaussian_filter(rng.normal(0, s, (120, 120)), s) for s in (1, 3, 9)) for _ in range(3)
    ]
    scene: np.ndarray = 110 + 40 * np.stack(noise, -1)
    scene[40:, 50:] += [40, 10, -30]
    return scene.clip(20, 235).astype(np.uint8)[:height, :width]


def tensor(image: np.ndarray) -> Tensor:
    return torch.from_numpy(image.astype(np.float64) / 255).permute(2, 0, 1)[None]


def compress(x: Tensor, quality: float) -> Tensor:
    return Jpeg()(x, {**NEUTRAL, "jpeg.quality": quality}, Fields())


def by_pillow(image: np.ndarray, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=0)
    return Image.open(buffer)


@pytest.mark.parametrize("quality", [1, 10, 25, 49, 50, 51, 75, 90, 99, 100])
def test_tables_are_those_that_libjpeg_writes(quality: int) -> None:
    written = by_pillow(pixels(), quality).quantization  # type: ignore[attr-defined]
    for index, table in enumerate(ijg_tables(quality)):
        assert list(np.ravel(table)) == list(written[index])


@pytest.mark.parametrize("quality", [0, 101, -3])
def test_tables_of_no_quality_are_refused(quality: int) -> None:
    with pytest.raises(ValueError, match=f"{quality} is not in 1 to 100"):
        ijg_tables(quality)


@pytest.mark.parametrize("quality", [8, 20, 50, 75, 90])
@pytest.mark.parametrize("size", [(104, 120), (61, 83)])
def test_forward_agrees_with_pillow_within_rounding(quality: int, size: tuple[int, int]) -> None:
    """libjpeg's integer DCT tips the few coefficients that lie within 0.02 of a tie (measured). A wrong table
    or transform would be off by as much as compression itself."""
    image = pixels(*size)
    ours = (compress(tensor(image), quality).clamp(0, 1) * 255)[0].permute(1, 2, 0).numpy()
    theirs = np.asarray(by_pillow(image, quality)).astype(float)
    error = np.abs(ours - theirs)
    assert np.median(error) < 0.5
    assert np.quantile(error, 0.8) < 1.5
    damage = np.sqrt(((theirs - image) ** 2).mean())
    assert np.sqrt((error**2).mean()) < 0.1 * damage + 0.9


def test_gradient_is_straight_through() -> None:
    """Rounding counts as the identity, so the whole operator's derivative in x is the identity."""
    x, r = tensor(pixels(64, 80)), torch.rand(1, 3, 64, 80, dtype=torch.float64)
    x.requires_grad_()
    (compress(x, 20) * r).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert torch.allclose(x.grad, r, atol=1e-5)


def test_gradient_reaches_the_quality() -> None:
    quality = torch.tensor(30.0, dtype=torch.float64, requires_grad=True)
    x = tensor(pixels())
    y = Jpeg()(x, {**NEUTRAL, "jpeg.quality": quality}, Fields())
    (y - x).square().mean().backward()  # type: ignore[no-untyped-call]
    assert quality.grad is not None
    assert quality.grad < 0


def test_worse_quality_does_more_damage_as_equivalent_sigma_says() -> None:
    x = tensor(pixels())
    errors = [float((compress(x, q) - x).square().mean().sqrt()) for q in (10, 30, 60, 90)]
    foreseen = [equivalent_sigma(q) for q in (10, 30, 60, 90)]
    assert errors == sorted(errors, reverse=True)
    assert foreseen == sorted(foreseen, reverse=True)
