"""Types that only PostgreSQL has: they are kept where the target has them too, else told of."""
import duckdb
import pytest

from support.targets import PostgresTarget

TYPES = """
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE TYPE app.place AS (street text, no integer, ip inet);
CREATE TYPE app.person AS (name app.mood, home app.place, rooms integer[]);
CREATE TYPE app.heat AS RANGE (subtype = float8);
"""

TABLE = """
CREATE TABLE t (
  id integer PRIMARY KEY,
  addr inet NOT NULL DEFAULT '10.0.0.1'::inet UNIQUE,
  net cidr[], span int4range, words tsvector, pay money, doc xml, at point, name citext,
  kv hstore, mood app.mood DEFAULT 'sad', moods app.mood[], place app.place,
  people app.person[], heat app.heat, grid integer[], late timestamp, rel regclass,
  CHECK (addr <<= '0.0.0.0/0'::inet));
CREATE INDEX t_words ON t USING gin (words);
CREATE INDEX t_span ON t USING gist (span);
INSERT INTO t VALUES (1, '10.0.0.1/8', '{10/8,NULL}', '[1,5)', $$'a b':1$$, '-12.34', '<a/>',
  '(1,2.5)', 'CiT', 'a=>NULL', 'ok', '{ok,NULL}', ROW('s "q"', 1, '::1'),
  array[ROW('ok', ROW(NULL, NULL, NULL), '{{1,2},{3,4}}')::app.person, NULL], '[1.5,2)',
  '[5:6]={1,2}', '294276-12-31', 'pg_class');
INSERT INTO t VALUES (2, '11.0.0.1');
UPDATE t SET mood = NULL WHERE id = 2;
"""

