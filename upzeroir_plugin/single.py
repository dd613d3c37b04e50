"""One photo file restored: what `restore` and `batch` share, so that both give the same, bit for bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from upzeroir_plugin.errors import UnreadableError, UsageError
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.summary import summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from upzeroir_plugin.photo.image import Photo
    from upzeroir_plugin.restore import Options, Result

    Preview = Callable[[NDArray[np.uint8], Photo], None]

Metadata = Literal["keep", "no-gps", "strip"]
NEW_ENDING = {".heic": ".tif", ".heif": ".tif", ".gif": ".png", ".bmp": ".png"}
WRITABLE = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"}
Tell = Callable[[float, str, "float | None"], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with a photo; None means: as the result named by `repeat` was made, else the default.

    `pins`: {parameter: value}. `amounts`: {group: 0–1}. `region`: (x, y, w, h) in px. `max_pixels` in pixels. `mask`: a
    grey picture of the photo's size.
    """

    pins: Mapping[str, float] = field(default_factory=dict)
    amounts: Mapping[str, float] = field(default_factory=dict)
    strength: float | None = None
    effort: str | None = None
    steps: int | None = None
    seed: int | None = None
    region: tuple[int, int, int, int] | None = None
    device: str = "auto"
    prior: str | None = None
    latent_shape: float | None = None
    latent_scale: float | None = None
    metadata: Metadata = "keep"
    max_pixels: float = 150e6
    mask: Path | None = None
    repeat: Path | None = None

    def settings(self) -> dict[str, Any]:
        """Everything that the pixels and metadata of a result depend on, as JSON values."""
        found = asdict(self)
        for name in ("mask", "repeat"):
            found[name] = str(found[name]) if found[name] else None
        return found


def ending(photo: Path) -> str:
    """The result's ending for a photo of that name: its own, if we write such files."""
    own = photo.suffix.lower()
    return photo.suffix if own in WRITABLE else NEW_ENDING.get(own, ".tif")


@dataclass(slots=True)
class Made:
    """A restored photo, not saved yet."""

    source: Photo
    theta: ParameterVector
    options: Options
    result: Result
    order: Order
    other_prior: bool
    began: float
    seconds: dict[str, float]

    @property
    def sentence(self) -> str:
        """What was found."""
        return summary(self.theta)

    def save(self, output: Path, overwrite: bool) -> None:
        """Write it, with its record. Raises OutputExistsError, UnwritableError."""
        from upzeroir_plugin.photo.save import save
        from upzeroir_plugin.restore import record

        save(
            self.result.photo,
            output,
            source=self.source if self.options.region is None else None,
            metadata=self.order.metadata,
            record=record(self.theta, self.options, self.result),
            overwrite=overwrite,
        )

    def report(self) -> dict[str, Any]:
        """What was found and done, as JSON values."""
        result = self.result
        return {
            "summary": self.sentence,
            "parameters": self.theta.to_json(),
            "changed": result.changed,
            "seconds": {**self.seconds, "total": round(time.monotonic() - self.began, 4)},
            "network_calls": result.network_calls,
            "effort": result.effort,
            "solver": result.solver,
            "seed": result.seed,
            "device": result.device,
            "dtype": result.dtype,
            "prior": result.prior,
            "quality": result.quality,
        }


