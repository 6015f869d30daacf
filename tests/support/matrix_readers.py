"""What a target holds, read by its own program or library and put into matrix_canonical's spelling:
found(target, table, kind) gives the column's own type and {id: canonical value}."""
import re
import sqlite3

import duckdb
import pyarrow
import pyarrow.parquet

from support.matrix_canonical import canonical, civil, clock, moment
from support.targets import quoted

# By target and kind of value: the types that hold such a value exactly. A number of brackets or
# parameters does not count.
HOMES = {
    "duckdb": {
        "num": {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
                "UINTEGER", "UBIGINT", "UHUGEINT", "BIGNUM", "DECIMAL"},
        "float": {"FLOAT", "DOUBLE"}, "bool": {"BOOLEAN"}, "text": {"VARCHAR", "ENUM"},
        "json": {"JSON"}, "bytes": {"BLOB"}, "uuid": {"UUID"}, "bit": {"BIT"}, "date": {"DATE"},
        "time": {"TIME", "TIME_NS"}, "timetz": {"TIME WITH TIME ZONE"}, "interval": {"INTERVAL"},
        "timestamp": {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"},
        "timestamptz": {"TIMESTAMP WITH TIME ZONE"}, "struct": {"STRUCT"}, "map": {"MAP"},
        "union": {"UNION"},
    },
    "sqlite": {
        "num": {"TINYINT", "SMALLINT", "INT32", "INTEGER", "UINT8", "UINT16", "UINT32", "BIGINT",
                "UBIG_TEXT", "HUGE_TEXT", "UHUGE_TEXT", "BIGNUM_TEXT", "DECIMAL", "DECIMAL_TEXT",
                "NUMERIC", "NUMERIC_TEXT", "BOOLEAN", "DATETIME"},
        "float": {"REAL", "FLOAT32_REAL", "DOUBLE", "NUMERIC", "DECIMAL", "DATE"},
        "bool": {"BOOLEAN"},
        "text": {"TEXT", "VARCHAR", "CHAR", "DATE", "UUID", "JSON"},
        "json": {"JSON", "JSON_TEXT"}, "bytes": {"BLOB"}, "uuid": {"UUID_TEXT"},
        "bit": {"BIT_TEXT"}, "date": {"DATE"}, "time": {"TIME", "TIME_NS_TEXT"},
        "timetz": {"TIMETZ_TEXT"}, "interval": {"DURATION_TEXT"},
        "timestamp": {"TIMESTAMP", "DATETIME", "DATE", "TIMESTAMP_NS_TEXT"},
        "timestamptz": {"TIMESTAMPTZ"},
        "storage": {"", "INTEGER", "BLOB", "NUMERIC", "TEXT", "REAL", "BOOLEAN"},
    },
    "postgres": {
        "num": {"smallint", "integer", "bigint", "numeric"}, "float": {"real", "double precision"},
        "bool": {"boolean"}, "text": {"text", "character varying", "character", "mood"},
        "json": {"json", "jsonb"}, "bytes": {"bytea"}, "uuid": {"uuid"},
        "bit": {"bit", "bit varying"}, "date": {"date"}, "time": {"time without time zone"},
        "timetz": {"time with time zone"}, "interval": {"interval"},
        "timestamp": {"timestamp without time zone"}, "timestamptz": {"timestamp with time zone"},
        "array": {"integer"},
    },
    "mysql": {
        "num": {"tinyint", "smallint", "mediumint", "int", "bigint", "year", "decimal"},
        "float": {"float", "double"}, "bool": {"tinyint"},
        "text": {"longtext", "text", "varchar", "char", "enum", "set", "inet6"},
        "json": {"longtext"}, "bytes": {"longblob", "binary", "varbinary"}, "uuid": {"uuid"},
        "bit": {"bit"}, "date": {"date"}, "time": {"time"}, "interval": {"time"},
        "timestamp": {"datetime"}, "timestamptz": {"timestamp"},
    },
    "parquet": {
        "num": {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                "decimal128"},
        "float": {"float", "double"}, "bool": {"bool"}, "text": {"string"},
        "json": {"extension<arrow.json>", "string", "binary"}, "bytes": {"binary"},
        "uuid": {"extension<arrow.uuid>", "fixed_size_binary"}, "date": {"date32"},
        "time": {"time64", "time32"}, "timestamp": {"timestamp"}, "timestamptz": {"timestamp"},
        "interval": {"fixed_size_binary"}, "struct": {"struct"}, "map": {"map"},
    },
}
PER_SECOND = {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}


def home(native):
    """The name of a type without its parameters, brackets and attributes; of a list its element."""
    if native.startswith(("list<", "large_list<", "fixed_size_list<")):
        return home(native[native.index(": ") + 2:native.rindex(">")])
    if native.startswith(("extension<", "struct", "map", "STRUCT", "MAP", "UNION")):
        return re.match(r"extension<[a-z.]+>?|\w+", native)[0].rstrip(">") + (
            ">" if native.startswith("extension") else "")
    name = re.sub(r"\([^)]*\)|\[[^\]]*\]", "", native)
    return re.sub(r" (unsigned|zerofill|not null)", "", name).strip()


def leaf(kind):
    while isinstance(kind, tuple) and kind[0] == "list":
        kind = kind[1]
    return kind if isinstance(kind, str) else kind[0]


def found(target, table, kind):
    native, values = READERS[target.kind](target, table, kind)
    assert home(native) in HOMES[target.kind].get(leaf(kind), ()), \
        f"{table}: {native} of {target.kind} is no home of {kind}"
    return native, values


def plain_found(target, table):
    """{id: text} of a column that a loss made text or JSON."""
    native, values = READERS[target.kind](target, table, "json")
    assert home(native) in HOMES[target.kind]["text"] | HOMES[target.kind]["json"], native
    return values


def duckdb_expression(kind, value="v"):
    if kind == "bytes":
        return f"hex({value})"
    if kind == "float":
        return f"{value}::DOUBLE"
    if isinstance(kind, str):
        return f"{value}::VARCHAR"
    if kind[0] == "list" and isinstance(kind[1], str):
        return f"list_transform({value}, lambda x: {duckdb_expression(kind[1], 'x')})"
    if kind[0] == "union":
        return f"CASE WHEN {value} IS NOT NULL THEN [union_tag({value})::VARCHAR, " \
               f"{value}::VARCHAR] END"
    return value


def read_duckdb(target, table, kind):
    with duckdb.connect(str(target.path)) as connection:
        native = connection.execute(
            "SELECT data_type FROM duckdb_columns() WHERE table_name = ? AND column_name = 'v'",
            [table]).fetchone()[0]
        rows = connection.execute(
            f"SELECT id, {duckdb_expression(kind)} FROM {quoted(table)}").fetchall()
    return native, {row: canonical(kind, value) for row, value in rows}


def storage(cell_class, value):
    if cell_class == "null":
        return None
    if cell_class == "text":
        try:
            return "text " + value.decode()
        except UnicodeDecodeError:
            return "text bytes " + value.hex()
    return f"{cell_class} {value.hex() if cell_class == 'blob' else value}"


def read_sqlite(target, table, kind):
    connection = sqlite3.connect(target.path)
    connection.text_factory = bytes
    native = connection.execute(f"SELECT type FROM pragma_table_info('{table}') "
                                "WHERE name = 'v'").fetchone()[0].decode()
    values = {}
    for row, cell_class, value in connection.execute(
            f"SELECT id, typeof(v), v FROM {quoted(table)}"):
        cell_class = cell_class.decode()
        if kind == "storage":
            values[row] = storage(cell_class, value)
            continue
        numeric = native == "NUMERIC" and cell_class == "integer"
        assert cell_class in CLASSES[kind] or numeric, f"{table} {row}: {cell_class} of {kind}"
        text = value.decode() if cell_class == "text" else value
        values[row] = canonical(kind, text)
    connection.close()
    return native, values


# What SQLite may store a kind of value as; a date is its ISO text.
CLASSES = {kind: {"null", "text"} for kind in HOMES["sqlite"]}
CLASSES |= {"num": {"null", "integer", "real", "text"}, "float": {"null", "real"},
            "bool": {"null", "integer"}, "bytes": {"null", "blob"}}


def read_postgres(target, table, kind):
    native = target.rows("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
                         f"attrelid = '{quoted(table)}'::regclass AND attname = 'v'")[0][0]
    expression = {"bytes": "encode(v, 'hex')", "float": "v::float8::text",
                  "timestamptz": "(v AT TIME ZONE 'UTC')::text"}.get(kind, "v::text")
    if native.startswith("character("):  # a cast would take the blanks away
        expression = "CASE WHEN v IS NOT NULL THEN format('%s', v) END"
    rows = target.rows(f"SELECT id, {expression} FROM {quoted(table)}")
    if isinstance(kind, tuple):
        rows = [(row, value and array_cells(value)) for row, value in rows]
    if kind == "array":
        return native, {int(row): value for row, value in rows}
    return native, {int(row): canonical(kind, value) for row, value in rows}


def array_cells(text):
    """The texts of a one-dimensional array of PostgreSQL."""
    cells = re.findall(r'"((?:[^"\\]|\\.)*)"|([^{},]+)', text[1:-1])
    return [None if plain == "NULL" else plain or re.sub(r"\\(.)", r"\1", quoted_text)
            for quoted_text, plain in cells]


MYSQL_EXPRESSIONS = {
    "num": "CAST(v + 0 AS CHAR)", "float": "CAST(CAST(v AS DOUBLE) AS CHAR)", "bytes": "hex(v)",
    "timestamp": "CAST(v AS DATETIME(6))", "timestamptz": "CAST(v AS DATETIME(6))",
    "bit": "lpad(bin(v), {}, '0')", "uuid": "CAST(v AS CHAR)", "date": "v", "time": "v",
    "interval": "v", "bool": "v",
}


def read_mysql(target, table, kind):
    native = target.rows("SELECT column_type FROM information_schema.columns WHERE table_schema = "
                         f"DATABASE() AND table_name = '{table}' AND column_name = 'v'")[0][0]
    text = kind in ("text", "json")
    expression = MYSQL_EXPRESSIONS.get(kind, "hex(CONVERT(CAST(v AS CHAR) USING utf8mb4))")
    if kind == "num" and native.startswith("decimal"):
        expression = "CAST(v AS CHAR)"  # which adding to would round
    if kind == "bit":
        expression = expression.format(native.split("(")[1].rstrip(")"))
    values = {}
    for row, value in target.rows(f"SELECT id, {expression} FROM {quoted(table)}"):
        if text and value is not None:
            value = bytes.fromhex(value).decode()
        values[int(row)] = canonical(kind, value)
    return native, values


def read_parquet(target, table, kind):
    file = target.path / f"{table}.parquet"
    rows = pyarrow.parquet.read_table(file if file.exists() else target.path / table,
                                      partitioning=None)
    column = rows.column("v").combine_chunks()
    ids = rows.column("id").to_pylist()
    return str(column.type), dict(zip(ids, arrow_values(column, kind)))


def arrow_values(column, kind):
    kinds = pyarrow.types
    of = column.type
    if kinds.is_timestamp(of):
        assert (of.tz is not None) == (kind == "timestamptz"), f"{of} of {kind}"
        return [cell and moment(int(cell), PER_SECOND[of.unit])
                for cell in texts(column.cast(pyarrow.int64()))]
    if kinds.is_date32(of):
        return [cell and civil(int(cell)) for cell in texts(column.cast(pyarrow.int32()))]
    if kinds.is_time(of):
        whole = pyarrow.int64() if kinds.is_time64(of) else pyarrow.int32()
        return [cell and clock(int(cell), PER_SECOND[of.unit])
                for cell in texts(column.cast(whole))]
    if kind == "interval":
        return [cell and parquet_interval(cell) for cell in column.to_pylist()]
    if kind == "json" and kinds.is_binary(of):
        return [cell and cell.decode() for cell in column.to_pylist()]
    return [canonical(kind, cell) for cell in column.to_pylist()]


def texts(column):
    return [None if cell is None else str(cell) for cell in column.to_pylist()]


def parquet_interval(cell):
    """Months, days and milliseconds, unsigned, of four bytes each."""
    months, days, millis = (int.from_bytes(cell[at:at + 4], "little") for at in (0, 4, 8))
    return f"{months} mon {days} d {millis * 1000} us"


READERS = {"duckdb": read_duckdb, "sqlite": read_sqlite, "postgres": read_postgres,
           "mysql": read_mysql, "parquet": read_parquet}
