"""--if-exists append and merge: the table that is there stays as it is defined.

Definitions are compared as sqlite_master, pg_dump -s and DuckDB's own catalogue print them.
"""
import subprocess

import duckdb
import pytest

from support import items
from support import postgres as servers
from support.targets import DATABASES, make_target

COLUMNS = "id BIGINT, name VARCHAR, price DOUBLE, kind BIGINT"
OLD = [("1", "old one", "1.5", "1"), ("2", "old two", "2.5", "2")]
NEW = [("2", "new two", "20.25", "1"), ("30", "thirty", "30.0", None)]
ADDED = [("30", "thirty", "30.0", None), ("31", "thirty-one", "0.25", "2")]
MERGED = [OLD[0], *NEW]

SEED = {
    "sqlite": [
        "CREATE TABLE log (what TEXT)", "CREATE TABLE kind (id BIGINT PRIMARY KEY)",
        "CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, /* the name */ name TEXT "
        "NOT NULL DEFAULT 'x' COLLATE NOCASE, price DOUBLE CHECK (price < 1000), kind BIGINT "
        "REFERENCES kind (id) ON DELETE CASCADE, CONSTRAINT one_name UNIQUE (name))",
        "CREATE INDEX dear ON item (price) WHERE price > 2", "CREATE VIEW v AS SELECT * FROM item",
        "CREATE TRIGGER tell AFTER INSERT ON item BEGIN INSERT INTO log VALUES (new.name); END",
        "CREATE TRIGGER gone AFTER DELETE ON item BEGIN INSERT INTO log VALUES (old.name); END"],
    "duckdb": [
        "CREATE TABLE log (what VARCHAR)", "CREATE TABLE kind (id BIGINT PRIMARY KEY)",
        "CREATE TABLE item (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL DEFAULT 'x' UNIQUE, "
        "price DOUBLE CHECK (price < 1000), kind BIGINT REFERENCES kind (id), "
        "twice DOUBLE GENERATED ALWAYS AS (price * 2))",
        "CREATE INDEX dear ON item (price)", "COMMENT ON INDEX dear IS 'of the dear ones'",
        "CREATE VIEW v AS SELECT id FROM item", "COMMENT ON TABLE item IS 'things'",
        "COMMENT ON COLUMN item.name IS 'as shown'"],
    "postgres": [
        "CREATE TABLE log (what text)", "CREATE TABLE kind (id bigint PRIMARY KEY)",
        "CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL DEFAULT 'x' "
        "COLLATE \"C\" CONSTRAINT one_name UNIQUE, price double precision CHECK (price < 1000), "
        "kind bigint REFERENCES kind ON DELETE CASCADE, "
        "twice double precision GENERATED ALWAYS AS (price * 2) STORED)",
        "CREATE INDEX dear ON item (price) WHERE price > 2",
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO log VALUES (TG_NAME); RETURN NULL; END'",
        "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW "
        "EXECUTE FUNCTION tell()",
        "CREATE TRIGGER asleep AFTER INSERT ON item EXECUTE FUNCTION tell()",
        "ALTER TABLE item DISABLE TRIGGER asleep",
        "CREATE TRIGGER always AFTER INSERT ON item FOR EACH ROW EXECUTE FUNCTION tell()",
        "ALTER TABLE item ENABLE ALWAYS TRIGGER always",
        "CREATE VIEW v AS SELECT * FROM item", "COMMENT ON TABLE item IS 'things'",
        "COMMENT ON COLUMN item.name IS 'as shown'", "GRANT SELECT ON item TO secretive",
        "ALTER TABLE item ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON item USING (true)", "ALTER TABLE item ALTER price SET STATISTICS 7",
        "ALTER TABLE item REPLICA IDENTITY FULL"],
}


def values(rows):
    cells = [", ".join("NULL" if c is None else items.literal(c) for c in row) for row in rows]
    return ", ".join(f"({row})" for row in cells)


def make_source(path, rows, columns=COLUMNS, key="id"):
    key = f", PRIMARY KEY ({key})" if key else ""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE item ({columns}{key})")
        connection.execute(f"INSERT INTO item VALUES {values(rows)}")
    return f"duckdb:{path}"


