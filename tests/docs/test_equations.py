import ast
import re

import pytest

from source_tree import ROOT

PAGE = "docs/how_it_works.md"
PACKAGES = ("queuemodel", "profiles", "solvers", "live", "cli")
CITED = re.compile(r"\b[Ee]quations?\s+(\(\d+\)(?:(?:,\s|\sand\s)\(\d+\))*)")


def sources():
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def compiled(source):
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(decorator, ast.Name) and decorator.id == "kernel" for decorator in node.decorator_list)
    ]


def cited(text):
    return {int(number) for numbers in CITED.findall(text) for number in re.findall(r"\d+", numbers)}


def equations():
    """Return the numbers of the page's equations, each as its anchor and as its tag give it."""
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    return [
        tuple(map(int, pair)) for pair in re.findall(r'<a id="equation-(\d+)"></a>.*?\\tag\{(\d+)\}\$\$', text, re.S)
    ]


def test_the_equations_of_the_derivation_are_numbered_in_order_and_each_has_an_anchor():
    found = equations()
    assert found == [(number, number) for number in range(1, len(found) + 1)]
    assert (ROOT / PAGE).read_text(encoding="utf-8").count("$$") == 2 * len(found)


def test_every_equation_that_the_code_cites_exists():
    known = {number for number, _ in equations()}
    strays = {name: cited(source) - known for name, source in sources().items() if cited(source) - known}
    assert strays == {}


@pytest.mark.parametrize("name", [name for name, source in sources().items() if compiled(source)])
def test_a_module_of_kernels_cites_what_it_computes(name):
    assert any(cited(ast.get_docstring(kernel) or "") for kernel in compiled(sources()[name]))
