"""What is measured: for each route the sides that do the same work."""
import json
import os
import shutil
import subprocess

from measure import Side
from places import CHECKOUT, PEERS, PG_BIN, PYTHON, SLUICE

PEER_PYTHON = PEERS / "bin/python"
JOBS = CHECKOUT / "bench/peers.py"


def site_packages():
    return str(next((CHECKOUT / ".deps/venv/lib").glob("*/site-packages")))


def extension(*statements):
    return [PYTHON, JOBS, "duckdb_sql", *statements]


class Route:
    """One route over one table. The sides whose names begin with "sluice" are ours.

    `source` is the DuckDB file that holds the table; each route makes what else it reads.
    """
    def __init__(self, folder, source, table, server):
        self.folder, self.source, self.table, self.server = folder, source, table, server
        self.sides = []

    def migrate(self, source, target, *words):
        return [SLUICE, "--state", self.folder / "state", "--quiet", "migrate", source, target,
                "--table", self.table, "--if-exists", "replace", *words]

    def ours(self, source, target, prepare):
        """Copying alone, and with the read-back that is sluice's default."""
        return [Side("sluice, copying alone", self.migrate(source, target, "--verify", "counts"),
                     prepare),
                Side("sluice, content verified", self.migrate(source, target), prepare)]

    def fresh_state(self):
        shutil.rmtree(self.folder / "state", ignore_errors=True)

    def fresh_files(self, *names):
        self.fresh_state()
        for name in names:
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def close(self):
        """Stops what the route itself started."""

    def dsn(self, database):
        return f"host=127.0.0.1 port={self.server.port} user=postgres dbname={database}"

    def attach(self, database, options=""):
        return f"ATTACH '{self.dsn(database)}' AS p (TYPE postgres{options})"

    def fill_postgres(self):
        """The table in a database that stays, vacuumed: no side pays for hint bits."""
        name, uri = self.server.new_database()
        subprocess.run(extension(f"ATTACH '{self.source}' AS s (READ_ONLY)", self.attach(name),
                                 f"CREATE TABLE p.public.{self.table} AS FROM s.{self.table}"),
                       check=True)
        self.server.psql(name, f"VACUUM ANALYZE {self.table}")
        return name, uri

    def fill_sqlite(self):
        path = self.folder / "source.sqlite"
        subprocess.run(extension(f"ATTACH '{self.source}' AS s (READ_ONLY)",
                                 f"ATTACH '{path}' AS q (TYPE sqlite)",
                                 f"CREATE TABLE q.{self.table} AS FROM s.{self.table}"), check=True)
        return path

    def sling(self, source, target, prepare):
        words = [PEERS / "bin/sling", "run", "--src-conn", "SOURCE",
                 "--src-stream", f"public.{self.table}", "--tgt-conn", "TARGET",
                 "--tgt-object", f"public.{self.table}", "--mode", "full-refresh"]
        plain = "" if target.startswith("{") else "?sslmode=disable"
        env = {"SOURCE": f"{source}?sslmode=disable", "TARGET": target + plain,
               "HOME": str(self.folder), "SLING_DISABLE_TELEMETRY": "TRUE"}
        return Side("sling 1.4.10", words, prepare, env)

    def dlt(self, source, kind, target, prepare):
        work = self.folder / "dlt"
        source = str(source).replace("postgres://", "postgresql+psycopg2://")

        def clean():
            shutil.rmtree(work, ignore_errors=True)
            prepare()

        return Side("dlt", [PEER_PYTHON, JOBS, "dlt", source, self.table, kind, target, work],
                    clean, {"HOME": str(self.folder), "RUNTIME__DLTHUB_TELEMETRY": "false"})


