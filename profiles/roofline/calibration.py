"""What hardware achieves of its peaks: the few parameters of the roofline, as fitted to measurements."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CALIBRATION_FILE = Path(__file__).parents[1] / "data" / "calibration.toml"


@dataclass(frozen=True, slots=True)
class ProcessorShares:
    """What a core achieves. Cycles are those of its clock; meanings and sources are in calibration.toml."""

    fc_dispatch_cycles: float
    embedding_dispatch_cycles: float
    concat_dispatch_cycles: float
    concat_input_cycles: float
    elementwise_dispatch_cycles: float
    recurrent_dispatch_cycles: float
    fc_peak_share: float
    fc_fill_width: float
    l2_bytes_per_cycle: float
    l3_bytes_per_cycle: float
    packing_bytes_per_cycle: float
    gather_bytes_per_second: float
    memory_bytes_per_second: float
    copy_bytes_per_cycle: float
    activation_cycles: float
    exponential_cycles: float
    socket_share: float


@dataclass(frozen=True, slots=True)
class CardShares:
    """What an accelerator achieves; meanings and sources are in calibration.toml."""

    inference_seconds: float
    launch_seconds: float
    recurrent_launch_seconds: float
    copy_seconds: float
    segment_seconds: float
    row_seconds: float
    fc_peak_share: float
    weight_share: float
    gather_share: float
    stream_share: float
    transfer_seconds: float
    transfer_share: float


@dataclass(frozen=True, slots=True)
class LoadingCosts:
    """What loading the inputs costs a host thread, in cycles of its clock; see calibration.toml."""

    batch_cycles: float
    table_cycles: float
    segment_cycles: float
    index_cycles: float
    feature_cycles: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """All parameters of the roofline.

    Parameters
    ----------
    processor : ProcessorShares
        Those of cores.
    card : CardShares
        Those of accelerators.
    loading : LoadingCosts
        Those of loading the inputs on the host.
    """

    processor: ProcessorShares
    card: CardShares
    loading: LoadingCosts


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the roofline, as calibration.toml describes it.

    Parameters
    ----------
    group : str
        ``"processor"``, ``"card"`` or ``"loading"``.
    name : str
        Field of that group's class.
    value : float
        Its value.
    least, most : float
        The plausible range, within which it was fitted; equal where it was not fitted but assumed.
    meaning : str
        What it is, with its unit.
    """

    group: str
    name: str
    value: float
    least: float
    most: float
    meaning: str

    @property
    def fitted(self) -> bool:
        """Whether measurements decided it."""
        return self.least < self.most


@cache
def calibration() -> Calibration:
    """Return the calibration that the catalogue ships.

    Examples
    --------
    >>> 0.5 < calibration().processor.fc_peak_share < 0.8
    True
    """
    return calibration_of(parameters())


@cache
def parameters() -> tuple[Parameter, ...]:
    """Return the parameters of the calibration that the catalogue ships, in the file's order."""
    return tuple(
        Parameter(group, name, facts["value"], facts["range"][0], facts["range"][1], facts["meaning"])
        for group, table in stored_calibration()["parameters"].items()
        for name, facts in table.items()
    )


def calibration_of(parameters: Iterable[Parameter]) -> Calibration:
    """Make a calibration of the values of all parameters."""
    groups: dict[str, dict[str, float]] = {}
    for parameter in parameters:
        groups.setdefault(parameter.group, {})[parameter.name] = parameter.value
    return Calibration(
        ProcessorShares(**groups["processor"]), CardShares(**groups["card"]), LoadingCosts(**groups["loading"])
    )


@cache
def stored_calibration() -> dict[str, Any]:
    """Return calibration.toml as it is: the parameters and, under ``residuals``, how well they fit."""
    return tomllib.loads(CALIBRATION_FILE.read_text(encoding="utf-8"))
