#!/bin/bash
# The rehearsal of a migration from DuckDB views by Parquet to SQLite, then to PostgreSQL.
#
#   crypto_guide.sh SLUICE LAKE.duckdb WORK_FOLDER
#
# PG_USER, PG_PASS, PG_HOST, PG_PORT, PG_NAME say where the PostgreSQL of the last phase is. Each
# step prints "== STEP"; the first that does not end as it has to ends the script by its exit code.
set -euo pipefail

SLUICE=$1
LAKE=$(realpath "$2")
mkdir -p "$3"
cd "$3"

TABLES=(--table bars_1s --table bars_1m --table klines_1m --table compare_our_vs_kline_1m
        --table funding_oi_hourly --table macro_minute)

step() { echo "== $*"; }

step "1.1 dry run of the export"
"$SLUICE" export "duckdb:$LAKE" ./migration-test --format parquet "${TABLES[@]}" --dry-run
test ! -e migration-test

step "1.2 dry run of the import into SQLite"
"$SLUICE" export "duckdb:$LAKE" ./rehearsal-input --format parquet "${TABLES[@]}" --quiet
export CRYPTO_DB_URL="sqlite:///./migration-rehearsal.db"
"$SLUICE" import ./rehearsal-input crypto --dry-run
test ! -e migration-rehearsal.db
rm -r rehearsal-input

step "1.3 dry run of the whole migration"
"$SLUICE" migrate "duckdb:$LAKE" crypto "${TABLES[@]}" --dry-run
test ! -e migration-rehearsal.db

step "2.1 export"
"$SLUICE" export "duckdb:$LAKE" ./migration-test --format parquet "${TABLES[@]}"
ls -lh migration-test

step "2.2 import into SQLite"
"$SLUICE" import ./migration-test crypto

step "2.3 verification table"
"$SLUICE" verify "duckdb:$LAKE" crypto "${TABLES[@]}"

step "2.4 spot checks"
sqlite3 -header migration-rehearsal.db "
  SELECT count(*) AS total_rows, sum(open IS NULL) AS null_open, sum(close IS NULL) AS null_close
  FROM bars_1s;
  SELECT symbol, ts, open, high, low, close, volume FROM bars_1s ORDER BY ts DESC LIMIT 5;"

step "3.1 PostgreSQL by its parts"
unset CRYPTO_DB_URL
export CRYPTO_DB_USER=$PG_USER CRYPTO_DB_PASS=$PG_PASS
export CRYPTO_DB_HOST=$PG_HOST CRYPTO_DB_PORT=$PG_PORT CRYPTO_DB_NAME=$PG_NAME
"$SLUICE" inspect crypto

step "3.2 dry run into PostgreSQL"
"$SLUICE" migrate "duckdb:$LAKE" crypto "${TABLES[@]}" --dry-run

step "3.3 import into PostgreSQL"
"$SLUICE" import ./migration-test crypto --batch-size 100000

step "3.4 verification table"
"$SLUICE" verify "duckdb:$LAKE" crypto "${TABLES[@]}"

step "3.5 roll back"
"$SLUICE" rollback last --dry-run
"$SLUICE" rollback last
"$SLUICE" inspect crypto

step "3.6 once more, by a URL as SQLAlchemy writes it"
unset CRYPTO_DB_USER CRYPTO_DB_PASS CRYPTO_DB_HOST CRYPTO_DB_NAME CRYPTO_DB_PORT
export CRYPTO_DB_URL="postgresql+pg8000://$PG_USER:$PG_PASS@$PG_HOST:$PG_PORT/$PG_NAME"
"$SLUICE" migrate "duckdb:$LAKE" crypto "${TABLES[@]}"
"$SLUICE" verify "duckdb:$LAKE" crypto "${TABLES[@]}"
"$SLUICE" report last --format md

step "done"
