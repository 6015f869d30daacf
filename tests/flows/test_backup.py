"""Archives of lakes and database files; the judge is DuckDB's extension on what was restored."""
import json
import shutil
import sqlite3
import subprocess
import threading

import duckdb
import pytest

from support.lakes import Lake
from support.targets import DuckdbTarget

DIFFERS, CORRUPT, NOT_FOUND, EXISTS, INVALID, UNSUPPORTED = 5, 9, 3, 6, 2, 10

KINDS = ["sqlite", "postgres", "duckdb"]
MAKE = (
    "CREATE TABLE t AS SELECT range AS i, 'row ' || range AS s FROM range(5000)",
    "CREATE SCHEMA stock", "CREATE TABLE stock.part (id INT, name VARCHAR)",
    "ALTER TABLE t SET PARTITIONED BY (s)", "ALTER TABLE t RESET PARTITIONED BY",
    "INSERT INTO t SELECT range, 'more' FROM range(1000)",
    "DELETE FROM t WHERE i % 7 = 0",
    "CREATE VIEW v AS SELECT count(*) AS n FROM t",
)
INLINED = (
    "INSERT INTO stock.part VALUES (1, 'one'), (2, NULL)",
    "DELETE FROM t WHERE i = 8",
)


@pytest.fixture(params=KINDS)
def lake(request, postgres, tmp_path):
    made = Lake(tmp_path, request.param, postgres)
    made.run(*MAKE, *INLINED)
    return made


def backup(sluice, verb, *args, code=0):
    return sluice.run("backup", verb, *args, "--json", check_code=code).json


def content(lake, snapshot=None):
    return (lake.rows("FROM t", snapshot), lake.rows("FROM stock.part", snapshot))


def restored_lake(folder, kind="sqlite", server=None, name="restored"):
    made = Lake(folder, kind, server, name)
    mark = "&" if "?" in made.uri else "?"
    made.uri += f"{mark}data_path={made.data}"
    return made


def test_an_archive_is_restored_to_every_kind_of_catalog_with_all_snapshots(
        sluice, lake, postgres, tmp_path):
    report = backup(sluice, "create", lake.uri)
    archive = report["archive"]
    assert archive["drilled"] and archive["snapshot"] == lake.newest()
    assert {(t["table"], t["rows"]) for t in archive["tables"]} == {
        ("main.t", len(lake.rows("FROM t"))), ("stock.part", 2)}
    before = content(lake)
    then = archive["snapshot"] - 1
    earlier = content(lake, then)
    if lake.data.exists():
        shutil.rmtree(lake.data)
    for kind in KINDS:
        copy = restored_lake(tmp_path / f"to-{kind}", kind, postgres)
        done = backup(sluice, "restore", "last", copy.uri)
        assert done["tables"] == 2 and done["data_path"] == f"{copy.data}/"
        assert content(copy) == before
        assert content(copy, then) == earlier
        assert copy.rows("FROM v") == [(str(len(before[0])),)]
        # It can be written to, and is sound.
        copy.run("INSERT INTO t SELECT range, 'again' FROM range(2000)",
                 "INSERT INTO stock.part VALUES (3, 'three')")
        assert len(copy.rows("FROM t")) == len(before[0]) + 2000
        assert len(copy.rows("FROM stock.part")) == 3
        sound = sluice.run("lake", "fsck", copy.uri, "--json", check_code=0).json
        assert sound["state"] == "sound"


