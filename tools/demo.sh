#!/usr/bin/env bash
# A migration of real data in under a minute: TPC-H at scale 0.1 (600,572 order lines) from a DuckDB
# file to Parquet and to SQLite, both verified, with the report at the end. All under build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${SLUICE_BUILD:-$PWD/build/release}
folder=build/demo
scale=${1:-0.1}

extension=$(find .deps/venv -name tpch.duckdb_extension -print -quit 2>/dev/null)
[[ -n $extension ]] || { echo "demo: no tpch.duckdb_extension in .deps/venv: run make setup" >&2; exit 1; }
cmake --build "$build" --target make_tpch >build/demo-build.log 2>&1 ||
  { cat build/demo-build.log >&2; exit 1; }
rm -rf "$folder"
mkdir -p "$folder"
export SLUICE_STATE=$folder/state

# Shows the command as a user would type it, then runs it.
run() {
  printf '\n$ sluice %s\n' "$*"
  "$build/sluice" "$@"
}

echo "making $folder/tpch.duckdb (TPC-H, scale $scale)"
"$build/make_tpch" "$folder/tpch.duckdb" "$scale" "$PWD/$extension"
run migrate "duckdb:$folder/tpch.duckdb" "parquet:$folder/parquet"
run migrate "duckdb:$folder/tpch.duckdb" "sqlite:$folder/tpch.sqlite"
run verify "parquet:$folder/parquet" "sqlite:$folder/tpch.sqlite"
run report last
run report last --format html --out "$folder/report.html"
