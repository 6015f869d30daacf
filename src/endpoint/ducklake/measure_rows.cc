#include "endpoint/ducklake/measure_rows.h"

#include <fmt/format.h>

#include <set>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/ducklake_endpoint.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

// Numbers of columns, and parts, whose bounds would be those of other values.
void find_inexact(const std::vector<LakeColumn>& columns, std::set<Id>& out) {
  for (const LakeColumn& column : columns) {
    find_inexact(column.parts, out);
    if (ducklake_rule(column.type).mapping != Mapping::kExact) out.insert(column.row.id);
  }
}

}  // namespace

Result<MeasuredRows> measure_rows(EngineConnection& connection, const std::string& select_sql,
                                  const std::vector<LakeColumn>& columns, const fs::path& scratch,
                                  Files& files_there) {
  std::vector<std::string> items;
  for (const LakeColumn& column : columns) {
    const std::string name = quote_identifier(column.row.name);
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    items.push_back(fmt::format("CAST({0} AS {1}) AS {0}", name, type));
  }
  const std::string rows = fmt::format("SELECT {} FROM ({})", join(items, ", "), select_sql);
  TRY(make_folders(scratch));
  FileWriting writing{"", &columns, {}, {}};
  writing.files = &files_there;
  auto files = write_data_files(connection, rows, writing, scratch, "measured", scratch / "copy");
  const Status removed = files_there.remove_below(scratch.string());
  if (!files) return fail(std::move(files.error()));
  TRY(removed);
  MeasuredRows out;
  if (files->empty()) return out;
  out.rows = files->front().rows;
  std::set<Id> inexact;
  find_inexact(columns, inexact);
  for (const auto& [id, stats] : files->front().stats) {
    MeasuredColumn& one = out.columns[id];
    one = {stats.values, stats.nulls, stats.min, stats.max, stats.has_nan};
    if (inexact.contains(id)) one.min = one.max = std::nullopt;
  }
  return out;
}

}  // namespace sluice::ducklake
