"""Delta tables that are damaged in small ways, or that delta-rs makes in ways of its own."""
import decimal

import deltalake
import duckdb
import pyarrow
import pytest

from support.delta import HandWritten, field
from support.users import needs_root, open_folder, sluice_as_nobody

UNSUPPORTED, CORRUPT, DENIED = 10, 9, 8


def written_by_delta_rs(path, columns, **more):
    deltalake.write_deltalake(str(path), pyarrow.table(columns), **more)
    return deltalake.DeltaTable(str(path))


@pytest.fixture
def table(tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long")])
    table.commit(*table.head(), table.file({"v": [1]}, "a.parquet"))
    return table


def test_an_empty_commit_is_damage_and_no_commit_without_changes(sluice, table):
    (table.log / f"{1:020}.json").write_bytes(b"")
    for words in (["query", table.uri, "FROM t", "--json"],
                  ["lake", "snapshots", table.uri, "--json"]):
        error = sluice.run(*words, check_code=CORRUPT).json["error"]
        assert f'{1:020}.json" is empty' in error["message"]
    found = sluice.run("query", table.uri, "FROM t", "--at", "0", "--format", "json", check_code=0)
    assert found.json == [{"v": 1}]


@pytest.mark.parametrize("bytes_left", [0, 5, 200])
def test_a_data_file_that_was_cut_short_is_damage(sluice, tmp_path, bytes_left):
    table = written_by_delta_rs(tmp_path / "t", {"v": list(range(500))})
    [path] = (tmp_path / "t").glob("*.parquet")
    path.write_bytes(path.read_bytes()[:bytes_left])
    assert len(table.file_uris()) == 1
    for words in (["query", f"delta:{tmp_path}/t", "FROM t", "--json"],
                  ["migrate", f"delta:{tmp_path}/t", f"sqlite:{tmp_path}/x.sqlite", "--json"]):
        error = sluice.run(*words, check_code=CORRUPT).json["error"]
        assert path.name in error["message"]


def test_a_feature_of_a_type_that_no_column_has_is_no_reason_to_refuse(sluice, tmp_path):
    """With deletion vectors delta-rs lists every feature of readers that it knows."""
    written_by_delta_rs(tmp_path / "t", {"v": [1, 2]},
                        configuration={"delta.enableDeletionVectors": "true"})
    features = deltalake.DeltaTable(str(tmp_path / "t")).protocol().reader_features
    assert "deletionVectors" in features
    found = sluice.run("query", f"delta:{tmp_path}/t", "SELECT sum(v) AS s FROM t", "--format",
                       "json", check_code=0)
    assert found.json == [{"s": 3}]


def test_a_variant_column_is_refused_by_name(sluice, tmp_path):
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["variantType"],
                "writerFeatures": ["variantType"]}
    table = HandWritten(tmp_path / "t", [field("v", "long"), field("any", "variant")],
                        protocol=protocol)
    table.commit(*table.head())
    error = sluice.run("query", table.uri, "FROM t", "--json", check_code=UNSUPPORTED).json["error"]
    assert "variant" in error["message"] and "any" in error["message"]


def test_bounds_that_went_through_a_double_are_sound(sluice, tmp_path):
    values = [decimal.Decimal("12345678901234567.89"), decimal.Decimal("-99999999999999999.99")]
    written_by_delta_rs(tmp_path / "t", {
        "d": pyarrow.array(values, pyarrow.decimal128(38, 2))})
    assert sluice.run("lake", "fsck", f"delta:{tmp_path}/t", "--json",
                      check_code=0).json["findings"] == []


@pytest.mark.parametrize("target", ["delta", "ducklake"])
def test_a_value_that_is_too_long_to_part_by_is_refused_in_few_words(sluice, tmp_path, target):
    source = tmp_path / "s.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS i, repeat('x', 5000) AS p")
    there = {"delta": f"delta:{tmp_path}/lake",
             "ducklake": f"ducklake:sqlite:{tmp_path}/l.sqlite?data_path={tmp_path}/files"}[target]
    report = sluice.run("migrate", f"duckdb:{source}", there, "--partition", "t:p", "--json",
                        check_code=UNSUPPORTED).json
    assert "too long" in report["error"]["message"] and len(report["error"]["message"]) < 500
    sluice.run("rollback", report["run"], check_code=0)


def test_dates_before_the_first_year_part_a_table(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long"), field("d", "date")], ["d"])
    table.commit(*table.head(), table.file({"v": [1]}, "a.parquet", {"d": "-0043-03-15"}))
    found = sluice.run("query", table.uri, "SELECT d::VARCHAR AS d FROM t", "--format", "json",
                       check_code=0)
    assert found.json == [{"d": "0044-03-15 (BC)"}]


def test_two_moments_are_refused(sluice, table):
    found = sluice.run("query", f"{table.uri}?snapshot=0", "FROM t", "--at", "1", check_code=2)
    assert "the location says 0, --at says 1" in found.stderr
    sluice.run("query", f"{table.uri}?snapshot=0", "FROM t", "--at", "0", check_code=0)


@needs_root
def test_a_file_that_may_not_be_read_is_no_damaged_one(tmp_path, table):
    open_folder(table.folder)
    path = table.folder / "a.parquet"
    path.chmod(0o600)
    found = sluice_as_nobody(tmp_path, "lake", "fsck", table.uri)
    assert found.returncode == DENIED and "a.parquet" in found.stderr, found
    path.chmod(0o644)
    assert sluice_as_nobody(tmp_path, "lake", "fsck", table.uri).returncode == 0
    table.folder.chmod(0o700)
    found = sluice_as_nobody(tmp_path, "catalog", "import", table.uri, "sqlite:c.db")
    assert found.returncode == DENIED and "ermission denied" in found.stderr, found
