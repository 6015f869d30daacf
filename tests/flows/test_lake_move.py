"""A lake goes from one catalog to another; its files stay. The extension is the judge, of every
snapshot."""
import duckdb
import pytest

from support.judge import open_judge
from support.lakes import Lake
from support.thorough import some

STATEMENTS = [
    "CREATE TABLE big (id BIGINT, v VARCHAR, d DOUBLE)",
    "INSERT INTO big SELECT i, 'v' || i, i / 3 FROM range(5000) r(i)",
    "INSERT INTO big SELECT i, NULL, 'nan' FROM range(5000, 9000) r(i)",
    "DELETE FROM big WHERE id % 7 = 0",
    "CREATE TABLE small (b BOOLEAN, i TINYINT, u UINTEGER, w UBIGINT, h HUGEINT, f FLOAT, g DOUBLE,"
    " c DECIMAL(9, 2), t VARCHAR, x BLOB, d DATE, o TIME, s TIMESTAMP, z TIMESTAMPTZ, y INTERVAL,"
    " q UUID, j JSON, l INTEGER[], r STRUCT(a INTEGER, b VARCHAR))",
    "INSERT INTO small VALUES (true, -128, 4294967295, 18446744073709551615, "
    "-170141183460469231731687303715884105727, 1.5, 1e300, -1234567.89, 'it''s \"é\"', "
    "'\\x00\\xFF'::BLOB, '0001-01-01', '23:59:59.999999', '2026-01-02 03:04:05.678901', "
    "'2026-01-02 03:04:05+05', '-1 year 2 months 3 days 04:05:06.7', "
    "'00112233-4455-6677-8899-aabbccddeeff', '{\"a\": [1]}', [1, NULL, 3], {'a': 1, 'b': 'x, y'})",
    "INSERT INTO small (b, g) VALUES (false, 'inf'), (NULL, NULL)",
    "CREATE TABLE changed (a INTEGER, b VARCHAR)",
    "INSERT INTO changed VALUES (1, 'one')",
    "ALTER TABLE changed ADD COLUMN c INTEGER DEFAULT 7",
    "INSERT INTO changed VALUES (2, 'two', 8)",
    "ALTER TABLE changed RENAME COLUMN b TO bb",
    "UPDATE changed SET bb = 'zwei' WHERE a = 2",
    "CREATE TABLE gone (a INTEGER)",
    "INSERT INTO gone VALUES (1), (2)",
    "DROP TABLE gone",
    "CREATE SCHEMA other",
    "CREATE TABLE other.parts (day DATE, n INTEGER)",
    "ALTER TABLE other.parts SET PARTITIONED BY (day)",
    "INSERT INTO other.parts SELECT DATE '2026-01-01' + (i % 3)::INTEGER, i FROM range(100) r(i)",
    "CREATE VIEW v AS SELECT count(*) AS n FROM big",
    "COMMENT ON TABLE big IS 'the big one'",
]
PAIRS = [("sqlite", "postgres"), ("sqlite", "duckdb"), ("postgres", "sqlite"),
         ("duckdb", "postgres"), ("sqlite", "sqlite")]
NAMES = ["big", "small", "changed", "gone", "other.parts"]


def lakes_of(tmp_path, postgres, kinds):
    source = Lake(tmp_path, kinds[0], postgres, "old")
    target = Lake(tmp_path, kinds[1], postgres, "new")
    target.data = source.data
    return source, target


def fill(lake):
    lake.run(*STATEMENTS)


def target_uri(target):
    """Only a catalog in a file needs to be told where the files are."""
    return target.uri if target.kind == "postgres" else f"{target.uri}?data_path={target.data}"


def everything(lake, newest):
    """{(snapshot, table): rows}"""
    found = {}
    with lake.connect(read_only=True) as connection:
        for snapshot in range(newest + 1):
            for table in NAMES:
                try:
                    rows = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {table} "
                                              f"AT (VERSION => {snapshot})").fetchall()
                except duckdb.CatalogException:
                    continue
                found[snapshot, table] = sorted(rows, key=str)
    return found


def files_of(lake):
    return {(str(path), path.stat().st_ino, path.stat().st_mtime_ns)
            for path in lake.data.rglob("*.parquet")}


