"""Names at the top of the repository come first on Python's path: none may hide somebody else's module."""

import sys
from importlib.metadata import packages_distributions

from tests.source import ROOT


def ours():
    """Our top-level modules and packages."""
    return {p.stem for p in ROOT.glob("*.py") if p.stem != "gunicorn.conf"} | {
        p.name for p in ROOT.iterdir() if p.is_dir() and any(p.glob("*.py")) and not p.name.startswith(".")}


def test_no_top_level_name_hides_a_standard_module():
    allowed = {"test"}  # CPython's own tests; nobody imports them

    assert not ours() & sys.stdlib_module_names - allowed


def test_no_top_level_name_hides_an_installed_package():
    installed = {name.lower() for name in packages_distributions()}

    assert not {name for name in ours() if name.lower() in installed}
