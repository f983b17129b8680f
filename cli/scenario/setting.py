"""What is to be planned, out of a scenario file and the options beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..output.message import note
from ..output.wording import counted, origin
from .models import costed
from .plausibility import warn_of_cores, warn_of_profile
from .stations import check_use, hardware_of, input_loading_of, read_accelerator, read_core_pool, read_model

if TYPE_CHECKING:
    from recplan.profiles import Profile, Scenario
    from recplan.queuemodel import Machine, Policy, QuerySizes

    from ..options.scenario import ScenarioOptions

DEFAULT_SIZES = "deeprecsys-production"
#: A policy that crowds one station with the queries that may be late carries more, and nobody wants it unasked.
DEFAULT_SCOPE: Final = "station"


@dataclass(frozen=True, slots=True)
class Setting:
    """A machine and its query sizes, with what else is known of them.

    Parameters
    ----------
    title : str
        The machine in a few words.
    machine : Machine
        The machine.
    sizes : QuerySizes
        The law of the query sizes.
    sizes_name : str
        That law in a few words.
    model, preset : str or None
        The model that it runs, a name or a file, and which description of it, where anything names them.
    file : Scenario or None
        The scenario file.
    cpu : Profile
        The cores' curve, and what is known of it.
    accelerator : Profile or None
        The accelerator's.
    cpu_hardware, accelerator_hardware : str or None
        What they are modelled from, a name or a file; None where they are mere service curves.
    input_loading : str
        Where loading the inputs is part of the service.
    swept : collection of str
        Axes of a sweep; the setting is silent on what they vary.
    """

    title: str
    machine: Machine
    sizes: QuerySizes
    sizes_name: str
    model: str | None
    preset: str | None
    file: Scenario | None
    cpu: Profile
    accelerator: Profile | None
    cpu_hardware: str | None
    accelerator_hardware: str | None
    input_loading: str
    swept: Collection[str] = ()

    def document(self) -> Mapping[str, Any]:
        """Describe the setting as the output's ``scenario`` does."""
        cpu, accelerator = self.machine.cpu, self.machine.accelerator
        sizes = None if "sizes" in self.swept else self.sizes
        return {
            "title": self.title,
            "model": self.model,
            "preset": self.preset,
            "cores": None if "cores" in self.swept else cpu.cores,
            "units": accelerator.units if accelerator else 0,
            "cpu_name": self.cpu.name,
            "accelerator_name": self.accelerator.name if self.accelerator else None,
            "cpu_curve": cpu.service.provenance,
            "accelerator_curve": accelerator.service.provenance if accelerator else None,
            "cpu_scv": cpu.service.scv,
            "accelerator_scv": accelerator.service.scv if accelerator else None,
            "sizes": self.sizes_name if sizes else None,
            "sizes_mean_items": sizes.mean if sizes else None,
            "sizes_max_items": sizes.max_size if sizes else None,
        }

    @property
    def curves(self) -> str:
        """Where the figures of both curves come from, in a line."""
        stations = {"cpu": self.cpu, "accelerator": self.accelerator}
        return "; ".join(
            f"{station} curve: {_called(origin(profile.curve.provenance), profile.name)}"
            for station, profile in stations.items()
            if profile is not None
        )

    def heading(self, *facts: str) -> str:
        """Write what stands above results: the machine, its query sizes with further facts, its curves."""
        return f"{self.title}\n{', '.join([f'query sizes {self.sizes_name}', *facts])}\n{self.curves}"

    def run_under(self, *policies: Policy | tuple[Policy, QuerySizes]) -> Setting:
        """Return the setting as it stands under policies; tell where batches exceed those that were timed.

        A policy may come with the law of the sizes that it is used with, where that is not the setting's.
        """
        batches = [
            _largest_batches(*(given if isinstance(given, tuple) else (given, self.sizes))) for given in policies
        ]
        on_cores, offloaded = (max(largest) for largest in zip(*batches, strict=True))
        cpu, accelerator = self.cpu, self.accelerator
        if accelerator is not None and offloaded > 0:
            accelerator = _used_to(offloaded, accelerator, "the accelerator")
        if on_cores > 0:
            cpu = _used_to(on_cores, cpu, "a core")
        machine = replace(self.machine, cpu=replace(self.machine.cpu, service=cpu.curve))
        if accelerator is not None and machine.accelerator is not None:
            machine = replace(machine, accelerator=replace(machine.accelerator, service=accelerator.curve))
        return replace(self, machine=machine, cpu=cpu, accelerator=accelerator)


