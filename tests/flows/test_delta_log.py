"""Which files of a log make a version: checkpoints of each kind, hints that are wrong, gaps, times,
and what is refused by name."""
import datetime
import json
import os

import pyarrow
import pyarrow.parquet
import pytest

from support.delta import (
    HandWritten, NEWEST_FEATURES, features, field, open_delta_judge, removed)

UUID = "6374b053-df23-479b-b2cf-c9c550132b49"


def values(sluice, table, *more):
    done = sluice.run("query", table.uri, 'SELECT v FROM t ORDER BY v', "--format", "json", *more,
                      check_code=0)
    return [int(row["v"]) for row in done.json]


def judged(table):
    rows = open_delta_judge().execute(f"SELECT v FROM delta_scan('{table.folder}') ORDER BY v")
    return [row[0] for row in rows.fetchall()]


def error_of(sluice, table, code, *more):
    done = sluice.run("query", table.uri, "FROM t", "--json", *more, check_code=code)
    return done.json["error"]


class Commits(HandWritten):
    """Version n adds a file with the value n; version 3 removes the one of version 1."""

    def __init__(self, tmp_path, count=6, **more):
        super().__init__(tmp_path / "t", [field("v", "long")], **more)
        self.adds = []
        for version in range(count):
            self.adds.append(self.file({"v": [version]}, f"{version}.parquet"))
            actions = [*self.head()] if version == 0 else []
            actions += [removed(self.adds[1])] if version == 3 else []
            self.commit({"commitInfo": {"operation": "WRITE"}}, *actions, self.adds[version])

    def live(self, version):
        return [add for v, add in enumerate(self.adds[:version + 1]) if v != 1 or version < 3]

    def state(self, version):
        """What a checkpoint of a version holds."""
        return [*self.head(), {"txn": {"appId": "app", "version": 7}}, *self.live(version),
                *([removed(self.adds[1])] if version >= 3 else [])]

    def expected(self, version):
        return [v for v in range(version + 1) if v != 1 or version < 3]

    def drop_commits(self, up_to):
        for version in range(up_to + 1):
            (self.log / f"{version:020}.json").unlink()

    def hint(self, text):
        (self.log / "_last_checkpoint").write_text(text)


def v2(tmp_path):
    return Commits(tmp_path, protocol=features("v2Checkpoint"))


def classic(tmp_path):
    table = Commits(tmp_path)
    table.parquet("00000000000000000004.checkpoint.parquet", table.state(4))
    return table


def in_parts(tmp_path):
    table = Commits(tmp_path)
    state = table.state(4)
    for part, actions in enumerate([state[:3], state[3:5], state[5:]], 1):
        table.parquet(f"00000000000000000004.checkpoint.{part:010}.{3:010}.parquet", actions)
    return table


def v2_parquet(tmp_path):
    table = v2(tmp_path)
    sidecars = []
    for part, adds in enumerate((table.live(4)[:2], table.live(4)[2:])):
        path = table.parquet(f"_sidecars/part-{part}.parquet", adds)
        sidecars.append({"sidecar": {"path": path.name, "sizeInBytes": path.stat().st_size,
                                     "modificationTime": 0}})
    table.parquet(f"00000000000000000004.checkpoint.{UUID}.parquet",
                  [{"checkpointMetadata": {"version": 4}}, *table.head(), *sidecars])
    return table


def v2_json(tmp_path):
    table = v2_parquet(tmp_path)
    (table.log / f"00000000000000000004.checkpoint.{UUID}.parquet").unlink()
    sidecars = [{"sidecar": {"path": path.name, "sizeInBytes": path.stat().st_size,
                             "modificationTime": 0}}
                for path in sorted((table.log / "_sidecars").iterdir())]
    actions = [{"checkpointMetadata": {"version": 4}}, *table.head(), *sidecars]
    (table.log / f"00000000000000000004.checkpoint.{UUID}.json").write_text(
        "".join(json.dumps(action) + "\n" for action in actions))
    return table


KINDS = {"classic": classic, "parts": in_parts, "v2 parquet": v2_parquet, "v2 json": v2_json}


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_stands_for_the_commits_before_it(sluice, tmp_path, kind):
    table = KINDS[kind](tmp_path)
    assert values(sluice, table) == judged(table) == table.expected(5)
    table.drop_commits(4)
    assert values(sluice, table) == judged(table) == table.expected(5)
    assert values(sluice, table, "--at", "4") == table.expected(4)
    error = error_of(sluice, table, 3, "--at", "3")
    assert "version 3 can no longer be read, the earliest is 4" in error["message"]


