"""One way each: to write, to tell the time, to read the environment."""

import ast
import re

from tests.source import ROOT, STARTERS, STARTS_PROCESSES, files_of, imports_of, name_of, our_files, tree_of

STARTS = {f"{name}.py" for name in STARTERS}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
          "time.monotonic", "time.perf_counter", "datetime.datetime.now", "datetime.date.today", "func.now",
          "sa.func.now", "func.current_timestamp"}


def uses(path, wanted):
    """Where these dotted names are used in a file."""
    return [f"{name_of(path)}:{node.lineno} {ast.unparse(node)}" for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in wanted]


def test_only_the_session_commits():
    wrong = []
    for path in our_files():
        if name_of(path) in {"tables/session.py"} or path.parts[-2] == "simulator":
            continue  # the simulator's ledger is a file of its own, outside the house
        wrong += [f"{name_of(path)}:{node.lineno}" for node in ast.walk(tree_of(path))
                  if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"]

    assert not wrong, f"{wrong} commit; write `with transaction():` instead"


def test_only_the_clock_reads_the_time():
    may = {"core/clock.py", *STARTS}
    wrong = [use for path in our_files() if name_of(path) not in may for use in uses(path, CLOCKS)]

    assert not wrong, f"{wrong}; ask core.clock instead, so that tests can set it"


def test_only_the_settings_read_the_environment():
    names = {"os.environ", "os.getenv", "os.environb"}
    may = {"config.py", *STARTS, *STARTS_PROCESSES}  # what starts a process hands its environment on
    wrong = [use for path in our_files() if name_of(path) not in may for use in uses(path, names)]
    wrong += [name_of(path) for path in our_files() if names & set(imports_of(path)) and name_of(path) not in may]

    assert not wrong, f"{wrong}; add a setting to config.py instead"


def test_views_and_forms_never_ask_the_database():
    wrong = [f"{name_of(path)} imports {name}" for floor in ("views", "forms", "api") for path in files_of(floor)
             for name in imports_of(path) if name.split(".")[0] in {"sqlalchemy", "flask_sqlalchemy", "models"}]

    assert not wrong, "\n".join(wrong)


def test_nothing_prints_but_commands():
    wrong = [f"{name_of(path)}:{node.lineno}" for path in our_files() for node in ast.walk(tree_of(path))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
             and name_of(path) not in STARTS and path.parts[-2] != "commands"]

    assert not wrong, f"{wrong} print; log it, or return it"


def test_migrations_are_one_chain_each_after_the_one_before():
    files = sorted((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    said = [re.findall(r"^(?:down_)?revision = \W?(\w+)", path.read_text(), re.MULTILINE) for path in files]
    numbers = [path.name.split("_")[0] for path in files]

    assert said == [list(pair) for pair in zip(numbers, ["None", *numbers], strict=False)]
