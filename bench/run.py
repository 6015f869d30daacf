#!/usr/bin/env python3
"""Runs sluice and a peer in turn on the same data and prints the ratio of their times."""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
SLUICE = pathlib.Path(os.environ.get("SLUICE_BIN") or CHECKOUT / "build/release/sluice")
PYTHON = CHECKOUT / ".deps/venv/bin/python"
sys.path.insert(0, str(CHECKOUT / "tests"))


def timed(action):
    start = time.monotonic()
    action()
    return time.monotonic() - start


def sluice(state, *arguments):
    done = subprocess.run([SLUICE, "--state", state, "--quiet", *map(str, arguments)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit(f"sluice {arguments}: exit {done.returncode}: {done.stderr.decode()}")


def duckdb(*statements):
    """The peer: DuckDB 1.5.5 of the test environment with its own extensions, two threads."""
    script = ("import sys; sys.path.insert(0, 'tests')\n"
              "from support import judge\n"
              "c = judge.open_judge('postgres_scanner', 'sqlite_scanner')\n"
              + "".join(f"c.execute({statement!r})\n" for statement in statements))
    subprocess.run([PYTHON, "-c", script], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)


class Bench:
    """One comparison: prepare() before each timed run of either side."""

    def __init__(self, folder, scale):
        self.folder = pathlib.Path(folder)
        self.scale = scale
        self.source = self.folder / "source.duckdb"
        duckdb_load = ("from support import judge\nc = judge.open_judge()\njudge.load_tpch(c)\n"
                       f"c.execute(\"ATTACH '{self.source}' AS made; USE made; "
                       f"CALL dbgen(sf = {scale})\")\n")
        subprocess.run([PYTHON, "-c", "import sys; sys.path.insert(0, 'tests')\n" + duckdb_load],
                       cwd=CHECKOUT, check=True)

    def close(self):
        pass


class DuckdbToPostgres(Bench):
    """lineitem: duckdb -> postgres; the peer is CREATE TABLE AS through DuckDB's extension."""

    def __init__(self, folder, scale):
        super().__init__(folder, scale)
        from support import postgres
        self.server = postgres.Postgres()

    def ours(self, *words):
        sluice(self.folder / "state", "migrate", f"duckdb:{self.source}", self.uri,
               "--table", "lineitem", *words)

    def peer(self):
        duckdb(f"ATTACH '{self.source}' AS s (READ_ONLY)",
               f"ATTACH '{self.dsn}' AS p (TYPE postgres)",
               "CREATE TABLE p.public.lineitem AS FROM s.lineitem")

    def prepare(self):
        name, self.uri = self.server.new_database()
        port = self.uri.rsplit(":", 1)[1].split("/")[0]
        self.dsn = f"host=127.0.0.1 port={port} user=postgres dbname={name}"

    def close(self):
        self.server.stop()


class PostgresToParquet(DuckdbToPostgres):
    """lineitem: postgres -> parquet; the peer is COPY through DuckDB's extension."""

    def __init__(self, folder, scale):
        super().__init__(folder, scale)
        super().prepare()
        super().peer()

    def prepare(self):
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        (self.folder / "out").mkdir()

    def ours(self, *words):
        sluice(self.folder / "state", "migrate", self.uri, f"parquet:{self.folder}/out",
               "--table", "lineitem", *words)

    def peer(self):
        duckdb(f"ATTACH '{self.dsn}' AS p (TYPE postgres, READ_ONLY)",
               f"COPY p.public.lineitem TO '{self.folder}/out/l.parquet' "
               "(FORMAT parquet, COMPRESSION zstd)")


class DuckdbToSqlite(Bench):
    """lineitem: duckdb -> sqlite; the peer is CREATE TABLE AS through DuckDB's extension."""

    def prepare(self):
        (self.folder / "out.sqlite").unlink(missing_ok=True)

    def ours(self, *words):
        sluice(self.folder / "state", "migrate", f"duckdb:{self.source}",
               f"sqlite:{self.folder}/out.sqlite", "--table", "lineitem", *words)

    def peer(self):
        duckdb(f"ATTACH '{self.source}' AS s (READ_ONLY)",
               f"ATTACH '{self.folder}/out.sqlite' AS q (TYPE sqlite)",
               "CREATE TABLE q.lineitem AS FROM s.lineitem")


class SqliteToParquet(DuckdbToSqlite):
    """lineitem: sqlite -> parquet; the peer is COPY through DuckDB's extension."""

    def __init__(self, folder, scale):
        super().__init__(folder, scale)
        super().prepare()
        super().ours()

    def prepare(self):
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        (self.folder / "out").mkdir()

    def ours(self, *words):
        sluice(self.folder / "state", "migrate", f"sqlite:{self.folder}/out.sqlite",
               f"parquet:{self.folder}/out", *words)

    def peer(self):
        duckdb(f"ATTACH '{self.folder}/out.sqlite' AS q (TYPE sqlite, READ_ONLY)",
               f"COPY q.lineitem TO '{self.folder}/out/l.parquet' "
               "(FORMAT parquet, COMPRESSION zstd)")


class DuckdbToParquet(Bench):
    """lineitem: duckdb -> parquet; the peer is DuckDB's own COPY."""

    def prepare(self):
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        (self.folder / "out").mkdir()

    def ours(self, *words):
        sluice(self.folder / "state", "migrate", f"duckdb:{self.source}",
               f"parquet:{self.folder}/out", "--table", "lineitem", *words)

    def peer(self):
        duckdb(f"ATTACH '{self.source}' AS s (READ_ONLY)",
               f"COPY s.lineitem TO '{self.folder}/out/l.parquet' "
               "(FORMAT parquet, COMPRESSION zstd)")


BENCHES = {
    "duckdb_to_postgres": DuckdbToPostgres,
    "postgres_to_parquet": PostgresToParquet,
    "duckdb_to_sqlite": DuckdbToSqlite,
    "sqlite_to_parquet": SqliteToParquet,
    "duckdb_to_parquet": DuckdbToParquet,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench", nargs="?", choices=sorted(BENCHES))
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--scale", type=float, default=0.3, help="TPC-H scale factor")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.list or not arguments.bench:
        for name, bench in BENCHES.items():
            print(f"{name:24} {bench.__doc__}")
        return
    with tempfile.TemporaryDirectory() as folder:
        bench = BENCHES[arguments.bench](folder, arguments.scale)
        try:
            sides = {"sluice (copied, verified, published)": bench.ours,
                     "sluice --verify counts": lambda: bench.ours("--verify", "counts"),
                     "peer (copied)": bench.peer}
            seconds = {name: [] for name in sides}
            for _ in range(arguments.runs):
                for name, action in sides.items():
                    bench.prepare()
                    seconds[name].append(timed(action))
            print(f"{arguments.bench}, TPC-H scale {arguments.scale:g}, lineitem, "
                  f"{arguments.runs} runs in turn")
            for name, values in seconds.items():
                print(f"  {name:38} median {statistics.median(values):7.2f} s  "
                      f"(min {min(values):.2f}, max {max(values):.2f})")
            whole, counts, peer = (statistics.median(v) for v in seconds.values())
            print(f"  ratio sluice/peer {whole / peer:.2f}, with --verify counts {counts / peer:.2f}")
        finally:
            bench.close()


if __name__ == "__main__":
    main()
