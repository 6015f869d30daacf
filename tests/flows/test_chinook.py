"""A store goes sqlite -> postgres -> duckdb -> parquet -> sqlite: every hop is verified by sluice,
and every copy is compared with the first by other programs."""
import shutil
import sqlite3

import pytest

from support import store
from support.compare import assert_same_tables
from support.targets import DuckdbTarget, ParquetTarget, PostgresTarget, SqliteTarget

CHINOOK_TABLES = 11


def compared_as(declared):
    declared = declared.upper()
    for word, kind in (("INT", "BIGINT"), ("CHAR", "VARCHAR"), ("TEXT", "VARCHAR"),
                       ("DATE", "TIMESTAMP"), ("TIME", "TIMESTAMP"),
                       ("NUMERIC", "DECIMAL(10,2)"), ("DECIMAL", "DECIMAL(10,2)")):
        if word in declared:
            return kind
    raise AssertionError(f"no type to compare {declared} in")


def shape_of(path):
    """What sqlite3 says of a file: columns with types to compare in, keys, references."""
    connection = sqlite3.connect(path)
    tables, keys, references = {}, {}, set()
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
        "AND name NOT LIKE 'sluice_%'")
    for (table,) in names.fetchall():
        columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
        tables[table] = [(c[1], compared_as(c[2])) for c in columns]
        keys[table] = [c[1] for c in sorted(columns, key=lambda c: c[5]) if c[5] > 0]
        for row in connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall():
            references.add((table, row[3], row[2], row[4]))
    connection.close()
    return tables, keys, references


def postgres_shape(target):
    keys, references = {}, set()
    of_columns = ("array(SELECT attname::text FROM unnest({}) WITH ORDINALITY AS k(n, i) JOIN "
                  "pg_attribute ON attrelid = {} AND attnum = n ORDER BY i)")
    columns = of_columns.format("conkey", "conrelid")
    for table, names in target.rows(
        f"SELECT conrelid::regclass::text, array_to_string({columns}, ' ') FROM pg_constraint "
        "WHERE contype = 'p' AND convalidated AND connamespace = 'public'::regnamespace"
    ):
        keys[table.strip('"')] = names.split(" ")
    others = of_columns.format("confkey", "confrelid")
    for row in target.rows(
        f"SELECT conrelid::regclass::text, array_to_string({columns}, ' '), "
        f"confrelid::regclass::text, array_to_string({others}, ' ') FROM pg_constraint "
        "WHERE contype = 'f' AND convalidated"
    ):
        references.add(tuple(word.strip('"') for word in row))
    return keys, references


def plain(names):
    """['a', 'b'] as DuckDB prints it, without brackets and quotes."""
    return names.strip("[]").replace("'", "")


def duckdb_shape(judge_target):
    keys = {
        table: names.split(" ") for table, names in judge_target.rows(
            "SELECT table_name, array_to_string(constraint_column_names, ' ') "
            "FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'")
    }
    references = set(judge_target.rows(
        "SELECT table_name, array_to_string(constraint_column_names, ' '), referenced_table, "
        "array_to_string(referenced_column_names, ' ') "
        "FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'"))
    return keys, references


def migrate(sluice, source, target):
    report = sluice.run("migrate", source, target, "--json", check_code=0).json
    assert report["state"] == "done"
    for table in report["tables"]:
        assert table["verified"] == "content"
        assert table["rows_source"] == table["rows_target"]
        assert table["digest_source"] == table["digest_target"]
    return report


def run_the_circle(sluice, judge, server, first_path, tmp_path):
    """Returns the copies in the order in which they were made."""
    first = SqliteTarget(tmp_path)
    shutil.copyfile(first_path, first.path)
    tables, keys, references = shape_of(first.path)

    in_postgres = PostgresTarget(server)
    assert len(migrate(sluice, first.uri, in_postgres.uri)["tables"]) == len(tables)
    assert_same_tables(judge, first, in_postgres, tables)
    assert postgres_shape(in_postgres) == (keys, references)

    in_duckdb = DuckdbTarget(tmp_path)
    migrate(sluice, in_postgres.uri, in_duckdb.uri)
    assert_same_tables(judge, first, in_duckdb, tables)
    assert duckdb_shape(in_duckdb) == (keys, references)

    in_parquet = ParquetTarget(tmp_path)
    migrate(sluice, in_duckdb.uri, in_parquet.uri)
    assert in_parquet.tables() == sorted(tables)
    assert_same_tables(judge, first, in_parquet, tables)

    (tmp_path / "last").mkdir()
    last = SqliteTarget(tmp_path / "last")
    migrate(sluice, in_parquet.uri, last.uri)
    assert_same_tables(judge, first, last, tables)
    assert last.rows("PRAGMA integrity_check") == [("ok",)]
    return first, in_postgres, in_duckdb, in_parquet, last


@pytest.fixture
def generated(tmp_path):
    return store.make_store(tmp_path / "store.sqlite")


def test_chinook_through_four_systems_is_the_same_at_every_hop(
    sluice, judge, postgres, chinook, tmp_path
):
    copies = run_the_circle(sluice, judge, postgres, chinook, tmp_path)
    assert len(shape_of(copies[0].path)[0]) == CHINOOK_TABLES
    result = sluice.run("verify", copies[0].uri, copies[-1].uri, "--json", check_code=0).json
    assert result["state"] == "same"
    assert len(result["tables"]) == CHINOOK_TABLES


def test_a_generated_store_through_four_systems_is_the_same_at_every_hop(
    sluice, judge, postgres, generated, tmp_path
):
    _, in_postgres, in_duckdb, _, _ = run_the_circle(sluice, judge, postgres, generated, tmp_path)
    wanted = {"track_album": ["album_id"], "invoice_customer_date": ["customer_id", "invoice_date"]}
    for name, columns in wanted.items():
        definition, = in_postgres.rows(
            f"SELECT indexdef FROM pg_indexes WHERE indexname = '{name}'")
        assert definition[0].endswith(f"({', '.join(columns)})")
        (expressions,), = in_duckdb.rows(
            f"SELECT expressions FROM duckdb_indexes() WHERE index_name = '{name}'")
        assert expressions.replace("'", "").replace('"', "") == f"[{', '.join(columns)}]"
    unique = ("SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
              "WHERE relnamespace = 'public'::regnamespace "
              "AND indisunique AND NOT indisprimary AND indisvalid")
    assert in_postgres.rows(unique) == [("1",)]
    cascade = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'"
    assert in_postgres.rows(cascade) == [("1",)]


def test_keys_and_references_arrive_in_sqlite_and_hold_there(
    sluice, judge, postgres, generated, tmp_path
):
    first = SqliteTarget(tmp_path)
    shutil.copyfile(generated, first.path)
    in_postgres = PostgresTarget(postgres)
    migrate(sluice, first.uri, in_postgres.uri)
    (tmp_path / "back").mkdir()
    back = SqliteTarget(tmp_path / "back")
    sluice.run("forget", migrate(sluice, in_postgres.uri, back.uri)["run"], check_code=0)
    before, after = shape_of(first.path), shape_of(back.path)
    assert_same_tables(judge, first, back, before[0])
    assert after[1] == before[1]
    assert after[2] == before[2]
    assert back.rows("PRAGMA integrity_check") == [("ok",)]
    assert back.rows("PRAGMA foreign_key_check") == []
    indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1"
    assert set(first.rows(indexes)) <= set(back.rows(indexes))
    assert not any("sluice" in (row[0] or "") for row in back.rows("SELECT sql FROM sqlite_master"))
