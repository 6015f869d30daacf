"""Delta tables through their catalog in SQL: read out of it, and committed to it first and to the
log then. delta-rs and DuckDB's extension read the log, each database's own client the catalog."""
import json
import os

import deltalake
import duckdb
import pyarrow
import pytest

from support import delta, delta_logs
from support.catalogs import make_catalog, sqlite_catalog

GOLDEN = ["basic_partitioned", "dv-partitioned-with-checkpoint", "dv-with-columnmapping",
          "multi-part-checkpoint", "table-with-columnmapping-mode-id", "type-widening",
          "v2-checkpoints-json-with-sidecars", "data-reader-escaped-chars"]
DONE, INVALID, NOT_FOUND, DIFFERS, CONFLICT = 0, 2, 3, 5, 6


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def catalog(request, tmp_path):
    return make_catalog(request.param, tmp_path, request)


@pytest.fixture
def lite(tmp_path):
    return sqlite_catalog(tmp_path)


def source(tmp_path, name, **tables):
    """A DuckDB file with tables of numbers: `t=range(3)`."""
    path = tmp_path / f"{name}.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table, numbers in tables.items():
            connection.execute(f"CREATE TABLE {table} (id BIGINT, v VARCHAR)")
            for number in numbers:
                connection.execute(f"INSERT INTO {table} VALUES ({number}, '{name}')")
    return f"duckdb:{path}"


def make_lake(tmp_path, **tables):
    lake = tmp_path / "lake"
    for table, numbers in tables.items():
        rows = pyarrow.table({"id": pyarrow.array(list(numbers), pyarrow.int64()),
                              "v": ["seed"] * len(list(numbers))})
        deltalake.write_deltalake(lake / table, rows)
    return lake


def imported(sluice, lake, catalog):
    return sluice.run("catalog", "import", f"delta:{lake}", catalog.uri, "--recursive", "--json",
                      check_code=DONE).json


def assert_same(sluice, lake, catalog):
    report = sluice.run("catalog", "validate", f"delta:{lake}", catalog.uri, "--json",
                        check_code=DONE).json
    assert report["state"] == "same"
    assert catalog.lines("SELECT count(*) FROM delta_unmirrored") == ["0"]


def ids_by_both(table):
    """The ids of a table as delta-rs and as DuckDB's extension read its log."""
    rows = deltalake.DeltaTable(table).to_pyarrow_table().to_pydict()["id"]
    judge = delta.open_delta_judge()
    again = [row[0] for row in judge.execute(f"SELECT id FROM delta_scan('{table}')").fetchall()]
    assert sorted(rows) == sorted(again)
    return sorted(rows)


def query(sluice, location, sql, *more):
    return sluice.run("query", location, sql, "--json", *more, check_code=DONE).json


def test_every_version_is_read_out_of_sql(sluice, catalog, tmp_path):
    lake = make_lake(tmp_path, t=range(4))
    table = lake / "t"
    for number in (10, 11):
        deltalake.write_deltalake(table, pyarrow.table({"id": [number], "v": ["more"]}),
                                  mode="append")
    deltalake.DeltaTable(table).delete("id < 2")
    imported(sluice, lake, catalog)
    for version in range(4):
        at = ["--at", str(version)]
        sql = "SELECT id, v FROM t ORDER BY id, v"
        assert (query(sluice, catalog.of(table), sql, *at) ==
                query(sluice, f"delta:{table}", sql, *at))
        files = [sluice.run("lake", "files", place, *at, "--json", check_code=DONE).json
                 for place in (catalog.of(table), f"delta:{table}")]
        ours, logs = (sorted(one["path"] for one in found["tables"][0]["files"])
                      for found in files)
        assert ours == logs
    ours = sluice.run("lake", "snapshots", catalog.of(table), "--json", check_code=DONE).json
    logs = sluice.run("lake", "snapshots", f"delta:{table}", "--json", check_code=DONE).json
    assert ours["snapshots"] == logs["snapshots"] and len(ours["snapshots"]) == 4
    diff = ["--since", "1", "--json"]
    ours = sluice.run("lake", "diff", catalog.of(table), *diff).json
    logs = sluice.run("lake", "diff", f"delta:{table}", *diff).json
    assert ours["tables"] == logs["tables"]
    copy = tmp_path / "copy.duckdb"
    sluice.run("migrate", catalog.of(table), f"duckdb:{copy}", check_code=DONE)
    sluice.run("verify", catalog.of(table), f"duckdb:{copy}", check_code=DONE)


def test_the_state_is_the_catalogs_not_the_logs(sluice, lite, tmp_path):
    lake = make_lake(tmp_path, t=range(3))
    imported(sluice, lake, lite)
    deltalake.write_deltalake(lake / "t", pyarrow.table({"id": [9], "v": ["x"]}), mode="append")
    assert query(sluice, lite.of(lake), "SELECT count(*) AS n FROM t") == [{"n": 3}]
    assert query(sluice, f"delta:{lake}", "SELECT count(*) AS n FROM t") == [{"n": 4}]


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_tables_are_the_same_out_of_sql(sluice, lite, data_folder, tmp_path, name):
    table, expected = delta.unpack(data_folder, name, tmp_path)
    sluice.run("catalog", "import", f"delta:{table}", lite.uri, check_code=DONE)
    sql = f"SELECT * FROM \"{table.name}\" ORDER BY ALL"
    rows = query(sluice, lite.of(table), sql)
    assert rows == query(sluice, f"delta:{table}", sql)
    if expected:
        counted = duckdb.sql(f"SELECT count(*) FROM read_parquet('{expected}')").fetchone()
        assert len(rows) == counted[0]


