#include "plan/plan_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sluice {
namespace {

using Json = nlohmann::ordered_json;

Json name_json(const TableName& name) { return {{"schema", name.schema}, {"name", name.name}}; }
TableName name_of(const Json& json) { return {json.at("schema"), json.at("name")}; }

template <typename T>
void put_optional(Json& json, const char* key, const std::optional<T>& value) {
  json[key] = value ? Json(*value) : Json(nullptr);
}
template <typename T>
std::optional<T> optional_of(const Json& json, const char* key) {
  if (!json.contains(key) || json.at(key).is_null()) return std::nullopt;
  return json.at(key).get<T>();
}

Json type_json(const Type& type) {
  return {{"type", to_string(type)}, {"native", type.native_name}};
}
// Throws std::runtime_error for a type that cannot be read: plan_from_json catches it.
Type type_of(const Json& json) {
  Result<Type> type = parse_type(json.at("type").get<std::string>());
  if (!type) throw std::runtime_error(type.error().message);
  type->native_name = json.at("native");
  return *std::move(type);
}

Json column_json(const ColumnPlan& column) {
  Json json = {{"name", column.source.empty() ? column.target : column.source},
               {"source", column.source},
               {"target", column.target},
               {"source_type", column.source_type},
               {"target_type", column.target_type},
               {"mapping", to_string(column.mapping)},
               {"reason", column.reason},
               {"expression", column.expression},
               {"losses", Json::array()}};
  for (const ColumnLoss& loss : column.losses) {
    Json remedies = Json::array();
    for (const LossReason reason : loss.remedies) remedies.push_back(to_string(reason));
    json["losses"].push_back({{"reason", to_string(loss.reason)},
                              {"accepted", loss.accepted},
                              {"rejected", loss.rejected},
                              {"values", loss.values},
                              {"message", loss.message},
                              {"remedies", remedies}});
  }
  return json;
}

LossReason reason_of(const Json& json) {
  return parse_loss_reason(json.get<std::string>()).value_or(LossReason::kAsText);
}

ColumnPlan column_of(const Json& json) {
  ColumnPlan column;
  column.source = json.at("source");
  column.target = json.at("target");
  column.source_type = json.at("source_type");
  column.target_type = json.at("target_type");
  column.reason = json.at("reason");
  column.expression = json.at("expression");
  for (const Mapping mapping :
       {Mapping::kExact, Mapping::kWidened, Mapping::kLossy, Mapping::kUnsupported}) {
    if (json.at("mapping") == to_string(mapping)) column.mapping = mapping;
  }
  for (const Json& item : json.at("losses")) {
    ColumnLoss& loss = column.losses.emplace_back();
    loss.reason = reason_of(item.at("reason"));
    loss.accepted = item.at("accepted");
    loss.rejected = item.at("rejected");
    loss.values = item.at("values");
    loss.message = item.at("message");
    for (const Json& remedy : item.at("remedies")) loss.remedies.push_back(reason_of(remedy));
  }
  return column;
}

Json target_json(const TargetTable& table) {
  Json json = {{"name", name_json(table.name)},
               {"if_exists", static_cast<int>(table.if_exists)},
               {"merge_key", table.merge_key},
               {"comment", table.comment}};
  for (const TargetColumn& column : table.columns) {
    Json item = {{"name", column.name},
                 {"carried", type_json(column.type)},
                 {"native_type", column.native_type},
                 {"nullable", column.nullable},
                 {"comment", column.comment},
                 {"identity", column.identity}};
    if (!column.written_as.empty()) item["written_as"] = column.written_as;
    put_optional(item, "default", column.default_sql);
    json["columns"].push_back(std::move(item));
  }
  for (const PartitionField& field : table.partition) {
    json["partition"].push_back({{"column", field.column}, {"transform", field.transform}});
  }
  for (const SortField& field : table.sort) {
    json["sort"].push_back({{"column", field.column}, {"descending", field.descending}});
  }
  for (const Key& key : table.keys) {
    json["keys"].push_back(
        {{"primary", key.kind == KeyKind::kPrimary}, {"name", key.name}, {"columns", key.columns}});
  }
  for (const ForeignKey& key : table.foreign_keys) {
    json["foreign_keys"].push_back({{"name", key.name},
                                    {"columns", key.columns},
                                    {"target", name_json(key.target)},
                                    {"target_columns", key.target_columns},
                                    {"on_delete", key.on_delete},
                                    {"on_update", key.on_update},
                                    {"timing", key.timing}});
  }
  for (const Index& index : table.indexes) {
    json["indexes"].push_back({{"name", index.name},
                               {"columns", index.columns},
                               {"unique", index.unique},
                               {"body", index.body}});
  }
  for (const Check& check : table.checks) {
    json["checks"].push_back({{"name", check.name}, {"expression", check.expression_sql}});
  }
  return json;
}

// An absent array is an empty one.
Json items(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key) : Json::array();
}

