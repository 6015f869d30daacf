"""Tables that delta-rs wrote go to the other systems, verified; delta-rs and each target's own
program are the judges."""
import datetime
import decimal

import deltalake
import duckdb
import pyarrow
import pytest

from support import targets
from support.compare import assert_same_tables

UTC = datetime.timezone.utc
COLUMNS = [("id", "BIGINT"), ("region", "VARCHAR"), ("note", "VARCHAR"), ("price", "DECIMAL(12,3)"),
           ("ratio", "DOUBLE"), ("day", "DATE"), ("at", "TIMESTAMPTZ"), ("ok", "BOOLEAN")]
SCHEMA = pyarrow.schema([
    ("id", pyarrow.int64()), ("region", pyarrow.string()), ("note", pyarrow.string()),
    ("price", pyarrow.decimal128(12, 3)), ("ratio", pyarrow.float64()), ("day", pyarrow.date32()),
    ("at", pyarrow.timestamp("us", "UTC")), ("ok", pyarrow.bool_())])
REGIONS = ["north", "süd", "a b/c%d", None]


def batch(first, count):
    start = datetime.datetime(2024, 1, 1, tzinfo=UTC)
    return pyarrow.Table.from_pylist([{
        "id": i, "region": REGIONS[i % 4], "note": None if i % 5 == 0 else f"no. {i} 'é' \n",
        "price": decimal.Decimal(i * 7 - 1000).scaleb(-3), "ratio": i / 7,
        "day": datetime.date(1969, 12, 30) + datetime.timedelta(days=i % 900),
        "at": start + datetime.timedelta(seconds=i, microseconds=i),
        "ok": [True, False, None][i % 3]
    } for i in range(first, first + count)], SCHEMA)


def write(folder, partitioned=True):
    """A table with a version for each kind of change that delta-rs makes."""
    path = str(folder)
    partition = ["region"] if partitioned else None
    deltalake.write_deltalake(path, batch(0, 400), partition_by=partition, description="sales")
    for first in (400, 800, 1200):
        deltalake.write_deltalake(path, batch(first, 400), mode="append", partition_by=partition)
    table = deltalake.DeltaTable(path)
    table.delete("id % 11 = 0")
    table.update(updates={"note": "'changed'"}, predicate="id < 20")
    table.create_checkpoint()
    table.merge(batch(1500, 200), "t.id = s.id", source_alias="s", target_alias="t") \
        .when_matched_update_all().when_not_matched_insert_all().execute()
    table.optimize.compact()
    deltalake.write_deltalake(path, batch(5000, 50), mode="append", partition_by=partition)
    return deltalake.DeltaTable(path)


@pytest.fixture
def sales(tmp_path):
    folder = tmp_path / "sales"
    return folder, write(folder)


class DeltaRelation:
    """What delta-rs reads, as a source of support.compare."""

    kind = "parquet"
    uri = "what delta-rs reads"

    def __init__(self, judge, table):
        judge.register("as_delta_rs_reads_it", table.to_pyarrow_table())

    @staticmethod
    def relation(_):
        return "as_delta_rs_reads_it"


@pytest.mark.parametrize("kind", targets.KINDS)
def test_a_table_arrives_whole_and_verifies_against_its_source(sluice, judge, request, tmp_path,
                                                              sales, kind):
    folder, table = sales
    server = request.getfixturevalue("postgres") if kind == "postgres" else None
    target = targets.make_target(kind, tmp_path, server)
    judge.execute("SET TimeZone = 'UTC'")
    done = sluice.run("migrate", f"delta:{folder}", target.uri, "--json", "--batch-size", "300",
                      check_code=0).json
    assert (done["state"], done["tables"][0]["verified"]) == ("done", "content")
    assert done["tables"][0]["rows_source"] == table.to_pyarrow_table().num_rows
    # SQLite and MySQL have no type for the last two.
    columns = COLUMNS[:-2] if kind in ("sqlite", "mysql") else COLUMNS
    assert_same_tables(judge, DeltaRelation(judge, table), target, {"sales": columns})
    same = sluice.run("verify", f"delta:{folder}", target.uri, "--json", check_code=0).json
    assert same["state"] == "same"


