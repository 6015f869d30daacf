"""From SQLite to SQLite nothing becomes another storage class, no column another type; from other
systems the plan says which numbers become text."""
import sqlite3

import duckdb

# A declared type, and values of each class that it keeps.
COLUMNS = {
    "id": ("INTEGER", [1, 2]),
    "price": ("decimal(10,2)", [1.5, 2]),
    "long": ("decimal(20,4)", [12345678901234.5, 7]),
    "wide": ("NUMERIC(38,10)", [9007199254740993, 0.1]),
    "free": ("numeric", [5, 5.5]),
    "whole": ("NUMERIC", [4, 3]),
    "money": ("MONEY", [5, 0.25]),
    "name": ("nvarchar(20)", ["a", "1.50"]),
    "at": ("datetime", ["2024-01-01 00:00:00", None]),
    "precise": ("double precision", [2.0, 0.1]),
    "medium": ("mediumint", [3, -3]),
    "huge": ("unsigned big int", [2**62, 0]),
    "bare": ("", ["1", "two"]),
    "numbers": ("", [1, 2]),
    "odd": ('"not null, x"', ["x", None]),
    "digits": ("DECIMAL_TEXT(30,2)", ["1234567890123456789.25", "0.50"]),
}


def rows_of(path, table="t"):
    names = ", ".join(f'"{name}", typeof("{name}")' for name in COLUMNS)
    with sqlite3.connect(path) as connection:
        return connection.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()


def declared(path, table="t"):
    with sqlite3.connect(path) as connection:
        return [row[1:3] for row in connection.execute(f"PRAGMA table_info({table})")]


def test_storage_classes_and_declared_types_stay_as_they_are(sluice, tmp_path):
    source, target = tmp_path / "a.db", tmp_path / "b.db"
    with sqlite3.connect(source) as connection:
        columns = ", ".join(f'"{name}" {kind}' for name, (kind, _) in COLUMNS.items())
        connection.execute(f"CREATE TABLE t ({columns}, PRIMARY KEY (id))")
        marks = ", ".join("?" for _ in COLUMNS)
        for row in (0, 1):
            connection.execute(f"INSERT INTO t VALUES ({marks})",
                               [values[row] for _, values in COLUMNS.values()])
    before = rows_of(source)
    plan = sluice.run("plan", f"sqlite:{source}", f"sqlite:{target}", "--json", check_code=0).json
    assert {c["mapping"] for c in plan["tables"][0]["columns"]} == {"exact"}
    sluice.run("migrate", f"sqlite:{source}", f"sqlite:{target}", check_code=0)
    assert rows_of(target) == before
    assert declared(target) == declared(source)
    sluice.run("verify", f"sqlite:{source}", f"sqlite:{target}", check_code=0)
    certificate = next(sluice.state.rglob("*certificate*/*"), None) or next(
        sluice.state.rglob("*.certificate*"))
    sluice.run("verify", "--certificate", certificate, check_code=0)


def test_any_of_a_strict_table_keeps_texts_that_look_like_numbers(sluice, tmp_path):
    source, target = tmp_path / "a.db", tmp_path / "b.db"
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE t (a ANY, b INT) STRICT")
        connection.execute("INSERT INTO t VALUES ('123', 1), ('x', 2)")
    sluice.run("migrate", f"sqlite:{source}", f"sqlite:{target}", check_code=0)
    with sqlite3.connect(target) as connection:
        assert connection.execute("SELECT a, typeof(a) FROM t ORDER BY b").fetchall() == [
            ("123", "text"), ("x", "text")]


def test_a_primary_key_declared_int_does_not_become_the_row_number(sluice, tmp_path):
    source, target = tmp_path / "a.db", tmp_path / "b.db"
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE t (a INT PRIMARY KEY, b TEXT)")
        connection.execute("INSERT INTO t VALUES (7, 'x'), (NULL, 'y')")
    sluice.run("migrate", f"sqlite:{source}", f"sqlite:{target}", check_code=0)
    with sqlite3.connect(target) as connection:
        assert connection.execute("SELECT a, b FROM t ORDER BY b").fetchall() == [
            (7, "x"), (None, "y")]


def test_numbers_that_sqlite_would_round_are_widened_to_text(sluice, tmp_path):
    source, target = tmp_path / "a.duckdb", tmp_path / "b.db"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1.5::DECIMAL(15,2) AS short, "
                           "1234567890123456.25::DECIMAL(18,2) AS long, "
                           "18446744073709551615::UBIGINT AS big")
    plan = sluice.run("plan", f"duckdb:{source}", f"sqlite:{target}", "--json", check_code=0).json
    columns = {c["name"]: (c["mapping"], c["reason"]) for c in plan["tables"][0]["columns"]}
    text = "stored as text: SQLite's numbers would round it"
    assert columns == {"short": ("exact", ""), "long": ("widened", text), "big": ("widened", text)}
    sluice.run("migrate", f"duckdb:{source}", f"sqlite:{target}", check_code=0)
    with sqlite3.connect(target) as connection:
        assert connection.execute("SELECT short, long, big FROM t").fetchall() == [
            (1.5, "1234567890123456.25", "18446744073709551615")]
