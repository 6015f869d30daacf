#include "endpoint/delta/independent.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "format/delta/log_path.h"

namespace sluice::delta {
namespace {

constexpr const char* kExtension = "delta";

std::unexpected<Error> cannot(const TableState& table, const std::string& why,
                              const std::string& hint) {
  return fail(
      Error(ErrorKind::kUnsupported, fmt::format("table \"{}\" cannot be read on a second path: {}",
                                                 table.name.display(), why))
          .about(table.name.display())
          .advise(hint));
}

Status load(const TableState& table, Engine& engine) {
  Status loaded = engine.load_extension(kExtension);
  if (loaded || loaded.error().kind != ErrorKind::kNotFound) return loaded;
  return cannot(
      table,
      fmt::format("DuckDB's extension \"{0}\" is not at \"{1}/{0}.duckdb_extension\"", kExtension,
                  extensions_folder().string()),
      "put the extension of the engine's version there (`sluice doctor` says which it is, "
      "INSTALL delta in a DuckDB of that version fetches it), or verify at another level");
}

}  // namespace

Result<std::string> independent_select(const TableState& table, Engine& engine) {
  if (table.zone_offset != "+00" && needs_zone(table)) {
    return cannot(table,
                  fmt::format("timestamps of its partitions are read at UTC{} here, and as UTC by "
                              "DuckDB's extension",
                              table.zone_offset),
                  "leave ?timezone= away, or verify at another level");
  }
  TRY(load(table, engine));
  std::vector<std::string> items;
  for (const Field& column : table.schema.columns) {
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    items.push_back(fmt::format("CAST({0} AS {1}) AS {0}", quote_identifier(column.name), type));
  }
  if (items.empty()) return cannot(table, "it has no columns", "verify at another level");
  // A plain path loses letters beyond ASCII in it. To S3 the extension goes by the engine's secret.
  const std::string address =
      is_remote_path(table.folder) ? table.folder : "file://" + table.folder;
  return fmt::format("SELECT {} FROM delta_scan({}, version := {}, pushdown_filters := 'none')",
                     join(items, ", "), quote_literal(encode_uri(address)), table.snapshot.version);
}

}  // namespace sluice::delta
