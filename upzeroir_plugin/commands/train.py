"""`upzeroir train`: the embedded prior's training run with its residuals, the latent prior's, or the estimator's."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from dataclasses import replace

from upzeroir_plugin.errors import UnreadableError


def run(args: Namespace) -> int:
    """Train for the time given (or go on with a stopped run), then measure the residual table. Returns 0."""
    from upzeroir_plugin.prior.calibrate import calibrate
    from upzeroir_plugin.prior.embedded import WEIGHTS, EmbeddedPrior
    from upzeroir_plugin.prior.store import FOLDER
    from upzeroir_plugin.prior.train import Recipe, train

    if not args.folder.is_dir():
        raise UnreadableError(f"{args.folder} is no folder.", "Give a folder of clean photos.")
    if args.estimator or args.dark or args.kind:
        args.output.mkdir(parents=True, exist_ok=True)
        return _estimator(args)
    if args.latent:
        return _latent(args)
    start = args.start or FOLDER
    EmbeddedPrior(start)  # refused here rather than after the training
    args.output.mkdir(parents=True, exist_ok=True)
    if start.resolve() != args.output.resolve():
        name = "residuals.json"  # holds until the new one is measured
        shutil.copy(start / name, args.output / name)
    train(args.folder, args.output / WEIGHTS, Recipe(args.minutes), start / WEIGHTS, args.threads)
    print(json.dumps(calibrate(args.output, args.folder), indent=1))
    return 0


def _latent(args: Namespace) -> int:
    """Train the autoencoder for 60 % of the time and the denoiser of its codes for the rest. Returns 0."""
    import torch

    from upzeroir_plugin.prior.train_latent import RECIPE, train_autoencoder, train_denoiser

    torch.set_num_threads(args.threads)
    args.output.mkdir(parents=True, exist_ok=True)
    train_autoencoder(args.folder, args.output, replace(RECIPE, minutes=0.6 * args.minutes))
    train_denoiser(args.folder, args.output, replace(RECIPE, minutes=0.4 * args.minutes))
    return 0


def _estimator(args: Namespace) -> int:
    """Train the learned estimator on the photos that neither the validation nor the intent set holds. Returns 0."""
    import torch

    from upzeroir_plugin.estimate import kind, learned, train_kind
    from upzeroir_plugin.estimate.simulate import DARK_SHARES, SHARES
    from upzeroir_plugin.estimate.train import RECIPE, train
    from upzeroir_plugin.prior.pictures import intents, split

    torch.set_num_threads(args.threads)
    kept_back = {name for name, _ in intents()}
    paths = [path for path in split(args.folder)[0] if path.name not in kept_back]
    if args.kind:
        estimator = args.start / learned.FILE.name if args.start else learned.FILE
        train_kind.train(paths, args.output / kind.NAME, args.minutes, estimator)
        return 0
    file, start, shares = (
        (learned.DARK, learned.FILE, DARK_SHARES) if args.dark else (learned.FILE, None, SHARES)
    )
    if args.start:
        start = args.start / file.name
    train(paths, args.output / file.name, replace(RECIPE, minutes=args.minutes), start, shares)
    return 0
