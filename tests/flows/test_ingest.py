"""Rows of files, streams and URLs into a DuckLake; judges: DuckDB's extension and literals."""
import gzip
import http.server
import json
import threading

import pytest

from support.lakes import Lake

REJECTED, CORRUPT, NOT_FOUND, UNSUPPORTED = 5, 9, 3, 10


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def any_lake(request, postgres, tmp_path):
    return Lake(tmp_path, request.param, postgres)


def write(sluice, name, *lines):
    path = sluice.folder / name
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def ingest(sluice, lake, *args, code=0, stdin=None, env=None):
    result = sluice.run("ingest", lake.uri, "--table", "t", *args, "--json", stdin=stdin, env=env,
                        check_code=code)
    return result.json


def counts(report):
    return {name: report[name] for name in (
        "rows_read", "inserted", "duplicates_in_batch", "duplicates_in_table", "conflicting",
        "rejected")}


def rejects(report):
    with open(report["rejects_file"], encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


ROWS = ['{"id": 1, "name": "a", "v": 1.5}', '{"id": 2, "name": null}']
EXPECTED = [("1", "a", "1.5"), ("2", None, None)]


def test_objects_a_line_make_the_lake_and_the_table(sluice, lake):
    report = ingest(sluice, lake, "--key", "id", write(sluice, "a.ndjson", *ROWS))
    assert counts(report) == {"rows_read": 2, "inserted": 2, "duplicates_in_batch": 0,
                              "duplicates_in_table": 0, "conflicting": 0, "rejected": 0}
    assert [(c["name"], c["type"], c["origin"]) for c in report["types"]] == [
        ("id", "int64", "inferred"), ("name", "text", "inferred"), ("v", "float64", "inferred")]
    assert report["snapshot"] == 1
    lake.data = lake.catalog.parent / "lake.sqlite.files"
    assert lake.rows("FROM t") == EXPECTED


@pytest.mark.parametrize("text", [
    "[" + ",\n ".join(ROWS) + "]", json.dumps(json.loads(ROWS[0]), indent=2) + "\n" + ROWS[1],
    "\ufeff" + "\n\n".join(ROWS)], ids=["array", "objects over lines", "mark and blank lines"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_form_of_json(sluice, lake, text, packed):
    lake.run("CREATE TABLE t (id INTEGER, name VARCHAR, v DOUBLE)")
    path = sluice.folder / ("a.json.gz" if packed else "a.json")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    ingest(sluice, lake, "--key", "id", path)
    assert lake.rows("FROM t") == EXPECTED


def test_csv_with_quotes_and_empty_fields(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, name VARCHAR, v DOUBLE)")
    ingest(sluice, lake, "--key", "id", write(
        sluice, "a.csv", "id;name;v", '1;"a ""b"";\nc";1.5', '2;"";', "3;;2"))
    assert lake.rows("FROM t") == [
        ("1", 'a "b";\nc', "1.5"), ("2", "", None), ("3", None, "2.0")]


def test_standard_input(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, name VARCHAR, v DOUBLE)")
    ingest(sluice, lake, "--key", "id", "-", stdin="\n".join(ROWS))
    assert lake.rows("FROM t") == EXPECTED


def test_a_folder_is_read_in_the_order_of_its_names(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, name VARCHAR)")
    folder = sluice.folder / "in"
    folder.mkdir()
    (folder / "b.ndjson").write_text('{"id": 1, "name": "second"}\n')
    (folder / "a.ndjson").write_text('{"id": 1, "name": "first"}\n')
    (folder / "c.csv").write_text("id,name\n2,csv\n")
    (folder / "notes.txt").write_text("not a table")
    report = ingest(sluice, lake, "--key", "id", folder)
    assert counts(report)["conflicting"] == 1
    assert lake.rows("FROM t") == [("1", "first"), ("2", "csv")]


@pytest.fixture
def server():
    """Answers 500 to the first request of a path, then its rows; /none is never there."""
    class Handler(http.server.BaseHTTPRequestHandler):
        seen = set()

        def do_GET(self):
            is_first = self.path not in self.seen
            self.seen.add(self.path)
            status = 404 if self.path == "/none" else 500 if is_first else 200
            self.send_response(status)
            self.end_headers()
            if status == 200:
                self.wfile.write("\n".join(ROWS).encode())

        def log_message(self, *_):
            pass

    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_a_url_is_tried_again_after_a_failure_that_passes(sluice, lake, server):
    lake.run("CREATE TABLE t (id INTEGER, name VARCHAR, v DOUBLE)")
    ingest(sluice, lake, "--key", "id", f"{server}/rows?token=hidden-value")
    assert lake.rows("FROM t") == EXPECTED
    error = ingest(sluice, lake, "--key", "id", f"{server}/none", code=NOT_FOUND)["error"]
    assert "404" in error["message"]


TYPED = ("id BIGINT, i SMALLINT, u UTINYINT, d DECIMAL(6,2), f DOUBLE, b BOOLEAN, dt DATE, "
         "ts TIMESTAMP, tz TIMESTAMPTZ, uid UUID, l INTEGER[], s STRUCT(a VARCHAR, b DOUBLE)")


def test_values_of_each_type_arrive_as_they_are(sluice, lake):
    lake.run(f"CREATE TABLE t ({TYPED})")
    ingest(sluice, lake, "--key", "id", write(
        sluice, "a.ndjson",
        '{"id": 9223372036854775807, "i": -32768, "u": "255", "d": 1234.50, "f": 1e-3, "b": true, '
        '"dt": "2024-02-29", "ts": "2024-02-29T23:59:59.999999", "tz": '
        '"2026-01-01T09:00:00.5+09:00", "uid": "F7744206-1ac4-404e-9cb9-9a830834aa99", '
        '"l": [1, null, 3], "s": {"b": 2.5, "a": "\\u00e4\\ud83d\\ude00"}}', '{"id": 2, "i": 1.0}'))
    assert lake.rows("FROM t") == [
        ("2", "1", *[None] * 10),
        ("9223372036854775807", "-32768", "255", "1234.50", "0.001", "true", "2024-02-29",
         "2024-02-29 23:59:59.999999", "2026-01-01 00:00:00.5+00",
         "f7744206-1ac4-404e-9cb9-9a830834aa99", "[1, NULL, 3]", "{'a': ä😀, 'b': 2.5}")]


@pytest.mark.parametrize("fields, reason", [
    ('"i": 1.5', "not a whole number"), ('"i": 32768', "out of range"), ('"u": -1', "out of range"),
    ('"d": 1.005', "digits behind the point"), ('"d": 10000', "out of range"),
    ('"f": 9007199254740993', "more digits"), ('"b": "maybe"', "neither true nor false"),
    ('"dt": "2023-02-29"', "no date"), ('"dt": "2023-02-28T12:00:00"', "time of day"),
    ('"ts": "2024-01-01T25:00:00"', "no time"),
    ('"ts": "2024-01-01T00:00:00.0000001"', "finer"), ('"l": [1, 2.5]', "not a whole number"),
    ('"s": {"c": 1}', "is not in"), ('"i": 1, "i": 2', "stands twice"), ('"i": 01', "no JSON"),
    ('"uid": "x"', "no UUID")])
def test_a_value_that_a_type_cannot_hold_rejects_its_row(sluice, lake, fields, reason):
    lake.run(f"CREATE TABLE t ({TYPED})")
    bad = '{"id": 2, ' + fields + "}"
    report = ingest(sluice, lake, "--key", "id", write(
        sluice, "a.ndjson", '{"id": 1}', bad, '{"id": 3}'), code=REJECTED)
    assert [row[0] for row in lake.rows("FROM t")] == ["1", "3"]
    [reject] = rejects(report)
    assert reason in reject["reason"]
    assert (reject["line"], reject["raw"], reject["input"]) == (
        2, bad, str(sluice.folder / "a.ndjson"))


def test_a_row_without_its_key_and_a_broken_line_are_rejected(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, name VARCHAR)")
    report = ingest(sluice, lake, "--key", "id", write(
        sluice, "a.ndjson", '{"name": "x"}', '{"id": 1, "name": "good"}', '{"id": 2', "garbage",
        '{"id": null}'), code=REJECTED)
    assert counts(report)["rejected"] == 4
    assert [reject["line"] for reject in rejects(report)] == [1, 3, 4, 5]
    assert lake.rows("FROM t") == [("1", "good")]


def test_a_broken_file_is_rejected_by_name_and_others_go_on(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER)")
    broken = write(sluice, "a.json", '[{"id": 1}, {"id": 2}')
    cut = sluice.folder / "b.json.gz"
    cut.write_bytes(gzip.compress(b'{"id": 3}\n' * 1000)[:-9])
    twice = write(sluice, "c.csv", "id,ID", "1,2")
    good = write(sluice, "d.json", '{"id": 4}')
    report = ingest(sluice, lake, "--key", "id", broken, cut, twice, good, code=REJECTED)
    assert [item["input"] for item in report["broken_inputs"]] == [str(broken), str(cut),
                                                                   str(twice)]
    assert lake.rows("FROM t") == [("4",)]
    assert ingest(sluice, lake, "--key", "id", broken, code=CORRUPT)["error"]["kind"] == "corrupt"


MAP = """
[columns.id]
type = "int64"
[columns.lat]
type = "float64"
path = "location.lat"
[columns.seen]
type = "timestamptz"
zone = "Europe/Berlin"
"""


def test_a_map_gives_types_paths_and_zones(sluice, lake):
    rules = write(sluice, "map.toml", MAP)
    report = ingest(sluice, lake, "--key", "id", "--map", rules, write(
        sluice, "a.ndjson", '{"id": 1, "location": {"lat": 1.25}, "seen": "2026-07-01T12:00:00"}',
        '{"id": 2, "seen": "2026-01-01T12:00:00", "more": 1}',
        '{"id": 3, "seen": "2026-01-01T12:00:00Z"}', '{"id": 4, "seen": "2026-03-29T02:30:00"}'),
        code=REJECTED)
    lake.data = lake.catalog.parent / "lake.sqlite.files"
    assert lake.rows("FROM t") == [
        ("1", "1.25", "2026-07-01 10:00:00+00"), ("2", None, "2026-01-01 11:00:00+00"),
        ("3", None, "2026-01-01 12:00:00+00")]
    assert "skipped" in rejects(report)[0]["reason"]
    assert any("more" in note for note in report["notes"])


def test_duplicates_are_counted_recorded_and_told_apart(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, k VARCHAR, v DOUBLE)",
             "CALL lake.set_option('data_inlining_row_limit', 0)",
             "INSERT INTO t VALUES (1, 'a', 1), (2, 'a', 2)",
             "INSERT INTO t SELECT i, 'far', 0 FROM range(1000, 2000) r(i)",
             "CALL lake.set_option('data_inlining_row_limit', 10)",
             "INSERT INTO t VALUES (5, 'inlined', 5)", "DELETE FROM t WHERE id = 2")
    path = write(sluice, "a.ndjson", '{"id": 1, "k": "a", "v": 1}', '{"id": 1, "k": "b", "v": 1}',
                 '{"id": 5, "k": "inlined", "v": 6}', '{"id": 2, "k": "a", "v": 7}',
                 '{"id": 1, "k": "b", "v": 1}', '{"id": 1, "k": "b", "v": null}')
    report = ingest(sluice, lake, "--key", "id,k", path)
    assert counts(report) == {"rows_read": 6, "inserted": 2, "duplicates_in_batch": 2,
                              "duplicates_in_table": 2, "conflicting": 2, "rejected": 0}
    assert lake.rows("FROM t WHERE id < 1000") == [
        ("1", "a", "1.0"), ("1", "b", "1.0"), ("2", "a", "7.0"), ("5", "inlined", "5.0")]
    with lake.connect(read_only=True) as judge:
        dropped = judge.execute(
            "SELECT id, k, v, sluice_line, sluice_found_in, sluice_conflicting FROM "
            f"'{report['dropped_file']}' ORDER BY sluice_line").fetchall()
    assert dropped == [(1, "a", 1.0, 1, "table", False), (5, "inlined", 6.0, 3, "table", True),
                       (1, "b", 1.0, 5, "batch", False), (1, "b", None, 6, "batch", True)]
    again = ingest(sluice, lake, "--key", "id,k", path)
    assert (again["inserted"], again["snapshot"]) == (0, None)


def test_dropped_rows_are_listed_and_restored(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, v VARCHAR)",
             "INSERT INTO t VALUES (1, 'there'), (2, 'x')")
    batch = ingest(sluice, lake, "--key", "id", write(
        sluice, "a.ndjson", '{"id": 1, "v": "other"}', '{"id": 2, "v": "x"}'))["batch"]
    [listed] = sluice.run("ingest", lake.uri, "--table", "t", "--dropped", "--json",
                          check_code=0).json["batches"]
    assert (listed["batch"], listed["duplicates_in_table"], listed["conflicting"]) == (batch, 2, 1)
    lake.run("DELETE FROM t WHERE id = 2")
    report = ingest(sluice, lake, "--key", "id", "--restore", batch)
    assert (report["inserted"], report["duplicates_in_table"], report["conflicting"]) == (1, 1, 1)
    assert lake.rows("FROM t") == [("1", "there"), ("2", "x")]


def test_restored_rows_take_the_place_of_others_only_by_force(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER, v VARCHAR)", "INSERT INTO t VALUES (3, 'inlined')",
             "INSERT INTO t SELECT i, 'file' FROM range(10, 40) r(i)",
             "DELETE FROM t WHERE id = 12")
    batch = ingest(sluice, lake, "--key", "id", write(
        sluice, "a.ndjson", '{"id": 3, "v": "new"}', '{"id": 11, "v": "new"}',
        '{"id": 13, "v": "file"}'))["batch"]
    report = ingest(sluice, lake, "--key", "id", "--restore", batch, "--force")
    assert (report["inserted"], report["replaced"]) == (2, 2)
    assert lake.rows("FROM t WHERE id < 14") == [
        ("10", "file"), ("11", "new"), ("13", "file"), ("3", "new")]
    assert lake.rows("SELECT count(*) FROM t") == [("30",)]


