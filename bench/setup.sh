#!/usr/bin/env bash
# Makes .deps/bench, the Python environment of the peers, from bench/requirements.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.deps/stamps/bench
wanted=$(sha256sum bench/requirements.txt | cut -d' ' -f1)
[[ -x .deps/bench/bin/sling && $(cat "$stamp" 2>/dev/null) == "$wanted" ]] && exit
echo "bench: fetching the peers" >&2
rm -rf .deps/bench
python=/usr/bin/python3
[[ -x $python ]] || python=python3
"$python" -m venv .deps/bench
.deps/bench/bin/pip install -q --require-hashes --no-deps --only-binary :all: \
  -r bench/requirements.txt
echo "$wanted" >"$stamp"
