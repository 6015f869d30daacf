"""Tables that sluice makes and changes, as delta-rs and DuckDB's extension read and extend them."""
import json

import deltalake
import duckdb
import pyarrow
import pytest

from support import delta
from support.targets import DuckdbTarget

# Values at the edges of each type, by column. A row of the source has one of each.
EDGES = {
    "b": ("BOOLEAN", ["true", "false"]),
    "i8": ("TINYINT", ["-128", "0", "127"]),
    "i16": ("SMALLINT", ["-32768", "32767"]),
    "i32": ("INTEGER", ["-2147483648", "0", "2147483647"]),
    "i64": ("BIGINT", ["-9223372036854775808", "9007199254740993", "9223372036854775807"]),
    "f32": ("FLOAT", ["-0.0", "0.0", "inf", "-inf", "nan", "3.4028235e38", "1.1754944e-38"]),
    "f64": ("DOUBLE", ["0.0", "-0.0", "nan", "1.7976931348623157e308", "5e-324", "-inf", "0.1"]),
    "small": ("DECIMAL(5,2)", ["-999.99", "0.00", "999.99"]),
    "wide": ("DECIMAL(38,10)", ["-9999999999999999999999999999.9999999999", "0.0000000001",
                                "123456789012345678.0000000001"]),
    "t": ("VARCHAR", ["", "a", "z" * 40, "z" * 31 + "üx", "z" * 32, "z" * 33, "it's \"q\"\n\\",
                      "\U0010ffff" * 40, "z" * 32 + "\U0010ffff" * 2, "Ünï 中 🦆", "\x7f"]),
    "day": ("DATE", ["0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31"]),
    "local": ("TIMESTAMP", ["0001-01-01 00:00:00", "1969-12-31 23:59:59.999999",
                            "2020-01-01 00:00:00.000001", "2020-01-01 00:00:00.123",
                            "9999-12-31 23:59:59.999999"]),
    "moment": ("TIMESTAMPTZ", ["1900-01-01 00:00:00+00", "1969-12-31 23:59:59.9995+00",
                           "2020-01-01 00:00:00.000001+00", "9999-12-31 23:59:59.999+00"]),
}
NESTED = {
    "l": ("BIGINT[]", ["[]", "[1, NULL]", "[-9223372036854775808]"]),
    "s": ("STRUCT(a INTEGER, b VARCHAR)", ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': ''}"]),
    "m": ("MAP(VARCHAR, INTEGER)", ["MAP {}", "MAP {'k': NULL, '': 2}"]),
    "deep": ("STRUCT(p STRUCT(q DOUBLE)[])", ["{'p': [{'q': 0.5}, NULL]}", "{'p': NULL}"]),
    "raw": ("BLOB", [r"'\x00\xFF'::BLOB", "''::BLOB"]),
}
ROWS = 24


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def literal(kind, value):
    return f"CAST({quoted(value)} AS {kind})"


def edge_rows(first=0, rows=ROWS):
    """A query with `rows` rows; every 7th value is NULL."""
    selects = []
    for row in range(first, first + rows):
        items = [f"{row}::BIGINT AS id"]
        for name, (kind, values) in EDGES.items():
            cell = literal(kind, values[row % len(values)]) if row % 7 != 6 else f"NULL::{kind}"
            items.append(f"{cell} AS {name}")
        for name, (kind, values) in NESTED.items():
            cell = values[row % len(values)] if row % 7 != 5 else "NULL"
            items.append(f"({cell})::{kind} AS {name}")
        selects.append("SELECT " + ", ".join(items))
    return " UNION ALL ".join(selects)


@pytest.fixture
def source(tmp_path):
    return DuckdbTarget(tmp_path)


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


def migrate(sluice, source, lake, *more, check_code=0):
    uri = source if isinstance(source, str) else source.uri
    return sluice.run("migrate", uri, f"delta:{lake}", "--json", *more, check_code=check_code).json


def expected(source, sql="FROM t"):
    with duckdb.connect(str(source.path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return delta.texts(connection, sql)


def as_delta_rs_reads(folder, sql="FROM dr"):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("dr", deltalake.DeltaTable(folder).to_pyarrow_table())
    return delta.texts(connection, sql)


def assert_both_read(folder, rows):
    """Both judges give just these rows."""
    assert delta.texts(delta.open_delta_judge(), f"FROM delta_scan('{folder}')") == rows
    assert as_delta_rs_reads(folder) == rows


def version(folder):
    return deltalake.DeltaTable(folder).version()


def commits(folder):
    """The actions of each commit, by version."""
    logs = sorted((folder / "_delta_log").glob("*.json"))
    return [[json.loads(line) for line in log.read_text().splitlines()] for log in logs]


def test_every_kind_of_commit_is_read_alike_by_both_judges(sluice, source, lake):
    source.execute(f"CREATE TABLE t AS {edge_rows()}")
    migrate(sluice, source, lake)
    first = expected(source)
    assert_both_read(lake / "t", first)
    migrate(sluice, source, lake, "--if-exists", "append")
    assert_both_read(lake / "t", sorted(first + first, key=str))
    sluice.run("rollback", "last", check_code=0)
    assert_both_read(lake / "t", first)
    source.execute("DROP TABLE t", f"CREATE TABLE t AS {edge_rows(ROWS // 2)}")
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    merged = sorted([row for row in first if int(row[0]) < ROWS // 2] + expected(source), key=str)
    assert_both_read(lake / "t", merged)
    migrate(sluice, source, lake, "--if-exists", "replace")
    assert_both_read(lake / "t", expected(source))
    sluice.run("rollback", "last", check_code=0)
    assert_both_read(lake / "t", merged)
    operations = [next(action["commitInfo"] for action in actions if "commitInfo" in action)
                  for actions in commits(lake / "t")]
    assert [info["operation"] for info in operations] == [
        "CREATE TABLE AS SELECT", "WRITE", "RESTORE", "MERGE", "WRITE", "RESTORE"]
    assert all(info["engineInfo"].startswith("sluice/") for info in operations)


def test_equality_with_every_edge_value_finds_its_rows_in_both_judges(sluice, source, lake):
    """One row a file, so that wrong statistics lose it."""
    source.execute(f"CREATE TABLE t AS {edge_rows()}")
    migrate(sluice, source, lake, "--partition", "t:id")
    judge = delta.open_delta_judge()
    table = deltalake.DeltaTable(lake / "t")
    assert len(table.file_uris()) == ROWS
    wrong = []
    for name, (kind, values) in EDGES.items():
        for value in values:
            equal = f"{name} = {literal(kind, value)}"
            count = expected(source, f"SELECT id FROM t WHERE {equal}")
            found = delta.texts(
                judge, f"SELECT id FROM delta_scan('{lake / 't'}') WHERE {equal}")
            if found != count:
                wrong.append(("duckdb", equal, found, count))
            engine = deltalake.QueryBuilder().register("t", table)
            stream = engine.execute(f"SELECT id FROM t WHERE {as_datafusion(name, kind, value)}")
            ids = pyarrow.RecordBatchReader.from_stream(stream).read_all()["id"].to_pylist()
            found = sorted(map(str, ids))
            if found != sorted(row[0] for row in count):
                wrong.append(("delta-rs", equal, found, count))
    assert not wrong, "\n".join(map(str, wrong))


def as_datafusion(name, kind, value):
    """The same equality in the SQL of delta-rs."""
    if kind == "TIMESTAMPTZ":
        return f"{name} = arrow_cast({quoted(value)}, 'Timestamp(Microsecond, Some(\"UTC\"))')"
    if kind == "TIMESTAMP":
        return f"{name} = arrow_cast({quoted(value)}, 'Timestamp(Microsecond, None)')"
    if kind == "VARCHAR":
        return f"{name} = {quoted(value)}"
    if kind in ("FLOAT", "DOUBLE") and float(value) == 0:
        return f"({name} = arrow_cast(0.0, 'Float64') OR {name} = arrow_cast(-0.0, 'Float64'))"
    return f"{name} = {literal(kind, value)}"


ODD = ["a/b", "a b", "ü中", "100%", "%41", "x=y", "it's", 'q"u', "#?&+", ".", "..", "\\", "{}:*"]
PARTITIONS = {
    "VARCHAR": ODD, "BIGINT": ["-1", "9223372036854775807"], "BOOLEAN": ["true", "false"],
    "DATE": ["0001-01-01", "1969-12-31", "9999-12-31"], "DECIMAL(38,4)": ["-1.5000", "0.0001"],
    "TIMESTAMP": ["1969-12-31 23:59:59.999999", "2020-01-01 00:00:00"],
    "TIMESTAMPTZ": ["1969-12-31 23:59:59.999999+00", "2020-01-01 00:00:00+00"],
}


@pytest.mark.parametrize("kind", PARTITIONS)
def test_partitions_of_each_type_are_read_alike(sluice, source, lake, kind):
    values = [literal(kind, value) for value in PARTITIONS[kind]] + [f"NULL::{kind}"]
    rows = ", ".join(f"({i}, {value})" for i, value in enumerate(values * 2))
    source.execute(f"CREATE TABLE t AS SELECT * FROM (VALUES {rows}) v(id, p)")
    migrate(sluice, source, lake, "--partition", "t:p")
    assert deltalake.DeltaTable(lake / "t").metadata().partition_columns == ["p"]
    assert len(deltalake.DeltaTable(lake / "t").file_uris()) == len(values)
    judge = delta.open_delta_judge()
    assert delta.texts(judge, f"FROM delta_scan('{lake / 't'}')") == expected(source)
    if not kind.startswith("DECIMAL"):  # delta-rs makes "-1.-5000" of a negative one
        assert as_delta_rs_reads(lake / "t") == expected(source)
    for value in values[:-1]:
        where = f"WHERE p = {value}"
        assert delta.texts(judge, f"FROM delta_scan('{lake / 't'}') {where}") == expected(
            source, f"FROM t {where}"), where
    assert len(delta.texts(judge, f"FROM delta_scan('{lake / 't'}') WHERE p IS NULL")) == 2


def test_what_no_log_can_hold_as_a_partition_is_refused_by_name(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id, '' AS p, 0.5::DOUBLE AS d, DATE '2020-01-01' "
                   "AS day")
    told = migrate(sluice, source, lake, "--partition", "t:p", check_code=10)["error"]
    assert 'partition value ""' in told["message"] and '"p"' in told["message"]
    told = migrate(sluice, source, lake, "--partition", "t:d", check_code=10)["error"]
    assert '"d"' in told["message"]
    told = migrate(sluice, source, lake, "--partition", "t:month(day)", check_code=10)["error"]
    assert "month(day)" in told["message"]
    sluice.run("rollback", "last", "--json")
    assert not (lake / "t").exists()


def test_a_checkpoint_alone_is_the_table(sluice, source, lake):
    source.execute(f"CREATE TABLE t AS {edge_rows(0, 8)}")
    migrate(sluice, source, lake, "--partition", "t:day")
    for _ in range(10):
        migrate(sluice, source, lake, "--if-exists", "append")
    log = lake / "t/_delta_log"
    last = json.loads((log / "_last_checkpoint").read_text())
    assert last["version"] == 10 and (log / f"{10:020}.checkpoint.parquet").exists()
    rows = sorted(expected(source) * 11, key=str)
    assert_both_read(lake / "t", rows)
    for file in log.glob("*.json"):
        if int(file.stem) < 10:
            file.unlink()
    assert_both_read(lake / "t", rows)
    migrate(sluice, source, lake, "--if-exists", "append")
    assert_both_read(lake / "t", sorted(expected(source) * 12, key=str))


def test_delta_rs_and_sluice_append_to_each_others_tables(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i::BIGINT AS id, 'p/' || i % 3 AS p, i / 7 AS d "
                   "FROM range(30) r(i)")
    rows = expected(source)
    with duckdb.connect(str(source.path)) as connection:
        table = connection.execute("FROM t").to_arrow_table()
    deltalake.write_deltalake(lake / "t", table, partition_by=["p"])
    migrate(sluice, source, lake, "--if-exists", "append")
    assert_both_read(lake / "t", sorted(rows * 2, key=str))
    deltalake.write_deltalake(lake / "t", table, mode="append")
    assert_both_read(lake / "t", sorted(rows * 3, key=str))
    deltalake.DeltaTable(lake / "t").delete("id < 10")
    deltalake.DeltaTable(lake / "t").optimize.compact()
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    assert_both_read(lake / "t", rows)
    deltalake.DeltaTable(lake / "t").vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert_both_read(lake / "t", rows)


def unique_column(judge, folder):
    """The rows where it is NULL, or there twice, are none."""
    relation = f"delta_scan('{folder}')"
    for (name, *_) in judge.execute(f"DESCRIBE FROM {relation}").fetchall():
        column = '"' + name + '"'
        if judge.execute(f"SELECT count(*) = count(DISTINCT {column}) FROM {relation}"
                         ).fetchone()[0]:
            return name
    raise AssertionError(f"{folder} has no column that could be a key")


MAPPED = ["table-with-columnmapping-mode-name", "table-with-columnmapping-mode-id"]
WITH_VECTORS = ["dv-with-columnmapping", "table-with-dv-small"]  # and a column that is a key


@pytest.mark.parametrize("name, choice", [
    *[(name, choice) for name in MAPPED + WITH_VECTORS for choice in ("append", "replace")],
    *[(name, "merge") for name in WITH_VECTORS]])
def test_tables_of_spark_are_added_to_under_their_own_names(
    sluice, data_folder, tmp_path, name, choice
):
    """The rows are the table's own: an append doubles them, the other two change nothing."""
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    origin, _ = delta.unpack(data_folder, name, tmp_path / "from")
    table, _ = delta.unpack(data_folder, name, tmp_path / "to")
    judge = delta.open_delta_judge()
    rows = delta.texts(judge, f"FROM delta_scan('{origin}')")
    keys = ["--key", unique_column(judge, origin)] if choice == "merge" else []
    uri = f"delta:{origin}"
    rename = ["--rename", f"{origin.name}={table.name}"] if origin.name != table.name else []
    migrate(sluice, uri, table, "--if-exists", choice, *keys, *rename)
    doubled = sorted(rows * 2, key=str)
    assert delta.texts(judge, f"FROM delta_scan('{table}')") == (
        doubled if choice == "append" else rows)
    sluice.run("rollback", "last", check_code=0)
    assert delta.texts(judge, f"FROM delta_scan('{table}')") == rows


def hand_written(folder, protocol, **properties):
    table = delta.HandWritten(folder, [delta.field("id", "long"), delta.field("v", "string")],
                              protocol=protocol, **properties)
    table.commit(*table.head(), table.file({"id": [1, 2], "v": ["a", "b"]}, "one.parquet"))
    return table


@pytest.fixture
def rows_for_hand_written(source):
    source.execute("CREATE TABLE t AS SELECT * FROM (VALUES (3::BIGINT, 'c'), (4, 'd'), (5, 'e')) "
                   "v(id, v)")
    return source


def test_times_of_commits_grow_and_rows_get_numbers_where_a_table_has_them(
    sluice, rows_for_hand_written, lake
):
    far = 32503680000000  # a clock that was wrong
    table = delta.HandWritten(
        lake / "t", [delta.field("id", "long"), delta.field("v", "string")],
        protocol={**delta.NEWEST_FEATURES, "readerFeatures": [],
                  "writerFeatures": ["inCommitTimestamp", "rowTracking", "domainMetadata"]},
        **{"delta.enableInCommitTimestamps": "true"})
    first = table.file({"id": [1, 2], "v": ["a", "b"]}, "one.parquet", baseRowId=0,
                       defaultRowCommitVersion=0)
    table.commit({"commitInfo": {"inCommitTimestamp": far}}, *table.head(), first,
                 {"domainMetadata": {"domain": "delta.rowTracking", "removed": False,
                                     "configuration": json.dumps({"rowIdHighWaterMark": 1})}})
    for _ in range(2):
        migrate(sluice, rows_for_hand_written, lake, "--if-exists", "append")
    written = commits(lake / "t")[1:]
    assert [actions[0]["commitInfo"]["inCommitTimestamp"] for actions in written] == [
        far + 1, far + 2]
    adds = [action["add"] for actions in written for action in actions if "add" in action]
    assert [(add["baseRowId"], add["defaultRowCommitVersion"]) for add in adds] == [(2, 1), (5, 2)]
    marks = [json.loads(action["domainMetadata"]["configuration"]) for actions in written
             for action in actions if "domainMetadata" in action]
    assert marks == [{"rowIdHighWaterMark": 4}, {"rowIdHighWaterMark": 7}]


@pytest.mark.parametrize("protocol, properties, choice, told", [
    (delta.features("deletionVectors") | {"writerFeatures": ["zstdMagic"]}, {}, "append",
     "zstdMagic"),
    ({"minReaderVersion": 1, "minWriterVersion": 3}, {"delta.constraints.c": "id > 0"}, "append",
     "id > 0"),
    ({"minReaderVersion": 1, "minWriterVersion": 2}, {"delta.appendOnly": "true"}, "replace",
     "delta.appendOnly"),
    ({"minReaderVersion": 1, "minWriterVersion": 4}, {"delta.enableChangeDataFeed": "true"},
     "merge", "delta.enableChangeDataFeed")])
def test_what_is_not_enforced_is_refused_by_its_name(sluice, rows_for_hand_written, lake, protocol,
                                                     properties, choice, told):
    hand_written(lake / "t", protocol, **properties)
    keys = ["--key", "id"] if choice == "merge" else []
    error = migrate(sluice, rows_for_hand_written, lake, "--if-exists", choice, *keys,
                    check_code=10)["error"]
    assert told in error["message"]
    assert len(commits(lake / "t")) == 1
    assert sorted(p.name for p in (lake / "t").iterdir()) == ["_delta_log", "one.parquet"]


def test_what_others_change_meanwhile_is_a_conflict_and_an_append_goes_on(
    sluice, rows_for_hand_written, lake
):
    for choice, code in (("append", 0), ("replace", 6)):
        folder = lake / choice
        hand_written(folder / "t", {"minReaderVersion": 1, "minWriterVersion": 2})
        migrate(sluice, rows_for_hand_written, folder, "--if-exists", choice, "--no-publish")
        deltalake.DeltaTable(folder / "t").delete("id = 1")
        result = sluice.run("publish", "last", "--json", check_code=code).json
        if code:
            assert "version 1" in result["error"]["message"]
            sluice.run("rollback", "last", check_code=0)
        left = [("2", "b")] if code else [("2", "b"), ("3", "c"), ("4", "d"), ("5", "e")]
        assert_both_read(folder / "t", left)


def test_a_column_without_null_stays_so(sluice, source, lake):
    source.execute("CREATE TABLE t (id BIGINT NOT NULL, since TIMESTAMP)", "INSERT INTO t VALUES "
                   "(1, NULL)")
    migrate(sluice, source, lake)
    fields = json.loads(deltalake.DeltaTable(lake / "t").schema().to_json())["fields"]
    assert [field["nullable"] for field in fields] == [False, True]
    source.execute("DROP TABLE t", "CREATE TABLE t (id BIGINT, since TIMESTAMP)",
                   "INSERT INTO t VALUES (NULL, NULL)")
    error = migrate(sluice, source, lake, "--if-exists", "append", check_code=6)["error"]
    assert '"id"' in error["message"] and "NULL" in error["message"]
    sluice.run("rollback", "last", check_code=0)
    assert version(lake / "t") == 0


def test_schemas_are_folders_and_comments_stay(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id", "COMMENT ON TABLE t IS 'what it is'",
                   "COMMENT ON COLUMN t.id IS 'which'")
    sluice.run("migrate", source.uri, f"delta:{lake}?schema=deep/er", check_code=0)
    told = sluice.run("inspect", f"delta:{lake}", "--json", check_code=0).stdout
    assert "deep/er" in told
    table = deltalake.DeltaTable(lake / "deep/er/t")
    assert table.metadata().description == "what it is"
    assert json.loads(table.schema().to_json())["fields"][0]["metadata"] == {"comment": "which"}
    assert table.protocol().min_writer_version == 2
    sluice.run("rollback", "last", check_code=0)
    assert not lake.exists()


def test_a_folder_of_something_else_is_not_filled(sluice, source, lake):
    (lake / "t").mkdir(parents=True)
    (lake / "t/mine.txt").write_text("mine")
    source.execute("CREATE TABLE t AS SELECT 1 AS id")
    error = migrate(sluice, source, lake, check_code=6)["error"]
    assert "mine.txt" in error["message"]
    assert [p.name for p in lake.rglob("*")] == ["t", "mine.txt"]


def test_what_a_run_left_that_was_not_published_does_not_stand_in_the_way(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id")
    staged = migrate(sluice, source, lake, "--no-publish")["run"]
    assert list((lake / "t").glob("*.parquet")) and not (lake / "t/_delta_log").exists()
    migrate(sluice, source, lake)
    error = sluice.run("publish", staged, "--json", check_code=6).json["error"]
    assert "made by somebody else" in error["message"]
    sluice.run("rollback", staged, check_code=0)
    assert_both_read(lake / "t", [("1",)])
    assert not list(lake.rglob(f"sluice_{staged.lower()}*"))
