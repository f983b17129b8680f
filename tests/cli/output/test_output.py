import csv
import io
import json
import re

import pytest
from hypothesis import given, strategies as st

from recplan.cli.options.output import OutputOptions
from recplan.cli.output.formats import Format
from recplan.cli.output.report import Quantity, Report, Table
from recplan.cli.output.wording import given as written, significant

numbers = st.floats(1e-6, 1e9)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]))
plain_texts = texts.filter(lambda text: not text.startswith(("=", "+", "-", "@")))


def report(records, tables=(), **options):
    quantities = (Quantity("name", "name"), Quantity("time_ms", "time (ms)", significant))
    return Report("measure", "", tables or [Table(quantities, records, **options)], records, {"times": records})


@pytest.fixture
def printed(capsys):
    def show_and_read(what, form):
        OutputOptions(form).show(what)
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
        OutputOptions(Format.JSON).show(report(records))
    expected = {"schema": "recplan/1", "command": "measure", "times": records, "warnings": []}
    assert json.loads(text.getvalue()) == expected


@given(records=st.lists(st.fixed_dictionaries({"name": plain_texts, "time_ms": numbers}), min_size=1))
def test_csv_gives_back_what_was_put_in(records):
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", text)
        OutputOptions(Format.CSV).show(report(records))
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


def markdown(what):
    text = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", text)
        OutputOptions(Format.MARKDOWN).show(what)
    return text.getvalue()


def cells(row):
    """The cells of a row as a reader of Markdown takes them."""
    parts = re.split(r"((?:\\.|[^|\\])*)\|", row)[1::2][1:]
    return [re.sub(r"\\(.)", r"\1", part).strip() for part in parts]


@given(records=st.lists(st.fixed_dictionaries({"name": texts, "time_ms": st.none() | numbers}), min_size=1))
def test_markdown_gives_back_every_cell_whatever_it_holds(records):
    header, ruler, *rows = markdown(report(records)).splitlines()
    assert (cells(header), ruler) == (["name", "time (ms)"], "| --- | ---: |")
    shown = [[" ".join(r["name"].split()), "-" if r["time_ms"] is None else significant(r["time_ms"])] for r in records]
    assert [cells(row) for row in rows] == shown


def test_what_markdown_would_take_for_its_own_is_escaped():
    name = "a|b *c* _d_ e_f `g` <b> <= [h](i) &amp; ~x~ \\"
    (row,) = markdown(report([{"name": name, "time_ms": 1.0}])).splitlines()[2:]
    assert row == r"| a\|b \*c\* \_d\_ e_f \`g\` \<b> <= \[h](i) \&amp; \~x\~ \\ | 1.000 |"


def test_a_title_is_a_paragraph_whose_lines_stay_lines():
    quantities = (Quantity("name", "name"),)
    title = "# no heading\n1. no list\n- none"
    text = markdown(Report("measure", title, [Table(quantities, [{"name": "a"}])], [], {}))
    assert text == "\\# no heading\\\n1\\. no list\\\n\\- none\n\n| name |\n| --- |\n| a |\n"


def test_tables_follow_each_other_with_their_titles_and_a_table_without_header_gets_an_empty_one():
    quantities = (Quantity("name", "name"), Quantity("time_ms", "time (ms)", significant))
    record = {"name": "a", "time_ms": 1.0}
    tables = (Table(quantities, [record], "one"), Table(quantities, [record], "two", upright=True))
    assert markdown(report([record], tables)) == (
        "one\n\n| name | time (ms) |\n| --- | ---: |\n| a | 1.000 |\n\n"
        "two\n\n|  |  |\n| --- | ---: |\n| name | a |\n| time (ms) | 1.000 |\n"
    )
