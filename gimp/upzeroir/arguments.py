"""The procedures' arguments, made from the table of parameters, and what a set of them asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gi.repository import Gimp, GObject
from texts import _

if TYPE_CHECKING:
    from upzeroir_plugin.parameters import GROUP_LABELS, GROUPS, PARAMETERS
else:
    from parameters import GROUP_LABELS, GROUPS, PARAMETERS

NEW_LAYER, NEW_LAYER_MASK, REPLACE = "new-layer", "new-layer-mask", "replace"
AUTO = "-auto"
BOTH = GObject.ParamFlags.READWRITE


class WrongArguments(ValueError):
    """Arguments that contradict each other, in words."""


@dataclass(frozen=True)
class Wish:
    """What is asked for. `pins`: {parameter: value}; `amount` 0–1 and `on` by group; `steps` 0: as many as needed."""

    pins: dict[str, float] = field(default_factory=dict)
    amount: dict[str, float] = field(default_factory=dict)
    on: dict[str, bool] = field(default_factory=dict)
    strength: float = 1.0
    effort: str = "fast"
    steps: int = 0
    seed: int = 0
    output: str = NEW_LAYER

    def order(self) -> dict[str, Any]:
        """The entries of a job (docs/api.md) but for photo, parameters, region and mask."""
        return {
            "amounts": {"amount": self.amount, "on": self.on},
            "strength": self.strength,
            "effort": self.effort,
            "steps": self.steps or None,
            "seed": self.seed,
        }


def argument(parameter: str) -> str:
    """The argument's name of a parameter: noise.read → noise-read."""
    return parameter.replace(".", "-")


def efforts() -> list[tuple[str, str, str]]:
    """(name, label, help) of every effort."""
    return [
        ("fast", _("Fast"), _("Seconds for a small photo; good for most.")),
        ("thorough", _("Thorough"), _("More passes over the photo; several times slower.")),
        ("guided", _("Guided"), _("The paper's method: slow, for photos of at most one megapixel.")),
    ]


def outputs() -> list[tuple[str, str, str]]:
    """(name, label, help) of every place that a result may go to."""
    return [
        (NEW_LAYER, _("New layer"), _("Above the original, which stays as it is.")),
        (
            NEW_LAYER_MASK,
            _("New layer with mask from the selection"),
            _("The selection becomes the new layer's mask."),
        ),
        (REPLACE, _("Replace"), _("The layer's own pixels are changed.")),
    ]


def register(procedure: Any) -> None:
    """Give a procedure all arguments of a restoration."""
    register_pins(procedure)
    for group in GROUPS:
        label = _(GROUP_LABELS[group])
        procedure.add_boolean_argument(
            f"{group}-on", _("{}: on").format(label), _("Whether to undo this at all."), True, BOTH
        )
        procedure.add_double_argument(
            f"{group}-amount", _("{}: amount").format(label), _("How much of it to undo, 0 to 1."), 0.0, 1.0, 1.0, BOTH
        )  # fmt: skip
    procedure.add_double_argument(
        "strength", _("Strength"), _("Blend of the whole with the original, 0 to 1."), 0.0, 1.0, 1.0, BOTH
    )
    procedure.add_choice_argument(
        "effort", _("Effort"), _("How much work to spend."), _choice(efforts()), "fast", BOTH
    )
    procedure.add_int_argument(
        "steps", _("Steps"), _("Network calls of the iterative part, 1 to 1000; 0: as needed."), 0, 1000, 0, BOTH
    )  # fmt: skip
    procedure.add_int_argument("seed", _("Seed"), _("Seed of what is random."), 0, 2**31 - 1, 0, BOTH)
    procedure.add_choice_argument(
        "output", _("Output"), _("Where the result goes."), _choice(outputs()), NEW_LAYER, BOTH
    )


def register_pins(procedure: Any) -> None:
    """Give a procedure the parameters: a value each, and whether it is found automatically."""
    for row in PARAMETERS:
        label = _(row.label)
        span = _("{low:g} to {high:g} {unit}").format(low=row.low, high=row.high, unit=row.unit).strip()
        procedure.add_double_argument(
            argument(row.name), label, f"{_(row.help)} ({span})", row.low, row.high, row.neutral, BOTH
        )
        procedure.add_boolean_argument(
            argument(row.name) + AUTO, _("{}: automatic").format(label),
            _("Found from the photo; the value given counts only when this is off."), True, BOTH,
        )  # fmt: skip


def pins(config: Any, strict: bool) -> dict[str, float]:
    """{parameter: value} of what is not automatic. `strict`: a value given that would not count is an error."""
    found = {}
    for row in PARAMETERS:
        name = argument(row.name)
        value = float(config.get_property(name))
        if not config.get_property(name + AUTO):
            found[row.name] = row.check(value)
        elif strict and value != row.neutral:
            raise WrongArguments(
                _("{name} was given, but counts only with {name}-auto off.").format(name=name)
            )
    return found


def wish(config: Any, strict: bool = False) -> Wish:
    """What a config asks for. Raises WrongArguments."""
    get = config.get_property
    return Wish(
        pins=pins(config, strict),
        amount={group: float(get(f"{group}-amount")) for group in GROUPS},
        on={group: bool(get(f"{group}-on")) for group in GROUPS},
        strength=float(get("strength")),
        effort=str(get("effort")),
        steps=int(get("steps")),
        seed=int(get("seed")),
        output=str(get("output")),
    )


def _choice(rows: list[tuple[str, str, str]]) -> Any:
    choice = Gimp.Choice.new()
    for number, (name, label, text) in enumerate(rows):
        choice.add(name, number, label, text)
    return choice
