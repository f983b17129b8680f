"""The roofline: how long each operator of a model takes on a piece of hardware, and what it waits for.

An operator's time is a sum of three parts that do not overlap: dispatch, which no batch size changes; compute, its
operations at an achieved share of the peak; memory, its bytes at the rate of the level that holds them. The achieved
shares are those of `calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..model.operator_costs import ModelCosts, ModelInputs, OperatorCost, RowAccess
from .calibration import CardShares, LoadingCosts, ProcessorShares
from .hardware import GIGA, KIB, MIB, Card, Processor

Times = NDArray[np.float64]

#: Rows of a matrix product from which on all its weights are packed.
PACKED_ROWS = 4

PARTS = ("dispatch", "compute", "memory")


@dataclass(frozen=True, slots=True, eq=False)
class OperatorTimes:
    """Times of a model's operators over batch sizes, each of all `count` operators of its group.

    Parameters
    ----------
    operators : tuple of OperatorCost
        The groups.
    batch_sizes : ndarray of float64, shape (b,)
        Batch sizes, in items.
    dispatch, compute, memory : ndarray of float64, shape (len(operators), b)
        Seconds of the three parts.
    once : float
        Seconds of an inference that belong to no operator.
    """

    operators: tuple[OperatorCost, ...]
    batch_sizes: Times
    dispatch: Times
    compute: Times
    memory: Times
    once: float = 0.0

    @property
    def seconds(self) -> Times:
        """Seconds of each group, shape (len(operators), b)."""
        return self.dispatch + self.compute + self.memory

    @property
    def total(self) -> Times:
        """Seconds of a batch, shape (b,)."""
        return np.asarray(self.seconds.sum(axis=0) + self.once)

    def bound(self, operator: int, batch: int) -> str:
        """Name the largest part of an operator's time, by their positions."""
        return max(PARTS, key=lambda part: float(getattr(self, part)[operator, batch]))


def processor_times(
    costs: ModelCosts, hardware: Processor, shares: ProcessorShares, batch_sizes: ArrayLike, busy_cores: int = 1
) -> OperatorTimes:
    """Return the times of a model's operators on one core.

    Parameters
    ----------
    costs : ModelCosts
        The model.
    hardware : Processor
        The processor.
    shares : ProcessorShares
        What it achieves of its peaks.
    batch_sizes : array of numbers, shape (b,)
        Items, each >= 1.
    busy_cores : int
        Cores that run the model, each with weights of its own, this one included; spread evenly over the sockets.

    Returns
    -------
    OperatorTimes
        In seconds.

    References
    ----------
    Williams, Waterman, Patterson: Roofline. CACM 52 (2009).
    """
    sizes = np.atleast_1d(np.asarray(batch_sizes, dtype=np.float64))
    seconds_per_cycle = 1.0 / (hardware.frequency_ghz * GIGA)
    weight_rate = _weight_rate(costs, hardware, shares, busy_cores)
    cache_rate = shares.l3_bytes_per_cycle / seconds_per_cycle
    gather_rate = min(shares.gather_bytes_per_second, _fair_rate(hardware, shares, busy_cores))
    seconds_per_gathered_byte = _seconds_per_row_byte(costs.row_access, gather_rate, cache_rate)
    copy_rate = shares.copy_bytes_per_cycle / seconds_per_cycle
    peak = hardware.fp32_gflops_per_core * GIGA * shares.fc_peak_share
    groups = costs.operators
    dispatch, compute, memory = np.zeros((3, len(groups), sizes.size))
    for i, cost in enumerate(groups):
        cycles = _dispatch_cycles(cost, shares)
        values = sizes * cost.rows * cost.outputs
        if cost.kind in ("fc", "dot", "recurrent"):
            compute[i] = sizes * _filled(cost, shares.fc_fill_width) / peak
            memory[i] = cost.steps * cost.weight_bytes / weight_rate
        if cost.kind in ("fc", "recurrent"):
            # A single row is multiplied as it is; for several the weights are packed first. The calibration saw
            # batches of 1 and 4, between which the switch is taken to be gradual.
            packed = np.minimum((sizes * cost.rows - 1) / (PACKED_ROWS - 1), 1.0)
            memory[i] += packed * cost.steps * cost.weight_bytes / shares.packing_bytes_per_cycle * seconds_per_cycle
        if cost.kind == "embedding":
            memory[i] = sizes * cost.gathered_bytes_per_item * seconds_per_gathered_byte
        elif cost.kind == "activation":
            compute[i] = values * shares.activation_cycles * seconds_per_cycle
        elif cost.kind == "softmax":
            compute[i] = values * shares.exponential_cycles * seconds_per_cycle
        if cost.kind == "recurrent":
            tanh = sizes * cost.steps * cost.inputs * shares.activation_cycles
            compute[i] += tanh * seconds_per_cycle
        if cost.kind in ("concat", "sum", "dot", "recurrent"):
            memory[i] += sizes * (cost.bytes_read_per_item + cost.bytes_written_per_item) / copy_rate
        dispatch[i] = cost.started_share * cycles * seconds_per_cycle
        for part in (dispatch, compute, memory):
            part[i] *= cost.count
    return OperatorTimes(groups, sizes, dispatch, compute, memory)


