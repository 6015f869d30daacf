"""Runs that are killed: the same small migration again and again, each from the same state.

Three tables with keys and a reference, in several chunks each; one of them was in the target
before, with other rows, and a table that is not concerned. After every death the run is resumed or
rolled back, and then the target holds the source's content or is exactly as it was, with nothing
left over.
"""
import pathlib
import shutil
import time

import duckdb

from support.compare import assert_same_tables
from support.program import Sluice
from support.targets import DuckdbTarget, MysqlTarget, PostgresTarget, make_target

KILLED = -9
DONE, MISMATCH_OF_STATE, NO_RUN = 0, 6, 3
CHUNK_ROWS = 500

TABLES = {
    "customer": [("id", "BIGINT"), ("name", "VARCHAR")],
    "item": [("id", "BIGINT"), ("name", "VARCHAR"), ("price", "DECIMAL(10,2)")],
    "sale": [("id", "BIGINT"), ("customer_id", "BIGINT"), ("sold_at", "TIMESTAMP")],
}


def make_source(path, rows):
    """`rows` of item; other tables are made in proportion."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customer (id BIGINT PRIMARY KEY, name VARCHAR)")
        connection.execute("CREATE TABLE item (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL, "
                           "price DECIMAL(10,2))")
        connection.execute("CREATE TABLE sale (id BIGINT PRIMARY KEY, "
                           "customer_id BIGINT REFERENCES customer (id), sold_at TIMESTAMP)")
        connection.execute(f"INSERT INTO customer SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE "
                           f"'customer ' || i END FROM range({rows // 2}) t(i)")
        connection.execute(f"INSERT INTO item SELECT i, 'item ' || i, i / 100 "
                           f"FROM range({rows}) t(i)")
        connection.execute(f"INSERT INTO sale SELECT i, i % {rows // 2}, "
                           f"TIMESTAMP '2024-01-01' + to_minutes(i) FROM range({rows}) t(i)")
    return path


SEED = ["CREATE TABLE item (id INTEGER NOT NULL PRIMARY KEY, old_name TEXT)",
        "INSERT INTO item VALUES (1, 'before'), (2, NULL), (3, '')",
        "CREATE INDEX item_old_name ON item (old_name)",
        "CREATE TABLE bystander (a INTEGER)", "INSERT INTO bystander VALUES (42)"]
# An index over a TEXT would need a length.
MYSQL_SEED = [statement.replace("old_name TEXT", "old_name VARCHAR(100)") for statement in SEED]
LAKE_SEED = [statement.replace(" PRIMARY KEY", "") for statement in SEED
             if "INDEX" not in statement]
PARQUET_SEED = ["CREATE TABLE item AS "
                "SELECT * FROM (VALUES (1, 'before'), (2, NULL)) t(id, old_name)",
                "CREATE TABLE bystander AS SELECT 42 AS a"]


class Scene:
    """A source, and targets that all start from one seed. Attribute `before`: the seed's dump."""

    def __init__(self, kind, folder, server, judge, rows=1200):
        self.kind = kind
        self.folder = folder
        self.server = server
        self.judge = judge
        self.made = 0
        self.source = DuckdbTarget(folder)
        self.source.path = make_source(folder / "source.duckdb", rows)
        self.source.uri = f"duckdb:{self.source.path}"
        (folder / "seed").mkdir()
        self.seed = make_target(kind, folder / "seed", server)
        seeds = {"parquet": PARQUET_SEED, "mysql": MYSQL_SEED, "ducklake": LAKE_SEED,
                 "delta": LAKE_SEED, "iceberg": LAKE_SEED}
        self.statements = []
        self.run_on_seed(*seeds.get(kind, SEED))
        self.before = self.seed.dump()

    def run_on_seed(self, *statements):
        self.seed.execute(*statements)
        self.statements.append(statements)

    def new_attempt(self):
        """An attempt of its own: a target as the seed is, an empty state folder."""
        self.made += 1
        folder = self.folder / f"attempt-{self.made}"
        folder.mkdir()
        if self.kind == "postgres":
            target = PostgresTarget.__new__(PostgresTarget)
            target.server = self.server
            target.database, target.uri = self.server.new_database(f"TEMPLATE {self.seed.database}")
        elif self.kind == "mysql":
            target = MysqlTarget(self.seed.server)
            target.server.sql(target.database, self.before)
        elif self.kind == "iceberg":  # whose metadata has whole paths
            target = make_target(self.kind, folder)
            for statements in self.statements:
                target.execute(*statements)
        else:
            target = make_target(self.kind, folder)
            shutil.rmtree(target.path.parent)
            shutil.copytree(self.seed.path.parent, target.path.parent)
            if self.kind == "ducklake":
                target.lake.moved()
        (folder / "work").mkdir()
        return Attempt(self, Sluice(folder / "work"), target, folder)


