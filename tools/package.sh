#!/usr/bin/env bash
# Makes dist/sluice-VERSION-linux-amd64.tar.gz from what `cmake --install` puts in an empty folder.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/^project(sluice VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=sluice-$version-linux-amd64
staging=build/package
rm -rf "$staging"
mkdir -p "$staging" dist
cmake --install build/release --strip --prefix "$staging/$name" >/dev/null
# Extensions carry a signature at their end, which has to survive the packaging.
for extension in .deps/extensions/*.duckdb_extension; do
  cmp -s "$extension" "$staging/$name/lib/sluice/extensions/${extension##*/}" ||
    { echo "package: ${extension##*/} was changed or left out" >&2; exit 1; }
done
tar -C "$staging" --sort=name --owner=0 --group=0 --numeric-owner \
  --mtime="@$(git log -1 --format=%ct 2>/dev/null || echo 0)" -cf - "$name" |
  gzip -n >"dist/$name.tar.gz.new"
mv "dist/$name.tar.gz.new" "dist/$name.tar.gz"
echo "dist/$name.tar.gz"
