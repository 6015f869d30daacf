"""Two copies of tables compared by DuckDB and its own extensions, with EXCEPT ALL both ways.

SQLite comes through sqlite3 and Arrow: DuckDB's extension would decide by declared types, or print
doubles with 15 digits.
"""
import sqlite3

import pyarrow

from support.delta import load_delta
from support.judge import EXTENSIONS
from support.targets import quoted

DIFFERENCES_MAX = 5


def attach(judge, target, alias):
    """Makes a target readable in the judge; returns a function from a table to its relation."""
    if target.kind == "parquet":
        return target.relation
    if target.kind == "delta":
        load_delta(judge)
        return target.relation
    if target.kind == "iceberg":
        return lambda table: register_iceberg_table(judge, target, table, alias)
    if target.kind == "postgres":
        server = target.server
        words = f"host={server.host} port={server.port} user=postgres dbname={target.database}"
        judge.execute(f"ATTACH '{words}' AS {alias} (TYPE postgres, READ_ONLY)")
        return lambda table: f"{alias}.public.{quoted(table)}"
    if target.kind == "mysql":
        return lambda table: register_mysql_table(judge, target, table, alias)
    if target.kind == "sqlite":
        return lambda table: register_sqlite_table(judge, target.path, table, alias)
    if target.kind == "ducklake":
        for name in ("sqlite_scanner", "ducklake"):
            judge.execute(f"LOAD '{EXTENSIONS / name}.duckdb_extension'")
        judge.execute(f"ATTACH '{target.lake.attach}' AS {alias} (READ_ONLY)")
        return lambda table: f"{alias}.{quoted(table)}"
    judge.execute(f"ATTACH '{target.path}' AS {alias} (READ_ONLY)")
    return lambda table: f"{alias}.{quoted(table)}"


def register_sqlite_table(judge, path, table, alias):
    """Copies a table into the judge with the values that sqlite3 gives; returns its relation."""
    connection = sqlite3.connect(path)
    cursor = connection.execute(f"SELECT * FROM {quoted(table)}")
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    connection.close()
    columns = {name: sqlite_column([row[i] for row in rows]) for i, name in enumerate(names)}
    name = f"{alias}_{table}"
    judge.register(name, pyarrow.table(columns))
    return quoted(name)


def register_iceberg_table(judge, target, table, alias):
    """Hands the judge the rows that PyIceberg reads; returns their relation."""
    name = f"{alias}_{table}"
    judge.register(name, target.arrow(("main", table)))
    return quoted(name)


def register_mysql_table(judge, target, table, alias):
    """Copies a table into the judge as the texts that the mariadb client prints."""
    names = [row[0] for row in target.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
        f"AND table_name = '{table}' ORDER BY ordinal_position")]
    rows = target.rows(f"SELECT * FROM {quoted(table)}")
    columns = {
        name: pyarrow.array([row[i] for row in rows], pyarrow.string())
        for i, name in enumerate(names)
    }
    name = f"{alias}_{table}"
    judge.register(name, pyarrow.table(columns))
    return quoted(name)


def sqlite_column(cells):
    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) <= 1:
        return pyarrow.array(cells)
    if kinds == {int, float}:
        return pyarrow.array([cell if cell is None else float(cell) for cell in cells])
    return pyarrow.array([cell if cell is None else str(cell) for cell in cells])


def selection(relation, columns):
    """`columns`: (name, DuckDB type), the type in which both sides are compared."""
    casts = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in columns)
    return f"SELECT {casts} FROM {relation}"


def differences(judge, left, right):
    """The first rows of a query that the other does not give as often, both ways; "" for none."""
    found = []
    for side, one, other in (("only left", left, right), ("only right", right, left)):
        rows = judge.execute(f"({one}) EXCEPT ALL ({other}) LIMIT {DIFFERENCES_MAX}").fetchall()
        found += [f"{side}: {row}" for row in rows]
    return "\n".join(found)


def assert_same_tables(judge, first, second, tables):
    """`tables`: {name: [(column, DuckDB type)]}; compares every one of them in both targets."""
    left = attach(judge, first, "first_copy")
    right = attach(judge, second, "second_copy")
    for name, columns in tables.items():
        one, other = selection(left(name), columns), selection(right(name), columns)
        count = judge.execute(f"SELECT count(*) FROM ({one})").fetchone()[0]
        assert count > 0, f"{name} is empty: nothing would be compared"
        assert differences(judge, one, other) == "", f"{name} differs in {second.uri}"
    for target, alias in ((first, "first_copy"), (second, "second_copy")):
        if target.kind in ("duckdb", "postgres", "ducklake"):
            judge.execute(f"DETACH {alias}")
