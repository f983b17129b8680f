import json
import os
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import sleep
from unittest.mock import patch

import pytest
from hypothesis import given, strategies as st

from recplan.profiles import FileError, read_curve, read_measurements, read_profile, read_scenario, read_sizes
from recplan.profiles.files import text_blocks
from recplan.queuemodel import QuerySizes
from written_files import complaint_about, written

MIB = 2**20
READERS = [read_curve, read_measurements, read_profile, read_scenario, read_sizes]
PATIENCE = "PATIENCE_SECONDS"


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    return path


def blocks(path, most=MIB, block_bytes=text_blocks.BLOCK_BYTES):
    with patch.object(text_blocks, "BLOCK_BYTES", block_bytes):
        return list(text_blocks.text_blocks(path, most))


@given(text=st.text(st.sampled_from("a\u00e4\u20ac,\r\n\ufeff")), block_bytes=st.integers(1, 9))
def test_blocks_are_whole_lines_that_are_the_text_together(folder, text, block_bytes):
    found = blocks(written(folder, text), block_bytes=block_bytes)
    unified = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    assert b"".join(found).decode() == unified
    assert all(block.endswith(b"\n") for block in found[:-1])


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(pipe, read):
    with patch.object(text_blocks, PATIENCE, 0.02):
        assert complaint_about(pipe, read) == ": is a pipe that nobody writes to; start what fills it first"


def test_a_pipe_that_somebody_fills_is_read_to_its_end(pipe):
    def fill():
        with pipe.open("w") as file:
            file.write("size\n")
            file.flush()
            # Longer than a writer is waited for: there is one.
            sleep(0.4)
            file.write("5\n6\n")

    writer = Thread(target=fill)
    writer.start()
    with patch.object(text_blocks, PATIENCE, 0.3):
        sizes = read_sizes(pipe)
    writer.join()
    assert sizes == QuerySizes.uniform(5, 6)


def test_what_another_program_prints_is_read_as_a_file():
    reading, writing = os.pipe()
    with open(writing, "w") as file:
        file.write("size\n3\n")
    with open(reading):
        assert read_sizes(f"/dev/fd/{reading}") == QuerySizes.fixed(3)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_a_device_without_end_is_refused_at_its_beginning(read, device):
    with pytest.raises(FileError, match=rf"^{device}, line \d+: is not (text|UTF-8)"):
        read(device)


@pytest.mark.parametrize(
    ("read", "most"), [(read_curve, 16), (read_profile, 16), (read_scenario, 16), (read_sizes, 1024)]
)
def test_a_file_longer_than_any_of_its_kind_is_refused_unread(tmp_path, read, most):
    path = tmp_path / "long.csv"
    path.touch()
    os.truncate(path, most * MIB + 1)
    assert complaint_about(path, read) == f": is longer than {most} MiB, which is the most that is read of such a file"


def test_a_pipe_without_end_is_read_no_further_than_a_file(pipe):
    def fill():
        with suppress(BrokenPipeError), pipe.open("wb", buffering=0) as file:
            while True:
                file.write(b"5\n" * 1000)

    writer = Thread(target=fill)
    writer.start()
    complaint = complaint_about(pipe, lambda path: blocks(path, MIB, 2**16))
    writer.join()
    assert complaint == ": is longer than 1 MiB, which is the most that is read of such a file"


def test_a_line_longer_than_any_is_refused_where_it_begins(folder):
    path = written(folder, "one\ntwo\n" + "x" * 3 * MIB)
    with patch.object(text_blocks, "LONGEST_LINE", MIB):
        complaint = complaint_about(path, lambda path: blocks(path, 16 * MIB, MIB))
    assert complaint == ", line 3: is longer than 1 MiB, as no line of text is"


def test_what_is_not_text_says_on_which_line(folder):
    for content, problem in [
        (b"a\nb\0", "line 2: is not text, for it holds a null character; save it as UTF-8"),
        (b"a\nb\n\xff", "line 3: is not UTF-8 text; save it as UTF-8"),
        ("a".encode("utf-16"), "line 1: is not text, for it holds a null character; save it as UTF-8"),
    ]:
        assert complaint_about(written(folder, content), blocks) == f", {problem}"


def test_a_table_of_thousands_of_columns_is_refused(folder):
    path = written(folder, ",".join(f"c{i}" for i in range(10**5)))
    for read in (read_curve, read_measurements, read_sizes):
        assert complaint_about(path, read) == ", line 1: the header has 100000 columns, which are more than 1000"


def test_of_a_wide_header_that_is_wrong_only_the_beginning_is_shown(folder):
    complaint = complaint_about(written(folder, ",".join(f"c{i}" for i in range(900)) + "\n"), read_sizes)
    assert complaint.endswith("'c18', 'c19', …")


def test_a_file_with_a_name_that_is_not_utf8_is_read(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    path.write_text("size\n3\n")
    assert read_sizes(path) == QuerySizes.fixed(3)


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b"])
def test_a_file_with_a_name_that_cannot_be_is_named_by_the_scenario_that_names_it(tmp_path, name):
    path = tmp_path / "scenario.toml"
    path.write_text(f"[sizes]\nlaw = 'ribbon'\n[cpu]\ncores = 1\ncurve = {json.dumps(name)}\n")
    assert complaint_about(path, read_scenario) == f", line 5, key 'cpu.curve': {tmp_path / name} does not exist"
