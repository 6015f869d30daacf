"""A second user of the machine: programs and reads that run as `nobody`."""
import os
import pwd
import subprocess
import sys

import pytest

from support.program import BINARY, CHECKOUT

NOBODY = pwd.getpwnam("nobody")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


def drop():
    """For subprocess's preexec_fn: becomes nobody."""
    os.setgroups([NOBODY.pw_gid])
    os.setresgid(*[NOBODY.pw_gid] * 3)
    os.setresuid(*[NOBODY.pw_uid] * 3)


def open_folder(path):
    """Lets everybody come to a folder of pytest, whose own are closed."""
    path = path.resolve()
    for folder in [path, *path.parents]:
        if str(folder).startswith("/tmp/") and folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)


def sluice_as_nobody(folder, *args):
    """Runs the built program as nobody, whose state is in `folder`. Returns CompletedProcess."""
    home = folder / "nobody"
    home.mkdir(exist_ok=True)
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SLUICE_", "PG"))}
    return subprocess.run(
        [str(BINARY), *map(str, args)], cwd=home, capture_output=True, text=True, timeout=120,
        env={**environment, "SLUICE_STATE": str(home / "state"), "HOME": str(home)},
        preexec_fn=drop, check=False)


def judge_as_nobody(attach, sql, read_only=True):
    """Rows that DuckDB's extension reads as nobody. Returns CompletedProcess, rows as Python."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from support.judge import open_judge\n"
        "c = open_judge('ducklake', 'sqlite_scanner')\n"
        "c.execute(f\"ATTACH '{sys.argv[2]}' AS lake\" + (' (READ_ONLY)' if sys.argv[4] else ''))\n"
        "c.execute('USE lake')\n"
        "print(c.execute(sys.argv[3]).fetchall())\n")
    return subprocess.run(
        [sys.executable, "-c", code, str(CHECKOUT / "tests"), attach, sql,
         "1" if read_only else ""], capture_output=True, text=True, timeout=120, preexec_fn=drop,
        check=False)