class Attempt:
    """One migration and what happened to it."""

    def __init__(self, scene, sluice, target, folder):
        self.scene = scene
        self.sluice = sluice
        self.target = target
        self.folder = folder
        self.command = ["migrate", scene.source.uri, target.uri, "--if-exists", "replace",
                        "--batch-size", CHUNK_ROWS, "--json"]

    def migrate(self, crash_at):
        """Returns True where the run died at that point, False where it ended by itself."""
        return self.dies(crash_at, *self.command)

    def dies(self, crash_at, *command):
        result = self.sluice.run(*command, env={"SLUICE_CRASH_AT": crash_at})
        assert result.code in (DONE, KILLED, MISMATCH_OF_STATE, NO_RUN), result
        if result.code in (MISMATCH_OF_STATE, NO_RUN):
            assert command[0] != "migrate", result
        return result.code == KILLED

    def resume_dies(self, crash_at):
        return self.dies(crash_at, "resume", "last", "--json")

    def rollback_dies(self, crash_at):
        return self.dies(crash_at, "rollback", "last", "--json")

    def state(self):
        """The run's state in the journal; None where the process died before there was a run."""
        runs = self.sluice.run("runs", "--json", check_code=0).json
        runs = runs["runs"] if isinstance(runs, dict) else runs
        return runs[0]["state"] if runs else None

    def assert_resumes(self):
        """The run is resumed to its end, and the target holds the source's content."""
        state = self.state()
        result = self.sluice.run("resume", "last", "--json")
        if state is None:
            assert result.code == NO_RUN, result
            self.assert_as_before()
            return
        if state == "done":
            assert result.code == MISMATCH_OF_STATE, result
        else:
            assert result.code == DONE, result
            assert result.json["state"] == "done"
            assert all(table["verified"] == "content" for table in result.json["tables"])
        self.assert_moved()

    def assert_moved(self):
        assert_same_tables(self.scene.judge, self.scene.source, self.target, TABLES)
        assert self.target.rows("SELECT a FROM bystander") == [("42",)]
        self.sluice.run("forget", "last", check_code=0)
        assert_same_tables(self.scene.judge, self.scene.source, self.target, TABLES)
        if self.target.kind == "postgres":
            count = ("SELECT count(*) FROM pg_constraint WHERE contype IN ('p', 'f') "
                     "AND connamespace = 'public'::regnamespace")
            assert self.target.rows(count) == [("4",)]
        if self.target.kind == "mysql":
            assert self.target.rows(
                "SELECT table_name, referenced_table_name FROM "
                "information_schema.referential_constraints WHERE constraint_schema = DATABASE()"
            ) == [("sale", "customer")]
            assert self.target.rows(
                "SELECT count(*) FROM information_schema.table_constraints WHERE table_schema = "
                "DATABASE() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')") == [("4",)]
        if self.target.kind == "sqlite":
            assert self.target.rows("PRAGMA foreign_key_list(sale)")[0][2] == "customer"
            assert self.target.rows("PRAGMA integrity_check") == [("ok",)]
        assert self.target.leftovers() == []

    def assert_rolls_back(self):
        """The run is rolled back, and the target is exactly as before."""
        state = self.state()
        result = self.sluice.run("rollback", "last", "--json")
        if state is None:
            assert result.code == NO_RUN, result
        elif state == "rolled_back":
            assert result.code == MISMATCH_OF_STATE, result
        else:
            assert result.code == DONE, result
        self.assert_as_before()

    def assert_as_before(self):
        assert self.target.dump() == self.scene.before
        assert self.target.leftovers() == []

    def close(self):
        self.sluice.close()
        if self.target.kind == "postgres":
            self.scene.server.psql("postgres", f"DROP DATABASE {self.target.database} WITH (FORCE)")
        if self.target.kind == "mysql":
            self.scene.seed.server.sql("mysql", f"DROP DATABASE {self.target.database}")
        shutil.rmtree(self.folder)


