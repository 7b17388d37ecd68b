"""Pages as files: valid, escaped, with nothing inline."""

import re

import pytest
from jinja2 import Environment, nodes

from tests.source import ROOT, name_of, templates

parse = Environment().parse  # syntax only: filters are looked up when a page is rendered
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("path", templates(), ids=name_of)
def test_a_template_can_be_read(path):
    parse(path.read_text())


@pytest.mark.parametrize("path", templates(), ids=name_of)
def test_only_components_may_call_text_safe(path):
    if path.parent.name == "components":
        return
    tree = parse(path.read_text())

    assert "safe" not in {f.name for f in tree.find_all(nodes.Filter)}, "pass Markup from a component instead"
    assert not list(tree.find_all(nodes.EvalContextModifier)), "autoescape stays on"


@pytest.mark.parametrize("path", templates(), ids=name_of)
def test_a_template_has_nothing_inline(path):
    assert not INLINE.findall(path.read_text()), "the content security policy refuses inline style and script"


@pytest.mark.parametrize("path", templates(), ids=name_of)
def test_every_component_that_is_imported_is_used(path):
    text = path.read_text()
    imported = [found.target for found in parse(text).find_all(nodes.Import)]

    assert not [name for name in imported if len(re.findall(rf"\b{name}\.", text)) == 0]


def test_every_template_is_used_by_somebody():
    code = "\n".join(p.read_text() for floor in ("views", "templates") for p in (ROOT / floor).rglob("*.*")
                     if p.suffix in (".py", ".html", ".txt"))
    unused = [name for p in templates() if (name := p.relative_to(ROOT / "templates").as_posix()) not in code]

    assert not unused, f"nobody renders {unused}"