def test_each_version_is_what_delta_rs_reads_of_it(sluice, tmp_path, sales):
    folder, table = sales
    judge = duckdb.connect()
    for version in range(table.version() + 1):
        out = tmp_path / f"v{version}.duckdb"
        sluice.run("migrate", f"delta:{folder}?snapshot={version}", f"duckdb:{out}", "--json",
                   check_code=0)
        judge.register("expected", deltalake.DeltaTable(str(folder), version=version)
                       .to_pyarrow_table())
        judge.execute(f"ATTACH '{out}' AS v{version} (READ_ONLY)")
        names = ", ".join(name for name, _ in COLUMNS if name != "at") + ', epoch_us("at")'
        one, other = f"SELECT {names} FROM v{version}.sales", f"SELECT {names} FROM expected"
        for left, right in ((one, other), (other, one)):
            sql = f"SELECT count(*) FROM ({left} EXCEPT ALL {right})"
            assert judge.execute(sql).fetchone() == (0,), version


def test_verify_sees_a_row_that_differs_and_one_that_is_not_there(sluice, tmp_path, sales):
    folder, _ = sales
    out = tmp_path / "out.duckdb"
    sluice.run("migrate", f"delta:{folder}", f"duckdb:{out}", check_code=0)
    with duckdb.connect(str(out)) as connection:
        connection.execute("UPDATE sales SET ratio = nextafter(ratio, 'inf'::DOUBLE) "
                           "WHERE id = 401")
        connection.execute("DELETE FROM sales WHERE id = 5003")
    found = sluice.run("verify", f"delta:{folder}", f"duckdb:{out}", "--level", "rows", "--key",
                       "id", "--json", check_code=5).json
    differences = found["tables"][0]["differences"]
    assert sorted((one["side"], str(one["key"]["id"])) for one in differences) == [
        ("both", "401"), ("source", "5003")]


def test_a_tree_of_tables_is_moved_as_one(sluice, tmp_path):
    root = tmp_path / "lake"
    for name in ("a", "deep/er/b", "_hidden/c", ".tmp/d"):
        folder = root / name
        folder.mkdir(parents=True)
        deltalake.write_deltalake(str(folder), batch(0, 10))
    done = sluice.run("migrate", f"delta:{root}", f"duckdb:{tmp_path}/out.duckdb", "--json",
                      check_code=0).json
    assert [table["source"] for table in done["tables"]] == ["a", "deep/er.b"]
    refused = sluice.run("migrate", f"delta:{root}?snapshot=0", f"duckdb:{tmp_path}/2.duckdb",
                         "--json", check_code=2).json
    assert "each with versions of its own" in refused["error"]["message"]
    found = sluice.run("discover", root, "--recursive", "--json", check_code=0).json
    assert {one["kind"] for one in found["locations"]} == {"delta"}
    assert f"delta:{root}/deep/er/b" in {one["location"] for one in found["locations"]}


def test_a_plain_path_is_known_as_a_delta_table(sluice, sales):
    folder, table = sales
    asked = sluice.run("query", folder, "SELECT count(*) AS n FROM sales", "--format", "json",
                       check_code=0).json
    assert asked == [{"n": table.to_pyarrow_table().num_rows}]


def test_snapshots_and_files_are_what_delta_rs_says(sluice, sales):
    folder, table = sales
    told = sluice.run("lake", "snapshots", f"delta:{folder}", "--json", check_code=0).json
    history = {one["version"]: one for one in table.history()}
    assert [one["snapshot"] for one in told["snapshots"]] == sorted(history)
    for one in told["snapshots"]:
        assert one["changes"][0].startswith(history[one["snapshot"]]["operation"] + ": ")
    files = sluice.run("lake", "files", f"delta:{folder}", "--json", check_code=0).json
    add_actions = pyarrow.table(table.get_add_actions(flatten=True)).to_pylist()
    assert files["files"] == len(add_actions)
    assert files["rows"] == sum(one["num_records"] for one in add_actions)
    assert files["bytes"] == sum(one["size_bytes"] for one in add_actions)
    shown = {file["path"]: dict(file["partition"]) for file in files["tables"][0]["files"]}
    assert sorted(str(one["region"]) for one in shown.values()) == sorted(
        str(one["partition.region"]) for one in add_actions)


