"""The kinds of target as other programs see them: content, full dumps, what was left behind.

A dump compares a target with itself at another time: two equal dumps mean "exactly as before". A
row is a tuple of texts, NULL is None, so that the kinds compare with each other and with literals.
"""
import hashlib
import pathlib
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree

import deltalake
import duckdb

from support import delta, lakes, mariadb
from support import postgres as servers
from support.iceberg_target import IcebergKind

KINDS = ["sqlite", "duckdb", "postgres", "mysql", "parquet", "ducklake", "delta", "iceberg"]
DATABASES = ["sqlite", "duckdb", "postgres", "mysql"]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def as_text(value):
    return None if value is None else str(value)


class SqliteTarget:
    """A SQLite file, judged by the sqlite3 library and the sqlite3 shell."""

    kind = "sqlite"
    atomic = True

    def __init__(self, folder):
        self.path = folder / "target.sqlite"
        self.uri = f"sqlite:{self.path}"

    def execute(self, *statements):
        connection = sqlite3.connect(self.path)
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def rows(self, sql):
        connection = sqlite3.connect(self.path)
        found = [tuple(as_text(cell) for cell in row) for row in connection.execute(sql)]
        connection.close()
        return found

    def exists(self, table):
        if not self.path.exists():
            return False
        return bool(self.rows(f"SELECT 1 FROM sqlite_master WHERE type='table' AND name='{table}'"))

    def relation(self, table):
        return quoted(table)

    def dump(self):
        if not self.path.exists():
            return None
        done = subprocess.run(
            ["sqlite3", "-batch", str(self.path), ".dump"], capture_output=True, text=True,
            check=True
        )
        return done.stdout

    def leftovers(self):
        found = [p.name for p in self.path.parent.iterdir() if p != self.path and p.is_file()]
        if self.path.exists():
            sql = "SELECT type || ' ' || name FROM sqlite_master WHERE name || coalesce(sql, '') "
            found += [row[0] for row in self.rows(sql + "LIKE '%sluice%'")]
        return found