SHAPE = ("SELECT attname, format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid), "
         "attnotnull FROM pg_attribute "
         "LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
         "WHERE attrelid = 't'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 't' ORDER BY 1"


@pytest.fixture
def source(postgres):
    made = PostgresTarget(postgres)
    made.execute(TYPES, TABLE)
    return made


def columns_of(plan):
    return {c["target"]: c for table in plan["tables"] for c in table["columns"]}


def lines_of(target, without=()):
    """Every row as PostgreSQL writes it."""
    names = [row[0] for row in target.rows(SHAPE) if row[0] not in without]
    return target.rows(f"SELECT ROW({', '.join(names)})::text FROM t ORDER BY id")


def test_every_type_that_the_target_has_is_kept(sluice, postgres, source):
    target = PostgresTarget(postgres)
    target.execute(TYPES)
    plan = sluice.run("plan", source.uri, target.uri, "--json", check_code=0).json
    mappings = {name: column["mapping"] for name, column in columns_of(plan).items()}
    assert mappings.pop("rel") == "widened"
    assert set(mappings.values()) == {"exact"}
    sluice.run("migrate", source.uri, target.uri, "--verify", "independent", check_code=0)
    assert lines_of(target) == lines_of(source)
    assert lines_of(target)[0][0].startswith(
        '(1,10.0.0.1/8,"{10.0.0.0/8,NULL}","[1,5)","\'a b\':1",-$12.34,<a/>,"(1,2.5)",CiT,')
    wanted = [("rel", "text", None, "f") if row[0] == "rel" else row for row in source.rows(SHAPE)]
    assert target.rows(SHAPE) == wanted
    assert target.rows(INDEXES) == source.rows(INDEXES)
    sluice.run("verify", source.uri, target.uri, "--level", "independent", check_code=0)
    certificate = sluice.run("report", "last", "--json", check_code=0).json["certificate"]
    sluice.run("verify", "--certificate", certificate, check_code=0)
    sluice.run("rollback", "last", check_code=0)
    assert target.leftovers() == []


CHANGES = {
    "net": "'{10/8}'", "span": "'[1,6)'", "words": "$$'a b':2$$", "pay": "'12.34'",
    "at": "'(1,2.25)'", "name": "'cit'", "kv": "'a=>b'", "mood": "'sad'", "moods": "'{ok,ok}'",
    "place": "ROW('s', 1, '::1')",
    "people": "array[ROW('ok', NULL, '{{1,2},{3,4}}')::app.person, NULL]", "heat": "'[1.5,2]'",
    "grid": "'[5:6]={1,3}'", "late": "'294276-12-30'", "addr": "'10.0.0.2/8'",
}


def test_verify_finds_each_changed_value(sluice, postgres, source, tmp_path):
    target = PostgresTarget(postgres)
    target.execute(TYPES)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    certificate = sluice.run("report", "last", "--json", check_code=0).json["certificate"]
    words = ["--accept-loss", "t.people:as_text", "--accept-loss", "t.grid:as_text",
             "--accept-loss", "t.late:as_text"]
    sluice.run("migrate", source.uri, f"duckdb:{tmp_path / 'd.duckdb'}", *words, check_code=0)
    for column, value in CHANGES.items():
        before = target.rows(f"SELECT {column}::text FROM t WHERE id = 1")[0][0]
        target.execute(f"UPDATE t SET {column} = {value} WHERE id = 1")
        for level in ("content", "independent"):
            sluice.run("verify", source.uri, target.uri, "--level", level, check_code=5)
        sluice.run("verify", "--certificate", certificate, check_code=5)
        sluice.run("verify", target.uri, f"duckdb:{tmp_path / 'd.duckdb'}", check_code=5)
        kind = dict(row[:2] for row in target.rows(SHAPE))[column]
        target.execute(f"UPDATE t SET {column} = $x${before}$x$::{kind} WHERE id = 1")
        sluice.run("verify", source.uri, target.uri, check_code=0)
    sluice.run("verify", target.uri, f"duckdb:{tmp_path / 'd.duckdb'}", "--level", "independent",
               check_code=0)


def test_a_target_without_the_types_gets_text_and_the_plan_says_so(sluice, postgres, source):
    target = PostgresTarget(postgres)
    plan = sluice.run("plan", source.uri, target.uri, "--json", check_code=0).json
    made = {"name", "kv", "mood", "moods", "place", "people", "heat"}
    columns = columns_of(plan)
    for name in made:
        assert columns[name]["mapping"] == "widened", columns[name]
        assert "the target has no type" in columns[name]["reason"]
    found = {f["object"]: f["message"] for f in plan["findings"] if f["kind"] == "type_not_carried"}
    assert found.keys() == {f"public.t.{name}" for name in made | {"rel"}}
    assert "CREATE EXTENSION citext there first" in found["public.t.name"]
    assert "app.mood that is the same (enum ('sad', 'ok'))" in found["public.t.mood"]
    sluice.run("migrate", source.uri, target.uri, "--verify", "independent", check_code=0)
    for level in ("content", "independent"):
        sluice.run("verify", source.uri, target.uri, "--level", level, check_code=0)
        sluice.run("verify", target.uri, source.uri, "--level", level, check_code=0)
    shape = {row[0]: row[1] for row in target.rows(SHAPE)}
    assert {shape[name] for name in made - {"moods"}} == {"text"}
    assert (shape["moods"], shape["addr"], shape["net"]) == ("text[]", "inet", "cidr[]")
    assert target.rows("SELECT place, people, mood, moods::text FROM t WHERE id = 1") == [
        ('("s ""q""",1,::1)', '{"(ok,\\"(,,)\\",\\"{{1,2},{3,4}}\\")",NULL}', "ok", "{ok,NULL}")]
    target.execute("UPDATE t SET place = replace(place, '1', '2') WHERE id = 1")
    sluice.run("verify", source.uri, target.uri, check_code=5)


@pytest.mark.parametrize("other", [
    "CREATE TYPE app.mood AS ENUM ('ok', 'sad')",
    "CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'glad')",
    "CREATE TYPE app.mood AS (a text)",
    "CREATE DOMAIN app.mood AS text",
])
def test_a_type_of_the_same_name_that_is_another_one_is_not_taken(sluice, postgres, other):
    source = PostgresTarget(postgres)
    source.execute("CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad', 'ok')",
                   "CREATE TABLE t (id integer, m app.mood); INSERT INTO t VALUES (1, 'ok')")
    target = PostgresTarget(postgres)
    target.execute("CREATE SCHEMA app; " + other)
    plan = sluice.run("plan", source.uri, target.uri, "--json", check_code=0).json
    assert [(f["kind"], f["object"]) for f in plan["findings"]] == [
        ("type_not_carried", "public.t.m")]
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    assert target.rows("SELECT m, pg_typeof(m)::text FROM t") == [("ok", "text")]


def test_a_composite_whose_part_is_another_one_is_not_taken(sluice, postgres):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    for made, order in ((source, "a integer, b integer"), (target, "b integer, a integer")):
        made.execute(f"CREATE TYPE inner_part AS ({order}); CREATE TYPE whole AS (p inner_part)")
    source.execute("CREATE TABLE t (id integer, w whole)",
                   "INSERT INTO t VALUES (1, ROW(ROW(1, 2)))")
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    assert target.rows("SELECT w, pg_typeof(w)::text FROM t") == [('("(1,2)")', "text")]


def test_money_of_another_locale_becomes_a_number(sluice, postgres):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    source.execute("CREATE TABLE t (id integer, pay money)",
                   "INSERT INTO t VALUES (1, '1234.56'), (2, NULL)")
    name = target.rows("SELECT current_database()")[0][0]
    target.execute(f"ALTER DATABASE {name} SET lc_monetary = 'POSIX'")
    plan = sluice.run("plan", source.uri, target.uri, "--json", check_code=0).json
    assert columns_of(plan)["pay"]["mapping"] == "widened"
    assert [f["object"] for f in plan["findings"]] == ["public.t.pay"]
    sluice.run("migrate", source.uri, target.uri, "--verify", "independent", check_code=0)
    assert target.rows("SELECT pay::text, pg_typeof(pay)::text FROM t ORDER BY id") == [
        ("1234.56", "numeric"), (None, "numeric")]


@pytest.mark.parametrize("choice, rows", [
    ("append", [("1", "10.0.0.1", "ok", "(a,1,)"), ("2", "10.0.0.2/8", "sad", None),
                ("3", "::1", "ok", "(b,,::2)")]),
    ("merge", [("1", "10.0.0.1", "ok", "(a,1,)"), ("2", "::1", "ok", "(b,,::2)")]),
])
def test_rows_are_added_to_a_table_of_such_types(sluice, postgres, choice, rows):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    for made in (source, target):
        made.execute("CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad', 'ok'); "
                     "CREATE TYPE app.place AS (street text, no integer, ip inet)",
                     "CREATE TABLE t (id integer PRIMARY KEY, a inet, m app.mood, p app.place)")
    new = 3 if choice == "append" else 2
    source.execute(f"INSERT INTO t VALUES ({new}, '::1', 'ok', ROW('b', NULL, '::2'))")
    target.execute("INSERT INTO t VALUES (1, '10.0.0.1', 'ok', ROW('a', 1, NULL)), "
                   "(2, '10.0.0.2/8', 'sad', NULL)")
    before, shape = lines_of(target), target.rows(SHAPE)
    sluice.run("migrate", source.uri, target.uri, "--if-exists", choice, check_code=0)
    assert target.rows("SELECT id, host(a) || CASE WHEN masklen(a) = 8 THEN '/8' ELSE '' END, m, "
                       "p::text FROM t ORDER BY id") == rows
    assert target.rows(SHAPE) == shape
    sluice.run("rollback", "last", check_code=0)
    assert lines_of(target) == before
    assert target.leftovers() == []


def test_a_merge_by_a_key_of_such_a_type(sluice, postgres):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    for made, value in ((source, "new"), (target, "old")):
        made.execute("CREATE TABLE t (a inet PRIMARY KEY, v text)",
                     f"INSERT INTO t VALUES ('10.0.0.1', '{value}')")
    target.execute("INSERT INTO t VALUES ('::1', 'stays')")
    sluice.run("migrate", source.uri, target.uri, "--if-exists", "merge", check_code=0)
    assert target.rows("SELECT host(a), v FROM t ORDER BY a") == [
        ("10.0.0.1", "new"), ("::1", "stays")]


def test_texts_are_not_put_into_a_column_of_another_type(sluice, postgres, tmp_path):
    target = PostgresTarget(postgres)
    target.execute("CREATE TABLE t (a inet)")
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 'not an address' AS a")
    error = sluice.run("migrate", f"duckdb:{tmp_path / 's.duckdb'}", target.uri, "--if-exists",
                       "append", "--json", check_code=6).json["error"]
    assert "is inet in the target, text in this run" in error["message"]
    assert target.rows("SELECT count(*) FROM t") == [("0",)]
    assert target.leftovers() == []


def test_an_index_is_told_of_where_its_column_becomes_text(sluice, postgres):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    source.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')",
                   "CREATE TABLE t (id integer, m mood, n integer)",
                   "CREATE INDEX t_m ON t (m DESC); CREATE INDEX t_n ON t (n DESC)")
    plan = sluice.run("plan", source.uri, target.uri, "--json", check_code=0).json
    assert {(f["kind"], f["object"]) for f in plan["findings"]} == {
        ("type_not_carried", "public.t.m"), ("index_simplified", "public.t.t_m")}
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    assert target.rows(INDEXES) == [
        ("CREATE INDEX t_m ON public.t USING btree (m)",),
        ("CREATE INDEX t_n ON public.t USING btree (n DESC)",)]


