from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

import strategies
import written_files
from recplan.profiles import FileError, Measurements, Profile, fit, read_profile, write_profile
from recplan.profiles.files.profile_file import profile_toml, read_curve_file
from recplan.profiles.profile import FitRecord, Measurement
from recplan.queuemodel import Contention, ContentionByBatch, ServiceCurve
from recplan.queuemodel.inputs.service_curve import PROVENANCES

texts = st.text(st.characters(exclude_categories=["Cs"]))
counts = st.integers(1, 10**4)


def written(folder, text, name="profile.toml"):
    return written_files.written(folder, text, name)


@st.composite
def contentions(draw):
    busy = sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=5)))
    return Contention(
        tuple(busy), tuple(sorted(draw(st.lists(st.floats(1, 9), min_size=len(busy), max_size=len(busy)))))
    )


@st.composite
def contentions_by_batch(draw):
    batches = sorted(draw(st.sets(st.integers(1, 1000), min_size=1, max_size=3)))
    busy = sorted(draw(st.sets(st.integers(1, 100), min_size=1, max_size=5)))
    factors = st.lists(st.floats(1, 9), min_size=len(busy), max_size=len(busy)).map(sorted)
    return ContentionByBatch(tuple(batches), tuple(Contention(tuple(busy), tuple(draw(factors))) for _ in batches))


@st.composite
def fit_records(draw):
    smallest, largest = sorted([draw(counts), draw(counts)])
    errors = st.floats(0.0, 100.0)
    return FitRecord(draw(texts), draw(counts), draw(counts), smallest, largest, draw(errors), draw(st.none() | errors))


@st.composite
def measurements(draw):
    errors = st.floats(0.0, 100.0)
    what, where = [draw(texts), draw(texts), draw(errors), draw(counts), draw(errors)], [draw(texts), draw(counts)]
    return Measurement(*what, *where, draw(texts), draw(errors), draw(texts))


@st.composite
def profiles(draw):
    curve = replace(
        draw(strategies.service_curves()),
        provenance=draw(st.sampled_from(PROVENANCES)),
        contention=draw(st.none() | contentions() | contentions_by_batch()),
    )
    return Profile(
        curve,
        name=draw(st.none() | texts),
        kind=draw(st.sampled_from([None, "cpu", "accelerator"])),
        cores=draw(st.none() | counts),
        fit=draw(st.none() | fit_records()),
        measurement=draw(st.none() | measurements()),
    )


@given(profile=profiles())
def test_a_profile_reads_back_as_it_was_written(folder, profile):
    path = folder / "written.toml"
    write_profile(profile, path)
    assert read_profile(path) == profile
    assert path.read_text(encoding="utf-8") == profile_toml(profile)


@pytest.mark.parametrize("name", ["", "\x7f", "\x00\x1f", '"\\', "\U0001f600 \u2028", "a\r\nb\tc"])
def test_a_name_of_any_characters_reads_back(folder, name):
    profile = Profile(ServiceCurve((1,), (0.5,)), name=name)
    assert read_profile(written(folder, profile_toml(profile))) == profile


@given(batches=st.lists(st.integers(1, 1000), min_size=1, max_size=9), data=st.data())
def test_a_fit_reads_back_as_it_was_found_and_in_milliseconds(folder, batches, data):
    times = data.draw(st.lists(strategies.seconds(), min_size=len(batches), max_size=len(batches)))
    found = fit(Measurements(batches, times, busy_cores=range(1, len(batches) + 1)))
    path = written(folder, found.to_toml())
    assert read_profile(path) == found.profile()
    assert "\nmilliseconds = " in path.read_text()


@given(profile=profiles(), batch=counts)
def test_a_curve_is_extrapolated_beyond_the_largest_measured_batch_only(profile, batch):
    beyond = profile.fit is not None and batch > profile.fit.largest_batch
    used = profile.used_to(batch)
    assert used.curve.provenance == ("extrapolated" if beyond else profile.curve.provenance)
    assert replace(used, curve=profile.curve) == profile


def test_a_profile_written_by_hand_needs_sizes_and_times_only(folder):
    profile = read_profile(written(folder, "batch_sizes = [1, 64]\nseconds = [1, 2.5]\n"))
    assert profile == Profile(ServiceCurve((1, 64), (1.0, 2.5)))