class DuckdbTarget:
    """A DuckDB file, judged by the duckdb package."""

    kind = "duckdb"
    atomic = True

    def __init__(self, folder):
        self.path = folder / "target.duckdb"
        self.uri = f"duckdb:{self.path}"

    def execute(self, *statements):
        with duckdb.connect(str(self.path)) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, sql):
        with duckdb.connect(str(self.path)) as connection:
            return [tuple(as_text(c) for c in row) for row in connection.execute(sql).fetchall()]

    def exists(self, table):
        if not self.path.exists():
            return False
        return bool(self.rows(f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{table}'"))

    def relation(self, table):
        return quoted(table)

    def dump(self):
        if not self.path.exists():
            return None
        lines = []
        with duckdb.connect(str(self.path)) as connection:
            catalog = connection.execute(
                "SELECT 'schema ' || schema_name FROM duckdb_schemas() WHERE NOT internal "
                "UNION ALL "
                "SELECT schema_name || ' ' || sql || coalesce(comment, '') FROM duckdb_tables() "
                "UNION ALL SELECT sql FROM duckdb_indexes() UNION ALL "
                "SELECT sql FROM duckdb_views() WHERE NOT internal UNION ALL "
                "SELECT sequence_name || coalesce(last_value, 0)::VARCHAR FROM duckdb_sequences() "
                "ORDER BY ALL"
            )
            lines += [row[0] for row in catalog.fetchall()]
            names = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL")
            for schema, table in names.fetchall():
                table = f"{quoted(schema)}.{quoted(table)}"
                rows = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {table} ORDER BY ALL")
                lines += [f"{table} {row}" for row in rows.fetchall()]
        return "\n".join(lines)

    def leftovers(self):
        found = [p.name for p in self.path.parent.iterdir() if p != self.path and p.is_file()]
        if self.path.exists():
            found += [row[0] for row in self.rows(
                "SELECT name FROM (SELECT schema_name AS name FROM duckdb_schemas() UNION ALL "
                "SELECT table_name || sql FROM duckdb_tables() UNION ALL "
                "SELECT index_name || sql FROM duckdb_indexes() UNION ALL "
                "SELECT sequence_name FROM duckdb_sequences()) WHERE name LIKE '%sluice%'"
            )]
        return found


class PostgresTarget:
    """A database of a test's server, judged by psql and pg_dump."""

    kind = "postgres"
    atomic = True

    def __init__(self, server, folder=None):
        self.server = server
        self.database, self.uri = server.new_database()

    def execute(self, *statements):
        self.server.psql(self.database, ";\n".join(statements))

    def rows(self, sql):
        # With a header, so that no row and one empty text look different.
        text = self.server.psql(self.database, f"COPY ({sql}) TO STDOUT WITH (HEADER)")
        return [tuple(map(copy_cell, line.split("\t"))) for line in text.split("\n")[1:]]

    def exists(self, table):
        return bool(self.rows(f"SELECT 1 FROM pg_tables WHERE schemaname = 'public' "
                              f"AND tablename = '{table}'"))

    def relation(self, table):
        return quoted(table)

    def dump(self):
        done = subprocess.run(
            [servers.find_program("pg_dump"), "-h", self.server.host, "-p", str(self.server.port)]
            + ["-U", servers.OWNER, "-d", self.database],
            capture_output=True, text=True, check=True
        )
        # Newer minor versions write a random word for \restrict.
        return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("\\"))

    def leftovers(self):
        return [row[0] for row in self.rows(
            "SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname LIKE '%sluice%' UNION ALL "
            "SELECT 'relation ' || relname FROM pg_class WHERE relname LIKE '%sluice%' UNION ALL "
            "SELECT 'type ' || typname FROM pg_type WHERE typname LIKE '%sluice%' UNION ALL "
            "SELECT 'constraint ' || conname FROM pg_constraint WHERE conname LIKE '%sluice%' "
            "UNION ALL "
            "SELECT 'function ' || proname FROM pg_proc WHERE proname LIKE '%sluice%'"
        )]


class MysqlTarget:
    """A database of a MariaDB server, judged by the mariadb client and mariadb-dump."""

    kind = "mysql"
    atomic = True
    # Standard SQL, as the tests of all kinds write it.
    SESSION = ("SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES,PIPES_AS_CONCAT,"
               "NO_BACKSLASH_ESCAPES'), time_zone = '+00:00';\n")

    def __init__(self, server=None, options="CHARACTER SET utf8mb4"):
        self.server = server or mariadb.shared()
        self.database, self.uri = self.server.new_database(options)

    def execute(self, *statements):
        self.server.sql(self.database, self.SESSION + ";\n".join(statements))

    def rows(self, sql):
        text = self.server.sql(self.database, self.SESSION + sql, options=["--xml"])
        if not text:
            return []
        return [
            tuple(None if len(field.attrib) > 1 else field.text or "" for field in row)
            for row in xml.etree.ElementTree.fromstring(text)
        ]

    def exists(self, table):
        return bool(self.rows("SELECT 1 FROM information_schema.tables WHERE table_schema = "
                              f"DATABASE() AND table_name = '{table}'"))

    def relation(self, table):
        return quoted(table)

    def dump(self):
        done = subprocess.run(
            [mariadb.find_program("mariadb-dump"), "--no-defaults", "-h", self.server.host]
            + ["-P", str(self.server.port), "-u", "root", "--skip-comments", "--hex-blob"]
            + ["--order-by-primary", "--routines", "--triggers", self.database],
            capture_output=True, text=True, check=True
        )
        return done.stdout

    def leftovers(self):
        return [row[0] for row in self.rows(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
            "AND table_name LIKE '%sluice%' UNION ALL "
            "SELECT constraint_name FROM information_schema.table_constraints WHERE "
            "table_schema = DATABASE() AND constraint_name LIKE '%sluice%'"
        )]


class ParquetTarget:
    """A folder of Parquet files, judged by the duckdb package and by the files' bytes."""

    kind = "parquet"
    atomic = False

    def __init__(self, folder):
        self.path = folder / "lake"
        self.uri = f"parquet:{self.path}"

    def execute(self, *statements):
        """Runs statements of the form CREATE TABLE ... AS: each becomes a file of that table."""
        self.path.mkdir(exist_ok=True)
        with duckdb.connect() as connection:
            for statement in statements:
                connection.execute(statement)
            for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                connection.execute(f"COPY {quoted(name)} TO '{self.path / name}.parquet'")

    def rows(self, sql):
        with duckdb.connect() as connection:
            for table in self.tables():
                connection.execute(
                    f"CREATE VIEW {quoted(table)} AS SELECT * FROM {self.relation(table)}")
            return [tuple(as_text(c) for c in row) for row in connection.execute(sql).fetchall()]

    def tables(self):
        found = set()
        for file in visible_files(self.path):
            parts = file.relative_to(self.path).parts
            found.add(parts[0] if len(parts) > 1 else file.stem)
        return sorted(found)

    def exists(self, table):
        return table in self.tables()

    def relation(self, table):
        file = self.path / f"{table}.parquet"
        return f"read_parquet('{file if file.exists() else self.path / table / '**/*.parquet'}')"

    def dump(self):
        if not self.path.exists():
            return None
        files = sorted(p for p in self.path.rglob("*") if p.is_file())
        return "\n".join(f"{p.relative_to(self.path)} {sha256(p)}" for p in files)

    def leftovers(self):
        found = [p.name for p in self.path.parent.iterdir() if p != self.path]
        if self.path.exists():
            found += [
                str(p.relative_to(self.path)) for p in self.path.rglob("*")
                if p.name.startswith((".", "_")) or "sluice" in p.name or is_empty_folder(p)
            ]
        return found


class DucklakeTarget:
    """A lake with its catalog in SQLite, judged by DuckDB's own extension.

    A dump is of the newest snapshot: what a run took back stays in the snapshots before.
    """

    kind = "ducklake"
    atomic = True

    def __init__(self, folder):
        self.lake = lakes.Lake(folder)
        self.path = self.lake.catalog
        self.uri = f"{self.lake.uri}?data_path={self.lake.data}"

    def execute(self, *statements):
        self.lake.run(*statements)

    def rows(self, sql):
        with self.lake.connect(read_only=True) as connection:
            return [tuple(as_text(c) for c in row) for row in connection.execute(sql).fetchall()]

    def exists(self, table):
        if not self.path.exists():
            return False
        return bool(self.rows("SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND "
                              f"table_name = '{table}'"))

    def relation(self, table):
        return quoted(table)

    def dump(self):
        if not self.path.exists():
            return None
        lines = []
        with self.lake.connect(read_only=True) as connection:
            catalog = connection.execute(
                "SELECT 'schema ' || schema_name FROM duckdb_schemas() WHERE database_name = "
                "'lake' UNION ALL SELECT schema_name || ' ' || table_name || coalesce(comment, '') "
                "FROM duckdb_tables() WHERE database_name = 'lake' UNION ALL SELECT concat_ws(' ', "
                "schema_name, table_name, column_name, data_type, is_nullable, column_default, "
                "comment) FROM duckdb_columns() WHERE database_name = 'lake' ORDER BY ALL")
            lines += [row[0] for row in catalog.fetchall()]
            names = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE "
                                       "database_name = 'lake' ORDER BY ALL")
            for schema, table in names.fetchall():
                table = f"{quoted(schema)}.{quoted(table)}"
                rows = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM {table} ORDER BY ALL")
                lines += [f"{table} {row}" for row in rows.fetchall()]
        return "\n".join(lines)

    def leftovers(self):
        known = {self.path, self.lake.data}
        known |= {self.path.with_name(self.path.name + end) for end in ("-wal", "-shm")}
        found = [p.name for p in self.path.parent.iterdir() if p not in known]
        if not self.path.exists():
            return found + [p.name for p in known if p.exists()]
        found += [row[0] for row in self.rows(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake' AND table_name "
            "LIKE '%sluice%'")]
        named = {row[0] for row in self.lake.catalog_rows(
            "SELECT path FROM ducklake_data_file UNION ALL SELECT path FROM ducklake_delete_file "
            "UNION ALL SELECT path FROM ducklake_files_scheduled_for_deletion")}
        found += [str(p) for p in self.lake.data.rglob("*.parquet") if p.name not in named]
        found += [str(p) for p in self.lake.data.rglob(".sluice*")]
        return found


