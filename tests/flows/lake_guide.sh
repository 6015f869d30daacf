#!/bin/bash
# One locked DuckDB file becomes a lake that a dashboard reads while a script writes, and back.
#
#   lake_guide.sh SLUICE FOLDER
#
# FOLDER has devices.duckdb and feed/01.json ... feed/15.json, what the devices' service answers at
# each quarter of an hour. READER is the user of the dashboard. Each step prints "== STEP"; the
# first that does not end as it has to ends the script by its exit code.
set -euo pipefail

SLUICE=$1
cd "$2"
LAKE="ducklake:sqlite:$PWD/grafana/catalog.sqlite"
NEW_LAKE="$LAKE?data_path=$PWD/grafana/data"

step() { echo "== $*"; }

step "1.1 backup of the file"
"$SLUICE" backup create duckdb:devices.duckdb

step "1.2 dry run"
"$SLUICE" migrate duckdb:devices.duckdb "$NEW_LAKE" --dry-run
test ! -e grafana/catalog.sqlite

step "1.3 migration"
"$SLUICE" migrate duckdb:devices.duckdb "$NEW_LAKE" --sort measurements:device,when_captured \
    --owner "$READER" --file-mode 664 --dir-mode 775

step "1.4 verification"
"$SLUICE" verify duckdb:devices.duckdb "$LAKE"

step "2.1 settings of the dashboard"
"$SLUICE" connect grafana "$LAKE" --user "$READER"

touch migrated
for feed in feed/*.json; do
    step "3.$(basename "$feed" .json) ingest"
    "$SLUICE" ingest "$LAKE" --table measurements --key device,when_captured "$feed" \
        --owner "$READER" --file-mode 664 --dir-mode 775
done
touch ingested

step "4.1 snapshots"
"$SLUICE" lake snapshots "$LAKE"

step "4.2 as it was after the migration"
"$SLUICE" query "$LAKE" 'SELECT count(*) AS rows FROM measurements' --at 1 --format csv

step "4.3 what the last ingest brought"
"$SLUICE" lake diff "$LAKE" --since 15 --until 16 --limit 3

step "5.1 few big files"
"$SLUICE" lake compact "$LAKE"
"$SLUICE" lake fsck "$LAKE"

step "5.2 backup of the lake"
"$SLUICE" backup create "$LAKE"
"$SLUICE" backup verify last

step "5.3 restored elsewhere"
"$SLUICE" backup restore last "ducklake:sqlite:$PWD/copy/catalog.sqlite?data_path=$PWD/copy/data"
"$SLUICE" verify "$LAKE" "ducklake:sqlite:$PWD/copy/catalog.sqlite"

step "6.1 back to one file, with what came since"
"$SLUICE" migrate "$LAKE" duckdb:since.duckdb

step "6.2 rollback of the migration"
RUN=$("$SLUICE" runs --json | python3 -c '
import json, sys
print(next(r["run"] for r in json.load(sys.stdin)["runs"] if "catalog.sqlite" in r["target"]))')
"$SLUICE" rollback "$RUN" --force

step "6.3 the file as it was backed up"
"$SLUICE" backup list
ARCHIVE=$("$SLUICE" backup list --json | python3 -c '
import json, sys
print(next(a["id"] for a in json.load(sys.stdin)["archives"] if a["kind"] == "duckdb"))')
"$SLUICE" backup restore "$ARCHIVE" duckdb:restored.duckdb
"$SLUICE" verify duckdb:devices.duckdb duckdb:restored.duckdb

step "done"
