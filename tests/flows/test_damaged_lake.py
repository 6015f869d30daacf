"""A lake one of whose files is cut short or gone: every command names the file and what to do."""
import pytest

from support.lakes import Lake

CODES = {"damaged": 9, "gone": 3}
COMMANDS = {
    "query": lambda lake, copy, tmp: ["query", lake.uri, "select sum(id) from t"],
    "export": lambda lake, copy, tmp: ["export", lake.uri, tmp / "out", "--format", "csv"],
    "verify": lambda lake, copy, tmp: ["verify", lake.uri, copy],
    "diff": lambda lake, copy, tmp: ["lake", "diff", lake.uri, "--since", 0],
    "compact": lambda lake, copy, tmp: ["lake", "compact", lake.uri],
    "connect": lambda lake, copy, tmp: ["connect", "dbt", lake.uri],
    "backup": lambda lake, copy, tmp: ["backup", "create", lake.uri],
}


def make(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (id BIGINT)", "INSERT INTO t SELECT i FROM range(4000) r(i)",
             "CREATE TABLE u AS SELECT i FROM range(3000) r(i)",
             "DELETE FROM t WHERE id % 2 = 0")
    copy = f"duckdb:{tmp_path / 'copy.duckdb'}"
    sluice.run("migrate", lake.uri, copy, check_code=0)
    return lake, copy


def harm(path, how):
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:300])


@pytest.mark.parametrize("how", CODES)
@pytest.mark.parametrize("which", ["data", "deletions"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_file_is_named_with_what_to_do(sluice, tmp_path, command, which, how):
    lake, copy = make(sluice, tmp_path)
    files = list((lake.data / "main" / "t").glob("*.parquet"))
    [file] = [f for f in files if f.name.endswith("-delete.parquet") == (which == "deletions")]
    harm(file, how)
    refused = sluice.run(*COMMANDS[command](lake, copy, tmp_path), check_code=CODES[how])
    assert file.name in refused.stderr and str(lake.data) in refused.stderr
    assert "LINE 1" not in refused.stderr and "Error:" not in refused.stderr
    if command != "backup" or how == "damaged":
        assert "sluice lake fsck" in refused.stderr and "backup" in refused.stderr


def test_a_sound_table_of_such_a_lake_is_read(sluice, tmp_path):
    lake, _ = make(sluice, tmp_path)
    for file in (lake.data / "main" / "t").glob("*.parquet"):
        harm(file, "damaged")
    rows = sluice.run("query", lake.uri, "select count(*) n from u", "--json", check_code=0).json
    assert rows == [{"n": 3000}]
