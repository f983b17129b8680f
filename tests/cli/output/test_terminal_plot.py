"""Plots of characters: that they fit, say what they show, and put values where they belong."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from recplan.cli.figures.terminal_plot import HEIGHT, Bars, Chart, Series, rendered

values = st.floats(1e-3, 1e6)


def chart(*series, **options):
    return Chart("latency of a ranker", series, "load (queries/s)", "latency (ms)", **options)


def rows(text):
    """Return what is drawn, the top first."""
    lines = text.splitlines()
    start = lines.index("latency (ms)") + 1
    return [line.partition("|")[2][1:] for line in lines[start : start + HEIGHT]]


def marked(text, mark):
    """Return column and height of every cell that holds a mark."""
    return {
        (column, HEIGHT - 1 - row)
        for row, line in enumerate(rows(text))
        for column, at in enumerate(line)
        if at == mark
    }


@given(
    points=st.lists(st.tuples(values, values), min_size=1, max_size=30),
    width=st.integers(40, 120),
    x_log=st.booleans(),
    y_log=st.booleans(),
    joined=st.booleans(),
    encoding=st.sampled_from(["ascii", "utf-8", "cp437", "no-such-encoding"]),
)
def test_a_chart_fits_its_width_and_shows_every_series(points, width, x_log, y_log, joined, encoding):
    xs, ys = zip(*sorted(points), strict=True)
    text = rendered(chart(Series("p95", xs, ys, joined), x_log=x_log, y_log=y_log), width, encoding)
    assert max(map(len, text.splitlines())) <= width
    assert "p95" in text
    assert "latency (ms)" in text
    assert "load (queries/s)" in text
    assert ("●" in text) == (encoding in ("utf-8",))
    if encoding != "utf-8":
        assert text.isascii()
        assert marked(text, "*")


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=20, unique=True))
def test_points_stand_in_the_order_of_their_values(points):
    text = rendered(chart(Series("a", *zip(*points, (20, 20), strict=True), joined=False)), 80, "ascii")
    columns = sorted({column for column, _ in marked(text, "*")})
    heights = sorted({height for _, height in marked(text, "*")})
    # 21 values spread over more columns than that keep apart; rows are fewer.
    assert len(columns) == len({x for x, _ in [*points, (20, 20)]})
    assert heights[-1] == HEIGHT - 1
    assert (0 in heights) == any(y == 0 for _, y in points)


def test_a_line_is_drawn_in_every_column_and_never_leaves_a_gap():
    text = rendered(chart(Series("a", (0.0, 1.0, 2.0), (0.0, 100.0, 0.0))), 60, "ascii")
    cells = marked(text, "*")
    assert {column for column, _ in cells} == set(range(max(map(len, rows(text)))))
    for column, height in cells - {(0, 0)}:
        assert any((column - dx, height + dy) in cells for dx in (0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0))


def test_lines_between_the_values_are_drawn_and_named():
    text = rendered(
        chart(Series("a", (0, 10), (0, 100)), level=("target 50 ms", 50), upright=("capacity 5", 5)), 60, "ascii"
    )
    assert "- target 50 ms   : capacity 5" in text
    level = {height for _, height in marked(text, "-")}
    upright = {column for column, _ in marked(text, ":")}
    assert len(level) == len(upright) == 1
    assert level.pop() == round((HEIGHT - 1) / 2)
    assert abs(upright.pop() - max(map(len, rows(text))) / 2) <= 1


def test_a_target_beyond_the_values_still_stands_on_the_axis():
    text = rendered(chart(Series("a", (1, 2), (1, 2)), level=("target", 50)), 60, "ascii")
    assert marked(text, "-")
    assert "\n40 |" in text


def test_values_above_the_end_of_the_axis_are_left_out():
    text = rendered(chart(Series("a", (0, 1, 2), (0, 10, 1e6), joined=False), y_end=20), 60, "ascii")
    assert len(marked(text, "*")) == 2
    assert "20 |" in text


def test_a_logarithmic_axis_gives_equal_ratios_equal_room():
    series = Series("a", (1, 10, 100, 1000), (1, 10, 100, 1000), joined=False)
    text = rendered(chart(series, x_log=True, y_log=True), 80, "ascii")
    columns = sorted(column for column, _ in marked(text, "*"))
    steps = [after - before for before, after in pairwise(columns)]
    assert max(steps) - min(steps) <= 1
    assert [line.split()[0] for line in text.splitlines() if line.strip()[:1] == "1" and "|" in line] == [
        "1000",
        "100",
        "10",
        "1",
    ]


def test_series_are_told_apart_without_colours():
    text = rendered(chart(Series("p50", (0, 1), (1, 1)), Series("p99", (0, 1), (9, 9))), 60, "ascii")
    assert marked(text, "*")
    assert marked(text, "o")
    assert "* p50   o p99" in text
    assert "\x1b" not in text


@given(st.lists(st.tuples(st.sampled_from(["fc", "concat", "sum"]), st.floats(0, 100)), min_size=1))
def test_bars_are_as_long_as_their_values_and_fit(shares):
    text = rendered(Bars("operators", "share (%)", [("skylake", None), *shares]), 80, "ascii")
    lines = text.splitlines()
    assert lines[2] == "skylake"
    assert lines[-1] == "share (%)"
    assert max(map(len, lines)) <= 80
    lengths = [line.count("#") for line in lines[3:-2]]
    longest = max(value for _, value in shares)
    for length, (_, value) in zip(lengths, shares, strict=True):
        assert length == pytest.approx(max(lengths) * value / longest if longest else 0, abs=1)


def test_the_width_is_that_of_the_terminal_up_to_80_columns(monkeypatch):
    for columns, expected in (("60", 60), ("200", 80), ("10", 40)):
        monkeypatch.setenv("COLUMNS", columns)
        assert max(map(len, rendered(chart(Series("a", (0, 1), (0, 1))), encoding="ascii").splitlines())) == expected


def test_a_long_title_is_broken_between_words():
    title = "dlrm-rmc1 on 40 cores (skylake), sizes deeprecsys-production"
    lines = rendered(Chart(title, (Series("a", (0, 1), (0, 1)),), "x (s)", "y (s)"), 40, "ascii").splitlines()
    assert lines[:3] == ["dlrm-rmc1 on 40 cores (skylake), sizes", "deeprecsys-production", ""]
