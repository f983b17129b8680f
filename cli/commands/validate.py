"""`recplan validate`: the analysis and a simulation of the same load, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from sys import float_info
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ..options.output import OutputOptions
from ..options.plot import PlotOptions
from ..options.scenario import LoadOptions, ScenarioOptions
from ..output.compilation import compilation_announced
from ..output.output import Format, Quantity, Report, given, milliseconds, note, show, significant
from ..output.progress import expected_to_take
from ..scenario.setting import describe_policy, read_load, read_setting
from .analyze import with_extra

if TYPE_CHECKING:
    from recplan.queuemodel import Latency, Sample

T = TypeVar("T")

PERCENTILES = (50.0, 95.0, 99.0)

SUMMARY = "Hold the analysis against a simulation."

HELP = "Run the same load through the analysis and through a simulation, and show both side by side."

EPILOG = """\b
Examples:
  recplan validate --model dlrm-rmc2 --cpu c5n.2xlarge --cores 8 \\
    --accelerator g4dn.xlarge --qps 30 --batch-size 64 --offload-above 256
  recplan validate scenario.toml --queries 10000000 --seed 7 --format csv

\b
Latencies are in milliseconds, loads in queries per second, sizes in items.
The interval covers the true latency with 95 % confidence."""

# The simulation compiles and loads its kernel on a run of this many queries, which is not timed.
WARM_UP_QUERIES = 100
# How long this part of the queries takes says how long all of them will.
TRIAL_SHARE = 0.01

QUANTITIES = (
    Quantity("quantity", "latency"),
    Quantity("analysis_ms", "analysis (ms)", significant),
    Quantity("simulation_ms", "simulated (ms)", significant),
    Quantity("interval_low_ms", "from (ms)", significant),
    Quantity("interval_high_ms", "to (ms)", significant),
    Quantity("relative_difference", "diff. (%)", lambda share: f"{100 * share:+.2f}"),
    Quantity("within_interval", "within", lambda within: "yes" if within else "no"),
)


def run(
    *,
    setting_options: ScenarioOptions,
    load_options: LoadOptions,
    queries: Annotated[int, typer.Option(metavar="N", help="Queries to simulate, 100 to 100 million.")] = 1_000_000,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the random numbers, 0 or more.")] = 1,
    plot: PlotOptions,
    output: OutputOptions,
) -> None:
    """Print the analysis and a simulation side by side."""
    from recplan.queuemodel import analyze, simulate

    plot.refuse_beside(output)
    setting = read_setting(setting_options)
    policy, qps = read_load(setting, load_options)
    setting = setting.run_under(policy)
    percentiles = with_extra(PERCENTILES, load_options.percentile)
    machine, sizes = setting.machine, setting.sizes

    def analysis() -> tuple[Latency, list[float]]:
        latency = analyze(machine, sizes, policy, qps)
        return latency, [latency.percentile(percentile) for percentile in percentiles]

    def simulation(queries: int) -> tuple[Sample, list[float]]:
        sample = simulate(machine, sizes, policy, qps, queries=queries, seed=seed)
        return sample, [sample.percentile(percentile) for percentile in percentiles]

    with compilation_announced():
        analysis()
        simulation(min(queries, WARM_UP_QUERIES))
        (latency, analysed), analysis_ms = timed(analysis)
        few = min(queries, max(WARM_UP_QUERIES, round(TRIAL_SHARE * queries)))
        _, trial_ms = timed(lambda: simulation(few))
        with expected_to_take(1e-3 * trial_ms * queries / few, "simulating"):
            (sample, simulated), simulation_ms = timed(lambda: simulation(queries))
    comparisons = compared(latency, sample, dict(zip(percentiles, zip(analysed, simulated, strict=True), strict=True)))
    if output.format.for_reading:
        note(f"accuracy of the analysis: {latency.accuracy}")
        furthest = max(comparisons, key=lambda record: abs(record["relative_difference"]))
        difference = 100.0 * furthest["relative_difference"]
        note(f"largest difference from the simulation: {difference:+.2f} % ({furthest['quantity']})")
    if not sample.settled:
        note(unsettled(sample))
    if output.format is not Format.JSON:
        note(
            f"{queries} queries simulated in {significant(simulation_ms)} ms; "
            f"analysis in {significant(analysis_ms, 3)} ms"
        )
    load = {"qps": qps, **describe_policy(policy), "queries": queries, "seed": seed}
    show(
        Report(
            command="validate",
            title=f"{setting.title}\nquery sizes {setting.sizes_name}, {given(qps)} queries/s\n{setting.curves}",
            quantities=QUANTITIES,
            records=comparisons,
            document={
                "scenario": setting.document(),
                "load": load,
                "comparisons": comparisons,
                "analysis_time_ms": analysis_ms,
                "simulation_time_ms": simulation_ms,
                "accuracy": latency.accuracy,
            },
        ),
        output,
    )
    if plot.wanted:
        from ..figures.pictures import cdf_picture, stated_sla

        plot.draw(cdf_picture(setting, policy, latency, sample, stated_sla(setting)), output)


def compared(
    latency: Latency, sample: Sample, percentiles: Mapping[float, tuple[float, float]]
) -> list[dict[str, Any]]:
    """Hold an analysis against a simulation of the same load.

    Parameters
    ----------
    latency : Latency
        The analysis.
    sample : Sample
        The simulation.
    percentiles : mapping of float to (float, float)
        For each percentile, that of the analysis and that of the simulation, in seconds.

    Returns
    -------
    list of dict
        The mean, then the percentiles, as the records of a result.
    """
    # A simulated latency is a difference of two times of a clock that has run this long, warm-up included.
    rounding = 4.0 * float_info.epsilon * 2.0 * sample.queries / latency.qps
    comparisons = [_comparison("mean", latency.mean, sample.mean, None, rounding)]
    for percentile, (ours, theirs) in percentiles.items():
        interval = sample.confidence_interval(percentile)
        comparisons.append(_comparison(f"p{percentile:g}", ours, theirs, interval, rounding))
    return comparisons


def unsettled(sample: Sample) -> str:
    """Say that a simulation is too short for its bounds, and what to do."""
    from recplan.queuemodel import MOST_QUERIES

    advice = f"--queries {sample.needed} would be enough"
    if sample.needed > MOST_QUERIES:
        advice = "no simulation is long enough there"
    return (
        f"so near to saturation {sample.queries} queries are too few: the simulation is still near to how it began, "
        f"and its bounds are too narrow; {advice}"
    )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Do some work; return what it gives, and the milliseconds that it took."""
    begin = perf_counter()
    result = work()
    return result, 1e3 * (perf_counter() - begin)


def _comparison(
    quantity: str, analysed: float, simulated: float, interval: tuple[float, float] | None, rounding: float
) -> dict[str, Any]:
    low, high = interval or (None, None)
    within = interval[0] - rounding <= analysed <= interval[1] + rounding if interval else None
    return {
        "quantity": quantity,
        "analysis_ms": milliseconds(analysed),
        "simulation_ms": milliseconds(simulated),
        "interval_low_ms": milliseconds(low),
        "interval_high_ms": milliseconds(high),
        "relative_difference": analysed / simulated - 1.0,
        "within_interval": within,
    }
