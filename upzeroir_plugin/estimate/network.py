"""The learned estimator's network, said once for two kinds of arithmetic: numpy to run it, torch to train it.

A small view of the photo goes through three scales of dilated residual blocks; what they saw is pooled and joined with
quantiles of the photo's tones. Out come presence, mean and spread of each parameter, the tones that the photo should
have, and the shape of the veil.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from upzeroir_plugin.estimate.view import Array, luma

WIDTHS = (24, 48, 96)
DILATIONS = ((1,), (1, 2, 4), (1, 2))
HIDDEN = 160
PLANES = 7
"""The view, the view with its white point at 1, and the height in the picture."""
QUANTILES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
GREYS = 8
TONES = 2 * 6 * len(QUANTILES) + GREYS
PARAMETERS = 8
GROUPS = 3
BLACK, MIDDLE, WHITE = 0.005, (0.05, 0.2, 0.4, 0.6, 0.8, 0.95), 0.998
WANTED = 2 + len(MIDDLE)
"""Tones that a photo should have, as far as the network can tell: a quantile of the least channel (finished photos have
something black), quantiles of luma, and one of the greatest channel (and something white)."""
PARTS = (GROUPS, PARAMETERS, PARAMETERS, WANTED, WANTED)
"""Outputs: logits of presence; means and logarithms of standard deviations of scaled parameters; logits of the wanted
tones and logarithms of their standard deviations."""
OUTPUTS = sum(PARTS)
FEATURES = 2 * WIDTHS[2] + WIDTHS[1] + TONES + 3 * WIDTHS[0] + 2 * WIDTHS[1]
"""What `kind.py` tells the kind of picture from: all that is pooled, and how large and uneven the fine scales are."""


class Ops(Protocol):
    """The few operations that the network is made of, on arrays (B, C, H, W) or (B, N) of either library."""

    def conv(self, x: Any, weight: Any, bias: Any, dilation: int) -> Any:
        """Convolution, zeros beyond the border, size kept; weight (out, in, k, k)."""

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        """(B, N) · weight (M, N) + bias."""

    def relu(self, x: Any) -> Any:
        """Positive part."""

    def fold(self, x: Any) -> Any:
        """Space to depth by 2: (B, C, H, W) to (B, 4C, H/2, W/2)."""

    def unfold(self, x: Any, like: Any) -> Any:
        """Each pixel repeated 2 × 2, cut to the size of `like`."""

    def spread(self, x: Any, like: Any) -> Any:
        """(B, N) over the pixels of `like`: (B, N, H, W)."""

    def mean(self, x: Any) -> Any:
        """Mean over pixels: (B, C)."""

    def peak(self, x: Any) -> Any:
        """Maximum over pixels: (B, C)."""

    def join(self, parts: Sequence[Any]) -> Any:
        """Side by side along channels."""


def forward(view: Any, tones: Any, weights: Mapping[str, Any], ops: Ops) -> tuple[Any, Any, Any]:
    """Outputs (B, `OUTPUTS`), the logarithm of the depth map (B, 1, H/4, W/4), and features (B, `FEATURES`).

    view (B, `PLANES`, H, W), H and W multiples of 8; tones (B, `TONES`). Outputs as `PARTS` says.
    """
    scales = []
    x = view
    for level, dilations in enumerate(DILATIONS):
        x = ops.relu(_conv(ops.fold(x), weights, f"in{level}", ops))
        for index, dilation in enumerate(dilations):
            name = f"block{level}.{index}"
            inner = ops.relu(_conv(x, weights, f"{name}.a", ops, dilation))
            x = x + _conv(inner, weights, f"{name}.b", ops, dilation)
        scales.append(x)
    pooled = ops.join([ops.mean(scales[2]), ops.peak(scales[2]), ops.mean(scales[1]), tones])
    hidden = ops.relu(ops.linear(pooled, weights["hidden.weight"], weights["hidden.bias"]))
    hidden = ops.relu(ops.linear(hidden, weights["hidden2.weight"], weights["hidden2.bias"]))
    outputs = ops.linear(hidden, weights["out.weight"], weights["out.bias"])
    finest, fine = scales[:2]
    coarse = ops.unfold(_conv(scales[2], weights, "up", ops), fine)
    word = ops.linear(hidden, weights["word.weight"], weights["word.bias"])
    joined = ops.join([fine, coarse, ops.spread(word, fine)])
    depth = _conv(ops.relu(_conv(joined, weights, "depth.a", ops)), weights, "depth.b", ops)
    uneven = [ops.mean(finest), ops.peak(finest), ops.mean(finest**2), ops.peak(fine), ops.mean(fine**2)]
    return outputs, depth, ops.join([pooled, *uneven])


def shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight."""
    found: dict[str, tuple[int, ...]] = {}

    def conv(name: str, inside: int, outside: int, side: int = 3) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = (outside, inside, side, side), (outside,)

    def linear(name: str, inside: int, outside: int) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = (outside, inside), (outside,)

    inside = PLANES
    for level, (width, dilations) in enumerate(zip(WIDTHS, DILATIONS, strict=True)):
        conv(f"in{level}", 4 * inside, width, 3 if level == 0 else 1)
        for index in range(len(dilations)):
            conv(f"block{level}.{index}.a", width, width)
            conv(f"block{level}.{index}.b", width, width)
        inside = width
    linear("hidden", 2 * WIDTHS[2] + WIDTHS[1] + TONES, HIDDEN)
    linear("hidden2", HIDDEN, HIDDEN)
    linear("out", HIDDEN, OUTPUTS)
    linear("word", HIDDEN, 32)
    conv("up", WIDTHS[2], 32, 1)
    conv("depth.a", WIDTHS[1] + 64, 32)
    conv("depth.b", 32, 1, 1)
    return found


