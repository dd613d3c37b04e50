"""What φ and its adversary learn from, piece by piece, while the guided solver walks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from upzeroir_plugin.physics.fields import Fields
from upzeroir_plugin.prior.tiles import Box, Tile
from upzeroir_plugin.solver.degloss import DegLoss, View
from upzeroir_plugin.solver.gennormal import GenNormal
from upzeroir_plugin.solver.pcdm import Redegradation

MOVE_RATE, CRITIC_RATE, PRETRAIN_RATE = 0.02, 1e-4, 5e-3
CROP = 64
Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the window being restored: where it lies in the code, and what the photo is there.

    `code`: its rows and columns in the code; `inner`: of these, what it answers for; `inner_pixels`: the same in px.
    `lift`: what the autoencoder takes from the picture at low frequency.
    """

    tile: Tile
    code: Slices
    inner: tuple[Any, ...]
    place: Fields
    start: Tensor
    view: View
    lift: Tensor | None = None

    @property
    def code_core(self) -> Slices:
        """Rows and columns of the core in the whole code."""
        _, rows, columns = self.inner
        return (
            slice(self.code[0].start + rows.start, self.code[0].start + rows.stop),
            slice(self.code[1].start + columns.start, self.code[1].start + columns.stop),
        )

    @property
    def inner_pixels(self) -> tuple[Any, ...]:
        """The core within the piece's own picture."""
        (x, y, w, h), (left, top, _, _) = self.tile.core, self.tile.window
        return (..., slice(y - top, y - top + h), slice(x - left, x - left + w))


def coded(box: Box, factor: int) -> Slices:
    """Rows and columns of a box (x, y, w, h) px in a code of `factor` px an element."""
    x, y, w, h = (n // factor for n in box)
    return slice(y, y + h), slice(x, x + w)


def inner(tile: Tile, factor: int) -> tuple[Any, ...]:
    """The core's place within the code of the tile's window."""
    (x, y, w, h), (left, top, _, _) = tile.core, tile.window
    rows, columns = coded((x - left, y - top, w, h), factor)
    return (..., rows, columns)


class Teacher:
    """Adam for φ and for its adversary; one of each for a photo, so that nothing is carried to the next."""

    def __init__(self, phi: Redegradation, loss: DegLoss, rate: float) -> None:
        self.phi, self.loss = phi, loss
        groups: list[dict[str, Any]] = []
        if phi.net is not None:
            groups.append({"params": list(phi.net.parameters()), "lr": rate})
        if phi.spread:
            groups.append({"params": list(phi.moves.parameters()), "lr": MOVE_RATE})
        self.optimizer = torch.optim.Adam(groups) if groups else None
        critic = loss.critic
        self.critic_optimizer = None if critic is None else torch.optim.Adam(critic.parameters(), CRITIC_RATE)

    def __call__(self, x: Tensor, piece: Piece, code: Tensor, latent: GenNormal, share: float) -> None:
        """One step on a piece with the scene x, held fixed; `share`: pixels of the photo for each of the piece."""
        with torch.enable_grad():
            made = self.phi(x, piece.place, latent)
            if self.optimizer is not None:
                pixels = x.shape[-2] * x.shape[-1]
                total = self.loss(piece.view, made, code, latent) + self.phi.penalty() / share
                self._step(self.optimizer, total / pixels)
            if self.critic_optimizer is not None:
                self._step(self.critic_optimizer, self.loss.critic_loss(piece.view, made.detach()))

    @staticmethod
    def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


class Pretraining:
    """Fits the bare network to physics(θ), so that all kinds of φ start from the same."""

    def __init__(self, phi: Redegradation) -> None:
        self.phi = phi
        self.optimizer = torch.optim.Adam(phi.parameters(), PRETRAIN_RATE)

    def __call__(self, start: Tensor, place: Fields, latent: GenNormal, generator: torch.Generator) -> float:
        """One step on a crop of the start, lit up and down at random; returns the mean square error."""
        x = start * (0.5 + torch.rand((), generator=generator)).to(start)
        with torch.no_grad():
            target = self.phi.physics(x, place)
        rows, columns = (_crop(n, generator) for n in x.shape[-2:])
        with torch.enable_grad():
            made = self.phi(x[..., rows, columns], place, latent)
            error = (made - target[..., rows, columns]).square().mean()
            Teacher._step(self.optimizer, error)
        return float(error.detach())


def _crop(length: int, generator: torch.Generator) -> slice:
    first = int(torch.randint(max(1, length - CROP + 1), (1,), generator=generator))
    return slice(first, first + CROP)
