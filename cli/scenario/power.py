"""What a machine draws, by the options and the hardware."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..options.power import PowerOptions

if TYPE_CHECKING:
    from recplan.profiles import Hardware
    from recplan.solvers import MachinePower, StationPower

    from .setting import Setting


def read_power(setting: Setting, options: PowerOptions) -> MachinePower | None:
    """Return what the machine draws; None where that is not known of all of its parts."""
    from recplan.queuemodel import arguments
    from recplan.solvers import ACCOUNTINGS, MachinePower

    machine = setting.machine
    # Also where the watts are not known, and nothing hangs on it.
    accounting = arguments.choice("--accounting", options.accounting or "utilization", ACCOUNTINGS)
    if machine.accelerator is None and options.watts_accelerator is not None:
        raise ValueError(f"--watts-accelerator {options.watts_accelerator} needs --accelerator")
    cpu = _of(_hardware("cpu", setting.cpu_hardware), machine.cpu.cores)
    if options.watts_cpu is not None:
        cpu = _given("--watts-cpu", options.watts_cpu)
    if cpu is None:
        return None
    if machine.accelerator is None:
        return MachinePower(cpu, None, accounting)
    accelerator = _of(_hardware("accelerator", setting.accelerator_hardware), machine.accelerator.units)
    if options.watts_accelerator is not None:
        accelerator = _given("--watts-accelerator", options.watts_accelerator).scaled(machine.accelerator.units)
    return None if accelerator is None else MachinePower(cpu, accelerator, accounting)


def hardware_power(cpu: Hardware, accelerator: Hardware | None, accounting: str) -> MachinePower | None:
    """Return what whole hardware draws; None where that is not known of all of its parts."""
    from recplan.solvers import MachinePower

    drawn = _of(cpu, cpu.servers)
    beside = None if accelerator is None else _of(accelerator, accelerator.servers)
    if drawn is None or (accelerator is not None and beside is None):
        return None
    return MachinePower(drawn, beside, accounting)


def describe_power(power: MachinePower | None) -> dict[str, Any] | None:
    """Describe a power as every output does."""
    if power is None:
        return None
    accelerator = power.accelerator
    return {
        "accounting": power.accounting,
        "cpu_watts": power.cpu.loaded_watts,
        "cpu_idle_watts": power.cpu.idle_watts,
        "accelerator_watts": accelerator.loaded_watts if accelerator else None,
        "accelerator_idle_watts": accelerator.idle_watts if accelerator else None,
    }


def _hardware(kind: str, name: str | None) -> Hardware | None:
    from recplan.profiles import find_hardware

    return None if name is None else find_hardware(kind, name)


def _of(hardware: Hardware | None, servers: int) -> StationPower | None:
    """Return what so many of the hardware's servers draw, each its part."""
    from recplan.solvers import StationPower

    if hardware is None or hardware.watts is None or hardware.watts_when_idle is None:
        return None
    return StationPower(hardware.watts_when_idle, hardware.watts).scaled(servers / hardware.servers)


def _given(option: str, text: str) -> StationPower:
    from recplan.profiles import IDLE_SHARE
    from recplan.queuemodel import arguments
    from recplan.solvers import StationPower

    loaded, colon, idle = text.partition(":")
    try:
        watts = [float(loaded), float(idle) if colon else IDLE_SHARE * float(loaded)]
    except ValueError:
        raise ValueError(f"{option}(={text!r}) must be watts, or loaded and idle watts as in 250:125") from None
    arguments.number(option, watts[0], above=0)
    arguments.number(f"{option} idle", watts[1], least=0, most=watts[0])
    return StationPower(watts[1], watts[0])
