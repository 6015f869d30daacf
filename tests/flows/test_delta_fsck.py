"""`lake fsck` of Delta tables: nothing is found in tables that delta-rs and Spark wrote, and each
planted damage by its kind and nothing beside it."""
import datetime
import json
import math
import os
import pathlib
import shutil
import urllib.parse

import deltalake
import pyarrow
import pyarrow.parquet
import pytest

from support.delta import (HandWritten, Z85, features, field, inline_vector, open_delta_judge,
                           relative_vector, removed, unpack)

DAY_S = 86_400
SOUND = [
    "basic_partitioned", "corrupted-last-checkpoint-kernel", "data-reader-escaped-chars",
    "data-reader-partition-values", "decimal-various-scale-precision",
    "log-replay-special-characters-a", "multi-part-checkpoint", "parquet-all-types",
    "snapshot-repartitioned", "table-with-columnmapping-mode-id",
    "table-with-columnmapping-mode-name", "table-with-dv-small", "time-travel-schema-changes-b",
    "timestamp-partitioned-table", "type-widening", "v2-checkpoint-json", "v2-checkpoint-parquet",
    "v2-checkpoints-json-with-sidecars", "with-short-dv"]
# Spark left files of deletion vectors there that no commit names.
WITH_ORPHANS = ["compacted-log-files-table", "dv-partitioned-with-checkpoint",
                "dv-with-columnmapping"]


def fsck(sluice, table, *words, check_code=None):
    return sluice.run("lake", "fsck", f"delta:{table}", *words, "--json",
                      check_code=check_code).json


def kinds(report):
    return {finding["kind"] for finding in report["findings"]}


def age(folder):
    """Makes all files as old as no writer's that is still at work."""
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_mtime - DAY_S,) * 2)


@pytest.mark.parametrize("name", SOUND)
def test_a_golden_table_is_sound(sluice, data_folder, tmp_path, name):
    table, _ = unpack(data_folder, name, tmp_path)
    report = fsck(sluice, table, check_code=0)
    assert report["findings"] == [] and report["state"] == "sound"
    notes = {note["kind"] for note in report["notes"]}
    assert notes == ({"last_checkpoint"} if name.startswith("corrupted") else set())


def z85_decoded(text):
    out = b""
    for at in range(0, len(text), 5):
        value = 0
        for character in text[at:at + 5]:
            value = value * 85 + Z85.index(character)
        out += value.to_bytes(4, "big")
    return out.hex()


def named_vectors(table):
    """The ids of all files of deletion vectors that commits name."""
    found = set()
    for path in sorted((table / "_delta_log").glob("*.json")):
        for line in path.read_text().splitlines():
            for action in json.loads(line).values():
                vector = action.get("deletionVector") if isinstance(action, dict) else None
                if vector and vector["storageType"] == "u":
                    found.add(z85_decoded(vector["pathOrInlineDv"][-20:]))
    return found


@pytest.mark.parametrize("name", WITH_ORPHANS)
def test_of_a_golden_table_only_what_no_commit_names_is_found(sluice, data_folder, tmp_path, name):
    table, _ = unpack(data_folder, name, tmp_path)
    report = fsck(sluice, table, check_code=5)
    assert kinds(report) == {"orphan_file"}
    files = {path.name[len("deletion_vector_"):-len(".bin")].replace("-", "")
             for path in table.rglob("deletion_vector_*.bin")}
    orphans = {finding["file"].rsplit("deletion_vector_")[1][:-len(".bin")].replace("-", "")
               for finding in report["findings"]}
    assert orphans == files - named_vectors(table)


@pytest.mark.parametrize("name, code", [("deltalog-invalid-protocol-version", 10),
                                        ("versions-not-contiguous", 9)])
def test_a_table_that_cannot_be_read_is_an_error(sluice, data_folder, tmp_path, name, code):
    table, _ = unpack(data_folder, name, tmp_path)
    assert fsck(sluice, table, check_code=code)["error"]["message"]