TYPES = (
    "CREATE TABLE k (b BOOLEAN, i8 TINYINT, i BIGINT, u UBIGINT, f FLOAT, d DOUBLE, "
    "dec DECIMAL(18,3), s VARCHAR, bin BLOB, da DATE, ts TIMESTAMP, tz TIMESTAMPTZ, tm TIME, "
    "iv INTERVAL, uu UUID, li INTEGER[], st STRUCT(a INTEGER, b VARCHAR))",
    "INSERT INTO k VALUES (true, -1, 9223372036854775807, 18446744073709551615, 1.5, 'nan', "
    "-1.125, 'ä ''x'' \\x41', '\\x00\\xFF'::BLOB, '0001-01-01', '2020-01-01 01:02:03.5', "
    "'2020-01-01 01:02:03+00', '01:02:03', INTERVAL '1 year 2 days 3.5 seconds', "
    "'00000000-0000-0000-0000-000000000001', [1, NULL], {'a': 1, 'b': 'q'}), "
    "(false, NULL, NULL, NULL, NULL, '-inf', NULL, '', ''::BLOB, NULL, NULL, NULL, NULL, NULL, "
    "NULL, [], NULL)")


CHANGES = (
    "CREATE TABLE c (a VARCHAR, gone INTEGER)", "INSERT INTO c VALUES ('one', 1)",
    "ALTER TABLE c ADD COLUMN b BLOB", "INSERT INTO c VALUES ('zwo', 2, '\\x00'::BLOB)",
    "ALTER TABLE c DROP COLUMN gone", "ALTER TABLE c RENAME COLUMN a TO \"Ä b\"",
    "INSERT INTO c VALUES ('three' || chr(0) || 'x', NULL)", "DELETE FROM c WHERE b IS NOT NULL",
    "CREATE TABLE dropped (a TIMESTAMP)", "INSERT INTO dropped VALUES ('2020-01-01')",
    "DROP TABLE dropped")


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_stand_in_the_catalog_keep_every_value(sluice, kind, postgres, tmp_path):
    lake = Lake(tmp_path, kind, postgres)
    lake.run(*TYPES, *CHANGES)
    assert not list(lake.data.rglob("*.parquet"))
    backup(sluice, "create", lake.uri)
    newest = lake.newest()

    def history(of):
        return [of.rows("FROM c", at) for at in (4, 6, 9, newest)] + [
            of.rows("FROM dropped", newest - 1)]

    for other in KINDS:
        copy = restored_lake(tmp_path / f"to-{other}", other, postgres)
        backup(sluice, "restore", "last", copy.uri)
        assert copy.rows("FROM k") == lake.rows("FROM k")
        assert history(copy) == history(lake)
        copy.run("INSERT INTO c VALUES ('more', NULL)", "INSERT INTO k (s) VALUES ('more')")
        assert len(copy.rows("FROM c")) == len(lake.rows("FROM c")) + 1
        sound = sluice.run("lake", "fsck", copy.uri, "--json", check_code=0).json
        assert sound["state"] == "sound"


