import pytest

from recplan.profiles import read_profile, read_scenario
from written_files import complaint_about, written

DEEP = "is nested deeper than 20 tables or lists"


@pytest.mark.parametrize("read", [read_profile, read_scenario])
@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("[" * 2000 + "]" * 2000, f": {DEEP}"),
        ("{a = " * 2000 + "1" + "}" * 2000, f": {DEEP}"),
        ("[" * 21 + "]" * 21, f", line 2, key 'name': {DEEP}"),
        ("{a = " * 21 + "1" + "}" * 21, f", line 2, key 'name': {DEEP}"),
        ("9" * 5000, ", line 2: holds a number of thousands of digits"),
        ("1_" * 5000 + "1", ", line 2: holds a number of thousands of digits"),
    ],
)
def test_what_is_too_deep_or_too_long_is_a_complaint_about_the_file(folder, read, value, complaint):
    path = written(folder, f"# a comment\nname = {value}\n", "odd.toml")
    assert complaint_about(path, read) == complaint


@pytest.mark.parametrize("name", [".".join("a" * 10**5), " . ".join(['"a"'] * 10**5), ".".join(["'a b'"] * 30)])
@pytest.mark.parametrize("line", ["{} = 1", "[{}]", "a = {{{} = 1}}"])
def test_a_name_of_many_parts_is_refused_before_it_is_read(folder, name, line):
    path = written(folder, f"\n{line.format(name)}\n", "long.toml")
    assert complaint_about(path, read_profile) == ", line 2: a name has more than 20 parts"


def test_of_a_long_value_only_the_beginning_is_shown(folder):
    text = f"batch_sizes = [1]\nmilliseconds = [1]\nname = {[1] * 999}"
    path = written(folder, text, "name.toml")
    assert complaint_about(path, read_profile) == (
        f", line 3, key 'name': name(={str([1] * 999)[:80]}…) must be text in quotes"
    )
