"""Archives as one file, which ones go and which one is taken; tar, zstd and sha256sum judge."""
import hashlib
import json
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

import pytest

from support.lakes import Lake

DIFFERS, CORRUPT, NOT_FOUND, INVALID = 5, 9, 3, 2
FORMATS = ["tar.zst", "tar.gz"]


def backup(sluice, verb, *args, code=0, env=None):
    return sluice.run("backup", verb, *args, "--json", check_code=code, env=env).json


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE t (i INTEGER, s TEXT)")
        opened.executemany("INSERT INTO t VALUES (?, ?)",
                           [(i, hashlib.sha256(b"%d" % i).hexdigest()) for i in range(300)])
    return path


def rows(path):
    with sqlite3.connect(path) as opened:
        return opened.execute("SELECT count(*), sum(i), max(s) FROM t").fetchall()


@pytest.mark.parametrize("form", FORMATS)
def test_one_file_is_read_by_tar_and_restored(sluice, tmp_path, form):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT range AS i FROM range(5000)",
             "INSERT INTO t SELECT range FROM range(1000)")
    kept = tmp_path / "kept"
    archive = backup(sluice, "create", lake.uri, "--dir", kept, "--format", form)["archive"]
    assert archive["format"] == form and archive["drilled"]
    path = kept / f"{archive['id']}.{form}"
    assert archive["path"] == str(path)
    assert sorted(kept.iterdir()) == [path, pathlib.Path(f"{path}.sha256")]
    subprocess.run(["sha256sum", "--check", "--strict", f"{path}.sha256"], cwd=kept, check=True,
                   capture_output=True)
    unpack = ["--zstd"] if form == "tar.zst" else ["--gzip"]
    subprocess.run(["tar", *unpack, "-xf", path, "-C", tmp_path], check=True)
    folder = tmp_path / archive["id"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {file["path"]: file["sha256"] for file in manifest["files"]} == {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*") if file.is_file() and file.name != "manifest.json"}
    assert backup(sluice, "list", "--dir", kept)["archives"][0]["format"] == form
    assert backup(sluice, "verify", "last", "--dir", kept)["state"] == "sound"
    copy = Lake(tmp_path, name="copy")
    backup(sluice, "restore", "last", f"{copy.uri}?data_path={copy.data}", "--dir", kept)
    assert copy.rows("FROM t") == lake.rows("FROM t")
    assert sorted(kept.iterdir()) == [path, pathlib.Path(f"{path}.sha256")]
    backup(sluice, "create", lake.uri, "--dir", kept)
    backup(sluice, "prune", "--dir", kept, "--keep", "1")
    assert not list(kept.glob(f"{archive['id']}*"))


@pytest.mark.parametrize("form", FORMATS)
def test_fifty_torn_and_altered_files_are_refused_and_nothing_is_touched(
        sluice, tmp_path, database, form):
    kept = tmp_path / "kept"
    archive = backup(sluice, "create", f"sqlite:{database}", "--dir", kept, "--format", form,
                     "--no-drill")["archive"]
    path = pathlib.Path(archive["path"])
    good = path.read_bytes()
    target = tmp_path / "target.sqlite"
    target.write_bytes(database.read_bytes())
    before = target.read_bytes()
    chance = random.Random(7)
    places = [0, 4, len(good) - 1] + [chance.randrange(len(good)) for _ in range(22)]
    for number in range(50):
        place = places[number // 2]
        bad = bytearray(good)
        bad[place] ^= 1 << chance.randrange(8)
        path.write_bytes(good[:place] if number % 2 else bad)
        done = sluice.run("backup", "restore", archive["id"], f"sqlite:{target}", "--force",
                          "--dir", kept, check_code=CORRUPT)
        assert archive["id"] in done.stderr
        assert target.read_bytes() == before
        assert sorted(kept.iterdir()) == [path, pathlib.Path(f"{path}.sha256")]
    assert backup(sluice, "verify", archive["id"], "--dir", kept, code=DIFFERS)["findings"]
    path.write_bytes(good)
    backup(sluice, "restore", archive["id"], f"sqlite:{target}", "--force", "--dir", kept)
    assert rows(target) == rows(database)
    pathlib.Path(f"{path}.sha256").unlink()
    found = backup(sluice, "verify", archive["id"], "--dir", kept, code=DIFFERS)["findings"]
    assert [finding["kind"] for finding in found] == ["missing_file"]


def test_a_file_whose_checksum_was_written_again_is_still_held_against_its_manifest(
        sluice, tmp_path, database):
    kept = tmp_path / "kept"
    archive = backup(sluice, "create", f"sqlite:{database}", "--dir", kept, "--format",
                     "tar.gz")["archive"]
    path = pathlib.Path(archive["path"])
    subprocess.run(["tar", "-xzf", path, "-C", tmp_path], check=True)
    with open(tmp_path / archive["id"] / "database", "r+b") as file:
        file.seek(5000)
        file.write(b"x")
    (tmp_path / archive["id"] / "more").write_text("x")
    subprocess.run(["tar", "-czf", path, "-C", tmp_path, f"{archive['id']}/manifest.json",
                    f"{archive['id']}/database", f"{archive['id']}/more"], check=True)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    pathlib.Path(f"{path}.sha256").write_text(f"{checksum}  {path.name}\n")
    found = backup(sluice, "verify", "last", "--dir", kept, code=DIFFERS)["findings"]
    assert sorted((one["kind"], one["file"]) for one in found) == [
        ("damaged_file", "database"), ("unexpected_file", "more")]
    # Nothing in it can leave the folder that it is unpacked to.
    outside = tmp_path / "outside"
    subprocess.run(["tar", "-czf", path, "-P", "--transform", f"s|.*more|{archive['id']}/../../o|",
                    "-C", tmp_path, f"{archive['id']}/manifest.json", f"{archive['id']}/database",
                    f"{archive['id']}/more"], check=True)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    pathlib.Path(f"{path}.sha256").write_text(f"{checksum}  {path.name}\n")
    backup(sluice, "restore", "last", f"sqlite:{outside}", "--dir", kept, code=CORRUPT)
    assert not outside.exists() and not list(tmp_path.rglob("o"))


def test_a_kill_at_any_point_leaves_no_file_that_looks_good(sluice, tmp_path, database):
    kept = tmp_path / "kept"
    for point in range(1, 60):
        done = sluice.run("backup", "create", f"sqlite:{database}", "--dir", kept, "--format",
                          "tar.zst", env={"SLUICE_CRASH_AT": point})
        for archive in backup(sluice, "list", "--dir", kept)["archives"]:
            assert backup(sluice, "verify", archive["id"], "--dir", kept)["state"] == "sound"
        if done.code == 0:
            break
    assert point > 3 and done.code == 0
    last = backup(sluice, "list", "--dir", kept)["archives"][-1]["id"]
    for point in range(1, 60):
        target = tmp_path / f"restored-{point}.sqlite"
        done = sluice.run("backup", "restore", last, f"sqlite:{target}", "--dir", kept,
                          env={"SLUICE_CRASH_AT": point})
        assert not target.exists() or rows(target) == rows(database)
        if done.code == 0:
            break
    assert done.code == 0
    backup(sluice, "prune", "--keep", "1", "--dir", kept)
    assert sorted(path.name for path in kept.iterdir()) == [
        f"{last}.tar.zst", f"{last}.tar.zst.sha256"]


def dated(kept, moment, number):
    """An empty archive of a time, written by hand."""
    name = f"01K{number:023d}"
    manifest = {"sluice_archive": 1, "id": name, "location": "sqlite:x", "kind": "sqlite",
                "catalog": "", "created_at": moment, "snapshot": None, "data_path": "",
                "drilled": False, "tables": [], "files": []}

    def dump():
        return json.dumps(manifest, indent=1, ensure_ascii=False)

    manifest["sha256"] = hashlib.sha256(dump().encode()).hexdigest()
    (kept / name).mkdir(parents=True)
    (kept / name / "manifest.json").write_text(dump() + "\n")
    return name


def test_days_weeks_and_months_keep_their_newest(sluice, tmp_path):
    kept = tmp_path / "kept"
    moments = ["2025-01-05T12:00", "2025-11-30T12:00", "2025-12-01T12:00", "2025-12-28T23:59",
               "2025-12-29T00:00", "2026-01-01T00:00", "2026-01-02T08:00", "2026-01-02T09:00"]
    names = [dated(kept, f"{moment}:00.000Z", n) for n, moment in enumerate(moments)]
    listed = backup(sluice, "list", "--dir", kept)["archives"]
    assert [(one["id"], one["problem"]) for one in listed] == [(name, None) for name in names]

    def removed(*limits):
        report = backup(sluice, "prune", "--dir", kept, "--dry-run", *limits)
        return [names.index(one["id"]) for one in report["removed"]]

    assert removed("--keep-daily", 3) == [0, 1, 2, 3, 6]
    assert removed("--keep-weekly", 3) == [0, 1, 4, 5, 6]
    assert removed("--keep-monthly", 4) == [2, 3, 5, 6]
    assert removed("--keep", 1, "--keep-daily", 2, "--keep-monthly", 2) == [0, 1, 2, 3, 6]
    assert removed("--keep-daily", 1, "--older-than", "1d") == [0, 1, 2, 3, 4, 5, 6]
    backup(sluice, "prune", "--dir", kept, "--keep-monthly", 4)
    assert [one["id"] for one in backup(sluice, "list", "--dir", kept)["archives"]] == [
        names[n] for n in (0, 1, 4, 7)]


def test_the_newest_archive_before_a_time_is_taken(sluice, tmp_path, database):
    made = []
    for number in range(3):
        with sqlite3.connect(database) as opened:
            opened.execute("INSERT INTO t VALUES (?, 'x')", (1000 * number,))
        made.append((backup(sluice, "create", f"sqlite:{database}", "--no-drill")["archive"],
                     rows(database)))
    target = tmp_path / "then.sqlite"
    done = backup(sluice, "restore", "last", f"sqlite:{target}", "--before",
                  made[2][0]["created_at"])
    assert done["id"] == made[1][0]["id"] and rows(target) == made[1][1]
    error = backup(sluice, "restore", "last", f"sqlite:{tmp_path}/no.sqlite", "--before",
                   "2020-01-01", code=NOT_FOUND)["error"]
    assert "2020-01-01T00:00:00" in error["message"]
    for words in (["last", f"sqlite:{target}", "--before", "soon"],
                  [made[0][0]["id"], f"sqlite:{target}", "--before", "2030-01-01"]):
        assert "--before" in backup(sluice, "restore", *words, code=INVALID)["error"]["hint"]


def test_it_is_made_again_and_again_and_a_timer_says_how(sluice, tmp_path, database):
    process = sluice.start("backup", "create", f"sqlite:{database}", "--every", "200ms",
                           "--no-drill")
    try:
        deadline = time.monotonic() + 30
        while len(backup(sluice, "list")["archives"]) < 3:
            assert process.poll() is None and time.monotonic() < deadline
    finally:
        process.send_signal(signal.SIGINT)
    process.wait(30)
    archives = backup(sluice, "list")["archives"]
    assert all(backup(sluice, "verify", one["id"])["state"] == "sound" for one in archives)
    units = sluice.run("backup", "create", f"sqlite:{database}", "--dir", tmp_path / "kept",
                       "--format", "tar.zst", "--every", "1d", "--install-timer",
                       check_code=0).stdout
    assert "OnUnitActiveSec=86400s" in units and "0 0 * * * cd " in units
    line = next(line for line in units.splitlines() if line.startswith("ExecStart="))
    subprocess.run(line.removeprefix("ExecStart=").split(), check=True, cwd=tmp_path)
    assert len(backup(sluice, "list", "--dir", tmp_path / "kept")["archives"]) == 1
    assert "--every" in sluice.run("backup", "create", f"sqlite:{database}", "--install-timer",
                                   check_code=INVALID).stderr


def test_a_file_that_gives_way_is_kept_and_a_kill_leaves_one_or_the_other(sluice, tmp_path,
                                                                           database):
    backup(sluice, "create", f"sqlite:{database}")
    good = rows(database)
    with sqlite3.connect(database) as opened:
        opened.execute("DELETE FROM t WHERE i > 10")
    lost = rows(database)
    for point in range(1, 60):
        done = sluice.run("backup", "restore", "last", f"sqlite:{database}", "--force", "--json",
                          env={"SLUICE_CRASH_AT": point})
        assert rows(database) in (good, lost)
        if done.code == 0:
            break
    assert point > 2 and done.code == 0 and rows(database) == good
    assert rows(done.json["kept"]) in (good, lost)
    assert lost in [rows(path) for path in tmp_path.glob("a.sqlite.before-*")]
