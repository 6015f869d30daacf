"""export and query say by name where a value cannot leave in its own type."""
import sqlite3

import pytest

from support.losses import accept_flags
from support.targets import MysqlTarget

ROWS = "INSERT INTO t VALUES (1, 'ok', 'x', 1), (2, CAST(x'ff' AS TEXT), x'ff', 2)"


@pytest.fixture
def source(tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT, a ANY, n INT)")
        connection.execute("CREATE TABLE fine AS SELECT 1 AS n")
        connection.execute(ROWS)
    return f"sqlite:{tmp_path / 'a.db'}"


@pytest.mark.parametrize("what, named", [
    (["--table", "t"], ["t.s:as_text", "t.a:as_text"]),
    (["--query", "SELECT s, a FROM t"], ["t.s:as_text", "t.a:as_text"]),
])
def test_export_refuses_until_the_loss_is_accepted(sluice, source, what, named):
    refusal = sluice.run("export", source, "out", "--format", "csv", *what, check_code=4)
    assert accept_flags(refusal) == named
    assert not (sluice.folder / "out").exists()
    words = [word for loss in named for word in ("--accept-loss", loss)]
    sluice.run("export", source, "out", "--format", "csv", *what, *words, check_code=0)
    [file] = (sluice.folder / "out").iterdir()
    assert "X'FF'" in file.read_text()


def test_export_takes_the_tables_that_hold_what_they_declare(sluice, source):
    sluice.run("export", source, "out", "--table", "fine", check_code=0)
    sluice.run("export", source, "more", "--query", "SELECT * FROM fine", check_code=0)
    error = sluice.run("export", source, "no", "--table", "fine", "--accept-loss",
                       "fine.x:as_text", "--json", check_code=2).json["error"]
    assert "no column" in error["message"]


def test_query_notes_what_it_reads_as_text(sluice, source):
    found = sluice.run("query", source, "SELECT s, a FROM t ORDER BY id", "--json", check_code=0)
    assert found.json == [{"s": "ok", "a": "x"}, {"s": "X'FF'", "a": "X'FF'"}]
    assert '"t.s" is read as text' in found.stderr
    assert '"t.a" is read as text' in found.stderr
    assert sluice.run("query", source, "SELECT n FROM t", check_code=0).stderr == ""


def test_query_notes_a_zero_date(sluice):
    source = MysqlTarget()
    source.execute("SET sql_mode = ''", "CREATE TABLE t (id int PRIMARY KEY, d date)",
                   "INSERT INTO t VALUES (1, '0000-00-00'), (2, '2024-02-29')")
    found = sluice.run("query", source.uri, "SELECT d FROM t ORDER BY id", "--json", check_code=0)
    assert found.json == [{"d": "0000-00-00"}, {"d": "2024-02-29"}]
    assert 't.d" is read as text' in found.stderr