class DuckdbToPostgres(Route):
    """duckdb -> postgres: DuckDB's extension; two psql COPY of ready files are the limit."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.prepare()
        target = self.server.uri("bench")
        self.sides = [
            *self.ours(f"duckdb:{self.source}", target, self.prepare),
            Side("duckdb postgres extension",
                 extension(f"ATTACH '{self.source}' AS s (READ_ONLY)", self.attach("bench"),
                           f"CREATE TABLE p.public.{self.table} AS FROM s.{self.table}"),
                 self.prepare),
            Side("psql COPY of two ready files (limit)", self.copy_files(), self.prepare_copy),
        ]

    def prepare(self):
        self.fresh_state()
        self.server.psql("postgres", "DROP DATABASE IF EXISTS bench WITH (FORCE)")
        self.server.psql("postgres", "CREATE DATABASE bench")
        self.server.psql("postgres", "CHECKPOINT")

    def copy_files(self):
        """Makes the files and returns the command that loads them over two connections."""
        name, _ = self.fill_postgres()
        rows = int(self.server.psql(name, f"SELECT count(*) FROM {self.table}"))
        dumped = subprocess.run([PG_BIN / "pg_dump", "-s", "-d", self.server.uri(name)],
                                check=True, capture_output=True, text=True).stdout
        self.ddl = "\n".join(line for line in dumped.splitlines() if not line.startswith("\\"))
        for part, clause in enumerate((f"LIMIT {rows // 2}", f"OFFSET {rows // 2}")):
            with open(self.folder / f"part{part}", "wb") as file:
                subprocess.run([PG_BIN / "psql", "-qX", self.server.uri(name), "-c",
                                f"COPY (SELECT * FROM {self.table} {clause}) TO STDOUT "
                                "(FORMAT binary)"], check=True, stdout=file)
        self.server.psql("postgres", f"DROP DATABASE {name} WITH (FORCE)")
        load = (f"{PG_BIN}/psql -qX {self.server.uri('bench')} -c "
                f"'COPY {self.table} FROM STDIN (FORMAT binary)'")
        return (f"{load} <{self.folder}/part0 & first=$!; {load} <{self.folder}/part1; "
                "wait $first")

    def prepare_copy(self):
        self.prepare()
        self.server.psql("bench", self.ddl)


class PostgresToParquet(Route):
    """postgres -> parquet: DuckDB's extension, connectorx, dlt.

    Not sling, whose Parquet writer is a program that it downloads when it runs.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        name, uri = self.fill_postgres()
        out = self.folder / "out"
        self.sides = [
            *self.ours(uri, f"parquet:{out}", self.prepare),
            Side("duckdb postgres extension",
                 extension(self.attach(name, ", READ_ONLY"),
                           f"COPY p.public.{self.table} TO '{out}/t.parquet' "
                           "(FORMAT parquet, COMPRESSION zstd)"), self.prepare),
            Side("connectorx and pyarrow",
                 [PEER_PYTHON, JOBS, "connectorx", uri, self.table, out / "t.parquet"],
                 self.prepare),
            self.dlt(uri, "parquet", out, self.prepare),
        ]

    def prepare(self):
        self.fresh_files("out")
        (self.folder / "out").mkdir()


class PostgresToIceberg(Route):
    """postgres -> iceberg: connectorx with PyIceberg, dlt, in catalogs in SQLite.

    Not sling, which knows no catalog in SQL: see PostgresToIcebergRest. PyIceberg is that of the
    tests' environment.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        _, uri = self.fill_postgres()
        out, work = self.folder / "out", self.folder / "dlt"
        packages = {"PYTHONPATH": site_packages(), "HOME": str(self.folder),
                    "RUNTIME__DLTHUB_TELEMETRY": "false"}
        self.sides = [
            *self.ours(uri, f"iceberg:sqlite:{out}/catalog.db?warehouse={out}/w", self.prepare),
            Side("connectorx and PyIceberg",
                 [PEER_PYTHON, JOBS, "pyiceberg", uri, self.table, out], self.prepare, packages),
            Side("dlt", [PEER_PYTHON, JOBS, "dlt_iceberg",
                         uri.replace("postgres://", "postgresql+psycopg2://"), self.table, out,
                         work], self.prepare, packages),
        ]

    def prepare(self):
        self.fresh_files("out", "dlt")
        (self.folder / "out").mkdir()


class PostgresToIcebergRest(Route):
    """postgres -> iceberg on S3 by a REST catalog: sling, connectorx with PyIceberg.

    The catalog is Nessie, the S3 server versitygw, both of the tests, on this machine.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        from support.nessie import Nessie  # no other route needs the folder of the tests
        from support.s3 import S3Server
        _, self.uri = self.fill_postgres()
        self.s3 = S3Server()
        self.catalog = Nessie(self.s3)
        rest = [self.catalog.uri, self.catalog.warehouse]
        self.packages = {"PYTHONPATH": site_packages(), **self.s3.environment()}
        self.sides = [
            *self.ours(self.uri, f"iceberg:rest:{rest[0]}?warehouse={rest[1]}", self.prepare),
            Side("connectorx and PyIceberg",
                 [PEER_PYTHON, JOBS, "pyiceberg_rest", self.uri, self.table, *rest], self.prepare,
                 self.packages),
            self.sling(self.uri, json.dumps(self.sling_catalog()), self.prepare),
        ]
        for side in self.sides:
            side.env = {**side.env, **self.s3.environment()}

    def sling_catalog(self):
        keys = self.s3.environment()
        return {"type": "iceberg", "catalog_type": "rest", "rest_uri": self.catalog.uri,
                "rest_warehouse": self.catalog.warehouse, "schema": "public",
                "s3_access_key_id": keys["AWS_ACCESS_KEY_ID"],
                "s3_secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
                "s3_region": keys["AWS_REGION"], "s3_endpoint": self.s3.endpoint}

    def prepare(self):
        self.fresh_state()
        subprocess.run([PEER_PYTHON, JOBS, "drop_rest", self.table, self.catalog.uri,
                        self.catalog.warehouse], env={**os.environ, **self.packages}, check=True)

    def close(self):
        self.catalog.stop()
        self.s3.stop()


