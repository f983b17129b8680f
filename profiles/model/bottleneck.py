"""What a model spends its time on, in the words in which DeepRecSys classes models."""

from __future__ import annotations

from ..roofline.operator_times import OperatorTimes
from .operator_costs import OperatorCost

EMBEDDING = "embedding"
MLP = "mlp"
ATTENTION = "embedding and attention"
RECURRENT = "attention-based gru"


def part_of(operator: OperatorCost, operators: tuple[OperatorCost, ...]) -> str:
    """Return the part of the model that an operator belongs to.

    Attention and recurrent layers work on the rows of the behaviours' tables; these lookups are a part of them.

    Parameters
    ----------
    operator : OperatorCost
        One of the model's operators.
    operators : tuple of OperatorCost
        All of them.

    Returns
    -------
    str
        ``"embedding"``, ``"mlp"``, ``"embedding and attention"`` or ``"attention-based gru"``.
    """
    over_behaviours = _over_behaviours(operators)
    if over_behaviours and operator.name.startswith(("attention", "recurrent", "sequence", "behaviour")):
        return over_behaviours
    return EMBEDDING if operator.kind == "embedding" else MLP


def bottleneck(times: OperatorTimes, batch: int = 0) -> str:
    """Return the part of the model that takes the most time at a batch size.

    Parameters
    ----------
    times : OperatorTimes
        Times of its operators.
    batch : int
        Position of the batch size.

    Returns
    -------
    str
        As `part_of`.

    Examples
    --------
    >>> from recplan.profiles.roofline.calibration import calibration
    >>> from recplan.profiles.roofline.hardware import known_hardware
    >>> from recplan.profiles.model.operator_costs import model_costs
    >>> from recplan.profiles.roofline.operator_times import processor_times
    >>> shares = calibration().processor
    >>> bottleneck(processor_times(model_costs("dlrm-rmc2"), known_hardware()["skylake"], shares, 64))
    'embedding'
    """
    seconds: dict[str, float] = {}
    for operator, time in zip(times.operators, times.seconds[:, batch].tolist(), strict=True):
        part = part_of(operator, times.operators)
        seconds[part] = seconds.get(part, 0.0) + time
    return max(seconds, key=seconds.__getitem__)


def _over_behaviours(operators: tuple[OperatorCost, ...]) -> str | None:
    if any(operator.kind == "recurrent" for operator in operators):
        return RECURRENT
    if any(operator.name.startswith("attention") for operator in operators):
        return ATTENTION
    return None
