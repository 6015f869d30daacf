"""What stays of a run: runs, status, report in its four formats, the certificate."""
import json
import os
import pathlib
import re

import duckdb
import pytest

from support import items
from support.targets import KINDS, make_target

FORMATS = ["text", "json", "md", "html"]


@pytest.fixture
def done(sluice, tmp_path):
    """(sluice, target, report) of a finished run into SQLite."""
    target = make_target("sqlite", tmp_path)
    source = items.make_source(tmp_path / "source.duckdb")
    report = sluice.run("migrate", source, target.uri, "--json", check_code=0).json
    return sluice, target, report


def test_runs_and_status_show_the_run_as_done(done):
    sluice, _, report = done
    for command in (["runs"], ["status"], ["status", report["run"]], ["status",
                                                                      report["run"][:12]]):
        text = sluice.run(*command, check_code=0).stdout
        assert report["run"] in text and "done" in text
        assert report["run"] in json.dumps(sluice.run(*command, "--json", check_code=0).json)
    assert sluice.run("status", "01NOSUCHRUN", "--json").code == 3


def test_runs_of_an_empty_state_are_none_and_make_no_state(sluice):
    assert sluice.run("runs", "--json", check_code=0).json is not None
    assert not sluice.state.exists()
    assert sluice.run("resume", "last", "--json").code == 3
    assert sluice.run("rollback", "last", "--json").code == 3


def test_json_of_migrate_has_the_documented_fields(done):
    _, _, report = done
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", report["run"])
    assert set(report) >= {"run", "state", "source", "target", "started_at", "seconds", "tables",
                           "certificate", "error"}
    assert report["error"] is None
    table, = report["tables"]
    assert set(table) >= {"source", "target", "rows_source", "rows_target", "digest_source",
                          "digest_target", "verified", "bytes", "seconds", "losses"}
    assert table["rows_source"] == table["rows_target"] == 3
    assert re.fullmatch(r"[0-9a-f]{32}", table["digest_source"])


@pytest.mark.parametrize("form", FORMATS)
def test_the_report_in_each_format_names_tables_and_rows(done, form, tmp_path):
    sluice, _, report = done
    printed = sluice.run("report", report["run"], "--format", form, check_code=0).stdout
    assert "item" in printed and report["run"] in printed
    file = tmp_path / f"report.{form}"
    sluice.run("report", "last", "--format", form, "--out", file, check_code=0)
    assert "item" in file.read_text()
    if form == "json":
        again = json.loads(file.read_text())
        for field in ("run", "state", "source", "target", "started_at", "tables", "certificate"):
            assert again[field] == report[field]
    if form == "html":
        text = file.read_text()
        assert "<table" in text
        assert not re.search(r"(src|href)\s*=\s*[\"']?https?:", text), "not self-contained"


def test_the_page_of_a_run_of_many_chunks_has_a_chart(sluice, tmp_path):
    source = tmp_path / "big.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE TABLE big AS SELECT i AS id, md5(i::VARCHAR) AS word "
                           "FROM range(100000) t(i)")
    target = make_target("sqlite", tmp_path)
    sluice.run("migrate", f"duckdb:{source}", target.uri, "--batch-size", 10_000, check_code=0)
    page = sluice.run("report", "last", "--format", "html", check_code=0).stdout
    assert "<svg" in page and "rows" in page


@pytest.mark.parametrize("kind", KINDS)
def test_a_certificate_verifies_the_target_until_the_target_changes(
    sluice, postgres, tmp_path, kind
):
    target = make_target(kind, tmp_path, postgres)
    source = items.make_source(tmp_path / "source.duckdb")
    report = sluice.run("migrate", source, target.uri, "--json", check_code=0).json
    result = sluice.run("verify", "--certificate", report["certificate"], "--json", check_code=0)
    assert result.json["state"] == "same"
    if kind == "parquet":
        target.execute("CREATE TABLE item AS SELECT 1::BIGINT AS id, 'x' AS name, "
                       "1::DOUBLE AS price")
        for file in (target.path / "item").glob("*"):
            file.unlink()
    else:
        target.execute("UPDATE item SET name = 'tampered' WHERE id = 3")
    result = sluice.run("verify", "--certificate", report["certificate"], "--json", check_code=5)
    assert result.json["state"] == "differs"


def test_a_certificate_with_any_byte_changed_is_corrupt(done, tmp_path):
    sluice, _, report = done
    original = pathlib.Path(report["certificate"]).read_bytes()
    copy = tmp_path / "copy.jsonl"
    step = max(1, len(original) // 25)
    for at in range(0, len(original), step):
        changed = bytearray(original)
        changed[at] ^= 1
        copy.write_bytes(changed)
        result = sluice.run("verify", "--certificate", copy, "--json")
        assert result.code == 9, f"byte {at} changed: {result}"
    for cut in (original[:-1], original[:len(original) // 2], b"", original + original[-200:]):
        copy.write_bytes(cut)
        assert sluice.run("verify", "--certificate", copy, "--json").code == 9


def test_help_runs_and_status_answer_without_the_engine(done, tmp_path):
    sluice, _, _ = done
    (tmp_path / "one.csv").write_text("a\n1\n")
    with_engine = pages_touched(sluice, ["inspect", f"csv:{tmp_path / 'one.csv'}"])
    for command in (["--help"], ["migrate", "--help"], ["runs"], ["status"]):
        pages = pages_touched(sluice, command)
        assert pages < with_engine / 2, f"{command}: {pages}, with the engine {with_engine}"


def pages_touched(sluice, command):
    """The page faults of a command: the engine's start alone causes most of them."""
    process = sluice.start(*command)
    process.stdout.read()
    process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command}: exit code {process.returncode}"
    return used.ru_minflt


def test_json_is_one_object_also_for_errors(sluice, tmp_path):
    for command in (["migrate", "duckdb:/no/such.duckdb", f"sqlite:{tmp_path}/t.sqlite"],
                    ["no-such-command"], ["migrate", "--no-such-option"], ["query", "x", "SELECT"]):
        result = sluice.run(*command, "--json")
        assert result.code in (2, 3), result
        assert result.json["error"]["kind"] in ("invalid", "not_found")
        assert result.json["error"]["message"]