class PostgresToDuckdb(Route):
    """postgres -> duckdb: DuckDB's extension, dlt."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        name, uri = self.fill_postgres()
        out = self.folder / "out.duckdb"
        self.sides = [
            *self.ours(uri, f"duckdb:{out}", self.prepare),
            Side("duckdb postgres extension",
                 extension(self.attach(name, ", READ_ONLY"), f"ATTACH '{out}' AS d",
                           f"CREATE TABLE d.{self.table} AS FROM p.public.{self.table}"),
                 self.prepare),
            self.dlt(uri, "duckdb", out, self.prepare),
        ]

    def prepare(self):
        self.fresh_files("out.duckdb", "out.duckdb.wal")


class PostgresToPostgres(Route):
    """postgres -> postgres: pg_dump into psql, sling, dlt."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        _, uri = self.fill_postgres()
        self.prepare()
        target = self.server.uri("bench")
        self.sides = [
            *self.ours(uri, target, self.prepare),
            Side("pg_dump into psql",
                 f"{PG_BIN}/pg_dump -t {self.table} {uri} | {PG_BIN}/psql -qX {target}",
                 self.prepare),
            self.sling(uri, target, self.prepare),
            self.dlt(uri, "postgres",
                     target.replace("postgres@", "postgres:none@"), self.prepare),
        ]

    prepare = DuckdbToPostgres.prepare


class SqliteToDuckdb(Route):
    """sqlite -> duckdb: DuckDB's extension, dlt."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        source = self.fill_sqlite()
        out = self.folder / "out.duckdb"
        self.sides = [
            *self.ours(f"sqlite:{source}", f"duckdb:{out}", self.prepare),
            Side("duckdb sqlite extension",
                 extension(f"ATTACH '{source}' AS q (TYPE sqlite, READ_ONLY)",
                           f"ATTACH '{out}' AS d",
                           f"CREATE TABLE d.{self.table} AS FROM q.{self.table}"), self.prepare),
            self.dlt(f"sqlite:///{source}", "duckdb", out, self.prepare),
        ]

    prepare = PostgresToDuckdb.prepare


class DuckdbToSqlite(Route):
    """duckdb -> sqlite: DuckDB's extension."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        out = self.folder / "out.sqlite"
        self.sides = [
            *self.ours(f"duckdb:{self.source}", f"sqlite:{out}", self.prepare),
            Side("duckdb sqlite extension",
                 extension(f"ATTACH '{self.source}' AS s (READ_ONLY)",
                           f"ATTACH '{out}' AS q (TYPE sqlite)",
                           f"CREATE TABLE q.{self.table} AS FROM s.{self.table}"), self.prepare),
        ]

    def prepare(self):
        self.fresh_files("out.sqlite", "out.sqlite-wal", "out.sqlite-shm")


class DuckdbToParquet(Route):
    """duckdb -> parquet: DuckDB's own COPY; cp of the file that it wrote is the limit."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        out, ready = self.folder / "out", self.folder / "ready.parquet"
        copy = f"COPY s.{self.table} TO '{{}}' (FORMAT parquet, COMPRESSION zstd)"
        attach = f"ATTACH '{self.source}' AS s (READ_ONLY)"
        subprocess.run(extension(attach, copy.format(ready)), check=True)
        self.sides = [
            *self.ours(f"duckdb:{self.source}", f"parquet:{out}", self.prepare),
            Side("duckdb's own COPY", extension(attach, copy.format(out / "t.parquet")),
                 self.prepare),
            Side("cp of a ready file (limit)", ["cp", ready, out / "t.parquet"], self.prepare),
        ]

    prepare = PostgresToParquet.prepare


class VerifyPostgresDuckdb(Route):
    """verify postgres against duckdb: reladiff, on the columns that it can compare and on all."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        _, uri = self.fill_postgres()
        verify = [SLUICE, "--quiet", "verify", uri, f"duckdb:{self.source}", "--table", self.table]
        self.sides = [
            Side("sluice, all columns", verify),
            Side("reladiff, the columns that it can compare", self.reladiff(uri)),
        ]

    def reladiff(self, uri):
        columns = {"lineitem": ["l_partkey", "l_suppkey", "l_quantity", "l_extendedprice",
                                "l_discount", "l_tax", "l_returnflag", "l_linestatus",
                                "l_shipinstruct", "l_shipmode", "l_comment"],
                   "narrow": ["a", "b"],
                   "wide": [f"t{n}" for n in range(1, 41)]}[self.table]
        key = ["l_orderkey", "l_linenumber"] if self.table == "lineitem" else ["id"]
        words = [PEERS / "bin/reladiff", uri.replace("postgres://", "postgresql://"), self.table,
                 f"duckdb://main@{self.source}", self.table, "-j", "2"]
        for column in key:
            words += ["-k", column]
        for column in columns:
            words += ["-c", column]
        return words


ROUTES = {
    "duckdb_to_postgres": DuckdbToPostgres,
    "postgres_to_parquet": PostgresToParquet,
    "postgres_to_iceberg": PostgresToIceberg,
    "postgres_to_iceberg_rest": PostgresToIcebergRest,
    "postgres_to_duckdb": PostgresToDuckdb,
    "postgres_to_postgres": PostgresToPostgres,
    "sqlite_to_duckdb": SqliteToDuckdb,
    "duckdb_to_sqlite": DuckdbToSqlite,
    "duckdb_to_parquet": DuckdbToParquet,
    "verify_postgres_duckdb": VerifyPostgresDuckdb,
}
