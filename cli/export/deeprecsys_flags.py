"""A policy as flags of DeepRecSys' own scripts.

What the flags do is read from the repository github.com/harvard-acc/DeepRecSys, commit 1383176:

``--sub_task_batch_size``
    The batch size: a query is cut into pieces of so many items and the remainder (loadGenerator.py, line 50).
``--accel_request_size_thres``
    A query of at least so many items goes to the accelerator (loadGenerator.py, line 162); `offload_above` is one less.
``--model_accel``
    Switches the accelerator on; without it every query stays on the cores (loadGenerator.py, line 162). One engine for
    it is added to those of the cores (DeepRecSys.py, line 39), and it plays back the times of a GTX 1080 Ti
    (accelInferenceEngine.py, line 42). It has none of ncf: the engine exits (line 37), and DeepRecSys.py waits for it
    (line 89).
``--inference_engines``
    Processes that share the queue of requests, one per core (DeepRecSys.py, line 50).
``--queue``
    Runs queries through the queue (DeepRecSys.py, line 36).
``--max_mini_batch_size``
    Cuts off larger queries; 1 where it is not given (loadGenerator.py, line 42).
``--nepochs``, ``--num_batches``
    Their product is the number of queries; the second is that of the sizes, which each epoch uses again
    (loadGenerator.py, lines 16 and 22), and 0 where it is not given (utils/utils.py, line 47). run_DeepRecSys.sh gives
    64 and 32 (lines 17, 18).
``--batch_size_distribution``
    The law of the sizes; where it is not given "fixed", and ``--avg_mini_batch_size`` 1 (utils/utils.py, lines 50 to
    52). ``--var_mini_batch_size`` is a standard deviation; for "lognormal" both are of the logarithm (loadGenerator.py,
    lines 22 and 25).
``--tune_batch_qps``, ``--tune_accel_qps``
    Choose batch size and threshold anew (loadGenerator.py, lines 113 and 116), so they must be left out.
``--config_file``
    What it holds comes before the flags (utils/utils.py, line 160). Those of the repository hold none of these.
``--avg_arrival_rate``
    Not a rate but the mean gap between queries in milliseconds, drawn as whole ones (loadGenerator.py, lines 198, 199).
"""

from __future__ import annotations

from ..output.message import note
from ..output.wording import significant
from .exported_policy import ExportedPolicy, commented

#: The model of DeepRecSys that its accelerator has no times of.
_WITHOUT_ACCELERATOR = "ncf"


def deeprecsys_flags(exported: ExportedPolicy) -> str:
    """Write the flags, one per line, below comments."""
    machine, policy, largest = exported.setting.machine, exported.policy, exported.setting.sizes.max_size
    flags = [
        "--queue",
        f"--inference_engines {machine.cpu.cores}",
        f"--max_mini_batch_size {largest}",
        f"--sub_task_batch_size {policy.batch_size}",
    ]
    remarks = [
        "",
        "In a clone of DeepRecSys, with this file as flags.txt:",
        "  python DeepRecSys.py $(grep -v '^#' flags.txt) --config_file ... \\",
        "    --nepochs 64 --num_batches 32",
        "The two are those of its run_DeepRecSys.sh: 64 epochs of 32 queries, whose sizes",
        "are drawn once; more than 32 show the tail better. Without --num_batches it is 0",
        "and no query is sent.",
        "Leave out --tune_batch_qps and --tune_accel_qps, which choose both anew.",
    ]
    if exported.offload_above is None:
        remarks.append("Leave out --model_accel, so that no query leaves the cores.")
    else:
        flags += ["--model_accel", f"--accel_request_size_thres {exported.offload_above + 1}"]
        remarks += [
            "DeepRecSys offloads queries of at least the threshold, recplan those above it:",
            "hence one more. Its accelerator plays back the times of a GTX 1080 Ti.",
        ]
        if exported.setting.model == _WITHOUT_ACCELERATOR:
            remarks += [
                f"But it has no times of {_WITHOUT_ACCELERATOR}: with --model_accel its engine exits, and",
                "DeepRecSys.py waits for it for ever. The cores alone can be run.",
            ]
        if machine.accelerator is not None and machine.accelerator.units > 1:
            note(f"DeepRecSys runs one accelerator; this policy is for {machine.accelerator.units}")
    gap = significant(1e3 / exported.qps)
    remarks += [
        f"At this load the mean gap between queries is {gap} ms: --avg_arrival_rate {gap}",
        "DeepRecSys draws gaps of whole milliseconds from a Poisson law: below 1 ms",
        "burstier than the arrivals that recplan plans for, above more even.",
        "Set the law of the query sizes, too: --batch_size_distribution normal or",
        "lognormal, with --avg_mini_batch_size and --var_mini_batch_size, which is a",
        "standard deviation (for lognormal both are of the logarithm); or file, with",
        "--batch_dist_file, a size per line. If not set, every query has 1 item.",
    ]
    return exported.comment + commented(*remarks) + "\n".join(flags) + "\n"