def test_a_difference_counts_the_rows_that_came_and_went(sluice, sales):
    folder, table = sales
    deleted = len([i for i in range(1600) if i % 11 == 0])
    found = sluice.run("lake", "diff", f"delta:{folder}", "--since", "3", "--until", "4", "--json",
                       check_code=0).json
    assert (found["tables"][0]["rows_added"], found["tables"][0]["rows_removed"]) == (0, deleted)
    before = table.version()
    table.optimize.compact()
    assert table.version() == before + 1
    found = sluice.run("lake", "diff", f"delta:{folder}", "--since", before, "--json",
                       check_code=0).json
    assert (found["tables"][0]["rows_added"], found["tables"][0]["rows_removed"]) == (0, 0)
    refused = sluice.run("lake", "diff", f"delta:{folder}", "--since", "4", "--until", "1",
                         "--json", check_code=2).json
    assert "is not before version 1" in refused["error"]["message"]


def test_a_frozen_copy_of_a_log_is_refused_and_changes_nothing(sluice, sales):
    folder, _ = sales
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    refused = sluice.run("lake", "freeze", f"delta:{folder}", folder.parent / "copy", "--json",
                         check_code=10).json
    assert refused["error"]["kind"] == "unsupported"
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before
    assert not (folder.parent / "copy").exists()


def append(folder):
    deltalake.write_deltalake(str(folder), batch(7000, 30), mode="append")


def compact(folder):
    deltalake.DeltaTable(str(folder)).optimize.compact()


def overwrite(folder):
    deltalake.write_deltalake(str(folder), batch(100, 20), mode="overwrite")


@pytest.mark.parametrize("change", [None, append, compact, overwrite])
@pytest.mark.parametrize("crash_at", [6, 12])
def test_a_run_that_was_killed_ends_with_the_rows_of_one_version(sluice, tmp_path, change,
                                                                 crash_at):
    folder, out = tmp_path / "sales", tmp_path / "out.duckdb"
    for first in range(0, 900, 300):
        deltalake.write_deltalake(str(folder), batch(first, 300), mode="append")
    killed = sluice.run("migrate", f"delta:{folder}", f"duckdb:{out}", "--batch-size", "150",
                        "--parallel", "1", "--json", env={"SLUICE_CRASH_AT": crash_at})
    assert killed.code == -9, killed
    if change:
        change(folder)
    done = sluice.run("resume", "last", "--json", check_code=0).json
    expected = sorted(deltalake.DeltaTable(str(folder)).to_pyarrow_table()["id"].to_pylist())
    with duckdb.connect(str(out), read_only=True) as copy:
        assert [row[0] for row in copy.execute("SELECT id FROM sales ORDER BY id").fetchall()] \
            == expected
    assert done["tables"][0]["rows_target"] == len(expected)


@pytest.mark.parametrize("kind", targets.KINDS)
def test_the_table_of_types_says_how_each_type_of_delta_arrives(sluice, kind):
    told = sluice.run("types", "delta", kind, "--json", check_code=0).json["tables"][0]
    mappings = {row["type"]: row["mapping"] for row in told["types"]}
    plain = ["boolean", "int8", "int16", "int32", "int64", "float32", "float64", "text", "blob",
             "date", "timestamp", "timestamptz", "decimal(18,4)"]
    assert {mappings[name] for name in plain} <= {"exact", "widened"}
    assert not {"time", "interval", "bit", "geometry", "timetz"} & set(mappings)


def test_the_names_of_types_are_those_of_the_log(sluice):
    told = sluice.run("types", "delta", "delta", "--json", check_code=0).json["tables"][0]
    names = {row["type"]: row["native_type"] for row in told["types"]}
    assert names["int64"] == "long" and names["timestamp"] == "timestamp_ntz"
    assert names["struct<\"a\":int32,\"b\":text>"] == "struct<a:integer,b:string>"
    assert names["map<text,int32>"] == "map<string,integer>"


def test_a_location_of_the_configuration_may_be_a_delta_table(sluice, sales):
    folder, table = sales
    (sluice.folder / "sluice.toml").write_text(
        f'[locations.shop]\nkind = "delta"\npath = "{folder}"\n')
    asked = sluice.run("query", "shop", "SELECT count(*) AS n FROM sales", "--format", "json",
                       check_code=0).json
    assert asked == [{"n": table.to_pyarrow_table().num_rows}]