def test_new_tables_appends_merges_and_replacements(sluice, catalog, tmp_path):
    lake = make_lake(tmp_path, t=range(3))
    imported(sluice, lake, catalog)
    target = catalog.of(lake)
    sluice.run("migrate", source(tmp_path, "a", t=[10], u=[1, 2]), target, "--if-exists", "append",
               check_code=DONE)
    assert ids_by_both(lake / "t") == [0, 1, 2, 10] and ids_by_both(lake / "u") == [1, 2]
    assert sorted(catalog.lines("SELECT table_id, version FROM delta_tables")) == ["t|1", "u|0"]
    sluice.run("migrate", source(tmp_path, "b", t=[2, 11]), target, "--if-exists", "merge",
               "--key", "id", check_code=DONE)
    assert ids_by_both(lake / "t") == [0, 1, 2, 10, 11]
    assert_same(sluice, lake, catalog)
    sluice.run("migrate", source(tmp_path, "c", t=[5]), target, "--if-exists", "replace",
               check_code=DONE)
    assert ids_by_both(lake / "t") == [5]
    assert sluice.run("migrate", source(tmp_path, "d", t=[6]), target).code != DONE
    assert_same(sluice, lake, catalog)
    # One publication: both tables have rows of one run, made at one time.
    rows = catalog.lines("SELECT table_id FROM delta_txns ORDER BY table_id, version")
    assert rows == ["t", "t", "t", "u"]


def test_a_checkpoint_is_written_where_one_is_due(sluice, lite, tmp_path):
    lake = make_lake(tmp_path, t=range(1))
    imported(sluice, lake, lite)
    for number in range(1, 11):
        sluice.run("migrate", source(tmp_path, f"s{number}", t=[number]), lite.of(lake),
                   "--if-exists", "append", check_code=DONE)
    log = lake / "t" / "_delta_log"
    assert (log / "00000000000000000010.checkpoint.parquet").exists()
    assert ids_by_both(lake / "t") == list(range(11))
    assert_same(sluice, lake, lite)


def test_files_are_compacted_through_the_catalog(sluice, lite, tmp_path):
    lake = make_lake(tmp_path, t=range(1))
    for number in (1, 2, 3):
        deltalake.write_deltalake(lake / "t", pyarrow.table({"id": [number], "v": ["x"]}),
                                  mode="append")
    imported(sluice, lake, lite)
    sluice.run("lake", "compact", lite.of(lake), check_code=DONE)
    assert len(deltalake.DeltaTable(lake / "t").file_uris()) == 1
    assert ids_by_both(lake / "t") == [0, 1, 2, 3]
    assert_same(sluice, lake, lite)


def test_a_run_is_rolled_back_through_the_catalog(sluice, catalog, tmp_path):
    lake = make_lake(tmp_path, t=range(3))
    imported(sluice, lake, catalog)
    report = sluice.run("migrate", source(tmp_path, "a", t=[10], u=[1]), catalog.of(lake),
                        "--if-exists", "append", "--json", check_code=DONE).json
    sluice.run("rollback", report["run"], check_code=DONE)
    assert ids_by_both(lake / "t") == [0, 1, 2] and not (lake / "u").exists()
    assert catalog.lines("SELECT table_id FROM delta_tables") == ["t"]
    assert_same(sluice, lake, catalog)


def stopped_between(sluice, lake, catalog, source_uri):
    """A run that died after its commit in SQL and before the log had it. Returns its report."""
    for point in range(1, 60):
        sluice.run("migrate", source_uri, catalog.of(lake), "--if-exists", "append",
                   env={"SLUICE_CRASH_AT": point})
        if catalog.lines("SELECT count(*) FROM delta_unmirrored") != ["0"]:
            return
        runs = sluice.run("runs", "--json").json["runs"]
        if runs:
            sluice.run("rollback", runs[0]["run"])
    raise AssertionError("it never stopped between the two")


