"""Processes of sluice and of delta-rs that commit to one Delta table at once: no commit is lost and
none stands twice, whoever was first. Both judges count.
"""
import json
import subprocess
import sys
import threading

import deltalake
import duckdb
import pyarrow

from support import delta
from support.program import Sluice
from support.thorough import ALL

COMMITS = 200 if ALL else 60
WRITERS = 4  # every second one is delta-rs
EACH = COMMITS // WRITERS

# Appends a row a commit. delta-rs gives up after some lost races: it is asked again.
DELTA_RS = """
import sys
import deltalake, pyarrow
folder, writer, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for commit in range(count):
    rows = pyarrow.table({"w": [writer], "c": [commit]})
    for left in range(50, 0, -1):
        try:
            deltalake.write_deltalake(folder, rows, mode="append")
            break
        except deltalake.exceptions.CommitFailedError:
            if left == 1:
                raise
"""


def append_by_sluice(folder, table, writer, failures):
    """As many commits, each a run of its own."""
    folder.mkdir()
    sluice = Sluice(folder)
    for commit in range(EACH):
        source = folder / f"{commit}.duckdb"
        with duckdb.connect(str(source)) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT {writer}::BIGINT AS w, "
                               f"{commit}::BIGINT AS c")
        result = sluice.run("migrate", f"duckdb:{source}", f"delta:{table}", "--if-exists",
                            "append", "--json")
        if result.code != 0:
            failures.append(result)
    sluice.close()


def test_processes_of_two_programs_commit_side_by_side(tmp_path):
    lake = tmp_path / "lake"
    table = lake / "t"
    deltalake.write_deltalake(table, pyarrow.table({"w": [-1], "c": [-1]}))
    failures = []
    others = [subprocess.Popen([sys.executable, "-c", DELTA_RS, str(table), str(writer), str(EACH)],
                               stderr=subprocess.PIPE, text=True)
              for writer in range(1, WRITERS, 2)]
    threads = [threading.Thread(target=append_by_sluice,
                                args=(tmp_path / f"writer-{writer}", lake, writer, failures))
               for writer in range(0, WRITERS, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in others:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert not failures, failures[0]

    rows = sorted([("-1", "-1")] + [(str(writer), str(commit)) for writer in range(WRITERS)
                                    for commit in range(EACH)], key=str)
    assert delta.texts(delta.open_delta_judge(), f"FROM delta_scan('{table}')") == rows
    log = table / "_delta_log"
    versions = sorted(int(file.stem) for file in log.glob("*.json"))
    assert versions[-1] == COMMITS and versions == list(range(versions[0], COMMITS + 1))
    runs = [action["commitInfo"]["operationParameters"]["sluiceRun"]
            for file in log.glob("*.json") for action in map(json.loads, file.open())
            if "sluiceRun" in action.get("commitInfo", {}).get("operationParameters", {})]
    assert len(runs) == len(set(runs)) == EACH * WRITERS // 2
    assert not [path for path in log.iterdir() if path.name.startswith(".")]
    deltalake.DeltaTable(table).optimize.compact()
    assert delta.texts(delta.open_delta_judge(), f"FROM delta_scan('{table}')") == rows
