"""One subtle change for each pair: what a target's own tool does to one cell of one table."""
import pyarrow
import pyarrow.compute
import pyarrow.parquet

from support.targets import quoted

# By target and table: SQL for the new value of the row, or for Parquet the new value itself.
SQL = {
    "duckdb": {
        "ts": (0, "v + INTERVAL 1 MICROSECOND"), "dec_18_6": (1, "v + 0.000001"),
        "text": (3, "rtrim(v)"), "interval": (0, "v + INTERVAL 1 MICROSECOND"),
        "list": (1, "[]"), "float64_inf": (0, "-v"),
    },
    "sqlite": {
        "dec_18_6": (1, "'0.100001'"), "float64": (0, "v + 1e-17"), "text": (3, "rtrim(v)"),
        "ts": (0, "replace(v, '999999', '999998')"), "bytes": (2, "zeroblob(1)"),
        "uuid": (0, "replace(v, '11', '12')"), "int": (0, "v + 1"), "json": (0, "v || ' '"),
    },
    "postgres": {
        "float64_zero": (0, "0"), "ts": (0, "v - interval '1 microsecond'"),
        "text": (3, "rtrim(v)"), "interval": (0, "'30 days'"), "dec_18_6": (1, "v + 0.000001"),
        "numeric_free": (0, "v + 0.000000001"), "uint64": (0, "v - 1"), "list": (1, "'{}'"),
    },
    "mysql": {
        "text": (3, "rtrim(v)"), "ts": (0, "v - INTERVAL 1 MICROSECOND"),
        "uint64": (0, "v - 1"), "dec_18_6": (1, "v + 0.000001"), "float64": (0, "0.2 - v + 1e-17"),
        "numeric_free": (0, "v + 0.000000001"), "json": (0, "concat(v, ' ')"), "int": (0, "v + 1"),
    },
    "parquet": {
        "float64_zero": (0, 0.0), "text": (3, "ab"), "ts": (0, -2), "int": (0, 1),
        "uint64": (0, 18446744073709551614), "bytes": (2, b"\x00\xff\\"),
    },
}

# By (source, target): the table that is changed.
CHANGED = {
    ("duckdb", "duckdb"): "interval", ("duckdb", "sqlite"): "dec_18_6",
    ("duckdb", "postgres"): "float64_zero", ("duckdb", "mysql"): "uint64",
    ("duckdb", "parquet"): "float64_zero",
    ("sqlite", "duckdb"): "text", ("sqlite", "sqlite"): "int", ("sqlite", "postgres"): "ts",
    ("sqlite", "mysql"): "text", ("sqlite", "parquet"): "text",
    ("postgres", "duckdb"): "list", ("postgres", "sqlite"): "ts",
    ("postgres", "postgres"): "numeric_free", ("postgres", "mysql"): "numeric_free",
    ("postgres", "parquet"): "ts",
    ("mysql", "duckdb"): "ts", ("mysql", "sqlite"): "float64", ("mysql", "postgres"): "uint64",
    ("mysql", "mysql"): "json", ("mysql", "parquet"): "uint64",
    ("parquet", "duckdb"): "float64_inf", ("parquet", "sqlite"): "text",
    ("parquet", "postgres"): "list", ("parquet", "mysql"): "ts", ("parquet", "parquet"): "bytes",
}


def change(source, target):
    """Changes one cell and returns (table, id)."""
    table = CHANGED[(source, target.kind)]
    row, value = SQL[target.kind][table]
    if target.kind == "parquet":
        change_file(target, table, row, value)
    else:
        target.execute(f"UPDATE {quoted(table)} SET v = {value} WHERE id = {row}")
    return table, row


def change_file(target, table, row, value):
    """Writes the table's one file anew with another value in that row."""
    single = target.path / f"{table}.parquet"
    [file] = [single] if single.exists() else sorted((target.path / table).rglob("*.parquet"))
    rows = pyarrow.parquet.read_table(file, partitioning=None)
    column = rows.column("v").combine_chunks()
    here = pyarrow.compute.equal(rows.column("id").combine_chunks(), row)
    new = pyarrow.scalar(value, pyarrow.int64()).cast(column.type) if isinstance(value, int) \
        and pyarrow.types.is_timestamp(column.type) else pyarrow.scalar(value, column.type)
    at = rows.schema.get_field_index("v")
    changed = rows.set_column(at, rows.schema.field("v"),
                              pyarrow.compute.if_else(here, new, column))
    pyarrow.parquet.write_table(changed, file)
