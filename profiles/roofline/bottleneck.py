"""What a model spends its time on, in the words in which DeepRecSys classes models."""

from __future__ import annotations

from ..model.operator_costs import ATTENTION, EMBEDDING, MLP, RECURRENT
from .operator_times import OperatorTimes

_CLASSES = {
    EMBEDDING: "embedding",
    MLP: "mlp",
    ATTENTION: "embedding and attention",
    RECURRENT: "attention-based gru",
}


def bottleneck(times: OperatorTimes, batch: int = 0) -> str:
    """Return the part of the model that takes the most time at a batch size.

    What weighs the states of recurrent layers is one part with them.

    Parameters
    ----------
    times : OperatorTimes
        Times of its operators.
    batch : int
        Position of the batch size.

    Returns
    -------
    str
        ``"embedding"``, ``"mlp"``, ``"embedding and attention"`` or ``"attention-based gru"``.

    Examples
    --------
    >>> from recplan.profiles.roofline.calibration import calibration
    >>> from recplan.profiles.roofline.hardware import known_hardware
    >>> from recplan.profiles.model.operator_table import model_costs
    >>> from recplan.profiles.roofline.operator_times import processor_times
    >>> shares = calibration().processor
    >>> bottleneck(processor_times(model_costs("dlrm-rmc2"), known_hardware()["skylake"], shares, 64))
    'embedding'
    """
    seconds: dict[str, float] = {}
    for operator, time in zip(times.operators, times.seconds[:, batch].tolist(), strict=True):
        seconds[operator.part] = seconds.get(operator.part, 0.0) + time
    if RECURRENT in seconds:
        seconds[RECURRENT] += seconds.pop(ATTENTION, 0.0)
    return _CLASSES[max(seconds, key=seconds.__getitem__)]
