#include "endpoint/iceberg/make_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/file_sizes.h"
#include "endpoint/iceberg/types.h"
#include "format/iceberg/evolve_schema.h"

namespace sluice::iceberg {
namespace {

constexpr const char* kCommentProperty = "comment";

// A list or a struct takes NULL: nobody counts it.
Result<std::vector<Column>> new_columns(const TargetTable& table) {
  std::vector<Column> out;
  for (const TargetColumn& column : table.columns) {
    Column& made = out.emplace_back();
    made.name = column.name;
    TRY_ASSIGN(made.type, column_type_of(column.type));
    made.required = !column.nullable && !made.type.is_nested();
    if (!column.comment.empty()) made.doc = column.comment;
  }
  return out;
}

std::string field_name(const std::vector<Column>& columns, const std::string& column,
                       const Transform& transform) {
  if (transform.kind == TransformKind::kIdentity) return column;
  const std::string word = to_string(transform);
  std::string out = column + "_" + word.substr(0, word.find('['));
  while (find_column(columns, out) != nullptr) out += "_part";
  return out;
}

// "bucket(16)" as Iceberg writes it.
Transform transform_of(const std::string& text) {
  return parse_transform(replace_all(replace_all(text, "(", "["), ")", "]"));
}

const Column* column_named(const std::vector<Column>& columns, const std::string& name) {
  const auto at = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
    return to_lower(column.name) == to_lower(name);
  });
  return at == columns.end() ? nullptr : &*at;
}

Result<PartitionSpec> wanted_spec(const TargetTable& table, const std::vector<Column>& columns) {
  PartitionSpec out;
  for (const sluice::PartitionField& field : table.partition) {
    const Column* const source = column_named(columns, field.column);
    if (source == nullptr) {
      return fail(table_error(ErrorKind::kInvalid, table.name,
                              fmt::format("it has no column \"{}\" to part by", field.column)));
    }
    PartitionField& made = out.fields.emplace_back();
    made.transform = transform_of(field.transform);
    made.source_ids = {source->id};
    made.name = field_name(columns, source->name, made.transform);
    const auto type = result_type(made.transform, source->type);
    if (!type) {
      return fail(table_error(type.error().kind, table.name, type.error().message)
                      .advise("give another --partition; `sluice rollback last` ends this run"));
    }
  }
  return out;
}

SortOrder wanted_order(const TargetTable& table, const std::vector<Column>& columns) {
  SortOrder out;
  for (const sluice::SortField& field : table.sort) {
    const Column* const source = column_named(columns, field.column);
    if (source == nullptr || source->type.is_nested()) continue;
    out.fields.push_back({{source->id}, Transform{}, field.descending, false});
  }
  return out;
}

Status check_kind(const TargetTable& table) {
  if (table.if_exists != IfExists::kFail) return {};
  return fail(table_error(ErrorKind::kExists, table.name, "is in the target already")
                  .advise("choose --if-exists replace, append or merge"));
}

// NULL within a list or a struct is counted by nobody.
Status check_parts(const TargetTable& table, const Column& column, bool is_key) {
  for (std::size_t i = 0; i < column.type.parts.size(); ++i) {
    const Column& part = column.type.parts[i];
    const bool is_own_key = column.type.id == TypeId::kMap && i == 0;
    if (part.required && !is_own_key && !is_key) {
      return fail(table_error(ErrorKind::kUnsupported, table.name,
                              fmt::format("\"{}\" in its column \"{}\" takes no NULL, which is not "
                                          "checked within nested types",
                                          part.name, column.name)));
    }
    TRY(check_parts(table, part, is_own_key));
  }
  return {};
}

Status check_columns(const TargetTable& table, const Schema& schema) {
  for (const TargetColumn& column : table.columns) {
    const Column* const there = column_named(schema.columns, column.name);
    TRY_ASSIGN(const ColumnType type, column_type_of(column.type));
    if (there != nullptr && type_name(there->type) == type_name(type)) {
      TRY(check_parts(table, *there, false));
      continue;
    }
    return fail(table_error(
        ErrorKind::kInvalid, table.name,
        fmt::format("column \"{}\" is {} in the target, {} in the source", column.name,
                    there == nullptr ? "missing" : type_name(there->type), type_name(type))));
  }
  if (table.columns.size() == schema.columns.size()) return {};
  return fail(table_error(ErrorKind::kInvalid, table.name,
                          fmt::format("the target has {} columns, the source has {}",
                                      schema.columns.size(), table.columns.size())));
}

// Columns that stay what they were keep their ids, so that old snapshots and names of others stay
// true.
std::vector<Column> replaced_columns(const TableMetadata& before, std::vector<Column> columns) {
  std::int32_t last_id = before.last_column_id;
  for (Column& column : columns) {
    const Column* const old = column_named(before.schema().columns, column.name);
    const bool is_same = old != nullptr && old->name == column.name &&
                         type_name(old->type) == type_name(column.type);
    if (is_same) {
      column.id = old->id;
      column.type = old->type;
      continue;
    }
    std::vector<Column> one = {column};
    give_ids(one, last_id);
    column = std::move(one[0]);
  }
  return columns;
}

