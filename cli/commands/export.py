"""`recplan export`: a policy, written down for where it is used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..options.output import check_ending
from ..options.scenario import FixedPolicyOptions, ScenarioOptions, SlaOptions
from ..output.computation import computing
from ..output.writing import check_writable, put
from ..scenario.policy import read_fixed_policy
from ..scenario.policy_comparison import chosen_policy
from ..scenario.setting import read_setting
from ..scenario.target import read_sla

if TYPE_CHECKING:
    from ..export.exported_policy import ExportedPolicy

SUMMARY = "Write a policy for where it is used."

HELP = """Write a policy for where it is used, the best one or a given one.

\b
deeprecsys  flags of DeepRecSys' own scripts
triton      fragments of config.pbtxt for NVIDIA's Triton Inference Server
toml        a scenario file, which every command takes again

A model, for ONNX Runtime and others, is written by `recplan export onnx`."""

EPILOG = """\b
Examples:
  recplan export --to deeprecsys --model dlrm-rmc1 --cpu skylake \\
    --accelerator gtx1080ti --sla-ms 100
  recplan export scenario.toml --to triton --batch-size 64 --offload-above 256
  recplan export scenario.toml --to toml --output decided.toml

\b
Without --batch-size the policy is the one that recplan tune chooses. Comments
say what made the file, the capacity in queries per second, the target in
milliseconds, and what the other program does not do by itself.

\b
Exit status 3 says that the policy carries nothing within the target."""


class Destination(StrEnum):
    """What a policy can be written for."""

    DEEPRECSYS = "deeprecsys"
    TRITON = "triton"
    TOML = "toml"


_ENDINGS = {
    Destination.DEEPRECSYS: (".txt",),
    Destination.TRITON: (".pbtxt", ".txt"),
    Destination.TOML: (".toml",),
}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to write, and how the best policy is chosen."""

    to: Annotated[Destination, typer.Option(help="What to write it for.")]


def run(
    *,
    setting_options: ScenarioOptions,
    export_options: ExportOptions,
    policy_options: FixedPolicyOptions,
    sla_options: SlaOptions,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write to this file instead of standard output, whole or not at all."),
    ] = None,
) -> None:
    """Print a policy as another program takes it."""
    from ..export.exported_policy import ExportedPolicy
    from ..export.reproduction import command_line

    if output is not None:
        check_ending(f"--to {export_options.to} --output", output, _ENDINGS[export_options.to])
        check_writable(output)
    setting = read_setting(setting_options)
    sla = read_sla(setting, sla_options)
    policy = read_fixed_policy(policy_options)
    with computing():
        result = chosen_policy(setting.machine, setting.sizes, sla, policy=policy)
    exported = ExportedPolicy(
        setting.run_under(result.policy),
        sla,
        result.policy,
        result.qps,
        command_line("export", setting_options, export_options, policy_options, sla_options),
    )
    put(_text(exported, export_options.to, setting_options, output), output)


def _text(exported: ExportedPolicy, to: Destination, options: ScenarioOptions, output: Path | None) -> str:
    if to is Destination.DEEPRECSYS:
        from ..export.deeprecsys_flags import deeprecsys_flags

        return deeprecsys_flags(exported)
    if to is Destination.TRITON:
        from ..export.triton_config import triton_config

        return triton_config(exported)
    from ..export.scenario_text import scenario_text

    # A pipe or a terminal has no folder that says where the text will be.
    in_place = output is None or (output.exists() and not output.is_file())
    return scenario_text(exported, options, Path() if in_place or output is None else output.parent)
