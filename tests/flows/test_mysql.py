"""MariaDB as a source and a target: keys and references, tables that stay, what is refused."""
import hashlib

import pytest

from support import mariadb, store
from support.compare import assert_same_tables
from support.targets import DuckdbTarget, MysqlTarget, PostgresTarget, SqliteTarget

STORE = {
    "artist": [("artist_id", "BIGINT"), ("name", "VARCHAR")],
    "album": [("album_id", "BIGINT"), ("title", "VARCHAR"), ("artist_id", "BIGINT")],
    "track": [("track_id", "BIGINT"), ("name", "VARCHAR"), ("album_id", "BIGINT"),
              ("milliseconds", "BIGINT"), ("unit_price", "DECIMAL(10,2)")],
    "employee": [("employee_id", "BIGINT"), ("last_name", "VARCHAR"), ("reports_to", "BIGINT"),
                 ("birth_date", "TIMESTAMP"), ("email", "VARCHAR")],
    "invoice": [("invoice_id", "BIGINT"), ("customer_id", "BIGINT"), ("invoice_date", "TIMESTAMP"),
                ("total", "DECIMAL(10,2)")],
    "playlist_track": [("playlist_id", "BIGINT"), ("track_id", "BIGINT")],
}
REFERENCES = [
    ("album", "artist_id", "artist", "artist_id"),
    ("customer", "support_rep_id", "employee", "employee_id"),
    ("employee", "reports_to", "employee", "employee_id"),
    ("invoice", "customer_id", "customer", "customer_id"),
    ("playlist_track", "playlist_id", "playlist", "playlist_id"),
    ("playlist_track", "track_id", "track", "track_id"),
    ("track", "album_id", "album", "album_id"),
]


def references(target):
    return target.rows(
        "SELECT table_name, column_name, referenced_table_name, referenced_column_name "
        "FROM information_schema.key_column_usage WHERE table_schema = DATABASE() "
        "AND referenced_table_name IS NOT NULL AND table_name NOT LIKE 'sluice%' ORDER BY 1, 2")


def primary_key(target, table):
    return [row[0] for row in target.rows(
        "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() "
        f"AND table_name = '{table}' AND index_name = 'PRIMARY' ORDER BY seq_in_index")]


@pytest.fixture
def filled(sluice, tmp_path):
    """A store in SQLite, and moved to MariaDB."""
    first = SqliteTarget(tmp_path)
    store.make_store(first.path)
    target = MysqlTarget()
    sluice.run("migrate", first.uri, target.uri, "--batch-size", 300, check_code=0)
    return first, target


def test_a_store_keeps_rows_keys_and_references_through_mariadb(sluice, judge, filled, tmp_path,
                                                                postgres):
    first, target = filled
    assert_same_tables(judge, first, target, STORE)
    assert references(target) == REFERENCES
    assert primary_key(target, "playlist_track") == ["playlist_id", "track_id"]
    assert target.rows("SELECT delete_rule FROM information_schema.referential_constraints WHERE "
                       "constraint_schema = DATABASE() AND table_name = 'album'") == [("CASCADE",)]
    assert target.rows("SELECT column_name FROM information_schema.statistics WHERE table_schema = "
                       "DATABASE() AND index_name = 'invoice_customer_date' ORDER BY seq_in_index"
                       ) == [("customer_id",), ("invoice_date",)]
    another = MysqlTarget()
    sluice.run("migrate", target.uri, another.uri, "--verify", "independent", check_code=0)
    assert_same_tables(judge, first, another, STORE)
    assert references(another) == REFERENCES
    (tmp_path / "lake").mkdir()
    in_duckdb = DuckdbTarget(tmp_path / "lake")
    sluice.run("migrate", another.uri, in_duckdb.uri, check_code=0)
    assert_same_tables(judge, first, in_duckdb, STORE)
    in_postgres = PostgresTarget(postgres)
    sluice.run("migrate", target.uri, in_postgres.uri, "--batch-size", 300, check_code=0)
    assert_same_tables(judge, first, in_postgres, STORE)
    assert in_postgres.rows("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == [
        (str(len(REFERENCES)),)]


def test_a_replaced_store_comes_back_by_rollback_with_its_references(sluice, filled, tmp_path):
    first, target = filled
    sluice.run("forget", "last", check_code=0)
    before = target.dump()
    (tmp_path / "other").mkdir()
    other = SqliteTarget(tmp_path / "other")
    store.make_store(other.path, scale=50, seed=9)
    sluice.run("migrate", other.uri, target.uri, "--if-exists", "replace", check_code=0)
    assert references(target) == REFERENCES
    assert target.rows("SELECT count(*) FROM artist") == [("50",)]
    sluice.run("rollback", "last", check_code=0)
    assert target.dump() == before
    assert target.leftovers() == []


