"""No number of any file is beyond all bounds: each is refused by a line that names the file and where it stands."""

import re

import pytest

from recplan.profiles import (
    FileError,
    read_architecture,
    read_curve,
    read_daily_load,
    read_hardware,
    read_measurements,
    read_profile,
    read_scenario,
    read_sizes,
)
from valid_commands import FILES

READERS = {
    "scenario.toml": read_scenario,
    "modelled.toml": read_scenario,
    "lognormal.toml": read_scenario,
    "normal.toml": read_scenario,
    "profile.toml": read_profile,
    "by_batch.toml": read_profile,
    "ranker.toml": read_architecture,
    "recurrent.toml": read_architecture,
    "server.toml": read_hardware,
    "card.toml": read_hardware,
    "cpu.csv": read_curve,
    "accelerator.csv": read_curve,
    "sizes.csv": read_sizes,
    "counts.csv": read_sizes,
    "probabilities.csv": read_sizes,
    "day.csv": read_daily_load,
    "measurements.csv": read_measurements,
}
#: Numbers, and none that are part of a name, a text or a time of the day.
NUMBER = re.compile(r"(?<![\w.:])\d+(\.\d+)?(?![\w.:])")


@pytest.fixture(scope="module")
def files(folder):
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def test_there_is_a_reader_of_every_kind_of_file():
    assert set(READERS) == set(FILES)


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e400", "9" * 400])
@pytest.mark.parametrize("name", READERS)
def test_a_number_beyond_all_bounds_is_refused_with_the_file_and_its_place(files, name, number):
    text, read = FILES[name], READERS[name]
    places = list(NUMBER.finditer(text))[:40]
    assert places
    for place in places:
        (files / name).write_text(text[: place.start()] + number + text[place.end() :])
        with pytest.raises(FileError) as caught:
            read(files / name)
        message = str(caught.value)
        assert message.startswith(str(files / name))
        assert "\n" not in message
        assert caught.value.key or caught.value.column, message
    (files / name).write_text(text)


@pytest.mark.parametrize("key", ["cores = 3", "units = 1"])
def test_servers_beyond_their_bound_are_refused_by_their_key(files, key):
    name = key.partition(" ")[0]
    station = "cpu" if name == "cores" else "accelerator"
    path = files / "many.toml"
    path.write_text(FILES["scenario.toml"].replace(key, f"{name} = 1000001"))
    line = path.read_text().splitlines().index(f"{name} = 1000001") + 1
    with pytest.raises(FileError) as caught:
        read_scenario(path)
    assert str(caught.value) == (
        f"{path}, line {line}, key '{station}.{name}': {name}(=1000001) must be a whole number from 1 to 10000"
    )


def test_a_model_of_more_vectors_than_any_is_refused_before_they_are_counted_out(files):
    path = files / "vectors.toml"
    tables = "[{ count = 1000000, rows = 1, vectors = 1000000 }]"
    path.write_text(f"embedding_dim = 1\nlookups = 1\ntables = {tables}\ntop_fc = [1]")
    with pytest.raises(FileError, match="must give at most 100000 vectors"):
        read_architecture(path)
    path.write_text(f"dense_features = 1\ntop_fc = {[1] * 1001}")
    with pytest.raises(FileError, match="must have at most 1000 layers"):
        read_architecture(path)