def write_mixed(folder):
    """Rows of which some are doubled, other than the first of their key, wrong or in a table."""
    folder.mkdir()
    (folder / "b.json").write_text('[{"id": 1, "k": "a", "v": 1}, {"id":')
    with open(folder / "a.ndjson", "w", encoding="utf-8") as out:
        for i in range(120_000):
            key = i % 100_000
            value = "wrong" if key % 1000 == 999 else key % 7 + (i >= 100_000 and key % 3 == 0)
            out.write(json.dumps({"id": key, "k": f"key {key % 11}", "v": value,
                                  "text": "x" * 100}) + "\n")
    packed = gzip.compress((folder / "a.ndjson").read_bytes())
    (folder / "c.ndjson.gz").write_bytes(packed)
    return folder


def mixed_result(sluice, folder, inputs, memory):
    lake = Lake(folder)
    lake.run("CREATE TABLE t (id INTEGER, k VARCHAR, v INTEGER, text VARCHAR)",
             "INSERT INTO t SELECT i, 'key ' || i % 11, i % 7, repeat('x', 100) FROM range(50) "
             "r(i)",
             "INSERT INTO t SELECT i, 'key ' || i % 11, 9, '' FROM range(50, 70) r(i)")
    report = ingest(sluice, lake, "--key", "id,k", "--memory", memory, *inputs, code=REJECTED)
    with lake.connect(read_only=True) as judge:
        dropped = judge.execute(f"SELECT * FROM '{report['dropped_file']}' ORDER BY ALL").fetchall()
        rows = judge.execute("SELECT * FROM lake.t ORDER BY ALL").fetchall()
    return counts(report), rejects(report), dropped, rows