def rows(first, count):
    instant = datetime.datetime(2024, 2, 29, 12, 0, 0, 123456, datetime.timezone.utc)
    return pyarrow.table({
        "id": pyarrow.array(range(first, first + count), pyarrow.int64()),
        "region": [["eu", "us", None, "a b"][i % 4] for i in range(count)],
        "name": [f"a name that is longer than what statistics keep of it {i}" for i in
                 range(count)],
        "price": [math.nan if i % 5 == 0 else i / 7 for i in range(count)],
        "at": [instant + datetime.timedelta(microseconds=i) for i in range(count)],
        "day": [datetime.date(1969, 12, 31) + datetime.timedelta(days=i) for i in range(count)],
        "cents": pyarrow.array([i * 111 for i in range(count)], pyarrow.int32()).cast(
            pyarrow.decimal128(20, 2)),
        "s": pyarrow.array([{"x": i, "y": None} if i % 3 else None for i in range(count)],
                           pyarrow.struct([("x", pyarrow.int32()), ("y", pyarrow.string())])),
        "nothing": pyarrow.nulls(count, pyarrow.int32()),
        "raw": [bytes([i % 256]) for i in range(count)],
        "list": [[i, None] for i in range(count)]})


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Versions 0 to 4 with a checkpoint at 3, by delta-rs."""
    table = tmp_path_factory.mktemp("fsck") / "t"
    for i in range(4):
        deltalake.write_deltalake(table, rows(i * 100, 100), mode="append",
                                  partition_by=["region"])
    deltalake.DeltaTable(table).create_checkpoint()
    deltalake.write_deltalake(table, rows(400, 100), mode="append", partition_by=["region"])
    age(table)
    return table


@pytest.fixture
def subject(original, tmp_path):
    shutil.copytree(original, tmp_path / "t")
    return tmp_path / "t"


def commit_path(table, version):
    return table / f"_delta_log/{version:020}.json"


def change(table, version, edit, index=0):
    """Edits the nth add action of a commit."""
    actions = [json.loads(line) for line in commit_path(table, version).read_text().splitlines()]
    edit([action["add"] for action in actions if "add" in action][index])
    commit_path(table, version).write_text("".join(json.dumps(action) + "\n" for action in actions))


def added(table, version, index=0):
    found = []
    change(table, version, found.append, index)
    return found[0]


def data_file(table, version, index=0):
    return table / urllib.parse.unquote(added(table, version, index)["path"])


def stats(edit):
    def change_stats(add):
        values = json.loads(add["stats"])
        edit(values)
        add["stats"] = json.dumps(values)
    return lambda table: change(table, 4, change_stats)


def bound(which, column, value):
    return stats(lambda values: values[which].__setitem__(column, value))


def partition(value):
    return lambda table: change(table, 4, lambda add: add["partitionValues"].__setitem__(
        "region", value))


def drop_file(table):
    data_file(table, 4).unlink()


def cut_file(table):
    path = data_file(table, 4)
    path.write_bytes(path.read_bytes()[:-20])
    change(table, 4, lambda add: add.__setitem__("size", path.stat().st_size))


def orphan(table):
    path = table / "left.parquet"
    shutil.copy(data_file(table, 4), path)
    os.utime(path, (path.stat().st_mtime - DAY_S,) * 2)


def lose_from_checkpoint(table):
    path = table / f"_delta_log/{3:020}.checkpoint.parquet"
    content = pyarrow.parquet.read_table(path)
    keep = [True] * content.num_rows
    keep[next(i for i, add in enumerate(content["add"].to_pylist()) if add)] = False
    pyarrow.parquet.write_table(content.filter(pyarrow.array(keep)), path)


def break_checkpoint(table):
    (table / f"_delta_log/{3:020}.checkpoint.parquet").write_bytes(b"PAR1 no footer")


def add_twice(table):
    path = commit_path(table, 4)
    line = next(line for line in path.read_text().splitlines() if "add" in json.loads(line))
    path.write_text(path.read_text().rstrip() + "\n" + line + "\n")


def set_size(table):
    change(table, 4, lambda add: add.__setitem__("size", add["size"] + 1))


DAMAGES = {
    "a data file is gone": (drop_file, "missing_data_file"),
    "a data file was cut": (cut_file, "damaged_file"),
    "a file that nobody names": (orphan, "orphan_file"),
    "another size": (set_size, "wrong_file_size"),
    "numRecords too large": (stats(lambda v: v.__setitem__("numRecords", 99)),
                             "wrong_record_count"),
    "a minimum above": (bound("minValues", "id", 450), "wrong_file_stats"),
    "a maximum below": (bound("maxValues", "price", 1.5), "wrong_file_stats"),
    "a maximum of text below": (bound("maxValues", "name", "a name"), "wrong_file_stats"),
    "a maximum of time below": (bound("maxValues", "at", "2024-02-29T12:00:00.122Z"),
                                "wrong_file_stats"),
    "a bound that is none": (bound("minValues", "id", "zebra"), "wrong_file_stats"),
    "a bound of a nested column": (bound("maxValues", "s", {"x": 0}), "wrong_file_stats"),
    "no NULL": (bound("nullCount", "nothing", 0), "wrong_file_stats"),
    "NULL only": (bound("nullCount", "id", 25), "wrong_file_stats"),
    "a partition of another folder": (partition("asia"), "wrong_partition_value"),
    "a partition without its column": (
        lambda table: change(table, 4, lambda add: add["partitionValues"].clear()),
        "wrong_partition_value"),
    "a checkpoint without a file": (lose_from_checkpoint, "wrong_checkpoint"),
    "a broken checkpoint": (break_checkpoint, "damaged_checkpoint"),
    "a commit before the checkpoint is gone": (lambda table: commit_path(table, 1).unlink(),
                                               "missing_commit"),
    "a file is added twice": (add_twice, "duplicate_add"),
}


def test_a_table_of_delta_rs_is_sound(sluice, subject):
    report = fsck(sluice, subject, check_code=0)
    assert report["findings"] == [] and report["notes"] == []
    assert [report[key] for key in ("snapshot", "tables", "files", "rows")] == [4, 1, 20, 500]


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_found_by_its_kind_and_nothing_else(sluice, subject, name):
    damage, kind = DAMAGES[name]
    damage(subject)
    report = fsck(sluice, subject, check_code=5)
    assert kinds(report) == {kind}, report["findings"]
    for finding in report["findings"]:
        assert finding["table"] == "t"
        assert all(finding[key] for key in ("file", "expected", "found", "message", "hint"))


def test_a_finding_names_file_column_and_both_values(sluice, subject):
    bound("maxValues", "id", 450)(subject)
    path = data_file(subject, 4)
    [finding] = fsck(sluice, subject, check_code=5)["findings"]
    assert (finding["file"], finding["column"]) == (str(path), "id")
    highest = max(pyarrow.parquet.read_table(path)["id"].to_pylist())
    assert (finding["expected"], finding["found"]) == ("maximum 450", str(highest))
    text = sluice.run("lake", "fsck", f"delta:{subject}", check_code=5).stdout
    assert "wrong_file_stats" in text and "1 finding" in text


def test_a_young_file_that_nobody_names_is_only_noted(sluice, subject):
    shutil.copyfile(data_file(subject, 4), subject / "young.parquet")
    report = fsck(sluice, subject, check_code=0)
    assert [(note["kind"], note["file"]) for note in report["notes"]] == [
        ("uncommitted_file", str(subject / "young.parquet"))]


def test_a_hint_at_a_checkpoint_that_is_not_there_is_only_noted(sluice, subject):
    hint = subject / "_delta_log/_last_checkpoint"
    hint.write_text(json.dumps({**json.loads(hint.read_text()), "version": 2}))
    assert [note["kind"] for note in fsck(sluice, subject, check_code=0)["notes"]] == [
        "last_checkpoint"]


def test_a_table_that_delta_rs_vacuumed_and_optimized_is_sound(sluice, subject):
    table = deltalake.DeltaTable(subject)
    table.delete("id < 30")
    table.update(updates={"price": "2.5"}, predicate="region = 'eu'")
    table.optimize.compact()
    table.optimize.z_order(["id"])
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    table.create_checkpoint()
    age(subject)
    report = fsck(sluice, subject, check_code=0)
    assert report["findings"] == [] and report["rows"] == 470


@pytest.fixture
def vectors(tmp_path):
    """A table with a deletion vector in a file, and one inline."""
    table = HandWritten(tmp_path / "v", [field("id", "long")], protocol=features("deletionVectors"))
    first = table.file({"id": range(100)}, "a.parquet")
    second = table.file({"id": range(100, 200)}, "b.parquet")
    table.commit(*table.head(), first, second)
    [vector] = relative_vector(table, "", [0, 1, 99])
    with_vectors = [{"add": {**first["add"], "deletionVector": vector}},
                    {"add": {**second["add"], "deletionVector": inline_vector([5])}}]
    table.commit(removed(first), removed(second), *with_vectors)
    age(table.folder)
    return table


def edit_vector(table, index, **values):
    change(table.folder, 1, lambda add: add["deletionVector"].update(values), index)


def flip_vector_byte(table):
    [path] = table.folder.glob("*.bin")
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)


VECTOR_DAMAGES = {
    "its file is gone": (lambda table: next(table.folder.glob("*.bin")).unlink(),
                         "missing_deletion_file"),
    "a byte differs": (flip_vector_byte, "damaged_deletion_vector"),
    "it is longer": (lambda table: edit_vector(table, 0, sizeInBytes=400),
                     "damaged_deletion_vector"),
    "it has other rows": (lambda table: edit_vector(table, 0, cardinality=4), "wrong_delete_count"),
    "inline it has other rows": (lambda table: edit_vector(table, 1, cardinality=2),
                                 "wrong_delete_count"),
    "a row beyond the file": (lambda table: edit_vector(table, 1, **inline_vector([100])),
                              "deletion_beyond_file"),
}


def test_a_table_with_deletion_vectors_is_sound(sluice, vectors):
    report = fsck(sluice, vectors.folder, check_code=0)
    assert report["findings"] == [] and report["rows"] == 196


@pytest.mark.parametrize("name", VECTOR_DAMAGES)
def test_a_damaged_deletion_vector_is_found_by_its_kind(sluice, vectors, name):
    damage, kind = VECTOR_DAMAGES[name]
    damage(vectors)
    assert kinds(fsck(sluice, vectors.folder, check_code=5)) == {kind}


def test_a_choice_of_tables_leaves_the_others_alone(sluice, subject, vectors, tmp_path):
    drop_file(subject)
    assert kinds(fsck(sluice, tmp_path, check_code=5)) == {"missing_data_file"}
    fsck(sluice, tmp_path, "--table", "v", check_code=0)
    fsck(sluice, tmp_path, "--table", "nothing", check_code=3)
    fsck(sluice, f"{vectors.folder}?snapshot=0", check_code=2)


def repair(sluice, table, *words, check_code=0):
    return fsck(sluice, table, "--repair", *words, check_code=check_code)


REPAIRED = ["another size", "numRecords too large", "a minimum above", "a maximum below",
            "a maximum of text below", "a maximum of time below", "a bound that is none",
            "a bound of a nested column", "no NULL", "NULL only"]


@pytest.mark.parametrize("name", REPAIRED)
def test_what_the_files_know_better_is_repaired(sluice, subject, name):
    damage, kind = DAMAGES[name]
    damage(subject)
    log = sorted(path.name for path in (subject / "_delta_log").iterdir())
    foretold = repair(sluice, subject, "--dry-run", check_code=5)["repair"]
    assert foretold["dry_run"] and foretold["backup"] is None
    assert sorted(path.name for path in (subject / "_delta_log").iterdir()) == log
    report = repair(sluice, subject)
    assert [step["kind"] for step in report["repair"]["steps"]] == [kind]
    assert foretold["steps"] == report["repair"]["steps"]
    backup = pathlib.Path(report["repair"]["backup"])
    assert backup.parent == subject and sorted(path.name for path in backup.iterdir()) == log
    assert report["findings"] == [] and report["snapshot"] == 5
    judge = open_delta_judge()
    scan = f"FROM delta_scan('{subject}')"
    assert judge.execute(f"SELECT count(*), sum(id), min(id), max(id) {scan}").fetchall() == [
        (500, sum(range(500)), 0, 499)]
    for where, count in [("id = 417", 1), ("nothing IS NULL", 500), ("price > 1.6", None),
                         ("seen > '2024-02-29 12:00:00.12350Z'", None)]:
        where = where.replace("seen", '"at"')
        [[found]] = judge.execute(f"SELECT count(*) {scan} WHERE {where}").fetchall()
        [[counted]] = judge.execute(
            f"SELECT count(*) FROM (SELECT ({where}) IS TRUE AS ok {scan}) WHERE ok").fetchall()
        assert found == (counted if count is None else count), where
    assert deltalake.DeltaTable(subject).to_pyarrow_dataset().count_rows() == 500


def test_entries_of_files_that_are_gone_go_only_when_that_is_asked_for(sluice, subject):
    lost = pyarrow.parquet.read_table(data_file(subject, 4)).num_rows
    drop_file(subject)
    report = repair(sluice, subject, check_code=5)
    assert report["repair"]["steps"] == [] and report["snapshot"] == 4
    report = repair(sluice, subject, "--drop-missing")
    assert [step["kind"] for step in report["repair"]["steps"]] == ["missing_data_file"]
    assert report["findings"] == [] and report["rows"] == 500 - lost
    assert open_delta_judge().execute(
        f"SELECT count(*) FROM delta_scan('{subject}')").fetchall() == [(500 - lost,)]


def test_statistics_of_a_file_with_deleted_rows_are_repaired(sluice, vectors):
    def wrong(add):
        add["stats"] = json.dumps({"numRecords": 100, "maxValues": {"id": 3}})
    change(vectors.folder, 1, wrong)
    report = repair(sluice, vectors.folder)
    assert report["findings"] == [] and report["rows"] == 196
    assert open_delta_judge().execute(
        f"SELECT count(*), max(id) FROM delta_scan('{vectors.folder}') WHERE id > 90").fetchall() \
        == [(107, 199)]


def test_a_sound_table_is_left_alone(sluice, subject):
    report = repair(sluice, subject)
    assert report["repair"]["steps"] == [] and report["repair"]["backup"] is None
    assert report["snapshot"] == 4


def test_repairs_are_of_one_table_each(sluice, subject, vectors, tmp_path):
    set_size(subject)
    report = repair(sluice, tmp_path)
    assert [step["table"] for step in report["repair"]["steps"]] == ["t"]
    assert fsck(sluice, vectors.folder)["snapshot"] == 1
