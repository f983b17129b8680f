"""Results in a file: whole or not at all, refused before they are computed, and told about."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from commands import invoked
from recplan import profiles
from recplan.cli.options.output import OutputOptions
from recplan.cli.output.formats import Format
from recplan.profiles.files import whole_file
from recplan.profiles.files.whole_file import check_writable, write_whole

LIST = ("list", "sizes")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@given(old=st.none() | st.binary(max_size=50), new=st.binary(max_size=50))
def test_a_file_holds_what_was_written_last(tmp_path_factory, old, new):
    path = tmp_path_factory.mktemp("whole") / "file"
    for content in filter(lambda content: content is not None, (old, new)):
        write_whole(path, content)
    assert path.read_bytes() == new
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("form", list(Format))
def test_a_file_holds_what_would_have_been_printed_in_any_format(folder, form):
    result = invoked(*LIST, "--format", form, "--output", "out.txt")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "note: the results are in out.txt\n"
    assert (folder / "out.txt").read_text() == invoked(*LIST, "--format", form).stdout


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.json", "json"),
        ("a.CSV", "csv"),
        ("a.md", "markdown"),
        ("a.markdown", "markdown"),
        ("a.txt", "table"),
        ("a", "table"),
    ],
)
def test_the_ending_says_the_format_unless_it_is_given(folder, name, form):
    assert OutputOptions(output=Path(name)).format == form
    assert OutputOptions(Format.CSV, Path(name)).format is Format.CSV


def test_a_file_keeps_its_permissions_and_a_new_one_gets_the_usual_ones(folder):
    old, new, usual = folder / "old", folder / "new", folder / "usual"
    old.write_text("before")
    old.chmod(0o767)
    usual.touch()
    for path in (old, new):
        write_whole(path, b"after")
    assert stat.S_IMODE(old.stat().st_mode) == 0o767
    assert new.stat().st_mode == usual.stat().st_mode


def test_a_link_goes_on_leading_to_the_file_even_to_one_that_is_not_there_yet(folder):
    (folder / "elsewhere").mkdir()
    link = folder / "link.json"
    link.symlink_to(Path("elsewhere") / "target.json")
    for content in (b"first", b"second"):
        write_whole(link, content)
        assert link.is_symlink()
        assert (folder / "elsewhere" / "target.json").read_bytes() == content
    assert sorted(path.name for path in folder.rglob("*")) == ["elsewhere", "link.json", "target.json"]


def test_a_pipe_is_written_to_directly(folder):
    os.mkfifo(folder / "pipe")
    reading = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(folder / "pipe", b"through")
        assert os.read(reading, 100) == b"through"
    finally:
        os.close(reading)
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


def test_an_open_file_descriptor_is_written_to_where_it_stands(folder):
    path = folder / "log"
    with path.open("ab") as log:
        log.write(b"before ")
        log.flush()
        write_whole(f"/dev/fd/{log.fileno()}", b"after")
    assert path.read_bytes() == b"before after"


@pytest.mark.parametrize("failing", ["os.fsync", "os.replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(folder, failing, monkeypatch):
    path = folder / "old.json"
    path.write_text("before")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failing, full)
    result = invoked(*LIST, "--output", path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: cannot write {path}: No space left on device\n"
    assert path.read_text() == "before"
    assert list(folder.iterdir()) == [path]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(folder, monkeypatch):
    path = folder / "old.json"
    path.write_text("before")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"after")
    assert path.read_text() == "before"
    assert list(folder.iterdir()) == [path]


@pytest.fixture
def nothing_computed(monkeypatch):
    def computed():
        raise AssertionError("computed before the file was checked")

    monkeypatch.setattr(profiles, "models", computed)


@pytest.mark.usefixtures("nothing_computed")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent/out.json", "the folder absent does not exist"),
        ("file/out.json", "file is no folder"),
        ("folder", "it is a folder; name a file"),
        ("loop", "Too many levels of symbolic links"),
        ("n" * 300, "File name too long"),
        ("astray", "the folder {folder}/absent does not exist"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_computed(folder, name, reason):
    (folder / "file").touch()
    (folder / "folder").mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / "astray").symlink_to("absent/target")
    before = sorted(folder.iterdir())
    result = invoked("list", "models", "--output", name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: cannot write {name}: {reason.format(folder=folder)}\n"
    assert sorted(folder.iterdir()) == before


@pytest.mark.usefixtures("nothing_computed")
@pytest.mark.parametrize(
    ("locked", "reason"), [("out.json", "it may not be written to"), (".", "the folder . may not be written to")]
)
def test_a_lack_of_permission_is_told_before_anything_is_computed(folder, locked, reason, monkeypatch):
    (folder / "out.json").touch()
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr("os.access", lambda path, mode: os.fspath(path) != locked)
    result = invoked("list", "models", "--output", "out.json")
    assert result.exit_code == 1
    assert result.stderr == f"error: cannot write out.json: {reason}\n"


def test_a_name_with_a_null_character_is_an_error_of_writing():
    for call in (check_writable, lambda path: write_whole(path, b"")):
        with pytest.raises(OSError, match="it is not a file name: it holds a null character"):
            call("a\0b")


def test_a_sweep_that_is_interrupted_says_that_its_points_are_in_the_file(folder, monkeypatch):
    from recplan import solvers

    solved = solvers.sweep_points

    def interrupted(*arguments, **options):
        yield next(solved(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(solvers, "sweep_points", interrupted)
    machine = ("--model", "wnd", "--cpu", "c5n.2xlarge", "--batch-size", "64")
    result = invoked("sweep", *machine, "--over", "sla-ms=20,30", "--output", "points.json")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.splitlines()[-2:] == [
        "note: the results are in points.json",
        "note: interrupted: 1 of 2 points are done, and in points.json",
    ]
    assert len(json.loads((folder / "points.json").read_text())["points"]) == 1


@pytest.mark.parametrize("command", [("fit", "times.csv"), ("calibrate",)])
def test_results_and_profile_must_not_share_a_file(folder, command):
    (folder / "times.csv").write_text("batch_size,milliseconds\n1,2\n64,9\n")
    result = invoked(*command, "--out", "both.toml", "--output", folder / "both.toml", "--format", "json")
    assert result.exit_code == 2
    assert result.stderr == "error: --out and --output both name both.toml; give each its own file\n"


def test_a_link_that_leads_to_itself_is_no_file_to_write(folder):
    (folder / "times.csv").write_text("batch_size,milliseconds\n1,2\n64,9\n")
    (folder / "loop.toml").symlink_to("loop.toml")
    result = invoked("fit", "times.csv", "--out", "loop.toml", "--output", "results.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Too many levels of symbolic links" in result.stderr


@pytest.mark.parametrize("words", [("list", "sizes", "--output"), ("schema", "--output")])
def test_a_pipe_that_nobody_reads_is_not_waited_for(folder, words, monkeypatch):
    monkeypatch.setattr(whole_file, "PATIENCE_SECONDS", 0.02)
    os.mkfifo(folder / "pipe")
    result = invoked(*words, "pipe")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: cannot write pipe: it is a pipe that nobody reads from\n"


def test_who_reads_a_pipe_gets_what_is_written_into_it(folder):
    os.mkfifo(folder / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((folder / "pipe").read_text)
        assert invoked(*LIST, "--output", "pipe").exit_code == 0
        assert read.result() == invoked(*LIST).stdout