def test_what_a_dead_process_left_is_mirrored_and_lag_is_shown(sluice, catalog, tmp_path):
    lake = make_lake(tmp_path, t=range(3), u=range(2))
    imported(sluice, lake, catalog)
    stopped_between(sluice, lake, catalog, source(tmp_path, "a", t=[10], u=[11]))
    pending = catalog.lines("SELECT table_id FROM delta_unmirrored ORDER BY table_id")
    assert pending in (["t", "u"], ["u"])
    versions = catalog.lines("SELECT version FROM delta_tables")
    assert len(set(versions)) == 1  # both or none
    lag = sluice.run("catalog", "validate", f"delta:{lake}", catalog.uri, "--watch", "--count",
                     "1", "--json", check_code=DONE).json["tables"]
    shown = sluice.run("catalog", "status", catalog.uri, "--json", check_code=DONE).json["tables"]
    for tables in (lag, shown):
        late = [one for one in tables if one["table_id"] == "u"][0]
        assert late["versions_unmirrored"] == 1 and late["seconds_unmirrored"] > 0
        assert late["versions_behind"] <= 0 and late["drift"] is None
    done = sluice.run("catalog", "mirror", catalog.uri, "--json", check_code=DONE).json
    assert [one["state"] for one in done["commits"]] == ["mirrored"] * len(pending)
    again = sluice.run("catalog", "mirror", catalog.uri, "--json", check_code=DONE).json
    assert again["commits"] == []
    assert ids_by_both(lake / "t") == [0, 1, 2, 10] and ids_by_both(lake / "u") == [0, 1, 11]
    assert_same(sluice, lake, catalog)


def test_an_outside_writer_that_was_first_is_followed(sluice, catalog, tmp_path):
    lake = make_lake(tmp_path, t=range(3))
    imported(sluice, lake, catalog)
    stopped_between(sluice, lake, catalog, source(tmp_path, "a", t=[10]))
    deltalake.write_deltalake(lake / "t", pyarrow.table({"id": [20], "v": ["x"]}), mode="append")
    done = sluice.run("catalog", "mirror", catalog.uri, "--json", check_code=DONE).json
    assert [one["state"] for one in done["commits"]] == ["moved"]
    assert ids_by_both(lake / "t") == [0, 1, 2, 10, 20]
    assert catalog.lines("SELECT max(version) FROM delta_commits") == [
        str(deltalake.DeltaTable(lake / "t").version())]
    assert_same(sluice, lake, catalog)


def test_what_stands_against_an_outside_writer_is_withdrawn_by_name(sluice, catalog, tmp_path):
    lake = make_lake(tmp_path, t=range(3), u=range(2))
    imported(sluice, lake, catalog)
    stopped_between(sluice, lake, catalog, source(tmp_path, "a", t=[10], u=[11]))
    if catalog.lines("SELECT count(*) FROM delta_unmirrored") != ["2"]:
        pytest.fail("one of them is in its log already")
    deltalake.DeltaTable(lake / "u").alter.set_table_properties({"delta.appendOnly": "true"})
    done = sluice.run("catalog", "mirror", catalog.uri, "--json", check_code=DONE).json
    assert {one["table_id"]: one["state"] for one in done["commits"]} == {"t": "withdrawn",
                                                                         "u": "withdrawn"}
    assert all(one["error"]["kind"] == "conflict" for one in done["commits"])
    assert ids_by_both(lake / "t") == [0, 1, 2] and ids_by_both(lake / "u") == [0, 1]
    imported(sluice, lake, catalog)
    assert_same(sluice, lake, catalog)


def test_drift_is_named(sluice, lite, tmp_path):
    lake = make_lake(tmp_path, t=range(3))
    deltalake.write_deltalake(lake / "t", pyarrow.table({"id": [9], "v": ["x"]}), mode="append")
    imported(sluice, lake, lite)
    file = lake / "t/_delta_log/00000000000000000001.json"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if "commitInfo" in line:
            line["commitInfo"]["operation"] = "SOMETHING"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = sluice.run("catalog", "validate", f"delta:{lake}", lite.uri, "--json",
                       check_code=DIFFERS).json["tables"][0]["differences"]
    assert [(one["kind"], one["object"], one["field"]) for one in found] == [
        ("commit", "1", "content")]
    lag = sluice.run("catalog", "validate", f"delta:{lake}", lite.uri, "--watch", "--count", "1",
                     "--json", check_code=DONE).json["tables"][0]
    assert "version 1" in lag["drift"]
    result = sluice.run("migrate", source(tmp_path, "a", t=[10]), lite.of(lake), "--if-exists",
                        "append", "--json", check_code=CONFLICT)
    assert "version 1" in result.json["error"]["message"]


def test_what_is_no_catalog_is_told(sluice, lite, tmp_path):
    lake = make_lake(tmp_path, t=range(3))
    result = sluice.run("query", f"delta:{lake}?catalog=parquet:x", "SELECT 1", check_code=INVALID)
    assert "no catalog of Delta tables" in result.stderr
    result = sluice.run("query", lite.of(lake), "SELECT 1", check_code=NOT_FOUND)
    assert "sluice catalog import" in result.stderr
    imported(sluice, lake, lite)
    delta_logs.write_table(lake / "other", commits=1)
    result = sluice.run("query", lite.of(lake), "SELECT 1", check_code=NOT_FOUND)
    assert "other" in result.stderr and "sluice catalog import" in result.stderr
    result = sluice.run("query", f"delta:{lake}?catalog=postgres://a:b%40secret@h/d", "SELECT 1",
                        check_code=INVALID)
    assert "PGPASSWORD" in result.stderr and "secret" not in result.stderr
    assert os.listdir(lake)