TargetTable target_of(const Json& json) {
  TargetTable table;
  table.name = name_of(json.at("name"));
  table.if_exists = static_cast<IfExists>(json.at("if_exists").get<int>());
  table.merge_key = json.at("merge_key").get<std::vector<std::string>>();
  table.comment = json.at("comment");
  for (const Json& item : items(json, "columns")) {
    table.columns.push_back({item.at("name"), type_of(item.at("carried")), item.at("native_type"),
                             item.value("written_as", ""), item.at("nullable"),
                             optional_of<std::string>(item, "default"), item.at("comment"),
                             item.at("identity")});
  }
  for (const Json& item : items(json, "partition")) {
    table.partition.push_back({item.at("column"), item.at("transform")});
  }
  for (const Json& item : items(json, "sort")) {
    table.sort.push_back({item.at("column"), item.at("descending")});
  }
  for (const Json& item : items(json, "keys")) {
    table.keys.push_back({item.at("primary").get<bool>() ? KeyKind::kPrimary : KeyKind::kUnique,
                          item.at("name"), item.at("columns")});
  }
  for (const Json& item : items(json, "foreign_keys")) {
    table.foreign_keys.push_back({item.at("name"), item.at("columns"), name_of(item.at("target")),
                                  item.at("target_columns"), item.at("on_delete"),
                                  item.at("on_update"), item.value("timing", "")});
  }
  for (const Json& item : items(json, "indexes")) {
    table.indexes.push_back(
        {item.at("name"), item.at("columns"), item.at("unique"), "", item.value("body", "")});
  }
  for (const Json& item : items(json, "checks")) {
    table.checks.push_back({item.at("name"), item.at("expression")});
  }
  return table;
}

Json table_json(const TablePlan& table) {
  Json json = {{"source", table.source.name.display()},
               {"target", table.target.name.display()},
               {"source_name", name_json(table.source.name)},
               {"is_view", table.source.is_view},
               {"map_sql", table.map_sql},
               {"columns", Json::array()},
               {"read_columns", Json::array()},
               {"target_table", target_json(table.target)},
               {"reject_predicate", table.reject_predicate},
               {"cursor", table.cursor},
               {"cursor_predicate", table.cursor_predicate},
               {"chunk_rows", table.chunk_rows},
               {"chunks", table.chunks.size()},
               {"ranges", Json::array()}};
  put_optional(json, "rows", table.source.rows);
  put_optional(json, "bytes", table.source.bytes);
  for (const ColumnPlan& column : table.columns) json["columns"].push_back(column_json(column));
  for (const Column& column : table.source.columns) {
    json["read_columns"].push_back(
        {{"name", column.name}, {"type", type_json(column.type)}, {"nullable", column.nullable}});
  }
  for (const ChunkRange& range : table.chunks) {
    json["ranges"].push_back({range.index, range.begin, range.end, range.rows_estimate});
  }
  return json;
}

