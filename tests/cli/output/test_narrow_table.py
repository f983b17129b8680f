"""Tables that are fitted to a width, and what a terminal shows of them."""

import io
import re
from contextlib import redirect_stdout

import pytest
from hypothesis import given, strategies as st

from commands import printed
from recplan.cli.application import app
from recplan.cli.options.output import OutputOptions
from recplan.cli.output.narrow_table import fitted
from recplan.cli.output.report import Grid, Quantity, Report, Table

WORDS = st.text("abcxyz", min_size=1, max_size=9)
NUMBERS = st.integers(0, 10**6).map(str) | st.just("-")


def table(header, rows, numeric, narrow=None, marked=None):
    return Grid(header, narrow or header, rows, numeric, marked or [False] * len(rows))


@st.composite
def grids(draw):
    columns = draw(st.integers(1, 9))
    numeric = [False, *(draw(st.lists(st.booleans(), min_size=columns, max_size=columns)))][:columns]
    labels = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
    header = draw(st.lists(labels, min_size=columns, max_size=columns))
    texts = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)
    row = st.tuples(*(NUMBERS if right else texts for right in numeric)).map(list)
    rows = draw(st.lists(row, min_size=1, max_size=7))
    return table(header, rows, numeric, marked=draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


def shown(report, columns):
    """Print a report on a terminal of so many columns and give back its lines."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(Screen()) as text:
        patch.setenv("COLUMNS", str(columns))
        patch.setenv("TERM", "xterm")
        OutputOptions().show(report)
    return re.sub(r"\x1b\[\d+m", "", text.getvalue()).splitlines()


@st.composite
def reports(draw):
    grid = draw(grids())
    quantities = tuple(
        Quantity(f"{at}", label, str if number else None)
        for at, (label, number) in enumerate(zip(grid.header, grid.numeric, strict=True))
    )
    records = [{f"{at}": cell for at, cell in enumerate(row)} for row in grid.rows]
    return Report("measure", "", [Table(quantities, records)], records, {})


@given(report=reports(), width=st.integers(40, 120))
def test_no_line_is_longer_than_the_width(report, width):
    assert max(map(len, shown(report, width))) <= width


@given(report=reports(), width=st.integers(40, 120))
def test_every_number_and_every_word_is_shown_unbroken(report, width):
    words = set(" ".join(shown(report, width)).replace(",", "").split())
    assert {word for record in report.records for cell in record.values() for word in cell.split()} <= words


@given(grid=grids())
def test_a_table_that_fits_is_in_one_part_with_headers_of_one_line(grid):
    ((caption, part, widths, _),) = fitted(grid, 1000)
    assert (caption, part) == ("", grid)
    assert all(len(label) <= width for label, width in zip(grid.header, widths, strict=True))


@given(grid=grids(), width=st.integers(40, 120))
def test_every_number_has_room_in_its_column(grid, width):
    for _, part, widths, _ in fitted(grid, width):
        for row in part.rows:
            assert all(len(row[at]) <= widths[at] for at, number in enumerate(part.numeric) if number)


def test_headers_are_broken_before_anything_else_with_the_unit_below():
    quantities = (Quantity("latency", "latency (ms)", str), Quantity("power", "power of all (W)", str))
    records = [{"latency": "1.5", "power": "200"}, {"latency": "1.5", "power": "300"}]
    report = Report("measure", "", [Table(quantities, records)], records, {})
    assert shown(report, 22) == [
        "  latency    power of",
        "     (ms)     all (W)",
        "─────────────────────",
        "      1.5         200",
        "      1.5         300",
    ]


def test_what_all_rows_share_is_told_once_with_its_unit():
    header = ["model", "offload above (items)", "target (ms)", "queries/s"]
    rows = [["wnd", "-", "20", "100"], ["ncf", "-", "20", "2000"]]
    ((caption, part, *_),) = fitted(table(header, rows, [False, True, True, True]), 20)
    assert caption == "all rows: offload above -, target 20 ms"
    assert part.rows == [["wnd", "100"], ["ncf", "2000"]]


def test_shorter_labels_are_taken_where_they_avoid_a_table_that_is_too_wide():
    labels, narrow = ["model", "queries/s in all"], ["model", "q/s"]
    grid = table(labels, [["wnd", "1"], ["ncf", "2"]], [False, True], narrow=narrow)
    assert fitted(grid, 16)[0][1].header == labels
    assert fitted(grid, 15)[0][1].header == narrow


def test_rows_of_the_same_model_become_a_table_where_that_makes_it_fit():
    header = ["model", "scheduler", "queries/s"]
    rows = [[model, name, str(at)] for model in ("wide-and-deep", "ncf-small") for at, name in enumerate("abcd")]
    parts = fitted(table(header, rows, [False, False, True]), 22)
    assert [caption for caption, *_ in parts] == ["model wide-and-deep", "model ncf-small"]
    assert {tuple(part.header) for _, part, *_ in parts} == {("scheduler", "queries/s")}
    assert parts[1][1].rows == [[name, str(at)] for at, name in enumerate("abcd")]


def test_columns_are_split_at_last_and_each_part_names_its_rows():
    header = ["parameter", *(f"number{at}" for at in range(6))]
    rows = [["alpha", *["1234567"] * 6], ["beta", *["7654321"] * 6]]
    parts = fitted(table(header, rows, [False, *[True] * 6]), 30)
    assert [part.header for _, part, *_ in parts] == [["parameter", *header[at : at + 2]] for at in (1, 3, 5)]
    assert all([row[0] for row in part.rows] == ["alpha", "beta"] for _, part, *_ in parts)


@pytest.fixture
def screen(monkeypatch):
    """Run what prints on a terminal of 80 columns and give back its lines."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def shown(call, bold="", normal=""):
        with redirect_stdout(Screen()) as text:
            call()
        return text.getvalue().replace("\x1b[1m", bold).replace("\x1b[0m", normal).splitlines()

    return shown


WND = ("--model", "wnd", "--cpu", "c5n.2xlarge")
COMMANDS = [
    ("list", "models"),
    ("list", "hardware"),
    ("list", "sizes"),
    ("tune", *WND, "--accelerator", "g4dn.xlarge"),
    ("what-if", *WND, "--lever", "int8", "--lever", "cache-hits=0.25", "--method", "refined"),
    ("sweep", *WND, "--accelerator", "g4dn.xlarge", "--over", "cores=2,4", "--over", "batch-size=64,128"),
    ("size", *WND, "--batch-size", "64", "--target-qps", "day.csv", "--price", "2"),
    (
        "compare",
        "--workers",
        "1",
        "--cpu",
        "c5n.2xlarge",
        "--model",
        "wnd",
        "--sla",
        "low",
        "--accelerator",
        "g4dn.xlarge",
    ),
    *[("show", model, "--cpu", "skylake", "--batch-size", "1024") for model in ("dien", "din", "mt-wnd", "dlrm-rmc2")],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_80_columns_show_every_number_of_every_command(arguments, screen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "day.csv").write_text("time,qps\n00:00,50\n08:30,123456\n22:00,0\n")
    shown = screen(lambda: app(list(arguments), standalone_mode=False))
    assert "\x1b" not in "".join(shown)
    assert max(map(len, shown)) <= 80
    piped = printed(*arguments)
    numbers = {word for word in piped.split() if re.fullmatch(r"[-+]?\d+\.?\d*", word)}
    assert len(numbers) > 5
    assert numbers <= {word.strip(",") for line in shown for word in line.split()}


QUANTITIES = (Quantity("name", "name"), Quantity("qps", "queries/s", str))
RECORDS = [{"name": "first", "qps": 1}, {"name": "second", "qps": 2}]


def report(**options):
    table = Table(QUANTITIES, RECORDS, marked=lambda record: record["qps"] == 2, **options)
    return Report("measure", "", [table], RECORDS, {})


def test_the_row_that_was_looked_for_is_bold(screen):
    shown = screen(lambda: OutputOptions().show(report()), "<", ">")
    assert shown[-2] == "first           1"
    assert re.sub("[<>]", "", shown[-1]) == "second          2"
    assert shown[-1].startswith("<second>")


def test_the_column_that_was_looked_for_has_a_star_without_any_style(screen):
    shown = screen(lambda: OutputOptions().show(report(upright=True)))
    assert shown[0] == "name       first  second*"


def test_a_dumb_terminal_gets_no_styles(screen, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert "<" not in "".join(screen(lambda: OutputOptions().show(report()), "<", ">"))


def test_a_file_is_written_as_if_piped_even_from_a_terminal(screen, tmp_path):
    path = tmp_path / "wide.txt"
    assert screen(lambda: OutputOptions(output=path).show(report())) == []
    assert path.read_text() == "name    queries/s\n------  ---------\nfirst           1\nsecond          2\n"