@pytest.fixture
def target(request, postgres, tmp_path):
    target = make_target(request.param, tmp_path, postgres)
    target.execute(*SEED[target.kind])
    target.execute("INSERT INTO kind VALUES (1), (2)",
                   f"INSERT INTO item (id, name, price, kind) VALUES {values(OLD)}",
                   "DELETE FROM log")
    return target


def definition(target):
    """Everything that a user has said about the database's tables, the run's own left out."""
    if target.kind == "sqlite":
        return target.rows("SELECT rowid, * FROM (SELECT rowid, type, name, tbl_name, sql FROM "
                           "sqlite_master) WHERE tbl_name NOT LIKE 'sluice%' ORDER BY 1")
    if target.kind == "duckdb":
        return target.rows(
            "SELECT * FROM (SELECT sql, comment, table_name AS t FROM duckdb_tables() UNION ALL "
            "SELECT sql, comment, table_name FROM duckdb_indexes() UNION ALL SELECT sql, comment, "
            "view_name FROM duckdb_views() WHERE NOT internal UNION ALL SELECT table_name || "
            "column_name, comment, table_name FROM duckdb_columns() WHERE NOT internal) "
            "WHERE t NOT LIKE 'sluice%' ORDER BY ALL")
    done = subprocess.run(
        [servers.find_program("pg_dump"), "-s", "-N", "sluice*", "-h", target.server.host, "-p",
         str(target.server.port), "-U", servers.OWNER, "-d", target.database],
        capture_output=True, text=True, check=True)
    oid = target.rows("SELECT 'item'::regclass::oid::text")[0][0]
    lines = [line for line in done.stdout.splitlines() if not line.startswith("\\")]
    return oid + "\n".join(lines)


def rows_of(target):
    found = target.rows("SELECT id, name, price, kind FROM item ORDER BY id")
    return [(i, n, None if p is None else repr(float(p)), k) for i, n, p, k in found]


def migrate(sluice, source, target, choice, *more, check_code=0):
    return sluice.run("migrate", source, target.uri, "--if-exists", choice, "--json", *more,
                      check_code=check_code)


every_database = pytest.mark.parametrize("target", list(SEED), indirect=True)
CHOICES = {"append": (ADDED, [*OLD, *ADDED]), "merge": (NEW, MERGED)}


@pytest.mark.parametrize("choice", CHOICES)
@every_database
def test_the_definition_stays_and_rollback_restores_exactly(sluice, tmp_path, target, choice):
    incoming, expected = CHOICES[choice]
    source = make_source(tmp_path / "source.duckdb", incoming)
    before, defined = target.dump(), definition(target)
    assert migrate(sluice, source, target, choice).json["state"] == "done"
    assert definition(target) == defined
    assert rows_of(target) == expected
    assert target.rows("SELECT what FROM log") == []
    if target.kind != "duckdb":
        target.execute("INSERT INTO item (name) VALUES ('next')")
        assert target.rows("SELECT max(id) FROM item") == [
            (str(max(int(row[0]) for row in expected) + 1),)]
        target.execute("DELETE FROM item WHERE name = 'next'", "DELETE FROM log")
    steps = sluice.run("rollback", "last", "--dry-run", check_code=0).stdout
    assert "definition stays" in steps
    assert rows_of(target) == expected
    sluice.run("rollback", "last", check_code=0)
    assert target.dump() == before
    assert definition(target) == defined
    assert target.leftovers() == []


@pytest.mark.parametrize("choice", CHOICES)
@every_database
def test_forget_frees_the_copy_and_leaves_the_definition(sluice, tmp_path, target, choice):
    incoming, expected = CHOICES[choice]
    source = make_source(tmp_path / "source.duckdb", incoming)
    defined = definition(target)
    migrate(sluice, source, target, choice)
    sluice.run("forget", "last", check_code=0)
    assert target.leftovers() == []
    assert definition(target) == defined
    assert rows_of(target) == expected


