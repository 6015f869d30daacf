"""The guide from Delta logs to a SQL catalog and back as one script, into each database; delta-rs
says what the tables hold afterwards."""
import pathlib
import re
import subprocess

import deltalake
import pyarrow
import pytest

from support import mariadb

SCRIPT = pathlib.Path(__file__).parent / "catalog_guide.sh"
TREE = ["lake/eu/sales", "lake/eu/stock", "lake/us/sales", "lake/_tmp/old", "lake/us/_staging"]


def write(folder, rows):
    deltalake.write_deltalake(folder, pyarrow.table({"v": rows}), mode="append")


def catalog_of(kind, request, folder):
    if kind == "sqlite":
        return f"sqlite:{folder}/catalog.db"
    if kind == "postgres":
        return request.getfixturevalue("postgres").new_database().uri
    try:
        return mariadb.shared().new_database().uri
    except mariadb.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mysql"])
def test_each_step_of_the_guide_does_what_it_says(sluice, request, tmp_path, kind):
    for rows in ([1, 2], [3], [4]):
        write(tmp_path / "orders", rows)
    for name in TREE:
        write(tmp_path / name, [7])
    done = subprocess.run(
        ["bash", str(SCRIPT), str(sluice.binary), str(tmp_path),
         catalog_of(kind, request, tmp_path)],
        env=sluice.environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    parts = re.split(r"^== ", done.stdout, flags=re.M)[1:]
    steps = {part.split()[0]: part for part in parts}
    assert "delta:lake/eu/sales" in steps["1.1"] and "_tmp" not in steps["1.1"]
    assert "nothing was changed" in steps["2.1"]
    assert "IMPORTED" in steps["2.2"] and "MATCH" in steps["2.3"]
    assert "3 tables" in steps["3.1"] and "staging" not in steps["3.1"]
    assert "same" in steps["3.3"] and "differ" not in steps["3.3"]
    assert steps["4.1"].count("completed") >= 4
    assert "my_table" in steps["4.2"] and "eu/sales" not in steps["4.2"]
    assert "unchanged" in steps["4.3"] and "up to date" in steps["4.4"]
    assert "nothing was changed" in steps["5.1"] and "ROLLED BACK" in steps["5.3"]
    assert "00000000000000000002.json" in steps["5.3"]
    assert steps["5.4"].split()[-1] == "4"
    table = deltalake.DeltaTable(tmp_path / "orders")
    assert sorted(table.to_pyarrow_table()["v"].to_pylist()) == [1, 2, 3, 4]
