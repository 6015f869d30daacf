#!/usr/bin/env bash
# Takes a shop's tables to a lake: sluice fills DuckDB, dbt builds the models, sluice publishes them
# as Iceberg tables. Run it again after the shop has changed.
#   JAFFLE_SOURCE  where the shop is (a made one, as CSV files)
#   JAFFLE_LAKE    where the tables go (an Iceberg catalog in SQLite, files beside it)
#   JAFFLE_WORK    the folder for all that is made (work/ here)
#   SLUICE_BIN, DBT   the programs (../../build/release/sluice; a Python environment of its own)
set -euo pipefail
cd "$(dirname "$0")"
export JAFFLE_WORK=${JAFFLE_WORK:-$PWD/work}
mkdir -p "$JAFFLE_WORK"
JAFFLE_WORK=$(cd "$JAFFLE_WORK" && pwd)
sluice=(${SLUICE_BIN:-../../build/release/sluice} --state "$JAFFLE_WORK/state")
dbt=${DBT:-$JAFFLE_WORK/venv/bin/dbt}
lake=${JAFFLE_LAKE:-iceberg:sqlite:$JAFFLE_WORK/catalog.sqlite?warehouse=$JAFFLE_WORK/warehouse}
say() { printf '\n== %s\n' "$*"; }

[[ -x ${sluice[0]} ]] || { echo "run.sh: build sluice first: make build" >&2; exit 1; }

if [[ ! -x $dbt ]]; then
  say "dbt, into $JAFFLE_WORK/venv"
  python3 -m venv "$JAFFLE_WORK/venv"
  "$JAFFLE_WORK/venv/bin/pip" install -q --require-hashes --no-deps --only-binary :all: \
    -r ../../tools/requirements-dbt.txt
fi

if [[ -z ${JAFFLE_SOURCE:-} ]]; then
  say "a shop of 2,000 orders"
  [[ -e $JAFFLE_WORK/seeds/raw_payments.csv ]] || python3 make_shop.py "$JAFFLE_WORK/seeds"
  JAFFLE_SOURCE=csv:$JAFFLE_WORK/seeds
fi

say "the shop into DuckDB, each value verified"
"${sluice[@]}" migrate "$JAFFLE_SOURCE" "duckdb:$JAFFLE_WORK/shop.duckdb?schema=raw" \
  --if-exists replace

say "staging, marts and ddi, with their tests"
DBT_TARGET_PATH=$JAFFLE_WORK/dbt DBT_SEND_ANONYMOUS_USAGE_STATS=false "$dbt" build \
  --project-dir . --profiles-dir . --log-path "$JAFFLE_WORK/logs"

say "all layers as Iceberg tables, each value verified"
"${sluice[@]}" migrate "duckdb:$JAFFLE_WORK/shop.duckdb" "$lake" --if-exists replace

say "what readers of the lake see"
"${sluice[@]}" query "$lake" "SELECT order_date, orders_30_days, amount_30_days
  FROM ddi.rolling_30_day_orders ORDER BY order_date DESC LIMIT 5"