def test_rows_that_fit_into_memory_and_others_fare_alike(sluice, tmp_path):
    folder = write_mixed(tmp_path / "in")
    inputs = [folder / "a.ndjson", folder / "b.json"]
    found = {}
    for memory in ("2GB", "64MB"):
        place = tmp_path / memory
        place.mkdir()
        found[memory] = mixed_result(sluice, place, inputs, memory)
    assert found["2GB"] == found["64MB"]
    numbers, rejected, dropped, rows = found["2GB"]
    # 100 keys are wrong both times; the 50 + 20 rows of the table are met twice.
    assert numbers == {"rows_read": 120_000, "inserted": 99_830, "duplicates_in_batch": 19_980,
                       "duplicates_in_table": 70, "conflicting": 6_680, "rejected": 120}
    assert len(rejected) == 121 and len(dropped) == 20_050 and len(rows) == 99_900


def test_rows_that_turn_out_too_many_for_memory_are_read_once(sluice, tmp_path):
    folder = write_mixed(tmp_path / "in")
    packed = folder / "c.ndjson.gz"
    assert packed.stat().st_size * 8 < (64 << 20) / 4 < (folder / "a.ndjson").stat().st_size
    found = []
    for memory, name in (("64MB", packed), ("2GB", folder / "a.ndjson")):
        place = tmp_path / memory
        place.mkdir()
        numbers, rejected, dropped, rows = mixed_result(sluice, place, [name], memory)
        found.append((numbers, len(rejected), len(dropped), rows))
    assert found[0] == found[1]


