#include "operations/open_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "endpoint/delta/delta_endpoint.h"
#include "endpoint/duckdb/duckdb_endpoint.h"
#include "endpoint/duckdb/types.h"
#include "endpoint/ducklake/ducklake_endpoint.h"
#include "endpoint/iceberg/iceberg_endpoint.h"
#include "endpoint/mysql/mysql_endpoint.h"
#include "endpoint/mysql/rules.h"
#include "endpoint/parquet/parquet_endpoint.h"
#include "endpoint/postgres/postgres_endpoint.h"
#include "endpoint/postgres/rules.h"
#include "endpoint/sqlite/sqlite_endpoint.h"
#include "endpoint/sqlite/types.h"
#include "endpoint/text/text_endpoint.h"
#include "format/parquet/type_rules.h"
#include "operations/recognise.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

bool same_path(const std::string& a, const std::string& b) {
  std::error_code code;
  if (fs::equivalent(a, b, code) && !code) return true;
  return fs::weakly_canonical(a, code) == fs::weakly_canonical(b, code);
}

bool share_schema(const Location& a, const Location& b) {
  for (const std::string& one : split(a.parameter("schema", "public"), ',')) {
    for (const std::string& other : split(b.parameter("schema", "public"), ',')) {
      if (trim(one) == trim(other)) return true;
    }
  }
  return false;
}

std::unexpected<Error> same_place(const Location& source, const Location& target) {
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("source and target are the same place: {}", source.display()))
                  .about(target.display())
                  .advise("a run never writes to what it reads; choose another target"));
}

// A file that begins as another kind does: the endpoint could only say that it is broken.
Status check_kind(const Location& location) {
  std::error_code code;
  if (location.path.empty() || !fs::is_regular_file(location.path, code)) return {};
  const std::string found = kind_of_file(location.path);
  if (!location.catalog.empty()) return {};
  const bool text = location.kind == "csv" || location.kind == "json";
  if (found.empty() || found == location.kind) return {};
  if (text && (found == "csv" || found == "json")) return {};
  return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}\" is a file of kind {}, not {}",
                                                     location.path, found, location.kind))
                  .about(location.path)
                  .advise(fmt::format("type {}", shell_word(found + ":" + location.path))));
}

}  // namespace

Result<std::unique_ptr<Endpoint>> open_endpoint(const Location& location, Engine& engine,
                                                bool for_writing) {
  TRY(check_kind(location));
  if (location.kind == "duckdb") return open_duckdb(location, engine, for_writing);
  if (location.kind == "sqlite") return open_sqlite(location, engine, for_writing);
  if (location.kind == "postgres") return open_postgres(location, engine);
  if (location.kind == "mysql") return open_mysql(location, engine);
  if (location.kind == "parquet") return open_parquet(location, engine, for_writing);
  if (location.kind == "ducklake") return open_ducklake(location, engine, for_writing);
  if (location.kind == "delta") return open_delta(location, engine, for_writing);
  if (location.kind == "iceberg") return open_iceberg(location, engine, for_writing);
  if (location.kind == "csv" || location.kind == "json") {
    return open_text(location, engine, for_writing);
  }
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("this release does not know locations of kind \"{}\"", location.kind))
          .about(location.display())
          .advise("it reads and writes duckdb, sqlite, postgres, mysql, parquet, ducklake, "
                  "delta and iceberg, and reads csv and json"));
}

Result<std::uint64_t> count_tables(const Location& location, Engine& engine) {
  TRY_ASSIGN(const auto endpoint, open_endpoint(location, engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  TRY_ASSIGN(const Inventory inventory, session->inspect());
  return static_cast<std::uint64_t>(
      std::count_if(inventory.tables.begin(), inventory.tables.end(),
                    [](const Table& table) { return !table.is_view; }));
}

bool is_same_place(const Location& a, const Location& b) {
  if (a.kind != b.kind) return false;
  if (a.path.empty()) return a.host == b.host && a.port == b.port && a.database == b.database;
  return !b.path.empty() && same_path(a.path, b.path);
}

Status check_different(const Location& source, const Location& target) {
  if (is_same_place(source, target) && (!source.path.empty() || share_schema(source, target))) {
    return same_place(source, target);
  }
  return {};
}

Status check_different_servers(const Location& source, Endpoint& source_endpoint,
                               const Location& target, Endpoint& target_endpoint) {
  if (source.kind != target.kind || !share_schema(source, target)) return {};
  // A server that does not say which it is cannot be told apart: its name has to do.
  const Result<std::string> left = source_endpoint.identity();
  const Result<std::string> right = target_endpoint.identity();
  if (!left || !right || left->empty() || *left != *right) return {};
  return same_place(source, target);
}

Result<TypeRule> rule_of(const std::string& endpoint, const Type& type) {
  if (endpoint == "duckdb") return duckdb_rule(type);
  if (endpoint == "sqlite") return sqlite::type_rule(type);
  if (endpoint == "postgres") return postgres::rule(type);
  if (endpoint == "mysql") return mysql::rule(type);
  if (endpoint == "parquet") return parquet_rule(type);
  if (endpoint == "ducklake") return ducklake_rule(type);
  if (endpoint == "delta") return delta_rule(type);
  if (endpoint == "iceberg") return iceberg_rule(type);
  return fail(ErrorKind::kInvalid, fmt::format("\"{}\" is no endpoint", endpoint));
}

}  // namespace sluice
