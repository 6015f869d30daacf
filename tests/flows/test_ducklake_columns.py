"""Files keep the names that their columns had when their rows were first written, also where the
extension writes them anew later: sluice finds the columns by their field ids."""
import pytest

from support.lakes import Lake
from support.sound_lakes import EXPIRE, FLUSH, MERGE, rewrite

TABLE = "CREATE TABLE t (a int, b varchar, s struct(x int, y varchar))"
ROWS = "INSERT INTO t SELECT i, 'b' || i, {'x': i, 'y': 'y' || i} FROM range(20) r(i)"
INLINED = "INSERT INTO t VALUES (100, 'in the catalog', {'x': 5, 'y': 'z'})"
DELETE = "DELETE FROM t WHERE a < 5"
SWAP = ["ALTER TABLE t RENAME COLUMN b TO x", "ALTER TABLE t RENAME COLUMN c TO b",
        "ALTER TABLE t RENAME COLUMN x TO c"]
TWO_TEXTS = ["CREATE TABLE t (a int, b varchar, c varchar)",
             "INSERT INTO t SELECT i, 'b' || i, 'c' || i FROM range(20) r(i)"]
DROP_AND_ADD = ["ALTER TABLE t DROP COLUMN b", "ALTER TABLE t ADD COLUMN b varchar DEFAULT 'new'"]

CASES = {
    "renamed, then rewritten": [
        TABLE, ROWS, "ALTER TABLE t RENAME COLUMN b TO c", DELETE, rewrite("t")],
    "names swapped, then rewritten": [*TWO_TEXTS, *SWAP, DELETE, rewrite("t")],
    "names swapped, then merged": [*TWO_TEXTS, TWO_TEXTS[1], *SWAP, MERGE],
    "names swapped in the transaction that wrote": [
        TWO_TEXTS[0], "BEGIN", TWO_TEXTS[1], *SWAP, "COMMIT"],
    "dropped and added under one name, then rewritten": [
        TABLE, ROWS, *DROP_AND_ADD, DELETE, rewrite("t")],
    "added, then rewritten": [
        TABLE, ROWS, "ALTER TABLE t ADD COLUMN n int DEFAULT 5", DELETE, rewrite("t")],
    "widened, then rewritten, then wider values": [
        TABLE, ROWS, "ALTER TABLE t ALTER a SET DATA TYPE bigint", DELETE, rewrite("t"),
        "INSERT INTO t SELECT i + 90000000000, 'b', NULL FROM range(20) r(i)"],
    "parts of a struct renamed and added, then rewritten": [
        TABLE, ROWS, "ALTER TABLE t RENAME COLUMN s.x TO z", "ALTER TABLE t RENAME COLUMN s.y TO x",
        "ALTER TABLE t ADD COLUMN s.y int", DELETE, rewrite("t")],
    "parts of lists and maps, then rewritten": [
        "CREATE TABLE t (l struct(p int, q varchar)[], m map(varchar, struct(x int)))",
        "INSERT INTO t SELECT [{'p': i, 'q': 'a'}], map {'k': {'x': i}} FROM range(20) r(i)",
        "ALTER TABLE t RENAME COLUMN l.element.p TO pp", "ALTER TABLE t ADD COLUMN l.element.p int",
        "ALTER TABLE t ADD COLUMN m.value.y int", "DELETE FROM t WHERE l[1].pp < 5", rewrite("t")],
    "in the catalog, renamed and flushed": [
        TABLE, INLINED, "ALTER TABLE t RENAME COLUMN b TO c", FLUSH],
    "in the catalog, dropped and added and flushed": [TABLE, INLINED, *DROP_AND_ADD, FLUSH],
    "in the catalog, altered in one transaction": [
        TABLE, "BEGIN", INLINED, "ALTER TABLE t RENAME COLUMN b TO c",
        "INSERT INTO t VALUES (1, 'x', NULL)", "COMMIT"],
    "what the columns were is expired": [
        TABLE, ROWS, INLINED, *DROP_AND_ADD, "ALTER TABLE t RENAME COLUMN s.x TO z", EXPIRE],
}


@pytest.mark.parametrize("name", CASES)
def test_columns_are_found_by_their_numbers(sluice, tmp_path, name):
    lake = Lake(tmp_path)
    lake.run(*CASES[name])
    with lake.connect(read_only=True) as connection:
        kept = [row[0] for row in connection.execute(
            "SELECT snapshot_id FROM ducklake_snapshots('lake') WHERE snapshot_id > 0").fetchall()]
        for snapshot in kept:
            expected = connection.execute(
                f"SELECT COLUMNS(*)::VARCHAR FROM t AT (VERSION => {snapshot})").fetchall()
            found = sluice.run("query", lake.uri, "SELECT COLUMNS(*)::VARCHAR FROM t", "--at",
                               str(snapshot), "--format", "json", check_code=0).json
            assert sorted((tuple(row.values()) for row in found), key=str) == sorted(
                expected, key=str), snapshot
