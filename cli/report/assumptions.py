"""What an answer takes for granted, and how sure each part of that is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..output.report import Quantity, Table
from ..output.wording import origin, significant
from ..scenario.target import describe_sla

if TYPE_CHECKING:
    from recplan.profiles import Profile
    from recplan.queuemodel import Latency, Policy, ServiceCurve, Sla

    from ..scenario.setting import Setting

_FILE = Path(__file__).parents[1] / "data" / "assumptions.toml"

_QUANTITIES = (
    Quantity("what", "what"),
    Quantity("taken", "taken as"),
    Quantity("sure", "how sure"),
)


@cache
def _texts() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def assumptions(setting: Setting, sla: Sla, policy: Policy, latency: Latency, *, loading: str | None) -> Table:
    """List what an answer takes for granted: what, taken as what, how sure that is.

    The setting is as it stands under the policy; `loading` says where loading the inputs is part of the service, and is
    None where no curve tells.
    """
    batch = min(policy.batch_size, setting.sizes.max_size)
    rows = [_service("a core", setting.cpu)]
    if setting.accelerator is not None:
        rows.append(_service("the accelerator", setting.accelerator))
    rows += [
        _noise(setting),
        ("slowdown by busy cores", *_slowdown(setting.machine.cpu.service, batch)),
        ("query sizes", *_sizes(setting)),
        *((row["what"], row["taken"], row["sure"]) for row in _texts()["always"]),
    ]
    if loading is not None:
        rows.append(("loading the inputs", _texts()["loading"][loading], "A choice; --input-loading makes another."))
    held = "" if sla.scope == "machine" else ", kept by the queries of each station by themselves"
    rows.append(("target", f"{describe_sla(sla)}{held}.", _target(setting, sla)))
    rows.append(("analysis", f"Accuracy: {latency.accuracy}.", "Held against a simulation in this report."))
    return Table(_QUANTITIES, [dict(zip(("what", "taken", "sure"), row, strict=True)) for row in rows])


def _service(server: str, profile: Profile) -> tuple[str, str, str]:
    of = f" ({profile.name})" if profile.name else ""
    taken = f"{origin(profile.curve.provenance).capitalize()}{of}."
    if fit := profile.fit:
        taken += (
            f" Fitted to {fit.runs} runs of {fit.smallest_batch} to {fit.largest_batch} items, "
            f"{significant(fit.mape_percent, 2)} % off them on average."
        )
    return f"service times of {server}", taken, _texts()["provenance"][profile.curve.provenance]


def _noise(setting: Setting) -> tuple[str, str, str]:
    profiles = {"cores": setting.cpu, "accelerator": setting.accelerator}
    scvs = {station: profile.curve.scv for station, profile in profiles.items() if profile is not None}
    if not any(scvs.values()):
        taken = "None: equal batches take equal times."
        sure = "Real times scatter. Time some batches repeatedly, and let recplan fit make the curve."
        return "scatter of service times", taken, sure
    told = ", ".join(f"{significant(scv, 3)} on the {station}" for station, scv in scvs.items())
    return "scatter of service times", f"Squared coefficient of variation: {told} (Gamma law).", "As given."


def _slowdown(curve: ServiceCurve, batch: int) -> tuple[str, str]:
    from recplan.queuemodel import ContentionByBatch

    contention = curve.contention
    if isinstance(contention, ContentionByBatch):
        contention = contention.at(float(batch))
    if contention is None:
        return "None is in the curve.", "If cores slow each other, the capacity is lower than told."
    most, cores = contention.slowdowns[-1], contention.busy_cores[-1]
    return (
        f"A batch of {batch} items takes up to {significant(most, 3)} times as long with {cores} busy cores.",
        "As sure as the curve that carries it.",
    )


def _sizes(setting: Setting) -> tuple[str, str]:
    from recplan.queuemodel import published_laws

    sizes = setting.sizes
    taken = f"{setting.sizes_name}: {significant(sizes.mean)} items on average, {sizes.max_size} at most."
    published = published_laws().get(setting.sizes_name)
    return taken, f"Published: {published['source']}." if published else "As given."


def _target(setting: Setting, sla: Sla) -> str:
    from recplan.profiles import models

    published = replace(sla, scope="machine")
    known: Sequence[Any] = [model for model in models() if model.name == setting.model and model.sla == published]
    return f"As published: {known[0].source}." if known else "As given."
