import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recplan.cli.output import Format, Quantity, Report, show, significant
from recplan.cli.output import given as written

numbers = st.floats(1e-6, 1e9)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))


def report(records, **options):
    quantities = (Quantity("name", "name"), Quantity("time_ms", "time (ms)", significant))
    return Report("measure", "", quantities, records, {"times": records}, **options)


@pytest.fixture
def printed(capsys):
    def show_and_read(what, form):
        show(what, form)
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return show_and_read


@given(numbers)
def test_a_number_keeps_four_digits_and_never_less_than_the_unit(number):
    text = significant(number)
    assert "e" not in text
    assert float(text) == pytest.approx(number, rel=5.001e-4, abs=0)
    assert abs(float(text) - number) <= 0.5


@given(st.integers(0, 10**9))
def test_a_whole_number_that_was_given_is_shown_as_it_was_given(number):
    assert written(number) == str(number)


@given(records=st.lists(st.fixed_dictionaries({"name": texts, "time_ms": st.none() | numbers}), min_size=1))
def test_json_gives_back_what_was_put_in(records):
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", text)
        show(report(records), Format.JSON)
    assert json.loads(text.getvalue()) == {"schema": "recplan/1", "command": "measure", "times": records}


@given(records=st.lists(st.fixed_dictionaries({"name": texts, "time_ms": numbers}), min_size=1))
def test_csv_gives_back_what_was_put_in(records):
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", text)
        show(report(records), Format.CSV)
    rows = list(csv.DictReader(io.StringIO(text.getvalue(), newline="")))
    assert [{**row, "time_ms": float(row["time_ms"])} for row in rows] == records


def test_csv_leaves_out_what_does_not_exist_and_writes_booleans_as_json_does(printed):
    text = printed(report([{"name": "a", "time_ms": None, "within": True}]), Format.CSV)
    assert text == "name,time_ms,within\na,,true\n"


def test_a_table_aligns_numbers_to_the_right_and_shows_a_dash_for_what_does_not_exist(printed):
    records = [{"name": "first", "time_ms": 1234.5}, {"name": "b", "time_ms": None}, {"name": "c", "time_ms": 0.5}]
    assert printed(report(records), Format.TABLE).splitlines() == [
        "name   time (ms)",
        "-----  ---------",
        "first       1234",
        "b              -",
        "c         0.5000",
    ]


def test_an_upright_table_has_a_column_per_record(printed):
    records = [{"name": "first", "time_ms": 12.5}, {"name": "b", "time_ms": None}]
    assert printed(report(records, upright=True), Format.TABLE).splitlines() == [
        "name       first  b",
        "---------  -----  -",
        "time (ms)  12.50  -",
    ]


def test_an_upright_table_of_one_record_has_no_header(printed):
    text = printed(report([{"name": "first", "time_ms": 12.5}], upright=True), Format.TABLE)
    assert text == "name       first\ntime (ms)  12.50\n"
