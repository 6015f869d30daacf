#!/usr/bin/env bash
# Runs every test there is and ends with `N passed, N failed, N skipped`. Skips print their reasons.
# Arguments go to pytest, for instance -k NAME.
set -uo pipefail
cd "$(dirname "$0")/.."
results=build/test-results
rm -rf "$results"
mkdir -p "$results"
export SLUICE_BIN=${SLUICE_BIN:-$PWD/build/release/sluice}
# DuckDB's libraries are not instrumented: their memory is checked only where ours touches it.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# run NAME REPORT COMMAND...: a command without a report, or with an unreadable one, counts as one.
run() {
  local name=$1 report=$2
  shift 2
  echo "== $name"
  "$@"
  local code=$?
  echo "$name $code $report" >>"$results/runs"
}

# Those in C++ once, where their faults are seen; the program that the others run is the release's.
for tests in unit_tests contract_tests; do
  binary=build/asan/$tests
  if [[ ! -x $binary ]]; then
    echo "== asan/$tests was not built"
    echo "asan/$tests 1 -" >>"$results/runs"
    continue
  fi
  report=$results/asan-$tests.xml
  wrapper=()
  [[ $tests == contract_tests ]] && wrapper=(python3 tests/support/with_postgres.py --)
  run "asan/$tests" "$report" "${wrapper[@]}" \
    "$binary" --gtest_brief=1 "--gtest_output=xml:$report"
done

run tidy - tools/tidy
run "tidy --self-test" - tools/tidy --self-test

folders=()
for folder in tests/flows tests/cli tests/faults tests/golden; do
  [[ -n $(find "$folder" -name 'test_*.py' 2>/dev/null) ]] && folders+=("$folder")
done
if [[ ${#folders[@]} -gt 0 ]]; then
  # Two at a time, each with servers of its own; files stay together as far as that goes.
  run pytest "$results/pytest.xml" .deps/venv/bin/python -m pytest -q -rs -n 2 --dist worksteal \
    "--junitxml=$results/pytest.xml" "${folders[@]}" "$@"
fi

python3 tools/count_tests.py "$results/runs" >"$results/summary"
code=$?
tail -n 1 "$results/summary" >"$results/count"
cat "$results/summary"
exit $code
