"""The error for a machine that is asked to carry more than it can."""

from __future__ import annotations


class OverloadedError(ValueError):
    """A station of the machine receives at least as much work as it can do, so its queue grows for ever.

    Parameters
    ----------
    station : str
        The overloaded station, "cpu" or "accelerator"; where both are, the one with the higher utilization.
    utilization : float
        Work that arrives at the station per second and server, in seconds; >= 1.
    qps : float
        The load that was asked for, in queries per second.
    stable_qps : float
        The supremum of the loads that the whole machine can carry, in queries per second.

    Examples
    --------
    >>> str(OverloadedError("cpu", 1.27, 900.0, 708.66))
    'qps(=900) overloads the cpu: utilization 1.27 >= 1; it is stable below 708.66 queries/s'
    """

    def __init__(self, station: str, utilization: float, qps: float, stable_qps: float) -> None:
        # The four values are the exception's args, from which pickle makes it anew.
        super().__init__(station, utilization, qps, stable_qps)
        self.station = station
        self.utilization = utilization
        self.qps = qps
        self.stable_qps = stable_qps

    def __str__(self) -> str:
        # Barely too much must not read as just enough.
        shown = f"{self.utilization:.3g}"
        if float(shown) == 1.0:
            shown = f"{self.utilization:.9g}"
        return (
            f"qps(={self.qps:g}) overloads the {self.station}: utilization {shown} >= 1; "
            f"it is stable below {self.stable_qps:.6g} queries/s"
        )