class DeltaTarget:
    """A folder of Delta tables, written by delta-rs and judged by DuckDB's own extension.

    A dump is of the newest versions: what a run took back stays in the versions before.
    """

    kind = "delta"
    atomic = False

    def __init__(self, folder):
        self.path = folder / "lake"
        self.uri = f"delta:{self.path}"

    def execute(self, *statements):
        """Runs them over copies of the tables; what became of each is its next version."""
        with duckdb.connect() as connection:
            before = {}
            for table in self.tables():
                before[table] = self.table(table).to_pyarrow_table()
                connection.register("now", before[table])
                connection.execute(f"CREATE TABLE {quoted(table)} AS FROM now")
            for statement in statements:
                connection.execute(statement)
            names = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
            for (name,) in names:
                rows = connection.execute(f"FROM {quoted(name)}").to_arrow_table()
                if name not in before or rows != before[name]:
                    deltalake.write_deltalake(self.path / name, rows, mode="overwrite",
                                              schema_mode="overwrite")
            for name in before.keys() - {name for (name,) in names}:
                shutil.rmtree(self.path / name)

    def table(self, name):
        return deltalake.DeltaTable(self.path / name)

    def rows(self, sql):
        connection = delta.open_delta_judge()
        for table in self.tables():
            if table.isascii():
                connection.execute(f"CREATE VIEW {quoted(table)} AS FROM {self.relation(table)}")
            else:  # the extension cuts such a folder's name short
                connection.register(table, self.table(table).to_pyarrow_table())
        return [tuple(as_text(c) for c in row) for row in connection.execute(sql).fetchall()]

    def tables(self):
        return sorted(log.parent.name for log in self.path.glob("*/_delta_log"))

    def exists(self, table):
        return table in self.tables()

    def relation(self, table):
        return f"delta_scan('{self.path / table}')"

    def dump(self):
        if not self.path.exists():
            return None
        lines = []
        for name in self.tables():
            table = self.table(name)
            told = table.metadata()
            lines += [f"CREATE {name} {table.schema().to_json()} {told.partition_columns} "
                      f"{told.configuration} {told.description}"]
            lines += sorted(f"{name} {row}" for row in self.rows(
                f"SELECT COLUMNS(*)::VARCHAR FROM {quoted(name)}"))
        return "\n".join(lines)

    def leftovers(self):
        found = [p.name for p in self.path.parent.iterdir() if p != self.path]
        if not self.path.exists():
            return found
        for file in self.path.rglob("*.parquet"):
            if "_delta_log" not in file.parts and not self.is_named(file):
                found.append(str(file))
        found += [str(p) for p in self.path.rglob("*")
                  if p.name.startswith(".sluice") or p.name.endswith(".tmp") or is_empty_folder(p)]
        return found

    def is_named(self, file):
        """Whether some version of its table has it."""
        table = self.path / file.relative_to(self.path).parts[0]
        name = str(file.relative_to(table))
        return any(name in log.read_text() for log in table.glob("_delta_log/*.json"))


def is_empty_folder(path):
    return path.is_dir() and not any(path.iterdir())


def visible_files(folder):
    """The Parquet files that a reader of this folder would take."""
    if not folder.exists():
        return []
    return sorted(
        p for p in folder.rglob("*.parquet")
        if not any(part.startswith((".", "_")) for part in p.relative_to(folder).parts)
    )


ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\\\": "\\"}


def copy_cell(cell):
    """A cell of PostgreSQL's COPY text format."""
    if cell == "\\N":
        return None
    out, at = "", 0
    while at < len(cell):
        pair = cell[at:at + 2]
        out += ESCAPES.get(pair, cell[at])
        at += 2 if pair in ESCAPES else 1
    return out


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def make_target(kind, folder, server=None):
    """A target in a folder of its own: whatever else lies there afterwards is left behind."""
    own = folder / f"{kind}-target"
    own.mkdir(exist_ok=True)
    if kind == "postgres":
        return PostgresTarget(server)
    if kind == "mysql":
        return MysqlTarget()
    kinds = [SqliteTarget, DuckdbTarget, ParquetTarget, DucklakeTarget, DeltaTarget, IcebergKind]
    return {each.kind: each for each in kinds}[kind](own)
