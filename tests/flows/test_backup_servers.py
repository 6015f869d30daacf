"""Archives of PostgreSQL and MariaDB by their own tools; psql and mariadb judge."""
import contextlib
import os
import re
import subprocess
import threading
import time
import uuid

import pytest

from support import mariadb
from support.faults import wait_until_stopped
from support.postgres import SECRET, SECRETIVE

DIFFERS, CORRUPT, NOT_FOUND, EXISTS, DENIED, UNSUPPORTED = 5, 9, 3, 6, 8, 10
CONFLICT = 6

POSTGRES = """
CREATE SCHEMA stock;
CREATE TYPE colour AS ENUM ('red', 'grün');
CREATE TABLE part (id BIGSERIAL PRIMARY KEY, name TEXT UNIQUE, tone colour, price NUMERIC(12,3),
  seen TIMESTAMPTZ, doc JSONB, raw BYTEA, tags TEXT[]);
INSERT INTO part (name, tone, price, seen, doc, raw, tags)
  SELECT 'p' || i, 'grün', i / 8.0, '2020-01-01 00:00:00+00'::timestamptz + i * interval '1 hour',
    jsonb_build_object('i', i), decode(lpad(to_hex(i), 8, '0'), 'hex'), ARRAY['a', NULL]
  FROM generate_series(1, 2000) i;
CREATE TABLE stock.place (part BIGINT REFERENCES part, shelf INT CHECK (shelf > 0), n INT);
INSERT INTO stock.place SELECT i, i, 1 FROM generate_series(1, 500) i;
CREATE INDEX ON stock.place (shelf) WHERE n > 0;
CREATE VIEW dear AS SELECT * FROM part WHERE price > 200;
CREATE FUNCTION twice(i INT) RETURNS INT LANGUAGE sql AS 'SELECT 2 * i';
COMMENT ON TABLE part IS 'what there is';
SELECT lo_from_bytea(0, 'large');
"""
LOOK = ("SELECT md5(string_agg(p::text, '|' ORDER BY id)), count(*) FROM part p;"
        "SELECT sum(part), count(*) FROM stock.place; SELECT count(*) FROM dear; SELECT twice(4);"
        "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'stock') ORDER BY 1;"
        "SELECT obj_description('part'::regclass); SELECT nextval('part_id_seq') > 2000;"
        "SELECT count(*) FROM pg_largeobject")

MARIADB = """
CREATE TABLE part (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50) UNIQUE, price DECIMAL(12,3),
  raw VARBINARY(20), seen DATETIME(6), CHECK (price >= 0)) COMMENT 'what there is';
INSERT INTO part (name, price, raw, seen) SELECT concat('ä', seq), seq / 8, unhex(lpad(hex(seq), 8,
  '0')), '2020-01-01 00:00:00.5' + INTERVAL seq HOUR FROM seq_1_to_2000;
CREATE TABLE place (part INT, shelf INT, FOREIGN KEY (part) REFERENCES part (id));
INSERT INTO place SELECT seq, seq FROM seq_1_to_500;
"""
MARIADB_OBJECTS = """
CREATE TABLE log (n INT);
CREATE VIEW dear AS SELECT * FROM part WHERE price > 200;
CREATE FUNCTION twice(i INT) RETURNS INT DETERMINISTIC RETURN 2 * i;
CREATE TRIGGER told AFTER INSERT ON place FOR EACH ROW INSERT INTO log VALUES (NEW.part);
CREATE EVENT tidy ON SCHEDULE EVERY 10 YEAR DO DELETE FROM log;
CREATE SEQUENCE numbers START WITH 7;
"""
MARIADB_LOOK = ("CHECKSUM TABLE part, place; SELECT sum(price), max(name), min(hex(raw)) FROM part;"
                "SELECT count(*) FROM information_schema.KEY_COLUMN_USAGE WHERE "
                "CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE()")


def backup(sluice, verb, *args, code=0, env=None):
    return sluice.run("backup", verb, *args, "--json", check_code=code, env=env).json


def look(server, database):
    return server.psql(database, LOOK).splitlines()


def look_mariadb(server, database):
    return server.sql(database, MARIADB_LOOK).replace(database, "DATABASE")


def databases(server):
    return set(server.psql("postgres", "SELECT datname FROM pg_database").split())


def mariadb_databases(server):
    return set(server.sql("mysql", "SHOW DATABASES").split())


def new_role(server, rights=""):
    name = f"role_{uuid.uuid4().hex[:12]}"
    server.psql("postgres", f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}' {rights}")
    return name


@pytest.fixture
def filled(postgres):
    made = postgres.new_database()
    postgres.psql(made.name, POSTGRES)
    return made


@pytest.fixture
def maria():
    return mariadb.shared()


