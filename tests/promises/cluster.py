"""A PostgreSQL server of one check's own, as safe as it comes, that may be crashed and started again."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests import machine


class Cluster:
    """Started in a new folder; crash() ends it at once, as a power cut of the program would."""

    def __init__(self) -> None:
        [programs, *_] = machine.server_folders()
        who = machine.server_user()
        self.home = Path(tempfile.mkdtemp(prefix="pigeonpost-cluster-"))
        if who:
            os.chown(self.home, who.pw_uid, who.pw_gid)
        self._as = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}
        self._control = [str(programs / "pg_ctl"), "-D", str(self.home / "data"), "-w", "-t", "60"]
        self._call(str(programs / "initdb"), "-D", str(self.home / "data"), "-U", "pigeonpost", "-A", "trust", "-E", "UTF8")
        self.start()
        self.address = f"postgresql+psycopg://pigeonpost@/postgres?host={self.home}"

    def start(self) -> None:
        """Serve; after a crash it recovers first."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.home} -c max_connections=200"
        self._call(*self._control, "-l", str(self.home / "log"), "-o", options, "start")

    def crash(self) -> None:
        """End without finishing anything."""
        self._call(*self._control, "-m", "immediate", "stop")

    def close(self) -> None:
        """End it and take its folder away."""
        subprocess.run([*self._control, "-m", "immediate", "stop"], check=False, cwd=self.home, **self._quiet(), **self._as)
        shutil.rmtree(self.home, ignore_errors=True)

    def _call(self, *words: str) -> None:
        subprocess.run(words, check=True, cwd=self.home, timeout=120, **self._quiet(), **self._as)

    def _quiet(self) -> dict[str, object]:
        return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
                "env": {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C"}}
