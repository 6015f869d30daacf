#include "endpoint/text/export_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/bloom_filters.h"
#include "endpoint/both_zeros.h"
#include "endpoint/text/scan_sql.h"
#include "engine/digest_tap.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

std::string copy_options(const std::string& format) {
  // A quoted field is never NULL and an unquoted empty one always is: '' and NULL stay apart.
  if (format == "csv") return "FORMAT csv, HEADER, FORCE_QUOTE *";
  if (format == "json") return "FORMAT json";
  return "FORMAT parquet, COMPRESSION zstd";
}

// JSON's numbers are doubles to most readers: what a double does not hold is written as text, and
// so are NaN and infinities, which JSON does not have.
std::string json_column(const ResultColumn& column) {
  const std::string name = quote_identifier(column.name);
  std::string fits;
  switch (column.type.kind) {
    case TypeKind::kInt64:
    case TypeKind::kInt128:
      fits = fmt::format("{} BETWEEN -9007199254740991 AND 9007199254740991", name);
      break;
    case TypeKind::kUInt64:
    case TypeKind::kUInt128:
      fits = fmt::format("{} <= 9007199254740991", name);
      break;
    case TypeKind::kDecimal:
      fits = fmt::format("TRY_CAST(CAST({0} AS DOUBLE) AS DECIMAL({1},{2})) = {0}", name,
                         column.type.precision, column.type.scale);
      break;
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      fits = fmt::format("isfinite({})", name);
      break;
    default:
      return name;
  }
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN {1} THEN to_json({0}) ELSE to_json(CAST({0} AS "
      "VARCHAR)) END AS {0}",
      name, fits);
}

std::string select_for(const std::string& format, const std::vector<ResultColumn>& columns) {
  if (format != "json") return "*";
  std::vector<std::string> list;
  for (const ResultColumn& column : columns) list.push_back(json_column(column));
  return join(list, ", ");
}

Result<Digest> digest_of_file(EngineConnection& connection, const fs::path& file,
                              const std::string& format, const std::vector<ResultColumn>& columns) {
  std::string relation = "read_parquet(" + quote_literal(file.string()) + ")";
  if (format != "parquet") {
    text::Dialect dialect;
    dialect.kind = format;
    dialect.options = ", delim = ',', quote = '\"', escape = '\"', header = true";
    std::vector<Column> typed;
    for (const ResultColumn& column : columns) {
      Column& out = typed.emplace_back();
      out.name = column.name;
      out.type = column.type;
    }
    TRY_ASSIGN(relation, text::scan_sql(dialect, {"", {file}}, typed));
  }
  Digest digest;
  TRY(connection.stream("SELECT * FROM " + relation, [&](const Batch& batch) -> Status {
    digest += digest_of(batch);
    return {};
  }));
  return digest;
}

}  // namespace

Result<Digest> export_file(EngineConnection& connection, const std::string& select_sql,
                           const fs::path& file, const std::string& format) {
  TRY_ASSIGN(const std::vector<ResultColumn> columns, connection.describe(select_sql));
  std::vector<std::string> names;
  for (const ResultColumn& column : columns) names.push_back(column.name);
  const fs::path staging = file.string() + ".sluice-part";
  DigestTap tap;
  const std::string_view bloom = format == "parquet" ? bloom_filter_option(columns) : "";
  const auto copy = [&](std::string_view options) {
    return connection.execute(fmt::format("COPY (SELECT {} FROM ({})) TO {} ({}{}{})",
                                          select_for(format, columns), tap.wrap(select_sql, names),
                                          quote_literal(staging.string()), copy_options(format),
                                          bloom, options));
  };
  Status written = format == "parquet" ? copy_both_zeros(&tap, copy) : copy("");
  std::error_code ignored;
  if (!written) {
    fs::remove(staging, ignored);
    return fail(std::move(written.error()));
  }
  const Result<Digest> found = digest_of_file(connection, staging, format, columns);
  if (!found || *found != tap.digest()) {
    fs::remove(staging, ignored);
    return fail(Error(ErrorKind::kMismatch,
                      fmt::format("\"{}\" does not give back what was written: {}", file.string(),
                                  found ? "the content differs" : found.error().message))
                    .about(file.string())
                    .advise("this format cannot hold these values; use --format parquet, or "
                            "--query with a CAST of the column"));
  }
  TRY(sync_file(staging));
  TRY(rename_durably(staging, file));
  return tap.digest();
}

}  // namespace sluice
