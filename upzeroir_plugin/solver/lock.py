"""What an autoencoder does to a picture's colours at low frequency, and how its codes look without decoding them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PATCH = 32
RIDGE = 1e-3


def low(x: Tensor) -> Tensor:
    """The part of a picture (1, C, H, W) that is smooth over 32 px."""
    blocks = F.avg_pool2d(x, PATCH, PATCH, ceil_mode=True, count_include_pad=False)
    return F.interpolate(blocks, size=x.shape[-2:], mode="bilinear", align_corners=False)


class Look:
    """Linear pictures of codes, fitted to one photo: RGB ≈ M·code + b, at the code's own size."""

    def __init__(self, x: Tensor, code: Tensor) -> None:
        """`x` (1, 3, h·f, w·f) is what `code` (1, C, h, w) was encoded from."""
        small = F.interpolate(x, size=code.shape[-2:], mode="area")
        rows = self._rows(code).double()
        right = small[0].flatten(1).T.double()
        square = rows.T @ rows + RIDGE * len(rows) * torch.eye(rows.shape[1], dtype=rows.dtype)
        self.matrix = torch.linalg.solve(square, rows.T @ right).float()

    def __call__(self, code: Tensor) -> Tensor:
        """A picture (1, 3, h, w) of a code (1, C, h, w)."""
        made: Tensor = (self._rows(code) @ self.matrix).T.reshape(1, 3, *code.shape[-2:])
        return made

    @staticmethod
    def _rows(code: Tensor) -> Tensor:
        flat = code[0].detach().cpu().flatten(1).T
        return torch.cat([flat, torch.ones_like(flat[:, :1])], 1)
