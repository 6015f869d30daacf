#!/usr/bin/env bash
# Makes a checkout ready to build and test: Debian packages, and under .deps/
#   duckdb/          duckdb.h and static libraries (a Go module, verified by tools/duckdb/go.sum)
#   extensions/      DuckDB's signed extensions (wheels, verified by hash)
#   venv/            Python for the tests
#   duckdb-newer/    a newer DuckDB as a Python package
#   dbt/             dbt with its DuckDB adapter, for examples/jaffle
#   versitygw/       the S3 server of the tests, built once for all checkouts of this user
# What runs on Java, Trino and a REST catalog, is fetched by tools/setup_judges.sh, which nothing
# else needs; without it their tests skip.
# Done steps are remembered in .deps/stamps by the hash of what they were made from, so a second run
# takes no time.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export PATH=$PATH:/usr/local/go/bin

packages=(
  build-essential cmake ninja-build ccache git pkg-config python3 python3-venv
  libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libcli11-dev libxxhash-dev libpq-dev
  libmariadb-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev zlib1g-dev libsimdjson-dev
  libroaring-dev libsnappy-dev libzstd-dev libarchive-dev libnats-dev libgtest-dev
  librapidcheck-dev libbenchmark-dev
  clang-format clang-tidy postgresql-15 postgresql-15-postgis-3 postgresql-15-postgis-3-scripts
  mariadb-server mariadb-client nats-server sqlite3 zstd
)
command -v go >/dev/null || packages+=(golang)

fail() { echo "setup: $*" >&2; exit 1; }
say() { echo "setup: $*" >&2; }

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  [[ ${#missing[@]} -eq 0 ]] && return
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null ||
      fail "packages are missing, as root run: apt-get install -y ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
}

# done_with STEP FILE...: whether STEP was completed with these input files; complete says that it was.
stamp_of() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }
done_with() { [[ $(cat ".deps/stamps/$1" 2>/dev/null) == "$(stamp_of "${@:2}")" ]]; }
complete() { stamp_of "${@:2}" >".deps/stamps/$1"; }

fetch_duckdb() {
  local inputs=(tools/duckdb/go.mod tools/duckdb/go.sum)
  [[ -e .deps/duckdb/duckdb.h && -e .deps/duckdb/libduckdb_static.a ]] &&
    done_with duckdb "${inputs[@]}" && return
  say "fetching DuckDB's static libraries"
  local module=github.com/duckdb/duckdb-go-bindings/lib/linux-amd64 folder
  # A module that go.sum does not list would be taken on trust.
  grep -q "^$module v[^ /]* h1:" tools/duckdb/go.sum || fail "go.sum does not list $module"
  folder=$(cd tools/duckdb && go mod download -json "$module" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
  rm -rf .deps/duckdb
  mkdir -p .deps/duckdb
  ln -s "$folder"/duckdb.h "$folder"/lib*.a .deps/duckdb/
  complete duckdb "${inputs[@]}"
}

make_venv() {
  [[ -x .deps/venv/bin/pytest ]] && done_with venv tools/requirements-test.txt && return
  say "making the Python environment of the tests"
  rm -rf .deps/venv
  local python=/usr/bin/python3
  [[ -x $python ]] || python=python3
  "$python" -m venv .deps/venv
  .deps/venv/bin/pip install -q --require-hashes --no-deps --only-binary :all: \
    -r tools/requirements-test.txt
  complete venv tools/requirements-test.txt
}

# An environment of its own: it wants other versions of what the tests use.
make_dbt() {
  [[ -x .deps/dbt/bin/dbt ]] && done_with dbt tools/requirements-dbt.txt && return
  say "making the Python environment of dbt"
  rm -rf .deps/dbt
  python3 -m venv .deps/dbt
  .deps/dbt/bin/pip install -q --require-hashes --no-deps --only-binary :all: \
    -r tools/requirements-dbt.txt
  complete dbt tools/requirements-dbt.txt
}

fetch_extensions() {
  done_with extensions tools/requirements-extensions.txt && return
  say "fetching DuckDB's extensions"
  local wheels=.deps/wheels
  rm -rf "$wheels" .deps/extensions.new
  .deps/venv/bin/pip download -q --require-hashes --no-deps --only-binary :all: -d "$wheels" \
    -r tools/requirements-extensions.txt
  python3 - "$wheels" .deps/extensions.new <<'PY'
import pathlib, shutil, sys, zipfile
wheels, target = map(pathlib.Path, sys.argv[1:])
target.mkdir()
for wheel in sorted(wheels.glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        members = [m for m in archive.namelist() if m.endswith(".duckdb_extension")]
        if len(members) != 1:
            sys.exit(f"setup: {wheel.name} holds {len(members)} extensions, expected 1")
        with archive.open(members[0]) as source:
            with open(target / pathlib.PurePath(members[0]).name, "wb") as copy:
                shutil.copyfileobj(source, copy)
PY
  rm -rf .deps/extensions "$wheels"
  mv .deps/extensions.new .deps/extensions
  complete extensions tools/requirements-extensions.txt
}

fetch_newer_duckdb() {
  done_with duckdb-newer tools/requirements-duckdb-newer.txt && return
  say "fetching a newer DuckDB for the tests"
  rm -rf .deps/duckdb-newer
  .deps/venv/bin/pip install -q --require-hashes --no-deps --only-binary :all: \
    --target .deps/duckdb-newer -r tools/requirements-duckdb-newer.txt
  complete duckdb-newer tools/requirements-duckdb-newer.txt
}

# Building it takes minutes, so what is built is kept outside the checkout, by the hash of what it
# was made from.
build_versitygw() {
  local inputs=(tools/versitygw/go.mod tools/versitygw/go.sum) folder
  [[ -x .deps/versitygw/versitygw ]] && done_with versitygw "${inputs[@]}" && return
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/versitygw-$(stamp_of "${inputs[@]}" | cut -c1-16)
  if [[ ! -x $folder/versitygw ]]; then
    say "building the S3 server of the tests, which takes some minutes"
    mkdir -p "$folder"
    (cd tools/versitygw && go build -mod=readonly -trimpath -o "$folder/versitygw.new" \
      github.com/versity/versitygw/cmd/versitygw)
    mv "$folder/versitygw.new" "$folder/versitygw"
  fi
  rm -rf .deps/versitygw
  ln -s "$folder" .deps/versitygw
  complete versitygw "${inputs[@]}"
}

install_packages
mkdir -p .deps/stamps
exec 9>.deps/lock
flock 9
fetch_duckdb
make_venv
fetch_extensions
make_dbt
fetch_newer_duckdb
build_versitygw
say "ready in $root/.deps"