def test_a_file_that_is_no_profile_is_not_replaced_and_one_that_is_is(folder):
    profile = Profile(ServiceCurve((1,), (0.5,)))
    path = written(folder, "batch_size,seconds\n1,2\n", "measurements.toml")
    with pytest.raises(FileError, match=r"exists and is no profile, so it is not replaced; name another file"):
        write_profile(profile, path)
    assert path.read_text() == "batch_size,seconds\n1,2\n"
    path = written(folder, "batch_sizes = [1]\nseconds = [2]\n", "older.toml")
    write_profile(profile, path)
    assert read_profile(path) == profile


def test_a_profile_that_cannot_be_written_leaves_nothing_behind(folder, monkeypatch):
    profile, path = Profile(ServiceCurve((1,), (0.5,))), folder / "full.toml"

    def full(draft, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    before = set(folder.iterdir())
    with pytest.raises(FileError, match=r"full\.toml: cannot be written: No space left on device$"):
        write_profile(profile, path)
    assert set(folder.iterdir()) == before


def test_a_folder_that_does_not_exist_is_named(folder):
    with pytest.raises(FileError, match=r"absent/my\.toml: cannot be written: the folder .*absent does not exist$"):
        write_profile(Profile(ServiceCurve((1,), (0.5,))), folder / "absent" / "my.toml")


def test_a_link_to_a_profile_is_written_through(folder):
    target = written(folder, "batch_sizes = [1]\nseconds = [2]\n", "target.toml")
    link = folder / "link.toml"
    link.symlink_to(target)
    profile = Profile(ServiceCurve((1,), (0.5,)))
    write_profile(profile, link)
    assert link.is_symlink()
    assert read_profile(target) == profile


POINTS = "batch_sizes = [1, 2]\nmilliseconds = [1, 2]\n"
FIT = "[fit]\nsource = 'a'\nruns = 2\npoints = 2\nsmallest_batch = 1\nlargest_batch = 2\nmape_percent = 0\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ": must have either milliseconds or seconds"),
        ("milliseconds = [1]\n", ", key 'batch_sizes': is missing"),
        ("batch_sizes = [1]\nmilliseconds = [1]\nseconds = [1]\n", ": must have either milliseconds or seconds"),
        (
            "batch_sizes = 1\nmilliseconds = [1]\n",
            ", line 1, key 'batch_sizes': batch_sizes(=1) must be a list of numbers, at least one: [1, 2, 4]",
        ),
        (
            "batch_sizes = [1]\nmilliseconds = []\n",
            ", line 2, key 'milliseconds': milliseconds(=[]) must be a list of numbers, at least one: [1, 2, 4]",
        ),
        (
            "batch_sizes = [1, true]\nmilliseconds = [1, 2]\n",
            ", line 1, key 'batch_sizes': batch_sizes[1](=True) must be a whole number >= 1",
        ),
        (
            "batch_sizes = [4, 2]\nmilliseconds = [1, 2]\n",
            ", line 1, key 'batch_sizes': batch_sizes[1](=2) must be > the one before it (=4)",
        ),
        (
            "batch_sizes = [1, 2]\nmilliseconds = [1, -2]\n",
            ", line 2, key 'milliseconds': milliseconds[1](=-2) must be a finite number > 0",
        ),
        (
            "batch_sizes = [1, 2]\nmilliseconds = [1, nan]\n",
            ", line 2, key 'milliseconds': milliseconds[1](=nan) must be a finite number > 0",
        ),
        (
            "batch_sizes = [1, 2]\nseconds = [1]\n",
            ", line 2, key 'seconds': has 1 values, but batch_sizes has 2",
        ),
        (
            f"scv = -1\n{POINTS}",
            ", line 1, key 'scv': scv(=-1) must be a finite number >= 0",
        ),
        (
            f"provenance = 'guessed'\n{POINTS}",
            ", line 1, key 'provenance': provenance(='guessed') is not known; "
            "there are: given, measured, calibrated, extrapolated, datasheet",
        ),
        (
            f"kind = 'gpu'\n{POINTS}",
            ", line 1, key 'kind': kind(='gpu') must be 'cpu' or 'accelerator'",
        ),
        (f"name = 3\n{POINTS}", ", line 1, key 'name': name(=3) must be text in quotes"),
        (f"cores = 0\n{POINTS}", ", line 1, key 'cores': cores(=0) must be a whole number >= 1"),
        (
            f"core = 4\n{POINTS}",
            ", line 1, key 'core': is not known; there are: name, kind, cores, provenance, scv, "
            "batch_sizes, milliseconds, seconds, contention, fit, measurement; did you mean 'cores'?",
        ),
        (
            "[cpu]\ncores = 4\n",
            ", line 1, key 'cpu': is not known; there are: name, kind, cores, provenance, scv, "
            "batch_sizes, milliseconds, seconds, contention, fit, measurement",
        ),
        (
            f"{POINTS}[contention]\nbusy_cores = [1, 2]\n",
            ", line 3, key 'contention.slowdowns': is missing",
        ),
        (
            f"{POINTS}[contention]\nbusy_cores = [1, 2]\nslowdowns = [1.5, 1.0]\n",
            ", line 5, key 'contention.slowdowns': slowdowns[1](=1.0) must be >= the one before it (=1.5)",
        ),
        (
            f"{POINTS}[contention]\nbusy_cores = [1, 2]\nslowdowns = [0.5, 1.0]\n",
            ", line 5, key 'contention.slowdowns': slowdowns[0](=0.5) must be a finite number >= 1",
        ),
        (
            f"{POINTS}[contention]\nbatch_sizes = [1, 2]\nbusy_cores = [1, 2]\nslowdowns = [1.0, 1.5]\n",
            ", line 6, key 'contention.slowdowns': slowdowns[0](=1.0) must be a list of numbers, one for each of "
            "busy_cores",
        ),
        (
            f"{POINTS}[contention]\nbatch_sizes = [1, 2]\nbusy_cores = [1, 2]\nslowdowns = [[1.0, 1.5]]\n",
            ", line 6, key 'contention.slowdowns': batch_sizes and contentions must be equally long, but have 2 and 1",
        ),
        (f"contention = 2\n{POINTS}", ", line 1, key 'contention': contention(=2) must be a table"),
        (f"{POINTS}[fit]\nsource = 'a'\n", ", line 3, key 'fit.runs': is missing"),
        (
            f"{POINTS}{FIT.replace('largest_batch = 2', 'largest_batch = 0')}",
            ", line 8, key 'fit.largest_batch': largest_batch(=0) must be a whole number >= 1",
        ),
        (
            f"{POINTS}{FIT.replace('smallest_batch = 1', 'smallest_batch = 3')}",
            ", line 8, key 'fit.largest_batch': largest_batch(=2) must be >= smallest_batch(=3)",
        ),
        (
            f"{POINTS}{FIT.replace('percent = 0', 'percent = -1')}",
            ", line 9, key 'fit.mape_percent': mape_percent(=-1) must be a finite number >= 0",
        ),
        (f"{POINTS}[measurement]\nmodel = 1\n", ", line 4, key 'measurement.model': model(=1) must be text"),
        (f"{POINTS}[measurement]\nmodel = 'a'\n", ", line 3, key 'measurement.engine': is missing"),
        ("batch_sizes = [1\n", ", line 1: is not TOML: "),
    ],
)
def test_a_malformed_profile_says_where_and_what_is_allowed(folder, text, complaint):
    path = written(folder, text)
    with pytest.raises(FileError) as caught:
        read_profile(path)
    assert str(caught.value).startswith(f"{path}{complaint}")


