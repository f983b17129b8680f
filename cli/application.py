"""The Typer application: the commands and what holds for all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from .commands import (
    analyze,
    compare,
    export,
    export_onnx,
    fit,
    live,
    measure,
    plot,
    report,
    show,
    size,
    sweep,
    tune,
    validate,
    what_if,
)
from .options.given_once import GivenOnce
from .options.option_groups import expanded
from .output.failure import FailureReporting
from .reference import calibrate, catalogue, explain, schema

HELP = """Capacity planning for recommendation inference.

For this model on this hardware under this tail-latency target: which batch size and offload threshold carry
the most queries, how many, and how does that compare with the static rule?

\b
Examples:
  recplan tune --model dlrm-rmc1 --cpu skylake --accelerator gtx1080ti
  recplan list models
"""

COMMANDS = {
    "tune": tune,
    "analyze": analyze,
    "validate": validate,
    "compare": compare,
    "size": size,
    "sweep": sweep,
    "fit": fit,
    "measure": measure,
    "live": live,
    "list": catalogue,
    "show": show,
    "calibrate": calibrate,
    "what-if": what_if,
    "schema": schema,
    "plot": plot,
    "report": report,
    "export": export,
    "export onnx": export_onnx,
    "explain": explain,
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

        print(f"recplan {version('recplan')}", flush=True)
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
    app.command(name, cls=GivenOnce, help=module.HELP, short_help=module.SUMMARY, epilog=module.EPILOG)(
        expanded(module.run)
    )