@pytest.mark.parametrize("kinds", some(PAIRS, 2), ids="-".join)
def test_every_snapshot_is_the_same_by_the_new_catalog(sluice, postgres, tmp_path, kinds):
    source, target = lakes_of(tmp_path, postgres, kinds)
    fill(source)
    newest = source.newest()
    before, files = everything(source, newest), files_of(source)
    assert len(before) > 40

    report = sluice.run("migrate", source.uri, target_uri(target), "--verify", "independent",
                        "--json", check_code=0).json
    assert files_of(source) == files
    [moved] = [f for f in report["findings"] if f["kind"] == "catalog_moved"]
    assert str(source.data) in moved["message"]
    assert {t["source"]: t["rows_target"] for t in report["tables"]} == {
        "main.big": 7714, "main.small": 3, "main.changed": 2, "other.parts": 100}

    assert target.newest() == newest + 1
    assert everything(target, newest) == before
    assert everything(source, newest) == before
    assert target.rows("SELECT n FROM v") == [("7714",)]
    sound = sluice.run("lake", "fsck", target.uri, "--json", check_code=0).json
    assert sound["findings"] == []
    sluice.run("verify", source.uri, target.uri, check_code=0)

    target.run("INSERT INTO changed VALUES (3, 'three', 9)", "DELETE FROM big WHERE id < 100",
               "INSERT INTO small (t) VALUES ('new')")
    assert target.rows("SELECT count(*) FROM changed") == [("3",)]
    assert sluice.run("lake", "fsck", target.uri, "--json", check_code=0).json["findings"] == []
    refused = sluice.run("rollback", "last", check_code=6)
    assert "--force" not in refused.stderr and "sluice forget" in refused.stderr
    refused = sluice.run("rollback", "last", "--force", check_code=6)
    assert "3 snapshots" in refused.stderr


def test_a_dry_run_tells_that_rows_stay_and_views_come_along(sluice, postgres, tmp_path):
    source, target = lakes_of(tmp_path, postgres, ("sqlite", "duckdb"))
    fill(source)
    told = sluice.run("migrate", source.uri, target_uri(target), "--dry-run", check_code=0).stdout
    assert "would move" not in told and "would name in the new catalog main.big" in told
    for words in (["--dry-run"], []):
        report = sluice.run("migrate", source.uri, target_uri(target), *words, "--json",
                            check_code=0).json
        assert [f["kind"] for f in report["findings"]] == ["catalog_moved"]
    assert target.rows("SELECT n FROM v") == [("7714",)]


@pytest.mark.parametrize("kinds", some(PAIRS, 2, 1), ids="-".join)
def test_rollback_takes_the_catalog_away_and_no_file(sluice, postgres, tmp_path, kinds):
    source, target = lakes_of(tmp_path, postgres, kinds)
    source.run(*STATEMENTS[:3])
    files, newest = files_of(source), source.newest()
    before = everything(source, newest)
    sluice.run("migrate", source.uri, target_uri(target), check_code=0)
    sluice.run("rollback", "last", check_code=0)
    assert files_of(source) == files and everything(source, newest) == before
    assert [path.name for path in source.data.iterdir()] == ["main"]
    if target.kind != "postgres":
        assert not target.catalog.exists()
    sluice.run("migrate", source.uri, target_uri(target), check_code=0)
    assert everything(target, newest) == before
    sluice.run("forget", "last", check_code=0)
    assert files_of(source) == files and everything(target, newest) == before


def test_what_the_source_got_meanwhile_is_not_lost(sluice, postgres, tmp_path):
    source, target = lakes_of(tmp_path, postgres, ("sqlite", "postgres"))
    source.run(*STATEMENTS[:2])
    sluice.run("migrate", source.uri, target.uri, "--no-publish", check_code=0)
    source.run("INSERT INTO big VALUES (-1, 'late', 0)")
    refused = sluice.run("publish", "last", check_code=6)
    assert "went from snapshot 2 to 3" in refused.stderr
    sluice.run("rollback", "last", check_code=0)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    assert target.rows("SELECT v FROM big WHERE id = -1") == [("late",)]


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_old_catalog_writes_and_removes_nothing_any_more(sluice, postgres, tmp_path, forgotten):
    source, target = lakes_of(tmp_path, postgres, ("sqlite", "postgres"))
    source.run(*STATEMENTS[:2])
    sluice.run("migrate", source.uri, target_uri(target), check_code=0)
    if forgotten:
        sluice.run("forget", "last", check_code=0)
    target.run("CALL lake.set_option('data_inlining_row_limit', 0)",
               "INSERT INTO big VALUES (-1, 'new', 0)")
    record = tmp_path / "a.ndjson"
    record.write_text('{"id": -2, "v": "by the old one"}\n')
    for words in (["lake", "expire", source.uri, "--keep", "1", "--orphans", "--grace", "0s"],
                  ["lake", "compact", source.uri], ["lake", "fsck", source.uri, "--repair"],
                  ["ingest", source.uri, "--table", "big", "--key", "id", record],
                  ["migrate", target.uri, source.uri, "--table", "big", "--rename",
                   "main.big=main.copy"]):
        refused = sluice.run(*words, check_code=6)
        assert "moved this catalog to postgres://" in refused.stderr, refused
    assert target.rows("SELECT v FROM big WHERE id = -1") == [("new",)]
    sluice.run("lake", "expire", target.uri, "--keep", "1", "--orphans", "--grace", "0s",
               check_code=0)
    assert target.rows("SELECT v FROM big WHERE id = -1") == [("new",)]