GROWING_SEED = {
    "sqlite": ["CREATE TRIGGER tell AFTER INSERT ON item BEGIN INSERT INTO bystander VALUES (0); "
               "END", "CREATE INDEX dear ON item (price) WHERE price > 2"],
    "duckdb": ["CREATE INDEX dear ON item (price)", "COMMENT ON TABLE item IS 'things'"],
    "mysql": ["CREATE INDEX dear ON item (price)"],
    "postgres": ["CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
                 "'BEGIN INSERT INTO bystander VALUES (0); RETURN NULL; END'",
                 "CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW "
                  "EXECUTE FUNCTION tell()", "GRANT SELECT ON item TO secretive"],
    "delta": [], "iceberg": [],
}
STAYS = [("5000", "stays", "1.25"), ("5001", "", "7.00")]


class GrowingScene(Scene):
    """As Scene, but `item` has a definition that has to stay, and gets rows: append or merge."""

    def __init__(self, kind, choice, folder, server, judge):
        super().__init__(kind, folder, server, judge)
        self.choice = choice
        replaced = [("1", "before", "0.50")] if choice == "merge" else []
        rows = ", ".join(f"({id}, '{name}', {price})" for id, name, price in [*replaced, *STAYS])
        text = "VARCHAR(100)" if kind == "mysql" else "VARCHAR"
        self.run_on_seed(
            "DROP TABLE item",
            f"CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, name {text} NOT NULL DEFAULT 'x', "
            "price DECIMAL(10,2), CHECK (name <> 'bad'))", f"INSERT INTO item VALUES {rows}",
            *GROWING_SEED[kind])
        self.before = self.seed.dump()

    def new_attempt(self):
        attempt = super().new_attempt()
        attempt.__class__ = GrowingAttempt
        attempt.command[attempt.command.index("replace")] = self.choice
        return attempt


class GrowingAttempt(Attempt):
    """An Attempt whose `item` holds what was there and what came."""

    def assert_moved(self):
        self.assert_grown()
        self.sluice.run("forget", "last", check_code=0)
        self.assert_grown()
        assert self.target.leftovers() == []

    def assert_grown(self):
        others = {name: TABLES[name] for name in ("customer", "sale")}
        assert_same_tables(self.scene.judge, self.scene.source, self.target, others)
        look = "SELECT id, name, price FROM item ORDER BY id"
        expected = self.scene.source.rows(look) + STAYS
        assert [(i, n, float(p)) for i, n, p in self.target.rows(look)] == [
            (i, n, float(p)) for i, n, p in expected]
        assert self.target.rows("SELECT a FROM bystander") == [("42",)]
        seed = [line for line in self.scene.before.splitlines() if "item" in line
                and line.lstrip().upper().startswith(("CREATE", "GRANT", "MAIN CREATE"))]
        dump = self.target.dump()
        assert seed and all(line in dump for line in seed)


def wait_until_stopped(process):
    """Until SLUICE_STOP_AT has stopped it."""
    for _ in range(500):
        status = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii")
        if status.rsplit(")", 1)[1].split()[0] == "T":
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("the process was not stopped")
