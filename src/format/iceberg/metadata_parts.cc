// Specs, sort orders, snapshots and references as JSON.
#include <fmt/format.h>

#include "format/iceberg/metadata.h"

namespace sluice::iceberg {
namespace {

Result<std::vector<std::int32_t>> source_ids(const JsonFields& fields) {
  TRY_ASSIGN(std::vector<std::int32_t> ids, fields.integers("source-ids"));
  if (!ids.empty()) return ids;
  TRY_ASSIGN(const std::int32_t id, fields.integer("source-id"));
  return std::vector<std::int32_t>{id};
}

void put_sources(const std::vector<std::int32_t>& ids, Json& out) {
  if (ids.size() == 1) {
    out["source-id"] = ids[0];
  } else {
    out["source-ids"] = ids;
  }
}

template <typename T>
void put(Json& out, const char* name, const std::optional<T>& value) {
  if (value) out[name] = *value;
}

}  // namespace

Json fields_json(const PartitionSpec& spec) {
  Json out = Json::array();
  for (const PartitionField& field : spec.fields) {
    Json one = {{"field-id", field.field_id},
                {"name", field.name},
                {"transform", to_string(field.transform)}};
    put_sources(field.source_ids, one);
    out.push_back(std::move(one));
  }
  return out;
}

Json to_json(const PartitionSpec& spec) {
  return {{"spec-id", spec.id}, {"fields", fields_json(spec)}};
}

Result<PartitionSpec> parse_spec(const Json& json) {
  PartitionSpec out;
  // Version 1 and manifests have the list of fields alone.
  const Json whole = json.is_array() ? Json{{"fields", json}} : json;
  const JsonFields fields(whole, "a partition spec");
  TRY_ASSIGN(const auto id, fields.maybe_integer("spec-id"));
  out.id = id.value_or(0);
  TRY_ASSIGN(const Json* list, fields.list("fields"));
  for (const Json& one : *list) {
    const JsonFields inner(one, fmt::format("partition spec {}", out.id));
    PartitionField field;
    TRY_ASSIGN(field.source_ids, source_ids(inner));
    TRY_ASSIGN(const auto field_id, inner.maybe_integer("field-id"));
    // Version 1 counts them within each spec.
    field.field_id =
        field_id.value_or(kFirstPartitionId + static_cast<std::int32_t>(out.fields.size()));
    TRY_ASSIGN(field.name, inner.text("name"));
    TRY_ASSIGN(const std::string transform, inner.text("transform"));
    field.transform = parse_transform(transform);
    if (field.source_ids.size() != 1 && field.transform.kind != TransformKind::kUnknown) {
      return inner.corrupt(fmt::format("transform {} takes one column, \"{}\" has {}", transform,
                                       field.name, field.source_ids.size()));
    }
    out.fields.push_back(std::move(field));
  }
  return out;
}

Json to_json(const SortOrder& order) {
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    Json one = {{"transform", to_string(field.transform)},
                {"direction", field.descending ? "desc" : "asc"},
                {"null-order", field.nulls_first ? "nulls-first" : "nulls-last"}};
    put_sources(field.source_ids, one);
    fields.push_back(std::move(one));
  }
  return {{"order-id", order.id}, {"fields", std::move(fields)}};
}

Result<SortOrder> parse_sort_order(const Json& json) {
  SortOrder out;
  const JsonFields fields(json, "a sort order");
  TRY_ASSIGN(out.id, fields.integer("order-id"));
  TRY_ASSIGN(const Json* list, fields.list("fields"));
  for (const Json& one : *list) {
    const JsonFields inner(one, fmt::format("sort order {}", out.id));
    SortField field;
    TRY_ASSIGN(field.source_ids, source_ids(inner));
    TRY_ASSIGN(const std::string transform, inner.text("transform"));
    field.transform = parse_transform(transform);
    TRY_ASSIGN(const std::string direction, inner.text("direction"));
    TRY_ASSIGN(const std::string nulls, inner.text("null-order"));
    if ((direction != "asc" && direction != "desc") ||
        (nulls != "nulls-first" && nulls != "nulls-last")) {
      return inner.corrupt(fmt::format("\"{}\" with \"{}\" is no order", direction, nulls));
    }
    field.descending = direction == "desc";
    field.nulls_first = nulls == "nulls-first";
    out.fields.push_back(std::move(field));
  }
  return out;
}

