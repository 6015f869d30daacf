#!/usr/bin/env bash
# Fetches the programs of tools/judges.txt that run on Java: Nessie (a REST catalog) and Trino. They
# are kept for all checkouts of this user in ~/.cache/sluice/NAME-HASH, where tests find them by the
# same hash, 730 MB in all; a file of another hash than the pinned one is not used. Needs mvn; to run them takes Java 21 (Nessie) and 24
# (Trino) or later.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice
# The plugins of Trino that tests use; geospatial is needed by postgresql's.
plugins=" iceberg delta-lake postgresql geospatial memory tpch "

fail() { echo "setup_judges: $*" >&2; exit 1; }
say() { echo "setup_judges: $*" >&2; }

# fetch COORDINATES HASH: the file's path on standard output.
fetch() {
  local group artifact version type classifier file
  IFS=: read -r group artifact version type classifier <<<"$1"
  mvn -q -B -Dmaven.repo.local="$repository" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get \
    -Dartifact="$1" -Dtransitive=false >&2 || fail "cannot fetch $1"
  file=$repository/${group//.//}/$artifact/$version/$artifact-$version${classifier:+-$classifier}.$type
  echo "$2  $file" | sha256sum --check --status || fail "$1 is not the file that is pinned"
  echo "$file"
}

install_nessie() { mv "$1" "$2/nessie.jar"; }

# It holds hard links, so it is unpacked as a whole and thinned out then.
install_trino() {
  local plugin
  tar -xzf "$1" -C "$2" --strip-components=1
  for plugin in "$2"/plugin/*; do
    [[ $plugins == *" $(basename "$plugin") "* ]] || rm -rf "$plugin"
  done
}

mkdir -p "$cache"
exec 9>"$cache/judges.lock"
flock 9
while read -r name coordinates hash; do
  [[ -z $name || $name == \#* ]] && continue
  folder=$cache/$name-${hash:0:16}
  if [[ ! -d $folder ]]; then
    command -v mvn >/dev/null || fail "mvn is not there, which fetches $name: apt-get install maven"
    say "fetching $name"
    repository=$cache/$name.new/repository
    rm -rf "$cache/$name.new"
    mkdir -p "$repository" "$cache/$name.new/$name"
    file=$(fetch "$coordinates" "$hash")
    "install_$name" "$file" "$cache/$name.new/$name"
    mv "$cache/$name.new/$name" "$folder"
    rm -rf "$cache/$name.new"
  fi
done <tools/judges.txt
say "ready in $cache"