def planes(view: Array) -> Array:
    """What the network sees of a view (h, w, 3): (`PLANES`, H, W) with sides padded to multiples of 8."""
    white = max(float(np.quantile(view.max(2), 0.999)), 0.02)
    height = np.broadcast_to(
        np.linspace(-1, 1, view.shape[0], dtype=np.float32)[:, None, None], (*view.shape[:2], 1)
    )
    stack = np.concatenate([view * 2 - 1, view * np.float32(2 / white) - 1, height], 2, dtype=np.float32)
    pad = [(0, -n % 8) for n in view.shape[:2]]
    return np.pad(stack, (*pad, (0, 0)), mode="edge").transpose(2, 0, 1)


def tones_of(view: Array) -> Array:
    """(`TONES`,): quantiles of the channels, their minimum and maximum and luma, plain and as logarithms; greys."""
    flat = view.reshape(-1, 3)
    rows = [*flat.T, flat.min(1), flat.max(1), luma(flat)]
    found = np.quantile(np.stack(rows), QUANTILES, axis=1).ravel()
    return np.concatenate([2 * found - 1, np.log(found + 0.01) / 2 + 1, _greys(view)]).astype(np.float32)


def has(view: Array) -> Array:
    """The tones (`WANTED`,) of a view (h, w, 3) or of (n, 1, 3) pixels, as `learned.Learned.wanted` has them."""
    flat = view.reshape(-1, 3)
    middle = np.quantile(luma(flat), MIDDLE)
    ends = np.quantile(flat.min(1), BLACK), np.quantile(flat.max(1), WHITE)
    found: Array = np.array([ends[0], *middle, ends[1]], np.float32)
    return found


def _greys(view: Array) -> Array:
    """(`GREYS`,): red and blue over green, as logarithms, of four guesses at what grey looks like in a view.

    The mean, shades of grey (p = 6, Finlayson and Trezzi 2004), grey edges (van de Weijer 2007), the least coloured
    tenth.
    """
    flat = view.reshape(-1, 3) + np.float32(0.01)
    least = flat.min(1) / flat.max(1)
    across = np.abs(np.diff(view, axis=1)).reshape(-1, 3) if view.shape[1] > 1 else flat
    guesses = [
        flat.mean(0),
        (flat**6).mean(0) ** (1 / 6),
        (across**6).mean(0) ** (1 / 6) + np.float32(1e-4),
        flat[least >= np.quantile(least, 0.9)].mean(0),
    ]
    logs = np.log(np.stack(guesses))
    found: Array = (4 * (logs[:, [0, 2]] - logs[:, 1:2])).ravel().clip(-4, 4)
    return found


class NumpyOps:
    """`Ops` in numpy."""

    def conv(self, x: Array, weight: Array, bias: Array, dilation: int) -> Array:
        """Sum over taps of matrix products."""
        side = weight.shape[2]
        reach = dilation * (side // 2)
        batch, _, height, width = x.shape
        wide = np.pad(x, ((0, 0), (0, 0), (reach, reach), (reach, reach)))
        out = np.zeros((batch, weight.shape[0], height * width), np.float32)
        for row in range(side):
            for column in range(side):
                top, left = row * dilation, column * dilation
                part = wide[:, :, top : top + height, left : left + width]
                out += weight[:, :, row, column] @ part.reshape(batch, x.shape[1], -1)
        return out.reshape(batch, -1, height, width) + bias[:, None, None]

    def linear(self, x: Array, weight: Array, bias: Array) -> Array:
        """Matrix product."""
        return x @ weight.T + bias

    def relu(self, x: Array) -> Array:
        """Positive part."""
        return np.maximum(x, 0)

    def fold(self, x: Array) -> Array:
        """As torch's pixel_unshuffle."""
        batch, channels, height, width = x.shape
        parts = x.reshape(batch, channels, height // 2, 2, width // 2, 2).transpose(0, 1, 3, 5, 2, 4)
        return parts.reshape(batch, 4 * channels, height // 2, width // 2)

    def unfold(self, x: Array, like: Array) -> Array:
        """Nearest neighbours."""
        return x.repeat(2, 2).repeat(2, 3)[:, :, : like.shape[2], : like.shape[3]]

    def spread(self, x: Array, like: Array) -> Array:
        """Broadcast."""
        return np.broadcast_to(x[:, :, None, None], (*x.shape, *like.shape[2:]))

    def mean(self, x: Array) -> Array:
        """Over pixels."""
        average: Array = x.mean((2, 3))
        return average

    def peak(self, x: Array) -> Array:
        """Over pixels."""
        most: Array = x.max((2, 3))
        return most

    def join(self, parts: Sequence[Array]) -> Array:
        """Concatenate."""
        return np.concatenate(parts, 1)


def _conv(x: Any, weights: Mapping[str, Any], name: str, ops: Ops, dilation: int = 1) -> Any:
    return ops.conv(x, weights[f"{name}.weight"], weights[f"{name}.bias"], dilation)
