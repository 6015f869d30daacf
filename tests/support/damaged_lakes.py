"""A lake, and every way to damage it: what is done, and what `lake fsck` has to say of it."""
import shutil
import sqlite3

from support.judge import open_judge

SUBJECT = [
    "CREATE TABLE t (id bigint, v varchar, d double, dec decimal(10, 2), tz timestamptz, "
    "s struct(a int), l int[])",
    "INSERT INTO t SELECT i, 'v' || i, i / 7, i, '2020-01-01'::timestamptz + interval 1 day * i, "
    "{'a': i}, [i, NULL] FROM range(100) r(i)",
    "INSERT INTO t SELECT i, NULL, CASE WHEN i = 120 THEN 'nan' ELSE i::double END, -i, NULL, "
    "NULL, NULL FROM range(100, 150) r(i)",
    "DELETE FROM t WHERE id = 5", "DELETE FROM t WHERE id BETWEEN 10 AND 30",
    "INSERT INTO t VALUES (1000, 'inlined', 1, 2, NULL, NULL, [])",
    "CREATE TABLE grew (a int)", "INSERT INTO grew SELECT range FROM range(20)",
    "INSERT INTO grew SELECT range FROM range(30)",
    "CREATE TABLE m (a int)", "INSERT INTO m SELECT range FROM range(20)",
    "INSERT INTO m SELECT range FROM range(30)", "CALL ducklake_merge_adjacent_files('lake', 'm')",
    "CREATE TABLE gone (a int)", "INSERT INTO gone SELECT range FROM range(20)",
    "INSERT INTO gone VALUES (1)", "DROP TABLE gone"]


class Subject:
    """A copy of the lake that is to be damaged: its catalog, and the folder of its files."""

    def __init__(self, folder):
        self.catalog = folder / "lake.sqlite"
        self.data = folder / "lake_files"
        self.uri = f"ducklake:sqlite:{self.catalog}?data_path={self.data}"

    def sql(self, *statements):
        with sqlite3.connect(self.catalog) as connection:
            rows = [connection.execute(statement).fetchall() for statement in statements]
        connection.close()
        return rows[-1]

    def files(self, table, kind="data_file"):
        """Paths of a table's files, in the order of their numbers."""
        rows = self.sql(f"SELECT '{table}/' || f.path FROM ducklake_{kind} f JOIN ducklake_table t "
                        f"USING (table_id) WHERE t.table_name = '{table}' ORDER BY {kind}_id")
        return [self.data / "main" / path for path, in rows]

    def write_anew(self, path, select, field_ids=""):
        """Replaces a file by other rows or columns, which the catalog knows the size of."""
        with open_judge() as connection:
            connection.execute(f"CREATE TABLE made AS {select.format(path=path)}")
            connection.execute(f"COPY made TO '{path}' (FORMAT parquet{field_ids})")
        self.sql(f"UPDATE ducklake_data_file SET file_size_bytes = {path.stat().st_size} "
                 f"WHERE path = '{path.name}'")


def overwrite(path, position, data):
    with open(path, "r+b") as file:
        file.seek(position, 0 if position >= 0 else 2)
        file.write(data)


OF_T = "table_id = (SELECT table_id FROM ducklake_table WHERE table_name = 't')"
OF_GREW = OF_T.replace("'t'", "'grew'")
OF_GONE = OF_T.replace("'t'", "'gone'")
FIRST = f"data_file_id = (SELECT min(data_file_id) FROM ducklake_data_file WHERE {OF_T})"
SECOND = f"data_file_id = (SELECT max(data_file_id) FROM ducklake_data_file WHERE {OF_T})"
NEWEST = "snapshot_id = (SELECT max(snapshot_id) FROM ducklake_snapshot)"
IDS = (", FIELD_IDS {id: %d, v: %d, d: 3, dec: 4, tz: 5, s: {__duckdb_field_id: 6, a: 7}, "
       "l: {__duckdb_field_id: 8, element: 9}}")


def stats(column, change, file=FIRST):
    return lambda lake: lake.sql(f"UPDATE ducklake_file_column_stats SET {change} WHERE {file} AND "
                                 f"column_id = {column}")


def table_stats(column, change):
    return lambda lake: lake.sql(f"UPDATE ducklake_table_column_stats SET {change} WHERE {OF_T} "
                                 f"AND column_id = {column}")


def sql(*statements):
    return lambda lake: lake.sql(*statements)