@pytest.fixture
def filled_maria(maria):
    made = maria.new_database()
    maria.sql(made.name, MARIADB)
    return made


def test_a_postgres_database_comes_back_whole_and_what_was_there_is_kept(sluice, postgres, filled):
    postgres.psql(filled.name, f"ALTER DATABASE {filled.name} SET search_path TO stock, public;"
                               f"ALTER DATABASE {filled.name} SET work_mem TO '5MB';"
                               f"REVOKE CONNECT ON DATABASE {filled.name} FROM PUBLIC;"
                               f"ALTER TABLE dear OWNER TO {SECRETIVE};"
                               f"GRANT SELECT ON part TO {SECRETIVE}")
    before = databases(postgres)
    archive = backup(sluice, "create", filled.uri)["archive"]
    assert databases(postgres) == before
    assert (archive["kind"], archive["drilled"]) == ("postgres", True)
    assert {(t["table"], t["rows"]) for t in archive["tables"]} == {
        ("public.part", 2000), ("stock.place", 500)}
    listed = subprocess.run(["pg_restore", "--list", f"{archive['path']}/database.dump"],
                            capture_output=True, text=True, check=True).stdout
    assert "TABLE DATA stock place" in listed
    good = look(postgres, filled.name)
    # Somewhere new.
    copy = f"{filled.name}_copy"
    done = backup(sluice, "restore", "last", postgres.uri(copy))
    assert (done["tables"], done["kept"]) == (2, None)
    assert look(postgres, copy) == good
    traits = ("SELECT rolname FROM pg_class c JOIN pg_roles r ON r.oid = relowner "
              "WHERE relname = 'dear'; SHOW search_path; SHOW work_mem;"
              "SELECT has_database_privilege('secretive', current_database(), 'CONNECT');"
              "SELECT has_table_privilege('secretive', 'public.part', 'SELECT')")
    assert postgres.psql(copy, traits).split("\n") == ["secretive", "stock, public", "5MB", "f",
                                                       "t"]
    # Over what is there.
    postgres.psql(filled.name, "DROP TABLE stock.place; UPDATE part SET name = 'lost' || id")
    lost = postgres.psql(filled.name, "SELECT count(*) FROM part WHERE name LIKE 'lost%'")
    error = backup(sluice, "restore", "last", filled.uri, code=EXISTS)["error"]
    assert "--force" in error["hint"]
    done = backup(sluice, "restore", "last", filled.uri, "--force")
    assert look(postgres, filled.name) == good
    assert postgres.psql(done["kept"], "SELECT count(*) FROM part WHERE name LIKE 'lost%'") == lost
    assert databases(postgres) - before == {copy, done["kept"]}


