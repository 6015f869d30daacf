"""What `lake snapshots`, `lake files`, `lake diff` and `query --at` tell of lakes that DuckDB's
extension wrote, beside what the extension itself tells."""
import collections
import pathlib
import sqlite3

import pytest

from support.lakes import Lake
from support.sound_lakes import FLUSH, make, numbers
from support.thorough import some

ULID = "01K8Z0W6J5Q2V3X4Y5Z6A7B8C9"


def plain_database(folder):
    with sqlite3.connect(folder / "plain.sqlite") as connection:
        connection.execute("CREATE TABLE t (i INT)")
    connection.close()
    return f"sqlite:{folder}/plain.sqlite"


@pytest.fixture(params=["sqlite", "postgres"])
def lake(request, postgres, tmp_path):
    return Lake(tmp_path, request.param, postgres)


def ask(lake, sql, snapshot=None):
    with lake.connect(read_only=True, snapshot=snapshot) as connection:
        return connection.execute(sql).fetchall()


def snapshots_of(sluice, lake):
    return sluice.run("lake", "snapshots", lake.uri, "--json", check_code=0).json["snapshots"]


def test_snapshots_say_what_changed_by_name(sluice, lake):
    lake.run(
        "CREATE TABLE t (id bigint, v varchar)", numbers("t", 0, 100), numbers("t", 0, 3),
        "DELETE FROM t WHERE id = 5", "DELETE FROM t WHERE id > 50", FLUSH,
        "ALTER TABLE t ADD COLUMN w int", "ALTER TABLE t RENAME COLUMN v TO x",
        "ALTER TABLE t ALTER COLUMN w SET DATA TYPE bigint", "ALTER TABLE t DROP COLUMN w",
        "ALTER TABLE t SET PARTITIONED BY (bucket(4, id), x)", "ALTER TABLE t RENAME TO u",
        "CREATE VIEW w AS FROM u", "CREATE SCHEMA s", "CREATE TABLE s.gone (a int)",
        "DROP TABLE s.gone", "DROP SCHEMA s", "DROP VIEW w")
    found = snapshots_of(sluice, lake)
    assert [snapshot["snapshot"] for snapshot in found] == list(range(len(found)))
    assert [snapshot["changes"] for snapshot in found[1:]] == [
        ["created table main.t"], ["inserted into main.t"],
        ["inserted into main.t (rows in the catalog)"], ["deleted from main.t (in the catalog)"],
        ["deleted from main.t"],
        ["deleted from main.t", "moved rows of main.t from the catalog to files"],
        ['altered main.t: added column "w" int32'],
        ['altered main.t: renamed column "v" to "x"'],
        ['altered main.t: changed column "w" from int32 to int64'],
        ['altered main.t: dropped column "w"'], ["partitioned main.t by bucket(4, id), x"],
        ["renamed main.t to main.u"], ["created view main.w"], ["created schema s"],
        ["created table s.gone"], ["dropped table s.gone"], ["dropped schema s"],
        ["dropped view main.w"]]
    times = dict(ask(lake, "SELECT snapshot_id, strftime(snapshot_time AT TIME ZONE 'UTC', "
                           "'%Y-%m-%dT%H:%M:%S.%fZ') FROM ducklake_snapshots('lake')"))
    assert {snapshot["snapshot"]: snapshot["time"] for snapshot in found} == times
    text = sluice.run("lake", "snapshots", lake.uri, check_code=0).stdout
    assert text.index("created table main.t") < text.index("dropped view main.w")


def test_a_snapshot_names_its_author_and_the_run_that_made_it(sluice, lake):
    with lake.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE t (id bigint)")
        connection.execute("CALL ducklake_set_commit_message('lake', 'ann', 'first', "
                           "extra_info => 'not a run')")
        connection.execute("COMMIT")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("CALL ducklake_set_commit_message('lake', 'sluice', 'copied', "
                           f"extra_info => '{{\"sluice_run\": \"{ULID}\"}}')")
        connection.execute("COMMIT")
    _, first, second = snapshots_of(sluice, lake)
    assert (first["author"], first["message"], first["run"]) == ("ann", "first", None)
    assert (second["author"], second["message"], second["run"]) == ("sluice", "copied", ULID)