def inlined_delete(lake, position):
    [[table, file]] = lake.sql("SELECT table_id, data_file_id FROM ducklake_data_file "
                               f"WHERE {FIRST}")
    lake.sql(f"INSERT INTO ducklake_inlined_delete_{table} VALUES ({file}, {position}, 5)")


def rows_of_the_future(lake):
    [path] = lake.files("m")
    lake.write_anew(path, "SELECT a, _ducklake_internal_snapshot_id + 1000 AS "
                          "_ducklake_internal_snapshot_id FROM '{path}'",
                    ", FIELD_IDS {a: 1, _ducklake_internal_snapshot_id: 2147483539}")


# What is done to the lake, the kinds that have to be found, and what the finding is about.
DAMAGES = {
    "a data file is gone": (lambda lake: lake.files("t")[0].unlink(), "missing_data_file", "t"),
    "a deletion file is gone": (
        lambda lake: lake.files("t", "delete_file")[0].unlink(), "missing_deletion_file", "t"),
    "a file that nobody knows": (
        lambda lake: shutil.copy(lake.files("t")[0], lake.files("t")[0].with_name("x.parquet")),
        "orphan_file", "t"),
    "too many rows in the catalog": (
        sql(f"UPDATE ducklake_data_file SET record_count = 101 WHERE {FIRST}"),
        "wrong_record_count", "t"),
    "too few rows in the catalog": (
        sql(f"UPDATE ducklake_data_file SET record_count = 49 WHERE {SECOND}"),
        "wrong_record_count", "t"),
    "another size": (
        sql(f"UPDATE ducklake_data_file SET file_size_bytes = file_size_bytes + 1 WHERE {FIRST}"),
        "wrong_file_size", "t"),
    "another size of deletions": (
        sql("UPDATE ducklake_delete_file SET file_size_bytes = 7"), "wrong_file_size", "t"),
    "a damaged footer": (
        lambda lake: overwrite(lake.files("t")[0], -200, b"\xff" * 150), "damaged_file", "t"),
    "a file cut short": (
        lambda lake: lake.files("grew")[0].write_bytes(lake.files("grew")[0].read_bytes()[:100]),
        "damaged_file", "grew"),
    "damaged pages": (
        lambda lake: overwrite(lake.files("t")[0], 4, b"\xff" * 60), "damaged_file", "t"),
    "a damaged deletion file": (
        lambda lake: overwrite(lake.files("t", "delete_file")[0], -8, b"\xff" * 8), "damaged_file",
        "t"),
    "min_value too high": (stats(1, "min_value = '1'"), "wrong_file_stats", "t"),
    "max_value too low, by number and not by text": (
        stats(1, "max_value = '100'", SECOND), "wrong_file_stats", "t"),
    "max_value that is none": (stats(1, "max_value = 'many'"), "wrong_file_stats", "t"),
    "min_value of decimals": (stats(4, "min_value = '-12.00'", SECOND), "wrong_file_stats", "t"),
    "max_value of instants": (
        stats(5, "max_value = '2020-04-08 23:59:59+00'"), "wrong_file_stats", "t"),
    "max_value of text": (stats(2, "max_value = 'v98'"), "wrong_file_stats", "t"),
    "max_value within a struct": (stats(7, "max_value = '98'"), "wrong_file_stats", "t"),
    "max_value within a list": (stats(9, "max_value = '98'"), "wrong_file_stats", "t"),
    "null_count": (stats(2, "null_count = 49", SECOND), "wrong_file_stats", "t"),
    "contains_nan is false": (stats(3, "contains_nan = 0", SECOND), "wrong_file_stats", "t"),
    "contains_nan is true": (stats(3, "contains_nan = 1"), "wrong_file_stats", "t"),
    "too few rows in the table's statistics": (
        sql(f"UPDATE ducklake_table_stats SET record_count = 100 WHERE {OF_T}"),
        "wrong_table_stats", "t"),
    "too many rows of a table that only grew": (
        sql(f"UPDATE ducklake_table_stats SET record_count = 51 WHERE {OF_GREW}"),
        "wrong_table_stats", "grew"),
    "a row number that would come twice": (
        sql(f"UPDATE ducklake_table_stats SET next_row_id = 150 WHERE {OF_T}"),
        "wrong_table_stats", "t"),
    "a table's max_value": (table_stats(1, "max_value = '999'"), "wrong_table_stats", "t"),
    "a table's min_value": (table_stats(4, "min_value = '-148.9'"), "wrong_table_stats", "t"),
    "a table without NULL": (table_stats(2, "contains_null = 0"), "wrong_table_stats", "t"),
    "a table without NaN": (table_stats(3, "contains_nan = 0"), "wrong_table_stats", "t"),
    "two files of deletions": (
        sql("INSERT INTO ducklake_delete_file SELECT (SELECT next_file_id FROM ducklake_snapshot "
            f"WHERE {NEWEST}), table_id, begin_snapshot, NULL, data_file_id, path, "
            "path_is_relative, format, delete_count, file_size_bytes, footer_size, NULL, NULL FROM "
            "ducklake_delete_file LIMIT 1",
            f"UPDATE ducklake_snapshot SET next_file_id = next_file_id + 1 WHERE {NEWEST}"),
        "two_deletion_files", "t"),
    "deleted in a file and in the catalog": (
        lambda lake: inlined_delete(lake, 12), "deleted_twice", "t"),
    "deleted twice in the catalog": (lambda lake: inlined_delete(lake, 5), "deleted_twice", "t"),
    "a deletion behind the end": (
        lambda lake: inlined_delete(lake, 100), "deletion_beyond_file", "t"),
    "delete_count": (
        sql("UPDATE ducklake_delete_file SET delete_count = 20"), "wrong_delete_count", "t"),
    "a live file of a dropped table": (
        sql(f"UPDATE ducklake_data_file SET end_snapshot = NULL WHERE {OF_GONE}"),
        "live_in_dropped_table", "gone"),
    "live columns of a dropped table": (
        sql(f"UPDATE ducklake_column SET end_snapshot = NULL WHERE {OF_GONE}"),
        "live_in_dropped_table", "gone"),
    "rows of no table": (
        sql("INSERT INTO ducklake_inlined_data_tables VALUES (77, 'ducklake_inlined_data_77', 1)"),
        "live_in_dropped_table", "table 77"),
    "a table of inlined rows is gone": (
        lambda lake: lake.sql("DROP TABLE " + lake.sql(
            f"SELECT table_name FROM ducklake_inlined_data_tables WHERE {OF_T}")[0][0]),
        "missing_inlined_table", "t"),
    "the columns of inlined rows are not known": (
        sql(f"DELETE FROM ducklake_schema_versions WHERE {OF_T}",
            f"UPDATE ducklake_inlined_data_tables SET schema_version = 99 WHERE {OF_T}"),
        "missing_schema_version", "t"),
    "rows that no snapshot has yet": (rows_of_the_future, "wrong_count", "m"),
    "no field ids": (
        lambda lake: lake.write_anew(lake.files("t")[0], "SELECT * FROM '{path}'"), "no_field_ids",
        "t"),
    "field ids of other columns": (
        lambda lake: lake.write_anew(lake.files("t")[0], "SELECT * FROM '{path}'", IDS % (2, 1)),
        "wrong_column_type", "t"),
    "a column is missing": (
        lambda lake: lake.write_anew(lake.files("t")[0], "SELECT * EXCLUDE (v) FROM '{path}'",
                                     (IDS % (1, 2)).replace("v: 2, ", "")), "missing_column", "t"),
    "rows of the same numbers": (
        sql(f"UPDATE ducklake_data_file SET row_id_start = 99 WHERE {SECOND}"),
        "overlapping_row_numbers", "t"),
    "a snapshot without its changes": (
        sql("DELETE FROM ducklake_snapshot_changes WHERE snapshot_id = 3"),
        "missing_snapshot_changes", None),
    "a file of a snapshot to come": (
        lambda lake: lake.sql(f"UPDATE ducklake_data_file SET begin_snapshot = 99 WHERE {OF_GREW} "
                              "AND begin_snapshot = (SELECT max(begin_snapshot) FROM "
                              f"ducklake_data_file WHERE {OF_GREW})",
                              f"UPDATE ducklake_table_stats SET record_count = 20 WHERE {OF_GREW}"),
        "beyond_newest_snapshot", "grew"),
    "a catalog number that would come twice": (
        sql(f"UPDATE ducklake_snapshot SET next_catalog_id = 3 WHERE {NEWEST}"),
        "catalog_number_in_use", None),
    "a file number that would come twice": (
        sql(f"UPDATE ducklake_snapshot SET next_file_id = 3 WHERE {NEWEST}"),
        "file_number_in_use", None),
    "no statistics of a column": (
        sql(f"DELETE FROM ducklake_table_column_stats WHERE {OF_T} AND column_id = 2"),
        "missing_table_stats", "t"),
    "no statistics of a table": (
        sql(f"DELETE FROM ducklake_table_stats WHERE {OF_T}"), "missing_table_stats", "t"),
}
