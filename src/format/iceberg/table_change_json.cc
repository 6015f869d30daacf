#include "format/iceberg/table_change_json.h"

#include <algorithm>

namespace sluice::iceberg {
namespace {

Json requirement(const char* type, Json members = Json::object()) {
  members["type"] = type;
  return members;
}

Json action(const char* name, Json members = Json::object()) {
  members["action"] = name;
  return members;
}

struct WriteRequirement {
  Json operator()(const AssertUuid& one) const {
    return requirement("assert-table-uuid", {{"uuid", one.uuid}});
  }
  Json operator()(const AssertRefSnapshot& one) const {
    Json out = requirement("assert-ref-snapshot-id", {{"ref", one.ref}, {"snapshot-id", nullptr}});
    if (one.snapshot_id) out["snapshot-id"] = *one.snapshot_id;
    return out;
  }
  Json operator()(const AssertLastColumnId& one) const {
    return requirement("assert-last-assigned-field-id", {{"last-assigned-field-id", one.id}});
  }
  Json operator()(const AssertCurrentSchema& one) const {
    return requirement("assert-current-schema-id", {{"current-schema-id", one.id}});
  }
  Json operator()(const AssertLastPartitionId& one) const {
    return requirement("assert-last-assigned-partition-id",
                       {{"last-assigned-partition-id", one.id}});
  }
  Json operator()(const AssertDefaultSpec& one) const {
    return requirement("assert-default-spec-id", {{"default-spec-id", one.id}});
  }
  Json operator()(const AssertDefaultSortOrder& one) const {
    return requirement("assert-default-sort-order-id", {{"default-sort-order-id", one.id}});
  }
};

// An id that is still to be given is left away.
Json unbound(const PartitionSpec& spec) {
  Json out = to_json(spec);
  for (Json& field : out["fields"]) {
    if (field["field-id"] == 0) field.erase("field-id");
  }
  return out;
}

// 0 is the order of none alone.
Json unbound(const SortOrder& order) {
  Json out = to_json(order);
  if (!order.fields.empty()) out["order-id"] = std::max(1, order.id);
  return out;
}

struct WriteUpdate {
  Json operator()(const UpgradeVersion& one) const {
    return action("upgrade-format-version", {{"format-version", one.version}});
  }
  Json operator()(const AddSchema& one) const {
    // The last column id is not asked for any more, and older servers need it.
    return action("add-schema", {{"schema", to_json(one.schema)},
                                 {"last-column-id", highest_id(one.schema.columns)}});
  }
  Json operator()(const SetCurrentSchema& one) const {
    return action("set-current-schema", {{"schema-id", one.id}});
  }
  Json operator()(const AddSpec& one) const {
    return action("add-spec", {{"spec", unbound(one.spec)}});
  }
  Json operator()(const SetDefaultSpec& one) const {
    return action("set-default-spec", {{"spec-id", one.id}});
  }
  Json operator()(const AddSortOrder& one) const {
    return action("add-sort-order", {{"sort-order", unbound(one.order)}});
  }
  Json operator()(const SetDefaultSortOrder& one) const {
    return action("set-default-sort-order", {{"sort-order-id", one.id}});
  }
  Json operator()(const AddSnapshot& one) const {
    const int version = one.snapshot.sequence_number > 0 ? 2 : 1;
    return action("add-snapshot", {{"snapshot", to_json(one.snapshot, version)}});
  }
  Json operator()(const SetRef& one) const {
    Json out = to_json(one.ref);
    out["ref-name"] = one.name;
    return action("set-snapshot-ref", std::move(out));
  }
  Json operator()(const RemoveRef& one) const {
    return action("remove-snapshot-ref", {{"ref-name", one.name}});
  }
  Json operator()(const RemoveSnapshots& one) const {
    return action("remove-snapshots", {{"snapshot-ids", one.ids}});
  }
  Json operator()(const SetLocation& one) const {
    return action("set-location", {{"location", one.location}});
  }
  Json operator()(const SetProperties& one) const {
    return action("set-properties", {{"updates", one.properties}});
  }
  Json operator()(const RemoveProperties& one) const {
    return action("remove-properties", {{"removals", one.names}});
  }
  Json operator()(const SetStatistics& one) const {
    Json out = {{"statistics", one.file}};
    // Older servers want the snapshot beside the file too.
    if (one.file.is_object() && one.file.contains("snapshot-id")) {
      out["snapshot-id"] = one.file["snapshot-id"];
    }
    return action("set-statistics", std::move(out));
  }
  Json operator()(const RemoveStatistics& one) const {
    return action("remove-statistics", {{"snapshot-id", one.snapshot_id}});
  }
};

// What a metadata says but for when it was said.
std::string state_of(TableMetadata metadata) {
  metadata.last_updated_ms = 0;
  metadata.snapshot_log.clear();
  metadata.metadata_log.clear();
  return write_metadata(metadata);
}

}  // namespace

Json to_json(const Requirement& requirement) { return std::visit(WriteRequirement(), requirement); }
Json to_json(const Update& update) { return std::visit(WriteUpdate(), update); }

Json stage_request(const std::string& name, const NewTable& table) {
  PartitionSpec spec = table.spec;
  // The ids are the server's to give, but not every server takes a field without one.
  std::int32_t next_id = kFirstPartitionId;
  for (PartitionField& field : spec.fields) field.field_id = next_id++;
  Json properties = table.properties;
  properties["format-version"] = std::to_string(table.format_version);
  Json out = {{"name", name},
              {"schema", to_json(table.schema)},
              {"partition-spec", to_json(spec)},
              {"write-order", unbound(table.order)},
              {"stage-create", true},
              {"properties", std::move(properties)}};
  if (!table.location.empty()) out["location"] = table.location;
  return out;
}

std::vector<Json> creation_json(const TableMetadata& staged) {
  const WriteUpdate write;
  std::vector<Json> out = {action("assign-uuid", {{"uuid", staged.table_uuid}}),
                           write(UpgradeVersion{staged.format_version}),
                           write(AddSchema{staged.schema()}),
                           write(SetCurrentSchema{}),
                           write(AddSpec{staged.spec()}),
                           write(SetDefaultSpec{})};
  if (const SortOrder* order = staged.find_sort_order(staged.default_sort_order_id)) {
    out.push_back(write(AddSortOrder{*order}));
    out.push_back(write(SetDefaultSortOrder{}));
  }
  out.push_back(write(SetLocation{staged.location}));
  if (!staged.properties.empty()) out.push_back(write(SetProperties{staged.properties}));
  return out;
}

bool is_made(const TableMetadata& metadata, const std::vector<Update>& updates) {
  std::vector<Update> others;
  bool has_snapshot = false;
  for (const Update& update : updates) {
    const auto* added = std::get_if<AddSnapshot>(&update);
    if (added == nullptr) {
      others.push_back(update);
      continue;
    }
    if (metadata.find_snapshot(added->snapshot.id) == nullptr) return false;
    has_snapshot = true;
  }
  // A snapshot's id is nobody else's, and what came with it may have been changed since.
  if (has_snapshot) return true;
  const auto again = change_table(metadata, {}, others, {metadata.last_updated_ms, ""});
  return again && state_of(*again) == state_of(metadata);
}

}  // namespace sluice::iceberg
