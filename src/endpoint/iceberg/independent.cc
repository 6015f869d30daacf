#include "endpoint/iceberg/independent.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/iceberg/types.h"

namespace sluice::iceberg {
namespace {

// The second reads manifests by the first, which it would else fetch from the network.
constexpr const char* kExtensions[] = {"avro", "iceberg"};
constexpr const char* kOtherLevel = "verify at another level";

std::unexpected<Error> cannot(const TableState& table, const std::string& why,
                              const std::string& hint) {
  return fail(
      table_error(ErrorKind::kUnsupported, table.name, "it cannot be read on a second path: " + why)
          .advise(hint));
}

Status load(const TableState& table, Engine& engine) {
  for (const char* name : kExtensions) {
    Status loaded = engine.load_extension(name);
    if (loaded) continue;
    if (loaded.error().kind != ErrorKind::kNotFound) return loaded;
    return cannot(
        table,
        fmt::format("DuckDB's extension \"{0}\" is not at \"{1}/{0}.duckdb_extension\"", name,
                    extensions_folder().string()),
        fmt::format("put the extension of the engine's version there (`sluice doctor` says which "
                    "it is, INSTALL {} in a DuckDB of that version fetches it), or {}",
                    name, kOtherLevel));
  }
  return {};
}

// The extension gives a snapshot the columns that it was made with, the newest one today's.
Result<std::string> moment_sql(const TableState& table) {
  const Snapshot* const newest = table.metadata().current_snapshot();
  if (table.snapshot == newest) return std::string();
  if (table.snapshot->schema_id.value_or(table.schema.id) != table.schema.id) {
    return cannot(table,
                  fmt::format("snapshot {} is the end of a branch and has schema {}, not {} with "
                              "which the branch is read",
                              table.snapshot->id, *table.snapshot->schema_id, table.schema.id),
                  kOtherLevel);
  }
  return fmt::format(", snapshot_from_id := CAST({} AS UBIGINT)", table.snapshot->id);
}

}  // namespace

Result<std::string> independent_select(const TableState& table, Engine& engine) {
  TRY(load(table, engine));
  std::vector<std::string> items;
  for (const Column& column : table.schema.columns) {
    if (!is_read(column.type)) {
      return cannot(
          table,
          fmt::format("its column \"{}\" is of type {}", column.name, type_name(column.type)),
          kOtherLevel);
    }
    TRY_ASSIGN(const std::string type, engine_type_sql(type_of(column.type)));
    items.push_back(fmt::format("CAST({0} AS {1}) AS {0}", quote_identifier(column.name), type));
  }
  if (items.empty()) return cannot(table, "it has no columns", kOtherLevel);
  TRY_ASSIGN(const std::string moment, moment_sql(table));
  TRY_ASSIGN(const std::string path,
             table.files->writing_path(table.table->metadata_location, engine));
  return fmt::format("SELECT {} FROM iceberg_scan({}{}, can_have_nan := true)", join(items, ", "),
                     quote_literal(path), moment);
}

}  // namespace sluice::iceberg
