import pytest
from hypothesis import given, strategies as st

import strategies
from recplan.profiles import FileError, read_curve, read_sizes
from recplan.queuemodel import QuerySizes, ServiceCurve
from written_files import complaint_about, csv_text, written

newlines = st.sampled_from(["\n", "\r\n", "\r"])


@given(curve=strategies.service_curves(), newline=newlines, data=st.data())
def test_a_curve_reads_back_as_it_was_written_in_any_order_of_rows(folder, curve, newline, data):
    rows = data.draw(st.permutations(list(zip(curve.batch_sizes, curve.seconds_at, strict=True))))
    path = written(folder, csv_text(["batch_size", "seconds"], rows, newline))
    assert read_curve(path, scv=curve.scv) == curve


@given(
    curve=strategies.service_curves(scv=st.just(0.0)),
    column=st.sampled_from(["milliseconds", "median_ms", "mean_ms"]),
)
def test_milliseconds_become_seconds(folder, curve, column):
    rows = zip(curve.batch_sizes, curve.seconds_at, strict=True)
    read = read_curve(written(folder, csv_text(["batch_size", column], rows)))
    assert (read.batch_sizes, read.scv) == (curve.batch_sizes, 0.0)
    assert read.seconds_at == tuple(time / 1000 for time in curve.seconds_at)


@given(
    content=st.binary()
    | st.lists(st.sampled_from(["batch_size", "size", "seconds", "count", ",", "\n", '"', "#", "1", "2", "x"]))
    .map("".join)
    .map(str.encode),
    read=st.sampled_from([read_curve, read_sizes]),
)
def test_any_file_is_a_table_or_a_complaint_about_the_file(folder, content, read):
    path = written(folder, content)
    try:
        outcome = read(path)
    except FileError as error:
        outcome = error.path
    assert outcome == path or isinstance(outcome, ServiceCurve | QuerySizes)


def test_marks_comments_blank_ends_and_other_columns_are_read_over(folder):
    text = (
        "\ufeff# timed on a Tuesday\r\n\r\nnote, batch_size ,seconds\r\n"
        'a,1, 0.5\r\n# then lunch\r\n"b, c",2,1e0\r\n,4,+2.\r\n\r\n,,\r\n'
    )
    assert read_curve(written(folder, text)) == ServiceCurve.from_table([1, 2, 4], [0.5, 1.0, 2.0])


def test_seconds_are_preferred_where_a_table_has_several_times(folder):
    text = "batch_size,mean_ms,median_ms,seconds\n1,9,8,0.5\n"
    assert read_curve(written(folder, text)).seconds_at == (0.5,)


HEADER = "the header must have batch_size and one of seconds, milliseconds, median_ms, mean_ms"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ": is empty; a header and rows are expected"),
        ("# only a comment\n\n", ": is empty; a header and rows are expected"),
        ("batch_size,seconds\n", ", line 1: has a header, but no rows"),
        ("# first\n1,0.5\n2,0.6\n", f", line 2: {HEADER}; it has '1', '0.5'"),
        (
            "batch_size;seconds\n1;2\n",
            f", line 1: {HEADER}; it has 'batch_size;seconds'; separate the cells by commas",
        ),
        (
            "Batch_Size,seconds\n1,2\n",
            f", line 1: {HEADER}; it has 'Batch_Size', 'seconds'; did you mean 'batch_size' by 'Batch_Size'?",
        ),
        (
            "batch_size,second\n1,2\n",
            f", line 1: {HEADER}; it has 'batch_size', 'second'; did you mean 'seconds' by 'second'?",
        ),
        ("batch_size,seconds,seconds\n1,2,3\n", ", line 1: the header has column 'seconds' twice"),
        ("batch_size,seconds\n1,2,3\n", ", line 2: the row has 3 cells, but the header has 2 cells"),
        ("batch_size,seconds\n1,2\n3\n", ", line 3: the row has 1 cell, but the header has 2 cells"),
        ("batch_size,seconds\n1,2\n\n3,4\n", ", line 3: is blank; fill it in or remove it"),
        (
            'batch_size,seconds\n1,"2"3\n',
            """, line 2: is not comma-separated text: ',' expected after '"'""",
        ),
        (
            'batch_size,seconds\n1,2\n3,"4\n5,6\n',
            ", line 3: is not comma-separated text: unexpected end of data",
        ),
        ("batch_size,seconds\n1,\n", ", line 2, column 'seconds': the cell is blank; give a number > 0"),
        (
            "batch_size,seconds\n,1\n",
            ", line 2, column 'batch_size': the cell is blank; give a whole number from 1 to 1000000",
        ),
        (
            "# a\nbatch_size,seconds\n# b\n1,2\n2,abc\n",
            ", line 5, column 'seconds': 'abc' is not a number > 0",
        ),
        (
            'batch_size,"seconds"\n1,2\n"2","x\ny"\n',
            ", line 3, column 'seconds': 'x\\ny' is not a number > 0",
        ),
        (
            "batch_size,seconds\n8,1\n4,2\n8,3\n",
            ", line 4, column 'batch_size': 8 is also on line 2; keep one of them",
        ),
    ],
)
def test_a_malformed_curve_says_where_and_what_is_allowed(folder, text, complaint):
    assert complaint_about(written(folder, text), read_curve) == complaint


