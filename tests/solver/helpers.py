"""What tests of the solver share."""

from __future__ import annotations

from tests.pictures import Pixels
from upzeroir_plugin.maps import Maps
from upzeroir_plugin.parameters import Amounts, ParameterVector
from upzeroir_plugin.prior.embedded import embedded
from upzeroir_plugin.solver.annealed import make_plan
from upzeroir_plugin.solver.plan import Plan


def theta_of(**values: float) -> ParameterVector:
    """θ as the user pinned it; _ for the dot, such as light_ev=2."""
    return ParameterVector().pinned({n.replace("_", ".", 1): v for n, v in values.items()})


def automatic(**values: float) -> ParameterVector:
    """The same as it is found, with nothing pinned."""
    return ParameterVector().with_values({n.replace("_", ".", 1): v for n, v in values.items()})


def planned(y: Pixels, theta: ParameterVector, steps: int | None = None) -> Plan:
    """The plan of `fast` with the embedded prior, without maps."""
    return make_plan(y, theta, Maps(), Amounts(), embedded(), False, steps)


def nothing() -> None:
    """A hook that lets everything pass."""
