"""Policies and loads: read, and told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..options.scenario import FixedPolicyOptions, LoadOptions
from .setting import Setting

if TYPE_CHECKING:
    from recplan.queuemodel import Policy


def read_rate(setting: Setting, qps: float | None) -> float:
    """Return the load, in queries per second, from the option or the file."""
    from recplan.queuemodel import arguments

    if qps is not None:
        return arguments.number("--qps", qps, above=0)
    if setting.file is None or setting.file.qps is None:
        raise ValueError("--qps is missing; give the load, in queries per second")
    return setting.file.qps


def read_load(setting: Setting, options: LoadOptions) -> tuple[Policy, float]:
    """Read the policy and the load, in queries per second, from the options or the file."""
    from recplan.queuemodel import MOST_ITEMS, Policy, arguments

    policy, qps = setting.file.policy if setting.file else None, read_rate(setting, options.qps)
    if options.batch_size is not None:
        batch_size = arguments.whole("--batch-size", options.batch_size, most=MOST_ITEMS)
        policy = Policy(batch_size, policy.offload_above if policy else None)
    if policy is None:
        raise ValueError("--batch-size is missing; give the largest batch that a core runs, in items")
    if options.offload_above is not None:
        policy = Policy(policy.batch_size, read_threshold(options.offload_above))
    return policy, qps


def read_fixed_policy(options: FixedPolicyOptions) -> Policy | None:
    """Read a policy that is to be kept; None where the best one is to be chosen."""
    from recplan.queuemodel import MOST_ITEMS, Policy, arguments

    threshold = options.offload_above
    if options.batch_size is None:
        if threshold is not None:
            raise ValueError(f"--offload-above {threshold} needs --batch-size; without both the best are chosen")
        return None
    batch_size = arguments.whole("--batch-size", options.batch_size, most=MOST_ITEMS)
    return Policy(batch_size, None if threshold is None else read_threshold(threshold))


def read_threshold(text: str) -> int | None:
    """Read an offload threshold, in items; None where it is the word none."""
    from recplan.queuemodel import MOST_ITEMS, arguments

    if text.lower() == "none":
        return None
    try:
        threshold = int(text)
    except ValueError:
        raise ValueError(f"--offload-above(={text!r}) must be a whole number from 0 to {MOST_ITEMS}, or none") from None
    return arguments.whole("--offload-above", threshold, least=0, most=MOST_ITEMS)


def describe_policy(policy: Policy) -> Mapping[str, Any]:
    """Describe a policy as every output does."""
    return {"batch_size": policy.batch_size, "offload_above": policy.offload_above}
