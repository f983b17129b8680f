"""The one way to print: results on standard output as table, JSON or CSV, everything else on standard error.

JSON is one object. Its first two fields are ``schema``, ``"recplan/1"``, and ``command``; fields are
added within a schema, never renamed or removed. Names carry the unit: ``_ms`` milliseconds, ``qps``
queries per second, ``_items`` items; utilizations, shares and differences are fractions. What does not
exist is ``null``.

``scenario``
    Of `analyze`, `tune`, `validate`, `what-if`: ``title``, ``model``, ``preset``, ``cores``, ``units``, ``cpu_name``,
    ``accelerator_name``, ``cpu_curve`` and ``accelerator_curve`` (where their figures come from: ``"given"``,
    ``"measured"``, ``"calibrated"``, ``"extrapolated"``, ``"datasheet"``), ``cpu_scv``, ``accelerator_scv``, ``sizes``,
    ``sizes_mean_items``, ``sizes_max_items``.
`analyze`
    ``result``: ``qps``, ``batch_size``, ``offload_above``, ``latency_mean_ms``, ``latency_p50_ms`` and so
    on for each percentile, ``cpu_utilization``, ``accelerator_utilization``, ``offloaded_share``; and
    ``accuracy``, a sentence.
`tune`
    ``sla``: ``percentile``, ``latency_ms``. ``policies``: a list of objects with ``policy``
    (``"chosen"``, ``"hill-climb"``, ``"cpu-only"``, ``"static"``), ``batch_size``, ``offload_above``, ``capacity_qps``,
    ``times_static``, the latencies and so on of `analyze` just below the capacity, ``evaluations``,
    ``accuracy`` and ``reason``. Where the capacity is 0, ``reason`` says why, and there is no latency.
    ``evaluations``: how many capacities were computed in all; ``elapsed_ms``: the time that took.
`validate`
    ``load``: ``qps``, ``batch_size``, ``offload_above``, ``queries``, ``seed``. ``comparisons``: a list
    of objects with ``quantity`` (``"mean"``, ``"p50"``, …), ``analysis_ms``, ``simulation_ms``,
    ``interval_low_ms``, ``interval_high_ms`` (95 % confidence), ``relative_difference``,
    ``within_interval``. ``analysis_time_ms``, ``simulation_time_ms``: the time that each took, its
    kernels compiled. ``accuracy``.
`what-if`
    ``scenario`` and ``sla`` as of `tune`, with modelled curves. ``effects``: a list of objects with ``lever``
    (``"none"``, the lever with its value, or ``"together"``), ``cpu_service_ms`` and ``accelerator_service_ms`` (of the
    batch chosen without levers, and of a query of the mean size offloaded), the latency at the target's percentile
    under the policy and at the capacity without levers, ``batch_size``, ``offload_above``, ``capacity_qps``,
    ``times_as_it_is`` and ``reason``. ``together``: the levers of that row. ``levers``: a list of objects with
    ``name``, ``title``, ``value``, ``meaning`` (of the value), ``stations``, ``assumes``, ``source``.
`compare`
    ``sizes``, ``accelerator``, ``accounting`` (``"tdp"``, ``"utilization"``). ``outcomes``: a list of objects with
    ``cpu``, ``model``, ``sla`` (``"low"``, ``"medium"``, ``"high"``), ``percentile``, ``latency_ms``, ``scheduler``
    (``"static"``, ``"deeprecsched-cpu"``, ``"deeprecsched-gpu"``, ``"exact-cpu"``, ``"exact-gpu"``), ``batch_size``,
    ``offload_above``, ``capacity_qps``, ``times_static``, ``watts``, ``qps_per_watt``, ``per_watt_times_static``,
    ``accelerator_items_share`` (of the items), ``share_of_optimum``, ``reason``, and ``cpu_curve`` and
    ``accelerator_curve`` as of ``scenario``. ``geometric_means``: a list of objects with ``cpu``, ``sla``,
    ``scheduler``, ``cases``, ``left_out``, ``times_static``, ``per_watt_times_static``, and the paper's,
    ``paper_times_static`` and ``paper_per_watt_times_static``. ``elapsed_ms``.
`size`
    ``scenario`` and ``sla`` as of `tune`. ``headroom``, ``spare``, ``price``. ``power``: ``accounting``, and of one
    machine ``cpu_watts``, ``cpu_idle_watts``, ``accelerator_watts``, ``accelerator_idle_watts``; null where it is not
    known. ``result``: ``target_qps``, ``batch_size``, ``offload_above``, ``capacity_qps`` (of a machine),
    ``machines``, ``watts``, ``cost_per_hour``. ``fleets``: a list of objects with ``fleet`` (``"all-up"``,
    ``"one-lost"``), ``machines``, ``qps_per_machine``, ``latency_ms`` (at the target's percentile),
    ``meets_target``, ``cpu_utilization``, ``accelerator_utilization``, ``watts`` and ``reason`` (why there is no
    latency).
    Of a day: ``result``: ``batch_size``, ``offload_above``, ``capacity_qps``, ``peak_qps``, ``peak_machines``,
    ``machine_hours``, ``fixed_machine_hours`` (with the machines of the peak all day), ``energy_kwh``, ``cost``.
    ``intervals``: a list of objects with ``start_hour``, ``hours``, ``qps``, ``machines``, ``qps_per_machine``,
    ``latency_ms``, ``one_lost_latency_ms``, ``one_lost_meets_target``, ``one_lost_reason``, ``cpu_utilization``,
    ``accelerator_utilization``, ``watts``, ``energy_kwh``, ``cost``.
`sweep`
    ``scenario``, ``sla`` and ``power`` as of `size`; of the former two, what an axis sweeps over is null, and the
    power is that before cores are swept over. ``over``: the axes. ``complete``: false after an interrupt.
    ``points``: a list of objects with ``sla_ms``, ``percentile``, ``cores``, ``sizes``, ``batch_size``,
    ``offload_above``, ``capacity_qps``, ``latency_ms`` (just below the capacity), ``cpu_utilization``,
    ``accelerator_utilization``, ``watts``, ``qps_per_watt``, ``on_front`` (no other point is as good in queries/s,
    latency and power and better in one) and ``reason``.
`fit`
    ``points``: a list of objects with ``batch_size``, ``runs``, ``outliers``, ``median_ms`` of all runs,
    ``mean_ms`` without outliers, ``fitted_ms``, ``relative_error``. ``fit``: ``runs``, ``outliers``, ``scv``,
    ``mean_absolute_error`` at these points, ``leave_one_out_error`` at points that the curve was not given,
    ``contention``, a list of objects with ``busy_cores`` and ``slowdown``. ``profile``: ``name``, ``kind``,
    ``cores``, ``path``, null where none was written. ``warnings``: a list of sentences.
`list`
    ``models``, ``hardware`` or ``sizes``: a list of objects. Of hardware, ``peak_gflops`` (10^9 operations per
    second), ``memory_gbps`` (10^9 bytes per second), ``memory_gib`` and ``watts`` are those of all its cores;
    ``curve`` is what a modelled curve on it is called, ``confidence`` how sure the peaks are.
`show`
    ``model``: ``name``, ``full_name``, ``preset``, ``bottleneck`` (as published), ``source``, ``note``,
    ``memory_needed_gib``. ``batch_size``, ``input_loading``. ``stations``: a list of objects with ``station``, the
    fields of `list`'s hardware, ``service_curve`` and ``operators_curve`` (where they come from),
    ``memory_needed_gib``, ``bottleneck`` (modelled), ``published_bottleneck``; and the lists ``operators``
    (``station``, ``hardware``, ``name``, ``kind``, ``operator``, ``count``, ``flops``, ``bytes``, ``flops_per_byte``,
    ``bound_by``, ``time_us``, ``share``), ``curve`` (``batch_size``, ``computation_ms``, ``loading_ms``,
    ``service_ms``, ``items_per_second``, ``modelled_computation_ms``) and ``slowdowns`` (``busy_cores``,
    ``slowdown``).
`calibrate`
    ``parameters``: a list of objects with ``group``, ``name``, ``value``, ``shipped_value``, ``least``, ``most``,
    ``at_bound`` (null where it was not fitted but assumed), ``meaning``. ``agreement``: ``fitted`` and ``shipped``,
    objects of errors, relative ones as fractions, ``shares_mean_error`` in points. ``path``, null where none was
    written.

CSV is a header and a row per record: the fields of ``result``, or of the objects of ``policies``,
``comparisons``, ``effects``, ``outcomes``, ``fleets``, ``intervals``, ``points``, ``models``, ``hardware``, ``sizes``,
all stations' ``operators`` or ``parameters``, in the same order. What does not exist is an empty cell; names in a list
are separated by spaces.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SCHEMA = "recplan/1"

Record = Mapping[str, Any]
Grid = tuple[list[str], list[list[str]], list[bool]]


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that a result tells.

    Parameters
    ----------
    key : str
        Its name in JSON and CSV.
    label : str
        Its name in a table, with the unit.
    shown : callable, optional
        Writes its value for a table; None where the value is text.
    text : bool
        Whether what it writes is text, which a table aligns to the left.
    """

    key: str
    label: str
    shown: Callable[[Any], str] | None = None
    text: bool = False

    def cell(self, record: Record) -> str:
        """Write the quantity of a record for a table; ``-`` where it does not exist."""
        value = record[self.key]
        if value is None:
            return "-"
        return str(value) if self.shown is None else self.shown(value)


