"""A policy as flags of DeepRecSys' own scripts.

What the flags do is read from the repository github.com/harvard-acc/DeepRecSys, commit 1383176:

``--sub_task_batch_size``
    The batch size: a query is cut into pieces of so many items and the rest (loadGenerator.py, line 50).
``--accel_request_size_thres``
    A query of at least so many items goes to the accelerator (loadGenerator.py, line 162); `offload_above` is one less.
``--model_accel``
    Switches the accelerator on; without it every query stays on the cores (loadGenerator.py, line 162). One engine for
    it is added to those of the cores (DeepRecSys.py, line 39), and it plays back the times of a GTX 1080 Ti
    (accelInferenceEngine.py, line 42).
``--inference_engines``
    Processes that share the queue of requests, one per core (DeepRecSys.py, line 50).
``--queue``
    Runs queries through the queue (DeepRecSys.py, line 36).
``--max_mini_batch_size``
    Cuts off larger queries; 1 where it is not given (loadGenerator.py, line 42).
``--tune_batch_qps``, ``--tune_accel_qps``
    Choose batch size and threshold anew (loadGenerator.py, lines 113 and 116), so they must be left out.
``--config_file``
    What it holds comes before the flags (utils/utils.py, line 160). Those of the repository hold none of these.
``--avg_arrival_rate``
    Not a rate but the mean gap between queries in milliseconds, drawn as whole ones (loadGenerator.py, lines 198, 199).
"""

from __future__ import annotations

from .decision import Decision, commented
from .output import note, significant


def deeprecsys_flags(decision: Decision) -> str:
    """Write the flags, one per line, below comments."""
    machine, policy = decision.setting.machine, decision.policy
    flags = [
        "--queue",
        f"--inference_engines {machine.cpu.cores}",
        f"--max_mini_batch_size {decision.setting.sizes.max_size}",
        f"--sub_task_batch_size {policy.batch_size}",
    ]
    remarks = [
        "",
        "In a clone of DeepRecSys, with this file as flags.txt:",
        "  python DeepRecSys.py $(grep -v '^#' flags.txt) --config_file ...",
        "Leave out --tune_batch_qps and --tune_accel_qps, which choose both anew.",
    ]
    if policy.offload_above is None:
        remarks.append("Leave out --model_accel, so that no query leaves the cores.")
    else:
        flags += ["--model_accel", f"--accel_request_size_thres {policy.offload_above + 1}"]
        remarks += [
            "DeepRecSys offloads queries of at least the threshold, recplan those above it:",
            "hence one more. Its accelerator plays back the times of a GTX 1080 Ti.",
        ]
        if machine.accelerator is not None and machine.accelerator.units > 1:
            note(f"DeepRecSys runs one accelerator; this policy is for {machine.accelerator.units}")
    gap = significant(1e3 / decision.qps)
    remarks += [
        f"At this load the mean gap between queries is {gap} ms: --avg_arrival_rate {gap}",
        "DeepRecSys draws gaps of whole milliseconds from a Poisson law: below 1 ms",
        "burstier than the arrivals that recplan plans for, above more even.",
        "Set the law of the query sizes, too.",
    ]
    return decision.comment + commented(*remarks) + "\n".join(flags) + "\n"
