"""A filter on each value of an edge-value table that sluice wrote returns its rows in PyIceberg,
Trino and DuckDB's iceberg extension, however the table is parted: wrong bounds or partition values
would lose rows. The values are literals."""
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import EqualTo, IsNull

from support import thorough
from support import trino as engines
from support.iceberg import local
from support.iceberg_edges import EDGES, ROWS, edge_rows
from support.judge import EXTENSIONS, open_judge
from support.program import Sluice
from support.targets import DuckdbTarget

LAYOUTS = {
    "one_row_a_file": "t:id",
    "whole": "",
    "by_text": "t:t",
    "by_time": "t:month(day),hour(moment),year(local)",
    "by_bucket": "t:bucket(4,t),bucket(3,raw),bucket(5,clock),bucket(2,wide),bucket(3,u)",
    "by_day": "t:day(local),bucket(7,i64),b",
    "by_value": "t:small,day",
}
FLOATS = ("f32", "f64")
# What DuckDB spells otherwise than Trino.
TRINO_TYPES = {
    "b": "BOOLEAN", "i32": "INTEGER", "i64": "BIGINT", "f32": "REAL", "f64": "DOUBLE",
    "small": "DECIMAL(5,2)", "wide": "DECIMAL(38,10)", "t": "VARCHAR", "day": "DATE",
    "clock": "TIME(6)", "local": "TIMESTAMP(6)", "moment": "TIMESTAMP(6) WITH TIME ZONE",
    "u": "UUID"}


def row_of(number, name):
    """The literal of a cell, None for NULL."""
    values = EDGES[name][1]
    return None if number % 7 == 6 else values[number % len(values)]


def is_nan(name, text):
    return name in FLOATS and text == "nan"


def wanted(name, text):
    """The ids of the rows with this value."""
    return [i for i in range(ROWS) if row_of(i, name) == text]


def bytes_of(text):
    """Of a BLOB literal."""
    return text.encode().decode("unicode_escape").encode("latin-1")


class Written:
    """A lake with the table `main.t`. Attributes: table (PyIceberg's), trino_settings."""

    def __init__(self, server, folder, layout):
        self.database = server.new_database()
        warehouse = folder / "warehouse"
        source = DuckdbTarget(folder)
        source.execute(f"CREATE TABLE t AS {edge_rows()}")
        (folder / "sluice").mkdir()
        self.sluice = Sluice(folder / "sluice")
        words = ["--partition", LAYOUTS[layout]] if LAYOUTS[layout] else []
        self.sluice.run("migrate", source.uri, f"iceberg:{self.database.uri}?warehouse={warehouse}",
                        *words, check_code=0)
        catalog = load_catalog(
            "sluice", type="sql", warehouse=f"file://{warehouse}",
            uri=self.database.uri.replace("postgres://", "postgresql+psycopg2://"))
        self.table = catalog.load_table("main.t")
        self.trino_settings = {
            **engines.jdbc_catalog(server, self.database.name, "sluice", f"file://{warehouse}"),
            **engines.local_files()}


@pytest.fixture(scope="module", params=thorough.some(LAYOUTS, 3))
def written(request, postgres, tmp_path_factory):
    made = Written(postgres, tmp_path_factory.mktemp("judges"), request.param)
    yield made
    made.sluice.close()


def test_pyiceberg_finds_the_rows_of_each_value(written):
    table = written.table
    rows = table.scan().to_arrow()
    assert sorted(rows["id"].to_pylist()) == list(range(ROWS))
    place = {id: at for at, id in enumerate(rows["id"].to_pylist())}
    for name, (kind, values) in EDGES.items():
        cells = rows[name].to_pylist()
        assert sorted(table.scan(row_filter=IsNull(name)).to_arrow()["id"].to_pylist()) == wanted(
            name, None)
        for text in values:
            if is_nan(name, text) or name == "f32" and "inf" in text:
                continue  # PyIceberg holds infinity to be above every float
            value = cells[place[wanted(name, text)[0]]]
            shown = value.isoformat() if hasattr(value, "isoformat") else value
            found = table.scan(row_filter=EqualTo(name, shown)).to_arrow()
            assert sorted(found["id"].to_pylist()) == wanted(name, text), (name, kind, text)


def trino_literal(name, text):
    if name == "raw":
        return f"X'{bytes_of(text).hex()}'"
    if name in FLOATS and "inf" in text:
        return f"CAST('{'-' if text[0] == '-' else ''}Infinity' AS {TRINO_TYPES[name]})"
    text = text.replace("'", "''")
    if name == "moment":
        text = text.replace("+00", " UTC")
    return f"CAST('{text}' AS {TRINO_TYPES[name]})"


def branches(relation, equals, isnan):
    """(SQL, wanted ids by number) of one query a column, which asks for each of its values."""
    for name, (_, values) in EDGES.items():
        texts = [None, *values]
        selects = []
        for number, text in enumerate(texts):
            if text is None:
                condition = f"{name} IS NULL"
            elif is_nan(name, text):
                condition = isnan(name)
            else:
                condition = f"{name} = {equals(name, text)}"
            selects.append(f"SELECT {number} AS number, id FROM {relation} WHERE {condition}")
        pairs = [(number, id) for number, text in enumerate(texts) for id in wanted(name, text)]
        yield name, " UNION ALL ".join(selects), sorted(pairs)


def test_trino_finds_the_rows_of_each_value(written, trino):
    catalog = trino.new_catalog(written.trino_settings)
    for name, sql, pairs in branches(f"{catalog}.main.t", trino_literal, lambda n: f"is_nan({n})"):
        assert sorted(tuple(row) for row in trino.rows(sql)) == pairs, name
    nested = trino.rows("SELECT id, json_format(CAST(l AS JSON)), json_format(CAST(s AS JSON)), "
                        "cardinality(m), cardinality(deep.p) "
                        f"FROM {catalog}.main.t WHERE id < 6 ORDER BY id")
    assert nested == [
        [0, "[]", '{"a":1,"b":"x"}', 0, 2], [1, "[1,null]", '{"a":null,"b":""}', 2, 0],
        [2, "[-9223372036854775808]", '{"a":1,"b":"x"}', 0, 2],
        [3, "[]", '{"a":null,"b":""}', 2, 0], [4, "[1,null]", '{"a":1,"b":"x"}', 0, 2],
        [5, None, None, None, None]]
    assert trino.rows(f'SELECT sum(record_count) FROM {catalog}.main."t$files"') == [[ROWS]]


def test_duckdb_s_extension_finds_the_rows_of_each_value(written):
    if not (EXTENSIONS / "iceberg.duckdb_extension").exists():
        pytest.skip("the extensions avro and iceberg are not there: run tools/setup.sh")
    connection = open_judge("avro", "iceberg")
    connection.execute("SET TimeZone = 'UTC'")
    scan = f"iceberg_scan('{local(written.table.metadata_location)}')"

    def equals(name, text):
        return f"CAST('{text.replace(chr(39), chr(39) * 2)}' AS {EDGES[name][0]})"
    for name, sql, pairs in branches(scan, equals, lambda n: f"isnan({n})"):
        assert sorted(connection.execute(sql).fetchall()) == pairs, name
