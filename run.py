#!/usr/bin/env python3
"""Starts the dashboard with nothing but Python: makes `.venv`, installs what is pinned there, then serves.

Standard library only, and few imports: the second start must show its first page within three seconds.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST = (3, 11)
USE = """\
python3 run.py                start the dashboard on http://127.0.0.1:5000 (PORT and HOST change it)
python3 run.py --setup-only   only make the environment in .venv"""


def main():
    """Make the environment if needed, then become gunicorn."""
    wishes = sys.argv[1:]
    if wishes not in ([], ["--setup-only"]):
        sys.exit(USE if wishes in (["-h"], ["--help"]) else "I do not know {}.\n{}".format(" ".join(wishes), USE))
    right_python()
    environment("requirements.txt")
    if wishes:
        return
    os.chdir(ROOT)
    os.execv(PYTHON, [PYTHON, "-m", "gunicorn", "-c", "gunicorn.conf.py", "bootstrap:application()"])


def right_python():
    """Go on only under a Python that is new enough; become one if the machine has it under another name."""
    if os.name == "nt":
        sys.exit("Pigeonpost runs on Linux and macOS. On Windows, start it inside WSL.")
    if sys.version_info >= OLDEST:
        return
    from shutil import which

    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        if which(name):
            os.execv(which(name), [which(name)] + sys.argv)
    sys.exit("Pigeonpost needs Python {}.{} or newer; this is Python {}.{}. Install a newer one and try again.".format(
        *(OLDEST + sys.version_info[:2])))


def environment(*wanted):
    """See that `.venv` holds exactly what these requirement files pin. Does nothing when it already does."""
    if all(is_installed(name) for name in wanted):
        return
    import fcntl

    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two starts at once: the second waits, and finds it done
    try:
        for name in wanted:
            if not is_installed(name):
                make_environment()
                install(name)
    finally:
        os.close(folder)


def is_installed(name):
    """Whether `.venv` runs and was filled from this requirements file as it is now."""
    try:
        with open(stamp_of(name)) as stamp:
            return stamp.read() == mark_of(name) and os.path.exists(PYTHON)
    except OSError:
        return False


def stamp_of(name):
    """The file that says which version of `name` was installed."""
    return os.path.join(VENV, "." + name + ".installed")


def mark_of(name):
    """What makes an installed environment the right one: the pins, the Python and the place."""
    from hashlib import sha256

    with open(os.path.join(ROOT, name), "rb") as pins:
        return " ".join([sha256(pins.read()).hexdigest(), sys.version.split()[0], VENV])


def make_environment():
    """A `.venv` that runs this Python; one that is broken or older is made anew."""
    import shutil
    import subprocess

    ask = "import sys, pip; print(sys.version.split()[0], sys.prefix)"
    here = sys.version.split()[0] + " " + os.path.realpath(VENV)
    try:
        found = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
        if found == here:
            return
        say("The environment in .venv belongs to another Python or place: making it anew")
    except (OSError, subprocess.CalledProcessError):
        say("Making the environment in .venv (only this once)")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True, stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("Python could not make an environment in .venv.\nOn Debian or Ubuntu this mends it: "
                 "sudo apt install python{}.{}-venv".format(*sys.version_info[:2]))


def install(name):
    """Install what this file pins, each package checked against its hash.

    The file names every package there is to be, so pip looks for none: it would find releases newer than the pins.
    """
    import subprocess

    with open(os.path.join(ROOT, name)) as pins:
        count = sum(1 for line in pins if "==" in line and not line.startswith((" ", "#")))
    say("Installing {} packages from {} (a minute or two, only this once)".format(count, name))
    answer = subprocess.run([PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check",
                             "--no-input", "--no-deps", "--require-hashes", "-r", os.path.join(ROOT, name)])
    if answer.returncode:
        sys.exit("The packages could not be installed; the lines above say why. "
                 "Is this machine on the network? Then try again: what is there already is kept.")
    with open(stamp_of(name), "w") as stamp:
        stamp.write(mark_of(name))


def say(words):
    """One line of progress, at once."""
    print(words, flush=True)


if __name__ == "__main__":
    main()
