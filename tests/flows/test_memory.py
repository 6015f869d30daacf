"""Rows too wide for the memory that is allowed: the error says what can be given instead."""
import duckdb


def test_out_of_memory_names_both_bounds_and_resume_goes_on_with_more(sluice, tmp_path):
    source = tmp_path / "wide.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE TABLE t AS SELECT i, repeat(chr(97 + i::INT), 4000000) AS v "
                           "FROM range(12) r(i)")
    out = tmp_path / "out"
    report = sluice.run("migrate", f"duckdb:{source}", f"parquet:{out}", "--memory", "20MB",
                        "--batch-size", "5000", "--json", check_code=7).json
    assert report["error"]["kind"] == "limit"
    assert "\n" not in report["error"]["message"]
    hint = report["error"]["hint"]
    assert "--memory is 19.1 MiB" in hint and "--batch-size 5000 rows" in hint
    assert f"sluice resume {report['run']} --memory" in hint
    sluice.run("resume", report["run"], "--memory", "2GB", check_code=0)
    assert duckdb.sql(f"SELECT count(*), sum(len(v)) FROM read_parquet('{out}/t.parquet')"
                      ).fetchall() == [(12, 48000000)]
