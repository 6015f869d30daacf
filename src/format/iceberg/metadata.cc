#include "format/iceberg/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace sluice::iceberg {
namespace {

const std::vector<std::string> kKnown = {"format-version",
                                         "table-uuid",
                                         "location",
                                         "last-sequence-number",
                                         "last-updated-ms",
                                         "last-column-id",
                                         "schema",
                                         "schemas",
                                         "current-schema-id",
                                         "partition-spec",
                                         "partition-specs",
                                         "default-spec-id",
                                         "last-partition-id",
                                         "properties",
                                         "current-snapshot-id",
                                         "snapshots",
                                         "snapshot-log",
                                         "metadata-log",
                                         "sort-orders",
                                         "default-sort-order-id",
                                         "refs",
                                         "statistics",
                                         "partition-statistics",
                                         "next-row-id"};

template <typename T>
const T* by_id(const std::vector<T>& all, decltype(T::id) id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

template <typename T>
Result<std::vector<T>> parse_list(const JsonFields& fields, const char* name,
                                  Result<T> (*parse)(const Json&)) {
  std::vector<T> out;
  if (fields.find(name) == nullptr) return out;
  TRY_ASSIGN(const Json* list, fields.list(name));
  std::set<decltype(T::id)> seen;
  for (const Json& one : *list) {
    TRY_ASSIGN(T parsed, parse(one));
    if (!seen.insert(parsed.id).second) {
      return fields.corrupt(fmt::format("\"{}\" has the id {} twice", name, parsed.id));
    }
    out.push_back(std::move(parsed));
  }
  return out;
}

class Parser {
 public:
  Parser(const Json& json, const std::string& place) : fields_(json, place) {}

  Result<TableMetadata> parse() {
    TRY(version());
    TRY(heads());
    TRY(schemas());
    TRY(specs());
    TRY(orders());
    TRY(snapshots());
    TRY(logs());
    TRY(references());
    out_.others = fields_.others(kKnown);
    return std::move(out_);
  }

 private:
  Status version() {
    TRY_ASSIGN(out_.format_version, fields_.integer("format-version"));
    if (out_.format_version < 1 || out_.format_version > kFormatVersionMax) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("Iceberg, {}: the table has format version {}; this release "
                                    "knows versions 1 to {}",
                                    fields_.place(), out_.format_version, kFormatVersionMax))
                      .advise("copy the table with the program that wrote it"));
    }
    const Json* keys = fields_.find("encryption-keys");
    if (keys != nullptr && !keys->empty()) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("Iceberg, {}: the table is encrypted (\"encryption-keys\")",
                              fields_.place()));
    }
    return {};
  }

  Status heads() {
    TRY_ASSIGN(const auto uuid, fields_.maybe_text("table-uuid"));
    if (!uuid && out_.format_version > 1) return fields_.corrupt("\"table-uuid\" is missing");
    out_.table_uuid = uuid.value_or("");
    TRY_ASSIGN(out_.location, fields_.text("location"));
    TRY_ASSIGN(out_.last_updated_ms, fields_.number("last-updated-ms"));
    TRY_ASSIGN(out_.last_column_id, fields_.integer("last-column-id"));
    if (out_.format_version > 1) {
      TRY_ASSIGN(out_.last_sequence_number, fields_.number("last-sequence-number"));
    }
    if (out_.format_version > 2) {
      TRY_ASSIGN(out_.next_row_id, fields_.number("next-row-id"));
    }
    if (const Json* properties = fields_.find("properties")) {
      if (!properties->is_object()) return fields_.corrupt("\"properties\" is no object");
      for (const auto& [key, value] : properties->items()) {
        out_.properties[key] = value.is_string() ? value.get<std::string>() : json_text(value);
      }
    }
    return {};
  }

  Status schemas() {
    TRY_ASSIGN(out_.schemas, parse_list<Schema>(fields_, "schemas", &parse_schema));
    TRY_ASSIGN(const auto current, fields_.maybe_integer("current-schema-id"));
    if (out_.schemas.empty()) {
      const Json* schema = fields_.find("schema");
      if (schema == nullptr) return fields_.corrupt("it has no schema");
      TRY_ASSIGN(Schema one, parse_schema(*schema));
      out_.current_schema_id = one.id;
      out_.schemas.push_back(std::move(one));
    } else {
      if (!current) return fields_.corrupt("\"current-schema-id\" is missing");
      out_.current_schema_id = *current;
    }
    if (out_.find_schema(out_.current_schema_id) == nullptr) {
      return fields_.corrupt(fmt::format("it has no schema {}", out_.current_schema_id));
    }
    for (const Schema& schema : out_.schemas) TRY(check_version(schema, out_.format_version));
    return {};
  }

  Status specs() {
    TRY_ASSIGN(out_.specs, parse_list<PartitionSpec>(fields_, "partition-specs", &parse_spec));
    TRY_ASSIGN(const auto current, fields_.maybe_integer("default-spec-id"));
    if (out_.specs.empty()) {
      const Json* spec = fields_.find("partition-spec");
      if (spec == nullptr) return fields_.corrupt("it has no partition spec");
      TRY_ASSIGN(PartitionSpec one, parse_spec(*spec));
      out_.default_spec_id = one.id;
      out_.specs.push_back(std::move(one));
    } else {
      if (!current) return fields_.corrupt("\"default-spec-id\" is missing");
      out_.default_spec_id = *current;
    }
    if (out_.find_spec(out_.default_spec_id) == nullptr) {
      return fields_.corrupt(fmt::format("it has no partition spec {}", out_.default_spec_id));
    }
    TRY_ASSIGN(const auto last, fields_.maybe_integer("last-partition-id"));
    for (const PartitionSpec& spec : out_.specs) {
      for (const PartitionField& field : spec.fields) {
        out_.last_partition_id = std::max(out_.last_partition_id, field.field_id);
      }
    }
    if (last) out_.last_partition_id = std::max(out_.last_partition_id, *last);
    return {};
  }

  Status orders() {
    TRY_ASSIGN(out_.sort_orders, parse_list<SortOrder>(fields_, "sort-orders", &parse_sort_order));
    TRY_ASSIGN(const auto current, fields_.maybe_integer("default-sort-order-id"));
    if (out_.find_sort_order(0) == nullptr && out_.sort_orders.empty()) {
      out_.sort_orders.push_back({});
    }
    out_.default_sort_order_id = current.value_or(0);
    if (out_.default_sort_order_id != 0 &&
        out_.find_sort_order(out_.default_sort_order_id) == nullptr) {
      return fields_.corrupt(fmt::format("it has no sort order {}", out_.default_sort_order_id));
    }
    return {};
  }

  Status snapshots() {
    TRY_ASSIGN(out_.snapshots, parse_list<Snapshot>(fields_, "snapshots", &parse_snapshot));
    TRY_ASSIGN(out_.current_snapshot_id, fields_.maybe_number("current-snapshot-id"));
    // Older writers say -1 for none.
    if (out_.current_snapshot_id == -1) out_.current_snapshot_id.reset();
    if (out_.current_snapshot_id && out_.current_snapshot() == nullptr) {
      return fields_.corrupt(fmt::format("it has no snapshot {}", *out_.current_snapshot_id));
    }
    for (const Snapshot& snapshot : out_.snapshots) {
      if (snapshot.sequence_number > out_.last_sequence_number) {
        return fields_.corrupt(
            fmt::format("snapshot {} has sequence number {}, the table's last is {}", snapshot.id,
                        snapshot.sequence_number, out_.last_sequence_number));
      }
    }
    return {};
  }

  Status logs() {
    if (fields_.find("snapshot-log") != nullptr) {
      TRY_ASSIGN(const Json* log, fields_.list("snapshot-log"));
      for (const Json& one : *log) {
        const JsonFields entry(one, "the snapshot log");
        SnapshotLogEntry parsed;
        TRY_ASSIGN(parsed.timestamp_ms, entry.number("timestamp-ms"));
        TRY_ASSIGN(parsed.snapshot_id, entry.number("snapshot-id"));
        out_.snapshot_log.push_back(parsed);
      }
    }
    if (fields_.find("metadata-log") != nullptr) {
      TRY_ASSIGN(const Json* log, fields_.list("metadata-log"));
      for (const Json& one : *log) {
        const JsonFields entry(one, "the metadata log");
        MetadataLogEntry parsed;
        TRY_ASSIGN(parsed.timestamp_ms, entry.number("timestamp-ms"));
        TRY_ASSIGN(parsed.metadata_file, entry.text("metadata-file"));
        out_.metadata_log.push_back(std::move(parsed));
      }
    }
    if (fields_.find("statistics")) out_.statistics = *fields_.find("statistics");
    if (const Json* found = fields_.find("partition-statistics")) {
      out_.partition_statistics = *found;
    }
    if (!out_.statistics.is_array() || !out_.partition_statistics.is_array()) {
      return fields_.corrupt("statistics are no list");
    }
    return {};
  }

  Status references() {
    if (fields_.find("refs") != nullptr) {
      TRY_ASSIGN(const Json* refs, fields_.object("refs"));
      for (const auto& [name, value] : refs->items()) {
        TRY_ASSIGN(SnapshotRef ref, parse_ref(value, name));
        // Of another branch or a tag it is not the table that is broken.
        if (name == kMainBranch && out_.find_snapshot(ref.snapshot_id) == nullptr) {
          return fields_.corrupt(fmt::format("reference \"{}\" names snapshot {}, which it has not",
                                             name, ref.snapshot_id));
        }
        out_.refs.emplace(name, ref);
      }
    }
    const auto main = out_.refs.find(kMainBranch);
    if (main != out_.refs.end() && main->second.snapshot_id != out_.current_snapshot_id) {
      return fields_.corrupt(fmt::format("branch main is at snapshot {}, the current one is {}",
                                         main->second.snapshot_id,
                                         out_.current_snapshot_id.value_or(-1)));
    }
    // Writers of version 1 and older ones keep no references.
    if (main == out_.refs.end() && out_.current_snapshot_id) {
      out_.refs[kMainBranch].snapshot_id = *out_.current_snapshot_id;
    }
    return {};
  }

  JsonFields fields_;
  TableMetadata out_;
};

