"""Rules stay small enough to be read; maps and tables of codes may be long."""

import ast
import re

import pytest

from tests.source import ROOT, name_of, our_files, templates, tree_of

LINES_OF_A_FUNCTION = 60
LINES_OF_A_FILE = 400
LINES_OF_A_TEMPLATE = 200
WIDTH = 120


def functions_of(path):
    """Every function of a file."""
    return [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_function_is_longer_than_a_screen():
    wrong = [f"{name_of(path)}: {function.name} has {function.end_lineno - function.lineno + 1} lines"
             for path in our_files() for function in functions_of(path)
             if function.end_lineno - function.lineno + 1 > LINES_OF_A_FUNCTION]

    assert not wrong, "\n".join(wrong)


def test_no_file_is_longer_than_a_sitting():
    limits = [(our_files(), LINES_OF_A_FILE), (templates(), LINES_OF_A_TEMPLATE)]
    wrong = [f"{name_of(path)} has {lines} lines" for paths, limit in limits for path in paths
             if (lines := len(path.read_text().splitlines())) > limit]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", our_files(), ids=name_of)
def test_every_module_and_public_function_says_what_it_is_for(path):
    tree = tree_of(path)
    named = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
             and not n.name.startswith("_")]
    silent = [f"{name_of(path)}:{n.lineno} {n.name}" for n in named if not ast.get_docstring(n)]

    assert tree.body == [] or ast.get_docstring(tree), f"{name_of(path)} does not say what it is for"
    assert not silent, "\n".join(silent)


def test_nothing_of_one_machine_is_written_down():
    spoken = (".py", ".html", ".js", ".css", ".md", ".toml", ".in", ".txt", ".ini", ".example", ".csv")
    folders = ("core", "tables", "services", "views", "forms", "templates", "static", "docs", "bench", "sample",
               "commands", "jobs", "simulator", "transports", "migrations", "tests")
    files = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in spoken]
    files += [p for p in ROOT.iterdir() if p.is_file() and p.suffix in spoken]
    places = re.compile(r"(?<![\w/.])/((work|root)/\w|home/\w+/\w)")
    wrong = [f"{name_of(p)} names {found.group()}" for p in files
             if (found := places.search(p.read_text(encoding="utf-8", errors="ignore")))]

    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later():
    marks = tuple(word + mark for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X") for mark in (":", " ", "("))
    wrong = [f"{name_of(p)}: {mark}" for p in [*our_files(), *templates()] for mark in marks if mark in p.read_text()]

    assert not wrong, "\n".join(wrong)
