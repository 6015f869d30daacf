"""Tables that Spark wrote, with the rows that a right reader returns."""
import pytest

from support.compare import differences
from support.delta import open_delta_judge, texts, unpack

EXPECTED = [
    "corrupted-last-checkpoint-kernel", "data-reader-escaped-chars", "data-reader-partition-values",
    "decimal-various-scale-precision", "dv-partitioned-with-checkpoint", "dv-with-columnmapping",
    "log-replay-special-characters-a", "multi-part-checkpoint", "parquet-all-types",
    "snapshot-repartitioned", "table-with-columnmapping-mode-id",
    "table-with-columnmapping-mode-name", "time-travel-schema-changes-b", "v2-checkpoint-json",
    "v2-checkpoint-parquet"]
SCANNED = [
    "basic_partitioned", "compacted-log-files-table", "table-with-dv-small",
    "timestamp-partitioned-table", "type-widening", "v2-checkpoints-json-with-sidecars",
    "with-short-dv"]


# Written at this offset, which the log does not keep.
OFFSETS = {"data-reader-partition-values": "?timezone=-07:00"}


def migrated(sluice, table, tmp_path):
    """The judge's connection to the DuckDB file that a verified run made, and the relation."""
    target = tmp_path / "copy.duckdb"
    source = f"delta:{table}{OFFSETS.get(table.parent.name, '')}"
    done = sluice.run("migrate", source, f"duckdb:{target}", "--json", check_code=0).json
    assert done["state"] == "done" and done["tables"][0]["verified"] == "content"
    judge = open_delta_judge()
    judge.execute(f"ATTACH '{target}' AS copy (READ_ONLY)")
    return judge, f'copy.main."{table.name}"'


def assert_same(judge, got, expected):
    """The same columns, types and rows; duplicates count."""
    shapes = [[row[:2] for row in judge.execute(f"DESCRIBE FROM {relation}").fetchall()]
              for relation in (got, expected)]
    assert shapes[0] == shapes[1]
    text = "SELECT COLUMNS(*)::VARCHAR FROM "
    assert differences(judge, text + got, text + expected) == ""


@pytest.mark.parametrize("name", EXPECTED)
def test_a_golden_table_gives_exactly_the_expected_rows(sluice, data_folder, tmp_path, name):
    table, expected = unpack(data_folder, name, tmp_path)
    judge, copy = migrated(sluice, table, tmp_path)
    assert_same(judge, copy, f"read_parquet('{expected}')")


def test_that_partitions_have_timestamps_without_a_zone_is_a_finding(sluice, data_folder, tmp_path):
    table, _ = unpack(data_folder, "data-reader-partition-values", tmp_path)
    plan = sluice.run("plan", f"delta:{table}", f"duckdb:{tmp_path}/copy.duckdb", "--json",
                      check_code=0).json
    found = [finding for finding in plan["findings"] if finding["kind"] == "zoneless_partition"]
    assert len(found) == 1 and "?timezone=" in found[0]["message"]
    refused = sluice.run("inspect", f"delta:{table}?timezone=Mars", "--json", check_code=2).json
    assert "no offset from UTC" in refused["error"]["message"]


@pytest.mark.parametrize("name", SCANNED)
def test_a_golden_table_reads_as_the_extension_reads_it(sluice, data_folder, tmp_path, name):
    table, _ = unpack(data_folder, name, tmp_path)
    judge, copy = migrated(sluice, table, tmp_path)
    assert_same(judge, copy, f"delta_scan('{table}')")


@pytest.mark.parametrize("name", ["parquet-all-types", "dv-with-columnmapping"])
def test_query_and_export_give_the_same_rows_as_a_copy(sluice, data_folder, tmp_path, name):
    table, expected = unpack(data_folder, name, tmp_path)
    sluice.run("export", table, tmp_path / "out", "--format", "parquet", check_code=0)
    judge = open_delta_judge()
    assert_same(judge, f"read_parquet('{tmp_path}/out/**/*.parquet')",
                f"read_parquet('{expected}')")
    asked = sluice.run("query", f"delta:{table}", f'SELECT count(*) AS n FROM "{table.name}"',
                       "--format", "json", check_code=0).json
    assert asked == [{"n": judge.execute(f"SELECT count(*) FROM '{expected}'").fetchone()[0]}]


def test_values_that_were_widened_are_exact(sluice, data_folder, tmp_path):
    table, _ = unpack(data_folder, "type-widening", tmp_path)
    judge, copy = migrated(sluice, table, tmp_path)
    assert texts(judge, f"FROM {copy}") == [
        ("1", "2", "3.4000000953674316", "5.0", "6.0", "7.0", "123.45", "67.89000", "1.0", "2.0",
         "3.0", "4.0", "2024-09-09 00:00:00"),
        ("9223372036854775807", "9223372036854775807", *["1.234567890123"] * 4,
         "12345678901234.56", "12345678901.23456", "123.4", "12345.6", "1234567890.1",
         "123456789012345678.9", "2024-09-09 12:34:56.123456")]


def test_every_version_of_a_log_with_compactions_is_what_its_commits_alone_make(
        sluice, data_folder, tmp_path):
    table, _ = unpack(data_folder, "compacted-log-files-table", tmp_path)
    asked = f'SELECT id, comment FROM "{table.name}" ORDER BY ALL'

    def versions():
        return [sluice.run("query", f"delta:{table}", asked, "--at", version, "--format", "json",
                           check_code=0).json for version in range(0, 26, 5)]

    with_compactions = versions()
    for compaction in (table / "_delta_log").glob("*.compacted.json"):
        compaction.unlink()
    assert versions() == with_compactions
    assert len(with_compactions[-1]) == 5 and len(set(map(str, with_compactions))) == 6


@pytest.mark.parametrize("name, code, kind, words", [
    ("deltalog-invalid-protocol-version", 10, "unsupported",
     ["version 99 of the Delta reader protocol", "1 to 3"]),
    ("versions-not-contiguous", 9, "corrupt",
     ["not contiguous", "00000000000000000001.json is missing"])])
def test_an_invalid_golden_table_is_refused_by_name(sluice, data_folder, tmp_path, name, code, kind,
                                                     words):
    table, _ = unpack(data_folder, name, tmp_path)
    target = tmp_path / "copy.duckdb"
    refused = sluice.run("migrate", f"delta:{table}", f"duckdb:{target}", "--json", check_code=code)
    error = refused.json["error"]
    assert error["kind"] == kind and error["hint"] and error["object"] == "delta"
    assert all(word in error["message"] for word in words), error
    assert not target.exists()


def test_a_file_that_was_removed_and_came_back_is_there_once(sluice, data_folder, tmp_path):
    table, _ = unpack(data_folder, "delete-re-add-same-file-different-transactions", tmp_path)
    listed = sluice.run("lake", "files", f"delta:{table}", "--json", check_code=0).json
    files = [file["path"].rsplit("/", 1)[1] for file in listed["tables"][0]["files"]]
    assert sorted(files) == ["bar", "foo"]
    refused = sluice.run("query", f"delta:{table}", "SELECT * FROM delta", "--json", check_code=3)
    assert "is not there" in refused.json["error"]["message"]


def test_a_log_of_300000_files_is_listed_whole(sluice, data_folder, tmp_path):
    table, _ = unpack(data_folder, "300k-add-files-100-col-partitioned", tmp_path)
    listed = sluice.run("lake", "files", f"delta:{table}", "--json", check_code=0).json
    assert listed["files"] == 300_000
    assert len({file["path"] for file in listed["tables"][0]["files"]}) == 300_000