// Without a wish of the plan's the files stay parted as they were, where the columns are there.
Result<PartitionSpec> replaced_spec(const TargetTable& table, const TableMetadata& before,
                                    const std::vector<Column>& columns) {
  if (!table.partition.empty()) return wanted_spec(table, columns);
  PartitionSpec out = before.spec();
  const bool is_there =
      std::all_of(out.fields.begin(), out.fields.end(), [&](const PartitionField& field) {
        return field.source_ids.size() == 1 && find_column(columns, field.source_ids[0]) != nullptr;
      });
  if (!is_there) out.fields.clear();
  return out;
}

Result<IcebergTarget> new_target(IcebergRun& run, const TargetTable& table) {
  NewTable made;
  TRY_ASSIGN(made.schema.columns, new_columns(table));
  std::int32_t last_id = 0;
  give_ids(made.schema.columns, last_id);
  TRY_ASSIGN(made.spec, wanted_spec(table, made.schema.columns));
  made.order = wanted_order(table, made.schema.columns);
  made.properties["write.parquet.compression-codec"] = "zstd";
  TRY_ASSIGN(const auto file_bytes, wanted_file_bytes(run.location));
  if (file_bytes) made.properties[kFileSizeProperty] = std::to_string(*file_bytes);
  if (!table.comment.empty()) made.properties[kCommentProperty] = table.comment;
  TRY_ASSIGN(IcebergTable staged, run.catalog->stage(catalog_name(table), made));
  IcebergTarget out;
  out.is_new = true;
  out.lent = LentFiles{staged.s3, staged.s3_ends_ms};
  out.before = staged.metadata;
  out.after = std::move(staged.metadata);
  return out;
}

Result<TableMetadata> replaced(const TargetTable& table, const TableMetadata& before) {
  TRY_ASSIGN(std::vector<Column> columns, new_columns(table));
  TableMetadata wish = before;
  Schema schema = before.schema();
  schema.columns = replaced_columns(before, std::move(columns));
  schema.identifier_ids.clear();
  TRY_ASSIGN(const PartitionSpec spec, replaced_spec(table, before, schema.columns));
  std::vector<Update> updates = {AddSchema{schema}, SetCurrentSchema{}, AddSpec{spec},
                                 SetDefaultSpec{}};
  const SortOrder order = wanted_order(table, schema.columns);
  if (!order.fields.empty()) {
    updates.emplace_back(AddSortOrder{order});
    updates.emplace_back(SetDefaultSortOrder{});
  }
  if (!table.comment.empty()) {
    updates.emplace_back(SetProperties{{{kCommentProperty, table.comment}}});
  }
  return change_table(before, {}, updates, {now_unix_ms(), ""});
}

Status make_namespace(IcebergRun& run, const TargetTable& table) {
  TRY_ASSIGN(const auto spaces, run.catalog->namespaces());
  const std::string& space = table.name.schema;
  if (std::find(spaces.begin(), spaces.end(), space) != spaces.end()) return {};
  TRY(run.ledger->append({{"kind", "namespace " + space}}));
  const Status made = run.catalog->create_namespace(space, {});
  if (!made && made.error().kind != ErrorKind::kExists) return made;
  return {};
}

}  // namespace

TableMetadata without_history(TableMetadata metadata) {
  metadata.current_snapshot_id.reset();
  metadata.snapshots.clear();
  metadata.snapshot_log.clear();
  metadata.metadata_log.clear();
  metadata.refs.clear();
  metadata.statistics = Json::array();
  metadata.partition_statistics = Json::array();
  return metadata;
}

std::vector<Update> definition_updates(const TableMetadata& before, const TableMetadata& after) {
  std::vector<Update> out;
  if (!(before.schema() == after.schema())) {
    out.emplace_back(AddSchema{after.schema()});
    out.emplace_back(SetCurrentSchema{});
  }
  if (before.default_spec_id != after.default_spec_id) {
    out.emplace_back(AddSpec{after.spec()});
    out.emplace_back(SetDefaultSpec{});
  }
  if (before.default_sort_order_id != after.default_sort_order_id) {
    out.emplace_back(AddSortOrder{*after.find_sort_order(after.default_sort_order_id)});
    out.emplace_back(SetDefaultSortOrder{});
  }
  SetProperties set;
  for (const auto& [name, value] : after.properties) {
    const auto old = before.properties.find(name);
    if (old == before.properties.end() || old->second != value) set.properties[name] = value;
  }
  if (!set.properties.empty()) out.emplace_back(std::move(set));
  return out;
}

Result<IcebergTarget> make_target(IcebergRun& run, const TargetTable& table) {
  TRY_ASSIGN(auto found, run.catalog->load(catalog_name(table)));
  IcebergTarget out;
  if (!found) {
    TRY(make_namespace(run, table));
    TRY_ASSIGN(out, new_target(run, table));
  } else {
    TRY(check_kind(table));
    if (found->metadata.current_snapshot_id) out.snapshot = found->metadata.current_snapshot_id;
    out.before = without_history(std::move(found->metadata));
    if (table.if_exists == IfExists::kReplace) {
      TRY_ASSIGN(out.after, replaced(table, out.before));
    } else {
      TRY(check_columns(table, out.before.schema()));
      out.after = out.before;
    }
  }
  TRY(check_can_part(out.after, table.name.display()));
  return out;
}

}  // namespace sluice::iceberg
