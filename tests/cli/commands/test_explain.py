import json
import re

import pytest
from hypothesis import given, strategies as st

from commands import invoked
from recplan.cli.application import COMMANDS
from recplan.cli.records.terms import find_term, known_terms
from source_tree import ROOT

NAMES = [term.name for term in known_terms()]


def spelled(names):
    """Write a name as a user might: other case, other separators, space around."""
    return st.tuples(st.sampled_from(names), st.sampled_from("-_ "), st.booleans()).map(
        lambda drawn: f" {drawn[0].replace('-', drawn[1])} ".upper() if drawn[2] else drawn[0].replace("-", drawn[1])
    )


@given(spelled(NAMES))
def test_a_term_is_found_however_its_words_are_joined_and_written(words):
    assert find_term(words).name == "-".join(words.lower().replace("_", "-").split()).replace(" ", "-")


def test_every_other_word_for_a_term_leads_to_it_and_to_no_other():
    for term in known_terms():
        for name in (term.name, *term.aliases):
            assert find_term(name) is term


def unmarked(text):
    """Return the words of a text without what Markdown adds."""
    return " ".join(text.replace("\\", "").replace("`", "").split())


def test_related_terms_exist_and_are_others():
    for term in known_terms():
        assert set(term.related) <= set(NAMES) - {term.name}


def test_what_uses_a_term_exists():
    helps = " ".join(invoked(name, "--help").stdout for name in COMMANDS).split()
    for term in known_terms():
        for name in term.used_by:
            if name.startswith("--"):
                assert name in helps
            else:
                program, command = name.split()
                assert (program, command in COMMANDS) == ("recplan", True)


def test_the_commands_of_the_searches_are_those_that_use_them():
    refined, exact = find_term("coordinate-search"), find_term("exact-search")
    assert {"recplan tune", "recplan what-if", "--method"} <= set(refined.used_by)
    choose = {f"recplan {name}" for name in ("tune", "sweep", "size", "export", "report", "compare")}
    assert choose - set(exact.used_by) == choose - set(find_term("certificate").used_by) == set()
    assert {"recplan size", "recplan sweep", "recplan export"}.isdisjoint(refined.used_by)
    assert "`--method refined`" in refined.text


def test_the_source_of_a_law_of_sizes_is_where_its_file_says():
    term = find_term("query-sizes")
    assert "queuemodel/inputs/query_sizes.toml" in term.source
    assert "queuemodel/inputs/query_sizes.toml says which figures were read" in term.text
    assert all(study in term.source for study in ("DeepRecSys", "Kairos", "Ribbon", "MLPerf"))


def test_every_term_has_a_formula_a_source_and_two_to_five_sentences():
    for term in known_terms():
        assert 2 <= len(re.findall(r"\.(?: |$)", term.text)) <= 5, term.name
        assert term.formula
        assert term.source
        assert term.used_by


def test_files_of_the_project_that_a_source_names_exist():
    named = {name for term in known_terms() for name in re.findall(r"\b\w+(?:/\w+)+\.\w+", term.source)}
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_a_page_holds_all_that_is_known_within_80_columns(form):
    for term in known_terms():
        page = invoked("explain", term.name, "--format", form).stdout
        for part in (term.short, term.text, term.source, ", ".join(term.related), ", ".join(term.used_by)):
            assert unmarked(part) in unmarked(page)
        assert all(line in page for line in term.formula.splitlines())
        if form == "table":
            assert max(map(len, page.splitlines())) <= 80


def test_words_need_no_quotes():
    assert invoked("explain", "offered", "load").stdout == invoked("explain", "offered-load").stdout


def test_without_a_term_all_are_listed_within_80_columns():
    lines = invoked("explain").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == NAMES
    assert max(map(len, lines)) <= 80


def test_json_holds_the_terms_as_they_are():
    document = json.loads(invoked("explain", "scv", "--format", "json").stdout)
    assert (document["schema"], document["command"]) == ("recplan/1", "explain")
    (shown,) = document["terms"]
    term = find_term("scv")
    assert {key: tuple(value) if isinstance(value, list) else value for key, value in shown.items()} == {
        name: getattr(term, name) for name in term.__slots__
    }


def test_a_page_goes_to_a_file_that_is_asked_for(tmp_path):
    path = tmp_path / "scv.md"
    result = invoked("explain", "scv", "--output", str(path))
    assert result.stdout == ""
    assert path.read_text(encoding="utf-8") == invoked("explain", "scv", "--format", "markdown").stdout


def test_an_unknown_term_names_the_nearest_and_says_where_all_are():
    result = invoked("explain", "capacitty")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: TERM(='capacitty') is not known; `recplan explain` lists all terms; did you mean 'capacity'?\n"
    )