void put_version_1(const TableMetadata& metadata, Json& out) {
  out["schema"] = to_json(metadata.schema());
  out["partition-spec"] = fields_json(metadata.spec());
}

void put_history(const TableMetadata& metadata, Json& out) {
  out["snapshots"] = Json::array();
  for (const Snapshot& snapshot : metadata.snapshots) {
    out["snapshots"].push_back(to_json(snapshot, metadata.format_version));
  }
  out["snapshot-log"] = Json::array();
  for (const SnapshotLogEntry& entry : metadata.snapshot_log) {
    out["snapshot-log"].push_back(
        {{"timestamp-ms", entry.timestamp_ms}, {"snapshot-id", entry.snapshot_id}});
  }
  out["metadata-log"] = Json::array();
  for (const MetadataLogEntry& entry : metadata.metadata_log) {
    out["metadata-log"].push_back(
        {{"timestamp-ms", entry.timestamp_ms}, {"metadata-file", entry.metadata_file}});
  }
  out["refs"] = Json::object();
  for (const auto& [name, ref] : metadata.refs) out["refs"][name] = to_json(ref);
  out["statistics"] = metadata.statistics;
  out["partition-statistics"] = metadata.partition_statistics;
}

}  // namespace

const Schema* TableMetadata::find_schema(std::int32_t id) const { return by_id(schemas, id); }
const PartitionSpec* TableMetadata::find_spec(std::int32_t id) const { return by_id(specs, id); }
const SortOrder* TableMetadata::find_sort_order(std::int32_t id) const {
  return by_id(sort_orders, id);
}
const Snapshot* TableMetadata::find_snapshot(std::int64_t id) const { return by_id(snapshots, id); }

