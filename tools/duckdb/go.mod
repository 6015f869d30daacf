// Pins DuckDB's prebuilt static libraries and duckdb.h. No Go code is built:
// tools/setup.sh only downloads the module, and go.sum makes the download verifiable.
module sluice.invalid/duckdb

go 1.21

require github.com/duckdb/duckdb-go-bindings/lib/linux-amd64 v0.10505.0
