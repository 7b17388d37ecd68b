"""The first command: what it makes, and what it says when it cannot."""

import sys

import pytest

import run


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A folder with pins and no environment yet; making and filling one are only noted."""
    done = []
    (tmp_path / "requirements.txt").write_text("flask==3.1.3\n")
    monkeypatch.setattr(run, "ROOT", str(tmp_path))
    monkeypatch.setattr(run, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(run, "PYTHON", sys.executable)
    monkeypatch.setattr(run, "make_environment", lambda: done.append("made"))

    def install(name):
        done.append(f"installed {name}")
        (tmp_path / ".venv").mkdir(exist_ok=True)
        with open(run.stamp_of(name), "w") as stamp:
            stamp.write(run.mark_of(name))

    monkeypatch.setattr(run, "install", install)
    return tmp_path, done


class TestEnvironment:
    def test_the_first_start_makes_it(self, house):
        run.environment("requirements.txt")

        assert house[1] == ["made", "installed requirements.txt"]

    def test_the_second_start_does_nothing(self, house):
        run.environment("requirements.txt")
        run.environment("requirements.txt")

        assert len(house[1]) == 2

    def test_changed_pins_are_installed(self, house):
        folder, done = house
        run.environment("requirements.txt")
        (folder / "requirements.txt").write_text("flask==3.1.4\n")
        run.environment("requirements.txt")

        assert done[2:] == ["made", "installed requirements.txt"]

    def test_an_environment_that_was_moved_is_not_trusted(self, house, monkeypatch):
        folder, done = house
        run.environment("requirements.txt")
        (folder / ".venv").rename(folder / "elsewhere")
        monkeypatch.setattr(run, "VENV", str(folder / "elsewhere"))

        assert not run.is_installed("requirements.txt")

    def test_an_environment_without_its_python_is_not_trusted(self, house, monkeypatch):
        folder, _ = house
        run.environment("requirements.txt")
        monkeypatch.setattr(run, "PYTHON", str(folder / "gone"))

        assert not run.is_installed("requirements.txt")


def test_a_python_that_is_too_old_is_told_so_in_words(monkeypatch):
    monkeypatch.setattr(run.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr("shutil.which", lambda name: None)

    with pytest.raises(SystemExit, match=r"needs Python 3.11 or newer; this is Python 3.9"):
        run.right_python()


def test_windows_is_sent_to_wsl(monkeypatch):
    monkeypatch.setattr(run.os, "name", "nt")

    with pytest.raises(SystemExit, match="WSL"):
        run.right_python()


def test_an_unknown_wish_is_answered_with_what_there_is(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run.py", "--fast"])

    with pytest.raises(SystemExit, match=r"(?s)I do not know --fast.*--setup-only"):
        run.main()


def test_it_can_be_read_by_a_python_that_is_too_old():
    """No words of newer Pythons in it, or the sentence about the version would never be seen."""
    import ast

    from tests.source import ROOT

    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 6))
