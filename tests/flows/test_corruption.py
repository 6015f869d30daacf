"""A copy with as many rows as its source and other content: verify finds it, names the rows."""
import duckdb
import pytest

from support.targets import DATABASES, make_target

ROWS = 200_000
SHIFTED = 25_000

GENERATE = f"""
CREATE TABLE measured AS SELECT i AS id, hash(i) % 1000003 AS reading,
  'sensor ' || (i % 977) AS sensor,
  CASE WHEN i % 10 = 0 THEN NULL WHEN i % 10 = 1 THEN '' ELSE 'note ' || i END AS note
FROM range({ROWS}) t(i);
ALTER TABLE measured ALTER id SET DATA TYPE BIGINT;
ALTER TABLE measured ALTER reading SET DATA TYPE BIGINT;
ALTER TABLE measured ALTER id SET NOT NULL;
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("corruption") / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(GENERATE)
        connection.execute("ALTER TABLE measured ADD PRIMARY KEY (id)")
        connection.execute("CREATE TABLE keyless AS SELECT i % 100 AS a, 'x' || (i % 7) AS b "
                           "FROM range(5000) t(i)")
    return path


@pytest.fixture(params=DATABASES)
def copy(request, sluice, postgres, tmp_path, source):
    """A good copy, verified."""
    target = make_target(request.param, tmp_path, postgres)
    sluice.run("migrate", f"duckdb:{source}", target.uri, check_code=0)
    sluice.run("verify", f"duckdb:{source}", target.uri, check_code=0)
    return target


def assert_found(sluice, source, target, table="measured"):
    """verify by content exits 5, and by counts says what it can: same. Returns the rows' report."""
    uri = f"duckdb:{source}"
    content = sluice.run("verify", uri, target.uri, "--table", table, "--json", check_code=5).json
    assert content["state"] == "differs"
    counts = sluice.run("verify", uri, target.uri, "--table", table, "--level", "counts", "--json",
                        check_code=0).json
    assert counts["state"] == "same"
    rows = sluice.run("verify", uri, target.uri, "--table", table, "--level", "rows", "--limit",
                      1_000_000, "--json", check_code=5).json
    assert rows["state"] == "differs"
    return rows["tables"][0]["differences"]


def by_id(differences):
    return {int(difference["key"]["id"]): difference for difference in differences}


def original(source, *ids):
    with duckdb.connect(str(source), read_only=True) as connection:
        marks = ", ".join(map(str, ids))
        return dict(connection.execute(
            f"SELECT id, reading FROM measured WHERE id IN ({marks})").fetchall())


def test_one_changed_cell_is_found_and_its_row_named_with_both_values(sluice, source, copy):
    copy.execute("UPDATE measured SET reading = -1 WHERE id = 123457")
    found = by_id(assert_found(sluice, source, copy))
    assert set(found) == {123457}
    difference = found[123457]
    assert difference["side"] == "both"
    assert int(difference["source"]["reading"]) == original(source, 123457)[123457]
    assert int(difference["target"]["reading"]) == -1
    text = sluice.run("verify", f"duckdb:{source}", copy.uri, "--level", "rows", check_code=5)
    assert "123457" in text.stdout and "-1" in text.stdout


def test_two_rows_swapped_between_keys_are_found_and_both_named(sluice, source, copy):
    values = original(source, 1000, 150_000)
    assert values[1000] != values[150_000]
    copy.execute(f"UPDATE measured SET reading = {values[150_000]} WHERE id = 1000",
                 f"UPDATE measured SET reading = {values[1000]} WHERE id = 150000")
    found = by_id(assert_found(sluice, source, copy))
    assert set(found) == {1000, 150_000}
    assert int(found[1000]["source"]["reading"]) == values[1000]
    assert int(found[1000]["target"]["reading"]) == values[150_000]
    assert int(found[150_000]["target"]["reading"]) == values[1000]