def test_what_another_writer_calls_its_change_is_shown_as_it_stands(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (id bigint)")
    with sqlite3.connect(lake.catalog) as catalog:
        catalog.execute("UPDATE ducklake_snapshot_changes SET changes_made = 'shuffled:1' "
                        "WHERE snapshot_id = 1")
    assert snapshots_of(sluice, lake)[1]["changes"] == ["shuffled:1"]


def counts_at(lake, snapshot):
    with lake.connect(read_only=True, snapshot=snapshot) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() "
                                    "WHERE database_name = 'lake'").fetchall()
        counts = {}
        for schema, table in tables:
            quoted = '"{}"."{}"'.format(schema.replace('"', '""'), table.replace('"', '""'))
            [count] = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()
            counts[f"{schema}.{table}"] = count
        return counts


@pytest.mark.parametrize("name", some(["deletes", "inlined, deleted and flushed", "merged",
                                       "partitions", "merged with deletes", "dropped",
                                       "expired and cleaned up"], 2))
def test_files_add_up_to_the_rows_of_each_snapshot(sluice, lake, name):
    make(lake, name)
    for number in [snapshot["snapshot"] for snapshot in snapshots_of(sluice, lake)]:
        report = sluice.run("lake", "files", lake.uri, "--at", str(number), "--json",
                            check_code=0).json
        expected = counts_at(lake, number)
        assert {table["table"]: table["rows"] for table in report["tables"]} == expected
        assert report["rows"] == sum(expected.values())
        for table in report["tables"]:
            for file in table["files"]:
                assert pathlib.Path(file["path"]).stat().st_size == file["bytes"]


def test_files_have_partitions_deleted_rows_and_rows_in_the_catalog(sluice, lake):
    lake.run("CREATE TABLE p (n int, d date, k varchar)",
             "ALTER TABLE p SET PARTITIONED BY (year(d), k)",
             "INSERT INTO p SELECT i, '2020-05-05', 'a' FROM range(20) r(i)",
             "INSERT INTO p SELECT i, NULL, NULL FROM range(30) r(i)", "DELETE FROM p WHERE n = 3",
             "INSERT INTO p VALUES (1, NULL, 'x'), (2, NULL, 'x')", "CREATE TABLE other (a int)")
    report = sluice.run("lake", "files", lake.uri, "--table", "P", "--json", check_code=0).json
    [table] = report["tables"]
    assert table["rows_in_catalog"] == 2 and table["rows"] == 50
    assert [(file["rows"], file["deleted"], file["partition"], file["added_by"])
            for file in table["files"]] == [
                (20, 1, {"year(d)": "2020", "k": "a"}, 3),
                (30, 1, {"year(d)": None, "k": None}, 4)]
    text = sluice.run("lake", "files", lake.uri, check_code=0).stdout
    assert "year(d)=2020/k=a" in text and "in the catalog" in text and "main.other" in text
    missing = sluice.run("lake", "files", lake.uri, "--table", "nothing*", check_code=3)
    assert "nothing*" in missing.stderr


def check_diffs(sluice, lake, table, pairs):
    with lake.connect(read_only=True) as connection:
        rows = {snapshot: collections.Counter(connection.execute(
            f"SELECT COLUMNS(*)::VARCHAR FROM {table} AT (VERSION => {snapshot})").fetchall())
                for snapshot in set(sum(pairs, ()))}
    for since, until in pairs:
        before, after = rows[since], rows[until]
        report = sluice.run("lake", "diff", lake.uri, "--since", str(since), "--until", str(until),
                            "--table", table, "--limit", "100000", "--json", check_code=0).json
        [found] = report["tables"]
        assert (found["rows_added"], found["rows_removed"], found["at_least"]) == (
            (after - before).total(), (before - after).total(), False), (since, until)
        shown = {"added": collections.Counter(), "removed": collections.Counter()}
        for row in found["rows"]:
            shown[row["change"]][tuple(row["row"].values())] += row["copies"]
        assert shown == {"added": after - before, "removed": before - after}