def make_family(target):
    target.execute(
        "CREATE TABLE parent (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20) CHARACTER SET "
        "latin1 NOT NULL DEFAULT 'x' COMMENT 'it''s', made timestamp(3) NULL DEFAULT "
        "CURRENT_TIMESTAMP(3), UNIQUE KEY by_name (name), CHECK (name <> 'zz'))",
        "CREATE TABLE child (id int PRIMARY KEY, parent_id int, CONSTRAINT of_parent FOREIGN KEY "
        "(parent_id) REFERENCES parent (id) ON DELETE CASCADE)",
        "INSERT INTO parent (id, name) VALUES (1, 'Müller'), (2, 'b')",
        "INSERT INTO child VALUES (10, 1), (11, NULL)")


def definitions(target):
    return [target.rows(f"SHOW CREATE TABLE {name}") for name in ("parent", "child")]


def family_source(tmp_path, parents, children):
    source = SqliteTarget(tmp_path)
    source.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT, made TIMESTAMP)",
                   "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER)",
                   *[f"INSERT INTO parent VALUES {row}" for row in parents],
                   *[f"INSERT INTO child VALUES {row}" for row in children])
    return source


@pytest.fixture
def family():
    target = MysqlTarget()
    make_family(target)
    return target


MAPPED = {
    "parent": "SELECT CAST(id AS INTEGER) AS id, name, "
              "CAST(made AS TIMESTAMPTZ) AS made FROM parent",
    "child": "SELECT CAST(id AS INTEGER) AS id, CAST(parent_id AS INTEGER) AS parent_id FROM child",
}


def add(sluice, source, target, choice, *options, check_code=0):
    words = []
    for name, sql in MAPPED.items():
        (sluice.folder / f"{name}.sql").write_text(sql)
        words += ["--map", sluice.folder / f"{name}.sql"]
    return sluice.run("migrate", source.uri, target.uri, "--if-exists", choice, "--json", *words,
                      *options, check_code=check_code)


def test_append_adds_rows_to_the_table_that_is_there(sluice, family, tmp_path):
    before, tables = family.dump(), definitions(family)
    source = family_source(tmp_path, ["(5, 'c', NULL)"], ["(12, 5)", "(13, 2)"])
    add(sluice, source, family, "append")
    assert family.rows("SELECT * FROM child ORDER BY id") == [
        ("10", "1"), ("11", None), ("12", "5"), ("13", "2")]
    after = [(name, text.replace("AUTO_INCREMENT=6", "AUTO_INCREMENT=3"))
             for (name, text), in definitions(family)]
    assert after == [(name, text) for (name, text), in tables]
    sluice.run("rollback", "last", check_code=0)
    assert family.rows("SELECT count(*) FROM parent") == [("2",)]
    assert family.dump() == before
    assert family.leftovers() == []


def test_an_append_that_a_reference_refuses_changes_nothing(sluice, family, tmp_path):
    before = family.dump()
    source = family_source(tmp_path, ["(5, 'c', NULL)"], ["(12, 77)"])
    result = add(sluice, source, family, "append", check_code=6)
    assert "of_parent" in result.json["error"]["message"]
    assert family.rows("SELECT count(*) FROM parent") == [("2",)]
    sluice.run("rollback", "last", check_code=0)
    assert family.dump() == before
    assert family.leftovers() == []


def test_an_append_of_a_value_that_the_column_cannot_hold_is_refused(sluice, family, tmp_path):
    source = family_source(tmp_path, ["(5, '中', NULL)"], ["(12, 5)"])
    result = add(sluice, source, family, "append", check_code=4)
    assert "name" in result.json["error"]["message"]
    assert family.rows("SELECT count(*) FROM parent") == [("2",)]


@pytest.mark.parametrize("rows", [["(1, 'a', NULL)", "(2, 'a', NULL)"], ["(1, NULL, NULL)"]])
def test_a_merge_key_that_is_no_key_is_refused(sluice, tmp_path, rows):
    target = MysqlTarget()
    target.execute("CREATE TABLE parent (id int, name varchar(20), made timestamp(6) NULL)",
                   "CREATE TABLE child (id int, parent_id int)",
                   "INSERT INTO parent VALUES (9, 'z', NULL)")
    source = family_source(tmp_path, rows, ["(1, 1)"])
    result = sluice.run("migrate", source.uri, target.uri, "--if-exists", "merge", "--key", "name",
                        "--json", "--map", mapped(sluice, "parent"), check_code=6)
    assert "parent" in result.json["error"]["message"] and "name" in result.json["error"]["message"]
    assert target.rows("SELECT id FROM parent") == [("9",)]


def mapped(sluice, name):
    (sluice.folder / f"{name}.sql").write_text(MAPPED[name])
    return sluice.folder / f"{name}.sql"