TablePlan table_of(const Json& json) {
  TablePlan table;
  table.source.name = name_of(json.at("source_name"));
  table.source.is_view = json.at("is_view");
  table.source.rows = optional_of<std::uint64_t>(json, "rows");
  table.source.bytes = optional_of<std::uint64_t>(json, "bytes");
  table.map_sql = json.at("map_sql");
  table.target = target_of(json.at("target_table"));
  table.reject_predicate = json.at("reject_predicate");
  table.cursor = json.value("cursor", "");
  table.cursor_predicate = json.value("cursor_predicate", "");
  table.chunk_rows = json.at("chunk_rows");
  for (const Json& item : json.at("columns")) table.columns.push_back(column_of(item));
  for (const Json& item : json.at("read_columns")) {
    Column& column = table.source.columns.emplace_back();
    column.name = item.at("name");
    column.type = type_of(item.at("type"));
    column.nullable = item.at("nullable");
  }
  for (const Json& item : json.at("ranges")) {
    table.chunks.push_back({item.at(0), item.at(1), item.at(2), item.at(3)});
  }
  return table;
}

Plan plan_of(const Json& json) {
  Plan plan;
  plan.source = json.at("source");
  plan.target = json.at("target");
  for (const Json& item : json.at("tables")) plan.tables.push_back(table_of(item));
  for (const Json& item : items(json, "views")) {
    plan.views.push_back({name_of(item.at("name")), item.at("sql")});
  }
  for (const Json& item : json.at("findings")) {
    plan.findings.push_back({item.at("kind"), item.at("object"), item.at("message")});
  }
  plan.bytes_needed = json.at("bytes_needed");
  plan.seconds_estimate = json.at("seconds_estimate");
  plan.chunk_rows = json.at("chunk_rows");
  plan.fingerprint = json.at("fingerprint");
  plan.level = json.at("level");
  plan.backup = json.at("backup");
  plan.publish = json.at("publish");
  if (json.contains("access")) {
    const Json& access = json.at("access");
    plan.access = {access.value("owner", ""), access.value("file_mode", ""),
                   access.value("dir_mode", "")};
  }
  return plan;
}

}  // namespace

std::string plan_to_json(const Plan& plan) {
  Json json = {{"sluice_plan", kPlanVersion},   {"source", plan.source},
               {"target", plan.target},         {"refused", plan.refused()},
               {"accept", plan.accept_flags()}, {"tables", Json::array()},
               {"views", Json::array()},        {"findings", Json::array()}};
  for (const TablePlan& table : plan.tables) json["tables"].push_back(table_json(table));
  for (const TargetView& view : plan.views) {
    json["views"].push_back({{"name", name_json(view.name)}, {"sql", view.create_sql}});
  }
  for (const Finding& finding : plan.findings) {
    json["findings"].push_back(
        {{"kind", finding.kind}, {"object", finding.object}, {"message", finding.message}});
  }
  json["bytes_needed"] = plan.bytes_needed;
  json["seconds_estimate"] = plan.seconds_estimate;
  json["chunk_rows"] = plan.chunk_rows;
  json["fingerprint"] = plan.fingerprint;
  json["level"] = plan.level;
  json["backup"] = plan.backup;
  json["publish"] = plan.publish;
  if (!plan.access.empty()) {
    json["access"] = {{"owner", plan.access.owner},
                      {"file_mode", plan.access.file_mode},
                      {"dir_mode", plan.access.dir_mode}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

Result<Plan> plan_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object() || !json.contains("sluice_plan")) {
      return fail(ErrorKind::kInvalid, "this is no plan of sluice: it has no \"sluice_plan\"");
    }
    if (json.at("sluice_plan") != kPlanVersion) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("plan has version {}, this sluice reads version {}",
                              json.at("sluice_plan").dump(), kPlanVersion));
    }
    return plan_of(json);
  } catch (const std::exception& error) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("cannot read the plan: {}", error.what()))
                    .advise("make it again with `sluice plan SOURCE TARGET --out FILE`"));
  }
}

}  // namespace sluice
