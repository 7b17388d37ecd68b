"""Our own source, as the guards read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("core", "tables", "transports", "simulator", "services", "forms", "views", "api", "commands", "jobs")
ASSEMBLY = ("app", "routes", "cli", "worker", "bootstrap", "wiring")
STARTERS = ("run", "test", "gunicorn.conf")
STARTS_PROCESSES = {"commands/worker.py", "commands/demo.py", "commands/check.py", "commands/simulator.py",
                    "jobs/rehearsal.py"}
SINGLE = ("models", "config", *ASSEMBLY)


def name_of(path: Path) -> str:
    """The path as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def files_of(floor: str) -> list[Path]:
    """Every Python file of a floor, which is a folder or one file."""
    single = ROOT / f"{floor}.py"
    return [single] if single.exists() else sorted((ROOT / floor).rglob("*.py"))


@cache
def our_files() -> list[Path]:
    """Every Python file of the program itself: floors, maps and starters."""
    return [path for floor in (*FLOORS, *SINGLE, *STARTERS) for path in files_of(floor)]


@cache
def tree_of(path: Path) -> ast.Module:
    """The file, parsed once."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every module this file imports, with the names taken from it: `services.contacts`, `models.Contact`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls_in(path: Path) -> Iterator[tuple[int, str]]:
    """Every dotted name that is used in this file, with its line: `clock.now`, `os.environ`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def templates() -> list[Path]:
    """Every template."""
    return sorted((ROOT / "templates").rglob("*.*"))
