"""The Typer application: the commands and what holds for all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from . import (
    analyze_command,
    calibrate_command,
    compare_command,
    explain_command,
    export_command,
    fit_command,
    list_command,
    plot_command,
    report_command,
    schema_command,
    show_command,
    size_command,
    sweep_command,
    tune_command,
    validate_command,
    what_if_command,
)
from .failure import FailureReporting
from .option_groups import expanded

HELP = """Capacity planning for recommendation inference.

For this model on this hardware under this tail-latency target: which batch size and offload threshold carry
the most queries, how many, and how does that compare with the static rule?

\b
Examples:
  recplan tune --model dlrm-rmc1 --cpu skylake --accelerator gtx1080ti
  recplan list models
"""

COMMANDS = {
    "tune": tune_command,
    "analyze": analyze_command,
    "validate": validate_command,
    "compare": compare_command,
    "size": size_command,
    "sweep": sweep_command,
    "fit": fit_command,
    "list": list_command,
    "show": show_command,
    "calibrate": calibrate_command,
    "what-if": what_if_command,
    "schema": schema_command,
    "plot": plot_command,
    "report": report_command,
    "export": export_command,
    "explain": explain_command,
}

# Help without rich costs half the time to start.
app = typer.Typer(
    name="recplan",
    cls=FailureReporting,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"recplan {version('recplan')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Take the options that stand before the command."""


for name, module in COMMANDS.items():
    app.command(name, help=module.HELP, short_help=module.SUMMARY, epilog=module.EPILOG)(expanded(module.run))
