"""--on-bad-row reject: the rows that stay out, their file, and what tells of them."""
import csv

import duckdb
import pytest

from support.targets import make_target


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "bad.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE notes (id BIGINT, note VARCHAR)")
        connection.execute("INSERT INTO notes VALUES (1, 'good'), (2, 'nul' || chr(0)), (3, NULL)")
    return f"duckdb:{path}"


@pytest.fixture
def target(tmp_path, postgres):
    return make_target("postgres", tmp_path, postgres)


def rejected_files(sluice):
    folder = sluice.state / "rejects"
    return sorted(p for p in folder.rglob("*") if p.is_file()) if folder.exists() else []


def check_rejected(sluice, report):
    assert report["error"]["kind"] == "mismatch" and "1 row" in report["error"]["message"]
    table, = report["tables"]
    assert (table["rows_source"], table["rows_target"], table["rows_rejected"]) == (2, 2, 1)
    file, = rejected_files(sluice)
    assert str(file.parent) in report["error"]["hint"]
    assert any(str(file) in note for note in report["notes"])
    with file.open(newline="") as lines:
        assert [row["id"] for row in csv.DictReader(lines)] == ["2"]


def test_report_and_status_go_on_telling_of_rejected_rows(sluice, target, source):
    arguments = [source, target.uri, "--on-bad-row", "reject", "--json"]
    check_rejected(sluice, sluice.run("migrate", *arguments, check_code=5).json)
    check_rejected(sluice, sluice.run("report", "last", "--json", check_code=0).json)
    text = sluice.run("report", "last", check_code=0).stdout
    assert "1 row" in text and str(rejected_files(sluice)[0]) in text
    assert target.rows("SELECT id FROM notes ORDER BY 1") == [("1",), ("3",)]


def test_a_run_that_is_published_later_has_its_rejected_rows_on_disk_before(sluice, target, source):
    arguments = [source, target.uri, "--on-bad-row", "reject", "--no-publish", "--json"]
    check_rejected(sluice, sluice.run("migrate", *arguments, check_code=5).json)
    check_rejected(sluice, sluice.run("publish", "last", "--json", check_code=5).json)
    assert target.rows("SELECT id FROM notes ORDER BY 1") == [("1",), ("3",)]


@pytest.mark.parametrize("command", ["rollback", "forget"])
def test_the_files_go_with_the_run(sluice, target, source, command):
    arguments = [source, target.uri, "--on-bad-row", "reject"]
    sluice.run("migrate", *arguments, check_code=5)
    result = sluice.run(command, "last", "--json", check_code=0).json
    assert "remove the rejected rows of this run" in result["steps"]
    assert rejected_files(sluice) == []


def test_a_run_without_bad_rows_is_done(sluice, target, source):
    with duckdb.connect(source.removeprefix("duckdb:")) as connection:
        connection.execute("DELETE FROM notes WHERE id = 2")
    report = sluice.run("migrate", source, target.uri, "--on-bad-row", "reject", "--json",
                        check_code=0).json
    assert report["tables"][0]["rows_rejected"] == 0
    assert rejected_files(sluice) == []


def test_a_table_whose_name_is_no_file_name_can_have_rejected_rows(sluice, target, source):
    with duckdb.connect(source.removeprefix("duckdb:")) as connection:
        connection.execute('ALTER TABLE notes RENAME TO "a/b"')
    sluice.run("migrate", source, target.uri, "--on-bad-row", "reject", check_code=5)
    file, = rejected_files(sluice)
    assert file.name == "main.a%2Fb.csv"


def test_the_text_report_counts_rejected_rows_as_rows_of_the_source(sluice, target, source):
    with duckdb.connect(source.removeprefix("duckdb:")) as connection:
        connection.execute("UPDATE notes SET note = chr(0) WHERE id = 3")
    text = sluice.run("migrate", source, target.uri, "--on-bad-row", "reject", check_code=5).stdout
    [row] = [line.split() for line in text.splitlines() if line.startswith("public.notes ")]
    assert row[1:4] == ["3", "2", "1"]
    assert "1 of 1 tables match, 1 rows, 2 rejected" in text and "\u2713 1 of 1" not in text
    assert "main.notes.note: strip_nul (rows rejected)" in text
