"""The pictures of a report, with what is to be seen in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..output.wording import significant
from ..scenario.target import describe_sla
from .page import PagePicture

if TYPE_CHECKING:
    from .findings import Findings


def pictures_of(findings: Findings) -> list[PagePicture]:
    """Draw the latency, the capacity and, where they are known, the day and the operators."""
    from recplan.solvers import DayPlan, Fleet

    from ..figures.pictures import (
        cdf_picture,
        day_picture,
        landscape_picture,
        load_picture,
        operators_picture,
        roofline_picture,
    )

    setting, sla, plan, run = findings.setting, findings.sla, findings.plan, findings.run
    policy, qps = findings.best.policy, findings.best.qps
    at_qps = setting.file.qps if setting.file else None
    if isinstance(plan, Fleet) and plan.all_up is not None:
        at_qps = plan.all_up.qps_per_machine
    if at_qps is not None:
        at_qps = float(f"{at_qps:.6g}")
    lighter = "" if setting.machine.accelerator is None else "Lighter carries more. "
    drawn = [
        PagePicture(
            "Latency against load",
            f"The target of {describe_sla(sla)} holds up to {significant(qps)} queries per second."
            f"{f' The dotted load of {significant(at_qps)} is what a machine gets.' if at_qps else ''}",
            load_picture(setting, policy, sla, at_qps),
        ),
        PagePicture(
            "Distribution of the latency",
            f"Analysis and simulation at {significant(run.latency.qps)} queries per second.",
            cdf_picture(setting, policy, run.latency, run.sample, sla),
        ),
        PagePicture(
            "Capacity of all policies",
            f"{lighter}Marked are the chosen policy and the way of the hill climb.",
            landscape_picture(setting, sla, (policy, qps)),
        ),
    ]
    if isinstance(plan, DayPlan):
        drawn.append(
            PagePicture("Machines through the day", "As many as each load needs.", day_picture(setting, sla, plan))
        )
    stations, batch = findings.stations, findings.batch
    if stations:
        title = f"{setting.model}, a batch of {batch}"
        slowest = ", ".join(f"{station.bottleneck} ({station.hardware.name})" for station in stations)
        drawn += [
            PagePicture(
                "The model's operators under the roof of the hardware",
                "The roof bounds what an operator can reach; the larger a marker, the more of the time it takes.",
                roofline_picture(stations, title),
            ),
            PagePicture(
                "The operators' shares of the time",
                f"A batch of {batch} items spends the most time on: {slowest}.",
                operators_picture(stations, title),
            ),
        ]
    return drawn
