"""`sluice lake expire` on Iceberg tables: what goes, what stays, and that PyIceberg reads what is
left."""
import os
import time

import duckdb
import pytest

from support.iceberg import Lake, abc, error, local, pairs

NOW = ["--grace", "0s", "--json"]


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def expire(sluice, lake, *more, check_code=0):
    return sluice.run("lake", "expire", lake.uri, *more, *NOW, check_code=check_code).json


def files_below(lake, name):
    folder = local(lake.catalog.load_table(name).metadata.location)
    return {path for path in folder.rglob("*") if path.is_file()}


def rewritten(lake):
    """Four snapshots: three rows, one more, all of them overwritten, one more."""
    table = abc(lake)
    table.append(pairs((4, "d")))
    table.overwrite(pairs((7, "x"), (8, "y")))
    table.append(pairs((9, "z")))
    return lake.catalog.load_table("shop.t")


def ids(lake):
    return sorted(lake.catalog.load_table("shop.t").scan().to_arrow()["id"].to_pylist())


def test_old_snapshots_go_with_the_files_that_only_they_have(sluice, lake):
    table = rewritten(lake)
    snapshots = [one.snapshot_id for one in table.metadata.snapshots]
    before = files_below(lake, "shop.t")
    dry = expire(sluice, lake, "--keep", "1", "--dry-run")
    assert dry["state"] == "dry_run" and files_below(lake, "shop.t") == before
    done = expire(sluice, lake, "--keep", "1")
    assert [one["snapshot"] for one in done["expired"]] == snapshots[:-1] and done["kept"] == 1
    assert sorted(one["path"] for one in done["deleted"]) == sorted(
        one["path"] for one in dry["deleted"])
    left = files_below(lake, "shop.t")
    gone = {str(path) for path in before - left}
    assert gone == {one["path"] for one in done["deleted"]}
    assert len([path for path in gone if path.endswith(".parquet")]) == 2
    assert ids(lake) == [7, 8, 9]
    after = lake.catalog.load_table("shop.t")
    assert [one.snapshot_id for one in after.metadata.snapshots] == snapshots[-1:]
    after.append(pairs((10, "new")))
    assert ids(lake) == [7, 8, 9, 10]
    report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
    assert report["findings"] == []
    assert expire(sluice, lake, "--keep", "5")["expired"] == []


def test_tags_branches_and_what_a_branch_keeps_stay(sluice, lake):
    table = rewritten(lake)
    first, second, third, fourth = [one.snapshot_id for one in table.metadata.snapshots][:4]
    manage = table.manage_snapshots()
    manage.create_tag(first, "release").commit()
    done = expire(sluice, lake, "--keep", "1")
    assert first not in [one["snapshot"] for one in done["expired"]]
    found = lake.catalog.load_table("shop.t")
    assert sorted(found.scan(snapshot_id=first).to_arrow()["id"].to_pylist()) == [1, 2, 3]
    hand = lake.hand("shop.t")
    hand.metadata["refs"]["main"]["min-snapshots-to-keep"] = 3
    hand.save()
    lake.catalog.load_table("shop.t").append(pairs((11, "b")))
    lake.catalog.load_table("shop.t").append(pairs((12, "c")))
    hand = lake.hand("shop.t")
    hand.metadata["refs"]["main"]["min-snapshots-to-keep"] = 3
    hand.save()
    assert expire(sluice, lake, "--keep", "1")["kept"] == 4
    assert second and third and fourth


def test_a_snapshot_that_was_the_newest_lately_waits(sluice, lake):
    rewritten(lake)
    done = sluice.run("lake", "expire", lake.uri, "--keep", "1", "--json", check_code=0).json
    assert done["expired"] == [] and done["deleted"] == [] and done["kept"] > 1
    assert "within the grace" in done["left"][0]["reason"]


def test_orphans_go_and_what_others_may_have_stays(sluice, lake):
    table = abc(lake)
    data = next(path for path in files_below(lake, "shop.t") if path.suffix == ".parquet")
    orphan = data.with_name("orphan.parquet")
    staged = data.with_name("sluice_01jd0000000000000000000000-0.parquet")
    for path in (orphan, staged):
        path.write_bytes(b"x")
        os.utime(path, (time.time() - 10, time.time() - 10))
    done = expire(sluice, lake, "--keep", "1", "--orphans")
    assert [one["path"] for one in done["orphans"]] == [str(orphan)]
    assert staged.exists() and not orphan.exists() and ids(lake) == [1, 2, 3]
    table.append(pairs((4, "d")))
    with lake.catalog.load_table("shop.t").transaction() as change:
        change.set_properties({"gc.enabled": "false"})
    refused = error(sluice, 10, "lake", "expire", lake.uri, "--keep", "1", "--grace", "0s")
    assert "gc.enabled" in refused["message"] and refused["hint"]


def test_a_folder_has_no_catalog_to_change(sluice, lake):
    abc(lake)
    refused = error(sluice, 10, "lake", "expire", f"iceberg:{lake.folder}/warehouse", "--keep", "1")
    assert "catalog" in refused["message"] and "iceberg:sqlite" in refused["hint"]


def test_a_missing_manifest_stops_it_before_anything_is_changed(sluice, lake):
    table = rewritten(lake)
    (manifest, *_) = table.metadata.snapshots[0].manifests(table.io)
    local(manifest.manifest_path).unlink()
    before = files_below(lake, "shop.t")
    error(sluice, 3, "lake", "expire", lake.uri, "--keep", "1", "--grace", "0s")
    assert files_below(lake, "shop.t") == before
    assert len(lake.catalog.load_table("shop.t").metadata.snapshots) == len(
        table.metadata.snapshots)


def test_a_run_can_go_back_until_it_is_forgotten(sluice, lake, tmp_path):
    abc(lake)
    source = f"duckdb:{tmp_path}/s.duckdb"
    made = duckdb.connect(f"{tmp_path}/s.duckdb")
    made.execute("CREATE SCHEMA shop; CREATE TABLE shop.t AS SELECT 5::BIGINT AS id, 'n' AS name")
    made.close()
    whole = f"{lake.uri}?warehouse={lake.folder}/warehouse"
    done = sluice.run("migrate", source, whole, "--if-exists", "replace", "--json",
                      check_code=0).json
    assert ids(lake) == [5]
    report = sluice.run("lake", "fsck", whole, "--json", check_code=0).json
    assert report["findings"] == []
    kept = sluice.run("lake", "expire", whole, "--keep", "1", "--orphans", *NOW, check_code=0).json
    assert kept["expired"] == [] and "sluice forget" in kept["left"][0]["reason"]
    guessed = expire(sluice, lake, "--keep", "1")
    assert guessed["expired"] == [] and "warehouse=" in guessed["left"][0]["reason"]
    sluice.run("rollback", done["run"], check_code=0)
    assert ids(lake) == [1, 2, 3]
    again = sluice.run("migrate", source, whole, "--if-exists", "replace", "--json",
                       check_code=0).json
    sluice.run("forget", again["run"], check_code=0)
    gone = sluice.run("lake", "expire", whole, "--keep", "1", "--orphans", *NOW,
                      check_code=0).json
    assert gone["kept"] == 1 and gone["expired"] and ids(lake) == [5]
    assert sluice.run("lake", "fsck", whole, "--json", check_code=0).json["notes"] == []
