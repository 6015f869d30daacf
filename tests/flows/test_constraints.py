"""Constraints and the like are carried or stand in the plan's findings, by the object's name."""
import sqlite3

import duckdb
import pytest

from support.targets import make_target

POSTGRES = [
    "CREATE ROLE reader_{n}",
    "CREATE DOMAIN positive AS int CONSTRAINT above_zero CHECK (VALUE > 0)",
    "CREATE SEQUENCE lonely",
    """CREATE TABLE parent (id int GENERATED ALWAYS AS IDENTITY (INCREMENT BY 5) PRIMARY KEY,
         code text COLLATE "C" NOT NULL, amount positive,
         code_size int GENERATED ALWAYS AS (length(code)) STORED,
         CONSTRAINT code_once UNIQUE NULLS NOT DISTINCT (amount),
         CONSTRAINT code_late UNIQUE (code) DEFERRABLE,
         CONSTRAINT no_overlap EXCLUDE USING btree (code WITH =))""",
    """CREATE TABLE child (id int PRIMARY KEY, parent_id int, other_id int,
         CONSTRAINT to_parent FOREIGN KEY (parent_id) REFERENCES parent (id)
           ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
         CONSTRAINT to_other FOREIGN KEY (other_id) REFERENCES parent (id) MATCH FULL)""",
    "CREATE INDEX by_desc ON child (parent_id DESC)",
    "CREATE INDEX by_nulls ON child (parent_id NULLS FIRST, other_id)",
    "CREATE INDEX by_included ON child (parent_id) INCLUDE (other_id)",
    'CREATE INDEX by_collation ON parent (code COLLATE "POSIX")',
    "CREATE INDEX by_expression ON parent (lower(code))",
    "CREATE INDEX by_part ON child (other_id) WHERE other_id > 5",
    "CREATE INDEX by_hash ON child USING hash (other_id)",
    "CREATE INDEX by_plain ON child (other_id)",
    "ALTER TABLE parent ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON parent USING (true)",
    "GRANT SELECT ON parent TO reader_{n}",
    "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER on_child BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION nothing()",
    "CREATE TABLE heir (extra int) INHERITS (child)",
    "CREATE TABLE measured (at int, v int) PARTITION BY RANGE (at)",
    "CREATE TABLE measured_1 PARTITION OF measured FOR VALUES FROM (0) TO (10)",
    "INSERT INTO parent (code, amount) VALUES ('a', 1), ('b', 2)",
    "INSERT INTO child VALUES (1, 1, 6)",
]

# kind, object of it, what the message names; in a plan from PostgreSQL to any system.
ALWAYS = [
    ("domain_not_carried", "parent", "above_zero"),
    ("sequence_not_carried", "lonely", "lonely"),
    ("identity_always_not_carried", "parent", "id"),
    ("collation_not_carried", "parent", "code"),
    ("generated_not_carried", "parent.code_size", ""),
    ("nulls_not_distinct_not_carried", "parent", "code_once"),
    ("deferrable_not_carried", "parent", "code_late"),
    ("exclusion_not_carried", "parent", "no_overlap"),
    ("match_full_not_carried", "child", "to_other"),
    ("row_security_not_carried", "parent", "parent"),
    ("policy_not_carried", "parent", "mine"),
    ("grants_not_carried", "parent", "reader_"),
    ("trigger_not_carried", "child", "on_child"),
    ("inheritance_not_carried", "heir", "child"),
    ("partitions_not_carried", "measured", ""),
]
ELSEWHERE = [
    ("index_simplified", "child.by_desc", "DESC"),
    ("index_simplified", "child.by_nulls", "NULLS FIRST"),
    ("index_simplified", "child.by_included", "INCLUDE"),
    ("index_simplified", "parent.by_collation", "POSIX"),
    ("index_not_carried", "parent.by_expression", "lower(code)"),
    ("index_not_carried", "child.by_part", "WHERE"),
    ("index_not_carried", "child.by_hash", "hash"),
]
ONLY_DUCKDB = [
    ("foreign_key_action_not_carried", "child", "ON DELETE CASCADE"),
    ("foreign_key_action_not_carried", "child", "ON UPDATE SET NULL"),
    ("deferrable_not_carried", "child", "to_parent"),
]
NO_INDEXES = [("index_not_carried", f"child.{name}", name)
              for name in ("by_desc", "by_nulls", "by_included", "by_part", "by_hash", "by_plain")]
