"""Hardware: the catalogue's and the user's own."""

import pytest

from recplan.profiles import FileError
from recplan.profiles.roofline.hardware import Card, Processor, known_hardware, read_hardware

CPU = {
    "kind": '"cpu"',
    "cores": "16",
    "frequency_ghz": "2.5",
    "fp32_gflops_per_core": "160.0",
    "l2_kib_per_core": "1024",
    "l3_mib_per_socket": "32.0",
    "memory_gbps_per_socket": "150",
}
CARD = {"kind": '"accelerator"', "fp32_gflops": "10000", "memory_gbps": "600"}


def written(path, keys):
    path.write_text("".join(f"{key} = {value}\n" for key, value in keys.items()))
    return path


def test_the_catalogue_has_the_papers_hardware_and_newer():
    names = known_hardware()
    assert {"skylake", "broadwell", "gtx1080ti", "t4", "a100", "h100"} <= set(names)
    assert names["skylake"].watts == 250.0
    assert names["skylake"].memory_bytes_per_second == 170e9
    assert names["gtx1080ti"].provenance == "calibrated"
    assert names["broadwell"].provenance == "extrapolated"
    assert names["h100"].provenance == "datasheet"
    assert all(hardware.source for hardware in names.values())


def test_peaks_follow_from_clock_and_vector_width():
    lanes = {"skylake": 16, "c5n.2xlarge": 16, "r5n.large": 16, "t3.xlarge": 16, "broadwell": 8, "haswell": 8}
    for name, width in lanes.items():
        core = known_hardware()[name]
        assert core.fp32_gflops_per_core == pytest.approx(core.frequency_ghz * width * 2 * 2)


def test_a_users_hardware_is_read(tmp_path):
    core = read_hardware(written(tmp_path / "epyc.toml", CPU | {"tdp_watts": "200", "l3_policy": '"exclusive"'}))
    assert core == Processor("epyc.toml", 16, 2.5, 160.0, 1024.0, 32.0, 150.0, 1, "exclusive", 200.0)
    card = read_hardware(written(tmp_path / "l4.toml", CARD | {"memory_gib": "24"}))
    assert card == Card("l4.toml", 10000.0, 600.0, 24.0)


def test_idle_watts_are_half_of_the_thermal_design_power_where_none_are_given(tmp_path):
    assert known_hardware()["skylake"].watts_when_idle == known_hardware()["skylake"].watts / 2
    assert known_hardware()["c5n.2xlarge"].watts_when_idle is None
    given = {"tdp_watts": "100", "idle_watts": "30", "sockets": "2"}
    core = read_hardware(written(tmp_path / "epyc.toml", CPU | given))
    assert (core.watts, core.watts_when_idle) == (200.0, 60.0)
    card = read_hardware(written(tmp_path / "l4.toml", CARD | {"tdp_watts": "70", "idle_watts": "10"}))
    assert (card.watts, card.watts_when_idle) == (70.0, 10.0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({key: value for key, value in CPU.items() if key != "cores"}, r"key 'cores': is missing"),
        (CPU | {"cores": "0"}, r"line 2, key 'cores': cores\(=0\) must be a whole number >= 1"),
        (CPU | {"cores": "1.5"}, r"cores\(=1\.5\) must be a whole number"),
        (CPU | {"frequency_ghz": "-2"}, r"key 'frequency_ghz': frequency_ghz\(=-2\) must be .*> 0"),
        (CPU | {"memory_gbps_per_socket": '"fast"'}, r"memory_gbps_per_socket\(='fast'\)"),
        (CPU | {"l3_policy": '"victim"'}, r"l3_policy\(='victim'\) is not known; there are: inclusive, exclusive"),
        (CPU | {"frequenzy_ghz": "2"}, r"frequenzy_ghz.*did you mean 'frequency_ghz'"),
        (CPU | {"kind": '"gpu"'}, r"kind\(='gpu'\) is not known; there are: cpu, accelerator"),
        (CARD | {"provenance": '"sure"'}, r"provenance\(='sure'\) is not known"),
        (CARD | {"provenance": '"measured"'}, r"a curve on described hardware is modelled; provenance\(='measured'\)"),
        (CPU | {"sockets": "17"}, r"sockets\(=17\) must be <= cores\(=16\)"),
        (CARD | {"measured_models": '["ncf"]'}, r"measured_models"),
        (CARD | {"idle_watts": "20"}, r"key 'idle_watts': idle_watts\(=20\) must be left out where tdp_watts is"),
        (CARD | {"tdp_watts": "70", "idle_watts": "80"}, r"idle_watts\(=80\) must be <= tdp_watts \(=70\)"),
        ({"fp32_gflops": "1"}, r"key 'kind': is missing"),
    ],
)
def test_hardware_that_cannot_be_read_says_where_and_why(tmp_path, keys, message):
    with pytest.raises(FileError, match=message):
        read_hardware(written(tmp_path / "mine.toml", keys))
