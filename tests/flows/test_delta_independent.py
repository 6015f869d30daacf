"""--verify independent of a Delta table: DuckDB's own extension reads it."""
import json
import shutil

import pytest

from support.delta import HandWritten, features, field, inline_vector, unpack
from support.program import BINARY, Sluice

GOLDEN = ["dv-with-columnmapping", "parquet-all-types", "table-with-columnmapping-mode-id",
          "type-widening", "v2-checkpoint-json", "data-reader-escaped-chars"]


@pytest.fixture
def without_extension(tmp_path):
    """The program as somebody has it who left DuckDB's delta extension away."""
    folder = tmp_path / "program"
    (folder / "extensions").mkdir(parents=True)
    shutil.copy(BINARY, folder / "sluice")
    for path in (BINARY.parent / "extensions").glob("*.duckdb_extension"):
        if path.name != "delta.duckdb_extension":
            (folder / "extensions" / path.name).symlink_to(path.resolve())
    (tmp_path / "home").mkdir()
    return Sluice(tmp_path / "home", folder / "sluice")


def migrated(sluice, table, tmp_path, check_code):
    return sluice.run("migrate", f"delta:{table}", f"duckdb:{tmp_path}/copy.duckdb", "--verify",
                       "independent", "--json", check_code=check_code).json


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_table_is_the_same_on_both_paths(sluice, data_folder, tmp_path, name):
    table, _ = unpack(data_folder, name, tmp_path)
    done = migrated(sluice, table, tmp_path, 0)
    assert done["tables"][0]["verified"] == "independent"


@pytest.fixture
def table(tmp_path):
    table = HandWritten(tmp_path / "a b ü", [field("id", "long"), field("p", "string")], ["p"],
                        features("deletionVectors"))
    a, b, c = [table.file({"id": [2 * i, 2 * i + 1]}, f"{name}.parquet", {"p": name},
                          vector=inline_vector([0]) if name == "b" else None)
               for i, name in enumerate("abc")]
    table.commit(*table.head(), a)
    table.commit(b)
    table.commit(c)
    table.first = a
    return table


def test_a_version_of_the_past_is_read_on_both_paths(sluice, table, tmp_path):
    source = f"{table.folder}?snapshot=1"
    assert migrated(sluice, source, tmp_path, 0)["tables"][0]["rows_source"] == 3


def test_a_fault_on_one_path_is_seen(sluice, table, tmp_path):
    """The copy takes a compaction of the log in place of the commits, the extension the commits."""
    lacks_b = [*table.head(), table.first]
    (table.log / f"{0:020}.{1:020}.compacted.json").write_text(
        "".join(json.dumps(action) + "\n" for action in lacks_b))
    report = migrated(sluice, table.folder, tmp_path, 5)
    [row] = report["tables"]
    assert row["digest_source"] != row["digest_target"]
    found = sluice.run("lake", "fsck", table.uri, "--json", check_code=5).json["findings"]
    assert {finding["kind"] for finding in found} == {"wrong_compaction"}


def test_without_the_extension_it_is_refused_by_name(without_extension, table, tmp_path):
    sluice = without_extension
    run = migrated(sluice, table.folder, tmp_path, 10)
    assert "delta.duckdb_extension" in run["error"]["message"]
    assert f"sluice rollback {run['run']}" in run["error"]["hint"]
    sluice.run("rollback", run["run"], check_code=0)
    same = sluice.run("verify", table.uri, table.uri, "--level", "independent", "--json",
                      check_code=10).json
    assert "INSTALL delta" in same["error"]["hint"]


def test_an_offset_that_the_extension_does_not_know_is_refused(sluice, data_folder, tmp_path):
    table, _ = unpack(data_folder, "data-reader-partition-values", tmp_path)
    error = migrated(sluice, f"{table}?timezone=-07:00", tmp_path, 10)["error"]
    assert "read at UTC-07:00" in error["message"]
