"""An exported policy as a scenario file, which every command takes again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..output.message import note
from ..output.wording import given, significant
from .exported_policy import ExportedPolicy, commented

if TYPE_CHECKING:
    from ..options.scenario import ScenarioOptions

#: Keys of a scenario that name a file, always, and where what they name ends like one.
_FILES = ("curve", "trace")
_NAMES = ("model", "hardware", "instance")
_ENDINGS = (".toml", ".csv", ".onnx")
_ORDER = ("title", "input_loading", "sizes", "cpu", "accelerator", "sla", "policy", "load")


def scenario_text(exported: ExportedPolicy, options: ScenarioOptions, folder: Path) -> str:
    """Write the scenario that the options and their file describe, with the policy and the target, below comments.

    The load is the file's, or else just below the capacity. Paths are relative to the folder where the text will be.
    """
    import tomli_w

    from recplan.solvers import BELOW_CAPACITY

    file = _read(options.scenario, folder)
    policy, sla, machine = exported.policy, exported.sla, exported.setting.machine
    content: dict[str, Any] = dict(file)
    if "title" not in file and exported.setting.model is not None:
        content["title"] = Path(exported.setting.model).stem
    if options.input_loading is not None:
        content["input_loading"] = options.input_loading
    content["sizes"] = _sizes(options, file.get("sizes"), folder)
    content["cpu"] = _station("cpu", options, exported, file, folder) | {"cores": machine.cpu.cores}
    if machine.accelerator is not None:
        units = {"units": machine.accelerator.units}
        content["accelerator"] = _station("accelerator", options, exported, file, folder) | units
    if not any("model" in content.get(station, {}) for station in ("cpu", "accelerator")):
        # What the file says of models is without meaning where options have put curves in their place.
        content.pop("input_loading", None)
    content["sla"] = {"percentile": sla.percentile, "milliseconds": 1e3 * sla.seconds, "scope": sla.scope}
    content["policy"] = {"batch_size": policy.batch_size}
    if policy.offload_above is not None:
        content["policy"]["offload_above"] = policy.offload_above
    content.setdefault("load", {"qps": exported.qps * BELOW_CAPACITY})
    if content["load"]["qps"] > exported.qps:
        note(
            f"the scenario's load of {given(content['load']['qps'])} queries/s is more than this policy carries, "
            f"{significant(exported.qps)}"
        )
    remarks = ["", "Paths are sought from this file's folder."]
    if "load" not in file:
        remarks.append("The load is just below the capacity.")
    return (
        exported.comment
        + commented(*remarks)
        + "\n"
        + tomli_w.dumps({key: content[key] for key in _ORDER if key in content})
    )


def _read(path: Path | None, folder: Path) -> dict[str, Any]:
    """Return what the scenario file holds, its paths as they are from the folder."""
    if path is None:
        return {}
    from recplan.profiles import read_toml

    return {
        name: {key: _moved(key, value, path.parent, folder) for key, value in table.items()}
        if isinstance(table, dict)
        else table
        for name, table in read_toml(path).values.items()
    }


def _moved(key: str, value: Any, before: Path, after: Path) -> Any:
    is_file = key in _FILES or (key in _NAMES and str(value).lower().endswith(_ENDINGS))
    return _from(after, before / value) if is_file else value


def _from(folder: Path, path: Path) -> str:
    name = (path if path.is_absolute() else Path(os.path.relpath(path, folder))).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the name of {name} is not UTF-8, and TOML holds nothing else; rename the file") from None
    return name


def _sizes(options: ScenarioOptions, stated: Any, folder: Path) -> dict[str, Any]:
    from ..scenario.setting import DEFAULT_SIZES

    if options.sizes_file is not None:
        return {"trace": _from(folder, options.sizes_file)}
    if options.sizes is not None or stated is None:
        return {"law": options.sizes or DEFAULT_SIZES}
    return dict(stated)


def _station(
    kind: str, options: ScenarioOptions, exported: ExportedPolicy, file: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    from recplan.profiles import is_curve

    named = getattr(options, kind)
    scv = {} if options.scv is None else {"scv": options.scv}
    if named is None:
        return {**file[kind], **scv}
    if is_curve(named):
        return {"curve": _from(folder, Path(named)), **scv}
    model, preset = str(exported.setting.model), options.preset
    if options.model is None and exported.setting.file is not None:
        preset = preset or exported.setting.file.preset
    table = {
        "model": _moved("model", model, Path(), folder),
        "hardware": _moved("hardware", named, Path(), folder),
    }
    return {**table, **({} if preset is None else {"preset": preset}), **scv}
