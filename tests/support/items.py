"""A small table `item`, once as it is in a target and once as a source brings it."""
import duckdb

EXISTING = [("1", "old one", "1.5"), ("2", "old two", "2.5"), ("100", None, None)]
INCOMING = [("2", "new two", "20.25"), ("3", "", "30.0"), ("4", None, "40.5")]
FRESH = [("200", "fresh", "7.25"), ("201", "", None)]
MERGED = [("1", "old one", "1.5"), *INCOMING, ("100", None, None)]

COLUMNS = {
    "sqlite": "id BIGINT NOT NULL PRIMARY KEY, name TEXT, price DOUBLE PRECISION",
    "duckdb": "id BIGINT NOT NULL PRIMARY KEY, name VARCHAR, price DOUBLE",
    "ducklake": "id BIGINT NOT NULL, name VARCHAR, price DOUBLE",
    "delta": "id BIGINT NOT NULL, name VARCHAR, price DOUBLE",
    "iceberg": "id BIGINT NOT NULL, name VARCHAR, price DOUBLE",
    "mysql": "id bigint NOT NULL PRIMARY KEY, name varchar(100), price double",
    "postgres": "id bigint NOT NULL PRIMARY KEY, name text, price double precision",
}


def literal(cell):
    return "NULL" if cell is None else "'" + cell.replace("'", "''") + "'"


def values(rows):
    return ", ".join(f"({id}, {literal(name)}, {price or 'NULL'})" for id, name, price in rows)


def make_source(path, rows=INCOMING):
    """A DuckDB file with `item`; returns its location."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE item ({COLUMNS['duckdb']})")
        connection.execute(f"INSERT INTO item VALUES {values(rows)}")
    return f"duckdb:{path}"


def seed(target):
    """The target as it was before sluice came: `item` and a table that nobody may touch."""
    if target.kind == "parquet":
        target.execute(
            f"CREATE TABLE item AS SELECT id::BIGINT AS id, name, price::DOUBLE AS price "
            f"FROM (VALUES {values(EXISTING)}) t(id, name, price)",
            "CREATE TABLE bystander AS SELECT 1 AS a")
        return
    if target.kind in ("ducklake", "delta", "iceberg"):
        target.execute(
            f"CREATE TABLE item ({COLUMNS[target.kind]})",
            f"INSERT INTO item VALUES {values(EXISTING)}", "CREATE TABLE bystander (a INTEGER)",
            "INSERT INTO bystander VALUES (1)")
        return
    target.execute(
        f"CREATE TABLE item ({COLUMNS[target.kind]})",
        f"INSERT INTO item VALUES {values(EXISTING)}",
        "CREATE INDEX item_name ON item (name)", "CREATE TABLE bystander (a INTEGER)",
        "INSERT INTO bystander VALUES (1)")


def rows(target, table="item"):
    found = target.rows(f"SELECT id, name, price FROM {table} ORDER BY id")
    return [(id, name, None if price is None else repr(float(price))) for id, name, price in found]