def test_a_catalog_that_was_moved_back_is_written_again(sluice, postgres, tmp_path):
    source, target = lakes_of(tmp_path, postgres, ("sqlite", "duckdb"))
    source.run(*STATEMENTS[:2])
    sluice.run("migrate", source.uri, target_uri(target), check_code=0)
    sluice.run("forget", "last", check_code=0)
    source.catalog.unlink()
    sluice.run("migrate", target.uri, target_uri(source), check_code=0)
    sluice.run("lake", "compact", source.uri, check_code=0)
    refused = sluice.run("lake", "compact", target.uri, check_code=6)
    assert f"moved this catalog to sqlite:{source.catalog}" in refused.stderr


def test_a_part_is_not_moved(sluice, postgres, tmp_path):
    source, target = lakes_of(tmp_path, postgres, ("sqlite", "postgres"))
    source.run(*STATEMENTS[:2])
    refused = sluice.run("migrate", source.uri, target.uri, "--table", "big", check_code=2)
    assert "as a whole" in refused.stderr and "data_path" in refused.stderr
    copied = tmp_path / "copied"
    sluice.run("migrate", source.uri, f"{target.uri}?data_path={copied}", "--table", "big",
               check_code=0)
    assert list(copied.rglob("*.parquet"))


def test_a_lake_that_is_there_is_never_taken_over(sluice, postgres, tmp_path):
    source, target = lakes_of(tmp_path, postgres, ("sqlite", "postgres"))
    source.run(*STATEMENTS[:2])
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    again = sluice.run("migrate", source.uri, target.uri, check_code=6)
    assert "exists in the target" in again.stderr


@pytest.mark.parametrize("kind", some(["sqlite", "postgres", "duckdb"], 2))
def test_a_frozen_catalog_has_every_snapshot(sluice, postgres, tmp_path, kind):
    lake = Lake(tmp_path, kind, postgres, "live")
    fill(lake)
    newest = lake.newest()
    before, files = everything(lake, newest), files_of(lake)
    frozen = Lake(tmp_path, "duckdb", name="frozen")
    frozen.data = lake.data
    report = sluice.run("lake", "freeze", lake.uri, frozen.catalog, "--json", check_code=0).json
    assert (report["snapshot"], report["tables"]) == (newest, 4)
    frozen.catalog.chmod(0o444)
    assert everything(frozen, newest) == before and files_of(lake) == files
    again = tmp_path / "again.ducklake"
    assert f"ATTACH 'ducklake:{again}' AS lake (READ_ONLY)" in sluice.run(
        "lake", "freeze", lake.uri, again, check_code=0).stdout
    quoted = tmp_path / "it's frozen.ducklake"
    told = sluice.run("lake", "freeze", lake.uri, quoted, check_code=0).stdout.splitlines()
    with lake.connect(read_only=True) as connection:
        [attach] = [line for line in told if line.startswith("ATTACH ")]
        connection.execute(attach.replace(" AS lake ", " AS frozen "))
        assert connection.execute("SELECT n FROM frozen.v").fetchall() == [(7714,)]
    sluice.run("lake", "freeze", lake.uri, frozen.catalog, check_code=6)


def test_a_frozen_catalog_may_name_another_place(sluice, tmp_path):
    lake = Lake(tmp_path, "sqlite", name="live")
    lake.run(*STATEMENTS[:3])
    rows = lake.rows("FROM big")
    published = tmp_path / "published"
    sluice.run("lake", "freeze", lake.uri, tmp_path / "f.ducklake", "--data-path", published,
               check_code=0)
    lake.data.rename(published)
    with open_judge("ducklake") as connection:
        connection.execute(f"ATTACH 'ducklake:{tmp_path}/f.ducklake' AS lake (READ_ONLY)")
        found = connection.execute("SELECT COLUMNS(*)::VARCHAR FROM lake.big").fetchall()
    assert sorted(found, key=str) == rows
