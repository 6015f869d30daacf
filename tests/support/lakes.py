"""DuckLakes made and judged by DuckDB's own extension."""
import sqlite3

from support.judge import open_judge

NEEDED = {"sqlite": ["sqlite_scanner"], "postgres": ["postgres_scanner"], "duckdb": []}


class Lake:
    """A lake with its catalog in SQLite (in `folder`) or in a PostgreSQL database of `server`.

    Attributes: uri (sluice's), attach (the extension's), data (the folder of its files).
    """

    def __init__(self, folder, kind="sqlite", server=None, name="lake"):
        self.kind = kind
        self.data = folder / f"{name}_files"
        if kind == "sqlite":
            self.catalog = folder / f"{name}.sqlite"
            self.attach = f"ducklake:sqlite:{self.catalog}"
            self.uri = f"ducklake:sqlite:{self.catalog}"
        elif kind == "duckdb":
            self.catalog = folder / f"{name}.ducklake"
            self.attach = f"ducklake:{self.catalog}"
            self.uri = f"ducklake:duckdb:{self.catalog}"
        else:
            database, uri = server.new_database()
            self.attach = (f"ducklake:postgres:dbname={database} host={server.host} "
                           f"port={server.port} user=postgres")
            self.uri = f"ducklake:{uri}"

    def connect(self, read_only=False, snapshot=None):
        """A connection whose default database is the lake."""
        connection = self._prepare(open_judge("ducklake", *NEEDED[self.kind]))
        options = [f"DATA_PATH '{self.data}/'"]
        if read_only:
            options.append("READ_ONLY")
        if snapshot is not None:
            options.append(f"SNAPSHOT_VERSION {snapshot}")
        connection.execute(f"ATTACH '{self.attach}' AS lake ({', '.join(options)})")
        connection.execute("USE lake")
        connection.execute("SET TimeZone = 'UTC'")
        return connection

    def _prepare(self, connection):
        return connection

    def run(self, *statements):
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, sql, snapshot=None):
        """Rows as the extension reads them, each cell as text."""
        with self.connect(read_only=True, snapshot=snapshot) as connection:
            connection.execute(f"CREATE TEMP TABLE found AS {sql}")
            return sorted(connection.execute("SELECT COLUMNS(*)::VARCHAR FROM found").fetchall(),
                          key=str)

    def catalog_rows(self, sql):
        """Rows of a catalog in SQLite itself."""
        connection = sqlite3.connect(self.catalog)
        found = connection.execute(sql).fetchall()
        connection.close()
        return found

    def moved(self):
        """Tells a catalog in SQLite that was copied where its files are now."""
        with sqlite3.connect(self.catalog) as connection:
            connection.execute("UPDATE ducklake_metadata SET value = ? WHERE key = 'data_path'",
                               (f"{self.data}/",))
        connection.close()

    def newest(self):
        with self.connect(read_only=True) as connection:
            return connection.execute(
                "SELECT max(snapshot_id) FROM ducklake_snapshots('lake')").fetchone()[0]
