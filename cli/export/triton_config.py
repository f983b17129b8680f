"""A policy as fragments of Triton's model configuration, ``config.pbtxt``.

The fields are those of NVIDIA's Triton Inference Server, docs/user_guide/model_configuration.md (maximum batch size,
instance groups) and docs/user_guide/batcher.md (dynamic batcher): ``max_batch_size`` bounds a batch; an instance runs
one batch at a time, and a group puts ``count`` of them on the cpu, or on *each* of the named ``gpus``; the dynamic
batcher joins requests up to a preferred size without waiting for more unless told to.
"""

from __future__ import annotations

from .exported_policy import ExportedPolicy, commented


def triton_config(exported: ExportedPolicy) -> str:
    """Write a fragment for the model on the cores and, where queries are offloaded, one for it on the accelerator."""
    machine, policy, largest = exported.setting.machine, exported.policy, exported.setting.sizes.max_size
    threshold = exported.offload_above
    remarks = [
        "",
        "Fragments of config.pbtxt; add name, backend, input and output of your model.",
        "What Triton does not do by itself, and whoever calls it has to:",
        f"- cut a query into requests of {policy.batch_size} items and one of the remainder, send all",
        "  of them at once, and wait for the last;",
    ]
    if threshold is not None:
        remarks += [
            f"- send queries of more than {threshold} items, uncut, to the accelerator's model,",
            "  which is a second one in the model repository, with its own fragment.",
        ]
    else:
        remarks.append("- nothing else: no query goes to an accelerator.")
    parts = [exported.comment + commented(*remarks), _cores(machine.cpu.cores, policy.batch_size)]
    if threshold is not None and machine.accelerator is not None:
        parts.append(_accelerator(machine.accelerator.units, largest))
    return "\n".join(parts)


def _cores(cores: int, batch_size: int) -> str:
    head = commented(
        "The model on the cores. One instance per core: each must run on one thread,",
        'for ONNX Runtime by its parameter "intra_op_thread_count". Full requests are',
        "run as they come; only shorter ones may be joined, without waiting.",
    )
    batching = f"dynamic_batching {{\n  preferred_batch_size: [ {batch_size} ]\n}}\n"
    return head + f"max_batch_size: {batch_size}\n" + batching + _instances(f"count: {cores}", "kind: KIND_CPU")


def _accelerator(units: int, largest: int) -> str:
    head = commented(
        "The model on the accelerator. A query is one batch. Where the backend adds",
        "dynamic batching by itself, queries may be joined; recplan does not count on it.",
    )
    gpus = ", ".join(map(str, range(units)))
    return head + f"max_batch_size: {largest}\n" + _instances("count: 1", "kind: KIND_GPU", f"gpus: [ {gpus} ]")


def _instances(*fields: str) -> str:
    lines = "".join(f"    {field}\n" for field in fields)
    return f"instance_group [\n  {{\n{lines}  }}\n]\n"