def card_times(costs: ModelCosts, hardware: Card, shares: CardShares, batch_sizes: ArrayLike) -> OperatorTimes:
    """Return the times of a model's operators on an accelerator; parameters as for `processor_times`."""
    sizes = np.atleast_1d(np.asarray(batch_sizes, dtype=np.float64))
    bandwidth = hardware.memory_gbps * GIGA
    peak = hardware.fp32_gflops * GIGA * shares.fc_peak_share
    # What a card's cache holds is taken to come as fast as weights stream.
    seconds_per_gathered_byte = _seconds_per_row_byte(
        costs.row_access, bandwidth * shares.gather_share, bandwidth * shares.weight_share
    )
    groups = costs.operators
    dispatch, compute, memory = np.zeros((3, len(groups), sizes.size))
    for i, cost in enumerate(groups):
        streamed = sizes * (cost.bytes_read_per_item - cost.gathered_bytes_per_item + cost.bytes_written_per_item)
        memory[i] = streamed / (bandwidth * shares.stream_share)
        memory[i] += sizes * cost.gathered_bytes_per_item * seconds_per_gathered_byte
        memory[i] += cost.steps * cost.weight_bytes / (bandwidth * shares.weight_share)
        dispatch[i] = cost.launches * shares.launch_seconds
        if cost.kind == "recurrent":
            dispatch[i] = cost.launches * shares.recurrent_launch_seconds
        if cost.kind == "concat":
            dispatch[i] = shares.launch_seconds + cost.inputs * shares.copy_seconds
        dispatch[i] *= cost.started_share
        if cost.kind in ("fc", "dot", "recurrent"):
            compute[i] = sizes * cost.flops_per_item / peak
        if cost.kind in ("fc", "recurrent", "softmax"):
            compute[i] += sizes * cost.rows * cost.steps * shares.row_seconds
        if cost.kind == "embedding":
            compute[i] = sizes * cost.rows * shares.segment_seconds
        for part in (dispatch, compute, memory):
            part[i] *= cost.count
    return OperatorTimes(groups, sizes, dispatch, compute, memory, shares.inference_seconds)


def loading_times(inputs: ModelInputs, frequency_ghz: float, costs: LoadingCosts, batch_sizes: ArrayLike) -> Times:
    """Return the seconds that one host thread takes to load the inputs of a batch.

    Parameters
    ----------
    inputs : ModelInputs
        What is fed.
    frequency_ghz : float
        Clock of the host.
    costs : LoadingCosts
        What it costs.
    batch_sizes : array of numbers, shape (b,)
        Items, each >= 1.

    Returns
    -------
    ndarray of float64, shape (b,)
        Seconds.
    """
    sizes = np.atleast_1d(np.asarray(batch_sizes, dtype=np.float64))
    per_item = (
        inputs.tables * costs.segment_cycles
        + inputs.indices_per_item * costs.index_cycles
        + inputs.dense_features * costs.feature_cycles
    )
    cycles = costs.batch_cycles + inputs.tables * costs.table_cycles + sizes * per_item
    return np.asarray(cycles / (frequency_ghz * GIGA))


