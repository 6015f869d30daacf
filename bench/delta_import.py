#!/usr/bin/env python3
"""The logs of Delta tables into a SQL catalog: how long, how much memory, and validation.

    .deps/venv/bin/python bench/delta_import.py [--files N] [--commits N] [--guide-files N]
                                                [--database sqlite|postgres|mysql]...

Three logs, made in a temporary folder: N files in three commits, N commits without a checkpoint, and
the table of more than 10,000 files that a guide to such migrations gives 30 minutes to import and 5
to validate. Each goes into each database (PostgreSQL and MariaDB are started here), is validated, and
imported again with nothing new. Prints seconds, seconds of CPU and the peak of memory of sluice's own
process. Fails where the first import into SQLite takes more than 10 s of CPU, or the guide's times are
not beaten by a hundred times.
"""
import argparse
import pathlib
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))
sys.path.insert(0, str(BENCH.parent / "tests"))

from delta_open import write_log  # noqa: E402
from measure import Side  # noqa: E402
from places import SLUICE  # noqa: E402

CPU_SECONDS_MAX = 10
GUIDE_IMPORT_SECONDS, GUIDE_VALIDATE_SECONDS = 30 * 60, 5 * 60
GUIDE_FACTOR = 100


def catalogs(kinds, folder):
    """(kind, a function that gives the location of a new catalog)."""
    for kind in kinds:
        if kind == "sqlite":
            yield kind, lambda name: f"sqlite:{folder}/{name}.db"
            continue
        if kind == "postgres":
            from support.postgres import Postgres
            server = Postgres()
        else:
            from support.mariadb import MariaDb
            server = MariaDb()
        try:
            yield kind, lambda name: server.new_database().uri
        finally:
            server.stop()


def measured(words):
    side = Side(" ".join(words[:2]), [SLUICE, "catalog", *words])
    side.run()
    return side.seconds[0], side.cpu_seconds[0], side.peak_bytes[0]


def line(what, figures):
    seconds, cpu, peak = figures
    print(f"  {what:18} {seconds:7.2f} s   {cpu:6.2f} s CPU   {peak >> 20:5} MiB", flush=True)


def import_into(kind, name, table, catalog):
    print(f"{name} into {kind}")
    source = f"delta:{table}"
    first = measured(["import", source, catalog])
    line("import", first)
    line("nothing new", measured(["import", source, catalog]))
    check = measured(["validate", source, catalog])
    line("validate", check)
    return first, check


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=300_000)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--guide-files", type=int, default=12_000)
    parser.add_argument("--database", action="append", choices=["sqlite", "postgres", "mysql"])
    arguments = parser.parse_args()
    failures = []
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as made:
        folder = pathlib.Path(made)
        logs = {
            "files": (f"{arguments.files:,} files in 3 commits",
                      write_log(folder / "files", arguments.files, 3)),
            "commits": (f"{arguments.commits:,} commits",
                        write_log(folder / "commits", arguments.commits, arguments.commits)),
            "guide": (f"the guide's table, {arguments.guide_files:,} files",
                      write_log(folder / "guide", arguments.guide_files, 20))}
        for kind, new_catalog in catalogs(arguments.database or ["sqlite", "postgres"], folder):
            for key, (name, table) in logs.items():
                first, check = import_into(kind, name, table, new_catalog(key))
                if key == "files" and kind == "sqlite" and first[1] > CPU_SECONDS_MAX:
                    failures.append(f"{name}: {first[1]:.1f} s of CPU")
                if key == "guide":
                    factors = GUIDE_IMPORT_SECONDS / first[0], GUIDE_VALIDATE_SECONDS / check[0]
                    print(f"  {factors[0]:.0f} and {factors[1]:.0f} times as fast as the guide says")
                    if min(factors) < GUIDE_FACTOR:
                        failures.append(f"{name} into {kind}: {factors}")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
