"""The example on the public library does what its first lines say."""
import sqlite3
import subprocess

import pytest

from support.program import BINARY

EXAMPLE = BINARY.parent / "move_a_table"


@pytest.fixture
def folder(tmp_path):
    if not EXAMPLE.exists():
        pytest.skip(f"{EXAMPLE} is not built: run make test")
    connection = sqlite3.connect(tmp_path / "shop.sqlite")
    connection.executescript("CREATE TABLE t (a INTEGER, b TEXT); INSERT INTO t VALUES (1, 'x');")
    connection.close()
    return tmp_path


def run(folder, *words):
    return subprocess.run(
        [EXAMPLE, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_it_moves_a_table_and_says_what_was_proven(folder):
    done = run(folder, "sqlite:shop.sqlite", "duckdb:copy.duckdb", "t")
    assert done.returncode == 0, done.stderr
    assert "1 rows, verified: content" in done.stdout
    assert "is done" in done.stdout
    assert (folder / "copy.duckdb").exists()


def test_its_exit_codes_are_those_of_the_program(folder):
    assert run(folder).returncode == 2
    missing = run(folder, "sqlite:nowhere.sqlite", "duckdb:copy.duckdb", "t")
    assert missing.returncode == 3
    assert "nowhere.sqlite" in missing.stderr