def test_without_a_key_every_row_is_added(sluice, lake):
    lake.run("CREATE TABLE t (id INTEGER)")
    path = write(sluice, "a.ndjson", '{"id": 1}', '{"id": 1}')
    assert any("--key" in note for note in ingest(sluice, lake, path)["notes"])
    ingest(sluice, lake, path)
    assert lake.rows("SELECT count(*) FROM t") == [("4",)]


def test_processes_at_once_bring_each_key_once(sluice, any_lake):
    any_lake.run("CREATE TABLE t (id INTEGER, v INTEGER)")
    started = []
    for worker in range(4):
        path = write(sluice, f"{worker}.ndjson", *(
            json.dumps({"id": i, "v": i}) for i in range(worker * 100, worker * 100 + 300)))
        started.append(sluice.start("ingest", any_lake.uri, "--table", "t", "--key", "id",
                                    path, "--json"))
    reports = []
    for process in started:
        out, err = process.communicate()
        assert process.returncode == 0, out + err
        reports.append(json.loads(out))
    assert sum(report["inserted"] for report in reports) == 600
    assert any_lake.rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM t") == [
        ("600", "600", "0", "599")]


def test_processes_at_once_make_one_lake_and_one_table(sluice, any_lake):
    any_lake.uri += f"?data_path={any_lake.data}"
    path = write(sluice, "a.ndjson", *(json.dumps({"id": i}) for i in range(50)))
    started = [sluice.start("ingest", any_lake.uri, "--table", "t", "--key", "id", path)
               for _ in range(4)]
    for process in started:
        out, err = process.communicate()
        assert process.returncode == 0, out + err
    assert any_lake.rows("SELECT count(*), count(DISTINCT id) FROM t") == [("50", "50")]


