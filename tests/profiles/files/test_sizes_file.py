import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, strategies as st

from recplan.profiles import FileError, read_sizes
from recplan.profiles.files import text_blocks
from recplan.queuemodel import QuerySizes
from written_files import complaint_about, csv_text, written

newlines = st.sampled_from(["\n", "\r\n", "\r"])


@given(trace=st.lists(st.integers(1, 2000), min_size=1, max_size=200), newline=newlines)
def test_a_trace_becomes_its_own_law(folder, trace, newline):
    path = written(folder, csv_text(["size"], [[size] for size in trace], newline))
    assert read_sizes(path) == QuerySizes.from_samples(np.array(trace))


@given(trace=st.lists(st.integers(1, 500), min_size=1, max_size=200))
def test_counts_of_a_trace_are_the_same_law_as_the_trace(folder, trace):
    counts = [(size, trace.count(size)) for size in range(1, 501)]
    path = written(folder, csv_text(["size", "count"], counts))
    np.testing.assert_allclose(read_sizes(path).pmf, QuerySizes.from_samples(np.array(trace)).pmf, rtol=1e-12, atol=0)


@given(weights=st.lists(st.floats(1e-3, 1.0), min_size=1, max_size=50))
def test_probabilities_are_kept(folder, weights):
    probabilities = np.array(weights) / sum(weights)
    path = written(folder, csv_text(["size", "probability"], enumerate(probabilities.tolist(), start=1)))
    np.testing.assert_allclose(read_sizes(path).pmf, probabilities, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "sizes\n3\n",
            ", line 1: the header must have size, or size and one of count, probability; it has 'sizes'; "
            "did you mean 'size' by 'sizes'?",
        ),
        (
            "size,count,probability\n1,1,1\n",
            ", line 1: the header must have size, or size and one of count, probability; "
            "it has 'size', 'count', 'probability'",
        ),
        ("size\n3\n0\n", ", line 3, column 'size': '0' is not a whole number from 1 to 1000000"),
        (
            "size\n3\n10000000\n",
            ", line 3, column 'size': '10000000' is not a whole number from 1 to 1000000",
        ),
        ("size\n3\n\n4\n", ", line 3: is blank; fill it in or remove it"),
        ("size,count\n3,1\n3,2\n", ", line 3, column 'size': 3 is also on line 2; keep one of them"),
        (
            "size,count\n3,-1\n",
            ", line 2, column 'count': '-1' is not a whole number from 0 to 1000000000000000",
        ),
        (
            "size,count\n3,1.5\n",
            ", line 2, column 'count': '1.5' is not a whole number from 0 to 1000000000000000",
        ),
        ("size,count\n3,0\n4,0\n", ", column 'count': every count is 0; at least one query is needed"),
        ("size,probability\n3,-0.5\n", ", line 2, column 'probability': '-0.5' is not a number >= 0"),
        ("size,probability\n3,\n", ", line 2, column 'probability': the cell is blank; give a number >= 0"),
    ],
)
def test_malformed_sizes_say_where_and_what_is_allowed(folder, text, complaint):
    assert complaint_about(written(folder, text), read_sizes) == complaint


def test_probabilities_that_do_not_sum_to_one_tell_their_sum(folder):
    with pytest.raises(FileError, match=r"column 'probability': .*0\.75"):
        read_sizes(written(folder, "size,probability\n3,0.5\n4,0.25\n"))


def read_in_blocks(path, block_bytes):
    with patch.object(text_blocks, "BLOCK_BYTES", block_bytes):
        return read_sizes(path)


@given(
    trace=st.lists(st.integers(1, 2000), min_size=1, max_size=60),
    columns=st.lists(st.sampled_from(["time", "size", "user"]), unique=True).filter(lambda names: "size" in names),
    odd=st.sampled_from(["", " ", "+", '"', "#"]),
    newline=newlines,
    data=st.data(),
)
def test_a_trace_is_read_alike_in_blocks_of_any_length_however_it_is_written(
    folder, trace, columns, odd, newline, data
):
    position = data.draw(st.integers(0, len(trace)))
    lines = [",".join(str(size) if name == "size" else f"{name}{size}" for name in columns) for size in trace]
    if odd == "#":
        lines.insert(position, "# what was that?")
    elif position < len(trace):
        cell = f'"{trace[position]}"' if odd == '"' else f"{odd}{trace[position]}"
        lines[position] = ",".join(cell if name == "size" else name for name in columns)
    path = written(folder, newline.join([",".join(columns), *lines, *data.draw(st.sampled_from([[], [""]]))]))
    assert read_in_blocks(path, data.draw(st.integers(1, 50))) == QuerySizes.from_samples(np.array(trace))


@given(
    trace=st.lists(st.integers(1, 2000), max_size=60),
    cell=st.sampled_from(["0", "1000001", "99999999", "4.5", "-1", "abc", "1:2", "/", "\u0663", "1_0", ""]),
    data=st.data(),
)
def test_a_wrong_size_is_named_with_its_line_in_whichever_block_it_stands(folder, trace, cell, data):
    position = data.draw(st.integers(0, len(trace)))
    rows = [[size, "x"] for size in trace]
    rows.insert(position, [cell, "x"])
    path = written(folder, csv_text(["size", "user"], rows))
    complaint = complaint_about(path, lambda path: read_in_blocks(path, data.draw(st.integers(1, 50))))
    shown = f"{cell!r} is not" if cell else "the cell is blank; give"
    assert complaint == f", line {position + 2}, column 'size': {shown} a whole number from 1 to 1000000"


def test_a_trace_of_one_cell_too_many_or_none_says_where(folder):
    assert complaint_about(written(folder, "size,user\n1,a\n2,b,c\n"), read_sizes) == (
        ", line 3: the row has 3 cells, but the header has 2 cells"
    )
    # As many cells as two rows have.
    assert complaint_about(written(folder, "size,user\n1,2,3\n4\n"), read_sizes) == (
        ", line 2: the row has 3 cells, but the header has 2 cells"
    )
    assert complaint_about(written(folder, "# empty\nsize\n"), read_sizes) == ", line 2: has a header, but no rows"


def test_a_trace_of_a_million_queries_takes_the_memory_of_a_few_blocks(folder):
    path = written(folder, "size\n" + "7\n" * 10**6)
    tracemalloc.start()
    try:
        sizes = read_in_blocks(path, 2**16)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sizes == QuerySizes.fixed(7)
    # Two tallies of a million sizes, and what the blocks take.
    assert peak < 2 * 8 * 10**6 + 10 * 2**20