def test_a_checkpoint_with_only_typed_statistics_is_read(sluice, tmp_path):
    table = Commits(tmp_path)
    path = table.parquet("00000000000000000004.checkpoint.parquet", table.state(4))
    found = pyarrow.parquet.read_table(path)
    rows = found.to_pylist(maps_as_pydicts="strict")
    for row in rows:
        if row["add"]:
            row["add"]["stats_parsed"] = {"numRecords": json.loads(row["add"].pop("stats"))[
                "numRecords"]}
    typed = pyarrow.struct([one for one in found.schema.field("add").type if one.name != "stats"] +
                           [("stats_parsed", pyarrow.struct([("numRecords", pyarrow.int64())]))])
    schema = pyarrow.schema([typed_field if typed_field.name != "add" else ("add", typed)
                             for typed_field in found.schema])
    for row in rows:
        for action in filter(None, row.values()):
            for key in ("partitionValues", "configuration"):
                if key in action:
                    action[key] = list(action[key].items())
        if row["metaData"]:
            row["metaData"]["format"]["options"] = []
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), path)
    table.drop_commits(4)
    assert values(sluice, table) == table.expected(5)
    files = sluice.run("lake", "files", table.uri, "--json", check_code=0).json
    assert files["rows"] == len(table.expected(5))


def test_a_checkpoint_that_lacks_a_part_is_passed_over(sluice, tmp_path):
    table = in_parts(tmp_path)
    (table.log / f"00000000000000000004.checkpoint.{2:010}.{3:010}.parquet").unlink()
    assert values(sluice, table) == judged(table) == table.expected(5)
    table.drop_commits(4)
    assert error_of(sluice, table, 9)["kind"] == "corrupt"


@pytest.mark.parametrize("hint", [
    None, "", "no JSON", '{"version":99,"size":1}', '{"version":2,"size":1}',
    '{"version":4,"size":1,"parts":7}'])
def test_the_hint_at_the_last_checkpoint_is_only_a_hint(sluice, tmp_path, hint):
    table = classic(tmp_path)
    if hint is not None:
        table.hint(hint)
    assert values(sluice, table) == table.expected(5)
    for version in range(6):
        assert values(sluice, table, "--at", version) == table.expected(version)


def test_a_damaged_checkpoint_is_refused_with_its_name(sluice, tmp_path):
    table = classic(tmp_path)
    path = table.log / "00000000000000000004.checkpoint.parquet"
    path.write_bytes(path.read_bytes()[:200])
    error = error_of(sluice, table, 9)
    assert path.name in error["message"] and error["hint"]


def test_files_that_are_no_part_of_the_log_are_passed_over(sluice, tmp_path):
    table = Commits(tmp_path)
    for name in ("00000000000000000009.crc", ".00000000000000000006.json.crc", "x.json", "7.json",
                 f"00000000000000000009.{UUID}.json", "00000000000000000006.json.tmp",
                 "_staged_commits", "00000000000000000004.checkpoint.parquet.tmp"):
        (table.log / name).write_text("nothing")
    assert values(sluice, table) == judged(table) == table.expected(5)


@pytest.mark.parametrize("missing, named", [(0, 0), (2, 2), (4, 4)])
def test_a_gap_in_the_log_is_refused_by_name(sluice, tmp_path, missing, named):
    table = Commits(tmp_path)
    (table.log / f"{missing:020}.json").unlink()
    error = error_of(sluice, table, 9)
    assert error["kind"] == "corrupt" and f"{named:020}.json is missing" in error["message"]
    if missing > 0:
        assert values(sluice, table, "--at", missing - 1) == table.expected(missing - 1)


def test_a_gap_behind_a_checkpoint_is_refused_by_name(sluice, tmp_path):
    table = classic(tmp_path)
    table.commit(table.file({"v": [7]}, "7.parquet"), version=7)
    assert f"{6:020}.json is missing" in error_of(sluice, table, 9)["message"]


@pytest.mark.parametrize("line, words", [
    ('{"add":{"path":"x.parquet"', "line 1"), ('{"add":{"size":1}}', "an add action has no path"),
    ('{"add":5}', "line 1"), ('[]', "line 1"), ('{"add":{"path":"a","deletionVector":'
     '{"storageType":"q","pathOrInlineDv":"x"}}}', 'storage type "q"')])
def test_a_damaged_commit_is_refused_with_its_line(sluice, tmp_path, line, words):
    table = Commits(tmp_path)
    (table.log / "00000000000000000005.json").write_text(line + "\n")
    error = error_of(sluice, table, 9)
    assert words in error["message"] and "00000000000000000005.json" in error["message"]
    assert values(sluice, table, "--at", "4") == table.expected(4)


def test_an_empty_log_and_one_without_metadata_are_refused(sluice, tmp_path):
    table = Commits(tmp_path, count=1)
    path = table.log / "00000000000000000000.json"
    path.write_text(json.dumps({"protocol": table.protocol}) + "\n")
    assert "no metaData action" in error_of(sluice, table, 9)["message"]
    path.unlink()
    assert "its log is empty" in error_of(sluice, table, 3)["message"]