def test_an_empty_database_and_one_in_use(sluice, postgres, filled):
    backup(sluice, "create", filled.uri, "--no-drill")
    empty = postgres.new_database()
    done = backup(sluice, "restore", "last", empty.uri, "--no-owner")
    assert done["kept"] is None and look(postgres, empty.name) == look(postgres, filled.name)
    before = databases(postgres)
    with subprocess.Popen([postgres.client, "-X", "-h", postgres.host, "-p", str(postgres.port),
                           "-U", "postgres", "-d", empty.name], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as session:
        session.stdin.write("SELECT 1;\n")
        session.stdin.flush()
        assert "?column?" in session.stdout.readline()
        error = backup(sluice, "restore", "last", empty.uri, "--force", code=CONFLICT)["error"]
        session.stdin.close()
    assert "pg_stat_activity" in error["hint"] and databases(postgres) == before


@contextlib.contextmanager
def four_writers(write):
    """Four threads call `write(number of the thread)` again and again, and have begun to."""
    stop = threading.Event()

    def run(number):
        while not stop.is_set():
            write(number)
            time.sleep(0.05)

    writers = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for writer in writers:
        writer.start()
    try:
        time.sleep(0.3)
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join()


def test_postgres_writers_go_on_and_the_archive_is_one_moment(sluice, postgres):
    made = postgres.new_database()
    postgres.psql(made.name, "CREATE TABLE a (n INT); CREATE TABLE b (n INT)")

    def write(number):
        postgres.psql(made.name, f"BEGIN; INSERT INTO a VALUES ({number}); INSERT INTO b "
                                 f"VALUES ({number}); COMMIT;")

    with four_writers(write):
        archive = backup(sluice, "create", made.uri)["archive"]
    assert archive["drilled"]
    backup(sluice, "restore", "last", postgres.uri(f"{made.name}_copy"))
    counts = postgres.psql(f"{made.name}_copy", "SELECT n, count(*) FROM a GROUP BY 1 ORDER BY 1")
    assert counts == postgres.psql(f"{made.name}_copy",
                                   "SELECT n, count(*) FROM b GROUP BY 1 ORDER BY 1")
    assert counts and [t["rows"] for t in archive["tables"]] == [
        sum(int(line.split("|")[1]) for line in counts.split())] * 2




@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_password_is_on_no_command_line(sluice, postgres, maria, kind, tmp_path):
    server = postgres if kind == "postgres" else maria
    made = server.new_database()
    if kind == "postgres":
        user = new_role(postgres, "CREATEDB")
        postgres.psql(made.name, f"ALTER DATABASE {made.name} OWNER TO {user}")
    else:
        user = SECRETIVE
        maria.sql(made.name, "CREATE TABLE t (i INT)")
    uri = re.sub("//.*@", f"//{user}:{SECRET}@", made.uri)
    # Tools that say what they were called with, and go on.
    tools = tmp_path / "tools"
    tools.mkdir()
    real = {"postgres": ("pg_dump", "pg_restore"), "mysql": ("mariadb-dump", "mariadb")}[kind]
    for name in real:
        (tools / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/said\n'
                                  f'exec /usr/bin/{name} "$@"\n')
        (tools / name).chmod(0o755)
    env = {"PATH": f"{tools}:{os.environ['PATH']}"}
    done = sluice.run("backup", "create", uri, env=env, check_code=0)
    said = (tmp_path / "said").read_text()
    assert all(name in said for name in real) and SECRET not in said
    assert SECRET not in done.stdout + done.stderr
    for path in sluice.state.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()


def test_what_is_missing_is_named(sluice, postgres, filled, maria, filled_maria, tmp_path):
    env = {"PATH": str(tmp_path)}
    error = backup(sluice, "create", filled.uri, code=NOT_FOUND, env=env)["error"]
    assert "pg_dump" in error["message"] and "postgresql-client-15" in error["hint"]
    error = backup(sluice, "create", filled_maria.uri, code=NOT_FOUND, env=env)["error"]
    assert "mariadb-dump or mysqldump" in error["message"] and "apt-get" in error["hint"]
    reader = new_role(postgres, "IN ROLE pg_read_all_data")
    postgres.psql(filled.name, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
    uri = filled.uri.replace("postgres@", f"{reader}:{SECRET}@")
    error = backup(sluice, "create", uri, code=DENIED)["error"]
    assert "CREATEDB" in error["hint"] and "--no-drill" in error["hint"]
    assert backup(sluice, "list")["archives"] == []
    backup(sluice, "create", uri, "--no-drill")
    plain = maria.uri(filled_maria.name, mariadb.PLAIN)
    error = backup(sluice, "create", plain, code=DENIED)["error"]
    assert "GRANT ALL" in error["hint"] and "--no-drill" in error["hint"]
    backup(sluice, "create", plain, "--no-drill")
    error = backup(sluice, "create", f"{filled.uri}?schema=stock", code=UNSUPPORTED)["error"]
    assert "schema=" in error["hint"]


def test_a_mariadb_database_comes_back_whole(sluice, maria, filled_maria):
    maria.sql(filled_maria.name, MARIADB_OBJECTS)
    before = mariadb_databases(maria)
    archive = backup(sluice, "create", filled_maria.uri)["archive"]
    assert mariadb_databases(maria) == before
    assert (archive["kind"], archive["drilled"]) == ("mysql", True)
    assert {(t["table"], t["rows"]) for t in archive["tables"]} >= {("part", 2000), ("place", 500)}
    good = look_mariadb(maria, filled_maria.name)
    copy = f"{filled_maria.name}_copy"
    done = backup(sluice, "restore", "last", maria.uri(copy))
    assert done["kept"] is None and look_mariadb(maria, copy) == good
    assert maria.sql(copy, "INSERT INTO place VALUES (1, 1); SELECT * FROM log; SELECT twice(4); "
                           "SELECT count(*) FROM dear; SELECT NEXTVAL(numbers); SHOW EVENTS"
                     ).split()[:4] == ["1", "8", "400", "7"]
    assert "tidy" in maria.sql(copy, "SHOW EVENTS")
    # Over what is there: what cannot be kept is named.
    error = backup(sluice, "restore", "last", maria.uri(copy), "--force", code=CONFLICT)["error"]
    assert "event tidy" in error["message"]
    assert mariadb_databases(maria) == before | {copy}


def test_mariadb_tables_change_places_and_are_kept(sluice, maria, filled_maria):
    backup(sluice, "create", filled_maria.uri)
    good = look_mariadb(maria, filled_maria.name)
    maria.sql(filled_maria.name, "DROP TABLE place; UPDATE part SET price = 1; CREATE TABLE more "
                                 "(i INT)")
    lost = maria.sql(filled_maria.name, "CHECKSUM TABLE part").split()[1]
    backup(sluice, "restore", "last", filled_maria.uri, code=EXISTS)
    done = backup(sluice, "restore", "last", filled_maria.uri, "--force")
    assert look_mariadb(maria, filled_maria.name) == good
    assert maria.sql(filled_maria.name, "SHOW TABLES").split() == ["part", "place"]
    assert maria.sql(done["kept"], "SHOW TABLES").split() == ["more", "part"]
    assert maria.sql(done["kept"], "CHECKSUM TABLE part").split()[1] == lost


def test_mariadb_writers_go_on_and_the_archive_is_one_moment(sluice, maria):
    made = maria.new_database()
    maria.sql(made.name, "CREATE TABLE a (n INT) ENGINE=InnoDB; CREATE TABLE b (n INT); "
                         "CREATE TABLE c (n INT); INSERT INTO c VALUES (5)")

    def write(number):
        maria.sql(made.name, f"BEGIN; INSERT INTO a VALUES ({number}); INSERT INTO b VALUES "
                             f"({number}); COMMIT;")

    with four_writers(write):
        archive = backup(sluice, "create", made.uri)["archive"]
    assert archive["drilled"]
    copy = f"{made.name}_copy"
    backup(sluice, "restore", "last", maria.uri(copy))
    count = "SELECT n, count(*) FROM {} GROUP BY 1 ORDER BY 1"
    assert maria.sql(copy, count.format("a")) == maria.sql(copy, count.format("b")) != ""
    assert maria.sql(copy, "SELECT n FROM c") == "5"


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_kill_at_any_point_leaves_what_was_there(sluice, postgres, maria, kind):
    server = postgres if kind == "postgres" else maria
    run = postgres.psql if kind == "postgres" else maria.sql
    names = (lambda: databases(postgres)) if kind == "postgres" else (
        lambda: mariadb_databases(maria))
    made = server.new_database()
    run(made.name, "CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (2)")
    if kind == "mysql":
        run(made.name, "CREATE VIEW v AS SELECT sum(i) AS s FROM t")
    start = names()
    for point in range(1, 60):
        done = sluice.run("backup", "create", made.uri, env={"SLUICE_CRASH_AT": point})
        for archive in backup(sluice, "list")["archives"]:
            assert archive["drilled"] and backup(sluice, "verify", archive["id"])
        if done.code == 0:
            break
    assert point > 2 and done.code == 0
    # The databases of those that died went with the next one.
    assert names() == start
    if kind == "mysql":
        target = f"{made.name}_new"
        target_uri = maria.uri(target)
        choice = []
    else:
        target, target_uri = made.name, made.uri
        choice = ["--force"]
        run(made.name, "DELETE FROM t WHERE i = 1")
    for point in range(1, 60):
        done = sluice.run("backup", "restore", "last", target_uri, *choice,
                          env={"SLUICE_CRASH_AT": point})
        if done.code == 0:
            break
        if target in names():
            sums = run(target, "SELECT sum(i) FROM t") if kind == "postgres" or run(
                target, "SHOW TABLES LIKE 't'") else "3"
            assert sums in ("2", "3"), point
        else:
            assert kind == "mysql"
    assert point > 2 and done.code == 0
    assert run(target, "SELECT sum(i) FROM t") == "3"
    if kind == "mysql":
        assert run(target, "SELECT s FROM v") == "3"
        assert run(target, "SHOW TABLES").split() == ["t", "v"]
    assert not [name for name in names() if name.startswith("sluice_scratch_")]


def test_a_dump_that_is_ended_leaves_nothing(sluice, postgres, filled):
    process = sluice.start("backup", "create", filled.uri, env={"SLUICE_STOP_AT": 1})
    wait_until_stopped(process)
    scratch = {name for name in databases(postgres) if name.startswith("sluice_scratch_")}
    assert len(scratch) == 1
    # Its maker lives: another one leaves it alone.
    backup(sluice, "create", filled.uri)
    assert scratch <= databases(postgres)
    process.kill()
    process.wait()
    backup(sluice, "create", filled.uri)
    assert not scratch & databases(postgres)


def test_an_altered_dump_touches_nothing(sluice, postgres, filled):
    archive = backup(sluice, "create", filled.uri, "--no-drill")["archive"]
    path = f"{archive['path']}/database.dump"
    with open(path, "r+b") as file:
        file.seek(2000)
        byte = file.read(1)
        file.seek(2000)
        file.write(bytes([byte[0] ^ 1]))
    before = databases(postgres)
    error = backup(sluice, "restore", "last", filled.uri, "--force", code=CORRUPT)["error"]
    assert re.search("SHA-256 is .* was", error["message"]) and databases(postgres) == before