NO_KEYS = [("foreign_key_not_carried", "child", "parent"), ("key_not_carried", "parent", "id"),
           ("not_null_not_carried", "parent", "code"), ("identity_not_carried", "parent.id", "id")]
BY_FIVES = [("increment_not_carried", "parent.id", "5")]

BY_TARGET = {"postgres": BY_FIVES, "sqlite": ELSEWHERE + BY_FIVES,
             "duckdb": ELSEWHERE + ONLY_DUCKDB + BY_FIVES,
             "parquet": NO_INDEXES + NO_KEYS}


def check(findings, expected):
    missing = [
        wanted for wanted in expected
        if not any(found["kind"] == wanted[0] and wanted[1] in found["object"]
                   and wanted[2] in found["message"] for found in findings)
    ]
    assert not missing, findings


@pytest.fixture
def source(postgres):
    database = postgres.new_database()
    sql = ";\n".join(POSTGRES).replace("{n}", database.name)
    postgres.psql(database.name, sql)
    yield database
    postgres.psql(database.name, f"DROP OWNED BY reader_{database.name}; "
                                 f"DROP ROLE reader_{database.name}")


@pytest.mark.parametrize("kind", BY_TARGET)
def test_what_postgres_has_and_the_target_will_not_is_a_finding(
    sluice, postgres, tmp_path, source, kind
):
    target = make_target(kind, tmp_path, postgres)
    arguments = [source.uri, target.uri, "--exclude", "measured_1"]
    findings = sluice.run("plan", *arguments, "--json", check_code=0).json["findings"]
    check(findings, ALWAYS + BY_TARGET[kind])
    text = sluice.run("plan", *arguments, check_code=0).stdout
    for _, _, named in ALWAYS + BY_TARGET[kind]:
        assert named in text
    assert not any("by_plain" in found["object"] for found in findings if kind != "parquet")


def test_postgres_to_postgres_carries_indexes_and_deferrable_keys_as_they_are(
    sluice, postgres, tmp_path, source
):
    target = make_target("postgres", tmp_path, postgres)
    sluice.run("migrate", source.uri, target.uri, "--table", "parent", "--table", "child",
               check_code=0)
    indexes = ("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE "
               "'by_%' ORDER BY 1")
    expected = postgres.psql(source.name, indexes)
    assert postgres.psql(target.database, indexes) == expected
    assert "by_desc" in expected and "INCLUDE" in expected and "WHERE" in expected
    keys = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'to_parent'"
    assert postgres.psql(target.database, keys) == (
        "FOREIGN KEY (parent_id) REFERENCES parent(id) ON UPDATE SET NULL ON DELETE CASCADE "
        "DEFERRABLE INITIALLY DEFERRED")


SQLITE = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE, size INTEGER);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id)
    ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX by_desc ON child (parent_id DESC);