def test_resume_gives_the_types_after_a_crash(sluice, postgres, source):
    """Killed at each step of writing in turn, until a run gets through."""
    target = PostgresTarget(postgres)
    target.execute(TYPES)
    for point in range(1, 60):
        result = sluice.run("migrate", source.uri, target.uri, "--json",
                            env={"SLUICE_CRASH_AT": str(point)})
        if result.code == 0:
            break
        again = sluice.run("resume", "last")
        assert again.code == 0 or "is done" in again.stderr, again
        assert lines_of(target, ["rel"]) == lines_of(source, ["rel"])
        sluice.run("rollback", "last", check_code=0)
    else:
        raise AssertionError("it never got through")
    assert point > 5


SHAPES = [("1", "POINT(1 2)"), ("2", "POLYGON((0 0,1 0,1 1,0 0))"), ("3", None),
          ("4", "POINT Z (1 2 3)"), ("5", "GEOMETRYCOLLECTION(POINT(0.1 -2),LINESTRING(0 0,1 1))")]


@pytest.fixture
def places(postgres):
    """A table of geometries with SRID 4326."""
    made = PostgresTarget(postgres)
    if not made.rows("SELECT name FROM pg_available_extensions WHERE name = 'postgis'"):
        pytest.skip("PostGIS is not installed: run tools/setup.sh")
    values = ", ".join(f"({i}, " + (f"ST_GeomFromText('{wkt}', 4326)" if wkt else "NULL") + ")"
                       for i, wkt in SHAPES)
    made.execute("CREATE EXTENSION postgis", "CREATE TABLE g (id integer, shape geometry)",
                 f"INSERT INTO g VALUES {values}")
    return made


