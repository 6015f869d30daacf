#include "operations/open_endpoint.h"

#include <fmt/format.h>

#include <filesystem>

#include "endpoint/duckdb/duckdb_endpoint.h"
#include "endpoint/duckdb/types.h"
#include "endpoint/parquet/parquet_endpoint.h"
#include "endpoint/parquet/types.h"
#include "endpoint/postgres/postgres_endpoint.h"
#include "endpoint/postgres/rules.h"
#include "endpoint/sqlite/sqlite_endpoint.h"
#include "endpoint/sqlite/types.h"
#include "endpoint/text/text_endpoint.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

bool same_path(const std::string& a, const std::string& b) {
  std::error_code code;
  if (fs::equivalent(a, b, code) && !code) return true;
  return fs::weakly_canonical(a, code) == fs::weakly_canonical(b, code);
}

}  // namespace

Result<std::unique_ptr<Endpoint>> open_endpoint(const Location& location, Engine& engine,
                                                bool for_writing) {
  if (location.kind == "duckdb") return open_duckdb(location, engine, for_writing);
  if (location.kind == "sqlite") return open_sqlite(location, engine, for_writing);
  if (location.kind == "postgres") return open_postgres(location, engine);
  if (location.kind == "parquet") return open_parquet(location, engine, for_writing);
  if (location.kind == "csv" || location.kind == "json") {
    return open_text(location, engine, for_writing);
  }
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("this release does not know locations of kind \"{}\"", location.kind))
          .about(location.display())
          .advise("it reads and writes duckdb, sqlite, postgres and parquet, and reads csv "
                  "and json"));
}

bool is_same_place(const Location& a, const Location& b) {
  if (a.kind != b.kind) return false;
  if (a.path.empty()) return a.host == b.host && a.port == b.port && a.database == b.database;
  return !b.path.empty() && same_path(a.path, b.path);
}

Status check_different(const Location& source, const Location& target) {
  const bool other_schema = source.path.empty() && source.parameter("schema", "public") !=
                                                       target.parameter("schema", "public");
  if (!is_same_place(source, target) || other_schema) return {};
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("source and target are the same place: {}", source.display()))
                  .about(target.display())
                  .advise("a run never writes to what it reads; choose another target"));
}

Result<TypeRule> rule_of(const std::string& endpoint, const Type& type) {
  if (endpoint == "duckdb") return duckdb_rule(type);
  if (endpoint == "sqlite") return sqlite::type_rule(type);
  if (endpoint == "postgres") return postgres::rule(type);
  if (endpoint == "parquet") return parquet_rule(type);
  return fail(ErrorKind::kInvalid, fmt::format("\"{}\" is no endpoint", endpoint));
}

}  // namespace sluice
