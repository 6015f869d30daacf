#include "lake_catalog/delta_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "format/delta/parse_actions.h"
#include "lake_catalog/delta_checkpoint_rows.h"

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

bool is_of_files(const ActionColumn& action) {
  return action.name == "add" || action.name == "remove";
}

std::string action_sql(const ActionColumn& action, const Type& type) {
  if (is_of_files(action)) return file_action_sql(action.name, type);
  return fmt::format("CAST(to_json(struct_pack({0} := {0})) AS VARCHAR)",
                     quote_identifier(action.name));
}

// The few actions that are of the table and not of a file come as the log's own lines.
Result<delta::Actions> table_actions(const Batch& batch, const std::string& file) {
  std::string lines;
  for (std::size_t row = 0; row < batch.rows; ++row) {
    lines += batch.columns[0].at<TextCell>(row).view();
    lines += '\n';
  }
  return delta::parse_actions(delta::PaddedText(std::move(lines)), file);
}

Status read_column(EngineConnection& connection, const std::string& relation,
                   const ActionColumn& action, const Type& type, const std::string& file,
                   const std::function<Status(delta::Actions)>& take) {
  const std::string sql =
      fmt::format("SELECT {} FROM {} WHERE {}.{} IS NOT NULL", action_sql(action, type), relation,
                  quote_identifier(action.name), quote_identifier(action.key));
  return connection.stream(sql, [&](const Batch& batch) -> Status {
    TRY_ASSIGN(delta::Actions actions, is_of_files(action) ? file_actions(action.name, batch, file)
                                                           : table_actions(batch, file));
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
    const auto& fields = column->type.labels;
    if (std::find(fields.begin(), fields.end(), action.key) == fields.end()) {
      return fail(Error(ErrorKind::kCorrupt, fmt::format("checkpoint {}: its column {} has no {}",
                                                         name, action.name, action.key))
                      .about(name));
    }
    TRY(read_column(*connection, relation, action, column->type, name, take));
  }
  return {};
}

}  // namespace sluice