# What a constraint of the target refuses: the row, what the message names, what mends the target.
REFUSED = {
    "unique": (("30", "old one", "1.0", None), ["name"], "UPDATE item SET name = 'y' WHERE id = 1"),
    "not null": (("30", None, "1.0", None), ["name", "30"], None),
    "check": (("30", "a", "5000.0", None), ["price", "30"], None),
    "foreign key": (("30", "a", "1.0", "9"), ["kind"], "INSERT INTO kind VALUES (9)"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("choice", CHOICES)
@every_database
def test_a_row_that_a_constraint_refuses_is_named_and_may_be_tried_again(
    sluice, tmp_path, target, choice, case
):
    row, named, mend = REFUSED[case]
    source = make_source(tmp_path / "source.duckdb", [row, ("40", "b", "1.0", "1")])
    before, old_rows = definition(target), rows_of(target)
    report = migrate(sluice, source, target, choice, check_code=6).json
    error = report["error"]
    assert error["kind"] == "conflict" and "item" in error["message"], error
    assert all(word in error["message"] for word in named), error
    assert f"sluice rollback {report['run']}" in error["hint"]
    assert f"sluice resume {report['run']}" in error["hint"]
    assert " RUN" not in error["hint"]
    assert rows_of(target) == old_rows and definition(target) == before
    if mend is None:
        sluice.run("rollback", report["run"], check_code=0)
        assert rows_of(target) == old_rows
        assert target.leftovers() == []
        return
    assert sluice.run("publish", report["run"], "--json").code == 6
    target.execute(mend)
    again = sluice.run("publish" if choice == "merge" else "resume", report["run"], "--json",
                       check_code=0).json
    assert again["state"] == "done"
    assert [r for r in rows_of(target) if int(r[0]) > 2] == [row, ("40", "b", "1.0", "1")]
    sluice.run("rollback", report["run"], check_code=0)
    assert len(rows_of(target)) == 2
    assert target.leftovers() == []


@pytest.mark.parametrize("rows, named", [
    ([("7", "twin", "1.0", None), ("8", "twin", "2.0", None)], ["2 rows", "(name) = (twin)"]),
    ([("7", None, "1.0", None), ("8", "other", "2.0", None)], ["NULL", "(name) = (NULL)"]),
])
@every_database
def test_a_merge_of_rows_without_a_key_of_their_own_is_refused(
    sluice, tmp_path, target, rows, named
):
    path = tmp_path / "source.duckdb"
    source = make_source(path, rows)
    before = target.dump()
    report = migrate(sluice, source, target, "merge", "--key", "name", check_code=6).json
    assert "item" in report["error"]["message"]
    assert all(word in report["error"]["message"] for word in named), report["error"]
    assert f"sluice rollback {report['run']}" in report["error"]["hint"]
    assert rows_of(target) == OLD
    make_source(path, [("7", "one", "1.0", None), ("8", "old one", "2.0", None)])
    sluice.run("resume", report["run"], "--json", check_code=0)
    assert rows_of(target) == [OLD[1], ("7", "one", "1.0", None), ("8", "old one", "2.0", None)]
    sluice.run("rollback", report["run"], check_code=0)
    assert target.dump() == before
    assert target.leftovers() == []


@pytest.mark.parametrize("choice", CHOICES)
@every_database
def test_tables_that_refer_to_each_other_get_their_rows_together(
    sluice, postgres, tmp_path, target, choice
):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE kind (id BIGINT PRIMARY KEY)")
        connection.execute("INSERT INTO kind VALUES (8), (9)")
        connection.execute(f"CREATE TABLE item ({COLUMNS}, PRIMARY KEY (id))")
        connection.execute(f"INSERT INTO item VALUES {values([('50', 'n', '1.0', '9')])}")
    before, defined = target.dump(), definition(target)
    migrate(sluice, f"duckdb:{path}", target, choice)
    assert rows_of(target) == [*OLD, ("50", "n", "1.0", "9")]
    assert target.rows("SELECT id FROM kind ORDER BY id") == [("1",), ("2",), ("8",), ("9",)]
    assert definition(target) == defined
    assert target.rows("SELECT what FROM log") == []
    sluice.run("rollback", "last", check_code=0)
    assert target.dump() == before
    assert target.leftovers() == []


def make_tables(path, *statements):
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return f"duckdb:{path}"


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("kind", DATABASES)
def test_a_table_that_refers_to_itself_gets_its_rows(sluice, postgres, tmp_path, kind, choice):
    target = make_target(kind, tmp_path, postgres)
    target.execute("CREATE TABLE n (id BIGINT PRIMARY KEY, up BIGINT REFERENCES n (id), v TEXT)",
                   "INSERT INTO n VALUES (1, NULL, 'a')", "INSERT INTO n VALUES (2, 1, 'b')")
    before = target.dump()
    changed = ", (2, 1, 'new')" if choice == "merge" else ""
    source = make_tables(
        tmp_path / "s.duckdb", "CREATE TABLE n (id BIGINT PRIMARY KEY, up BIGINT, v VARCHAR)",
        f"INSERT INTO n VALUES (10, 2, 'x'), (11, 10, 'y'){changed}")
    migrate(sluice, source, target, choice)
    assert target.rows("SELECT id, up, v FROM n ORDER BY id") == [
        ("1", None, "a"), ("2", "1", "new" if changed else "b"), ("10", "2", "x"),
        ("11", "10", "y")]
    sluice.run("rollback", "last", check_code=0)
    assert target.dump() == before
    assert target.leftovers() == []


@pytest.mark.parametrize("choice", CHOICES)
def test_tables_in_a_circle_of_deferred_keys_get_their_rows(sluice, postgres, tmp_path, choice):
    target = make_target("postgres", tmp_path, postgres)
    target.execute(
        "CREATE TABLE a (id bigint PRIMARY KEY, b bigint)",
        "CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a DEFERRABLE INITIALLY "
        "DEFERRED)", "ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b DEFERRABLE",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RAISE EXCEPTION ''fired''; END'",
        "INSERT INTO a VALUES (1, NULL)", "INSERT INTO b VALUES (1, 1)", "UPDATE a SET b = 1",
        "CREATE TRIGGER f AFTER INSERT OR DELETE OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER f AFTER TRUNCATE OR INSERT OR DELETE ON b EXECUTE FUNCTION f()")
    before = target.dump()
    source = make_tables(
        tmp_path / "s.duckdb", "CREATE TABLE a (id BIGINT PRIMARY KEY, b BIGINT)",
        "CREATE TABLE b (id BIGINT PRIMARY KEY, a BIGINT)", "INSERT INTO a VALUES (5, 5)",
        "INSERT INTO b VALUES (5, 5)")
    migrate(sluice, source, target, choice)
    assert target.rows("SELECT a.id, b.id FROM a JOIN b ON a.b = b.id AND b.a = a.id ORDER BY 1"
                       ) == [("1", "1"), ("5", "5")]
    sluice.run("rollback", "last", check_code=0)
    assert target.dump() == before
    assert target.leftovers() == []


@pytest.mark.parametrize("choice", CHOICES)
def test_sqlite_tables_of_other_kinds_get_their_rows(sluice, tmp_path, choice):
    target = make_target("sqlite", tmp_path)
    target.execute(
        "CREATE TABLE w (k TEXT PRIMARY KEY, v REAL) WITHOUT ROWID",
        "CREATE TABLE s (id INTEGER PRIMARY KEY, v TEXT, b BLOB) STRICT",
        "CREATE TABLE g (id INTEGER, v TEXT, l INTEGER GENERATED ALWAYS AS (length(v)) STORED)",
        "INSERT INTO w VALUES ('b', 1), ('a', 2.5)",
        "INSERT INTO s VALUES (5, 'x', x'00'), (3, NULL, NULL)", "INSERT INTO g VALUES (1, 'abc')")
    before = target.dump()
    source = make_tables(
        tmp_path / "s.duckdb", "CREATE TABLE w (k VARCHAR PRIMARY KEY, v DOUBLE)",
        "CREATE TABLE s (id BIGINT PRIMARY KEY, v VARCHAR, b BLOB)",
        "CREATE TABLE g (id BIGINT PRIMARY KEY, v VARCHAR)", "INSERT INTO w VALUES ('c', 3)",
        "INSERT INTO s VALUES (9, 'q', NULL)", "INSERT INTO g VALUES (2, 'defg')")
    migrate(sluice, source, target, choice)
    assert target.rows("SELECT k FROM w") == [("a",), ("b",), ("c",)]
    assert target.rows("SELECT id, typeof(b) FROM s") == [
        ("3", "null"), ("5", "blob"), ("9", "null")]
    assert target.rows("SELECT id, l FROM g") == [("1", "3"), ("2", "4")]
    sluice.run("rollback", "last", check_code=0)
    assert target.dump() == before
    assert target.leftovers() == []