@pytest.mark.parametrize(
    "cell", ["nan", "inf", "-Infinity", "-1", "0", "0.0", "1e999", "1e-999", "1_0", "0x1", "\u0663", "1 2"]
)
def test_a_time_must_be_a_number_above_zero(folder, cell):
    complaint = complaint_about(written(folder, f"batch_size,seconds\n7,{cell}\n"), read_curve)
    assert complaint == f", line 2, column 'seconds': {cell!r} is not a number > 0"


@pytest.mark.parametrize("cell", ["0", "-4", "2.5", "8.0", "abc", "nan", "1_0", "1000001", "\u0663"])
def test_a_batch_size_must_be_a_whole_number_from_one_on(folder, cell):
    complaint = complaint_about(written(folder, f"batch_size,seconds\n{cell},1\n"), read_curve)
    assert complaint == f", line 2, column 'batch_size': {cell!r} is not a whole number from 1 to 1000000"


def test_of_a_long_cell_only_the_beginning_is_shown(folder):
    complaint = complaint_about(written(folder, f"batch_size,seconds\n{'9' * 5000},1\n"), read_curve)
    assert complaint == f", line 2, column 'batch_size': '{'9' * 60}'… is not a whole number from 1 to 1000000"


def test_a_time_that_vanishes_in_seconds_is_named_as_it_was_written(folder):
    complaint = complaint_about(written(folder, "batch_size,milliseconds\n7,5e-324\n"), read_curve)
    assert complaint == ", line 2, column 'milliseconds': '5e-324' is not a number > 0"


def test_an_error_carries_the_place(folder):
    path = written(folder, "batch_size,seconds\n1,2\n2,abc\n")
    with pytest.raises(FileError) as caught:
        read_curve(path)
    assert (caught.value.path, caught.value.line, caught.value.column) == (path, 3, "seconds")


@pytest.mark.parametrize("read", [read_curve, read_sizes])
def test_what_is_not_a_text_file_says_so(read, folder):
    for path, message in [
        (folder / "absent.csv", "does not exist"),
        (folder, "is a directory; give a file"),
        (written(folder, "x", "plain.csv") / "below.csv", "cannot be read: Not a directory"),
        ("a\0b", "is not a file name: it holds a null character"),
    ]:
        with pytest.raises(FileError) as caught:
            read(path)
        assert str(caught.value) == f"{path}: {message}"
    latin = written(folder, "batch_size,seconds\n1,2\n2,3\xb5\n".encode("latin-1"))
    with pytest.raises(FileError) as caught:
        read(latin)
    assert str(caught.value) == f"{latin}, line 3: is not UTF-8 text; save it as UTF-8"


def test_a_scv_out_of_range_is_no_fault_of_the_file(folder):
    with pytest.raises(ValueError, match=r"^scv\(=-1\) must be a finite number >= 0$"):
        read_curve(written(folder, "batch_size,seconds\n1,2\n"), scv=-1)
