"""The tables that are moved: each a DuckDB file with one table, made once for each run."""
import subprocess

from places import CHECKOUT, PYTHON

NARROW_ROWS = 6_000_000  # at scale 1
WIDE_ROWS = 200_000
WIDE_COLUMNS = 40

NARROW = "CREATE TABLE narrow AS SELECT i AS id, (hash(i) % 1000003)::INTEGER AS a, " \
         "(hash(i + 7) % 100000) / 7.0 AS b FROM range({rows}) t(i)"

# Text of 5 to 80 characters, a tenth of it NULL.
WIDE_COLUMN = "CASE WHEN hash(i * 41 + {n}) % 10 = 0 THEN NULL ELSE " \
              "repeat(md5((i * {n})::VARCHAR), 3)[:5 + (hash(i + {n}) % 76)::INTEGER] END AS t{n}"


def make(table, scale, path):
    """Makes `table` at `scale` in the DuckDB file `path`. Returns its number of rows."""
    lines = ["import sys", f"sys.path.insert(0, {str(CHECKOUT / 'tests')!r})",
             "from support import judge", "c = judge.open_judge()"]
    if table == "lineitem":
        lines.append("judge.load_tpch(c)")
        lines.append(f"c.execute(\"ATTACH '{path}' AS made; USE made; CALL dbgen(sf = {scale})\")")
        for other in ("customer", "nation", "orders", "part", "partsupp", "region", "supplier"):
            lines.append(f"c.execute('DROP TABLE {other}')")
    elif table == "narrow":
        sql = NARROW.format(rows=int(NARROW_ROWS * scale))
        lines.append(f"c.execute(\"ATTACH '{path}' AS made; USE made; {sql}\")")
    else:
        columns = ", ".join(WIDE_COLUMN.format(n=n) for n in range(1, WIDE_COLUMNS + 1))
        sql = f"CREATE TABLE wide AS SELECT i AS id, {columns} " \
              f"FROM range({int(WIDE_ROWS * scale)}) t(i)"
        lines.append(f"c.execute(\"ATTACH '{path}' AS made; USE made; {sql}\")")
    lines.append("c.execute('CHECKPOINT made')")
    lines.append(f"print(c.execute('SELECT count(*) FROM {table}').fetchone()[0])")
    done = subprocess.run([PYTHON, "-c", "\n".join(lines)], check=True, capture_output=True,
                          text=True)
    return int(done.stdout.split()[-1])


TABLES = ("lineitem", "narrow", "wide")