@pytest.mark.parametrize("key", [["--key", "id"], []], ids=["key", "no key"])
def test_a_batch_that_died_anywhere_is_run_again(sluice, lake, key):
    lake.run("CREATE TABLE t (id INTEGER, v VARCHAR)")
    expected = []
    for point in range(1, 40):
        path = write(sluice, f"{point}.ndjson", *(
            json.dumps({"id": point * 10 + i, "v": f"row {i}"}) for i in range(3)))
        expected += [(str(point * 10 + i), f"row {i}") for i in range(3)]
        died = sluice.run("ingest", lake.uri, "--table", "t", *key, path,
                          env={"SLUICE_CRASH_AT": point}).code == -9
        if died:
            ingest(sluice, lake, *key, path)
        assert lake.rows("FROM t") == sorted(expected, key=str), f"crash point {point}"
        if not died:
            break
    assert point > 6
    with lake.connect(read_only=True) as judge:
        named = {row[0] for row in judge.execute(
            "SELECT data_file FROM ducklake_list_files('lake', 't')").fetchall()}
    there = {str(path) for path in lake.data.rglob("*") if path.is_file()}
    assert there == named


def test_other_kinds_of_targets_are_refused(sluice, tmp_path):
    path = write(sluice, "a.ndjson", '{"id": 1}')
    result = sluice.run("ingest", f"duckdb:{tmp_path}/x.duckdb", "--table", "t", path)
    assert result.code == UNSUPPORTED and "DuckLakes only" in result.stderr
    assert sluice.run("ingest", f"ducklake:sqlite:{tmp_path}/x.sqlite", "--table", "t",
                      "nothing.json").code == NOT_FOUND