@dataclass(frozen=True, slots=True)
class Section:
    """One of several tables that a report is shown as.

    Parameters
    ----------
    title : str
        A line above the table.
    quantities, records, upright
        As those of a `Report`.
    """

    title: str
    quantities: tuple[Quantity, ...]
    records: Sequence[Record]
    upright: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a command found.

    A table shows the quantities, JSON and CSV everything that the records hold.

    Parameters
    ----------
    command : str
        The command.
    title : str
        A line above the table.
    quantities : tuple of Quantity
        What a table shows, in this order.
    records : sequence of mapping
        The results, at least one; all have the same keys, among them every quantity's.
    document : mapping
        What JSON shows beyond schema and command.
    upright : bool
        Whether a table has a column per record, headed by the first quantity, instead of a row; the only
        column has no header.
    sections : tuple of Section
        Where one table does not show it all: the tables to show instead, one below the other.
    """

    command: str
    title: str
    quantities: tuple[Quantity, ...]
    records: Sequence[Record]
    document: Mapping[str, Any]
    upright: bool = False
    sections: tuple[Section, ...] = ()

    @property
    def tables(self) -> tuple[Section, ...]:
        """What it is shown as."""
        return self.sections or (Section("", self.quantities, self.records, self.upright),)


def significant(value: float, digits: int = 4) -> str:
    """Write a number to so many significant digits, and never less than to the unit.

    >>> significant(0.0123456), significant(9.99996), significant(123456.7)
    ('0.01235', '10.00', '123457')
    """
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return f"{value:.{max(0, digits - 1 - exponent)}f}"


def per_cent(share: float) -> str:
    """Write a share in per cent.

    >>> per_cent(0.12345)
    '12.3'
    """
    return f"{100 * share:.1f}"


def given(value: float) -> str:
    """Write a number as it was given: a whole number, a target, a load.

    >>> given(1024), given(400.0), given(99.99)
    ('1024', '400', '99.99')
    """
    return f"{value:.12g}"


def origin(provenance: str) -> str:
    """Write where the figures of a service curve come from.

    >>> origin("calibrated"), origin("datasheet")
    ('calibrated', 'datasheet, not calibrated')
    """
    return "datasheet, not calibrated" if provenance == "datasheet" else provenance


def listed(names: Sequence[str]) -> str:
    """Write names one after the other.

    >>> listed(["ncf", "wnd"]), listed([])
    ('ncf, wnd', '-')
    """
    return ", ".join(names) or "-"


def milliseconds(seconds: float | None) -> float | None:
    """Turn the library's seconds into the command line's milliseconds."""
    return None if seconds is None else 1e3 * seconds


def note(text: str) -> None:
    """Tell the user something that is not a result."""
    print(f"note: {text}", file=sys.stderr, flush=True)


def show(report: Report, form: Format) -> None:
    """Print a report on standard output."""
    if form is Format.TABLE and sys.stdout.isatty():
        from .terminal import print_tables

        print_tables(report.title, [(section.title, grid(section)) for section in report.tables])
    else:
        writers = {Format.TABLE: _plain, Format.JSON: _json, Format.CSV: _csv}
        sys.stdout.write(writers[form](report))
    # A reader that went away shows here, where it can be told from other failures, and not at exit.
    sys.stdout.flush()


def grid(section: Section) -> Grid:
    """Lay a table out: its header, maybe empty, its rows, and which columns hold numbers."""
    header = [quantity.label for quantity in section.quantities]
    rows = [[quantity.cell(record) for quantity in section.quantities] for record in section.records]
    numeric = [quantity.shown is not None and not quantity.text for quantity in section.quantities]
    if not section.upright:
        return header, rows, numeric
    turned = [list(row) for row in zip(header, *rows, strict=True)]
    numeric = [False] + [True] * len(rows)
    return (turned[0], turned[1:], numeric) if len(rows) > 1 else ([], turned, numeric)


def _plain(report: Report) -> str:
    blocks = [report.title] if report.title else []
    for section in report.tables:
        blocks += filter(None, (section.title, "\n".join(_lines(*grid(section)))))
    return "\n\n".join(blocks) + "\n"


def _lines(header: list[str], rows: list[list[str]], numeric: list[bool]) -> list[str]:
    headed = [header] if header else []
    widths = [max(map(len, column)) for column in zip(*headed, *rows, strict=True)]
    if header:
        headed.append(["-" * width for width in widths])
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in [*headed, *rows]
    ]


def _json(report: Report) -> str:
    import json

    document = {"schema": SCHEMA, "command": report.command, **report.document}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _csv(report: Report) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    keys = list(report.records[0])
    writer.writerow(keys)
    for record in report.records:
        writer.writerow([_csv_cell(record[key]) for key in keys])
    return text.getvalue()


def _csv_cell(value: object) -> object:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else value