def test_tables_for_rows_in_the_catalog_that_have_none_can_be_inserted_into(
        sluice, postgres, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT range AS i FROM range(5000)", "CREATE TABLE e (i INT)")
    backup(sluice, "create", lake.uri)
    for kind in ("duckdb", "postgres"):
        copy = restored_lake(tmp_path / kind, kind, postgres)
        backup(sluice, "restore", "last", copy.uri)
        assert copy.rows("FROM t") == lake.rows("FROM t")
        copy.run("INSERT INTO e VALUES (1)")
        assert copy.rows("FROM e") == [("1",)]


def test_writers_go_on_and_the_archive_is_one_of_their_moments(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (n INT, i INT)", "CREATE TABLE u (n INT, i INT)")
    stop = threading.Event()
    commits = threading.Semaphore(0)
    failures = []

    def write():
        n = 0
        with lake.connect() as connection:
            while not stop.is_set():
                n += 1
                try:
                    connection.execute("BEGIN")
                    for table in "tu":
                        connection.execute(
                            f"INSERT INTO {table} SELECT {n}, range FROM range(500)")
                    connection.execute("COMMIT")
                    commits.release()
                except duckdb.Error as error:
                    failures.append(error)
                    return

    writer = threading.Thread(target=write)
    writer.start()
    archives = []
    try:
        for _ in range(3):
            archives.append(backup(sluice, "create", lake.uri)["archive"])
            while commits.acquire(blocking=False):
                pass
            assert commits.acquire(timeout=60), "no commit after a backup"
    finally:
        stop.set()
        writer.join()
    assert not failures
    for number, archive in enumerate(archives):
        copy = restored_lake(tmp_path / f"copy-{number}")
        backup(sluice, "restore", archive["id"], copy.uri)
        assert copy.rows("FROM t") == copy.rows("FROM u")
        assert copy.rows("FROM t") == lake.rows("FROM t", archive["snapshot"])
    assert archives[0]["snapshot"] < archives[-1]["snapshot"]


def test_files_that_lie_elsewhere_come_along(sluice, tmp_path):
    lake = Lake(tmp_path)
    foreign = tmp_path / "foreign" / "f.parquet"
    foreign.parent.mkdir()
    duckdb.sql(f"COPY (SELECT 77::INT AS i) TO '{foreign}' (FIELD_IDS {{i: 1}})")
    lake.run("CREATE TABLE t (i INT)", f"CALL ducklake_add_data_files('lake', 't', '{foreign}')")
    # DuckDB adds such files under a mapping of names, which sluice does not read.
    error = backup(sluice, "create", lake.uri, code=UNSUPPORTED)["error"]
    assert "--no-drill" in error["hint"]
    backup(sluice, "create", lake.uri, "--no-drill")
    foreign.unlink()
    copy = restored_lake(tmp_path / "copy")
    backup(sluice, "restore", "last", copy.uri)
    assert copy.rows("FROM t") == [("77",)]
    files = sluice.run("lake", "files", copy.uri, "--json", check_code=0).json
    path = files["tables"][0]["files"][0]["path"]
    assert path.startswith(str(copy.data))


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_verify_names_a_flipped_byte_a_missing_file_and_one_too_many(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(*MAKE)
    archive = backup(sluice, "create", lake.uri, "--dir", tmp_path / "kept")["archive"]
    place = tmp_path / "kept" / archive["id"]
    words = [archive["id"], "--dir", tmp_path / "kept"]
    assert backup(sluice, "verify", *words)["state"] == "sound"
    files = sorted(place.rglob("*.parquet")) + [place / "catalog.sqlite"]
    for file in files:
        good = file.read_bytes()
        flip(file, len(good) // 2)
        report = backup(sluice, "verify", *words, code=DIFFERS)
        found = [(f["kind"], f["file"]) for f in report["findings"]]
        assert found == [("damaged_file", str(file.relative_to(place)))]
        copy = restored_lake(tmp_path / "bad")
        error = backup(sluice, "restore", *words[:1], copy.uri, *words[1:], code=CORRUPT)["error"]
        assert str(file) in error["message"] and not copy.catalog.exists()
        file.unlink()
        report = backup(sluice, "verify", *words, code=DIFFERS)
        assert [(f["kind"], f["file"]) for f in report["findings"]] == [
            ("missing_file", str(file.relative_to(place)))]
        file.write_bytes(good)
    (place / "data" / "more").write_text("x")
    report = backup(sluice, "verify", *words, code=DIFFERS)
    assert [(f["kind"], f["file"]) for f in report["findings"]] == [
        ("unexpected_file", "data/more")]
    (place / "data" / "more").unlink()
    manifest = place / "manifest.json"
    for at in range(0, manifest.stat().st_size, 97):
        good = manifest.read_bytes()
        flip(manifest, at)
        report = backup(sluice, "verify", *words, code=DIFFERS)
        assert [f["kind"] for f in report["findings"]] == ["damaged_manifest"], at
        manifest.write_bytes(good)
    assert backup(sluice, "verify", *words)["state"] == "sound"


def test_nothing_is_overwritten_without_force(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(*MAKE)
    backup(sluice, "create", lake.uri)
    before = content(lake)
    lake.run("DELETE FROM t")
    error = backup(sluice, "restore", "last", f"{lake.uri}?data_path={lake.data}",
                   code=EXISTS)["error"]
    assert error["kind"] == "exists" and "--force" in error["hint"]
    assert lake.rows("FROM t") == []
    full = restored_lake(tmp_path / "full")
    full.data.mkdir(parents=True)
    (full.data / "mine").write_text("x")
    backup(sluice, "restore", "last", full.uri, code=EXISTS)
    assert not full.catalog.exists()
    backup(sluice, "restore", "last", f"{lake.uri}?data_path={lake.data}", "--force")
    assert content(lake) == before


def test_a_postgres_catalog_is_replaced_in_one_transaction(sluice, postgres, tmp_path):
    lake = Lake(tmp_path, "postgres", postgres)
    lake.run(*MAKE, *INLINED)
    backup(sluice, "create", lake.uri)
    before = content(lake)
    lake.run("DROP TABLE t")
    mark = "&" if "?" in lake.uri else "?"
    place = f"{lake.uri}{mark}data_path={lake.data}"
    backup(sluice, "restore", "last", place, code=EXISTS)
    backup(sluice, "restore", "last", place, "--force")
    assert content(lake) == before


def test_a_kill_at_any_point_leaves_no_archive_that_looks_good(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT range AS i FROM range(5000)",
             "INSERT INTO t SELECT range FROM range(100)")
    kept = tmp_path / "kept"
    for point in range(1, 200):
        done = sluice.run("backup", "create", lake.uri, "--dir", kept, "--json",
                          env={"SLUICE_CRASH_AT": point})
        listed = backup(sluice, "list", "--dir", kept)["archives"]
        for archive in listed:
            checked = backup(sluice, "verify", archive["id"], "--dir", kept)
            assert checked["state"] == "sound" and archive["drilled"], point
        if done.code == 0:
            break
    assert point > 3 and done.code == 0
    backup(sluice, "prune", "--keep", "1", "--dir", kept)
    assert [path.name for path in kept.iterdir()] == [listed[-1]["id"]]


def test_a_kill_while_restoring_leaves_no_lake_or_a_whole_one(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(*MAKE, *INLINED)
    backup(sluice, "create", lake.uri)
    for point in range(1, 200):
        copy = restored_lake(tmp_path / "copies", name=f"copy-{point}")
        done = sluice.run("backup", "restore", "last", copy.uri, env={"SLUICE_CRASH_AT": point})
        if copy.catalog.exists():
            assert content(copy) == content(lake), point
        if done.code == 0:
            break
        sluice.run("backup", "restore", "last", copy.uri, "--force", check_code=0)
        assert content(copy) == content(lake)
    assert point > 3 and done.code == 0


def test_prune_keeps_the_newest_of_each_location(sluice, tmp_path):
    one, two = Lake(tmp_path, name="one"), Lake(tmp_path, name="two")
    for lake in (one, two):
        lake.run("CREATE TABLE t AS SELECT 1 AS i")
    ids = [backup(sluice, "create", lake.uri)["archive"]["id"]
           for lake in (one, two, one, one)]
    dry = backup(sluice, "prune", "--keep", "2", "--dry-run")
    assert dry["state"] == "dry_run" and [a["id"] for a in dry["removed"]] == [ids[0]]
    assert len(backup(sluice, "list")["archives"]) == 4
    # Both limits have to allow it.
    backup(sluice, "prune", "--keep", "1", "--older-than", "1d")
    assert len(backup(sluice, "list")["archives"]) == 4
    done = backup(sluice, "prune", "--keep", "1")
    assert [a["id"] for a in done["removed"]] == [ids[0], ids[2]] and done["kept"] == 2
    assert [a["id"] for a in backup(sluice, "list")["archives"]] == [ids[1], ids[3]]
    error = backup(sluice, "prune", code=INVALID)["error"]
    assert "--keep N" in error["message"]


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_database_file_is_archived_and_restored(sluice, tmp_path, kind):
    path, copy = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    opened = duckdb.connect(str(path)) if kind == "duckdb" else sqlite3.connect(path)
    opened.execute("CREATE TABLE t (i INTEGER)")
    opened.execute("INSERT INTO t VALUES (1), (2)")
    opened.commit()
    opened.close()
    archive = backup(sluice, "create", f"{kind}:{path}")["archive"]
    assert archive["kind"] == kind and archive["drilled"]
    assert [(t["table"].split(".")[-1], t["rows"]) for t in archive["tables"]] == [("t", 2)]
    backup(sluice, "restore", "last", f"{kind}:{path}", code=EXISTS)
    error = backup(sluice, "restore", "last", f"parquet:{copy}", code=INVALID)["error"]
    assert f"begins with {kind}:" in error["hint"]
    backup(sluice, "restore", archive["id"][:-2], f"{kind}:{copy}")
    opened = duckdb.connect(str(copy)) if kind == "duckdb" else sqlite3.connect(copy)
    assert opened.execute("SELECT sum(i) FROM t").fetchall() == [(3,)]
    opened.close()


def test_what_a_run_backed_up_is_listed_verified_and_restored(sluice, tmp_path):
    source, target = DuckdbTarget(tmp_path), tmp_path / "old-target.duckdb"
    source.execute("CREATE TABLE t AS SELECT 2 AS i")
    with duckdb.connect(str(target)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS i")
    report = sluice.run("migrate", source.uri, f"duckdb:{target}", "--if-exists", "replace",
                        "--json", check_code=0).json
    listed = backup(sluice, "list")["archives"]
    assert [(a["run"], a["kind"]) for a in listed] == [(report["run"], "duckdb")]
    assert backup(sluice, "verify", report["run"])["state"] == "sound"
    backup(sluice, "restore", report["run"], f"duckdb:{tmp_path}/back.duckdb")
    with duckdb.connect(str(tmp_path / "back.duckdb")) as connection:
        assert connection.execute("SELECT i FROM t").fetchall() == [(1,)]


def test_a_lake_that_lacks_a_file_is_not_archived(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(*MAKE)
    next(lake.data.rglob("*.parquet")).unlink()
    error = backup(sluice, "create", lake.uri, code=NOT_FOUND)["error"]
    assert "lake fsck" in error["hint"] and "data_path=" in error["hint"]
    assert backup(sluice, "list")["archives"] == []


def test_a_folder_that_was_moved_is_archived_from_its_new_place(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(*MAKE)
    before = content(lake)
    moved = tmp_path / "elsewhere"
    lake.data.rename(moved)
    backup(sluice, "create", f"{lake.uri}?data_path={moved}")
    copy = restored_lake(tmp_path / "copy")
    backup(sluice, "restore", "last", copy.uri)
    assert content(copy) == before


def test_the_texts_say_what_was_done(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(*MAKE)
    assert "no archives" in sluice.run("backup", "list", check_code=0).stdout
    made = sluice.run("backup", "create", lake.uri, check_code=0).stdout
    assert "ARCHIVED" in made and "had the same content" in made
    assert "not restored" in sluice.run("backup", "create", lake.uri, "--no-drill",
                                        check_code=0).stdout
    assert "not drilled" in sluice.run("backup", "list", check_code=0).stdout
    assert "SOUND" in sluice.run("backup", "verify", "last", check_code=0).stdout
    copy = restored_lake(tmp_path / "copy")
    assert "RESTORED" in sluice.run("backup", "restore", "last", copy.uri, check_code=0).stdout
    refused = sluice.run("backup", "create", f"parquet:{lake.data}", check_code=UNSUPPORTED)
    assert "lakes, databases and database files" in refused.stderr
    missing = sluice.run("backup", "verify", "01ZZ", check_code=NOT_FOUND)
    assert "sluice backup list" in missing.stderr