def test_a_batch_shifted_by_25000_rows_is_found_and_every_row_named(sluice, source, copy):
    first, last = 50_000, 50_000 + SHIFTED
    shifted = f"o.id = measured.id + {SHIFTED}"
    within = f"measured.id >= {first} AND measured.id < {last}"
    update = (f"UPDATE measured SET reading = o.reading FROM old_readings o "
              f"WHERE {shifted} AND {within}")
    if copy.kind == "mysql":
        update = (f"UPDATE measured JOIN old_readings o ON {shifted} "
                  f"SET measured.reading = o.reading WHERE {within}")
    copy.execute("CREATE TABLE old_readings (id BIGINT PRIMARY KEY, reading BIGINT)",
                 "INSERT INTO old_readings SELECT id, reading FROM measured", update,
                 "DROP TABLE old_readings")
    with duckdb.connect(str(source), read_only=True) as connection:
        wanted = {row[0] for row in connection.execute(
            f"SELECT a.id FROM measured a JOIN measured b ON b.id = a.id + {SHIFTED} "
            f"WHERE a.id >= {first} AND a.id < {last} AND a.reading <> b.reading").fetchall()}
    found = by_id(assert_found(sluice, source, copy))
    assert len(wanted) > SHIFTED * 0.99
    assert set(found) == wanted


def test_an_empty_text_in_place_of_null_is_found(sluice, source, copy):
    copy.execute("UPDATE measured SET note = '' WHERE id = 20",
                 "UPDATE measured SET note = NULL WHERE id = 31")
    found = by_id(assert_found(sluice, source, copy))
    assert set(found) == {20, 31}
    assert found[20]["source"]["note"] is None and found[20]["target"]["note"] == ""
    assert found[31]["source"]["note"] == "" and found[31]["target"]["note"] is None


def test_a_duplicate_that_replaces_another_row_of_a_table_without_key_is_found(sluice, source,
                                                                               copy):
    one = "UPDATE keyless SET a = 11, b = 'x4' WHERE a = 10 AND b = 'x3' LIMIT 1"
    if copy.kind != "mysql":
        row_id = {"sqlite": "rowid", "duckdb": "rowid", "postgres": "ctid"}[copy.kind]
        one = (f"UPDATE keyless SET a = 11, b = 'x4' WHERE {row_id} = "
               f"(SELECT min({row_id}) FROM keyless WHERE a = 10 AND b = 'x3')")
    copy.execute(one)
    with duckdb.connect(str(source), read_only=True) as connection:
        counted = connection.execute(
            "SELECT a, count(*) FROM keyless WHERE (a, b) IN ((10, 'x3'), (11, 'x4')) GROUP BY 1"
        ).fetchall()
        assert all(count > 1 for _, count in counted), "both rows have twins: sets are equal"
    differences = assert_found(sluice, source, copy, "keyless")
    sides = {(d["side"], int((d["source"] or d["target"])["a"])) for d in differences}
    assert sides == {("source", 10), ("target", 11)}


def test_the_limit_bounds_the_rows_that_are_named(sluice, source, copy):
    copy.execute("UPDATE measured SET reading = -7 WHERE id < 500")
    result = sluice.run("verify", f"duckdb:{source}", copy.uri, "--table", "measured", "--level",
                        "rows", "--limit", 10, "--json", check_code=5).json
    assert len(result["tables"][0]["differences"]) == 10


def test_rows_that_one_side_lacks_are_named_with_their_side(sluice, source, copy):
    copy.execute("DELETE FROM measured WHERE id = 77",
                 "INSERT INTO measured (id, reading, sensor, note) VALUES (900000, 1, 's', 'n')")
    result = sluice.run("verify", f"duckdb:{source}", copy.uri, "--table", "measured", "--level",
                        "rows", "--json", check_code=5).json
    sides = {(d["side"], int(d["key"]["id"])) for d in result["tables"][0]["differences"]}
    assert sides == {("source", 77), ("target", 900000)}