@pytest.mark.parametrize("statement, word", [
    ("CREATE TABLE outside (id int PRIMARY KEY, FOREIGN KEY (id) REFERENCES parent (id))",
     "outside"),
    ("CREATE TRIGGER watch BEFORE INSERT ON parent FOR EACH ROW SET NEW.name = 'y'", "watch")])
def test_what_depends_on_a_replaced_table_is_a_conflict_that_names_it(sluice, family, tmp_path,
                                                                      statement, word):
    family.execute(statement)
    before = family.dump()
    source = family_source(tmp_path, ["(5, 'c', NULL)"], ["(12, 5)"])
    result = add(sluice, source, family, "replace", check_code=6)
    assert word in result.json["error"]["message"]
    assert family.dump() == before


def test_what_is_not_carried_is_a_finding(sluice, family, tmp_path):
    family.execute(
        "CREATE VIEW names AS SELECT name FROM parent",
        "CREATE TRIGGER watch BEFORE INSERT ON parent FOR EACH ROW SET NEW.name = 'y'",
        "CREATE FUNCTION one() RETURNS int DETERMINISTIC RETURN 1",
        "CREATE TABLE words (id int PRIMARY KEY, word text, hidden int INVISIBLE, twice int "
        "GENERATED ALWAYS AS (id * 2) STORED, changed datetime ON UPDATE CURRENT_TIMESTAMP, "
        "FULLTEXT KEY by_word (word), KEY beginning (word(5)))",
        "CREATE TABLE loose (id int) ENGINE = MyISAM")
    plan = sluice.run("plan", family.uri, f"duckdb:{tmp_path}/t.duckdb", "--json",
                      check_code=0).json
    found = {(finding["kind"], finding["object"]) for finding in plan["findings"]}
    assert {("view_not_carried", "names"), ("trigger_not_carried", "parent"),
            ("routine_not_carried", "one"), ("index_not_carried", "words.by_word"),
            ("index_not_carried", "words.beginning"), ("generated_not_carried", "words.twice"),
            ("on_update_not_carried", "words.changed"), ("visibility_not_carried", "words.hidden"),
            ("no_snapshot", "loose")} <= found


def test_hidden_and_computed_columns_are_moved(sluice, tmp_path):
    source = MysqlTarget()
    source.execute("CREATE TABLE t (id int PRIMARY KEY, hidden int INVISIBLE DEFAULT 5, twice int "
                   "GENERATED ALWAYS AS (id * 2) VIRTUAL)", "INSERT INTO t (id) VALUES (1), (2)")
    target = DuckdbTarget(tmp_path)
    sluice.run("migrate", source.uri, target.uri, "--verify", "independent", check_code=0)
    assert target.rows("SELECT id, hidden, twice FROM t ORDER BY id") == [
        ("1", "5", "2"), ("2", "5", "4")]


KEYS = {
    "text": ("varchar(20) COLLATE utf8mb4_general_ci", "concat(char(65 + n % 26, 97 + n % 26), n)"),
    "bytes": ("binary(4)", "unhex(lpad(hex(n * 7919 % 100000), 8, '0'))"),
    "negative": ("bigint", "(cast(n AS signed) - 3000) * 1000003"),
    "decimal": ("decimal(20,3)", "n / 8"),
    "moment": ("datetime(6)", "'2024-01-01' + INTERVAL n * 37 SECOND"),
    "float": ("double", "n / 3"),
}


@pytest.mark.parametrize("case", KEYS)
def test_ranges_of_every_kind_of_key_cover_each_row_once(sluice, tmp_path, case):
    kind, value = KEYS[case]
    source = MysqlTarget()
    source.execute(f"CREATE TABLE t (k {kind}, n int, PRIMARY KEY (k, n))",
                   f"INSERT INTO t SELECT {value}, n FROM (SELECT seq AS n FROM seq_0_to_5999) s")
    target = DuckdbTarget(tmp_path)
    report = sluice.run("migrate", source.uri, target.uri, "--batch-size", 1000, "--json",
                        "--verify", "independent", check_code=0).json
    assert target.rows("SELECT count(*), count(DISTINCT n), sum(n) FROM t") == [
        ("6000", "6000", str(sum(range(6000))))]
    assert report["tables"][0]["chunks"] == (1 if case == "float" else 6)


def test_a_key_whose_first_column_repeats_is_divided_between_its_values(sluice, tmp_path):
    source = MysqlTarget()
    source.execute("CREATE TABLE t (k int, n int, PRIMARY KEY (k, n))",
                   "INSERT INTO t SELECT seq DIV 1500, seq FROM seq_0_to_5999")
    target = DuckdbTarget(tmp_path)
    sluice.run("migrate", source.uri, target.uri, "--batch-size", 1000, check_code=0)
    assert target.rows("SELECT count(*), count(DISTINCT n) FROM t") == [("6000", "6000")]


