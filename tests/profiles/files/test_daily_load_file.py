import pytest
from hypothesis import given, strategies as st

from recplan.profiles import FileError, read_daily_load


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    path = tmp_path_factory.mktemp("day") / "day.csv"

    def read(*rows, header="time,qps"):
        path.write_text("\n".join([header, *rows, ""]))
        return read_daily_load(path)

    return read


@given(
    minutes=st.sets(st.integers(0, 1439), min_size=1, max_size=20).map(sorted),
    loads=st.lists(st.integers(0, 10**6), min_size=20, max_size=20),
)
def test_times_of_the_day_hours_and_dates_say_the_same(minutes, loads, day):
    loads = loads[: len(minutes)]
    forms = [
        lambda hour, minute: f"{hour:02}:{minute:02}",
        lambda hour, minute: f"2024-02-29T{hour:02}:{minute:02}:00+01:00",
        lambda hour, minute: f"{hour + minute / 60:.9f}",
    ]
    for form in forms:
        read = day(*(f"{form(*divmod(minute, 60))},{qps}" for minute, qps in zip(minutes, loads, strict=True)))
        assert [hour for hour, _ in read] == pytest.approx([minute / 60 for minute in minutes], abs=1e-8)
        assert [qps for _, qps in read] == loads


def test_dates_go_on_over_midnight(day):
    assert day("2024-12-31 18:00,5", "2025-01-01 06:30,7") == [(18.0, 5.0), (30.5, 7.0)]


def test_seconds_other_columns_and_comments_are_read(day):
    assert day("# from the dashboard", "a,08:00:30,5", header="host,time,qps") == [(8 + 30 / 3600, 5.0)]


BAD = [
    (("00:00,1", "01:00,-5"), "line 3, column 'qps': '-5' is not a number >= 0"),
    (("00:00,1", "01:00,"), "line 3, column 'qps': the cell is blank; give a number >= 0"),
    (("00:00,1", ",2"), "line 3, column 'time': the cell is blank; it is not a time as the first row has it, '00:00'"),
    (("08:00,1", "07:00,2"), "line 3, column 'time': '07:00' is not after the time before it; give the rows in the"),
    (("08:00,1", "08:00,2"), "line 3, column 'time': '08:00' is not after the time before it"),
    (("08:00,1", "9,2"), "line 3, column 'time': '9' is not a time as the first row has it, '08:00'"),
    (("0,1", "24,2"), "line 3, column 'time': '24' is 24 hours or more after the first; the file is to hold one day"),
    (("noon,1",), "line 2, column 'time': 'noon' is not a time; give dates with times (ISO 8601), HH:MM, or hours"),
    (("25:00,1",), "line 2, column 'time': '25:00' is not a time"),
    (("08:60,1",), "line 2, column 'time': '08:60' is not a time"),
    (("2024-01-01T00:00,1", "2024-01-01T01:00+00:00,2"), "line 3, column 'time': '2024-01-01T01:00+00:00' is not a"),
    ((), "has a header, but no rows"),
]


@pytest.mark.parametrize(("rows", "message"), BAD)
def test_a_bad_row_is_named(rows, message, day):
    with pytest.raises(FileError) as error:
        day(*rows)
    assert message in str(error.value)


def test_a_missing_column_is_named(day):
    with pytest.raises(FileError, match="line 1: the header must have time and qps; it has 'hour', 'qps'"):
        day("0,1", header="hour,qps")
    with pytest.raises(FileError, match=r"it has 'Time', 'qps'; did you mean 'time' by 'Time'\?"):
        day("0,1", header="Time,qps")


def test_a_missing_file_is_named():
    with pytest.raises(FileError, match=r"no-such\.csv: does not exist"):
        read_daily_load("no-such.csv")
