"""The static rule: one request per core for the largest query."""

from __future__ import annotations

from recplan.queuemodel import Machine, Policy, QuerySizes


def static_policy(machine: Machine, sizes: QuerySizes) -> Policy:
    """Return the policy that splits the largest query evenly over the cores and offloads nothing.

    This is the baseline that DeepRecSys is compared with (Gupta et al., ISCA 2020, section V).

    Parameters
    ----------
    machine : Machine
        The machine; only its number of cores matters.
    sizes : QuerySizes
        The law of the query sizes; only the largest size matters.

    Returns
    -------
    Policy
        Batch size ceil(largest query / cores), no offload.

    Examples
    --------
    >>> from recplan.queuemodel import CorePool, ServiceCurve
    >>> machine = Machine(cpu=CorePool(cores=8, service=ServiceCurve.from_table([1], [0.01])))
    >>> static_policy(machine, QuerySizes.fixed(1000))
    Policy(batch_size=125, offload_above=None)
    """
    return Policy(batch_size=-(-sizes.max_size // machine.cpu.cores))
