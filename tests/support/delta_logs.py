"""Logs of Delta tables as texts alone: many files and commits in little time, with no data file."""
import json
import uuid

FIELDS = [{"name": "day", "type": "string", "nullable": True, "metadata": {}},
          {"name": "v", "type": "long", "nullable": True, "metadata": {}}]


def head(name, configuration=None, protocol=None):
    return [{"protocol": protocol or {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
                          "format": {"provider": "parquet", "options": {}},
                          "schemaString": json.dumps({"type": "struct", "fields": FIELDS}),
                          "partitionColumns": ["day"], "configuration": configuration or {},
                          "createdTime": 1700000000000}}]


def add(number, version=0, **more):
    day = f"2024-01-{number % 28 + 1:02}"
    return {"add": {"path": f"day={day}/part-{number:06}.parquet", "partitionValues": {"day": day},
                    "size": 1000 + number, "modificationTime": 1700000000000 + version,
                    "dataChange": True, "stats": json.dumps({"numRecords": 10}), **more}}


def remove(added, **more):
    return {"remove": {"path": added["add"]["path"], "deletionTimestamp": 1700000001000,
                       "dataChange": True, "extendedFileMetadata": True,
                       "partitionValues": added["add"]["partitionValues"],
                       "size": added["add"]["size"], **more}}


def commit(folder, version, *actions):
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    info = {"commitInfo": {"timestamp": 1700000000000 + version, "operation": "WRITE",
                           "engineInfo": "test"}}
    (log / f"{version:020}.json").write_text(
        "".join(json.dumps(action) + "\n" for action in [info, *actions]))


def write_table(folder, commits=5, files=4):
    """Version n adds `files` files and removes the first one of the version before; returns the
    paths that are live at each version."""
    live, states, before = {}, [], None
    for version in range(commits):
        adds = [add(version * files + i, version) for i in range(files)]
        actions = head(folder.name) if version == 0 else []
        if before:
            actions.append(remove(before))
            del live[before["add"]["path"]]
        actions.append({"txn": {"appId": "app", "version": version, "lastUpdated": 1}})
        commit(folder, version, *actions, *adds)
        live.update({one["add"]["path"]: one for one in adds})
        before = adds[0]
        states.append(sorted(live))
    return states