@pytest.mark.parametrize("name", ["deletes", "updates", "inlined, deleted and flushed", "merged",
                                  "merged with deletes", "rewritten", "a whole file deleted"])
def test_a_diff_is_what_one_snapshot_has_more_than_the_other(sluice, lake, name):
    make(lake, name)
    newest = lake.newest()
    check_diffs(sluice, lake, "t",
                [(1, newest), (2, newest), (2, 4), (3, 3), (newest // 2, newest)])


def test_a_diff_between_each_snapshot_and_the_next(sluice, lake):
    make(lake, "inlined, deleted and flushed")
    check_diffs(sluice, lake, "t", [(since, since + 1) for since in range(1, lake.newest())])


def test_a_diff_counts_equal_rows_and_tells_values_apart_that_compare_equal(sluice, lake):
    lake.run("CREATE TABLE t (d double, i interval)",
             "INSERT INTO t SELECT 1, NULL FROM range(20)", "INSERT INTO t VALUES (0.0, NULL)",
             "DELETE FROM t WHERE rowid < 5", "UPDATE t SET d = '-0.0' WHERE d = 0",
             "INSERT INTO t VALUES ('nan', interval 1 month)",
             "UPDATE t SET i = interval 30 day WHERE isnan(d)")
    report = sluice.run("lake", "diff", lake.uri, "--since", "3", "--limit", "10", "--json",
                        check_code=0).json
    [table] = report["tables"]
    rows = {(row["change"], row["copies"], row["row"]["d"]) for row in table["rows"]}
    assert rows == {("removed", 5, "1"), ("removed", 1, "0"), ("added", 1, "-0"),
                    ("added", 1, "nan")}
    moved = sluice.run("lake", "diff", lake.uri, "--since", "6", "--json", check_code=0).json
    assert (moved["tables"][0]["rows_added"], moved["tables"][0]["rows_removed"]) == (1, 1)


def test_a_diff_names_changes_of_tables_and_columns(sluice, lake):
    lake.run("CREATE TABLE t (id int, v varchar)", numbers("t", 0, 20), "CREATE TABLE gone (a int)",
             "INSERT INTO gone SELECT range FROM range(15)", "CREATE TABLE same (a int)",
             "INSERT INTO same SELECT range FROM range(15)")
    since = lake.newest()
    lake.run("ALTER TABLE t ADD COLUMN w int DEFAULT 7", "ALTER TABLE t RENAME COLUMN v TO x",
             "ALTER TABLE t ALTER COLUMN id SET DATA TYPE bigint", "ALTER TABLE t RENAME TO t2",
             "UPDATE t2 SET w = 8 WHERE id = 3", "DROP TABLE gone", "CREATE TABLE gone (a int)",
             "INSERT INTO gone VALUES (1), (2)")
    report = sluice.run("lake", "diff", lake.uri, "--since", str(since), "--limit", "5", "--json",
                        check_code=0).json
    assert report["state"] == "differs"
    found = [(table["table"], table["state"], table["rows_added"], table["rows_removed"])
             for table in report["tables"]]
    assert found == [("main.t2", "changed", 1, 1), ("main.gone", "dropped", 0, 15),
                     ("main.same", "same", 0, 0), ("main.gone", "added", 2, 0)]
    assert sorted(report["tables"][0]["schema_changes"]) == [
        'added column "w" int32', 'changed column "id" from int32 to int64',
        'renamed column "v" to "x"', "renamed main.t to main.t2"]
    assert {(row["change"], row["row"]["w"]) for row in report["tables"][0]["rows"]} == {
        ("added", "8"), ("removed", "7")}
    text = sluice.run("lake", "diff", lake.uri, "--since", str(since), check_code=0).stdout
    assert "1 table is the same" in text and 'renamed column "v" to "x"' in text


def test_a_diff_reads_no_file_that_both_snapshots_have_alike(sluice, lake):
    lake.run("CREATE TABLE t (id bigint, v varchar)", numbers("t", 0, 50), numbers("t", 50, 100),
             "DELETE FROM t WHERE id = 60", numbers("t", 100, 130))
    report = sluice.run("lake", "files", lake.uri, "--json", check_code=0).json
    pathlib.Path(report["tables"][0]["files"][0]["path"]).unlink()
    found = sluice.run("lake", "diff", lake.uri, "--since", "3", "--json", check_code=0).json
    assert (found["tables"][0]["rows_added"], found["tables"][0]["rows_removed"]) == (30, 1)


def test_a_diff_backwards_is_refused(sluice, lake):
    lake.run("CREATE TABLE t (id bigint)")
    refused = sluice.run("lake", "diff", lake.uri, "--since", "1", "--until", "0", check_code=2)
    assert "snapshot 1 is not before snapshot 0" in refused.stderr
    sluice.run("lake", "diff", lake.uri, check_code=2)
    sluice.run("lake", "diff", lake.uri, "--since", "77", check_code=3)


def test_a_query_at_a_snapshot_or_a_time(sluice, lake):
    lake.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    count = lambda at: sluice.run("query", lake.uri, "SELECT count(*) AS n FROM t", "--at", at,
                                  "--format", "json", check_code=0).json[0]["n"]
    assert [count("1"), count("2"), count("3")] == [0, 1, 2]
    times = dict(ask(lake, "SELECT snapshot_id, snapshot_time::VARCHAR FROM "
                           "ducklake_snapshots('lake')"))
    [[west]] = ask(lake, "SELECT strftime(snapshot_time AT TIME ZONE 'UTC' - interval 5 hour, "
                         "'%Y-%m-%dT%H:%M:%S.%f-05:00') FROM ducklake_snapshots('lake') "
                         "WHERE snapshot_id = 2")
    assert count(times[2]) == 1 and count(west) == 1
    assert count(times[2].replace(" ", "T").replace("+00", "Z")) == 1
    assert count(times[2].replace("+00", "")) == 1 and count("2999-01-01") == 2
    early = sluice.run("query", lake.uri, "SELECT 1", "--at", "1999-01-01", check_code=3)
    assert "1999-01-01" in early.stderr and "lake snapshots" in early.stderr
    sluice.run("query", lake.uri, "SELECT 1", "--at", "soon", check_code=2)
    sluice.run("query", lake.uri, "SELECT 1", "--at", "99", check_code=3)
    sluice.run("query", "duckdb:x.duckdb", "SELECT 1", "--at", "1", check_code=3)
    other = sluice.run("query", plain_database(sluice.folder), "SELECT 1", "--at", "1",
                       check_code=10)
    assert "no snapshots" in other.stderr


def test_what_is_no_lake_has_no_snapshots(sluice, tmp_path):
    sluice.run("lake", "snapshots", f"ducklake:sqlite:{tmp_path}/none.sqlite", check_code=3)
    sluice.run("lake", "files", f"sqlite:{tmp_path}/none.sqlite", check_code=3)
    found = sluice.run("lake", "files", plain_database(tmp_path), "--json", check_code=10)
    assert found.json["error"]["kind"] == "unsupported"
    sluice.run("lake", "snapshots", check_code=2)
    assert "snapshots, files, diff" in sluice.run("lake", check_code=2).stderr
    assert "lake files" in sluice.run("lake", "fils", "x", check_code=2).stderr