def test_a_timer_is_printed_and_nothing_is_done(sluice, lake):
    text = sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", "--every", "15m",
                      "--install-timer", "https://example.org/rows.json", check_code=0).stdout
    assert "OnUnitActiveSec=900s" in text and "*/15 * * * *" in text
    assert "--key id" in text and "--every" not in text
    assert not lake.catalog.exists()


@pytest.mark.parametrize("typed,schema,table", [
    ("my ops.t", "my ops", "t"), ("ünï.t", "ünï", "t"), ("o'p.t", "o'p", "t"),
    ('"main"."t""2 x"', "main", 't"2 x'), ('"a.b"."c"', "a.b", "c"), ("a.b.c", "a", "b.c"),
    ('"t.u"', "main", "t.u"), ('say "a".b', 'say "a"', "b")])
def test_schemas_and_tables_with_any_name(sluice, any_lake, typed, schema, table):
    any_lake.run("CREATE TABLE before (id INT)")
    path = write(sluice, "a.ndjson", '{"id": 1}')
    for _ in range(2):
        sluice.run("ingest", any_lake.uri, "--table", typed, path, check_code=0)
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, table))
    assert any_lake.rows(f"FROM {quoted}") == [("1",), ("1",)]
    found = sluice.run("query", any_lake.uri, f"SELECT count(*) AS n FROM {quoted}", "--json",
                       check_code=0).json
    assert found == [{"n": 2}]
    sluice.run("lake", "fsck", any_lake.uri, check_code=0)


def test_tables_with_columns_that_no_record_fills(sluice, any_lake):
    any_lake.run("CREATE TABLE t (id BIGINT, m MAP(VARCHAR, INT), s STRUCT(a INT, m MAP(INT, "
                 "INT)), i INTERVAL, b BLOB, tt TIMETZ)",
                 "INSERT INTO t SELECT i, map(['k'], [i]), {'a': i, 'm': map([i], [i])}, "
                 "to_days(i::INT), 'x'::BLOB, '11:00:00+00' FROM range(30) r(i)")
    path = write(sluice, "a.ndjson", '{"id": 29}', '{"id": 30}', '{"id": 30}')
    report = ingest(sluice, any_lake, "--key", "id", path)
    assert counts(report)["inserted"] == 1
    assert counts(report)["conflicting"] == 1
    assert any_lake.rows("FROM t WHERE id >= 29") == [
        ("29", "{k=29}", "{'a': 29, 'm': {29=29}}", "29 days", "x", "11:00:00+00"),
        ("30", None, None, None, None, None)]
    ingest(sluice, any_lake, write(sluice, "b.ndjson", '{"id": 31, "m": {"k": 1}}'), code=REJECTED)


def test_a_lake_whose_folder_is_missing_is_not_written_to(sluice, lake):
    path = write(sluice, "a.ndjson", '{"id": 1}')
    lake.run("CREATE TABLE t (id BIGINT)", "INSERT INTO t SELECT range FROM range(30)")
    lake.data.rename(lake.data.parent / "moved")
    for words in (["ingest", lake.uri, "--table", "t", path], ["lake", "compact", lake.uri],
                  ["lake", "expire", lake.uri, "--keep", "1", "--orphans"]):
        refused = sluice.run(*words, check_code=NOT_FOUND)
        assert "there is no such folder" in refused.stderr and str(lake.data) in refused.stderr
        assert not lake.data.exists()
    (lake.data.parent / "moved").rename(lake.data)
    ingest(sluice, lake, path)
    assert len(lake.rows("FROM t")) == 31