CREATE INDEX by_case ON parent (code COLLATE NOCASE);
CREATE INDEX by_part ON parent (size) WHERE size > 5;
CREATE INDEX by_expression ON parent (lower(code));
CREATE INDEX by_plain ON parent (size);
INSERT INTO parent VALUES (1, 'a', 3), (2, 'b', 9);
INSERT INTO child VALUES (1, 1);
"""


@pytest.fixture
def sqlite_source(tmp_path):
    path = tmp_path / "source.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(SQLITE)
    connection.close()
    return f"sqlite:{path}"


def test_what_sqlite_has_and_duckdb_will_not_is_a_finding(sluice, tmp_path, sqlite_source):
    target = make_target("duckdb", tmp_path)
    findings = sluice.run("plan", sqlite_source, target.uri, "--json", check_code=0).json
    check(findings["findings"], [
        ("foreign_key_action_not_carried", "child", "ON DELETE CASCADE"),
        ("deferrable_not_carried", "child", "DEFERRABLE INITIALLY DEFERRED"),
        ("conflict_clause_not_carried", "parent", "ON CONFLICT"),
        ("index_simplified", "by_desc", "DESC"), ("index_simplified", "by_case", "NOCASE"),
        ("index_not_carried", "by_part", "WHERE"), ("index_not_carried", "by_expression", "lower")])


def test_sqlite_to_sqlite_carries_indexes_and_deferrable_keys_as_they_are(
    sluice, tmp_path, sqlite_source
):
    target = make_target("sqlite", tmp_path)
    sluice.run("migrate", sqlite_source, target.uri, check_code=0)
    definitions = dict(target.rows("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND "
                                   "sql IS NOT NULL"))
    for name, body in {"by_desc": "(parent_id DESC)", "by_case": "(code COLLATE NOCASE)",
                       "by_part": "(size) WHERE size > 5",
                       "by_expression": "(lower(code))"}.items():
        assert definitions[name].endswith(body)
    child, = target.rows("SELECT sql FROM sqlite_master WHERE name = 'child'")
    assert "ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED" in child[0]


def test_what_duckdb_has_and_sqlite_will_not_is_a_finding(sluice, tmp_path):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SEQUENCE lonely; CREATE TABLE t (id INTEGER PRIMARY KEY, "
                           "word VARCHAR COLLATE NOCASE, size INTEGER); "
                           "CREATE INDEX by_expression ON t (lower(word))")
    target = make_target("sqlite", tmp_path)
    findings = sluice.run("plan", f"duckdb:{path}", target.uri, "--json", check_code=0).json
    check(findings["findings"], [("sequence_not_carried", "lonely", "lonely"),
                                 ("collation_not_carried", "t", "word"),
                                 ("index_not_carried", "t.by_expression", "by_expression")])


OLD = {
    "sqlite": ["CREATE TRIGGER old_trigger AFTER INSERT ON item BEGIN SELECT 1; END"],
    "duckdb": ["COMMENT ON TABLE item IS 'old comment'"],
    "postgres": ["COMMENT ON TABLE item IS 'old comment'"],
}


@pytest.fixture
def new_item(tmp_path):
    path = tmp_path / "new.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE item AS SELECT 1::BIGINT AS id")
    return f"duckdb:{path}"


@pytest.mark.parametrize("kind", OLD)
def test_a_dry_run_of_a_replacement_names_what_goes_away_with_the_old_table(
    sluice, postgres, tmp_path, new_item, kind
):
    target = make_target(kind, tmp_path, postgres)
    target.execute("CREATE TABLE item (id BIGINT, word TEXT CHECK (word <> ''))",
                   "CREATE INDEX old_index ON item (word)", *OLD[kind])
    if kind != "postgres":
        target.execute("CREATE VIEW old_view AS SELECT word FROM item")
    findings = sluice.run("migrate", new_item, target.uri, "--if-exists", "replace", "--dry-run",
                          "--json", check_code=0).json["findings"]
    check(findings, [("replaced_away", "item", 'column "word"'),
                     ("replaced_away", "item", 'index "old_index"'),
                     ("replaced_away", "item", "check"),
                     ("replaced_away", "item", "old_trigger" if kind == "sqlite" else
                      "old comment")])
    if kind != "postgres":
        check(findings, [("replaced_under", "old_view", '"word"')])


BLOCKING = {
    "view public.dear": "CREATE VIEW dear AS SELECT id FROM item",
    'foreign key "to_item"':
        "CREATE TABLE sale (item_id bigint CONSTRAINT to_item REFERENCES item)",
    'trigger "on_item"': "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
                         "RETURN NEW; END'; CREATE TRIGGER on_item BEFORE INSERT ON item FOR EACH "
                         "ROW EXECUTE FUNCTION nothing()",
}


@pytest.mark.parametrize("named", BLOCKING)
@pytest.mark.parametrize("command", [["plan"], ["migrate", "--dry-run"], ["migrate"]])
def test_what_does_not_let_postgres_replace_a_table_is_told_when_planning(
    sluice, postgres, tmp_path, new_item, named, command
):
    target = make_target("postgres", tmp_path, postgres)
    target.execute("CREATE TABLE item (id bigint PRIMARY KEY)", BLOCKING[named])
    result = sluice.run(*command, new_item, target.uri, "--if-exists", "replace", "--json",
                        check_code=6)
    assert named in result.json["error"]["message"]
    assert sluice.run("runs", "--json", check_code=0).json["runs"] == []


def test_a_foreign_key_that_does_not_let_duckdb_replace_a_table_is_told_when_planning(
    sluice, tmp_path, new_item
):
    target = make_target("duckdb", tmp_path)
    target.execute("CREATE TABLE item (id BIGINT PRIMARY KEY)",
                   "CREATE TABLE sale (item_id BIGINT REFERENCES item (id))")
    result = sluice.run("plan", new_item, target.uri, "--if-exists", "replace", "--json",
                        check_code=6)
    assert "main.sale" in result.json["error"]["message"]