Result<Snapshot> parse_snapshot(const Json& json) {
  Snapshot out;
  const JsonFields fields(json, "a snapshot");
  TRY_ASSIGN(out.id, fields.number("snapshot-id"));
  TRY_ASSIGN(out.parent_id, fields.maybe_number("parent-snapshot-id"));
  TRY_ASSIGN(const auto sequence, fields.maybe_number("sequence-number"));
  out.sequence_number = sequence.value_or(0);
  TRY_ASSIGN(out.timestamp_ms, fields.number("timestamp-ms"));
  TRY_ASSIGN(const auto list, fields.maybe_text("manifest-list"));
  out.manifest_list = list.value_or("");
  if (const Json* manifests = fields.find("manifests"); manifests && out.manifest_list.empty()) {
    for (const Json& one : *manifests) {
      if (!one.is_string()) return fields.corrupt("\"manifests\" is no list of texts");
      out.manifests.push_back(one.get<std::string>());
    }
  }
  if (const Json* summary = fields.find("summary")) {
    if (!summary->is_object()) return fields.corrupt("\"summary\" is no object");
    for (const auto& [key, value] : summary->items()) {
      out.summary[key] = value.is_string() ? value.get<std::string>() : json_text(value);
    }
  }
  TRY_ASSIGN(out.schema_id, fields.maybe_integer("schema-id"));
  TRY_ASSIGN(out.first_row_id, fields.maybe_number("first-row-id"));
  TRY_ASSIGN(out.added_rows, fields.maybe_number("added-rows"));
  if (fields.find("key-id") != nullptr) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("Iceberg snapshot {} is encrypted (\"key-id\")", out.id));
  }
  out.others = fields.others({"snapshot-id", "parent-snapshot-id", "sequence-number",
                              "timestamp-ms", "manifest-list", "manifests", "summary", "schema-id",
                              "first-row-id", "added-rows"});
  return out;
}

Json to_json(const Snapshot& snapshot, int format_version) {
  Json out = snapshot.others;
  out["snapshot-id"] = snapshot.id;
  put(out, "parent-snapshot-id", snapshot.parent_id);
  if (format_version > 1) out["sequence-number"] = snapshot.sequence_number;
  out["timestamp-ms"] = snapshot.timestamp_ms;
  if (snapshot.manifest_list.empty()) {
    out["manifests"] = snapshot.manifests;
  } else {
    out["manifest-list"] = snapshot.manifest_list;
  }
  if (!snapshot.summary.empty()) out["summary"] = snapshot.summary;
  put(out, "schema-id", snapshot.schema_id);
  put(out, "first-row-id", snapshot.first_row_id);
  put(out, "added-rows", snapshot.added_rows);
  return out;
}

Result<SnapshotRef> parse_ref(const Json& json, const std::string& name) {
  SnapshotRef out;
  const JsonFields fields(json, fmt::format("reference \"{}\"", name));
  TRY_ASSIGN(out.snapshot_id, fields.number("snapshot-id"));
  TRY_ASSIGN(const std::string type, fields.text("type"));
  if (type != "tag" && type != "branch") {
    return fields.corrupt(fmt::format("\"{}\" is neither tag nor branch", type));
  }
  out.is_tag = type == "tag";
  TRY_ASSIGN(out.min_snapshots_to_keep, fields.maybe_integer("min-snapshots-to-keep"));
  TRY_ASSIGN(out.max_snapshot_age_ms, fields.maybe_number("max-snapshot-age-ms"));
  TRY_ASSIGN(out.max_ref_age_ms, fields.maybe_number("max-ref-age-ms"));
  return out;
}

Json to_json(const SnapshotRef& ref) {
  Json out = {{"snapshot-id", ref.snapshot_id}, {"type", ref.is_tag ? "tag" : "branch"}};
  put(out, "min-snapshots-to-keep", ref.min_snapshots_to_keep);
  put(out, "max-snapshot-age-ms", ref.max_snapshot_age_ms);
  put(out, "max-ref-age-ms", ref.max_ref_age_ms);
  return out;
}

std::vector<Column> partition_columns(const PartitionSpec& spec, const std::vector<Schema>& schemas,
                                      std::int32_t schema_id) {
  const auto source_of = [&](std::int32_t id) -> const Column* {
    for (const Schema& schema : schemas) {
      if (schema.id != schema_id) continue;
      if (const Column* found = find_column(schema.columns, id)) return found;
    }
    // A column that was dropped since: its last type.
    for (auto schema = schemas.rbegin(); schema != schemas.rend(); ++schema) {
      if (const Column* found = find_column(schema->columns, id)) return found;
    }
    return nullptr;
  };
  std::vector<Column> out;
  for (const PartitionField& field : spec.fields) {
    Column column;
    column.id = field.field_id;
    column.name = field.name;
    const Column* source = source_of(field.source_ids.at(0));
    if (source != nullptr) {
      if (auto type = result_type(field.transform, source->type)) column.type = std::move(*type);
    }
    out.push_back(std::move(column));
  }
  return out;
}

}  // namespace sluice::iceberg