@pytest.mark.parametrize("protocol, named", [
    (features("deletionVectors", "timeMachine", "teleport"), ['"timeMachine", "teleport"']),
    (features("catalogManaged"), ["managed by a catalog", '"catalogManaged"']),
    (features("catalogOwned-preview"), ["managed by a catalog", '"catalogOwned-preview"']),
    ({**NEWEST_FEATURES, "readerFeatures": [], "writerFeatures": ["catalogManaged"]},
     ["managed by a catalog", '"catalogManaged"']),
    ({"minReaderVersion": 4, "minWriterVersion": 7}, ["version 4 of the Delta reader protocol"]),
])
def test_what_this_release_does_not_read_is_refused_by_name(sluice, tmp_path, protocol, named):
    table = Commits(tmp_path, protocol=protocol)
    for command in (["query", table.uri, "FROM t"], ["lake", "files", table.uri],
                    ["migrate", table.uri, f"duckdb:{tmp_path}/out.duckdb"]):
        error = sluice.run(*command, "--json", check_code=10).json["error"]
        assert all(word in error["message"] for word in named) and error["hint"], error
    assert not (tmp_path / "out.duckdb").exists()


def test_features_that_only_concern_writers_are_no_hindrance(sluice, tmp_path):
    table = Commits(tmp_path, protocol={
        **NEWEST_FEATURES, "readerFeatures": [],
        "writerFeatures": ["appendOnly", "rowTracking", "domainMetadata", "somethingNew"]})
    assert values(sluice, table) == table.expected(5)


def moment(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp()


def date_commits(table, first, step=3600):
    for version in range(table.version + 1):
        os.utime(table.log / f"{version:020}.json", (first + step * version,) * 2)


def test_time_travel_by_the_times_of_files(sluice, tmp_path):
    table = Commits(tmp_path)
    date_commits(table, moment("2024-05-01T00:00:00"))
    for at, version in [("2024-05-01", 0), ("2024-05-01T00:59:59.999Z", 0),
                        ("2024-05-01 01:00:00", 1), ("2024-05-01T05:30:00+02:00", 3),
                        ("2031-01-01", 5)]:
        assert values(sluice, table, "--at", at) == table.expected(version), at
    error = error_of(sluice, table, 3, "--at", "2024-04-30T23:59:59Z")
    assert "the oldest is of 2024-05-01T00:00:00.000Z" in error["message"]
    assert error_of(sluice, table, 2, "--at", "yesterday")["kind"] == "invalid"
    assert "the newest is 5" in error_of(sluice, table, 3, "--at", "6")["message"]


def test_times_of_files_that_run_backwards_are_taken_as_ascending(sluice, tmp_path):
    table = Commits(tmp_path)
    date_commits(table, moment("2024-05-01T00:00:00"), step=-60)
    told = sluice.run("lake", "snapshots", table.uri, "--json", check_code=0).json["snapshots"]
    assert [one["time"] for one in told] == [
        f"2024-05-01T00:00:00.{version:03}Z" for version in range(6)]
    assert values(sluice, table, "--at", "2024-05-01T00:00:00.004Z") == table.expected(4)


def test_in_commit_timestamps_are_the_times_of_versions_from_their_beginning_on(sluice, tmp_path):
    enabled = {"delta.enableInCommitTimestamps": "true",
               "delta.inCommitTimestampEnablementVersion": "3",
               "delta.inCommitTimestampEnablementTimestamp": "0"}
    table = HandWritten(tmp_path / "t", [field("v", "long")], protocol={
        **NEWEST_FEATURES, "readerFeatures": [], "writerFeatures": ["inCommitTimestamp"]})
    first = moment("2024-05-01T00:00:00")
    for version in range(6):
        info = {"operation": "WRITE"}
        head = table.head() if version == 0 else []
        if version >= 3:
            info["inCommitTimestamp"] = int((first + 86400 * version) * 1000) + 7
        if version == 3:
            head = [{"metaData": {**table.metadata, "configuration": enabled}}]
        table.commit({"commitInfo": info}, *head, table.file({"v": [version]},
                                                             f"{version}.parquet"))
    date_commits(table, first, step=60)
    told = sluice.run("lake", "snapshots", table.uri, "--json", check_code=0).json["snapshots"]
    assert [one["time"] for one in told] == [
        "2024-05-01T00:00:00.000Z", "2024-05-01T00:01:00.000Z", "2024-05-01T00:02:00.000Z",
        "2024-05-04T00:00:00.007Z", "2024-05-05T00:00:00.007Z", "2024-05-06T00:00:00.007Z"]
    assert values(sluice, table, "--at", "2024-05-02") == [0, 1, 2]
    assert values(sluice, table, "--at", "2024-05-05T00:00:00.007Z") == [0, 1, 2, 3, 4]
    table.commit({"commitInfo": {"operation": "WRITE"}}, table.file({"v": [6]}, "6.parquet"))
    error = error_of(sluice, table, 9, "--at", "2024-05-02")
    assert "version 6 has no inCommitTimestamp" in error["message"]


def test_a_location_may_say_the_version(sluice, tmp_path):
    table = Commits(tmp_path)
    for parameter, version in (("snapshot=2", 2), ("at=2000-01-01", None), ("snapshot=x", None)):
        done = sluice.run("query", f"{table.uri}?{parameter}", "SELECT v FROM t ORDER BY v",
                          "--format", "json")
        if version is None:
            assert done.code in (2, 3), done
        else:
            assert [int(row["v"]) for row in done.json] == table.expected(version)