def read_setting(options: ScenarioOptions, swept: Collection[str] = (), cores: int | None = None) -> Setting:
    """Read what the options and their files say; `ValueError` where that is wrong or not enough.

    `swept` is that of the `Setting`; `cores` are those of a machine of which nothing else says how many it has.
    """
    from recplan.profiles import models, read_scenario
    from recplan.queuemodel import Machine

    file = None if options.scenario is None else read_scenario(options.scenario, DEFAULT_SCOPE, costed)
    check_use(options, file)
    pool, cpu = read_core_pool(options, file, cores)
    offloaded, accelerator = read_accelerator(options, file)
    machine = Machine(pool, offloaded)
    name, preset = read_model(options, file)
    of_catalogue = [profile for profile in (cpu, accelerator) if profile and profile.fit is None]
    for model in models():
        if model.name == name and model.note and any(p.curve.provenance == "measured" for p in of_catalogue):
            note(f"{model.name}: {model.note}")
    sizes, sizes_name = _sizes(options, file)
    setting = Setting(
        _title(options, file, machine, "cores" in swept),
        machine,
        sizes,
        sizes_name,
        name,
        preset,
        file,
        cpu,
        accelerator,
        hardware_of("cpu", options, file),
        hardware_of("accelerator", options, file),
        input_loading_of(options, file),
        swept,
    )
    warn_of_cores(machine.cpu.cores, cpu, setting.cpu_hardware)
    for station, profile, hardware in (
        ("cpu", cpu, setting.cpu_hardware),
        ("accelerator", accelerator, setting.accelerator_hardware),
    ):
        if profile is not None and hardware is None:
            warn_of_profile(station, profile, name)
    return setting


def _largest_batches(policy: Policy, sizes: QuerySizes) -> tuple[int, int]:
    """Return the largest batch, in items, on the cores and on the accelerator; 0 where none runs."""
    if policy.offload_above is None or policy.offload_above >= sizes.max_size:
        return min(policy.batch_size, sizes.max_size), 0
    return min(policy.batch_size, policy.offload_above), sizes.max_size


def _used_to(batch: int, profile: Profile, station: str) -> Profile:
    used = profile.used_to(batch)
    if used is not profile and profile.fit is not None:
        note(
            f"batches of up to {batch} items run on {station}, but its times were measured up to "
            f"{profile.fit.largest_batch} only: beyond, they are extrapolated"
        )
    last = profile.curve.batch_sizes[-1]
    if profile.fit is None and profile.curve.provenance == "given" and batch > last > 1:
        note(
            f"batches of up to {batch} items run on {station}, but its curve ends at {last}: beyond, it goes on "
            "linearly"
        )
    return used


def _sizes(options: ScenarioOptions, file: Scenario | None) -> tuple[QuerySizes, str]:
    from recplan.profiles import read_sizes
    from recplan.queuemodel import QuerySizes, arguments

    if options.sizes is not None and options.sizes_file is not None:
        raise ValueError("--sizes and --sizes-file exclude each other; give one of them")
    if options.sizes_file is not None:
        return read_sizes(options.sizes_file), options.sizes_file.name
    if file is not None and options.sizes is None:
        return file.sizes, file.sizes_name
    name = options.sizes or DEFAULT_SIZES
    if name not in QuerySizes.names():
        raise arguments.unknown("--sizes", name, QuerySizes.names())
    return QuerySizes.named(name), name


def _title(options: ScenarioOptions, file: Scenario | None, machine: Machine, any_cores: bool) -> str:
    parts = [_called("cores" if any_cores else counted(machine.cpu.cores, "core"), options.cpu)]
    if machine.accelerator is not None:
        parts.append(_called(counted(machine.accelerator.units, "accelerator"), options.accelerator))
    name = file.title if file else options.model
    return " on ".join(filter(None, (name, " and ".join(parts))))


def _called(what: str, name: str | None) -> str:
    return f"{what} ({name})" if name else what