@given(content=st.binary() | st.text().map(lambda text: f"{POINTS}{text}".encode("utf-8", "replace")))
def test_any_file_is_a_profile_or_a_complaint_about_the_file(folder, content):
    path = written(folder, content)
    try:
        outcome = read_profile(path)
    except FileError as error:
        outcome = error.path
    assert outcome == path or outcome.curve == read_profile(written(folder, POINTS)).curve


def test_a_curve_file_is_a_profile_or_a_table_by_its_name(folder):
    profile = written(folder, f"kind = 'cpu'\n{POINTS}")
    table = written(folder, "batch_size,milliseconds\n1,1\n2,2\n", "table.csv")
    assert read_curve_file(profile, "cpu").curve == read_curve_file(table, "accelerator").curve


@pytest.mark.parametrize(
    ("kind", "station", "problem"),
    [
        ("cpu", "accelerator", "is the profile of a cpu; give that of an accelerator"),
        ("accelerator", "cpu", "is the profile of an accelerator; give that of a cpu"),
    ],
)
def test_a_profile_of_the_other_kind_is_refused(folder, kind, station, problem):
    path = written(folder, f"kind = '{kind}'\n{POINTS}")
    with pytest.raises(FileError) as caught:
        read_curve_file(path, station)
    assert str(caught.value) == f"{path}, key 'kind': {problem}"