def transfer_times(inputs: ModelInputs, hardware: Card, shares: CardShares, batch_sizes: ArrayLike) -> Times:
    """Return the seconds that the inputs of a batch take to the accelerator; parameters as for `loading_times`."""
    sizes = np.atleast_1d(np.asarray(batch_sizes, dtype=np.float64))
    if hardware.pcie_gbps is None:
        return np.zeros(sizes.size)
    rate = hardware.pcie_gbps * GIGA * shares.transfer_share
    # Each table is fed one tensor of indices and one of lengths.
    tensors = 2 * inputs.tables + (inputs.dense_features > 0)
    return np.asarray(tensors * shares.transfer_seconds + sizes * inputs.bytes_per_item / rate)


def shares_by_operator(times: OperatorTimes, published: Sequence[str], batch: int) -> dict[str, float]:
    """Return the share, in per cent, of each published type of operator in what these types take together."""
    seconds = dict.fromkeys(published, 0.0)
    for cost, time in zip(times.operators, times.seconds[:, batch], strict=True):
        if cost.operator in seconds:
            seconds[cost.operator] += float(time)
    total = sum(seconds.values())
    return {operator: 100.0 * time / total for operator, time in seconds.items()}


def _filled(cost: OperatorCost, fill: float) -> float:
    """Return an operator's operations per item, its products' inner dimensions longer by what they fill badly."""
    products = 2.0 * cost.rows * cost.steps
    if cost.kind == "dot":
        # Each of the features is multiplied with all of them.
        products *= cost.inputs
    return products * float(np.hypot(cost.inputs, fill) * np.hypot(cost.outputs, fill))


def _dispatch_cycles(cost: OperatorCost, shares: ProcessorShares) -> float:
    if cost.kind == "fc":
        return cost.dispatches * shares.fc_dispatch_cycles
    if cost.kind == "embedding":
        return cost.dispatches * shares.embedding_dispatch_cycles
    if cost.kind == "concat":
        return shares.concat_dispatch_cycles + cost.inputs * shares.concat_input_cycles
    if cost.kind == "recurrent":
        return cost.dispatches * shares.recurrent_dispatch_cycles
    return cost.dispatches * shares.elementwise_dispatch_cycles


def _seconds_per_row_byte(access: RowAccess, memory_rate: float, cache_rate: float) -> float:
    from_memory = memory_rate * access.memory_speedup
    return (1.0 - access.cached_share) / from_memory + access.cached_share / max(cache_rate, from_memory)


def _weight_rate(costs: ModelCosts, hardware: Processor, shares: ProcessorShares, busy_cores: int) -> float:
    """Bytes per second at which weights come from the cache level that holds all of a model's."""
    weights = sum(cost.count * cost.weight_bytes for cost in costs.operators)
    cycles = hardware.frequency_ghz * GIGA
    level2 = hardware.l2_kib_per_core * KIB
    if weights <= level2:
        return shares.l2_bytes_per_cycle * cycles
    neighbours = -(-busy_cores // hardware.sockets)
    last = hardware.l3_mib_per_socket * MIB
    if hardware.l3_policy == "exclusive":
        last += neighbours * level2
    if neighbours * weights <= last:
        return shares.l3_bytes_per_cycle * cycles
    alone = min(shares.l3_bytes_per_cycle * cycles, shares.memory_bytes_per_second)
    return min(alone, _fair_rate(hardware, shares, busy_cores))


def _fair_rate(hardware: Processor, shares: ProcessorShares, busy_cores: int) -> float:
    """Bytes per second of one of the busy cores, where they use up their sockets' bandwidth."""
    return hardware.memory_bytes_per_second * shares.socket_share / busy_cores