const Snapshot* TableMetadata::current_snapshot() const {
  return current_snapshot_id ? find_snapshot(*current_snapshot_id) : nullptr;
}

Result<TableMetadata> parse_metadata(std::string_view text, const std::string& place) {
  TRY_ASSIGN(const Json json, parse_json(text, place));
  return Parser(json, place).parse();
}

std::string write_metadata(const TableMetadata& metadata) {
  Json out = metadata.others;
  out["format-version"] = metadata.format_version;
  if (!metadata.table_uuid.empty()) out["table-uuid"] = metadata.table_uuid;
  out["location"] = metadata.location;
  out["last-updated-ms"] = metadata.last_updated_ms;
  out["last-column-id"] = metadata.last_column_id;
  if (metadata.format_version == 1) put_version_1(metadata, out);
  if (metadata.format_version > 1) out["last-sequence-number"] = metadata.last_sequence_number;
  if (metadata.format_version > 2) out["next-row-id"] = metadata.next_row_id;
  out["schemas"] = Json::array();
  for (const Schema& schema : metadata.schemas) out["schemas"].push_back(to_json(schema));
  out["current-schema-id"] = metadata.current_schema_id;
  out["partition-specs"] = Json::array();
  for (const PartitionSpec& spec : metadata.specs) out["partition-specs"].push_back(to_json(spec));
  out["default-spec-id"] = metadata.default_spec_id;
  out["last-partition-id"] = metadata.last_partition_id;
  out["sort-orders"] = Json::array();
  for (const SortOrder& order : metadata.sort_orders) out["sort-orders"].push_back(to_json(order));
  out["default-sort-order-id"] = metadata.default_sort_order_id;
  out["properties"] = metadata.properties;
  if (metadata.current_snapshot_id) {
    out["current-snapshot-id"] = *metadata.current_snapshot_id;
  } else if (metadata.format_version < 3) {
    // Older readers expect -1 where there is none.
    out["current-snapshot-id"] = -1;
  }
  put_history(metadata, out);
  return json_text(out);
}

}  // namespace sluice::iceberg