def test_geometries_go_to_duckdb_and_back(sluice, postgres, places, tmp_path):
    file = f"duckdb:{tmp_path / 'd.duckdb'}"
    plan = sluice.run("plan", places.uri, file, "--table", "g", "--json", check_code=0).json
    column = columns_of(plan)["shape"]
    assert (column["mapping"], column["reason"]) == ("widened", "SRID 4326 is not carried")
    assert column["source_type"] == "public.geometry(Geometry,4326)"
    sluice.run("migrate", places.uri, file, "--table", "g", "--verify", "independent",
               check_code=0)
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        found = connection.execute("SELECT id::VARCHAR, shape::VARCHAR FROM g ORDER BY id")
        texts = [(i, s and s.replace(" (", "(").replace(", ", ",")) for i, s in found.fetchall()]
    assert texts == [(i, s and s.replace(" (", "(")) for i, s in SHAPES]
    sluice.run("verify", places.uri, file, "--table", "g", "--level", "independent", check_code=0)
    back = PostgresTarget(postgres)
    back.execute("CREATE EXTENSION postgis")
    sluice.run("migrate", file, back.uri, "--verify", "independent", check_code=0)
    assert back.rows("SELECT id, ST_AsText(shape), pg_typeof(shape)::text FROM g ORDER BY id") == [
        (*row, "geometry") for row in places.rows("SELECT id, ST_AsText(shape) FROM g ORDER BY id")]
    bare = PostgresTarget(postgres)
    refused = sluice.run("migrate", file, bare.uri, "--json", check_code=4)
    assert "geometries need the extension postgis" in refused.stdout


