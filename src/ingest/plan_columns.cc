#include "ingest/plan_columns.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "config/toml_reader.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

Result<PlannedColumn> read_column(const TomlReader& reader, const std::string& name) {
  TRY(reader.check_keys({"type", "path", "zone"}));
  PlannedColumn column;
  column.name = name;
  column.origin = "map";
  TRY_ASSIGN(const auto type, reader.text("type"));
  column.type = simple_type(TypeKind::kOther);
  if (type) {
    auto parsed = parse_type(*type);
    if (!parsed) return fail(reader.error_at("type", parsed.error().message));
    column.type = std::move(*parsed);
  }
  TRY_ASSIGN(const auto path, reader.text("path"));
  if (path) column.path = split(*path, '.');
  TRY_ASSIGN(const auto zone, reader.text("zone"));
  if (!zone) return column;
  if (type && column.type.kind != TypeKind::kTimestampTz) {
    return fail(reader.error_at("zone", "only a column of type timestamptz has instants"));
  }
  auto known = Zone::named(*zone);
  if (!known) return fail(reader.error_at("zone", known.error().message));
  column.zone = std::move(*known);
  return column;
}

}  // namespace

Result<ColumnPlan> read_map(const fs::path& file) {
  TRY_ASSIGN(const std::string text, read_file(file));
  toml::table parsed;
  try {
    parsed = toml::parse(text, file.string());
  } catch (const toml::parse_error& error) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file.string(),
                                               error.source().begin.line, error.description()))
            .about(file.string()));
  }
  const TomlReader root(parsed, "", file.string());
  TRY(root.check_keys({"columns"}));
  TRY_ASSIGN(const auto columns, root.table("columns"));
  ColumnPlan plan;
  for (const std::string& name : columns ? columns->keys() : std::vector<std::string>()) {
    TRY_ASSIGN(const auto reader, columns->table(name));
    TRY_ASSIGN(PlannedColumn column, read_column(*reader, name));
    plan.push_back(std::move(column));
  }
  if (!plan.empty()) return plan;
  return fail(Error(ErrorKind::kInvalid, fmt::format("{} names no column", file.string()))
                  .about(file.string())
                  .advise("a column is a table: [columns.NAME] with type = \"...\""));
}

Result<ColumnPlan> plan_for_table(const LakeTable& table, const std::optional<ColumnPlan>& map) {
  ColumnPlan plan;
  for (const ducklake::LakeColumn& column : table.columns) {
    PlannedColumn& out = plan.emplace_back();
    out.name = column.row.name;
    out.type = column.type;
    out.nullable = column.row.nullable;
    out.origin = "table";
  }
  return with_map(std::move(plan), table.name.display(), map);
}

Result<ColumnPlan> with_map(ColumnPlan plan, const std::string& table,
                            const std::optional<ColumnPlan>& map) {
  for (const PlannedColumn& mapped : map.value_or(ColumnPlan())) {
    const auto at = std::find_if(plan.begin(), plan.end(), [&](const PlannedColumn& column) {
      return to_lower(column.name) == to_lower(mapped.name);
    });
    const bool is_other =
        at != plan.end() && mapped.type.kind != TypeKind::kOther && mapped.type != at->type;
    if (at == plan.end() || is_other) {
      return fail(Error(ErrorKind::kInvalid,
                        at == plan.end()
                            ? fmt::format("the map has a column \"{}\", the table {} has none",
                                          mapped.name, table)
                            : fmt::format("column \"{}\" is {} in the table, {} in the map",
                                          at->name, to_string(at->type), to_string(mapped.type)))
                      .about(table));
    }
    if (mapped.zone && at->type.kind != TypeKind::kTimestampTz) {
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("the map gives column \"{}\" a zone, but its type is {}",
                                    at->name, to_string(at->type)))
                      .about(table));
    }
    at->path = mapped.path;
    at->zone = mapped.zone;
  }
  return plan;
}

Result<std::vector<std::string>> planned_key(const ColumnPlan& plan,
                                             const std::vector<std::string>& key) {
  std::vector<std::string> out;
  for (const std::string& name : key) {
    const auto at = std::find_if(plan.begin(), plan.end(), [&](const PlannedColumn& column) {
      return to_lower(column.name) == to_lower(name);
    });
    if (at == plan.end()) {
      std::vector<std::string> names;
      for (const PlannedColumn& column : plan) names.push_back(column.name);
      return fail(
          Error(ErrorKind::kInvalid, fmt::format("--key names \"{}\", which is no column", name))
              .about(name)
              .advise("the columns are " + join(names, ", ")));
    }
    out.push_back(at->name);
  }
  return out;
}

}  // namespace sluice::ingest
