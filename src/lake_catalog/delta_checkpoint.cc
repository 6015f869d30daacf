#include "lake_catalog/delta_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "format/delta/parse_actions.h"

namespace sluice {
namespace {

// An action is a struct that is NULL where the row is of another one. Some writers make it a struct
// of NULLs instead: `key` is never NULL in the action itself.
struct ActionColumn {
  std::string_view name;
  std::string_view key;
};
constexpr std::array kActionColumns = {
    ActionColumn{"protocol", "minReaderVersion"},
    ActionColumn{"metaData", "id"},
    ActionColumn{"txn", "appId"},
    ActionColumn{"domainMetadata", "domain"},
    ActionColumn{"sidecar", "path"},
    ActionColumn{"checkpointMetadata", "version"},
    ActionColumn{"remove", "path"},
    ActionColumn{"add", "path"},
};

const Type* find_field(const Type& type, std::string_view name) {
  const auto at = std::find(type.labels.begin(), type.labels.end(), name);
  if (at == type.labels.end()) return nullptr;
  return &type.children[static_cast<std::size_t>(at - type.labels.begin())];
}

// The fields of an action that the parser of JSON is given. Statistics are a text already: in JSON
// they would only be escaped and taken apart again.
std::string action_sql(const ActionColumn& action, const Type& type) {
  std::vector<std::string> fields;
  for (const std::string& name : type.labels) {
    if (name == "stats" || name == "stats_parsed" || name == "partitionValues_parsed") continue;
    fields.push_back(fmt::format("{} := {}.{}", quote_identifier(name),
                                 quote_identifier(action.name), quote_identifier(name)));
  }
  return fmt::format("CAST(to_json(struct_pack({} := struct_pack({}))) AS VARCHAR)",
                     quote_identifier(action.name), join(fields, ", "));
}

// A file's statistics: the text, or the typed ones where there is no other.
std::string stats_sql(const Type& type) {
  std::vector<std::string> texts;
  if (find_field(type, "stats") != nullptr) texts.emplace_back("\"add\".stats");
  if (find_field(type, "stats_parsed") != nullptr) {
    texts.emplace_back("CAST(to_json(\"add\".stats_parsed) AS VARCHAR)");
  }
  return texts.empty() ? "''" : "coalesce(" + join(texts, ", ") + ", '')";
}

Status read_column(EngineConnection& connection, const std::string& relation,
                   const ActionColumn& action, const Type& type, const std::string& file,
                   const std::function<Status(delta::Actions)>& take) {
  const bool is_add = action.name == "add";
  const std::string sql =
      fmt::format("SELECT {}{} FROM {} WHERE {}.{} IS NOT NULL", action_sql(action, type),
                  is_add ? ", " + stats_sql(type) : "", relation, quote_identifier(action.name),
                  quote_identifier(action.key));
  return connection.stream(sql, [&](const Batch& batch) -> Status {
    std::string lines;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      lines += batch.columns[0].at<TextCell>(row).view();
      lines += '\n';
    }
    TRY_ASSIGN(delta::Actions actions,
               delta::parse_actions(delta::PaddedText(std::move(lines)), file));
    for (std::size_t row = 0; is_add && row < actions.adds.size(); ++row) {  // one of each row
      actions.adds[row].stats = batch.columns[1].at<TextCell>(row).view();
    }
    return take(std::move(actions));
  });
}

}  // namespace

Status read_checkpoint(Engine& engine, const std::vector<std::filesystem::path>& files,
                       const std::function<Status(delta::Actions)>& take) {
  std::vector<std::string> literals;
  for (const auto& file : files) literals.push_back(quote_literal(file.string()));
  const std::string relation = fmt::format(
      "read_parquet([{}], hive_partitioning=false, union_by_name=true)", join(literals, ", "));
  const std::string name = files.front().string();
  TRY_ASSIGN(const auto connection, engine.connect());
  const auto columns = connection->describe("SELECT * FROM " + relation);
  if (!columns) {
    // A file that is no Parquet is invalid input to the engine.
    const ErrorKind kind = columns.error().kind;
    return fail(
        Error(kind == ErrorKind::kInvalid ? ErrorKind::kCorrupt : kind,
              fmt::format("checkpoint {}: {}", name, columns.error().message))
            .about(name)
            .code(columns.error().vendor_code)
            .advise("where the log still has all of its commits, the checkpoint can be moved "
                    "away: it is made of them"));
  }
  for (const ActionColumn& action : kActionColumns) {
    const auto column = std::find_if(columns->begin(), columns->end(),
                                     [&](const auto& one) { return one.name == action.name; });
    if (column == columns->end()) continue;
    if (find_field(column->type, action.key) == nullptr) {
      return fail(Error(ErrorKind::kCorrupt, fmt::format("checkpoint {}: its column {} has no {}",
                                                         name, action.name, action.key))
                      .about(name));
    }
    TRY(read_column(*connection, relation, action, column->type, name, take));
  }
  return {};
}

}  // namespace sluice
