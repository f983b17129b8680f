"""What each lever does to a model on a piece of hardware."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from ..model.fusion import Operators, fuse_attentions, fuse_embeddings, fuse_epilogues, fuse_manipulations
from ..model.operator_costs import INDEX_BYTES, VALUE_BYTES, OperatorCost
from ..roofline.hardware import Card, Processor
from ..roofline.placement import Placement

#: Takes a placement and the value of the lever's parameter, which those without one ignore.
Effect = Callable[[Placement, float], Placement]

#: Scale and bias of a row of 8-bit values, both 32-bit.
ROW_SCALE_BYTES = 8
#: What memory hands over at once: a cache line to a core, a sector to a card. Shorter rows gather no faster.
LINE_BYTES = 64
SECTOR_BYTES = 32


def _fusion(fused: Callable[[Operators], Operators]) -> Effect:
    return lambda placement, _: _with_operators(placement, fused)


def _with_operators(placement: Placement, change: Callable[[Operators], Operators]) -> Placement:
    return replace(placement, costs=replace(placement.costs, operators=change(placement.costs.operators)))


def _bf16(placement: Placement, peak: float) -> Placement:
    return _faster_products(_narrowed(placement, 2, 0), peak, _half_ratio(placement.hardware))


def _int8(placement: Placement, peak: float) -> Placement:
    ratio = _half_ratio(placement.hardware)
    return _faster_products(_narrowed(placement, 1, ROW_SCALE_BYTES), peak, 1.0 if ratio == 1.0 else 2.0 * ratio)


def _narrowed(placement: Placement, value_bytes: int, scale_bytes: int) -> Placement:
    """Shorten all values, and the embedding rows that their scales do not lengthen."""
    shorter = value_bytes / VALUE_BYTES
    piece = LINE_BYTES if placement.kind == "cpu" else SECTOR_BYTES

    def narrowed(cost: OperatorCost) -> OperatorCost:
        if cost.kind != "embedding":
            return replace(
                cost,
                bytes_read_per_item=shorter * cost.bytes_read_per_item,
                bytes_written_per_item=shorter * cost.bytes_written_per_item,
                weight_bytes=shorter * cost.weight_bytes,
            )
        row = value_bytes * cost.outputs + scale_bytes
        gathered = min(cost.row_bytes, piece * math.ceil(row / piece))
        return replace(
            cost,
            bytes_read_per_item=cost.bytes_read_per_item - cost.lookups_per_item * (cost.row_bytes - gathered),
            bytes_written_per_item=shorter * cost.bytes_written_per_item,
            row_bytes=gathered,
            table_bytes=min(1.0, row / (VALUE_BYTES * cost.outputs)) * cost.table_bytes,
        )

    return _with_operators(placement, lambda costs: tuple(narrowed(cost) for cost in costs))


def _half_ratio(hardware: Processor | Card) -> float:
    """Return how many times the 32-bit peak the 16-bit peak of a card is; 1 where its data sheet gives none."""
    if isinstance(hardware, Processor) or hardware.half_gflops is None:
        return 1.0
    return max(1.0, hardware.half_gflops / hardware.fp32_gflops)


def _faster_products(placement: Placement, on_cores: float, on_card: float) -> Placement:
    hardware = placement.hardware
    if isinstance(hardware, Card):
        return replace(placement, hardware=replace(hardware, fp32_gflops=on_card * hardware.fp32_gflops))
    shares = placement.shares.processor
    # The calibrated width is what both dimensions of a product must exceed to fill the vectors; a product on vectors f
    # times as wide is one of dimensions shorter by the root of f.
    wider = replace(shares, fc_fill_width=math.sqrt(on_cores) * shares.fc_fill_width)
    return replace(
        placement,
        hardware=replace(hardware, fp32_gflops_per_core=on_cores * hardware.fp32_gflops_per_core),
        shares=replace(placement.shares, processor=wider),
    )


def _wider_simd(placement: Placement, factor: float) -> Placement:
    wider = _faster_products(placement, factor, factor)
    if isinstance(wider.hardware, Card) and wider.hardware.half_gflops is not None:
        return replace(wider, hardware=replace(wider.hardware, half_gflops=factor * wider.hardware.half_gflops))
    return wider


def _packed_weights(placement: Placement, _: float) -> Placement:
    shares = replace(placement.shares.processor, packing_bytes_per_cycle=math.inf)
    return replace(placement, shares=replace(placement.shares, processor=shares))


def _deduplication(placement: Placement, duplicates: float) -> Placement:
    def looked_up_once(cost: OperatorCost) -> OperatorCost:
        spared = duplicates * cost.lookups_per_item
        return replace(
            cost,
            lookups_per_item=cost.lookups_per_item - spared,
            flops_per_item=cost.flops_per_item - duplicates * cost.flops_per_item,
            bytes_read_per_item=cost.bytes_read_per_item - spared * (cost.row_bytes + INDEX_BYTES),
        )

    return _with_operators(
        placement, lambda costs: tuple(looked_up_once(cost) if cost.kind == "embedding" else cost for cost in costs)
    )


def _cache_hits(placement: Placement, share: float) -> Placement:
    access = replace(placement.costs.row_access, cached_share=share)
    return replace(placement, costs=replace(placement.costs, row_access=access))


def _near_memory(placement: Placement, factor: float) -> Placement:
    access = replace(placement.costs.row_access, memory_speedup=factor)
    return replace(placement, costs=replace(placement.costs, row_access=access))


def _memory_bandwidth(placement: Placement, factor: float) -> Placement:
    hardware = placement.hardware
    if isinstance(hardware, Card):
        return replace(placement, hardware=replace(hardware, memory_gbps=factor * hardware.memory_gbps))
    more = replace(hardware, memory_gbps_per_socket=factor * hardware.memory_gbps_per_socket)
    return replace(placement, hardware=more)


#: By the lever's name.
EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "embedding-fusion": _fusion(fuse_embeddings),
        "manipulation-fusion": _fusion(fuse_manipulations),
        "epilogue-fusion": _fusion(fuse_epilogues),
        "attention-fusion": _fusion(fuse_attentions),
        "int8": _int8,
        "bf16": _bf16,
        "packed-weights": _packed_weights,
        "deduplication": _deduplication,
        "near-memory": _near_memory,
        "cache-hits": _cache_hits,
        "memory-bandwidth": _memory_bandwidth,
        "wider-simd": _wider_simd,
    }
)