def test_a_user_without_global_privileges_reads_on_one_connection(sluice, tmp_path):
    source = MysqlTarget()
    source.execute("CREATE TABLE t (id int PRIMARY KEY, v text)",
                   "INSERT INTO t SELECT seq, md5(seq) FROM seq_1_to_20000")
    uri = source.server.uri(source.database, mariadb.PLAIN)
    target = DuckdbTarget(tmp_path)
    sluice.run("migrate", uri, target.uri, "--batch-size", 1000, "--parallel", 4, "--verify",
               "independent", check_code=0)
    assert target.rows("SELECT count(*), count(DISTINCT v) FROM t") == [("20000", "20000")]
    sluice.run("verify", uri, target.uri, "--level", "rows", check_code=0)
    back = MysqlTarget()
    sluice.run("migrate", target.uri, source.server.uri(back.database, mariadb.PLAIN),
               check_code=0)
    assert back.rows("SELECT count(*) FROM t") == [("20000",)]


def test_zero_is_a_number_of_an_identity_and_the_next_one_follows_the_largest(sluice, tmp_path):
    source = MysqlTarget()
    source.execute("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
                   "CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, b blob)",
                   "INSERT INTO t VALUES (-5, 'a'), (0, 'b'), (41, 'c')")
    target = MysqlTarget()
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    target.execute("INSERT INTO t (b) VALUES ('d')")
    assert target.rows("SELECT id FROM t ORDER BY id") == [("-5",), ("0",), ("41",), ("42",)]


def test_the_password_is_asked_for_and_printed_nowhere(sluice, tmp_path):
    source = MysqlTarget()
    source.execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    uri = source.server.uri(source.database, mariadb.SECRETIVE)
    target = DuckdbTarget(tmp_path)
    for password in ({}, {"MYSQL_PWD": "wrong-" + mariadb.SECRET}):
        result = sluice.run("inspect", uri, "--json", env=password, check_code=8)
        assert result.json["error"]["vendor_code"] == "1045"
        assert mariadb.SECRET not in result.stdout + result.stderr
    typed = uri.replace("secretive@", f"secretive:{mariadb.SECRET}@")
    result = sluice.run("migrate", typed, target.uri, check_code=0)
    assert mariadb.SECRET not in result.stdout + result.stderr
    sluice.run("inspect", uri, env={"MYSQL_PWD": mariadb.SECRET}, check_code=0)
    (tmp_path / "my.cnf").write_text(f"[client]\npassword = {mariadb.SECRET}\n")
    sluice.run("inspect", f"{uri}?defaults_file={tmp_path}/my.cnf", check_code=0)
    for file in sluice.state.rglob("*"):
        assert not file.is_file() or mariadb.SECRET.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("change, code, word", [
    (lambda uri: uri.rsplit("/", 1)[0] + "/nowhere", 3, "nowhere"),
    (lambda uri: "mysql://root@127.0.0.1:1/db", 3, "127.0.0.1:1"),
    (lambda uri: uri.rsplit("/", 1)[0] + "/", 2, "database"),
    (lambda uri: uri + "?charset=latin1", 2, "charset"),
    (lambda uri: uri + "?ssl_mode=sometimes", 2, "sometimes"),
    (lambda uri: uri + "?ssl_mode=required", 8, "TLS")])
def test_a_server_that_does_not_answer_as_asked_is_a_clear_error(sluice, change, code, word):
    result = sluice.run("inspect", change(MysqlTarget().uri), "--json", check_code=code)
    error = result.json["error"]
    assert word in error["message"] + error["object"] + error["hint"]


@pytest.fixture
def own_server():
    try:
        server = mariadb.MariaDb(local_infile="OFF")
    except mariadb.Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


def test_a_server_that_forbids_local_infile_is_told_by_name_and_small_packets_serve(
    sluice, own_server, tmp_path
):
    source = SqliteTarget(tmp_path)
    source.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    target = MysqlTarget(own_server)
    result = sluice.run("migrate", source.uri, target.uri, "--json", check_code=8)
    assert "local_infile" in result.json["error"]["message"]
    assert "SET GLOBAL local_infile" in result.json["error"]["hint"]
    assert target.leftovers() == []
    own_server.sql("mysql", "SET GLOBAL local_infile = ON; SET GLOBAL max_allowed_packet = 1048576")
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    big = SqliteTarget(tmp_path / "big")
    (tmp_path / "big").mkdir()
    big.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, v BLOB)",
                "INSERT INTO big VALUES (1, zeroblob(3000000))")
    sluice.run("migrate", big.uri, target.uri, "--verify", "independent", check_code=0)
    assert target.rows("SELECT length(v), md5(v) FROM big") == [
        ("3000000", hashlib.md5(bytes(3_000_000)).hexdigest())]
