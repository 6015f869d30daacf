#include "endpoint/text/export_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
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

Result<Digest> digest_of_file(EngineConnection& connection, const fs::path& file,
                              const std::string& format,
                              const std::vector<ResultColumn>& columns) {
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
  const DigestTap tap;
  Status written = connection.execute(fmt::format(
      "COPY (SELECT * FROM ({}) WHERE {}) TO {} ({})", select_sql, tap.predicate(names),
      quote_literal(staging.string()), copy_options(format)));
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