def restore_file(
    path: Path,
    output: Path,
    order: Order,
    overwrite: bool,
    tell: Tell | None = None,
    preview: Preview | None = None,
    theta: ParameterVector | None = None,
) -> Made:
    """Load, estimate, restore; `output` is only checked, before the work. `tell` hears of progress.

    `theta`: what is wrong with it, where that was decided elsewhere (a series); pins still win.

    Raises UnreadableError, TooLargeError, OutputExistsError, UnwritableError, and what `restore` raises.
    """
    from upzeroir_plugin.photo.load import load
    from upzeroir_plugin.photo.save import check_target
    from upzeroir_plugin.restore import estimate

    say = tell or (lambda _done, _label, _eta: None)
    began = time.monotonic()
    say(0, "reading", None)
    photo = load(path, order.max_pixels)
    check_target(photo, output, overwrite)
    old = recorded(order.repeat) if order.repeat else None
    options = _options(order, photo, old)
    say(0, "looking at the photo", None)
    start = time.monotonic()
    found = estimate(photo, dict(order.pins))
    if theta is not None:
        found = replace(found, theta=theta.pinned(dict(order.pins)))
    if old is not None:
        found = replace(found, theta=old.theta.pinned(dict(order.pins)))
    middle = time.monotonic()
    result = _drive(photo, found, options, say, preview)
    seconds = {"estimate": round(middle - start, 4), "restore": round(time.monotonic() - middle, 4)}
    other = old is not None and old.prior != result.prior["sha256"]
    return Made(photo, found.theta, options, result, order, other, began, seconds)


@dataclass(frozen=True, slots=True)
class Old:
    """What made a former result."""

    theta: ParameterVector
    options: Options
    masked: bool
    prior: str


def recorded(path: Path) -> Old:
    """The record of a former result. Raises UnreadableError if there is none, or none that makes sense."""
    from upzeroir_plugin.photo.record import read_record
    from upzeroir_plugin.restore import Options

    found = read_record(path)
    if found is None:
        raise UnreadableError(f"{path} carries no restoration record.", "Give a file that upzeroir restored.")
    try:
        told = found.get("latent") or {}
        options = Options(
            amounts=Amounts.from_json(found["amounts"]),
            strength=float(found["strength"]),
            effort=str(found["effort"]),
            steps=None if found["steps"] is None else int(found["steps"]),
            seed=int(found["seed"]),
            region=tuple(map(int, found["region"])) if found["region"] else None,  # type: ignore[arg-type]
            latent_shape=None if told.get("shape") is None else float(told["shape"]),
            latent_scale=None if told.get("scale") is None else float(told["scale"]),
            prior=_known(str(found["prior"]["name"])),
        )
        theta = ParameterVector.from_json(found["parameters"])
        return Old(theta, options, bool(found["masked"]), str(found["prior"]["sha256"]))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(
            f"The restoration record of {path} is damaged.", "Give another file that upzeroir restored."
        ) from error


def _known(prior: str) -> str:
    """The prior of that name if there is one here; those that were given as a folder are known by no name."""
    from upzeroir_plugin.prior.store import EMBEDDED, place_of

    try:
        place_of(prior, paths=False)
    except UsageError:
        return EMBEDDED
    return prior


def _options(order: Order, photo: Photo, old: Old | None) -> Options:
    """Options of the order; where it says nothing, those of a former result, or the defaults."""
    from upzeroir_plugin.photo.mask import load_mask
    from upzeroir_plugin.restore import Options

    if old is not None and old.masked and order.mask is None:
        raise UsageError(f"{order.repeat} was made with a mask.", "Give it with --mask.")
    options = old.options if old is not None else Options()
    names = ("strength", "effort", "steps", "seed", "region", "prior", "latent_shape", "latent_scale")
    said = {name: getattr(order, name) for name in names}
    return replace(
        options,
        **{name: value for name, value in said.items() if value is not None},
        amounts=Amounts({**options.amounts.amount, **order.amounts}, options.amounts.on),
        mask=load_mask(order.mask, photo.size) if order.mask else None,
        device=order.device,
    )


def _drive(photo: Photo, found: Any, options: Options, tell: Tell, preview: Preview | None) -> Result:
    """Run the restoration, showing progress; closing the iterator on the way out stops its work."""
    from upzeroir_plugin.restore import Progress, restore

    events = restore(photo, found, options)
    shown = None
    try:
        for event in events:
            if isinstance(event, Progress):
                tell(event.done, event.label, event.eta_seconds)
            elif event.result is not None:
                result = event.result
            if preview is not None and event.preview is not None and event.preview is not shown:
                shown = event.preview
                preview(shown, photo)
    finally:
        events.close()  # type: ignore[attr-defined]
    return result