def test_geometries_of_postgis_keep_their_srid_and_type(sluice, postgres, places):
    places.execute("CREATE TABLE p (id integer, at geometry(Point,4326), anyone geometry)",
                   "INSERT INTO p VALUES (1, 'SRID=4326;POINT(1 2)', 'SRID=3857;POINT(1 2)'), "
                   "(2, NULL, 'POINT EMPTY'), (3, NULL, 'CIRCULARSTRING(0 0,1 1,2 0)')")
    target = PostgresTarget(postgres)
    target.execute("CREATE EXTENSION postgis")
    sluice.run("migrate", places.uri, target.uri, "--table", "g", "--table", "p", "--verify",
               "independent", check_code=0)
    texts = "SELECT id, ST_AsEWKT(at), ST_AsEWKT(anyone) FROM p ORDER BY id"
    assert target.rows(texts) == places.rows(texts)
    assert target.rows(texts)[0] == ("1", "SRID=4326;POINT(1 2)", "SRID=3857;POINT(1 2)")
    assert target.rows("SELECT ST_AsEWKT(shape) FROM g WHERE id = 1") == [
        ("SRID=4326;POINT(1 2)",)]
    assert target.rows("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = "
                       "'p'::regclass AND attname = 'at'") == [("geometry(Point,4326)",)]


def test_geometries_of_several_srids_are_refused_elsewhere(sluice, postgres, places, tmp_path):
    places.execute("INSERT INTO g VALUES (9, 'SRID=3857;POINT(1 2)')")
    refused = sluice.run("migrate", places.uri, f"duckdb:{tmp_path / 'd.duckdb'}", "--table", "g",
                         "--json", check_code=4)
    assert "the geometries have 2 SRIDs, from 3857 to 4326" in refused.stdout
    assert not (tmp_path / "d.duckdb").exists()


DECLARED = {
    "a": ("time(3)", "'10:11:12.123'"), "b": ("timestamp(0)", "'2026-01-02 03:04:05'"),
    "c": ("timestamptz(3)", "'2026-01-02 03:04:05.678+00'"),
    "d": ("timetz(2)", "'01:02:03.45+02'"),
    "e": ("interval day to second(3)", "'3 days 04:05:06.789'"),
    "f": ("interval year", "'7 years'"),
    "g": ("numeric(5,-2)", "123456"), "h": ("numeric(3,5)", "0.00123"), "i": ("bpchar", "'a  '"),
    "j": ("varchar", "'free'"), "k": ("char(4)", "'ab'"), "l": ("name", "'pg_class'"),
    "m": ("jsonb[]", "array['{\"a\": 1}'::jsonb, NULL]"), "n": ("bit(3)[]", "'{101,011}'"),
    "o": ("time(3)[]", "'{10:11:12.123,NULL}'"), "p": ("numeric(6,2)[]", "'{1.50,NULL}'"),
    "q": ("varchar(5)[]", "'{abc,NULL}'"), "r": ("json", "'{\"b\" : 2}'"),
    "s": ("bit(4)", "'1010'"),
}


def test_columns_keep_what_they_were_declared_as(sluice, postgres):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in DECLARED.items())
    values = ", ".join(value for _, value in DECLARED.values())
    nothing = ", ".join("NULL" for _ in DECLARED)
    source.execute(f"CREATE TABLE t ({columns})", f"INSERT INTO t VALUES ({values}), ({nothing})")
    sluice.run("migrate", source.uri, target.uri, "--verify", "independent", check_code=0)
    assert target.rows(SHAPE) == source.rows(SHAPE)
    assert target.rows("SELECT t::text FROM t ORDER BY a") == source.rows(
        "SELECT t::text FROM t ORDER BY a")
    sluice.run("migrate", source.uri, target.uri, "--if-exists", "append", check_code=0)
    assert target.rows("SELECT count(*) FROM t") == [("4",)]
