"""`recplan export onnx`: a model in the format that other programs run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options.completion import complete_models
from ..options.output import check_ending
from ..options.scenario import PresetOption
from ..output.writing import check_writable, write_result
from ..scenario.models import check_model, exported

SUMMARY = "Write a model as ONNX."

HELP = """Write a model of the catalogue, or one's own, in the ONNX format, with random weights.

ONNX Runtime and others run it, and every command reads it again, by --model. The batch is an open dimension. A row of a
table is looked up by a 64-bit index; everything else is 32-bit floating-point."""

EPILOG = """\b
Examples:
  recplan export onnx --model wnd --output wnd.onnx
  recplan export onnx --model my-model.toml --tables-mib 64 --output mine.onnx

\b
Needs onnx: pip install 'recplan[live]'. Where the tables are larger than
--tables-mib, each is cut by the same share of its rows; the file says how
many it should have, so that commands which give times in milliseconds, or
the memory that is needed, take the whole model."""


def run(
    *,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help="Model (`recplan list models`), or a .toml file that describes one.",
            autocompletion=complete_models,
        ),
    ],
    output: Annotated[Path, typer.Option(metavar="FILE.onnx", help="Write to this file, whole or not at all.")],
    preset: PresetOption = None,
    tables_mib: Annotated[
        int | None, typer.Option(metavar="MIB", help="MiB that all tables have together, at most.  [default: 256]")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the random weights.")] = 0,
) -> None:
    """Write the model."""
    from recplan.live import needing

    check_ending("--output", output, [".onnx"])
    check_writable(output)
    check_model(model, preset)
    with needing("recplan export onnx"):
        content = exported(model, preset, tables_mib, seed)
    if content is None:
        raise ValueError(f"{model} is an ONNX model already; name a model of the catalogue or a .toml file")
    write_result(output, content, "the model is")
